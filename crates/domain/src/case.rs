//! Cases: what investigators gather about one matter, and the exports that are made of it.

use serde::{Deserialize, Serialize};

use crate::{
    CameraId, CaseId, CaseItemId, EventId, ExportId, PlaceId, Sentence, StreamKind, TimeRange, Timestamp,
    UserId,
};

/// Whether a case is worked on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// It is worked on: its footage is held.
    #[default]
    Open,
    /// It is done with: nothing is added, and its footage may go.
    Closed,
}

impl CaseState {
    /// The name in the API and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// What people say of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseSpec {
    /// What it is about.
    #[cfg_attr(feature = "openapi", schema(example = "Mất xe máy trước chợ, tin báo số 12"))]
    pub title: String,
    /// More about it.
    pub note: Option<String>,
    /// Whether it is worked on.
    pub state: CaseState,
}

/// Hồ sơ vụ việc: what is gathered about one matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Case {
    /// Identifier.
    pub id: CaseId,
    /// The place that it belongs to: who may export there, may see it.
    pub place_id: PlaceId,
    /// What people say of it.
    #[serde(flatten)]
    pub spec: CaseSpec,
    /// Who began it.
    pub created_by: Option<UserId>,
    /// The name, as it was then.
    pub created_by_name: String,
    /// When.
    pub created_at: Timestamp,
    /// Raised by each change of title, note or state.
    pub version: i64,
}

/// What an item of a case is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum CaseItemKind {
    /// A stretch of a camera's recording.
    Clip {
        /// Whose.
        camera_id: CameraId,
        /// First moment.
        from: Timestamp,
        /// First moment after it.
        to: Timestamp,
        /// Of which stream; the main one if not given.
        #[serde(default = "main")]
        stream: StreamKind,
    },
    /// An event, with its picture and the footage that shows it.
    Event {
        /// Which.
        event_id: EventId,
    },
    /// What a camera showed at a moment.
    Picture {
        /// Whose.
        camera_id: CameraId,
        /// When.
        at: Timestamp,
    },
    /// Something in words.
    Note {
        /// The words.
        text: String,
    },
}

fn main() -> StreamKind {
    StreamKind::Main
}

/// The footage behind an item, as it was when the item was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseFootage {
    /// Whose.
    pub camera_id: CameraId,
    /// The camera's name.
    pub camera_name: String,
    /// The place that the camera belonged to: taking it away needs the right `export` there.
    pub place_id: PlaceId,
    /// Which stream.
    pub stream: StreamKind,
    /// Which part of it.
    #[serde(flatten)]
    pub range: TimeRange,
}

/// One thing of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseItem {
    /// Identifier.
    pub id: CaseItemId,
    /// What it is.
    pub kind: CaseItemKind,
    /// The footage behind it; null for a note.
    pub footage: Option<CaseFootage>,
    /// Whether that footage is held from removal for this item.
    pub held: bool,
    /// What somebody wrote to it.
    pub note: Option<String>,
    /// Its place among the items of the case, from 0 on.
    pub position: u32,
    /// Who added it.
    pub added_by: Option<UserId>,
    /// The name, as it was then.
    pub added_by_name: String,
    /// When.
    pub added_at: Timestamp,
}

/// How far an export has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    /// Others come first.
    Waiting,
    /// It is being made.
    Running,
    /// Its file can be fetched.
    Done,
    /// It could not be made.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

impl ExportState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// The name in the API and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it is still to be made.
    #[must_use]
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }
}

impl std::str::FromStr for ExportState {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| format!("{text:?} is no state of an export"))
    }
}

/// A file that is made of a case, to be taken away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseExport {
    /// Identifier.
    pub id: ExportId,
    /// Of which case.
    pub case_id: CaseId,
    /// How far it has come.
    pub state: ExportState,
    /// Which part of it is made, 0 to 1.
    pub done: f64,
    /// Bytes of the file, once it is done.
    pub bytes: Option<u64>,
    /// Places of the footage in it: taking it away needs the right `export` at each.
    pub place_ids: Vec<PlaceId>,
    /// Who asked for it.
    pub requested_by: Option<UserId>,
    /// The name, as it was then.
    pub requested_by_name: String,
    /// When.
    pub requested_at: Timestamp,
    /// When it was done, failed or was ended.
    pub finished_at: Option<Timestamp>,
    /// Why it failed.
    pub why: Option<Sentence>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_back() {
        for state in ExportState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert!("gone".parse::<ExportState>().is_err());
    }
}
