//! The tracker: ByteTrack (Zhang et al., ECCV 2022, arXiv 2110.06864) over real time, with one class per track
//! by vote, a simplified path, and whether the object moves.

use std::time::Duration;

use domain::{BoundingBox, Detection, ObjectClass, Timestamp, Track};

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
    /// A track that is not matched is kept for this long …
    pub lost_after: Duration,
    /// … or for this long where the object stood still.
    pub still_lost_after: Duration,
    /// … and for at least this many looks that did not find it, since an idle camera is looked at seldom.
    pub lost_looks: u32,
    /// An object that stays within half its size for this long stands still.
    pub still_after: Duration,
    /// Shortest time between two reports of a change of one track.
    pub report_interval: Duration,
    /// Most points in the path of a track.
    pub path_points: usize,
    /// Most tracks at one time; detections beyond start none.
    pub tracks: usize,
}

impl Default for TrackerConfig {
    fn default() -> Self {
        Self {
            aspect: 16.0 / 9.0,
            high_score: 0.45,
            low_score: 0.1,
            start_score: 0.5,
            event_detections: 3,
            event_score: 0.55,
            lost_after: Duration::from_secs(2),
            still_lost_after: Duration::from_secs(60),
            lost_looks: 3,
            still_after: Duration::from_secs(3),
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

/// An object that was found in the latest look.
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

/// The tracker of one camera.
#[derive(Debug)]
pub struct Tracker {
    config: TrackerConfig,
}

impl Tracker {
    /// A tracker without tracks.
    #[must_use]
    pub fn new(config: TrackerConfig) -> Self {
        Self { config }
    }

    /// Takes the detections of one look. Looks come in the order of time; one that is a little late is left out,
    /// and where time steps back by more than that, all tracks end.
    pub fn update(&mut self, time: Timestamp, detections: &[Detection]) -> TrackerUpdate {
        todo!("{time} {detections:?} {}", self.config.tracks)
    }

    /// Ends all tracks, when the stream ends; gives those that were reported as started.
    pub fn finish(&mut self) -> Vec<Track> {
        todo!()
    }

    /// Objects found in the latest look, confirmed or not.
    pub fn live(&self) -> impl Iterator<Item = LiveTrack> + '_ {
        std::iter::empty()
    }

    /// How many objects are there that are not known to stand still: what [`crate::Look::objects`] wants.
    #[must_use]
    pub fn moving(&self) -> usize {
        todo!()
    }
}
