//! The running cameras: started, changed and stopped as the database says, one independent task each.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use camera::{Limits, StreamConfig};
use domain::{
    Camera, CameraId, CameraState, CameraWatch, Clock, ConnectFailure, Credentials, GapReason, ProbeReport,
    StreamAddress, StreamKind, SystemClock,
};
use index::{Index, Vault, Visibility};
use recorder::Recorder;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::analyse::LiveAnalysis;
use super::analysts::Analysts;
use super::board::Board;
use super::roster::{Roster, RosterEntry};
use super::rows::Rows;
use super::stream::{Offered, Resumed, SWITCHED_OFF, Stream};
use super::tap::Taps;
use super::watches::Watches;

/// Configuration changes that may wait.
const CHANGES: usize = 1024;
/// Pictures that may wait for analysis: a few seconds of one camera.
const ANALYSIS_QUEUE: usize = 64;
/// How long a probe looks at each stream.
const PROBE_LIMIT: Duration = Duration::from_secs(8);
/// How often the database is asked again while it cannot be reached.
const RETRY: Duration = Duration::from_secs(2);
/// How long a camera's start waits for the gaps of its earlier self.
const GAP_PATIENCE: Duration = Duration::from_secs(5);

/// What every camera's task needs.
#[derive(Clone)]
pub(crate) struct Services {
    pub(crate) clock: Arc<SystemClock>,
    pub(crate) index: Index,
    pub(crate) vault: Vault,
    pub(crate) recorder: Recorder,
    pub(crate) rows: Rows,
    pub(crate) board: Arc<Board>,
    pub(crate) analysts: Option<Analysts>,
    pub(crate) watches: Arc<Watches>,
    pub(crate) taps: Arc<Taps>,
    pub(crate) roster: Arc<Roster>,
}

/// The door to the supervisor for the API.
pub(crate) struct Cameras {
    changes: mpsc::Sender<CameraId>,
    board: Arc<Board>,
    watches: Arc<Watches>,
}

#[async_trait]
impl api::ports::CameraPort for Cameras {
    async fn probe(
        &self,
        streams: Vec<(StreamKind, StreamAddress)>,
    ) -> Result<ProbeReport, (StreamKind, ConnectFailure)> {
        camera::probe(&streams, PROBE_LIMIT).await
    }

    async fn configuration_changed(&self, camera: CameraId) {
        if self.changes.send(camera).await.is_err() {
            tracing::debug!(%camera, "the server is stopping: the change is applied at the next start");
        }
    }

    fn states(&self) -> Vec<CameraState> {
        self.board.states()
    }

    fn watch(&self, camera: CameraId) -> Option<CameraWatch> {
        self.watches.read(camera)
    }
}

/// Keeps the running cameras equal to the configured ones.
pub(crate) struct Supervisor {
    services: Services,
    changes: mpsc::Receiver<CameraId>,
    running: HashMap<CameraId, Running>,
    shutdown: CancellationToken,
}

struct Running {
    version: i64,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Supervisor {
    /// A supervisor, and the API's door to it.
    pub(crate) fn new(services: Services, shutdown: CancellationToken) -> (Self, Cameras) {
        let (sender, changes) = mpsc::channel(CHANGES);
        let (board, watches) = (Arc::clone(&services.board), Arc::clone(&services.watches));
        let cameras = Cameras { changes: sender, board, watches };
        (Self { services, changes, running: HashMap::new(), shutdown }, cameras)
    }

    /// Starts every enabled camera, applies changes until shutdown, then stops all cameras.
    ///
    /// Cameras known from the last run start at once: recording does not wait for the database.
    pub(crate) async fn run(mut self) {
        for entry in self.services.roster.load() {
            self.apply(entry, GapReason::ServerStopped, "the server was not running");
        }
        let mut current = self.synchronise().await;
        loop {
            let retry = async {
                if current {
                    std::future::pending::<()>().await;
                }
                tokio::time::sleep(RETRY).await;
            };
            tokio::select! {
                () = self.shutdown.cancelled() => break,
                () = retry => current = self.synchronise().await,
                changed = self.changes.recv() => match changed {
                    Some(camera) => current &= self.changed(camera).await,
                    None => break,
                },
            }
        }
        for running in self.running.values() {
            running.stop.cancel();
        }
        for (_, running) in self.running.drain() {
            wait(running.task).await;
        }
    }

    /// Makes the running cameras equal to the database's; false while it cannot be reached.
    async fn synchronise(&mut self) -> bool {
        let cameras = match self.services.index.cameras(&[], &Visibility::All).await {
            Ok(cameras) => cameras,
            Err(error) => {
                tracing::warn!("cameras cannot be read, those of the last run go on: {error}");
                return false;
            }
        };
        let mut entries = Vec::with_capacity(cameras.len());
        for camera in cameras {
            match self.entry(camera).await {
                Ok(entry) => entries.push(entry),
                Err(error) => {
                    tracing::warn!("cameras cannot be read, those of the last run go on: {error}");
                    return false;
                }
            }
        }
        let gone: Vec<CameraId> = self
            .running
            .keys()
            .filter(|id| !entries.iter().any(|entry| entry.camera.id == **id))
            .copied()
            .collect();
        for camera in gone {
            self.stop(camera);
        }
        self.services.roster.replace(&entries);
        for entry in entries {
            self.apply(entry, GapReason::ServerStopped, "the server was not running");
        }
        true
    }

    /// Applies a change; false where it could not be read.
    async fn changed(&mut self, id: CameraId) -> bool {
        let entry = match self.services.index.camera(id).await {
            Ok(camera) => self.entry(camera).await,
            Err(error) => Err(error),
        };
        match entry {
            Ok(entry) => {
                self.services.roster.put(&entry);
                self.apply(entry, GapReason::Disabled, SWITCHED_OFF);
            }
            Err(index::IndexError::NotFound { .. }) => {
                self.services.roster.remove(id);
                self.services.watches.remove(id);
                self.stop(id);
                self.services.taps.remove(id);
            }
            Err(error) => {
                tracing::warn!(camera = %id, "a change cannot be read, tried again soon: {error}");
                return false;
            }
        }
        true
    }

    async fn entry(&self, camera: Camera) -> index::Result<RosterEntry> {
        let sealed = if camera.has_credentials {
            self.services.index.sealed_credentials(camera.id).await?
        } else {
            None
        };
        Ok(RosterEntry { camera, sealed_credentials: sealed })
    }

    fn stop(&mut self, id: CameraId) {
        // Kept until it has ended: should it be switched on again at once, its next self waits for it.
        for (_, ended) in self.running.extract_if(|_, running| running.task.is_finished()) {
            tokio::spawn(wait(ended.task));
        }
        if let Some(running) = self.running.get(&id)
            && !running.stop.is_cancelled()
        {
            running.stop.cancel();
            tracing::info!(camera = %id, "camera stopped");
        }
    }

    /// Starts a camera, in place of its earlier self where it ran with other settings; stops one that is switched off.
    fn apply(&mut self, entry: RosterEntry, reason: GapReason, detail: &'static str) {
        let (id, version) = (entry.camera.id, entry.camera.version);
        if !entry.camera.enabled {
            self.stop(id);
            return;
        }
        if self.running.get(&id).is_some_and(|running| {
            running.version == version && !running.stop.is_cancelled() && !running.task.is_finished()
        }) {
            return;
        }
        let earlier = self.running.remove(&id);
        let stop = self.shutdown.child_token();
        let services = self.services.clone();
        let task = {
            let (stop, shutdown) = (stop.clone(), self.shutdown.clone());
            tokio::spawn(async move {
                if let Some(earlier) = earlier {
                    earlier.stop.cancel();
                    wait(earlier.task).await;
                }
                run_camera(services, entry, (stop, shutdown), (reason, detail)).await;
            })
        };
        self.running.insert(id, Running { version, stop, task });
    }
}

/// Waits for a task that was told to end, and says so where it did not end well.
async fn wait(task: JoinHandle<()>) {
    if let Err(error) = task.await {
        tracing::error!("a camera's task failed: {error}");
    }
}

/// One camera until it is stopped: its streams, and the analysis of one of them.
async fn run_camera(
    services: Services,
    entry: RosterEntry,
    (stop, shutdown): (CancellationToken, CancellationToken),
    (reason, detail): (GapReason, &'static str),
) {
    let camera = Arc::new(entry.camera);
    let credentials = match &entry.sealed_credentials {
        None => None,
        Some(sealed) => match services.vault.unseal(camera.id, sealed) {
            Ok(credentials) => Some(credentials),
            Err(error) => {
                tracing::error!(camera = %camera.id, name = camera.name, "{error}");
                None
            }
        },
    };
    if reason == GapReason::Disabled
        && let Err(error) = end_gaps(&services, camera.id).await
    {
        tracing::warn!(camera = %camera.id, "gaps of its earlier self stay open until the next start: {error:#}");
    }
    let analysed = if camera.sub_url.is_some() { StreamKind::Sub } else { StreamKind::Main };
    let mut tasks = tokio::task::JoinSet::new();
    for kind in StreamKind::ALL {
        let Some(address) = address(&camera, kind, credentials.as_ref()) else { continue };
        services.board.add(camera.id, camera.place_id, kind, services.clock.now());
        let mut offer = None;
        if kind == analysed
            && camera.analysed
            && let Some(analysts) = &services.analysts
        {
            let (sender, offered) = mpsc::channel::<Offered>(ANALYSIS_QUEUE);
            let (analysis, reports): (LiveAnalysis, _) = analysts.live(&camera, kind);
            tasks.spawn(analysis.run(offered, reports));
            offer = Some(sender);
        }
        let last = services.index.latest_segment_end(camera.id, kind).await.unwrap_or_else(|error| {
            tracing::warn!(camera = %camera.id, "where the recording ended cannot be read: {error}");
            None
        });
        let stream = Stream {
            config: StreamConfig { camera_id: camera.id, stream: kind, address, limits: Limits::default() },
            recorder: services.recorder.stream(camera.id, &camera.folder, kind),
            analysis: offer,
            tap: services.taps.of(camera.id, kind),
            board: Arc::clone(&services.board),
            clock: Arc::clone(&services.clock),
            rows: services.rows.clone(),
            server_stop: shutdown.clone(),
            resumed: last.map(|from| Resumed { from, reason, detail }),
        };
        tasks.spawn(stream.run(stop.clone()));
    }
    tracing::info!(camera = %camera.id, name = camera.name, "camera started");
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            // A fault of ours in one camera must not go unseen, nor touch another camera.
            tracing::error!(camera = %camera.id, "a stream's task failed: {error}");
        }
    }
    for kind in StreamKind::ALL {
        services.board.remove(camera.id, kind);
    }
    if !stop.is_cancelled() {
        tracing::error!(camera = %camera.id, "camera ended by itself");
    }
}

/// Ends the gaps that the camera's earlier self left open: it cannot end them any more. Those that go on are opened anew.
async fn end_gaps(services: &Services, camera: CameraId) -> anyhow::Result<()> {
    anyhow::ensure!(services.recorder.flush_gaps(GAP_PATIENCE).await, "the disk is too slow to say which");
    services.rows.writer().flush().await?;
    services.index.close_open_gaps(Some(camera), services.clock.now()).await?;
    Ok(())
}

fn address(camera: &Camera, kind: StreamKind, credentials: Option<&Credentials>) -> Option<StreamAddress> {
    let url = match kind {
        StreamKind::Main => camera.main_url.clone(),
        StreamKind::Sub => camera.sub_url.clone()?,
    };
    Some(StreamAddress { url, credentials: credentials.cloned(), transport: camera.transport })
}
