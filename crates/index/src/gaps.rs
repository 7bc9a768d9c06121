//! What is missing, and why.

use domain::{CameraId, Gap, TimeRange, Timestamp};

use crate::{Index, Result};

impl Index {
    /// Gaps of both streams and kinds that overlap the range, in order of time.
    pub async fn gaps_in(&self, camera: CameraId, range: TimeRange) -> Result<Vec<Gap>> {
        todo!()
    }

    /// Analysis gaps that have ended, not been caught up, and began at or after `since`; oldest first.
    pub async fn gaps_to_analyse(&self, since: Timestamp, limit: u32) -> Result<Vec<Gap>> {
        todo!()
    }

    /// Ends, at `at`, the gaps that a crash left open; returns how many. Call before anything is written.
    pub async fn close_open_gaps(&self, at: Timestamp) -> Result<u64> {
        todo!()
    }
}
