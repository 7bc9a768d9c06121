//! Holds: footage that retention must leave alone.

use domain::{CameraId, TimeRange, Timestamp, UserId};
use uuid::Uuid;

use crate::{Index, Result, Visibility};

/// A hold to make.
#[derive(Clone, Debug)]
pub struct NewHold {
    /// Whose footage.
    pub camera_id: CameraId,
    /// Which part of it.
    pub range: TimeRange,
    /// Why, for whoever finds it later.
    pub reason: String,
    /// Who asked for it.
    pub user_id: Option<UserId>,
}

/// Footage that retention leaves alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Identifier.
    pub id: Uuid,
    /// Whose footage.
    pub camera_id: CameraId,
    /// Which part of it.
    pub range: TimeRange,
    /// Why.
    pub reason: String,
    /// Who asked for it.
    pub user_id: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
    /// When it was released.
    pub released_at: Option<Timestamp>,
}

impl Index {
    /// Holds footage.
    pub async fn create_hold(&self, new: NewHold) -> Result<Hold> {
        todo!()
    }

    /// Holds in force at cameras of the visible places, latest first.
    pub async fn holds(&self, visible: &Visibility) -> Result<Vec<Hold>> {
        todo!()
    }

    /// One hold.
    pub async fn hold(&self, id: Uuid) -> Result<Hold> {
        todo!()
    }

    /// Releases a hold. Releasing it again changes nothing.
    pub async fn release_hold(&self, id: Uuid, by: Option<UserId>) -> Result<Hold> {
        todo!()
    }
}
