//! One object that is followed.

use std::time::Duration;

use domain::{BoundingBox, Detection, ObjectClass, Searched, Timestamp, Track, TrackPoint};

use super::kalman::BoxFilter;
use super::motion::Motion;
use super::path::Path;
use super::vote::Vote;
use super::{LiveTrack, TrackerConfig};

/// A box this close to the edge of the picture, in parts of it, may be cut off by it.
const EDGE: f32 = 0.006;
/// Longest step that the filter is taken over, in seconds: what lies beyond is guesswork in any case.
const LONGEST_STEP: f32 = 5.0;
/// The pace of what stands still is noise, and not foreseen over more than this, in seconds; over less it is, for it
/// may just set out.
const TRUSTED_STEP: f32 = 1.0;

/// An object of which no more than this part lies in the picture has left it.
const LEAST_SEEN: f32 = 0.2;
/// A track that is not sure after this long will hardly become so by looking often.
const YOUNG: Duration = Duration::from_secs(3);
/// Fastest that a track that is looked at seldom may go, in its widths a second.
const STEADY_SPEED: f32 = 2.0;
/// Overlap from which on two tracks may be mistaken for each other.
const NEAR: f32 = 0.02;

/// A detection with its box in heights of the picture, as the filter sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) detection: Detection,
    pub(super) bounds: BoundingBox,
}

impl Candidate {
    /// `None` for a detection that makes no sense: not finite, no size, outside of the picture.
    pub(super) fn new(detection: Detection, aspect: f32) -> Option<Self> {
        let BoundingBox { x, y, w, h } = detection.bounds;
        if ![x, y, w, h, detection.score].iter().all(|value| value.is_finite()) {
            return None;
        }
        let bounds = detection.bounds.clamped();
        let seen = bounds.w > 1e-4 && bounds.h > 1e-4;
        let detection = Detection { bounds, score: detection.score.clamp(0.0, 1.0), ..detection };
        seen.then(|| Self { detection, bounds: scaled(bounds, aspect) })
    }
}

/// From parts of the picture to its heights.
fn scaled(bounds: BoundingBox, aspect: f32) -> BoundingBox {
    BoundingBox { x: bounds.x * aspect, w: bounds.w * aspect, ..bounds }
}

/// What the latest look says of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// It was found.
    Found,
    /// It was searched for where it is thought to be, and not found.
    Missed,
    /// It was not searched for there.
    Unsearched,
}

/// The state of one track.
#[derive(Clone, Debug)]
pub(super) struct Tracked {
    pub(super) id: u64,
    filter: BoxFilter,
    /// Where it is thought to be at the time of the latest look, in heights of the picture.
    pub(super) bounds: BoundingBox,
    /// The latest detection.
    pub(super) latest: Detection,
    first_seen: Timestamp,
    pub(super) last_seen: Timestamp,
    /// Time of the latest detection that was sure.
    pub(super) last_sure: Timestamp,
    pub(super) detections: u32,
    surest: f32,
    /// What the latest look says of it.
    pub(super) sight: Sight,
    /// Looks since the latest detection that searched where it is thought to be.
    pub(super) missed: u32,
    vote: Vote,
    motion: Motion,
    path: Path,
    best: TrackPoint,
    /// Whether the best picture is whole, and how good it is.
    quality: (bool, f32),
    /// When it was last reported; `None` until it is confirmed.
    reported: Option<Timestamp>,
}

impl Tracked {
    pub(super) fn new(id: u64, time: Timestamp, candidate: Candidate, config: &TrackerConfig) -> Self {
        let Candidate { detection, bounds } = candidate;
        let point = TrackPoint { time, bounds: detection.bounds };
        let mut vote = Vote::default();
        vote.add(detection.class, detection.score);
        Self {
            id,
            filter: BoxFilter::new(bounds),
            bounds,
            latest: detection,
            first_seen: time,
            last_seen: time,
            last_sure: time,
            detections: 1,
            surest: detection.score,
            sight: Sight::Found,
            missed: 0,
            vote,
            motion: Motion::new(time, bounds),
            path: Path::new(point, config.path_points),
            best: point,
            quality: quality(&detection),
            reported: None,
        }
    }

    /// Foresees the place `dt` seconds after the look before.
    pub(super) fn predict(&mut self, dt: f32) {
        if self.motion.stationary() && (self.missed > 0 || dt > TRUSTED_STEP) {
            self.filter.hold_place();
        } else if self.missed > 0 {
            self.filter.hold_size();
        }
        self.filter.predict(dt.clamp(0.0, LONGEST_STEP));
        self.bounds = self.filter.bounds();
    }

    /// Takes in where this look searched: there it is missed until it turns out that it was found.
    pub(super) fn expect(&mut self, searched: &Searched, aspect: f32) {
        let bounds = scaled(self.bounds, 1.0 / aspect);
        // What has left the picture is nowhere to be searched for.
        let gone = bounds.clamped().area() <= LEAST_SEEN * bounds.area();
        let missed = gone || searched.covers(bounds);
        self.sight = if missed { Sight::Missed } else { Sight::Unsearched };
        if self.sight == Sight::Missed {
            self.missed = self.missed.saturating_add(1);
        }
    }

    /// Where it is thought to be `dt` seconds after the latest look, in parts of the picture and inside it.
    pub(super) fn foreseen(&self, dt: f32, aspect: f32) -> BoundingBox {
        let mut filter = self.filter;
        if self.motion.stationary() {
            filter.hold_place();
        }
        filter.predict(dt.clamp(0.0, LONGEST_STEP));
        scaled(filter.bounds(), 1.0 / aspect).clamped()
    }

    /// Whether it is a vehicle that stands still.
    pub(super) fn is_parked(&self) -> bool {
        self.motion.stationary() && self.class() != ObjectClass::Person
    }

    /// Whether it stands still and was never sure enough to be reported.
    pub(super) fn is_doubtful(&self) -> bool {
        self.motion.stationary() && !self.is_reported()
    }

    /// Whether it moves, or may.
    pub(super) fn wants_looks(&self) -> bool {
        !self.motion.stationary()
    }

    /// Whether a single look that is left out may lose it: it is new and not sure yet, was not found, or goes far
    /// between two looks.
    pub(super) fn is_unsettled(&self, now: Timestamp) -> bool {
        let young = now.since(self.first_seen) < YOUNG;
        let unsure = self.reported.is_none() && young;
        let size = self.bounds.w.min(self.bounds.h).max(1e-3);
        unsure || (1..=2).contains(&self.missed) || self.speed() > STEADY_SPEED * size
    }

    /// Whether another is so near that the two may be mistaken for each other.
    pub(super) fn nears(&self, other: &Self) -> bool {
        self.bounds.iou(other.bounds) > NEAR
    }

    /// Takes in its detection in this look.
    pub(super) fn found(&mut self, time: Timestamp, candidate: Candidate, config: &TrackerConfig) {
        let Candidate { detection, bounds } = candidate;
        self.filter.update(bounds);
        self.bounds = self.filter.bounds();
        self.latest = detection;
        self.last_seen = time;
        if detection.score >= config.high_score {
            self.last_sure = time;
        }
        self.detections = self.detections.saturating_add(1);
        self.surest = self.surest.max(detection.score);
        self.sight = Sight::Found;
        self.missed = 0;
        self.vote.add(detection.class, detection.score);
        self.motion.observe(time, self.bounds, config.stillness(self.class()).after);
        let point = TrackPoint { time, bounds: detection.bounds };
        self.path.push(point);
        let quality = quality(&detection);
        if quality > self.quality {
            (self.best, self.quality) = (point, quality);
        }
    }

    /// Whether it has been unfound for so long that it is over.
    pub(super) fn is_over(&self, time: Timestamp, config: &TrackerConfig) -> bool {
        let (looks, patience) = match self.detections {
            0 | 1 => (config.lost_looks.min(2), Duration::ZERO),
            _ if self.motion.stationary() => (config.lost_looks, config.stillness(self.class()).lost_after),
            _ => (config.lost_looks, config.lost_after),
        };
        self.missed >= looks && time.since(self.last_seen) >= patience
    }

    fn class(&self) -> ObjectClass {
        self.vote.result().0
    }

    /// Whether it is worth an event.
    fn is_event(&self, config: &TrackerConfig) -> bool {
        self.detections >= config.event_detections && self.surest >= config.event_score
    }

    pub(super) fn is_reported(&self) -> bool {
        self.reported.is_some()
    }

    /// Whether this look made it worth an event.
    pub(super) fn confirm(&mut self, time: Timestamp, config: &TrackerConfig) -> bool {
        let confirmed = self.reported.is_none() && self.is_event(config);
        if confirmed {
            self.reported = Some(time);
        }
        confirmed
    }

    /// Whether it went on since the last report and a report of it is due.
    pub(super) fn report(&mut self, time: Timestamp, config: &TrackerConfig) -> bool {
        let due = self.missed == 0
            && self.reported.is_some_and(|reported| time.since(reported) >= config.report_interval);
        if due {
            self.reported = Some(time);
        }
        due
    }

    /// How fast it goes, in heights of the picture a second.
    pub(super) fn speed(&self) -> f32 {
        self.filter.speed()
    }

    pub(super) fn is_moving(&self) -> bool {
        self.missed == 0 && !self.motion.stationary()
    }

    pub(super) fn live(&self) -> LiveTrack {
        LiveTrack {
            id: self.id,
            class: self.class(),
            score: self.latest.score,
            bounds: self.latest.bounds,
            stationary: self.motion.stationary(),
            confirmed: self.is_reported(),
        }
    }

    pub(super) fn to_track(&self) -> Track {
        let (class, score) = self.vote.result();
        Track {
            id: self.id,
            class,
            score,
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            path: self.path.simplified(),
            best: self.best,
            detections: self.detections,
            stationary: self.motion.stationary(),
            moved: self.motion.moved(),
        }
    }
}

/// How well a detection shows its object: whole before cut off, then large and sure.
fn quality(detection: &Detection) -> (bool, f32) {
    let BoundingBox { x, y, w, h } = detection.bounds;
    let whole = x > EDGE && y > EDGE && x + w < 1.0 - EDGE && y + h < 1.0 - EDGE;
    (whole, detection.score * detection.bounds.area().sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ObjectClass::Person;

    fn candidate(x: f32, w: f32, score: f32) -> Candidate {
        let bounds = BoundingBox { x, y: 0.4, w, h: 2.0 * w };
        Candidate::new(Detection { class: Person, score, bounds }, 1.5).unwrap()
    }

    #[test]
    fn the_best_picture_is_whole_then_large_and_sure() {
        let config = TrackerConfig::default();
        let at = |look: i64| Timestamp::from_micros(look * 200_000);
        let mut track = Tracked::new(1, at(0), candidate(0.0, 0.2, 0.9), &config);
        track.found(at(1), candidate(0.1, 0.1, 0.9), &config);
        assert_eq!(track.to_track().best.time, at(1), "cut off by the edge before");
        track.found(at(2), candidate(0.1, 0.12, 0.3), &config);
        assert_eq!(track.to_track().best.time, at(1), "larger, but much less sure");
        track.found(at(3), candidate(0.1, 0.15, 0.8), &config);
        assert_eq!(track.to_track().best.time, at(3));
    }

    #[test]
    fn nonsense_is_no_candidate() {
        for bounds in [
            BoundingBox { x: f32::NAN, y: 0.0, w: 0.1, h: 0.1 },
            BoundingBox { x: 0.5, y: 0.5, w: -0.1, h: 0.1 },
            BoundingBox { x: 2.0, y: 0.5, w: 0.1, h: 0.1 },
            BoundingBox { x: 0.0, y: f32::INFINITY, w: 0.1, h: 0.1 },
        ] {
            assert!(
                Candidate::new(Detection { class: Person, score: 0.5, bounds }, 1.5).is_none(),
                "{bounds:?}"
            );
        }
    }
}
