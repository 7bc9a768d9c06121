use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::GreyGrid;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::protocol::{Request, StillUnits};
use crate::shared::{Shared, Waiting, lock};
use crate::worker::Worker;
use crate::{
    GridRequest, ModelInfo, Still, StillError, StillRequest, VisionConfig, VisionError, VisionFeed,
    VisionReport, supervisor,
};

/// The vision worker. Clones are the same worker.
#[derive(Clone, Debug)]
pub struct Vision {
    shared: Arc<Shared>,
}

impl Vision {
    /// Starts the worker and waits until its model is loaded; then keeps it running, with back-off, until
    /// `shutdown`. The handle ends when the worker has ended.
    pub async fn start(
        config: VisionConfig,
        shutdown: CancellationToken,
    ) -> Result<(Self, JoinHandle<()>), VisionError> {
        let worker = tokio::select! {
            worker = Worker::start(&config) => worker?,
            () = shutdown.cancelled() => return Err(VisionError::Stopped),
        };
        let shared = Arc::new(Shared::new(config, worker.info.clone()));
        let session = supervisor::Session::begin(&shared, worker);
        let task = tokio::spawn(supervisor::run(Arc::clone(&shared), session, shutdown));
        Ok((Self { shared }, task))
    }

    /// Opens a feed for one analysed stream. `label` names it in logs and metrics.
    #[must_use]
    pub fn open(&self, label: impl Into<Arc<str>>) -> (VisionFeed, mpsc::Receiver<VisionReport>) {
        let opened = self.shared.open(label.into());
        let feed = VisionFeed {
            shared: Arc::clone(&self.shared),
            id: opened.id,
            label: opened.label,
            room: opened.room,
            order: Mutex::new(()),
        };
        (feed, opened.reports)
    }

    /// Makes a JPEG from compressed footage. Stills have a decoder of their own and do not hold up live looks.
    pub async fn still(&self, request: StillRequest) -> Result<Still, StillError> {
        let units = request.into_units()?;
        let _place = self.shared.stills.try_acquire().map_err(|_| StillError::Busy)?;
        tokio::time::timeout(self.shared.config.still_limit, self.still_now(units))
            .await
            .unwrap_or(Err(StillError::TimedOut))
    }

    async fn still_now(&self, units: StillUnits) -> Result<Still, StillError> {
        let _turn = self.shared.stills_at_work.acquire().await.map_err(|_| StillError::Down)?;
        let (id, answer) = self.shared.ask(Waiting::Still, |id| Request::Still { id, still: units })?;
        let _forget = Forget { shared: &self.shared, id };
        match answer.await {
            Ok(Ok(picture)) => Ok(Still {
                jpeg: picture.jpeg,
                width: picture.width,
                height: picture.height,
                time: picture.time,
                took: Duration::from_micros(u64::from(picture.micros)),
            }),
            Ok(Err(failure)) => Err(failure.into()),
            Err(_) => Err(StillError::Down),
        }
    }

    /// How bright key frames are. Batches wait for one another, and the worker does them when nothing else is to be
    /// done: live looks and stills go first.
    pub async fn grids(&self, request: GridRequest) -> Result<Vec<GreyGrid>, StillError> {
        let units = request.into_units()?;
        let _turn = self.shared.grids_at_work.acquire().await.map_err(|_| StillError::Down)?;
        let asked = async {
            let (id, answer) = self.shared.ask(Waiting::Grids, |id| Request::Grids { id, grids: units })?;
            let _forget = Forget { shared: &self.shared, id };
            answer.await.map_err(|_| StillError::Down)?.map_err(StillError::from)
        };
        tokio::time::timeout(self.shared.config.grids_limit, asked).await.unwrap_or(Err(StillError::TimedOut))
    }

    /// The model that the worker runs.
    #[must_use]
    pub fn info(&self) -> ModelInfo {
        lock(&self.shared.info).clone()
    }

    /// Whether there is a worker now.
    #[must_use]
    pub fn is_up(&self) -> bool {
        *self.shared.up.borrow()
    }

    /// Process number of the worker, where there is one.
    #[must_use]
    pub fn worker_pid(&self) -> Option<u32> {
        Some(self.shared.pid.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
    }
}

/// Takes the place of a question away when its asker gives up.
struct Forget<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.shared.forget(self.id);
    }
}
