use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    ModelInfo, Still, StillError, StillRequest, VisionConfig, VisionError, VisionFeed, VisionReport,
};

/// The vision worker. Clones are the same worker.
#[derive(Clone, Debug)]
pub struct Vision {}

impl Vision {
    /// Starts the worker and waits until its model is loaded; then keeps it running, with back-off, until
    /// `shutdown`. The handle ends when the worker has ended.
    pub async fn start(
        config: VisionConfig,
        shutdown: CancellationToken,
    ) -> Result<(Self, JoinHandle<()>), VisionError> {
        todo!()
    }

    /// Opens a feed for one analysed stream. `label` names it in logs.
    #[must_use]
    pub fn open(&self, label: String) -> (VisionFeed, mpsc::Receiver<VisionReport>) {
        todo!()
    }

    /// Makes a JPEG from compressed footage.
    pub async fn still(&self, request: StillRequest) -> Result<Still, StillError> {
        todo!()
    }

    /// The model that the worker runs.
    #[must_use]
    pub fn info(&self) -> ModelInfo {
        todo!()
    }

    /// Whether there is a worker now.
    #[must_use]
    pub fn is_up(&self) -> bool {
        todo!()
    }

    /// Process number of the worker, where there is one.
    #[must_use]
    pub fn worker_pid(&self) -> Option<u32> {
        todo!()
    }
}
