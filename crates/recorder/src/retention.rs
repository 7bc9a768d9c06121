//! What to delete, and how. Planning is pure; the caller marks rows before [`remove_files`] removes files.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::{CameraId, TimeRange, Timestamp};

use crate::layout::{self, SegmentPath};
use crate::{FileProblem, Usage, tree};

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

/// A closed segment, as far as the decision depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Whose.
    pub camera_id: CameraId,
    /// Time of its first picture.
    pub start: Timestamp,
    /// Time at which its last picture ends.
    pub end: Timestamp,
    /// Size of its file.
    pub bytes: u64,
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

impl DeleteReason {
    /// Its name in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::CameraSpace => "camera_space",
            Self::DiskSpace => "disk_space",
        }
    }
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
pub fn plan(policy: &Policy<'_>, oldest: &[Candidate]) -> RetentionPlan {
    let mut usage = policy.usage.clone();
    let mut to_free = policy.keep_free_bytes.saturating_sub(policy.free_bytes);
    let mut planned = RetentionPlan::default();
    let mut holds: HashMap<CameraId, Vec<TimeRange>> = HashMap::new();
    for hold in policy.holds {
        holds.entry(hold.camera_id).or_default().push(hold.range);
    }
    for (place, segment) in oldest.iter().enumerate() {
        let held = |ranges: &Vec<TimeRange>| {
            ranges.iter().any(|range| range.from < segment.end && segment.start < range.to)
        };
        if holds.get(&segment.camera_id).is_some_and(held) {
            continue;
        }
        let limits = policy.limits.get(&segment.camera_id).copied().unwrap_or(policy.default_limits);
        let used = usage.entry(segment.camera_id).or_default();
        let reason = if limits.age.is_some_and(|age| policy.now.since(segment.end) >= age) {
            DeleteReason::Age
        } else if limits.bytes.is_some_and(|most| *used > most) {
            DeleteReason::CameraSpace
        } else if to_free > 0 {
            DeleteReason::DiskSpace
        } else {
            continue;
        };
        *used = used.saturating_sub(segment.bytes);
        to_free = to_free.saturating_sub(segment.bytes);
        planned.freed_bytes = planned.freed_bytes.saturating_add(segment.bytes);
        planned.delete.push((place, reason));
    }
    planned.short_by = to_free;
    planned
}

/// Removes the files of segments whose rows are marked or gone, and the hour and day folders that become empty. A missing
/// file is fine. Gives the bytes that were freed and the files that could not be removed. Blocks on the disk.
pub fn remove_files<'a>(
    root: &Path,
    usage: &Usage,
    segments: impl IntoIterator<Item = (CameraId, &'a str, u64)>,
) -> (u64, Vec<(String, FileProblem)>) {
    let mut freed = 0;
    let mut failed = Vec::new();
    let mut folders = BTreeSet::new();
    for (camera_id, path, bytes) in segments {
        let removed = layout::resolve(root, path).and_then(|full| {
            std::fs::remove_file(&full)?;
            folders.extend(full.parent().map(Path::to_owned));
            Ok(())
        });
        match removed {
            Ok(()) => freed += bytes,
            Err(FileProblem::Missing) => {}
            Err(problem) => {
                failed.push((path.to_owned(), problem));
                continue;
            }
        }
        usage.remove(camera_id, bytes);
    }
    for hour in folders {
        // An hour, and its day; a folder that is not empty stays. The camera's own folder stays too.
        let _ = std::fs::remove_dir(&hour);
        if let Some(day) = hour.parent() {
            let _ = std::fs::remove_dir(day);
        }
    }
    (freed, failed)
}

/// The oldest files by their names, for when the disk is full and the index is gone: relative path and bytes.
/// Blocks on the disk.
#[must_use]
pub fn oldest_files(root: &Path, limit: usize) -> Vec<(String, u64)> {
    // Every camera's hours, by day and hour.
    let mut hours: Vec<(PathBuf, PathBuf)> = tree::folders(root)
        .into_iter()
        .flat_map(|camera| tree::hours(root, &camera))
        .map(|hour| (hour.components().skip(1).collect(), hour))
        .collect();
    hours.sort_unstable();
    let mut found: Vec<(Timestamp, String, u64)> = Vec::new();
    let mut last: Option<PathBuf> = None;
    for (when, hour) in hours {
        // The hour that fills the list is looked at for every camera.
        if found.len() >= limit && last.as_ref() != Some(&when) {
            break;
        }
        last = Some(when);
        for path in tree::entries(root, &hour).1 {
            let Some(path) = path.to_str() else { continue };
            let Some(parsed) = SegmentPath::parse(path) else { continue };
            let Ok(meta) = std::fs::metadata(root.join(path)) else { continue };
            found.push((parsed.start, path.to_owned(), meta.len()));
        }
    }
    found.sort_unstable();
    found.truncate(limit);
    found.into_iter().map(|(_, path, bytes)| (path, bytes)).collect()
}

#[cfg(test)]
mod tests;
