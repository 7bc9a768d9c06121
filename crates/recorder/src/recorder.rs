//! The recorder's face: what the rest of the server holds.

use std::path::Path;
use std::sync::Arc;

use domain::{AudioParameters, CameraId, Clock, Gap, GapReason, MediaFrame, Segment, StreamKind, Timestamp};
use tokio::sync::mpsc;

use crate::{RecorderConfig, RecorderError, StreamCounters, Usage};

/// What the recorder did.
#[derive(Clone, Debug, PartialEq)]
pub enum RecorderEvent {
    /// A segment was opened (its first fragment is on disk) or closed (`closed` is set; final).
    Segment(Segment),
    /// A gap began (`to` is `None`) or ended.
    Gap(Gap),
}

/// Writes the streams of all cameras. Cheap to clone.
#[derive(Clone)]
pub struct Recorder {}

/// The recorder's threads. Dropping it lets them finish by themselves; [`Self::shutdown`] waits.
pub struct RecorderTask {}

/// One stream of one camera.
pub struct StreamRecorder {}

impl Recorder {
    /// Starts the threads; must be called within a Tokio runtime. Files that an earlier run left unfinished are
    /// finished in the background and come out as closed segments.
    pub fn start(
        config: RecorderConfig,
        clock: Arc<dyn Clock>,
        events: mpsc::Sender<RecorderEvent>,
    ) -> Result<(Self, RecorderTask), RecorderError> {
        let _ = (config, clock, events);
        todo!()
    }

    /// A stream to write. `folder` is the camera's folder, see [`camera_folder`](crate::camera_folder).
    #[must_use]
    pub fn stream(&self, camera_id: CameraId, folder: &str, stream: StreamKind) -> StreamRecorder {
        let _ = (camera_id, folder, stream);
        todo!()
    }

    /// The segments of a stream whose final row may not be in the index yet: the growing one as of its last
    /// complete fragment on disk, and the one closed last. Oldest first.
    #[must_use]
    pub fn open_segments(&self, camera_id: CameraId, stream: StreamKind) -> Vec<Segment> {
        let _ = (camera_id, stream);
        todo!()
    }

    /// The folder of recordings.
    #[must_use]
    pub fn root(&self) -> &Path {
        todo!()
    }

    /// Bytes of recordings per camera; see [`Usage`].
    #[must_use]
    pub fn usage(&self) -> &Usage {
        todo!()
    }
}

impl RecorderTask {
    /// Writes what waits, closes and syncs every segment, and ends. Streams should be finished before.
    #[expect(clippy::unused_async, reason = "the interface comes before the code")]
    pub async fn shutdown(self) {
        todo!()
    }
}

impl StreamRecorder {
    /// Says which sound the stream carries (`None`: none), so that the first segment already has a track for it.
    pub fn announce_audio(&mut self, audio: Option<Arc<AudioParameters>>) {
        let _ = audio;
        todo!()
    }

    /// Records a frame. Waits where the disk is slow, at most [`RecorderConfig::write_patience`] for each fragment.
    /// Never fails the caller: what cannot be written is counted and becomes a gap.
    #[expect(clippy::unused_async, reason = "the interface comes before the code")]
    pub async fn write(&mut self, frame: MediaFrame) {
        let _ = frame;
        todo!()
    }

    /// The stream went away: closes the segment and opens a gap, from the end of the last picture (or from `at` where
    /// there is none). The next key frame ends the gap. Called again for another reason, it ends that gap at `at` and
    /// opens another. To show that the server was stopped, call it before the first frame with the end of the
    /// newest segment in the index and [`GapReason::ServerStopped`].
    #[expect(clippy::unused_async, reason = "the interface comes before the code")]
    pub async fn interrupt(&mut self, at: Timestamp, reason: GapReason, detail: String) {
        let _ = (at, reason, detail);
        todo!()
    }

    /// Closes the segment for good.
    #[expect(clippy::unused_async, reason = "the interface comes before the code")]
    pub async fn finish(self) {
        todo!()
    }

    /// What became of the pictures so far.
    #[must_use]
    pub fn counters(&self) -> StreamCounters {
        todo!()
    }
}
