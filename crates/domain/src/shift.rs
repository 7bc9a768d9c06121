//! Shifts: who was on duty where, and what is handed over.

use serde::{Deserialize, Serialize};

use crate::{CameraId, GapReason, PlaceId, ReviewItem, ReviewState, Severity, ShiftId, Timestamp, UserId};

/// One person on duty at a place and below it, from signing on to signing off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Shift {
    /// Identifier.
    pub id: ShiftId,
    /// Where.
    pub place_id: PlaceId,
    /// Who.
    pub user_id: UserId,
    /// The name, as it was then.
    pub username: String,
    /// When it began.
    pub from: Timestamp,
    /// When it ended; null while it lasts.
    pub to: Option<Timestamp>,
    /// What was handed over in words.
    pub note: Option<String>,
    /// The name of whoever ended it; null while it lasts.
    pub closed_by: Option<String>,
}

/// What a shift hands over: of its place and all below it, as it was when the shift ended, or as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShiftReport {
    /// Whose shift.
    pub shift: Shift,
    /// The name of its place.
    pub place_name: String,
    /// Until when it is reported: the shift's end, or now.
    pub until: Timestamp,
    /// Shifts of others at the same place that overlap it, in order of their begin.
    pub others: Vec<Shift>,
    /// What was flagged in the shift, by severity, the worst first, and by the state that it had at the end.
    pub came: Vec<CameCount>,
    /// How long what came waited until an officer took it on or decided it.
    pub until_taken: Waited,
    /// How long it waited until an officer confirmed, dismissed or escalated it.
    pub until_decided: Waited,
    /// How many items were open at the end, whenever they came.
    pub open_count: u64,
    /// These, the worst first, then the oldest; 200 at most.
    pub open: Vec<ReviewItem>,
    /// What was escalated in the shift, in order of time; 200 at most.
    pub escalated: Vec<Escalated>,
    /// How the cameras of the place fared, by name.
    pub cameras: Vec<CameraHealth>,
}

/// How many items of a severity were in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CameCount {
    /// How much they matter.
    pub severity: Severity,
    /// How far they had come at the end.
    pub state: ReviewState,
    /// How many.
    pub count: u64,
}

/// How long items waited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Waited {
    /// How many no longer wait. The rest does not count below.
    pub count: u64,
    /// Half of them waited no longer than this, in seconds; null where there are none.
    pub median_seconds: Option<f64>,
    /// Nine of ten waited no longer than this, in seconds.
    pub p90_seconds: Option<f64>,
}

/// An item that was handed to the place above.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Escalated {
    /// When.
    pub at: Timestamp,
    /// By whom; the server itself where nobody looked at it in time.
    pub username: String,
    /// What was written down.
    pub note: Option<String>,
    /// The item as it is now.
    pub item: ReviewItem,
}

/// How one camera fared in a shift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CameraHealth {
    /// Which camera.
    pub camera_id: CameraId,
    /// What people call it.
    pub name: String,
    /// Where nothing was recorded at the end: since when, …
    pub missing_since: Option<Timestamp>,
    /// … and why.
    pub missing_because: Option<GapReason>,
    /// What was not recorded of its main stream.
    pub recording: Missing,
    /// What was not analysed, or only later.
    pub analysis: Missing,
}

/// Stretches that are missing in a shift, cut to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Missing {
    /// How many.
    pub gaps: u64,
    /// The longest, in seconds.
    pub longest_seconds: f64,
    /// All together, in seconds.
    pub total_seconds: f64,
}
