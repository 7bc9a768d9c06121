//! Non-maximum suppression: of boxes of one class that overlap too much, only the surest stays.

use domain::Detection;

/// Suppresses within each class, and keeps the `most` surest. What comes out is sorted, surest first.
pub(crate) fn suppress(mut found: Vec<Detection>, iou: f32, most: usize) -> Vec<Detection> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Detection> = Vec::new();
    for candidate in found {
        if kept.len() == most {
            break;
        }
        let hidden =
            kept.iter().any(|one| one.class == candidate.class && one.bounds.iou(candidate.bounds) > iou);
        if !hidden {
            kept.push(candidate);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{BoundingBox, ObjectClass};
    use proptest::prelude::*;

    fn at(x: f32, score: f32, class: ObjectClass) -> Detection {
        Detection { class, score, bounds: BoundingBox { x, y: 0.1, w: 0.2, h: 0.4 } }
    }

    #[test]
    fn the_surest_of_a_heap_stays_and_other_classes_and_places_do_too() {
        let found = vec![
            at(0.10, 0.5, ObjectClass::Person),
            at(0.11, 0.9, ObjectClass::Person),
            at(0.12, 0.7, ObjectClass::Bicycle),
            at(0.60, 0.6, ObjectClass::Person),
        ];
        let kept: Vec<_> = suppress(found, 0.6, 10).iter().map(|one| one.score).collect();
        assert_eq!(kept, [0.9, 0.7, 0.6]);
    }

    proptest! {
        #[test]
        fn no_two_of_a_class_overlap_and_order_does_not_matter(
            mut spots in prop::collection::vec((0.0f32..0.8, 0.0f32..1.0, 0usize..2), 0..30)
        ) {
            spots.dedup_by(|a, b| a.1.total_cmp(&b.1).is_eq());
            let make = |spots: &[(f32, f32, usize)]| {
                spots.iter().map(|(x, score, class)| at(*x, *score, ObjectClass::ALL[*class])).collect::<Vec<_>>()
            };
            let kept = suppress(make(&spots), 0.5, 100);
            for (index, one) in kept.iter().enumerate() {
                for other in &kept[..index] {
                    prop_assert!(one.class != other.class || one.bounds.iou(other.bounds) <= 0.5);
                    prop_assert!(other.score >= one.score);
                }
            }
            let whole = kept.len();
            prop_assert_eq!(suppress(make(&spots), 0.5, 3).len(), whole.min(3));
        }
    }
}
