//! The recorder's face: what the rest of the server holds.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use domain::{CameraId, Clock, Gap, Segment, StreamKind};
use rustix::fs::{FlockOperation, flock};
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::assembler::StreamShared;
use crate::counters::SharedCounters;
use crate::growing::Growing;
use crate::outbox::Outbox;
use crate::sync::SyncQueue;
use crate::writer::{Op, ROOM_UNIT, Shared, Writer};
use crate::{DiskSpace, RecorderConfig, RecorderError, StreamRecorder, Usage, camera_folder, recover};

/// What the recorder did.
#[derive(Debug)]
pub enum RecorderEvent {
    /// A segment was opened (its first fragment is on disk) or closed (`closed` is set; final).
    Segment(Segment),
    /// A gap began (`to` is `None`) or ended.
    Gap(Gap),
    /// Every gap that was known when [`Recorder::flush_gaps`] was called came before this. Answer it.
    Flushed(oneshot::Sender<()>),
}

/// Writes the streams of all cameras. Cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    pub(crate) shared: Arc<Shared>,
    pub(crate) ops: mpsc::Sender<Op>,
    next_id: Arc<AtomicU64>,
}

/// The recorder's threads. Dropping it lets them finish by themselves; [`Self::shutdown`] waits.
pub struct RecorderTask {
    ops: mpsc::Sender<Op>,
    root: PathBuf,
    threads: Vec<JoinHandle<()>>,
    recovery: Arc<Recovery>,
    forward: tokio::task::JoinHandle<()>,
    lock: File,
}

/// How the check of unfinished files stands.
#[derive(Default)]
struct Recovery {
    stop: AtomicBool,
    complete: AtomicBool,
}

/// Operations that may wait for the writer; the memory that they hold is limited by `queue_bytes`.
const MOST_OPS: usize = 4096;
/// What is left in the folder of recordings by a recorder that ended in order, and the lock of a running one.
const CLEAN: &str = ".closed-in-order";
const LOCK: &str = ".lock";
/// Within this everything must be on disk at the end; a disk that takes longer is left behind.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(30);

impl Recorder {
    /// Starts the threads; must be called within a Tokio runtime. Files that an earlier run left unfinished are
    /// finished in the background and come out as closed segments.
    pub fn start(
        config: RecorderConfig,
        clock: Arc<dyn Clock>,
        events: mpsc::Sender<RecorderEvent>,
    ) -> Result<(Self, RecorderTask), RecorderError> {
        config.check()?;
        let lock = lock_root(&config.root)?;
        let unfinished = unfinished(&config.root);
        let (outbox, forward) = Outbox::new(events);
        let (ops, receiver) = mpsc::channel(MOST_OPS);
        let room = Arc::new(Semaphore::new((config.queue_bytes / ROOM_UNIT).min(Semaphore::MAX_PERMITS)));
        let folder = config.root.clone();
        let shared = Arc::new(Shared {
            config,
            clock,
            growing: Growing::default(),
            usage: Usage::default(),
            sync: SyncQueue::default(),
            outbox,
            room,
        });
        let recovery = Arc::new(Recovery::default());
        recovery.complete.store(unfinished.is_empty(), Ordering::Relaxed);
        let spawn = |name: &str, body: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new().name(name.into()).spawn(body).map_err(RecorderError::Thread)
        };
        let writer = Writer::new(Arc::clone(&shared));
        let syncing = Arc::clone(&shared);
        let weak = ops.downgrade();
        let mut threads = vec![
            spawn("recorder-write", Box::new(move || writer.run(receiver)))?,
            spawn(
                "recorder-sync",
                Box::new(move || {
                    let failed = |id, error: &std::io::Error| {
                        let told = weak
                            .upgrade()
                            .map(|ops| ops.try_send(Op::NotKept { id, error: error.to_string() }).is_ok());
                        if told != Some(true) {
                            tracing::error!(%error, "the disk does not keep what is written");
                        }
                    };
                    crate::sync::run(&syncing.sync, syncing.config.sync_interval, &syncing.outbox, failed);
                }),
            )?,
        ];
        if !unfinished.is_empty() {
            let shared = Arc::clone(&shared);
            let recovery = Arc::clone(&recovery);
            threads.push(spawn(
                "recorder-recover",
                Box::new(move || finish_files(&shared, &unfinished, &recovery)),
            )?);
        }
        let task = RecorderTask { ops: ops.clone(), root: folder, threads, recovery, forward, lock };
        Ok((Self { shared, ops, next_id: Arc::default() }, task))
    }

    /// A stream to write. `folder` is the camera's folder, see [`camera_folder`].
    #[must_use]
    pub fn stream(&self, camera_id: CameraId, folder: &str, stream: StreamKind) -> StreamRecorder {
        let stream = Arc::new(StreamShared {
            id: self.next_id.fetch_add(1, Ordering::Relaxed),
            camera_id,
            stream,
            folder: camera_folder(folder, camera_id),
            counters: SharedCounters::default(),
            broken: AtomicBool::new(false),
        });
        StreamRecorder::new(self.clone(), stream)
    }

    /// The segments of a stream whose final row may not be in the index yet: the growing one as of its last
    /// complete fragment on disk, and those closed last. Oldest first.
    #[must_use]
    pub fn open_segments(&self, camera_id: CameraId, stream: StreamKind) -> Vec<Segment> {
        let mut segments = self.shared.growing.of(camera_id, stream);
        segments.retain(|segment| !segment.fragments.0.is_empty());
        segments
    }

    /// Waits until whoever takes the events has taken all gaps of streams that are finished; at most `patience`.
    /// False: they are still on their way, or the recorder has ended.
    pub async fn flush_gaps(&self, patience: Duration) -> bool {
        let (answer, answered) = oneshot::channel();
        let flush = async { self.ops.send(Op::Flush(answer)).await.is_ok() && answered.await.is_ok() };
        tokio::time::timeout(patience, flush).await.unwrap_or(false)
    }

    /// The folder of recordings.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.shared.config.root
    }

    /// Bytes of recordings per camera; see [`Usage`].
    #[must_use]
    pub fn usage(&self) -> &Usage {
        &self.shared.usage
    }

    /// Room on the disk that holds the recordings.
    pub fn space(&self) -> std::io::Result<DiskSpace> {
        DiskSpace::of(self.root())
    }

    /// Bytes that wait for the disk.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.shared.queued_bytes()
    }

    /// Waits for room, at most `patience`; `None`: the disk is too slow, or the recorder has ended.
    pub(crate) async fn reserve(
        &self,
        bytes: u32,
        patience: Duration,
    ) -> Option<(tokio::sync::OwnedSemaphorePermit, mpsc::OwnedPermit<Op>)> {
        let units = bytes.div_ceil(ROOM_UNIT as u32).max(1);
        // A fragment larger than the whole queue takes all of it.
        let units = units.min(u32::try_from(self.shared.config.queue_bytes / ROOM_UNIT).unwrap_or(u32::MAX));
        if let Ok(room) = Arc::clone(&self.shared.room).try_acquire_many_owned(units)
            && let Ok(place) = self.ops.clone().try_reserve_owned()
        {
            return Some((room, place));
        }
        let both = async {
            let room = Arc::clone(&self.shared.room).acquire_many_owned(units).await.ok()?;
            Some((room, self.ops.clone().reserve_owned().await.ok()?))
        };
        tokio::time::timeout(patience, both).await.ok().flatten()
    }
}

impl RecorderTask {
    /// Whether all files that an earlier run left unfinished are finished.
    #[must_use]
    pub fn recovered(&self) -> bool {
        self.recovery.complete.load(Ordering::Relaxed)
    }

    /// Writes what waits, closes and syncs every segment, and ends. Streams should be finished before.
    pub async fn shutdown(self) {
        self.recovery.stop.store(true, Ordering::Relaxed);
        // An error: the writer has ended already.
        let asked = tokio::time::timeout(SHUTDOWN_LIMIT, self.ops.send(Op::Shutdown)).await;
        drop(self.ops);
        let threads = self.threads;
        let joined = tokio::task::spawn_blocking(move || {
            threads.into_iter().map(JoinHandle::join).filter(Result::is_err).count()
        });
        match (asked, tokio::time::timeout(SHUTDOWN_LIMIT, joined).await) {
            (Ok(_), Ok(Ok(0))) if !self.recovery.complete.load(Ordering::Relaxed) => {}
            (Ok(_), Ok(Ok(0))) => {
                if let Err(error) = File::create(self.root.join(CLEAN)).and_then(|file| file.sync_all()) {
                    tracing::warn!(%error, "cannot note that the recordings are closed; the next start checks them");
                }
            }
            (Ok(_), Ok(_)) => tracing::error!("a thread of the recorder ended by a fault"),
            _ => {
                tracing::error!("the disk takes too long: recordings are not closed; the next start does it");
            }
        }
        // The outbox lives as long as a recorder does: its task ends with the last one.
        drop(self.forward);
        drop(self.lock);
    }
}

/// Makes the folder where it is missing, and takes it for this process.
fn lock_root(root: &Path) -> Result<File, RecorderError> {
    let refused = |source| RecorderError::Root { path: root.to_owned(), source };
    std::fs::create_dir_all(root).map_err(refused)?;
    let lock =
        OpenOptions::new().write(true).create(true).truncate(false).open(root.join(LOCK)).map_err(refused)?;
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(RecorderError::InUse { path: root.to_owned() }),
        Err(error) => Err(refused(error.into())),
    }
}

/// What a kill or a power cut can have left unfinished: nothing after an end in order.
fn unfinished(root: &Path) -> Vec<String> {
    match std::fs::remove_file(root.join(CLEAN)) {
        Ok(()) => Vec::new(),
        Err(_) => recover::newest(root),
    }
}

fn finish_files(shared: &Shared, files: &[String], recovery: &Recovery) {
    for path in files {
        if recovery.stop.load(Ordering::Relaxed) {
            tracing::warn!(
                "told to stop before every unfinished recording was checked; the next start goes on"
            );
            return;
        }
        match recover::finish(&shared.config.root, path) {
            Ok(recover::Finished::Segment(segment)) => shared.outbox.segment(*segment),
            Ok(recover::Finished::Removed) => {
                tracing::info!(%path, "removed a recording that held nothing");
            }
            Err(problem) => {
                tracing::error!(%path, %problem, "cannot finish a recording that a kill left behind");
            }
        }
    }
    recovery.complete.store(true, Ordering::Relaxed);
}
