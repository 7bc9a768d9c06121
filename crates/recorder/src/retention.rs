//! What to delete, and how. Planning is pure; the caller marks rows before [`remove_files`] removes files.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use domain::{CameraId, Segment, TimeRange, Timestamp};

use crate::Usage;

/// How long and how much to keep. `None`: without limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Keep this long.
    pub age: Option<Duration>,
    /// Keep this much of the camera, bytes, both streams together.
    pub bytes: Option<u64>,
}

/// Footage that must not be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Whose.
    pub camera_id: CameraId,
    /// From when to when.
    pub range: TimeRange,
}

/// Why a segment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeleteReason {
    /// It is older than its camera's footage is kept.
    Age,
    /// Its camera occupies more than it may.
    CameraSpace,
    /// The disk is too full.
    DiskSpace,
}

/// All that the decision depends on.
#[derive(Clone, Debug)]
pub struct Policy<'a> {
    /// The time now.
    pub now: Timestamp,
    /// For cameras that are not in `limits`.
    pub default_limits: Limits,
    /// Per camera.
    pub limits: &'a HashMap<CameraId, Limits>,
    /// What must stay.
    pub holds: &'a [Hold],
    /// Bytes per camera.
    pub usage: &'a HashMap<CameraId, u64>,
    /// Bytes free on the disk.
    pub free_bytes: u64,
    /// Bytes to keep free.
    pub keep_free_bytes: u64,
}

/// What to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetentionPlan {
    /// Positions in the given segments, oldest first, with the reason.
    pub delete: Vec<(usize, DeleteReason)>,
    /// Bytes that this frees.
    pub freed_bytes: u64,
    /// Bytes that are still to be freed on the disk after that: ask again with the next segments, or, where there are
    /// none, warn (held footage fills the disk).
    pub short_by: u64,
}

/// Decides. `oldest` are closed segments of all cameras, oldest first; a prefix of all there are will do.
#[must_use]
pub fn plan(policy: &Policy<'_>, oldest: &[Segment]) -> RetentionPlan {
    let _ = (policy, oldest);
    todo!()
}

/// Removes the files of segments whose rows are marked or gone, and the hour and day folders that become empty. A missing
/// file is fine. Gives the bytes that were freed and the files that could not be removed. Blocks on the disk.
pub fn remove_files<'a>(
    root: &Path,
    usage: &Usage,
    segments: impl IntoIterator<Item = (CameraId, &'a str, u64)>,
) -> (u64, Vec<(String, io::Error)>) {
    let _ = (root, usage, segments.into_iter().count());
    todo!()
}

/// The oldest files by their names, for when the disk is full and the index is gone: relative path and bytes.
/// Blocks on the disk.
pub fn oldest_files(root: &Path, limit: usize) -> Vec<(String, u64)> {
    let _ = (root, limit);
    todo!()
}
