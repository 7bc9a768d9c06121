use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use crate::protocol::FeedId;
use crate::shared::{Shared, lock};
use crate::{FeedError, Work};

/// The way of one stream to the worker. Dropping it closes it: what was sent is still answered, then the
/// channel of reports ends.
#[derive(Debug)]
pub struct VisionFeed {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: FeedId,
    pub(crate) label: Arc<str>,
    pub(crate) room: Arc<Notify>,
    /// Keeps the units of a feed in the order of their numbers.
    pub(crate) order: Mutex<()>,
}

impl VisionFeed {
    /// Sends a unit if there is room now.
    pub fn try_send(&self, work: Work) -> Result<(), FeedError> {
        let sent = self.offer(work);
        if sent == Err(FeedError::Full) {
            metrics::counter!("taimat_vision_refused_total", "stream" => self.label.to_string()).increment(1);
        }
        sent
    }

    /// Sends a unit, waiting for room; [`FeedError::Down`] at once where there is no worker.
    pub async fn send(&self, work: Work) -> Result<(), FeedError> {
        /// Room also comes when a report is taken from the channel, and nobody tells of that.
        const LOOK_AGAIN: Duration = Duration::from_millis(10);
        loop {
            let notified = self.room.notified();
            match self.offer(work.clone()) {
                Err(FeedError::Full) => drop(tokio::time::timeout(LOOK_AGAIN, notified).await),
                outcome => return outcome,
            }
        }
    }

    /// Waits until there is a worker; returns at once where there is one.
    pub async fn up(&self) {
        // The sender lives in `shared`, so waiting cannot fail.
        drop(self.shared.up.subscribe().wait_for(|up| *up).await);
    }

    fn offer(&self, work: Work) -> Result<(), FeedError> {
        let _in_order = lock(&self.order);
        self.shared.send(self.id, work)
    }
}

impl Drop for VisionFeed {
    fn drop(&mut self) {
        self.shared.close(self.id);
    }
}
