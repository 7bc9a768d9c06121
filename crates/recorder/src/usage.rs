//! Running counters of what the recordings occupy: no scan of the disk.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use domain::CameraId;

/// Room on the disk that holds the recordings, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskSpace {
    /// Size of the file system.
    pub total: u64,
    /// What an ordinary process may still write.
    pub free: u64,
}

impl DiskSpace {
    /// Asks the file system that holds `path`.
    pub fn of(path: &Path) -> io::Result<Self> {
        let stat = rustix::fs::statvfs(path)?;
        Ok(Self {
            total: stat.f_blocks.saturating_mul(stat.f_frsize),
            free: stat.f_bavail.saturating_mul(stat.f_frsize),
        })
    }
}

/// Bytes of recordings per camera. Set from the index at start; the recorder adds what it writes,
/// [`retention::remove_files`](crate::retention::remove_files) takes away what it removes.
#[derive(Clone, Debug, Default)]
pub struct Usage(Arc<Mutex<HashMap<CameraId, u64>>>);

impl Usage {
    /// Adds bytes to a camera.
    pub fn add(&self, camera: CameraId, bytes: u64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held = all.entry(camera).or_default();
        *held = held.saturating_add(bytes);
    }

    /// Takes bytes from a camera.
    pub fn remove(&self, camera: CameraId, bytes: u64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = all.get_mut(&camera) {
            *held = held.saturating_sub(bytes);
        }
    }

    /// Bytes of one camera.
    #[must_use]
    pub fn of(&self, camera: CameraId) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&camera).copied().unwrap_or(0)
    }

    /// Bytes of every camera.
    #[must_use]
    pub fn all(&self) -> HashMap<CameraId, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
