//! What a rule remembers of one object.

use std::time::Duration;

use domain::{BoundingBox, Condition, Line, Measured, ObjectClass, PicturePoint, Timestamp, Zone, foot};

use super::Sighting;
use super::pace::Pace;

/// Sightings in a row that must agree before an object has changed sides: a single box is easily off.
const AGREE: u8 = 2;
/// An object that went this many of its sizes from where it stood moves.
const AWAY: f32 = 0.5;
/// Its direction is measured over this time, …
const STRIDE: Duration = Duration::from_secs(1);
/// … in which it goes at least this many of its sizes, …
const LEAST_STRIDE: f32 = 0.3;
/// … against the traffic (the cosine of the angle) …
const AGAINST: f32 = -0.5;
/// … so often in a row.
const STRIDES: u8 = 2;
/// What is last seen this close to the edge of the picture, in parts of it, has left by it.
const EDGE: f32 = 0.03;

/// Where an object is of the zone that a rule is about; the whole picture where it is about none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It was never in it.
    Outside,
    /// It is in it.
    Inside,
    /// It was in it.
    Left,
}

/// One object.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    class: ObjectClass,
    /// Its surest score, and its height when it was highest.
    score: f32,
    height: f32,
    /// Its size now: the root of its area.
    size: f32,
    bounds: BoundingBox,
    foot: PicturePoint,
    time: Timestamp,
    seen: u32,
    /// In the zone or not, since when, and for how many sightings it has seemed otherwise.
    place: Place,
    there_since: Timestamp,
    doubts: u8,
    /// Where it was on the side of the line on which it surely is.
    side: PicturePoint,
    beyond: u8,
    /// Where it stands, since when, and whether it came there.
    stands: PicturePoint,
    stands_since: Timestamp,
    moved: bool,
    /// Where its stride began, and strides in a row against the traffic.
    stride: (PicturePoint, Timestamp),
    against: u8,
    pace: Pace,
    /// Whether the rule has fired for it.
    pub(super) told: bool,
}

impl Subject {
    pub(super) fn new(seen: &Sighting) -> Self {
        let here = foot(seen.bounds);
        Self {
            class: seen.class,
            score: 0.0,
            height: 0.0,
            size: 0.0,
            bounds: seen.bounds,
            foot: here,
            time: seen.time,
            seen: 0,
            place: Place::Outside,
            there_since: seen.time,
            doubts: 0,
            side: here,
            beyond: 0,
            stands: here,
            stands_since: seen.time,
            moved: false,
            stride: (here, seen.time),
            against: 0,
            pace: Pace::default(),
            told: false,
        }
    }

    /// Takes where it is now.
    pub(super) fn see(&mut self, seen: &Sighting, zone: Option<&Zone>) {
        self.class = seen.class;
        self.score = self.score.max(seen.score);
        self.height = self.height.max(seen.bounds.h);
        self.size = seen.bounds.area().sqrt();
        self.bounds = seen.bounds;
        (self.foot, self.time) = (foot(seen.bounds), seen.time);
        self.seen = self.seen.saturating_add(1);
        let inside = zone.is_none_or(|zone| zone.holds(self.foot));
        self.doubts = if inside == self.is_there() { 0 } else { self.doubts + 1 };
        if self.doubts >= AGREE {
            let place = if inside { Place::Inside } else { Place::Left };
            (self.place, self.there_since, self.doubts) = (place, seen.time, 0);
        }
        if distance(self.foot, self.stands) > AWAY * self.size {
            self.moved |= self.seen > 1;
            (self.stands, self.stands_since) = (self.foot, seen.time);
        }
    }

    /// When it was seen last.
    pub(super) fn latest(&self) -> Timestamp {
        self.time
    }

    /// Whether it is surely in the zone, or in the picture where there is none.
    pub(super) fn is_there(&self) -> bool {
        self.place == Place::Inside
    }

    /// Whether it was ever sure and large enough.
    pub(super) fn qualifies(&self, min_score: f32, min_height: f32) -> bool {
        self.score >= min_score && self.height >= min_height
    }

    /// Whether it was last seen in the zone, at the edge of the picture.
    pub(super) fn left_the_picture(&self) -> bool {
        let edge = self.foot.iter().any(|part| *part < EDGE || *part > 1.0 - EDGE);
        self.is_there() && edge && !self.told
    }

    /// What is known of it.
    pub(super) fn measured(&self) -> Measured {
        Measured {
            class: Some(self.class),
            score: Some(self.score),
            bounds: Some(self.bounds),
            ..Measured::default()
        }
    }

    /// Whether it has just crossed a line, and whether to its right.
    pub(super) fn crosses(&mut self, line: &Line) -> Option<bool> {
        let Some(to_right) = line.crossed(self.side, self.foot) else {
            // Past the ends of the line, too, it is on the other side without having crossed it.
            (self.side, self.beyond) = (self.foot, 0);
            return None;
        };
        self.beyond += 1;
        if self.beyond < AGREE {
            return None;
        }
        (self.side, self.beyond) = (self.foot, 0);
        Some(to_right)
    }

    /// What met a condition on one object, the first time that it is met.
    pub(super) fn meets(&mut self, condition: &Condition) -> Option<Measured> {
        if let Condition::Speed { ground, kmh: limit } = condition {
            let kmh = self.pace.see(ground, self.time, self.foot).filter(|kmh| kmh > limit && !self.told);
            return kmh.map(|kmh| Measured { kmh: Some(kmh), ..self.measured() });
        }
        let stride = self.strides(condition);
        if self.told {
            return None;
        }
        let there = self.is_there();
        let seconds_since = |since: Timestamp| self.time.since(since).as_secs_f32();
        let (met, seconds) = match condition {
            Condition::Appears {} | Condition::Enters { .. } => (there, None),
            Condition::Leaves { .. } => (self.place == Place::Left, None),
            Condition::Stays { seconds: limit, .. } => {
                let stayed = seconds_since(self.there_since);
                (there && stayed > *limit, Some(stayed))
            }
            Condition::Stops { seconds: limit, .. } => {
                let stood = seconds_since(self.stands_since);
                (there && self.moved && stood > *limit, Some(stood))
            }
            Condition::WrongWay { .. } => (there && stride, None),
            // These are not about one object, or not about it alone.
            Condition::Crosses { .. }
            | Condition::MoreThan { .. }
            | Condition::Speed { .. }
            | Condition::ActivityWithoutObject { .. }
            | Condition::Frozen { .. }
            | Condition::Covered { .. }
            | Condition::StorageBehind { .. }
            | Condition::CameraOffline { .. }
            | Condition::ClockWrong { .. }
            | Condition::BellPressed { .. }
            | Condition::BellBatteryLow { .. }
            | Condition::BellSilent { .. }
            | Condition::ReportReceived { .. } => (false, None),
        };
        met.then(|| Measured { seconds, ..self.measured() })
    }

    /// Whether it has gone against the traffic for a while.
    fn strides(&mut self, condition: &Condition) -> bool {
        let Condition::WrongWay { allowed, .. } = condition else { return false };
        let (from, since) = self.stride;
        if self.time.since(since) >= STRIDE {
            let went = [self.foot[0] - from[0], self.foot[1] - from[1]];
            let length = went[0].hypot(went[1]);
            let cosine = (went[0] * allowed[0] + went[1] * allowed[1])
                / (length * allowed[0].hypot(allowed[1])).max(f32::MIN_POSITIVE);
            let against = length > LEAST_STRIDE * self.size && cosine < AGAINST;
            self.against = if against { self.against.saturating_add(1) } else { 0 };
            self.stride = (self.foot, self.time);
        }
        self.against >= STRIDES
    }
}

fn distance(a: PicturePoint, b: PicturePoint) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}
