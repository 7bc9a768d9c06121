//! The thread that alone writes. Whatever a disk does to one stream, the others go on.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::{Clock, FragmentIndex, Gap, GapKind, GapReason, Segment, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::assembler::{NewSegment, StreamShared};
use crate::fragment::Prepared;
use crate::growing::Growing;
use crate::layout::SegmentPath;
use crate::outbox::Outbox;
use crate::segment_file::SegmentWriter;
use crate::sync::SyncQueue;
use crate::{RecorderConfig, Usage};

/// What streams ask of the writer.
pub(crate) enum Op {
    Fragment(Box<FragmentOp>),
    Close(Arc<StreamShared>),
    Gap {
        stream: Arc<StreamShared>,
        begin: GapBegin,
    },
    /// The disk did not keep what a stream wrote.
    NotKept {
        id: u64,
        error: String,
    },
    /// The stream is finished for good.
    Forget(Arc<StreamShared>),
    /// Whoever takes the events answers once all before are taken.
    Flush(oneshot::Sender<()>),
    Shutdown,
}

pub(crate) struct FragmentOp {
    pub(crate) stream: Arc<StreamShared>,
    pub(crate) open: Option<Box<NewSegment>>,
    pub(crate) serial: u64,
    pub(crate) fragment: Prepared,
    /// A gap that ends with this fragment; its beginning was told already.
    pub(crate) ends: Option<Gap>,
    /// Room in the queue, given back when the fragment is dropped.
    pub(crate) room: OwnedSemaphorePermit,
}

/// A gap that begins.
pub(crate) struct GapBegin {
    pub(crate) from: Timestamp,
    pub(crate) reason: GapReason,
    pub(crate) detail: String,
}

/// What the writer shares with the recorder's face and the thread that syncs.
pub(crate) struct Shared {
    pub(crate) config: RecorderConfig,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) growing: Growing,
    pub(crate) usage: Usage,
    pub(crate) sync: SyncQueue,
    pub(crate) outbox: Outbox,
    /// Room for fragments that wait, in units of [`ROOM_UNIT`].
    pub(crate) room: Arc<Semaphore>,
}

impl Shared {
    /// Bytes that wait for the disk.
    pub(crate) fn queued_bytes(&self) -> usize {
        let all = self.config.queue_bytes / ROOM_UNIT;
        all.saturating_sub(self.room.available_permits()) * ROOM_UNIT
    }
}

/// Room in the queue is counted in such units.
pub(crate) const ROOM_UNIT: usize = 1024;

/// The first and the longest pause before a stream whose disk failed tries again.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

struct StreamState {
    stream: Arc<StreamShared>,
    file: Option<OpenFile>,
    /// Gaps that the next recorded picture ends.
    gaps: Vec<Gap>,
    /// Not before this time (monotonic), because of this.
    pause: Option<(Duration, Duration)>,
}

struct OpenFile {
    serial: u64,
    start: Timestamp,
    writer: SegmentWriter,
}

pub(crate) struct Writer {
    shared: Arc<Shared>,
    streams: HashMap<u64, StreamState>,
    fragments: metrics::Counter,
    bytes: metrics::Counter,
    open: metrics::Gauge,
    queue: metrics::Gauge,
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            streams: HashMap::new(),
            fragments: metrics::counter!("taimat_recorder_fragments_total"),
            bytes: metrics::counter!("taimat_recorder_bytes_total"),
            open: metrics::gauge!("taimat_recorder_open_segments"),
            queue: metrics::gauge!("taimat_recorder_queue_bytes"),
        }
    }

    /// Until it is told to stop, or every stream and recorder is gone.
    pub(crate) fn run(mut self, mut ops: mpsc::Receiver<Op>) {
        while let Some(op) = ops.blocking_recv() {
            if matches!(op, Op::Shutdown) {
                ops.close();
            } else {
                self.apply_guarded(op);
            }
        }
        for state in self.streams.values_mut() {
            close(state, &self.shared);
        }
        self.open.set(0.0);
        self.shared.sync.stop();
    }

    /// A fault of ours in one operation costs that stream its segment, not the others theirs.
    fn apply_guarded(&mut self, op: Op) {
        let id = match &op {
            Op::Fragment(op) => op.stream.id,
            Op::Close(stream) | Op::Forget(stream) | Op::Gap { stream, .. } => stream.id,
            Op::NotKept { id, .. } => *id,
            Op::Flush(_) | Op::Shutdown => return self.apply(op),
        };
        if catch_unwind(AssertUnwindSafe(|| self.apply(op))).is_err() {
            tracing::error!("the writer met a fault of its own and gave up one segment; please report it");
            if let Some(state) = self.streams.get_mut(&id) {
                let at = self.shared.clock.now();
                let detail = "a fault in the recorder".to_owned();
                let begin = GapBegin { from: at, reason: GapReason::DiskFailed, detail };
                let shared = &self.shared;
                let _ = catch_unwind(AssertUnwindSafe(|| {
                    give_up(state, shared);
                    begin_gap(state, begin, shared);
                }));
            }
        }
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Fragment(op) => self.fragment(*op),
            Op::Close(stream) => {
                let state = state_of(&mut self.streams, &stream);
                close(state, &self.shared);
                self.count_open();
            }
            Op::Gap { stream, begin } => {
                let state = state_of(&mut self.streams, &stream);
                begin_gap(state, begin, &self.shared);
            }
            Op::NotKept { id, error } => {
                let Some(state) = self.streams.get_mut(&id) else { return };
                let Some(file) = &state.file else { return };
                let (camera, stream) = (state.stream.camera_id, state.stream.stream);
                let end = self.shared.growing.of(camera, stream).last().map_or(file.start, |last| last.end);
                let detail = format!("the disk did not keep what was written last: {error}");
                tracing::error!(%camera, %stream, %error, "the disk does not keep what is written");
                give_up(state, &self.shared);
                begin_gap(state, GapBegin { from: end, reason: GapReason::DiskFailed, detail }, &self.shared);
            }
            Op::Forget(stream) => {
                if let Some(mut state) = self.streams.remove(&stream.id) {
                    close(&mut state, &self.shared);
                }
                self.count_open();
            }
            Op::Flush(answer) => self.shared.outbox.flushed(answer),
            Op::Shutdown => {}
        }
    }

    fn count_open(&self) {
        self.open.set(self.streams.values().filter(|state| state.file.is_some()).count() as f64);
    }

    fn fragment(&mut self, op: FragmentOp) {
        let FragmentOp { stream, open, serial, fragment, ends, room } = op;
        let state = state_of(&mut self.streams, &stream);
        state.gaps.extend(ends);
        let frames = u64::from(fragment.row.frames);
        if let Some(new) = open {
            close(state, &self.shared);
            let now = self.shared.clock.monotonic();
            if state.pause.is_some_and(|(until, _)| now < until) {
                stream.broken.store(true, Ordering::Relaxed);
            } else if let Err(error) = create(state, &new, serial, &self.shared) {
                failed(state, &error, new.start, &self.shared);
            }
            self.open.set(self.streams.values().filter(|state| state.file.is_some()).count() as f64);
        }
        let state = state_of(&mut self.streams, &stream);
        let Some(file) = state.file.as_mut().filter(|file| file.serial == serial) else {
            lost(&stream, frames);
            return;
        };
        let start = file.start;
        if let Err(error) = file.writer.append(&fragment.head, &fragment.payload) {
            lost(&stream, frames);
            failed(state, &error, start + fragment.row.start, &self.shared);
            return;
        }
        drop(room);
        self.queue.set(self.shared.queued_bytes() as f64);
        self.shared.sync.written(stream.id, &file.writer.file);
        self.fragments.increment(1);
        self.bytes.increment(fragment.row.bytes.into());
        stream.counters.recorded.fetch_add(frames, Ordering::Relaxed);
        stream.counters.bytes.fetch_add(fragment.row.bytes.into(), Ordering::Relaxed);
        self.shared.usage.add(stream.camera_id, fragment.row.bytes.into());
        state.pause = None;
        let first = self.shared.growing.append((stream.camera_id, stream.stream, start), &fragment);
        if let Some(segment) = first {
            self.shared.outbox.segment(segment);
            for gap in state.gaps.drain(..) {
                self.shared.outbox.gap(Gap { to: Some(start.max(gap.from)), ..gap });
            }
        }
    }
}

fn state_of<'a>(
    streams: &'a mut HashMap<u64, StreamState>,
    stream: &Arc<StreamShared>,
) -> &'a mut StreamState {
    streams.entry(stream.id).or_insert_with(|| StreamState {
        stream: Arc::clone(stream),
        file: None,
        gaps: Vec::new(),
        pause: None,
    })
}

fn create(state: &mut StreamState, new: &NewSegment, serial: u64, shared: &Shared) -> io::Result<()> {
    let stream = &state.stream;
    let name =
        SegmentPath { folder: stream.folder.clone(), stream: stream.stream, start: new.start, copy: 0 };
    let created = SegmentWriter::create(&shared.config.root, name)?;
    let mut writer = created.writer;
    for folder in &created.folders {
        shared.sync.renamed(folder);
    }
    if let Err(error) = writer.write_header(&new.header) {
        writer.remove();
        return Err(error);
    }
    stream.counters.bytes.fetch_add(writer.len(), Ordering::Relaxed);
    shared.usage.add(stream.camera_id, writer.len());
    shared.growing.open(Segment {
        camera_id: stream.camera_id,
        stream: stream.stream,
        start: new.start,
        end: new.start,
        path: writer.relative.clone(),
        bytes: writer.len(),
        header_bytes: new.header.len() as u32,
        frames: 0,
        video: new.video.as_ref().clone(),
        audio: new.audio.as_deref().cloned(),
        fragments: FragmentIndex::default(),
        closed: false,
    });
    state.file = Some(OpenFile { serial, start: new.start, writer });
    Ok(())
}

fn close(state: &mut StreamState, shared: &Shared) {
    let Some(file) = state.file.take() else { return };
    let key = (state.stream.camera_id, state.stream.stream, file.start);
    let segment = shared.growing.close(key);
    if segment.is_none() {
        shared.usage.remove(state.stream.camera_id, file.writer.len());
        file.writer.remove();
    }
    shared.sync.closed(state.stream.id, file.writer.file, segment);
}

/// Closes the segment with what is whole, and lets the stream begin another at its next key frame.
fn give_up(state: &mut StreamState, shared: &Shared) {
    close(state, shared);
    state.stream.broken.store(true, Ordering::Relaxed);
}

/// The disk refused `state`'s stream something at `at`.
fn failed(state: &mut StreamState, error: &io::Error, at: Timestamp, shared: &Shared) {
    let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    let reason = if full { GapReason::DiskFull } else { GapReason::DiskFailed };
    metrics::counter!("taimat_recorder_write_errors_total", "reason" => reason.as_str()).increment(1);
    let pause = state.pause.map_or(FIRST_PAUSE, |(_, last)| (last * 2).min(LONGEST_PAUSE));
    state.pause = Some((shared.clock.monotonic() + pause, pause));
    give_up(state, shared);
    let (camera, stream) = (state.stream.camera_id, state.stream.stream);
    if !state.gaps.iter().any(|gap| gap.reason == reason) {
        tracing::error!(%camera, %stream, %error, "cannot record; trying again until it works");
    }
    begin_gap(state, GapBegin { from: at, reason, detail: error.to_string() }, shared);
}

/// Tells that something is missing from now on, unless that is known. A gap of another reason goes before it.
fn begin_gap(state: &mut StreamState, begin: GapBegin, shared: &Shared) {
    if state.gaps.iter().any(|gap| gap.reason == begin.reason) {
        return;
    }
    for gap in state.gaps.drain(..) {
        shared.outbox.gap(Gap { to: Some(begin.from.max(gap.from)), ..gap });
    }
    let gap = new_gap(&state.stream, begin);
    shared.outbox.gap(gap.clone());
    state.gaps.push(gap);
}

/// An open gap in the recording.
pub(crate) fn new_gap(stream: &StreamShared, begin: GapBegin) -> Gap {
    metrics::counter!("taimat_recorder_gaps_total", "reason" => begin.reason.as_str()).increment(1);
    Gap {
        camera_id: stream.camera_id,
        stream: stream.stream,
        kind: GapKind::Recording,
        from: begin.from,
        to: None,
        reason: begin.reason,
        detail: begin.detail,
        caught_up_at: None,
    }
}

fn lost(stream: &StreamShared, frames: u64) {
    stream.counters.lost.fetch_add(frames, Ordering::Relaxed);
    metrics::counter!("taimat_recorder_lost_frames_total",
        "camera" => stream.camera_id.to_string(), "stream" => stream.stream.as_str())
    .increment(frames);
}
