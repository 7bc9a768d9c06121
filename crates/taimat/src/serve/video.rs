//! The API's door to video that is watched.

use std::sync::Arc;

use api::ports::{LiveFeed, VideoPort};
use domain::{CameraId, StreamKind};

use super::tap::Taps;

/// Video to be watched.
pub(crate) struct Video {
    /// Streams as they come in.
    pub(crate) taps: Arc<Taps>,
}

impl VideoPort for Video {
    fn watch(&self, camera: CameraId, stream: StreamKind) -> LiveFeed {
        self.taps.of(camera, stream).feed()
    }
}
