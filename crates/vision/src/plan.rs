//! Where to search a picture: around what changed and what is followed, each at the scale that suits its size.
//!
//! A whole picture is scaled down to the detector's input, and small things become too small to be found. The parts
//! where something happens are mostly small: they are searched at full resolution, and several of them, of several
//! cameras, fit into one input.

use crate::sampler::Part;

/// Surroundings of a blob on each side, in parts of its longer side, and in parts of the picture's height at least:
/// a detector needs to see what something stands on.
const MARGIN: f32 = 0.3;
const LEAST_MARGIN: f32 = 0.045;
/// How high a blob is drawn, in pixels of the input, where the picture has that much.
const DRAWN_HEIGHT: f32 = 96.0;
/// Two areas are joined where that adds no more than this to what they have in sum.
const WASTE: f32 = 1.1;
/// Share of the input that one picture's areas fill at most: beyond that the whole picture serves better.
const MOST_FILLED: f32 = 0.3;
/// What is wider or higher than these parts of the picture's height is near: it changes in pieces that show no whole
/// object, and is large enough to be found in the whole picture.
const NEAR: (f32, f32) = (0.2, 0.3);
/// What to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Nothing.
    Nothing,
    /// The areas of the plan.
    Areas,
    /// The whole picture.
    Whole,
}

/// A part of the picture, and how large to draw it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) part: Part,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// A rectangle by its edges, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edges {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
    /// Height of the highest and width of the widest blob in it.
    tallest: f32,
    widest: f32,
}

/// Makes plans. Its room is kept for the next.
#[derive(Debug, Default)]
pub(crate) struct Planner {
    joined: Vec<Edges>,
    areas: Vec<Area>,
}

impl Planner {
    /// Plans the search of a picture in an input of this size. Blobs are left, top, right and bottom in parts of the
    /// picture.
    pub(crate) fn plan(
        &mut self,
        blobs: impl Iterator<Item = [f32; 4]>,
        picture: (usize, usize),
        input: (usize, usize),
    ) -> Extent {
        self.areas.clear();
        self.joined.clear();
        let (width, height) = (picture.0 as f32, picture.1 as f32);
        self.joined.extend(blobs.filter_map(|blob| Edges::around(blob, width, height)));
        self.join();
        if self.joined.is_empty() {
            return Extent::Nothing;
        }
        let (input_width, input_height) = (input.0 as f32, input.1 as f32);
        let whole = (input_width / width).min(input_height / height);
        let near = |edges: &Edges| edges.tallest > NEAR.1 * height || edges.widest > NEAR.0 * height;
        // A small picture is drawn at its full resolution as it is: its parts would only lack their surroundings.
        if whole >= 1.0 || self.joined.iter().any(near) {
            return Extent::Whole;
        }
        let drawn = |edges: &Edges| {
            let wanted = (DRAWN_HEIGHT / edges.tallest.max(1.0)).min(1.0);
            wanted.max(whole).min(input_width / edges.width()).min(input_height / edges.height())
        };
        let areas = self.joined.iter().map(|edges| edges.area() * drawn(edges).powi(2));
        if areas.sum::<f32>() > MOST_FILLED * input_width * input_height {
            return Extent::Whole;
        }
        for edges in &self.joined {
            let scale = drawn(edges);
            let part = edges.part();
            let side = |side: usize, limit: usize| ((side as f32 * scale).round() as usize).clamp(1, limit);
            self.areas.push(Area {
                part,
                width: side(part.width, input.0),
                height: side(part.height, input.1),
            });
        }
        Extent::Areas
    }

    /// The areas of the latest plan.
    pub(crate) fn areas(&self) -> &[Area] {
        &self.areas
    }

    /// Joins areas that are hardly larger together.
    fn join(&mut self) {
        let mut index = 0;
        while let Some(one) = self.joined.get(index).copied() {
            let other = self.joined.iter().enumerate().skip(index + 1).find_map(|(place, other)| {
                let union = one.union(other);
                (union.area() <= WASTE * (one.area() + other.area())).then_some((place, union))
            });
            match other {
                Some((place, union)) => {
                    self.joined.swap_remove(place);
                    if let Some(one) = self.joined.get_mut(index) {
                        *one = union;
                    }
                    // The union may reach those that were apart from both.
                    index = 0;
                }
                None => index += 1,
            }
        }
    }
}

impl Edges {
    /// A blob with its surroundings, inside the picture; `None` for one without any size.
    fn around([left, top, right, bottom]: [f32; 4], width: f32, height: f32) -> Option<Self> {
        let (left, right) = (left.clamp(0.0, 1.0) * width, right.clamp(0.0, 1.0) * width);
        let (top, bottom) = (top.clamp(0.0, 1.0) * height, bottom.clamp(0.0, 1.0) * height);
        if !(right - left >= 1.0 && bottom - top >= 1.0) {
            return None;
        }
        let margin = (MARGIN * (right - left).max(bottom - top)).max(LEAST_MARGIN * height);
        Some(Self {
            left: (left - margin).max(0.0).floor(),
            top: (top - margin).max(0.0).floor(),
            right: (right + margin).min(width).ceil(),
            bottom: (bottom + margin).min(height).ceil(),
            tallest: bottom - top,
            widest: right - left,
        })
    }

    fn width(&self) -> f32 {
        self.right - self.left
    }

    fn height(&self) -> f32 {
        self.bottom - self.top
    }

    fn area(&self) -> f32 {
        self.width() * self.height()
    }

    fn union(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
            tallest: self.tallest.max(other.tallest),
            widest: self.widest.max(other.widest),
        }
    }

    fn part(&self) -> Part {
        Part {
            x: self.left as usize,
            y: self.top as usize,
            width: self.width() as usize,
            height: self.height() as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INPUT: (usize, usize) = (416, 256);
    const SUB: (usize, usize) = (640, 360);

    fn plan(blobs: &[[f32; 4]], picture: (usize, usize)) -> (Extent, Vec<Area>) {
        let mut planner = Planner::default();
        let extent = planner.plan(blobs.iter().copied(), picture, INPUT);
        (extent, planner.areas().to_vec())
    }

    #[test]
    fn a_far_person_is_drawn_as_large_as_the_picture_has_him() {
        let (extent, areas) = plan(&[[0.5, 0.5, 0.52, 0.6]], SUB);
        assert_eq!(extent, Extent::Areas);
        assert_eq!((areas[0].width, areas[0].height), (areas[0].part.width, areas[0].part.height));
        assert!(areas[0].part.x <= 304 && areas[0].part.y <= 164, "with surroundings: {areas:?}");
        let (_, areas) = plan(&[[0.5, 0.2, 0.55, 0.45]], (1920, 1080));
        assert!(areas[0].height < 256 && areas[0].part.height > 270, "a tall one is scaled: {areas:?}");
    }

    #[test]
    fn what_is_near_each_other_is_searched_together_and_what_is_far_apart_is_not() {
        let (_, near) = plan(&[[0.5, 0.5, 0.52, 0.6], [0.54, 0.5, 0.56, 0.6]], SUB);
        let (_, far) = plan(&[[0.1, 0.5, 0.12, 0.6], [0.8, 0.5, 0.82, 0.6]], SUB);
        assert_eq!((near.len(), far.len()), (1, 2));
    }

    #[test]
    fn where_most_of_the_picture_changed_it_is_searched_whole() {
        assert_eq!(plan(&[[0.0, 0.0, 1.0, 1.0]], SUB).0, Extent::Whole);
        assert_eq!(plan(&[[0.1, 0.1, 0.9, 0.9]], SUB).0, Extent::Whole);
        assert_eq!(plan(&[], SUB).0, Extent::Nothing);
        assert_eq!(plan(&[[0.5, 0.5, 0.52, 0.6]], (320, 240)).0, Extent::Whole, "drawn as it is");
        assert_eq!(plan(&[[f32::NAN, 0.0, 1.0, 1.0]], SUB).0, Extent::Nothing);
    }

    proptest! {
        #[test]
        fn areas_lie_in_the_picture_hold_their_blobs_and_fit_the_input(
            blobs in prop::collection::vec((0f32..1.0, 0f32..1.0, 0.005f32..0.3, 0.005f32..0.3), 1..12),
            width in 64usize..2000, height in 64usize..1200,
        ) {
            let blobs: Vec<_> =
                blobs.into_iter().map(|(x, y, w, h)| [x, y, (x + w).min(1.0), (y + h).min(1.0)]).collect();
            let (extent, areas) = plan(&blobs, (width, height));
            prop_assert_eq!(extent == Extent::Areas, !areas.is_empty());
            for area in &areas {
                prop_assert!(area.part.x + area.part.width <= width && area.part.width > 0);
                prop_assert!(area.part.y + area.part.height <= height && area.part.height > 0);
                prop_assert!((1..=INPUT.0).contains(&area.width) && (1..=INPUT.1).contains(&area.height));
            }
            if extent == Extent::Areas {
                for [left, top, right, bottom] in blobs {
                    let (left, right) = (left * width as f32, right * width as f32);
                    let (top, bottom) = (top * height as f32, bottom * height as f32);
                    let held = areas.iter().any(|Area { part, .. }| {
                        part.x as f32 <= left + 0.5 && (part.x + part.width) as f32 >= right - 0.5
                            && part.y as f32 <= top + 0.5 && (part.y + part.height) as f32 >= bottom - 0.5
                    });
                    prop_assert!(held || right - left < 1.0 || bottom - top < 1.0);
                }
            }
        }
    }
}
