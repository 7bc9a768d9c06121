//! Gaps: what could not be recorded or analysed, and why. No gap is silent.

use serde::{Deserialize, Serialize};

use crate::{CameraId, StreamKind, Timestamp};

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum GapKind {
    /// Nothing was recorded.
    Recording,
    /// It was recorded, and not analysed.
    Analysis,
}

/// Why it is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The camera could not be reached or stopped sending.
    CameraOffline,
    /// The camera was switched off by an operator.
    Disabled,
    /// The server was not running.
    ServerStopped,
    /// The stream was damaged, and nothing could be decoded until the next key frame.
    StreamDamaged,
    /// The disk was full.
    DiskFull,
    /// The disk refused writes.
    DiskFailed,
    /// The disk was too slow.
    DiskSlow,
    /// Analysis could not keep up.
    Overload,
    /// The vision worker died.
    WorkerDied,
    /// The footage could not be decoded.
    DecodeFailed,
}

impl GapReason {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::CameraOffline,
        Self::Disabled,
        Self::ServerStopped,
        Self::StreamDamaged,
        Self::DiskFull,
        Self::DiskFailed,
        Self::DiskSlow,
        Self::Overload,
        Self::WorkerDied,
        Self::DecodeFailed,
    ];

    /// The name in the API and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CameraOffline => "camera_offline",
            Self::Disabled => "disabled",
            Self::ServerStopped => "server_stopped",
            Self::StreamDamaged => "stream_damaged",
            Self::DiskFull => "disk_full",
            Self::DiskFailed => "disk_failed",
            Self::DiskSlow => "disk_slow",
            Self::Overload => "overload",
            Self::WorkerDied => "worker_died",
            Self::DecodeFailed => "decode_failed",
        }
    }
}

impl GapKind {
    /// `recording` or `analysis`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Analysis => "analysis",
        }
    }
}

impl std::str::FromStr for GapReason {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or_else(|| format!("{text:?} is no reason of a gap"))
    }
}

impl std::str::FromStr for GapKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "recording" => Ok(Self::Recording),
            "analysis" => Ok(Self::Analysis),
            other => Err(format!("{other:?} is no kind of gap: recording or analysis")),
        }
    }
}

/// A stretch that is missing. Keyed by camera, stream, kind and start; a later row with the same key replaces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Gap {
    /// Which camera.
    pub camera_id: CameraId,
    /// Which of its streams.
    pub stream: StreamKind,
    /// What is missing.
    pub kind: GapKind,
    /// First moment that is missing.
    pub from: Timestamp,
    /// First moment after the gap; `None` while it lasts.
    pub to: Option<Timestamp>,
    /// Why.
    pub reason: GapReason,
    /// More about why, for a person.
    pub detail: String,
    /// When it was analysed after all, from the recording.
    pub caught_up_at: Option<Timestamp>,
}
