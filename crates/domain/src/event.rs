//! Events: one per track.

use serde::{Deserialize, Serialize};

use crate::{CameraId, EventId, GeoPoint, ObjectClass, PlaceId, StreamKind, Timestamp, TrackPoint};

/// One object seen at one camera, from its first to its last detection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// Identifier.
    pub id: EventId,
    /// Which camera saw it.
    pub camera_id: CameraId,
    /// The place that the camera belonged to at that time.
    pub place_id: PlaceId,
    /// Where the camera stood at that time.
    pub point: Option<GeoPoint>,
    /// What it is.
    pub class: ObjectClass,
    /// How sure the detector was, over the whole track, 0 to 1.
    pub score: f32,
    /// Time of the first detection.
    pub first_seen: Timestamp,
    /// Time of the latest detection.
    pub last_seen: Timestamp,
    /// Whether the object is still followed.
    pub ongoing: bool,
    /// Whether it stood still the whole time.
    pub stationary: bool,
    /// Where it went, simplified.
    pub path: Vec<TrackPoint>,
    /// The picture that shows it best.
    pub best: TrackPoint,
    /// Number of detections behind it.
    pub detections: u32,
    /// Whether a snapshot is kept.
    pub has_snapshot: bool,
}

/// An event with the footage that shows it: written in one transaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// The event.
    pub event: Event,
    /// The stream whose recording shows it best.
    pub stream: StreamKind,
    /// First moment of footage to show: the event with some time before it.
    pub footage_from: Timestamp,
    /// End of that footage.
    pub footage_to: Timestamp,
    /// The snapshot's file, relative to the snapshot folder.
    pub snapshot: Option<String>,
}
