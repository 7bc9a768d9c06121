//! Keeps one worker for each channel that is on, and wakes it when something is due.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Channel, ChannelId, ChannelSecrets, ChannelSettings, Clock};
use index::{ChannelPulse, Index, Vault};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::account::Account;
use super::pictures::Pictures;
use super::worker::Worker;
use crate::serve::watches::lock;

/// How often it is looked for what is due.
const INTERVAL: Duration = Duration::from_secs(1);
/// How often what is long done is forgotten.
const TIDY: Duration = Duration::from_hours(1);
/// What went out is kept for so long, what was given up for longer.
const KEEP_SENT: Duration = Duration::from_hours(24 * 30);
const KEEP_DEAD: Duration = Duration::from_hours(24 * 90);
/// What waits for so long, for a channel that is off or for a quota, is old news.
const OLD_NEWS: Duration = Duration::from_hours(24 * 3);
/// A worker that is to stop settles what it has at hand within this.
const WORKER_STOPS: Duration = Duration::from_millis(2500);

/// Sends what waits in the outbox.
pub(crate) struct Dispatcher {
    shared: Arc<Shared>,
    workers: HashMap<ChannelId, Running>,
    stop: CancellationToken,
}

/// What all workers use.
pub(super) struct Shared {
    pub(super) index: Index,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) pictures: Pictures,
    /// Where a person reads on, with `{item}` in the place of the item's identifier.
    pub(super) link: Option<String>,
    vault: Vault,
    http: reqwest::Client,
    accounts: Mutex<Vec<Arc<Account>>>,
}

struct Running {
    version: i64,
    due: Arc<Notify>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Dispatcher {
    /// A dispatcher.
    pub(crate) fn new(
        vault: Vault,
        clock: Arc<dyn Clock>,
        pictures: Pictures,
        link: Option<String>,
        http: reqwest::Client,
        stop: CancellationToken,
    ) -> Self {
        let (index, accounts) = (pictures.index.clone(), Mutex::default());
        let shared = Arc::new(Shared { index, clock, pictures, link, vault, http, accounts });
        Self { shared, workers: HashMap::new(), stop }
    }

    /// Works until the server stops.
    pub(crate) async fn run(mut self) {
        let stop = self.stop.clone();
        let mut rounds = tokio::time::interval(INTERVAL);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut tidied = tokio::time::Instant::now();
        while stop.run_until_cancelled(rounds.tick()).await.is_some() {
            match self.shared.index.channel_pulses().await {
                Ok(pulses) => self.follow(&pulses).await,
                Err(error) => tracing::debug!("channels cannot be read, those known before go on: {error}"),
            }
            if tidied.elapsed() > TIDY {
                tidied = tokio::time::Instant::now();
                if let Err(error) = self.tidy().await {
                    tracing::warn!("old deliveries are kept: {error}");
                }
            }
        }
        let all: Vec<ChannelId> = self.workers.keys().copied().collect();
        self.end(&all).await;
    }

    async fn tidy(&self) -> index::Result<()> {
        let given_up = self.shared.index.expire_deliveries(OLD_NEWS).await?;
        let forgotten = self.shared.index.forget_deliveries(KEEP_SENT, KEEP_DEAD).await?;
        tracing::debug!(given_up, forgotten, "old deliveries");
        Ok(())
    }

    /// Ends workers of channels that were changed, switched off or removed, starts those that are missing, and wakes
    /// those for which something is due.
    async fn follow(&mut self, pulses: &[ChannelPulse]) {
        let wanted: HashMap<ChannelId, &ChannelPulse> =
            pulses.iter().filter(|pulse| pulse.enabled).map(|pulse| (pulse.id, pulse)).collect();
        let stale = |(id, running): (&ChannelId, &Running)| {
            let stands = wanted.get(id).is_some_and(|pulse| pulse.version == running.version);
            (!stands || running.task.is_finished()).then_some(*id)
        };
        let stale: Vec<ChannelId> = self.workers.iter().filter_map(stale).collect();
        self.end(&stale).await;
        for pulse in wanted.values().filter(|pulse| pulse.due) {
            if !self.workers.contains_key(&pulse.id) {
                match self.start(pulse.id).await {
                    Ok(running) => drop(self.workers.insert(pulse.id, running)),
                    Err(error) => tracing::error!(channel = %pulse.id, "it cannot be opened: {error:#}"),
                }
            }
            if let Some(running) = self.workers.get(&pulse.id) {
                running.due.notify_one();
            }
        }
    }

    async fn start(&self, id: ChannelId) -> anyhow::Result<Running> {
        let shared = &self.shared;
        let channel = shared.index.channel(id).await?;
        let secrets = match shared.index.sealed_secrets(id).await? {
            Some(sealed) => shared.vault.unseal_secrets(id, &sealed),
            None => Ok(ChannelSecrets::new()),
        };
        // A channel that cannot be opened has a worker that says so: what waits for it must not wait silently.
        let opened = match secrets {
            Ok(secrets) => shared.open(&channel, &secrets).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let (stop, due) = (self.stop.child_token(), Arc::new(Notify::new()));
        let version = channel.version;
        let worker = Worker::new(channel, opened, Arc::clone(shared), Arc::clone(&due), stop.clone());
        Ok(Running { version, due, stop, task: tokio::spawn(worker.run()) })
    }

    /// Ends workers, and waits for them: a channel never has two.
    async fn end(&mut self, ids: &[ChannelId]) {
        let ending: Vec<(ChannelId, Running)> =
            ids.iter().filter_map(|id| self.workers.remove_entry(id)).collect();
        for (_, running) in &ending {
            running.stop.cancel();
        }
        let deadline = tokio::time::Instant::now() + WORKER_STOPS;
        for (id, mut running) in ending {
            match tokio::time::timeout_at(deadline, &mut running.task).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(channel = %id, "its worker failed: {error}"),
                Err(_) => {
                    tracing::error!(channel = %id, "its worker did not stop in time");
                    running.task.abort();
                }
            }
        }
    }
}

impl Shared {
    fn open(
        &self,
        channel: &Channel,
        secrets: &ChannelSecrets,
    ) -> Result<Box<dyn ::notify::Channel>, ::notify::Misconfigured> {
        let account = match &channel.spec.settings {
            ChannelSettings::Zalo { app_id, oa_id, .. } => self.account(app_id, oa_id, secrets),
            _ => self.account("", "", secrets),
        };
        ::notify::open(&channel.spec, secrets, self.http.clone(), account)
    }

    /// The account that a channel speaks for, one for all that speak for it.
    fn account(&self, app_id: &str, oa_id: &str, secrets: &ChannelSecrets) -> Arc<Account> {
        let key = secrets.get("secret_key").cloned().unwrap_or_else(|| domain::Secret::new(""));
        let mut accounts = lock(&self.accounts);
        if let Some(known) = accounts.iter().find(|account| account.is(app_id, oa_id, &key)) {
            return Arc::clone(known);
        }
        let (index, vault) = (self.index.clone(), self.vault.clone());
        let account = Arc::new(Account::new(index, vault, app_id.to_owned(), oa_id.to_owned(), key));
        accounts.push(Arc::clone(&account));
        account
    }
}
