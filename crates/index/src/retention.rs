//! What retention needs to know and do.

use domain::{CameraId, StreamKind, TimeRange, Timestamp};

use crate::{Index, Result, SegmentKey};

/// Bytes that a stream's segments take, kept up to date by the database as rows come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CameraBytes {
    /// Which camera.
    pub camera_id: CameraId,
    /// Which of its streams.
    pub stream: StreamKind,
    /// Sum of the sizes of its files.
    pub bytes: u64,
    /// Number of its files.
    pub segments: u64,
}

/// What retention needs to know of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSegment {
    /// Which segment.
    pub key: SegmentKey,
    /// Time at which the last picture ends.
    pub end: Timestamp,
    /// Size of the file.
    pub bytes: u64,
    /// The file, relative to the folder of recordings.
    pub path: String,
}

impl Index {
    /// Running byte counters, one row a stream.
    pub async fn camera_bytes(&self) -> Result<Vec<CameraBytes>> {
        todo!()
    }

    /// The oldest closed segments, of one camera or of all, that start before `before`; oldest first.
    pub async fn oldest_segments(
        &self,
        camera: Option<CameraId>,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredSegment>> {
        todo!()
    }

    /// Removes the rows of segments whose files are gone; returns how many there were.
    pub async fn delete_segments(&self, keys: &[SegmentKey]) -> Result<u64> {
        todo!()
    }

    /// Stretches that must not be removed: holds that were not released.
    pub async fn held_ranges(&self) -> Result<Vec<(CameraId, TimeRange)>> {
        todo!()
    }

    /// Removes events that ended before `before` and are not held; returns the snapshots' files, which the
    /// caller removes. At most `limit` a call.
    pub async fn delete_events(&self, before: Timestamp, limit: u32) -> Result<Vec<Option<String>>> {
        todo!()
    }

    /// Removes gaps and activity older than `before`; returns how many rows went.
    pub async fn delete_gaps_and_activity(&self, before: Timestamp) -> Result<u64> {
        todo!()
    }

    /// Forgets cameras that were removed and have neither footage nor events left; returns them.
    pub async fn forget_removed_cameras(&self) -> Result<Vec<CameraId>> {
        todo!()
    }
}
