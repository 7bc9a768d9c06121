//! How closely a camera is watched, why, and what that costs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{CameraId, LookCost, Searched, StreamKind, Timestamp};

/// How closely analysis follows a camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum WatchState {
    /// Nothing happens: a key frame is looked at now and then.
    #[default]
    Idle,
    /// The stream says that something may have changed, and pictures are decoded to find out.
    Checking,
    /// Something happens: all pictures are decoded.
    Active,
}

/// Why a camera is not idle, or idle only for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WatchReason {
    /// What is normal at this camera is not known yet: its key frames are looked at.
    Learning,
    /// There is more to its coded pictures than usual.
    Size,
    /// There is more to a key frame than usual.
    KeyFrameSize,
    /// More of the picture moves than usual.
    Motion,
    /// There is an object that does not stand still.
    Objects,
    /// Key frames are too rare, or too much would have to be held, to wait for one.
    LongGop,
}

/// What the analysis of a camera took, in a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WatchCost {
    /// Pictures that the camera sent.
    pub frames: u64,
    /// Pictures that were decoded.
    pub decoded: u64,
    /// Pictures that were looked at for changes.
    pub looks: u64,
    /// Pictures in which objects were searched, in part or whole.
    pub searches: u64,
    /// Of these, pictures that were searched whole.
    pub whole_searches: u64,
    /// Milliseconds of decoding.
    pub decode_ms: f64,
    /// Milliseconds of looking for changes.
    pub motion_ms: f64,
    /// Milliseconds of searching for objects. A search that several cameras shared counts in parts.
    pub detect_ms: f64,
    /// Milliseconds of making the pictures that events are stored with.
    pub picture_ms: f64,
    /// Longest time from a picture's own time until the result of its look, in milliseconds.
    pub longest_lag_ms: f64,
}

impl WatchCost {
    /// What one look took, whose result came `lag` after the picture's own time.
    #[must_use]
    pub fn of_look(searched: &Searched, cost: &LookCost, lag: Duration) -> Self {
        let millis = |micros: u32| f64::from(micros) / 1e3;
        Self {
            frames: 0,
            decoded: u64::from(cost.decoded),
            looks: 1,
            searches: u64::from(*searched != Searched::Nothing),
            whole_searches: u64::from(*searched == Searched::Whole),
            decode_ms: millis(cost.decode_micros),
            motion_ms: millis(cost.motion_micros),
            detect_ms: millis(cost.detect_micros),
            picture_ms: 0.0,
            longest_lag_ms: lag.as_secs_f64() * 1e3,
        }
    }

    /// Adds what another span took.
    pub fn add(&mut self, other: &Self) {
        self.frames += other.frames;
        self.decoded += other.decoded;
        self.looks += other.looks;
        self.searches += other.searches;
        self.whole_searches += other.whole_searches;
        self.decode_ms += other.decode_ms;
        self.motion_ms += other.motion_ms;
        self.detect_ms += other.detect_ms;
        self.picture_ms += other.picture_ms;
        self.longest_lag_ms = self.longest_lag_ms.max(other.longest_lag_ms);
    }
}

/// How long a camera was watched for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WatchSpan {
    /// How closely.
    pub state: WatchState,
    /// Why; none while idle.
    pub reason: Option<WatchReason>,
    /// For how many seconds of the stream's time.
    pub seconds: f64,
}

/// One minute of a camera's analysis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WatchMinute {
    /// Start of the UTC minute.
    pub minute: Timestamp,
    /// What it took.
    pub cost: WatchCost,
    /// How closely the camera was watched and why, a row for each that occurred.
    pub spans: Vec<WatchSpan>,
}

/// How a camera is watched, what that costs, and why it was or was not looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CameraWatch {
    /// Which camera.
    pub camera_id: CameraId,
    /// Which of its streams is analysed.
    pub stream: StreamKind,
    /// How closely it is watched now.
    pub state: WatchState,
    /// Why; none while idle.
    pub reason: Option<WatchReason>,
    /// How many looks a second it has at most now: fewer under overload.
    pub looks_per_second: f32,
    /// Seconds between two looks at it while it is idle.
    pub sentinel_seconds: f32,
    /// What it took since analysis of it started.
    pub total: WatchCost,
    /// The latest minutes, oldest first; the last is not over.
    pub minutes: Vec<WatchMinute>,
}

impl CameraWatch {
    /// That of a camera of which nothing has been seen yet.
    #[must_use]
    pub fn new(camera_id: CameraId, stream: StreamKind) -> Self {
        Self {
            camera_id,
            stream,
            state: WatchState::Idle,
            reason: None,
            looks_per_second: 0.0,
            sentinel_seconds: 0.0,
            total: WatchCost::default(),
            minutes: Vec::new(),
        }
    }
}
