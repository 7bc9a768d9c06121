//! Events: one per track.

use serde::{Deserialize, Serialize};

use crate::shape::{PicturePoint, foot};
use crate::{CameraId, EventId, GeoPoint, ObjectClass, PlaceId, StreamKind, Timestamp, TrackPoint};

/// Shortest way that has a direction, in parts of the picture.
const LEAST_WAY: f32 = 0.1;

/// In which direction something went through the picture, from where it was first seen to where it was last seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Heading {
    /// To the left edge.
    Left,
    /// To the right edge.
    Right,
    /// To the upper edge: away from most cameras.
    Up,
    /// To the lower edge: towards most cameras.
    Down,
}

impl Heading {
    /// The direction between two points: the larger part of the way counts. `None` below a tenth of the picture.
    #[must_use]
    pub fn between([ax, ay]: PicturePoint, [bx, by]: PicturePoint) -> Option<Self> {
        let (right, down) = (bx - ax, by - ay);
        if right.abs().max(down.abs()) < LEAST_WAY {
            return None;
        }
        Some(match (right.abs() >= down.abs(), right > 0.0, down > 0.0) {
            (true, true, _) => Self::Right,
            (true, false, _) => Self::Left,
            (false, _, true) => Self::Down,
            (false, _, false) => Self::Up,
        })
    }
}

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

impl Event {
    /// Where it stood, point by point.
    #[must_use]
    pub fn way(&self) -> Vec<PicturePoint> {
        self.path.iter().map(|point| foot(point.bounds)).collect()
    }

    /// In which direction it went; `None` where it hardly went anywhere.
    #[must_use]
    pub fn heading(&self) -> Option<Heading> {
        let (first, last) = (self.path.first()?, self.path.last()?);
        Heading::between(foot(first.bounds), foot(last.bounds))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_part_of_the_way_is_its_direction() {
        for (to, heading) in [
            ([0.9, 0.6], Some(Heading::Right)),
            ([0.1, 0.6], Some(Heading::Left)),
            ([0.6, 0.1], Some(Heading::Up)),
            ([0.4, 0.9], Some(Heading::Down)),
            ([0.55, 0.45], None),
        ] {
            assert_eq!(Heading::between([0.5, 0.5], to), heading, "{to:?}");
        }
    }
}
