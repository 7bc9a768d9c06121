//! Every look is accounted for: who saw, searched, exported or changed what.
//!
//! Looks wait in a bounded queue and are written soon after; while it is full, those who look wait. Exports are
//! written before the first byte goes out, and refused where they cannot be. Changes are written before the answer
//! goes out; where the database went away in between, they wait as looks do. What cannot be written at all goes to
//! the log, whole.

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, PlaceId, UserId};
use index::{Index, NewAuditEntry};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::auth::caller::Caller;
use crate::auth::rate::Limiter;
use crate::problem::{Answer, Problem};

/// Entries that wait in memory.
const QUEUE: usize = 1024;
/// The same look again is the same look, for this long: a player fetches a recording in hundreds of pieces.
const SAME_LOOK: Duration = Duration::from_mins(10);
/// Looks remembered for that.
const REMEMBERED: usize = 20_000;
/// How long what waits may take to be written at shutdown.
const LAST_CHANCE: Duration = Duration::from_secs(5);
/// Pauses between attempts while the database is away.
const RETRY: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// Writes the audit log. Cheap to clone.
#[derive(Clone)]
pub struct Audit {
    index: Index,
    clock: Arc<dyn Clock>,
    queue: mpsc::Sender<NewAuditEntry>,
    recent: Arc<Limiter<Look>>,
}

type Look = (UserId, &'static str, String, String);

impl std::fmt::Debug for Audit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Audit").field("free", &self.queue.capacity()).finish_non_exhaustive()
    }
}

/// What was done, to what, where.
pub(crate) struct Deed {
    /// `event.search`, `clip.export`, `camera.change` …
    pub(crate) action: &'static str,
    /// `camera/…`, `event/…`; empty where there is no one thing.
    pub(crate) target: String,
    /// At which place.
    pub(crate) place: Option<PlaceId>,
    /// The particulars. Never a secret.
    pub(crate) detail: Value,
}

impl Audit {
    /// Starts the writer of the queue. It ends some seconds after `shutdown` at the latest; wait for the handle.
    #[must_use]
    pub fn start(index: Index, clock: Arc<dyn Clock>, shutdown: CancellationToken) -> (Self, JoinHandle<()>) {
        let (queue, entries) = mpsc::channel(QUEUE);
        let task = tokio::spawn(write_all(index.clone(), entries, shutdown));
        let recent = Arc::new(Limiter::new(1, SAME_LOOK, REMEMBERED));
        (Self { index, clock, queue, recent }, task)
    }

    /// Accounts for a look. The same look within some minutes is accounted for once.
    pub(crate) async fn look(&self, caller: &Caller, deed: Deed) -> Answer<()> {
        let look = (caller.id(), deed.action, deed.target.clone(), deed.detail.to_string());
        if self.recent.take(&look, self.clock.monotonic()).is_err() {
            return Ok(());
        }
        metrics::counter!("taimat_api_audit_entries_total").increment(1);
        let sent = self.queue.send(self.entry(caller, deed)).await;
        sent.map_err(|gone| {
            lost(&gone.0, "the server is stopping");
            Problem::new(crate::problem::Code::Unavailable, "the server is stopping").retry_after(RETRY.1)
        })
    }

    /// Accounts for a change that was made.
    pub(crate) async fn change(&self, caller: &Caller, deed: Deed) {
        metrics::counter!("taimat_api_audit_entries_total").increment(1);
        let entry = self.entry(caller, deed);
        match self.index.append_audit(entry.clone()).await {
            Ok(_) => {}
            Err(error) if error.is_transient() => {
                if let Err(gone) = self.queue.send(entry).await {
                    lost(&gone.0, "the server is stopping");
                }
            }
            Err(error) => lost(&entry, &error.to_string()),
        }
    }

    /// Accounts for an export: returns once it is stored. The pieces of one download are one export.
    pub(crate) async fn export(&self, caller: &Caller, deed: Deed) -> Answer<()> {
        let look = (caller.id(), deed.action, deed.target.clone(), deed.detail.to_string());
        if self.recent.take(&look, self.clock.monotonic()).is_err() {
            return Ok(());
        }
        metrics::counter!("taimat_api_audit_entries_total").increment(1);
        if let Err(error) = self.index.append_audit(self.entry(caller, deed)).await {
            self.recent.give_back(&look);
            return Err(error.into());
        }
        Ok(())
    }

    /// Accounts for an attempt to sign in, by the name that was tried.
    pub(crate) async fn attempt(
        &self,
        action: &'static str,
        user: Option<UserId>,
        username: &str,
        address: String,
    ) -> Answer<()> {
        let entry = NewAuditEntry {
            at: self.clock.now(),
            user_id: user,
            username: username.chars().take(64).collect(),
            action: action.to_owned(),
            target: String::new(),
            place_id: None,
            address,
            detail: Value::Null,
        };
        self.index.append_audit(entry).await?;
        Ok(())
    }

    fn entry(&self, caller: &Caller, deed: Deed) -> NewAuditEntry {
        NewAuditEntry {
            at: self.clock.now(),
            user_id: Some(caller.id()),
            username: caller.user.username.clone(),
            action: deed.action.to_owned(),
            target: deed.target,
            place_id: deed.place,
            address: caller.address.to_string(),
            detail: deed.detail,
        }
    }
}

async fn write_all(index: Index, mut entries: mpsc::Receiver<NewAuditEntry>, shutdown: CancellationToken) {
    loop {
        let entry = tokio::select! {
            entry = entries.recv() => entry,
            () = shutdown.cancelled() => break,
        };
        let Some(entry) = entry else { return };
        if !write_one(&index, &entry, &shutdown).await {
            last_chance(&index, entry).await;
            break;
        }
    }
    entries.close();
    let deadline = tokio::time::Instant::now() + LAST_CHANCE;
    while let Some(entry) = entries.recv().await {
        let written = tokio::time::timeout_at(deadline, index.append_audit(entry.clone())).await;
        if !matches!(written, Ok(Ok(_))) {
            lost(&entry, "the database was away when the server stopped");
        }
    }
}

async fn last_chance(index: &Index, entry: NewAuditEntry) {
    let written = tokio::time::timeout(LAST_CHANCE, index.append_audit(entry.clone())).await;
    if !matches!(written, Ok(Ok(_))) {
        lost(&entry, "the database was away when the server stopped");
    }
}

/// Writes one entry, however long the database is away. `false` where the server stops first.
async fn write_one(index: &Index, entry: &NewAuditEntry, shutdown: &CancellationToken) -> bool {
    let mut pause = RETRY.0;
    loop {
        match index.append_audit(entry.clone()).await {
            Ok(_) => return true,
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, "an audit entry waits for the database");
                tokio::select! {
                    () = tokio::time::sleep(pause) => pause = (pause * 2).min(RETRY.1),
                    () = shutdown.cancelled() => return false,
                }
            }
            Err(error) => {
                lost(entry, &error.to_string());
                return true;
            }
        }
    }
}

/// The log keeps what the database does not.
fn lost(entry: &NewAuditEntry, why: &str) {
    metrics::counter!("taimat_api_audit_lost_total").increment(1);
    tracing::error!(?entry, why, "an audit entry could not be stored: this line is all that is kept of it");
}
