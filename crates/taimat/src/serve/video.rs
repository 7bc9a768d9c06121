//! The API's door to video that is watched: as it comes in, and transcoded.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use api::ports::{LiveFeed, TranscodeFailure, TranscodedPiece, VideoPort};
use async_trait::async_trait;
use domain::{CameraId, Segment, StreamKind};
use recorder::Recorder;
use tokio_util::sync::CancellationToken;
use vision_client::TranscoderConfig;

use super::bytes;
use super::supervise::Tasks;
use super::tap::Taps;
use super::transcode::{Cache, LiveTranscodings, Pieces};
use crate::config::Config;

/// Wide enough for a page, and a quarter of the work of the cameras' full size.
const MAX_WIDTH: u32 = 1280;
/// Somebody waits for what is transcoded: it goes before analysis, after recording.
const NICENESS: i32 = 5;

/// Video to be watched.
pub(crate) struct Video {
    /// Streams as they come in.
    pub(crate) taps: Arc<Taps>,
    /// The same, transcoded.
    pub(crate) live: LiveTranscodings,
    /// Recordings, transcoded.
    pub(crate) pieces: Arc<Pieces>,
}

impl Video {
    /// Starts what keeps the transcoded pieces in bounds.
    pub(crate) fn start(
        config: &Config,
        recorder: Recorder,
        taps: Arc<Taps>,
        tasks: &mut Tasks,
        stop: &CancellationToken,
    ) -> Result<Self> {
        let settings = &config.transcoding;
        let transcoder =
            TranscoderConfig { worker: config.worker()?, max_width: MAX_WIDTH, niceness: NICENESS };
        let folder = config.data.folder.join("transcoded");
        let cache = Cache::open(folder.clone(), bytes(settings.cache_gib))
            .with_context(|| format!("cannot use {} ([data] folder)", folder.display()))?;
        let pieces = Arc::new(Pieces::new(transcoder.clone(), recorder, cache, settings.at_once));
        tasks.spawn("transcoded-pieces", Arc::clone(&pieces).upkeep(stop.clone()));
        let live = LiveTranscodings::new(transcoder, Arc::clone(&taps), settings.live_at_once, stop.clone());
        Ok(Self { taps, live, pieces })
    }
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
