use crate::{FeedError, Work};

/// The way of one stream to the worker. Dropping it closes it: what was sent is still answered, then the
/// channel of reports ends.
#[derive(Debug)]
pub struct VisionFeed {}

impl VisionFeed {
    /// Sends a unit if there is room now.
    pub fn try_send(&self, work: Work) -> Result<(), FeedError> {
        todo!()
    }

    /// Sends a unit, waiting for room; [`FeedError::Down`] at once where there is no worker.
    pub async fn send(&self, work: Work) -> Result<(), FeedError> {
        todo!()
    }

    /// Waits until there is a worker; returns at once where there is one.
    pub async fn up(&self) {
        todo!()
    }
}
