//! Cameras as they are configured.

use domain::{Camera, CameraId, GeoPoint, PlaceId, Transport};
use url::Url;

use crate::{Index, Result, Visibility};

/// A camera to add. Its folder is made here from its name.
#[derive(Clone, Debug)]
pub struct NewCamera {
    /// Identifier: made by the caller, since the vault seals credentials for it.
    pub id: CameraId,
    /// What people call it.
    pub name: String,
    /// Where it belongs.
    pub place_id: PlaceId,
    /// Where it stands.
    pub point: Option<GeoPoint>,
    /// Where it looks: degrees clockwise from north.
    pub bearing: Option<f32>,
    /// Address of the main stream, without credentials.
    pub main_url: Url,
    /// Address of the sub stream, without credentials.
    pub sub_url: Option<Url>,
    /// How RTP travels.
    pub transport: Transport,
    /// User name and password as the [`crate::Vault`] sealed them for `id`.
    pub sealed_credentials: Option<Vec<u8>>,
    /// Whether it is to be pulled, recorded and analysed.
    pub enabled: bool,
    /// Whether it is to be analysed at all.
    pub analysed: bool,
    /// Footage older than this many days is removed.
    pub keep_days: Option<u32>,
    /// Footage beyond this many bytes is removed, oldest first.
    pub keep_bytes: Option<u64>,
}

/// What to change of a camera; `None` leaves it, and `Some(None)` forgets what may be absent.
#[derive(Clone, Debug, Default)]
#[expect(clippy::option_option, reason = "leave, forget and set are three different wishes")]
pub struct CameraChange {
    /// What people call it.
    pub name: Option<String>,
    /// Where it belongs. Past events stay at the old place.
    pub place_id: Option<PlaceId>,
    /// Where it stands.
    pub point: Option<Option<GeoPoint>>,
    /// Where it looks: degrees clockwise from north.
    pub bearing: Option<Option<f32>>,
    /// Address of the main stream, without credentials.
    pub main_url: Option<Url>,
    /// Address of the sub stream, without credentials.
    pub sub_url: Option<Option<Url>>,
    /// How RTP travels.
    pub transport: Option<Transport>,
    /// User name and password as the [`crate::Vault`] sealed them for this camera.
    pub sealed_credentials: Option<Option<Vec<u8>>>,
    /// Whether it is to be pulled, recorded and analysed.
    pub enabled: Option<bool>,
    /// Whether it is to be analysed at all.
    pub analysed: Option<bool>,
    /// Footage older than this many days is removed.
    pub keep_days: Option<Option<u32>>,
    /// Footage beyond this many bytes is removed, oldest first.
    pub keep_bytes: Option<Option<u64>>,
}

impl Index {
    /// Adds a camera. `Invalid` where the place does not exist or was merged away.
    pub async fn create_camera(&self, new: NewCamera) -> Result<Camera> {
        todo!()
    }

    /// One camera, also one that was removed and still has footage.
    pub async fn camera(&self, id: CameraId) -> Result<Camera> {
        todo!()
    }

    /// Cameras in use, by name; those of the places given and below where `places` is not empty.
    pub async fn cameras(&self, places: &[PlaceId], visible: &Visibility) -> Result<Vec<Camera>> {
        todo!()
    }

    /// Cameras that were removed and still have footage or events.
    pub async fn removed_cameras(&self) -> Result<Vec<Camera>> {
        todo!()
    }

    /// User name and password as the vault sealed them.
    pub async fn sealed_credentials(&self, id: CameraId) -> Result<Option<Vec<u8>>> {
        todo!()
    }

    /// Changes a camera. `Conflict` unless it has `version`.
    pub async fn change_camera(&self, id: CameraId, version: i64, change: CameraChange) -> Result<Camera> {
        todo!()
    }

    /// Takes a camera out of use and forgets its credentials. Its footage and events stay until retention
    /// removes them; then the camera is forgotten too.
    pub async fn remove_camera(&self, id: CameraId, version: i64) -> Result<()> {
        todo!()
    }
}
