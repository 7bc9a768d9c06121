//! One stream on its way to the writer: waits where the disk is slow, and gives up what it will not take.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::{AudioParameters, Fragment, Gap, GapReason, MediaFrame, Timestamp};

use crate::assembler::{Assembler, Output, StreamShared};
use crate::writer::{FragmentOp, GapBegin, Op, new_gap};
use crate::{Recorder, StreamCounters};

/// One stream of one camera. Dropped without [`Self::finish`], it still hands on what it holds where there is room.
pub struct StreamRecorder {
    recorder: Recorder,
    stream: Arc<StreamShared>,
    assembler: Assembler,
    outputs: Vec<Output>,
    /// Fragments are being dropped as the disk is too slow; the gap was told.
    slow: Option<Gap>,
    finished: bool,
}

impl StreamRecorder {
    pub(crate) fn new(recorder: Recorder, stream: Arc<StreamShared>) -> Self {
        Self {
            assembler: Assembler::new(&recorder.shared.config, Arc::clone(&stream)),
            recorder,
            stream,
            outputs: Vec::new(),
            slow: None,
            finished: false,
        }
    }

    /// Says which sound the stream carries (`None`: none), so that the first segment already has a track for it.
    pub fn announce_audio(&mut self, audio: Option<Arc<AudioParameters>>) {
        self.assembler.announce_audio(audio);
    }

    /// Records a frame. Waits where the disk is slow, at most [`RecorderConfig::write_patience`] for each fragment.
    /// Never fails the caller: what cannot be written is counted and becomes a gap.
    pub async fn write(&mut self, frame: MediaFrame) {
        self.assembler.push(frame, &mut self.outputs);
        if !self.outputs.is_empty() {
            self.hand_on().await;
        }
    }

    /// The stream went away: closes the segment and opens a gap, from the end of the last picture (or from `at` where
    /// there is none). The next key frame ends the gap. Called again for another reason, it ends that gap at `at` and
    /// opens another. To show that the server was stopped, call it before the first frame with the end of the
    /// newest segment in the index and [`GapReason::ServerStopped`].
    pub async fn interrupt(&mut self, at: Timestamp, reason: GapReason, detail: String) {
        let end = self.assembler.close(&mut self.outputs);
        self.outputs.push(Output::Gap { from: end.unwrap_or(at), reason, detail });
        self.hand_on().await;
    }

    /// Closes the segment for good.
    pub async fn finish(mut self) {
        self.assembler.close(&mut self.outputs);
        self.hand_on().await;
        self.finished = true;
        let patience = self.recorder.shared.config.write_patience;
        let op = Op::Forget(Arc::clone(&self.stream));
        let _ = tokio::time::timeout(patience, self.recorder.ops.send(op)).await;
    }

    /// What became of the pictures so far.
    #[must_use]
    pub fn counters(&self) -> StreamCounters {
        self.stream.counters.read()
    }

    async fn hand_on(&mut self) {
        let mut outputs = std::mem::take(&mut self.outputs);
        let mut dropping = false;
        for output in outputs.drain(..) {
            match output {
                Output::Fragment { open, serial, fragment } => {
                    if dropping {
                        self.lose(&fragment.row);
                        continue;
                    }
                    // Nobody waits twice for a disk that is known to be slow.
                    let patience = match self.slow {
                        Some(_) => Duration::ZERO,
                        None => self.recorder.shared.config.write_patience,
                    };
                    let Some((room, place)) = self.recorder.reserve(fragment.row.bytes, patience).await
                    else {
                        self.lose(&fragment.row);
                        self.too_slow(fragment.segment + fragment.row.start);
                        dropping = true;
                        continue;
                    };
                    // A gap ends where a segment begins.
                    let ends = if open.is_some() { self.slow.take() } else { None };
                    place.send(Op::Fragment(Box::new(FragmentOp {
                        stream: Arc::clone(&self.stream),
                        open,
                        serial,
                        fragment,
                        ends,
                        room,
                    })));
                }
                Output::Close => self.tell(Op::Close(Arc::clone(&self.stream))).await,
                Output::Gap { from, reason, detail } => {
                    let begin = GapBegin { from, reason, detail };
                    self.tell(Op::Gap { stream: Arc::clone(&self.stream), begin }).await;
                }
            }
        }
        if dropping {
            self.assembler.abandon();
        }
        // Keeps its memory for the next time.
        self.outputs = outputs;
    }

    async fn tell(&self, op: Op) {
        let patience = self.recorder.shared.config.write_patience;
        if tokio::time::timeout(patience, self.recorder.ops.send(op)).await.is_err() {
            tracing::warn!(camera = %self.stream.camera_id, stream = %self.stream.stream,
                "the disk is too slow: the next segment closes this one");
        }
    }

    fn lose(&self, row: &Fragment) {
        self.stream.counters.lost.fetch_add(row.frames.into(), Ordering::Relaxed);
        metrics::counter!("taimat_recorder_lost_frames_total",
            "camera" => self.stream.camera_id.to_string(), "stream" => self.stream.stream.as_str())
        .increment(row.frames.into());
    }

    fn too_slow(&mut self, from: Timestamp) {
        // When the server stops, the next start tells of the gap.
        if self.slow.is_some() || self.recorder.ops.is_closed() {
            return;
        }
        let patience = self.recorder.shared.config.write_patience;
        let detail = format!("the disk did not take what was recorded within {patience:?}");
        tracing::error!(camera = %self.stream.camera_id, stream = %self.stream.stream, "{detail}");
        let gap = new_gap(&self.stream, GapBegin { from, reason: GapReason::DiskSlow, detail });
        self.recorder.shared.outbox.gap(gap.clone());
        self.slow = Some(gap);
    }
}

impl Drop for StreamRecorder {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        self.assembler.close(&mut self.outputs);
        for output in self.outputs.drain(..) {
            if let Output::Fragment { open, serial, fragment } = output
                && let Ok(room) = Arc::clone(&self.recorder.shared.room).try_acquire_many_owned(1)
            {
                let stream = Arc::clone(&self.stream);
                let op = FragmentOp { stream, open, serial, fragment, ends: None, room };
                // Best effort: nobody can wait here.
                let _ = self.recorder.ops.try_send(Op::Fragment(Box::new(op)));
            }
        }
        let _ = self.recorder.ops.try_send(Op::Forget(Arc::clone(&self.stream)));
    }
}
