//! Learned quiet: what officers keep dismissing in one part of what a camera shows is not flagged any more.
//!
//! Each dismissal with a reason that says "nothing was there" is a lesson. Lessons about similar objects, in a similar
//! place, at a similar hour, make a spot; all that is known of a spot follows from its lessons, so that one which is taken
//! back leaves no trace. Alarms neither teach nor are kept quiet.

use std::f32::consts::TAU;
use std::sync::Arc;

use chrono::Timelike;
use serde::{Deserialize, Serialize};

use crate::{
    BoundingBox, CameraId, DismissReason, EventId, FiringId, Measured, ObjectClass, PicturePoint, PlaceId,
    QuietSpotId, ReviewItemId, Rule, Severity, Timestamp, at_home, foot,
};

/// How far a similar object stands at most, in parts of the picture, …
const NEAR: f32 = 0.08;
/// … how many times larger or smaller it is, …
const ALIKE: f32 = 2.0;
/// … and how much earlier or later in the day, in minutes.
const SAME_HOUR: f32 = 60.0;
/// Minutes of a day.
const DAY: f32 = 24.0 * 60.0;

/// What a camera has learnt not to flag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuietSpot {
    /// Identifier.
    pub id: QuietSpotId,
    /// Which camera.
    pub camera_id: CameraId,
    /// What the objects were taken for.
    pub class: ObjectClass,
    /// The dismissals that taught it, the oldest first; one of each review item.
    pub lessons: Vec<Lesson>,
}

/// A dismissal that taught a spot.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lesson {
    /// The item that was dismissed.
    pub item_id: ReviewItemId,
    /// Its firing that was like the others.
    pub firing_id: FiringId,
    /// The event behind it.
    pub event_id: Option<EventId>,
    /// When it was dismissed.
    pub taught_at: Timestamp,
    /// When the object was there, …
    pub at: Timestamp,
    /// … and where.
    #[serde(rename = "box")]
    pub bounds: BoundingBox,
    /// Why it was dismissed.
    pub reason: DismissReason,
}

/// What objects of a spot have in common.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Likeness {
    /// What they are taken for.
    pub class: ObjectClass,
    /// Where they stand.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<f32>))]
    pub foot: PicturePoint,
    /// How large they are, in parts of the picture.
    pub area: f32,
    /// When, by the clock on the wall: minutes since midnight.
    pub minute_of_day: f32,
}

impl QuietSpot {
    /// What its lessons have in common; `None` where all were taken back.
    #[must_use]
    pub fn likeness(&self) -> Option<Likeness> {
        let count = self.lessons.len() as f32;
        let mean = |of: fn(&Lesson) -> f32| self.lessons.iter().map(of).sum::<f32>() / count;
        // Times of day lie on a circle: the mean of 23:50 and 0:10 is midnight.
        let (sin, cos) = (
            mean(|lesson| (minute(lesson.at) / DAY * TAU).sin()),
            mean(|lesson| (minute(lesson.at) / DAY * TAU).cos()),
        );
        (!self.lessons.is_empty()).then(|| Likeness {
            class: self.class,
            foot: [mean(|lesson| foot(lesson.bounds)[0]), mean(|lesson| foot(lesson.bounds)[1])],
            area: mean(|lesson| lesson.bounds.area().max(f32::MIN_POSITIVE).ln()).exp(),
            minute_of_day: (sin.atan2(cos) / TAU).rem_euclid(1.0) * DAY,
        })
    }

    /// Since when it keeps quiet, where it takes so many lessons; 0: none ever does.
    #[must_use]
    pub fn active_since(&self, after: u32) -> Option<Timestamp> {
        let last = usize::try_from(after).ok()?.checked_sub(1)?;
        self.lessons.get(last).map(|lesson| lesson.taught_at)
    }
}

impl Likeness {
    /// What one object is like.
    #[must_use]
    pub fn of(class: ObjectClass, bounds: BoundingBox, at: Timestamp) -> Self {
        Self { class, foot: foot(bounds), area: bounds.area(), minute_of_day: minute(at) }
    }

    /// How far another object is, in parts of the picture; `None` where it is not alike.
    #[must_use]
    pub fn distance(&self, other: &Self) -> Option<f32> {
        let away = (self.foot[0] - other.foot[0]).hypot(self.foot[1] - other.foot[1]);
        let apart = (self.minute_of_day - other.minute_of_day).rem_euclid(DAY);
        let alike = self.class == other.class
            && away <= NEAR
            && self.area <= ALIKE * other.area
            && other.area <= ALIKE * self.area
            && apart.min(DAY - apart) <= SAME_HOUR;
        alike.then_some(away)
    }
}

/// The object that made a rule fire, if one did and its rule may be kept quiet.
#[must_use]
pub fn suspect(rule: &Rule, measured: &Measured, at: Timestamp) -> Option<Likeness> {
    let quiet = rule.spec.severity < Severity::Alarm && rule.spec.condition.is_about_objects();
    let (class, bounds) = measured.class.zip(measured.bounds).filter(|_| quiet)?;
    Some(Likeness::of(class, bounds, at))
}

/// A firing that was kept from the officers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Suppressed {
    /// Identifier.
    pub id: FiringId,
    /// The spot that it was like.
    pub suppressed_by: QuietSpotId,
    /// The rule as it was.
    #[cfg_attr(feature = "openapi", schema(value_type = Rule))]
    pub rule: Arc<Rule>,
    /// Which camera.
    pub camera_id: CameraId,
    /// The place where it happened, as its camera belonged then.
    pub place_id: PlaceId,
    /// When it fired, by the camera's pictures.
    pub at: Timestamp,
    /// The event behind it.
    pub event_id: Option<EventId>,
    /// What met the rule.
    pub measured: Measured,
}

fn minute(at: Timestamp) -> f32 {
    at_home(at).num_seconds_from_midnight() as f32 / 60.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bounds(x: f32, y: f32, side: f32) -> BoundingBox {
        BoundingBox { x, y, w: side, h: side }
    }

    fn lesson(bounds: BoundingBox, at: Timestamp) -> Lesson {
        Lesson {
            item_id: ReviewItemId::generate(),
            firing_id: FiringId::generate(),
            event_id: None,
            taught_at: at,
            at,
            bounds,
            reason: DismissReason::LeavesOrShadow,
        }
    }

    fn spot(lessons: &[Lesson]) -> QuietSpot {
        QuietSpot {
            id: QuietSpotId::generate(),
            camera_id: CameraId::generate(),
            class: ObjectClass::Person,
            lessons: lessons.to_vec(),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const MIDNIGHT: &str = "2026-11-24T00:00:00+07:00";

    #[test]
    fn a_spot_is_the_mean_of_its_lessons_around_midnight_too() {
        let late = lesson(bounds(0.1, 0.1, 0.1), at("2026-11-23T23:50:00+07:00"));
        let early = lesson(bounds(0.14, 0.1, 0.1), at("2026-11-25T00:10:00+07:00"));
        let likeness = spot(&[late, early]).likeness().unwrap();
        assert!((likeness.foot[0] - 0.17).abs() < 1e-4 && (likeness.foot[1] - 0.2).abs() < 1e-4);
        assert!((likeness.area - 0.01).abs() < 1e-4);
        let apart = likeness.minute_of_day.min(DAY - likeness.minute_of_day);
        assert!(apart < 0.1, "{}", likeness.minute_of_day);
        assert_eq!(spot(&[]).likeness(), None);
    }

    #[test]
    fn what_is_elsewhere_of_another_size_class_or_hour_is_not_alike() {
        let known = Likeness::of(ObjectClass::Person, bounds(0.4, 0.4, 0.1), at(MIDNIGHT));
        let like = |bounds, time: &str| known.distance(&Likeness::of(ObjectClass::Person, bounds, at(time)));
        assert!(like(bounds(0.45, 0.4, 0.1), MIDNIGHT).is_some());
        assert!(like(bounds(0.4, 0.4, 0.1), "2026-11-27T00:59:00+07:00").is_some(), "another day");
        assert!(like(bounds(0.4, 0.4, 0.1), "2026-11-27T23:01:00+07:00").is_some());
        assert_eq!(like(bounds(0.5, 0.4, 0.1), MIDNIGHT), None);
        assert_eq!(like(bounds(0.375, 0.35, 0.15), MIDNIGHT), None, "more than twice as large");
        assert_eq!(like(bounds(0.4, 0.4, 0.1), "2026-11-24T01:01:00+07:00"), None);
        let car = Likeness::of(ObjectClass::Car, bounds(0.4, 0.4, 0.1), at(MIDNIGHT));
        assert_eq!(known.distance(&car), None);
    }

    #[test]
    fn it_keeps_quiet_from_the_dismissal_that_makes_it_enough() {
        let times = [1, 2, 3].map(Timestamp::from_micros);
        let taught = spot(&times.map(|at| lesson(bounds(0.1, 0.1, 0.1), at)));
        assert_eq!(taught.active_since(3), Some(times[2]));
        assert_eq!((taught.active_since(4), taught.active_since(0)), (None, None));
    }

    fn any_box() -> impl Strategy<Value = BoundingBox> {
        (0f32..0.8, 0f32..0.8, 0.01f32..0.2, 0.01f32..0.2).prop_map(|(x, y, w, h)| BoundingBox { x, y, w, h })
    }

    proptest! {
        #[test]
        fn likeness_holds_both_ways_and_always_of_oneself(
            one in any_box(), other in any_box(), first in 0i64..864_000_000_000, second in 0i64..864_000_000_000,
        ) {
            let a = Likeness::of(ObjectClass::Person, one, Timestamp::from_micros(first));
            let b = Likeness::of(ObjectClass::Person, other, Timestamp::from_micros(second));
            prop_assert_eq!(a.distance(&b).is_some(), b.distance(&a).is_some());
            prop_assert_eq!(a.distance(&a), Some(0.0));
        }

        /// Lessons that trembled a little make a spot that each of them is like.
        #[test]
        fn what_taught_a_spot_is_like_it(
            base in any_box(), minutes in 0i64..1440,
            off in prop::collection::vec((-0.015f32..0.015, -0.015f32..0.015, 0.9f32..1.1, -20i64..20), 1..8),
        ) {
            let lessons: Vec<_> = off.iter().map(|(x, y, size, late)| {
                let bounds = BoundingBox { x: base.x + x, y: base.y + y, w: base.w * size, h: base.h };
                lesson(bounds, Timestamp::from_micros((minutes + late + 1440) * 60_000_000))
            }).collect();
            let likeness = spot(&lessons).likeness().unwrap();
            for lesson in &lessons {
                let one = Likeness::of(ObjectClass::Person, lesson.bounds, lesson.at);
                prop_assert!(likeness.distance(&one).is_some(), "{:?} and {:?}", likeness, one);
            }
        }
    }
}
