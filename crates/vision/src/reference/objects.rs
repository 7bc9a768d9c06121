//! Which objects are known at a camera, and which of them need not be searched for: they stand still.
//!
//! Simpler than Frigate's in three ways: an object stays where it was last seen instead of where a Kalman filter
//! foresees it; it stands still by the overlap of its boxes alone, not by its looks as well; and there is one list
//! for all classes.

use domain::{BoundingBox, Detection, ObjectClass};

use super::regions::{Rectangle, Size};

/// Farthest that a detection is from the object that it is taken for, in sizes of it.
const FARTHEST: f32 = 2.5;
/// An object is known once it was found this often …
const KNOWN: u32 = 2;
/// … and forgotten when so many looks in a row did not find it.
const FORGOTTEN: u32 = 25;
/// A detection that is less sure is no object yet.
const LEAST_SCORE: f32 = 0.5;
/// An object has moved when its box overlaps less than this with the mean of its boxes: a person, a vehicle, and one
/// that stood still.
const MOVED: f32 = 0.9;
const MOVED_VEHICLE: f32 = 0.75;
const MOVED_STILL: f32 = 0.6;
/// So many boxes make up the mean.
const MEAN: f32 = 10.0;
/// It stands still after so many looks in which it did not move, and is searched for each so many looks.
const STILL: u32 = 50;
const CHECK_EVERY: u32 = 50;

/// The objects of one camera.
#[derive(Default)]
pub(super) struct Objects {
    known: Vec<Object>,
}

struct Object {
    latest: Detection,
    /// Mean of its boxes since it moved.
    mean: BoundingBox,
    found: u32,
    missed: u32,
    /// Looks in which it did not move.
    still: u32,
    /// Whether it was not searched for in this look.
    seeded: bool,
}

impl Objects {
    /// Chooses the objects that are to be searched for, and gives their boxes: not those that stand still, unless
    /// something moves there.
    pub(super) fn choose(&mut self, moving: &[Rectangle], size: Size) -> Vec<Rectangle> {
        let mut boxes = Vec::new();
        for object in &mut self.known {
            let place = in_pixels(&object.latest, size);
            object.seeded = object.still >= STILL
                && !object.still.is_multiple_of(CHECK_EVERY)
                && object.missed == 0
                && !moving.iter().any(|one| one.meets(&place));
            if !object.seeded && object.found >= KNOWN {
                boxes.push(place);
            }
        }
        boxes
    }

    /// The objects that were not searched for: they are taken to be where they were.
    pub(super) fn seeded(&self) -> Vec<Detection> {
        self.known.iter().filter(|object| object.seeded).map(|object| object.latest).collect()
    }

    /// Takes in what was found: each detection is the nearest object that no other detection was taken for.
    pub(super) fn update(&mut self, found: &[Detection]) {
        let sure: Vec<Detection> = found.iter().filter(|one| one.score >= LEAST_SCORE).copied().collect();
        self.associate(&sure);
    }

    fn associate(&mut self, found: &[Detection]) {
        let mut pairs: Vec<(f32, usize, usize)> = Vec::new();
        for (index, object) in self.known.iter().enumerate() {
            let of_class = found.iter().enumerate().filter(|(_, one)| one.class == object.latest.class);
            pairs.extend(of_class.map(|(at, one)| (distance(&object.latest, one), index, at)));
        }
        pairs.retain(|(distance, ..)| *distance <= FARTHEST);
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut taken = vec![false; found.len()];
        let mut matched = vec![false; self.known.len()];
        for (_, index, at) in pairs {
            let (Some(object), Some(one)) = (self.known.get_mut(index), found.get(at)) else { continue };
            let (Some(is_matched), Some(is_taken)) = (matched.get_mut(index), taken.get_mut(at)) else {
                continue;
            };
            if *is_matched || *is_taken {
                continue;
            }
            (*is_matched, *is_taken) = (true, true);
            object.follow(one);
        }
        for (object, _) in self.known.iter_mut().zip(&matched).filter(|(_, is_matched)| !**is_matched) {
            object.missed += 1;
        }
        // What was found once and then not again was none.
        self.known
            .retain(|object| object.missed == 0 || (object.found >= KNOWN && object.missed < FORGOTTEN));
        let new = found.iter().zip(&taken).filter(|(_, is_taken)| !**is_taken);
        self.known.extend(new.map(|(one, _)| Object {
            latest: *one,
            mean: one.bounds,
            found: 1,
            missed: 0,
            still: 0,
            seeded: false,
        }));
    }
}

impl Object {
    fn follow(&mut self, detection: &Detection) {
        let least = match detection.class {
            _ if self.still >= STILL => MOVED_STILL,
            ObjectClass::Person => MOVED,
            _ => MOVED_VEHICLE,
        };
        if self.mean.iou(detection.bounds) < least {
            (self.still, self.mean) = (0, detection.bounds);
        } else {
            self.still += 1;
            let part = 1.0 / MEAN.min(self.still as f32 + 1.0);
            let mix = |mean: f32, is: f32| mean + (is - mean) * part;
            let (mean, is) = (self.mean, detection.bounds);
            self.mean = BoundingBox {
                x: mix(mean.x, is.x),
                y: mix(mean.y, is.y),
                w: mix(mean.w, is.w),
                h: mix(mean.h, is.h),
            };
        }
        self.found += 1;
        self.missed = 0;
        self.latest = *detection;
    }
}

fn in_pixels(detection: &Detection, size: Size) -> Rectangle {
    let bounds = detection.bounds;
    Rectangle {
        left: bounds.x * size.width,
        top: bounds.y * size.height,
        right: (bounds.x + bounds.w) * size.width,
        bottom: (bounds.y + bounds.h) * size.height,
    }
}

/// How far the feet are apart and how much the sizes differ, in sizes of the object.
fn distance(object: &Detection, detection: &Detection) -> f32 {
    let (is, was) = (detection.bounds, object.bounds);
    let ((x, y), (foot_x, foot_y)) = (is.foot(), was.foot());
    let (w, h) = (was.w.max(f32::EPSILON), was.h.max(f32::EPSILON));
    let ratio = |a: f32, b: f32| a.max(b) / a.min(b).max(f32::EPSILON) - 1.0;
    [(x - foot_x) / w, (y - foot_y) / h, ratio(is.w, was.w), ratio(is.h, was.h)]
        .iter()
        .map(|part| part * part)
        .sum::<f32>()
        .sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 640.0, height: 360.0 };

    fn person(x: f32) -> Detection {
        let bounds = BoundingBox { x, y: 0.3, w: 0.05, h: 0.2 };
        Detection { class: ObjectClass::Person, score: 0.8, bounds }
    }

    #[test]
    fn what_stands_still_is_searched_for_now_and_then_and_where_something_moves() {
        let mut objects = Objects::default();
        let (mut searched, at) = (0, [person(0.5)]);
        for _ in 0..200 {
            searched += objects.choose(&[], SIZE).len();
            let seeded = objects.seeded();
            objects.update(if seeded.is_empty() { &at } else { &seeded });
        }
        assert!((40..70).contains(&searched), "{searched}");
        let near = Rectangle { left: 300.0, top: 100.0, right: 330.0, bottom: 130.0 };
        objects.known[0].still = STILL + 1;
        assert_eq!(objects.choose(&[near], SIZE).len(), 1);
        assert!(objects.choose(&[], SIZE).is_empty());
    }

    #[test]
    fn what_is_lost_is_searched_for_five_seconds() {
        let mut objects = Objects::default();
        for x in [0.5, 0.51, 0.52] {
            objects.update(&[person(x)]);
        }
        let looks = (0..100)
            .take_while(|_| {
                objects.update(&[]);
                !objects.choose(&[], SIZE).is_empty()
            })
            .count();
        assert_eq!(looks, 24);
    }
}
