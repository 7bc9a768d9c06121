//! Streams transcoded as they come in: once for all who watch one, for as long as somebody does.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::ports::{LiveFeed, LiveVideo, TranscodeFailure};
use domain::{CameraId, StreamKind, Timestamp, VideoCodec};
use futures::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use vision_client::{TranscodeError, Transcoder, TranscoderConfig, TranscoderInput, TranscoderOutput};

use crate::serve::tap::{Tap, Taps};

/// How often it is looked whether anybody still watches.
const LOOK: Duration = Duration::from_secs(1);
/// A transcoder that lived for so long failed for a reason of its own.
const HEALTHY: Duration = Duration::from_secs(10);
/// So many failures one after another, and those who watch are told.
const MOST_FAILURES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

type Key = (CameraId, StreamKind);

/// The streams that are being transcoded. Cheap to clone.
#[derive(Clone)]
pub(crate) struct LiveTranscodings(Arc<Inner>);

struct Inner {
    worker: TranscoderConfig,
    taps: Arc<Taps>,
    running: Mutex<HashMap<Key, Arc<Tap>>>,
    at_once: Arc<Semaphore>,
    stop: CancellationToken,
}

impl LiveTranscodings {
    pub(crate) fn new(
        worker: TranscoderConfig,
        taps: Arc<Taps>,
        at_once: usize,
        stop: CancellationToken,
    ) -> Self {
        let at_once = Arc::new(Semaphore::new(at_once));
        Self(Arc::new(Inner { worker, taps, running: Mutex::default(), at_once, stop }))
    }

    /// A stream of H.265 as H.264. It ends where the camera sends something else, and where it cannot be transcoded.
    pub(crate) fn watch(&self, camera: CameraId, stream: StreamKind) -> Result<LiveFeed, TranscodeFailure> {
        let key = (camera, stream);
        let mut running = self.running();
        if let Some(tap) = running.get(&key) {
            return Ok(tap.feed());
        }
        let permit = Arc::clone(&self.0.at_once).try_acquire_owned().map_err(|_| TranscodeFailure::Busy)?;
        let tap = Arc::new(Tap::new(None));
        let feed = tap.feed();
        running.insert(key, Arc::clone(&tap));
        let transcoding = Transcoding { all: self.clone(), key, tap };
        tokio::spawn(transcoding.run(permit));
        Ok(feed)
    }

    fn running(&self) -> MutexGuard<'_, HashMap<Key, Arc<Tap>>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One stream.
struct Transcoding {
    all: LiveTranscodings,
    key: Key,
    tap: Arc<Tap>,
}

/// Why one life of a transcoder ended.
enum End {
    /// There is nothing to transcode any more.
    Over,
    /// It failed.
    Failed(TranscodeError),
}

impl Transcoding {
    async fn run(self, _permit: OwnedSemaphorePermit) {
        let (mut failures, mut latest) = (0, None);
        while failures < MOST_FAILURES {
            let began = Instant::now();
            let end = tokio::select! {
                () = self.all.0.stop.cancelled() => break,
                () = self.unwatched() => break,
                end = self.transcode(&mut latest) => end,
            };
            let End::Failed(error) = end else { break };
            tracing::warn!(camera = %self.key.0, stream = %self.key.1, %error, "a live transcoder failed");
            failures = if began.elapsed() > HEALTHY { 1 } else { failures + 1 };
            tokio::time::sleep(PAUSE).await;
        }
        self.retire();
    }

    /// Those who still watch see the end of it.
    fn retire(&self) {
        let mut running = self.all.running();
        if running.get(&self.key).is_some_and(|tap| Arc::ptr_eq(tap, &self.tap)) {
            running.remove(&self.key);
        }
    }

    /// Returns once nobody watches, and nobody can begin to.
    async fn unwatched(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let mut running = self.all.running();
            if !self.tap.is_watched() {
                running.remove(&self.key);
                return;
            }
        }
    }

    /// One life of a transcoder. `latest`: the last picture that was shown, of this one and those before it.
    async fn transcode(&self, latest: &mut Option<Timestamp>) -> End {
        let (input, output) = match Transcoder::start(&self.all.0.worker) {
            Ok(both) => both,
            Err(error) => return End::Failed(error),
        };
        // What is still inside when the camera goes away is not shown as if it were back.
        let away = AtomicBool::new(false);
        tokio::select! {
            () = self.feed(input, &away) => End::Over,
            error = self.take(output, &away, latest) => End::Failed(error),
        }
    }

    async fn feed(&self, mut input: TranscoderInput, away: &AtomicBool) {
        let (camera, stream) = self.key;
        let mut source = self.all.0.taps.of(camera, stream).feed();
        while let Some(video) = source.next().await {
            match video {
                LiveVideo::Picture(unit) if unit.parameters.codec == VideoCodec::H265 => {
                    away.store(false, Ordering::Relaxed);
                    if !input.send(&unit).await {
                        // Its output says why.
                        std::future::pending::<()>().await;
                    }
                }
                LiveVideo::Picture(_) => return,
                // A key frame follows, from which it can go on.
                LiveVideo::Skipped => {}
                LiveVideo::Offline { since, trouble } => {
                    away.store(true, Ordering::Relaxed);
                    self.tap.away(since, trouble);
                }
            }
        }
    }

    async fn take(
        &self,
        mut output: TranscoderOutput,
        away: &AtomicBool,
        latest: &mut Option<Timestamp>,
    ) -> TranscodeError {
        // It begins with what a transcoder before it may have shown already: it goes on at a key frame after that.
        let mut repeats = *latest;
        loop {
            match output.next().await {
                Ok(Some(_)) if away.load(Ordering::Relaxed) => {}
                Ok(Some(unit)) if repeats.is_some_and(|shown| !unit.random_access || unit.time <= shown) => {}
                Ok(Some(unit)) => {
                    repeats = None;
                    *latest = Some(unit.time);
                    self.tap.picture(&unit);
                }
                Ok(None) => return TranscodeError::Failed("it ended by itself".to_owned()),
                Err(error) => return error,
            }
        }
    }
}
