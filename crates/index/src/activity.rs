//! How much moved, minute by minute.

use domain::{ActivityMinute, CameraId, TimeRange};

use crate::{Index, Result};

impl Index {
    /// The minutes that overlap the range, in order of time.
    pub async fn activity_in(&self, camera: CameraId, range: TimeRange) -> Result<Vec<ActivityMinute>> {
        todo!()
    }
}
