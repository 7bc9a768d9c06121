//! What the analysis of every camera costs and why: written by live analysis, read by the API.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use analysis::WatchLog;
use domain::{CameraId, CameraWatch, StreamKind};

/// The logs of all cameras that are or were analysed since the server started.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    logs: Mutex<HashMap<CameraId, Arc<Mutex<WatchLog>>>>,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watches {
    /// Analysis of a camera starts: its log begins anew.
    pub(crate) fn open(&self, camera: CameraId, stream: StreamKind) -> Arc<Mutex<WatchLog>> {
        let log = Arc::new(Mutex::new(WatchLog::new(camera, stream)));
        lock(&self.logs).insert(camera, Arc::clone(&log));
        log
    }

    /// A picture was made that an event of a camera is stored with.
    pub(crate) fn picture(&self, camera: CameraId, took: Duration) {
        let log = lock(&self.logs).get(&camera).cloned();
        if let Some(log) = log {
            lock(&log).picture(took);
        }
    }

    /// A camera was removed.
    pub(crate) fn remove(&self, camera: CameraId) {
        lock(&self.logs).remove(&camera);
    }

    /// The log of a camera; `None` where it was never analysed.
    pub(crate) fn read(&self, camera: CameraId) -> Option<CameraWatch> {
        let log = lock(&self.logs).get(&camera).cloned()?;
        let watch = lock(&log).read();
        Some(watch)
    }
}
