//! What was recorded: segments, and the ranges that they make up.

use domain::{CameraId, Segment, StreamKind, TimeRange, Timestamp};

use crate::{Index, Result};

/// What names a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentKey {
    /// Which camera.
    pub camera_id: CameraId,
    /// Which of its streams.
    pub stream: StreamKind,
    /// Time of the first picture.
    pub start: Timestamp,
}

/// An unbroken stretch of recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedRange {
    /// From the first to the last picture.
    pub range: TimeRange,
    /// Bytes of its segments.
    pub bytes: u64,
}

impl Index {
    /// Segments that overlap the range, in order of time, with their fragments.
    pub async fn segments_in(
        &self,
        camera: CameraId,
        stream: StreamKind,
        range: TimeRange,
    ) -> Result<Vec<Segment>> {
        todo!()
    }

    /// One segment.
    pub async fn segment(&self, key: SegmentKey) -> Result<Segment> {
        todo!()
    }

    /// End of the latest segment; `None` where nothing is recorded.
    pub async fn latest_segment_end(
        &self,
        camera: CameraId,
        stream: StreamKind,
    ) -> Result<Option<Timestamp>> {
        todo!()
    }

    /// First and last moment recorded.
    pub async fn recorded_span(&self, camera: CameraId, stream: StreamKind) -> Result<Option<TimeRange>> {
        todo!()
    }

    /// Segments of the range merged where no more than `max_gap` lies between them, in order of time.
    pub async fn recording_ranges(
        &self,
        camera: CameraId,
        stream: StreamKind,
        range: TimeRange,
        max_gap: std::time::Duration,
    ) -> Result<Vec<RecordedRange>> {
        todo!()
    }

    /// The next `limit` segments after `after` in order of key: for `taimat check`.
    pub async fn segments_after(&self, after: Option<SegmentKey>, limit: u32) -> Result<Vec<Segment>> {
        todo!()
    }

    /// Writes segments at once, replacing rows of the same key: for `taimat reindex`.
    pub async fn put_segments(&self, segments: &[Segment]) -> Result<()> {
        todo!()
    }

    /// Segments that a crash left open.
    pub async fn open_segments(&self) -> Result<Vec<Segment>> {
        todo!()
    }
}
