//! Tasks that are watched over, stages that end in time, and word to systemd.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use anyhow::{Result, anyhow};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// The server's long-running tasks. One that ends or fails before the server stops, stops the server: systemd
/// starts it anew, which beats a server that lacks a part and does not know it.
pub(crate) struct Tasks {
    set: JoinSet<()>,
    running: HashMap<Id, Task>,
    stop: CancellationToken,
}

struct Task {
    name: &'static str,
    /// Whether it may end before the server stops.
    may_end: bool,
}

impl Tasks {
    pub(crate) fn new(stop: CancellationToken) -> Self {
        Self { set: JoinSet::new(), running: HashMap::new(), stop }
    }

    /// A task that must run until the server stops.
    pub(crate) fn spawn(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let id = self.set.spawn(task).id();
        self.running.insert(id, Task { name, may_end: false });
    }

    /// A task that ends when those that feed it have ended.
    pub(crate) fn spawn_ending(
        &mut self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let id = self.set.spawn(task).id();
        self.running.insert(id, Task { name, may_end: true });
    }

    /// Waits for SIGTERM or SIGINT, or for a task that ends and must not.
    pub(crate) async fn until_stopped(&mut self) -> Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        loop {
            let ended = tokio::select! {
                _ = terminate.recv() => return Ok(()),
                _ = interrupt.recv() => return Ok(()),
                () = self.stop.cancelled() => return Ok(()),
                Some(ended) = self.set.join_next_with_id() => ended,
            };
            let task = self.forget(&ended);
            match ended {
                Ok(_) if task.may_end => tracing::debug!(name = task.name, "ended"),
                Ok(_) => return Err(anyhow!("{} ended by itself", task.name)),
                Err(error) => return Err(anyhow!("{} failed: {error}", task.name)),
            }
        }
    }

    /// Waits for all tasks, at most so long; those that are left are aborted.
    pub(crate) async fn join(&mut self, limit: Duration) {
        let all = async {
            while let Some(ended) = self.set.join_next_with_id().await {
                let task = self.forget(&ended);
                if let Err(error) = ended {
                    tracing::error!(name = task.name, "failed while the server stopped: {error}");
                }
            }
        };
        if tokio::time::timeout(limit, all).await.is_err() {
            for task in self.running.values() {
                tracing::error!(name = task.name, "did not stop in time");
            }
            self.set.abort_all();
        }
    }

    fn forget(&mut self, ended: &std::result::Result<(Id, ()), JoinError>) -> Task {
        let id = match ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        self.running.remove(&id).unwrap_or(Task { name: "a task", may_end: false })
    }
}

/// A stage of stopping, given up after `limit`.
pub(crate) async fn within(limit: Duration, name: &str, stage: impl Future<Output = ()>) {
    if tokio::time::timeout(limit, stage).await.is_err() {
        tracing::error!(name, "did not stop in time");
    }
}

/// Waits for a task and says where it failed.
pub(crate) async fn ended(name: &'static str, task: JoinHandle<()>) {
    if let Err(error) = task.await {
        tracing::error!(name, "failed: {error}");
    }
}

/// Tells systemd that the server serves. Without systemd, nothing happens.
pub(crate) fn notify_ready() {
    notify(sd_notify::NotifyState::Ready);
}

/// Tells systemd that the server stops.
pub(crate) fn notify_stopping() {
    notify(sd_notify::NotifyState::Stopping);
}

/// Tells systemd that the server lives, as often as it wants to hear it.
pub(crate) async fn watchdog(stop: CancellationToken) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return stop.cancelled().await;
    };
    let mut beats = tokio::time::interval(limit / 3);
    while stop.run_until_cancelled(beats.tick()).await.is_some() {
        notify(sd_notify::NotifyState::Watchdog);
    }
}

fn notify(state: sd_notify::NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!("systemd cannot be told: {error}");
    }
}
