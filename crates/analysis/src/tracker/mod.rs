//! The tracker: ByteTrack (Zhang et al., ECCV 2022, arXiv 2110.06864) over real time, with one class per track
//! by vote, a simplified path, and whether the object moves.

mod association;
mod kalman;
mod motion;
mod path;
mod track;
mod vote;

use std::time::Duration;

use domain::{BoundingBox, Detection, ObjectClass, Searched, Timestamp, Track};

use association::{assign, class_penalty};
use track::{Candidate, Sight, Tracked};

/// Settings of a tracker.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackerConfig {
    /// Width of the picture over its height.
    pub aspect: f32,
    /// Detections at or above this are matched first (the paper's τ).
    pub high_score: f32,
    /// Detections below this are not used at all.
    pub low_score: f32,
    /// A detection that matches nothing starts a track at or above this.
    pub start_score: f32,
    /// A track is confirmed, and worth an event, after this many detections …
    pub event_detections: u32,
    /// … of which the surest is at or above this.
    pub event_score: f32,
    /// Unsure detections carry a track on for no longer than this after its latest sure one.
    pub unsure_for: Duration,
    /// A track that is not matched is kept for this long …
    pub lost_after: Duration,
    /// … and for at least this many looks that did not find it, since an idle camera is looked at seldom.
    pub lost_looks: u32,
    /// When a person stands still. Nobody stands for long, and the next to come is someone else.
    pub standing: Stillness,
    /// When a vehicle stands still. It will be there for long, seen or not.
    pub parked: Stillness,
    /// Shortest time between two reports of a change of one track.
    pub report_interval: Duration,
    /// Most points in the path of a track.
    pub path_points: usize,
    /// Most tracks at one time; detections beyond start none.
    pub tracks: usize,
}

/// What makes an object stand still, and what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stillness {
    /// It has stayed within half its size for this long.
    pub after: Duration,
    /// It is kept for this long, instead of [`TrackerConfig::lost_after`], when it is not found any more.
    pub lost_after: Duration,
}

impl TrackerConfig {
    fn stillness(&self, class: ObjectClass) -> Stillness {
        if class == ObjectClass::Person { self.standing } else { self.parked }
    }
}

impl Default for TrackerConfig {
    fn default() -> Self {
        Self {
            aspect: 16.0 / 9.0,
            high_score: 0.35,
            low_score: 0.1,
            start_score: 0.5,
            event_detections: 3,
            event_score: 0.6,
            unsure_for: Duration::from_secs(2),
            lost_after: Duration::from_secs(2),
            lost_looks: 3,
            standing: Stillness { after: Duration::from_secs(10), lost_after: Duration::from_secs(10) },
            parked: Stillness { after: Duration::from_secs(3), lost_after: Duration::from_mins(1) },
            report_interval: Duration::from_secs(1),
            path_points: 32,
            tracks: 200,
        }
    }
}

/// What one look changed. Only confirmed tracks, those worth an event, are ever reported.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrackerUpdate {
    /// Tracks that are worth an event from now on.
    pub started: Vec<Track>,
    /// Tracks reported before that went on, each about once a second.
    pub changed: Vec<Track>,
    /// Tracks reported before that are over.
    pub ended: Vec<Track>,
}

/// How soon a tracker needs the next look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attention {
    /// Nothing moves.
    #[default]
    None,
    /// What moves is followed without doubt: a look now and then will do.
    Steady,
    /// Something is new, fast, lost, or so near another that the two may be mistaken for each other: every look
    /// counts.
    Keen,
}

/// An object that is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveTrack {
    /// Number of the track.
    pub id: u64,
    /// What it is, by the votes so far.
    pub class: ObjectClass,
    /// Score of its latest detection.
    pub score: f32,
    /// Where it is.
    pub bounds: BoundingBox,
    /// Whether it stands still.
    pub stationary: bool,
    /// Whether it has been reported as started.
    pub confirmed: bool,
}

/// A look that is this much earlier than the one before is late; one that is earlier still means that the clock
/// was set back.
const LATE: i64 = 2_000_000;
/// Most detections of one look that are used, the surest.
const MOST_DETECTIONS: usize = 300;
/// Least overlap of a track with a sure detection, with an unsure one, and of a track seen once with either.
const OVERLAP: f32 = 0.2;
const UNSURE_OVERLAP: f32 = 0.5;
const NEW_OVERLAP: f32 = 0.2;
/// Fastest that an object is thought to go, in its own sizes a second: a motorcycle at 40, a car at 70 km/h.
const FASTEST: f32 = 8.0;
/// How far a followed object may be from where it is foreseen, in its sizes, and in parts of its step: what
/// approaches or goes away changes its pace in the picture.
const STRAY: (f32, f32) = (0.4, 0.5);
/// How many times as large an object may look from one look to the next.
const GROWTH: f32 = 1.6;
/// A detection this far inside a track that was found elsewhere is a part of it, not a new object.
const PART: f32 = 0.8;

/// The tracker of one camera.
#[derive(Debug)]
pub struct Tracker {
    config: TrackerConfig,
    tracks: Vec<Tracked>,
    latest: Option<Timestamp>,
    next_id: u64,
}

impl Tracker {
    /// A tracker without tracks.
    #[must_use]
    pub fn new(mut config: TrackerConfig) -> Self {
        if !(config.aspect.is_finite() && config.aspect > 0.0) {
            config.aspect = TrackerConfig::default().aspect;
        }
        Self { config, tracks: Vec::new(), latest: None, next_id: 1 }
    }

    /// Takes the detections of one look, and where it searched: what is elsewhere is not missed. Looks come in the
    /// order of time; one that is a little late is left out, and where time steps back by more than that, all tracks
    /// end.
    pub fn update(
        &mut self,
        time: Timestamp,
        detections: &[Detection],
        searched: &Searched,
    ) -> TrackerUpdate {
        let mut update = TrackerUpdate::default();
        let mut dt = 0.0;
        if let Some(latest) = self.latest {
            let step = time.micros_since(latest);
            if step < -LATE {
                update.ended = self.finish();
            } else if step < 0 {
                return update;
            }
            dt = step as f32 / 1e6;
        }
        self.latest = Some(time);
        for track in &mut self.tracks {
            track.predict(dt);
            track.expect(searched, self.config.aspect);
        }
        self.associate(time, dt, self.candidates(detections));
        let config = &self.config;
        self.tracks.retain(|track| {
            let over = track.is_over(time, config);
            if over && track.is_reported() {
                update.ended.push(track.to_track());
            }
            !over
        });
        for track in &mut self.tracks {
            if track.confirm(time, config) {
                update.started.push(track.to_track());
            } else if track.report(time, config) {
                update.changed.push(track.to_track());
            }
        }
        update
    }

    /// Ends all tracks, when the stream ends; gives those that were reported as started.
    pub fn finish(&mut self) -> Vec<Track> {
        self.latest = None;
        self.tracks.drain(..).filter(Tracked::is_reported).map(|track| track.to_track()).collect()
    }

    /// Objects that are there, confirmed or not: found in the latest look that searched where they are.
    pub fn live(&self) -> impl Iterator<Item = LiveTrack> + '_ {
        self.tracks.iter().filter(|track| track.missed == 0).map(Tracked::live)
    }

    /// How many objects are there that are not known to stand still: what [`crate::Look::objects`] wants.
    #[must_use]
    pub fn moving(&self) -> usize {
        self.tracks.iter().filter(|track| track.is_moving()).count()
    }

    /// Where objects are thought to be at a time: what [`domain::LookAt::focus`] wants. Parked vehicles are not in
    /// it, for they will be there for long, nor is what stands still and was never sure enough to be an event: a
    /// detector that takes a bush for somebody does so again and again.
    #[must_use]
    pub fn focus(&self, time: Timestamp) -> Vec<BoundingBox> {
        let dt = self.latest.map_or(0.0, |latest| time.since(latest).as_secs_f32());
        let tracks = self.tracks.iter().filter(|track| !track.is_parked() && !track.is_doubtful());
        tracks
            .map(|track| track.foreseen(dt, self.config.aspect))
            .filter(|bounds| bounds.area() > 0.0)
            .collect()
    }

    /// How soon the next look is needed.
    #[must_use]
    pub fn attention(&self) -> Attention {
        let moving = self.tracks.iter().filter(|track| track.wants_looks());
        let now = self.latest.unwrap_or_default();
        let of = |track: &Tracked| {
            let near = || self.tracks.iter().any(|other| other.id != track.id && track.nears(other));
            if track.is_unsettled(now) || near() { Attention::Keen } else { Attention::Steady }
        };
        moving.map(of).max().unwrap_or_default()
    }

    /// The detections that can be used, surest first.
    fn candidates(&self, detections: &[Detection]) -> Vec<Candidate> {
        let mut candidates: Vec<_> = detections
            .iter()
            .filter_map(|detection| Candidate::new(*detection, self.config.aspect))
            .filter(|candidate| candidate.detection.score >= self.config.low_score)
            .collect();
        candidates.sort_by(|a, b| b.detection.score.total_cmp(&a.detection.score));
        candidates.truncate(MOST_DETECTIONS);
        candidates
    }

    /// Algorithm 1 of the paper, and a further step for fast objects: at five looks a second, the boxes of a
    /// motorcycle need not overlap.
    fn associate(&mut self, time: Timestamp, dt: f32, candidates: Vec<Candidate>) {
        let sure =
            candidates.partition_point(|candidate| candidate.detection.score >= self.config.high_score);
        let mut open: Vec<Option<Candidate>> = candidates.into_iter().map(Some).collect();
        self.step(time, &mut open, 0..sure, OVERLAP, |track| track.detections > 1, overlap);
        let unsure_for = self.config.unsure_for;
        let followed = |track: &Tracked| {
            track.detections > 1 && track.missed <= 1 && time.since(track.last_sure) <= unsure_for
        };
        self.step(time, &mut open, sure..usize::MAX, UNSURE_OVERLAP, followed, overlap);
        let new = |track: &Tracked| track.detections == 1;
        self.step(time, &mut open, 0..sure, NEW_OVERLAP, new, overlap);
        let just_seen = |track: &Tracked| track.missed <= 1;
        self.step(time, &mut open, 0..sure, 0.0, just_seen, |track, candidate| {
            nearness(track, candidate, dt)
        });
        self.start(time, open.into_iter().flatten());
    }

    /// Gives detections that are still open to tracks that were not found yet.
    fn step(
        &mut self,
        time: Timestamp,
        open: &mut [Option<Candidate>],
        range: std::ops::Range<usize>,
        least: f32,
        which: impl Fn(&Tracked) -> bool,
        similarity: impl Fn(&Tracked, &Candidate) -> f32,
    ) {
        let config = &self.config;
        let mut tracks: Vec<_> =
            self.tracks.iter_mut().filter(|track| track.sight != Sight::Found && which(track)).collect();
        let range = range.start.min(open.len())..range.end.min(open.len());
        let mut slots: Vec<_> =
            open.get_mut(range).into_iter().flatten().filter(|slot| slot.is_some()).collect();
        let pairs = assign(tracks.len(), slots.len(), least, |row, column| {
            match (tracks.get(row), slots.get(column)) {
                (Some(track), Some(Some(candidate))) => similarity(track, candidate),
                _ => f32::NEG_INFINITY,
            }
        });
        for (row, column) in pairs {
            if let (Some(track), Some(slot)) = (tracks.get_mut(row), slots.get_mut(column))
                && let Some(candidate) = slot.take()
            {
                track.found(time, candidate, config);
            }
        }
    }

    /// Starts tracks for sure detections that belong to none.
    fn start(&mut self, time: Timestamp, left: impl Iterator<Item = Candidate>) {
        for candidate in left.filter(|left| left.detection.score >= self.config.start_score) {
            let known = self.tracks.iter().any(|track| {
                track.missed == 0
                    && class_penalty(track.latest.class, candidate.detection.class) <= 0.05
                    && candidate.bounds.inside(track.bounds) >= PART
            });
            if known || self.tracks.len() >= self.config.tracks {
                continue;
            }
            self.tracks.push(Tracked::new(self.next_id, time, candidate, &self.config));
            self.next_id += 1;
        }
    }
}

/// Overlap of where a track is thought to be with a detection, less what speaks against it.
fn overlap(track: &Tracked, candidate: &Candidate) -> f32 {
    track.bounds.iou(candidate.bounds) - class_penalty(track.latest.class, candidate.detection.class)
}

/// How near a detection is to where a track is thought to be, from 0 for as far as it can be to 1; negative where it
/// cannot be the same object.
fn nearness(track: &Tracked, candidate: &Candidate, dt: f32) -> f32 {
    let (a, b) = (track.bounds, candidate.bounds);
    let (a_size, b_size) = (a.area().sqrt(), b.area().sqrt());
    let growth = (a_size / b_size).max(b_size / a_size);
    let penalty = class_penalty(track.latest.class, candidate.detection.class);
    let reach = if track.detections == 1 {
        FASTEST * dt.min(1.0) * a_size.max(b_size)
    } else {
        STRAY.0 * a_size.min(b_size) + STRAY.1 * track.speed() * dt.min(1.0)
    };
    if !(growth < GROWTH && penalty < 0.2 && reach > 0.0) {
        return -1.0;
    }
    let ((ax, ay), (bx, by)) = (a.foot(), b.foot());
    1.0 - (ax - bx).hypot(ay - by) / reach
}
