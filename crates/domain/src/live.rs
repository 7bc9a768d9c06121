//! What the live stream of changes carries.

use serde::{Deserialize, Serialize};

use crate::{Action, CameraState, Event, PlaceId, ReviewItem, Ring};

/// A change that watchers see at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveEvent {
    /// Something is newly seen.
    EventStarted {
        /// What is seen.
        event: Event,
    },
    /// What is known of an event changed, or it ended.
    EventChanged {
        /// What is known now.
        event: Event,
    },
    /// Something was flagged, fired again, or was acted on.
    ReviewItemChanged {
        /// The item as it is now.
        item: Box<ReviewItem>,
    },
    /// A bell, siren or gong was rung, or it is known what became of that.
    RingChanged {
        /// What is known now.
        ring: Ring,
    },
    /// A camera came or went.
    CameraState {
        /// The place that the camera belongs to.
        place_id: PlaceId,
        /// How it fares.
        state: CameraState,
    },
}

impl LiveEvent {
    /// The place whose rights decide who may see it.
    #[must_use]
    pub fn place_id(&self) -> PlaceId {
        match self {
            Self::EventStarted { event } | Self::EventChanged { event } => event.place_id,
            Self::CameraState { place_id, .. } => *place_id,
            Self::ReviewItemChanged { item } => item.place_id,
            Self::RingChanged { ring } => ring.place_id,
        }
    }

    /// The right that it takes there to see it.
    #[must_use]
    pub fn action(&self) -> Action {
        match self {
            Self::ReviewItemChanged { .. } => Action::Review,
            _ => Action::Watch,
        }
    }
}
