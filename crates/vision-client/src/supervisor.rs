//! Keeps a worker running: serves one until it ends, tells the feeds, starts the next with back-off.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::Child;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::VisionConfig;
use crate::process::{end, read};
use crate::shared::{OUTGOING, Shared, lock};
use crate::worker::Worker;

/// How long a worker may take to end when the socket closes.
const PATIENCE: Duration = Duration::from_secs(3);

/// A worker with what goes to it.
pub(crate) struct Session {
    child: Child,
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    outgoing: mpsc::Receiver<Vec<u8>>,
    last_line: Arc<Mutex<String>>,
    since: Instant,
}

impl Session {
    /// Makes the worker known to feeds.
    pub(crate) fn begin(shared: &Shared, worker: Worker) -> Self {
        let (sender, outgoing) = mpsc::channel(OUTGOING);
        tracing::info!(
            model = worker.info.name,
            version = worker.info.version,
            provider = worker.info.provider,
            pid = worker.child.id(),
            "the vision worker is ready"
        );
        shared.came_up(sender, worker.child.id().unwrap_or(0), worker.info);
        Self {
            child: worker.child,
            reader: worker.reader,
            writer: worker.writer,
            outgoing,
            last_line: worker.last_line,
            since: Instant::now(),
        }
    }

    /// Serves until the worker ends, hangs or makes no sense, and says which; `None` when told to stop.
    async fn serve(&mut self, shared: &Shared, shutdown: &CancellationToken) -> Option<String> {
        let mut check = tokio::time::interval(Duration::from_secs(1));
        let replies = take_replies(&mut self.reader, shared);
        let requests = send_requests(&mut self.writer, &mut self.outgoing);
        tokio::pin!(replies, requests);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return None,
                reason = &mut replies => return Some(reason),
                reason = &mut requests => return Some(reason),
                _ = check.tick() => {
                    if let Some(label) = shared.stuck() {
                        return Some(format!("it made no progress with {label} and was killed"));
                    }
                }
            }
        }
    }

    /// Closes the socket and sees the process out.
    async fn finish(self, patience: Duration) -> String {
        let Self { mut child, reader, writer, outgoing, .. } = self;
        drop((reader, writer, outgoing));
        end(&mut child, patience).await
    }
}

async fn take_replies(reader: &mut OwnedReadHalf, shared: &Shared) -> String {
    loop {
        match read(reader).await {
            Ok(Some(reply)) => {
                if let Err(reason) = shared.take(reply) {
                    return reason;
                }
            }
            Ok(None) => return "it ended".to_owned(),
            Err(error) => return error.to_string(),
        }
    }
}

async fn send_requests(writer: &mut OwnedWriteHalf, outgoing: &mut mpsc::Receiver<Vec<u8>>) -> String {
    while let Some(message) = outgoing.recv().await {
        if let Err(error) = writer.write_all(&message).await {
            return format!("it takes no more messages: {error}");
        }
    }
    "nobody sends any more".to_owned()
}

/// Runs until `shutdown`.
pub(crate) async fn run(shared: Arc<Shared>, first: Session, shutdown: CancellationToken) {
    let mut session = first;
    let mut wait = shared.config.restart_first;
    loop {
        let ended = session.serve(&shared, &shutdown).await;
        shared.went_down();
        let lived = session.since.elapsed();
        let last_line = lock(&session.last_line).clone();
        let Some(reason) = ended else {
            session.finish(PATIENCE).await;
            return;
        };
        let status = session.finish(Duration::from_millis(200)).await;
        tracing::error!(reason, status, last_line, "the vision worker is gone; it is started again");
        if lived > shared.config.restart_max {
            wait = shared.config.restart_first;
        }
        let Some(worker) = restart(&shared.config, &mut wait, &shutdown).await else { return };
        session = Session::begin(&shared, worker);
    }
}

/// Starts a worker, as often as it takes; `None` when told to stop.
async fn restart(config: &VisionConfig, wait: &mut Duration, shutdown: &CancellationToken) -> Option<Worker> {
    loop {
        let attempt = async {
            tokio::time::sleep(*wait).await;
            *wait = (*wait * 2).min(config.restart_max);
            metrics::counter!("taimat_vision_restarts_total").increment(1);
            Worker::start(config).await
        };
        tokio::select! {
            () = shutdown.cancelled() => return None,
            started = attempt => match started {
                Ok(worker) => return Some(worker),
                Err(error) => tracing::error!(%error, again_in = ?wait, "the vision worker cannot be started"),
            },
        }
    }
}
