//! The API's door to video that is watched: as it comes in, and transcoded.

use std::sync::Arc;

use api::ports::{LiveFeed, TranscodeFailure, TranscodedPiece, VideoPort};
use async_trait::async_trait;
use domain::{CameraId, Segment, StreamKind};

use super::tap::Taps;
use super::transcode::{LiveTranscodings, Pieces};

/// Video to be watched.
pub(crate) struct Video {
    /// Streams as they come in.
    pub(crate) taps: Arc<Taps>,
    /// The same, transcoded.
    pub(crate) live: LiveTranscodings,
    /// Recordings, transcoded.
    pub(crate) pieces: Arc<Pieces>,
}

#[async_trait]
impl VideoPort for Video {
    fn watch(&self, camera: CameraId, stream: StreamKind) -> LiveFeed {
        self.taps.of(camera, stream).feed()
    }

    fn watch_transcoded(&self, camera: CameraId, stream: StreamKind) -> Result<LiveFeed, TranscodeFailure> {
        self.live.watch(camera, stream)
    }

    async fn piece(
        &self,
        segment: &Segment,
        number: usize,
    ) -> Result<Option<TranscodedPiece>, TranscodeFailure> {
        self.pieces.piece(segment, number).await
    }
}
