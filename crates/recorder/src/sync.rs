//! Forces what was written to the disk, for all files of a folder of recordings together.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::Segment;
use fail::fail_point;

use crate::outbox::Outbox;

/// What is to be synced, gathered by the writer.
#[derive(Debug, Default)]
struct Dirty {
    files: HashMap<u64, Arc<File>>,
    folders: HashSet<PathBuf>,
    closed: Vec<(Arc<File>, Segment)>,
    stop: bool,
}

/// Between the writer and the thread that syncs.
#[derive(Debug, Default)]
pub(crate) struct SyncQueue {
    dirty: Mutex<Dirty>,
    wake: Condvar,
}

impl SyncQueue {
    fn with<T>(&self, change: impl FnOnce(&mut Dirty) -> T) -> T {
        change(&mut self.dirty.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A file has new data. `id`: the stream that writes it.
    pub(crate) fn written(&self, id: u64, file: &Arc<File>) {
        self.with(|dirty| {
            dirty.files.entry(id).or_insert_with(|| Arc::clone(file));
        });
    }

    /// A name was added to or removed from a folder.
    pub(crate) fn renamed(&self, folder: &Path) {
        self.with(|dirty| {
            dirty.folders.insert(folder.to_owned());
        });
    }

    /// A file is complete: after the next sync its row goes out. A file that holds nothing has no row.
    pub(crate) fn closed(&self, id: u64, file: Arc<File>, segment: Option<Segment>) {
        self.with(|dirty| {
            dirty.files.remove(&id);
            dirty.closed.extend(segment.map(|segment| (file, segment)));
        });
    }

    /// Nothing follows: sync what there is, and end.
    pub(crate) fn stop(&self) {
        self.with(|dirty| dirty.stop = true);
        self.wake.notify_all();
    }

    fn wait(&self, at_most: Duration) -> Dirty {
        let dirty = self.dirty.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut dirty, _) = self
            .wake
            .wait_timeout_while(dirty, at_most, |dirty| !dirty.stop)
            .unwrap_or_else(PoisonError::into_inner);
        let stop = dirty.stop;
        Dirty { stop, ..std::mem::take(&mut *dirty) }
    }
}

/// The thread's loop. `failed` hears of a stream whose data the disk would not keep.
pub(crate) fn run(queue: &SyncQueue, interval: Duration, outbox: &Outbox, failed: impl Fn(u64, &io::Error)) {
    let seconds = metrics::histogram!("taimat_recorder_sync_seconds");
    loop {
        let dirty = queue.wait(interval);
        let started = Instant::now();
        let busy = !(dirty.files.is_empty() && dirty.folders.is_empty() && dirty.closed.is_empty());
        for folder in &dirty.folders {
            if let Err(error) = sync_folder(folder) {
                tracing::error!(folder = %folder.display(), %error, "cannot sync a folder of recordings");
                metrics::counter!("taimat_recorder_sync_errors_total").increment(1);
            }
        }
        for (id, file) in &dirty.files {
            if let Err(error) = sync_file(file) {
                metrics::counter!("taimat_recorder_sync_errors_total").increment(1);
                failed(*id, &error);
            }
        }
        for (file, segment) in dirty.closed {
            if let Err(error) = sync_closed(&file) {
                metrics::counter!("taimat_recorder_sync_errors_total").increment(1);
                tracing::error!(path = %segment.path, %error,
                    "cannot sync a finished recording: a power cut may damage its end");
            }
            outbox.segment(segment);
        }
        if busy {
            seconds.record(started.elapsed().as_secs_f64());
        }
        if dirty.stop {
            return;
        }
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    fail_point!("recorder::sync_folder", |kind| Err(crate::segment_file::injected(kind)));
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Retention removed it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn sync_file(file: &File) -> io::Result<()> {
    fail_point!("recorder::sync", |kind| Err(crate::segment_file::injected(kind)));
    file.sync_data()
}

fn sync_closed(file: &File) -> io::Result<()> {
    fail_point!("recorder::close", |kind| Err(crate::segment_file::injected(kind)));
    file.sync_data()
}
