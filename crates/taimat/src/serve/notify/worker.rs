//! One channel's worker: takes what is due, sends it, and writes down what came of it.

use std::sync::Arc;
use std::time::Duration;

use ::notify::{Message, OpenItems, SendError};
use domain::{Channel, ChannelSettings, Delivery, DeliveryId, DeliveryTrouble, MessageKind};
use index::Settled;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::dispatcher::Shared;
use super::plan::{Due, Parcel, due, parcel, settle};

/// Deliveries that are taken at once; of those that go out as one digest, more.
const AT_ONCE: u32 = 3;
const DIGEST: u32 = 200;
/// Longest attempt.
const ATTEMPT: Duration = Duration::from_mins(1);
/// For so long nobody else is given what was taken: longer than all attempts with it last.
const LEASE: Duration = Duration::from_mins(5);
/// An attempt under way when the worker is to stop may go on for so long.
const LAST_CHANCE: Duration = Duration::from_millis(1500);

pub(super) struct Worker {
    channel: Channel,
    opened: Result<Box<dyn ::notify::Channel>, String>,
    shared: Arc<Shared>,
    due: Arc<Notify>,
    stop: CancellationToken,
}

impl Worker {
    pub(super) fn new(
        channel: Channel,
        opened: Result<Box<dyn ::notify::Channel>, String>,
        shared: Arc<Shared>,
        due: Arc<Notify>,
        stop: CancellationToken,
    ) -> Self {
        Self { channel, opened, shared, due, stop }
    }

    /// Works until it is told to stop.
    pub(super) async fn run(self) {
        while self.stop.run_until_cancelled(self.due.notified()).await.is_some() {
            while !self.stop.is_cancelled() && self.round().await {}
        }
    }

    /// One round; whether there may be more to do at once.
    async fn round(&self) -> bool {
        let (index, id) = (&self.shared.index, self.channel.id);
        let claimed = async {
            let held = index.claim_deliveries(id, true, DIGEST, LEASE).await?;
            let single = index.claim_deliveries(id, false, AT_ONCE, LEASE).await?;
            index::Result::Ok((held, single))
        };
        let (held, single) = match claimed.await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::warn!(channel = %id, "what is due cannot be read: {error}");
                return false;
            }
        };
        let found = !held.is_empty() || !single.is_empty();
        let mut parcels: Vec<Parcel> = Vec::new();
        for delivery in single {
            if let Some(delivery) = self.hold(delivery).await {
                parcels.extend(parcel(vec![delivery]));
            }
        }
        parcels.extend(parcel(held));
        let mut parcels = parcels.into_iter();
        while let Some(parcel) = parcels.next() {
            let sending = self.send(&parcel);
            let sent = tokio::select! {
                sent = sending => Some(sent),
                () = self.stopped() => None,
            };
            let pause = match sent {
                Some(Ok(())) => continue,
                Some(Err(pause)) => pause,
                None => {
                    self.wait(&parcel, Duration::ZERO).await;
                    Some(Duration::ZERO)
                }
            };
            // Where the other side is away as such, the rest is not even tried: it would only wait in turn.
            if let Some(pause) = pause {
                for rest in parcels.by_ref() {
                    self.wait(&rest, pause).await;
                }
                return false;
            }
        }
        found
    }

    /// Puts a delivery aside where it is to wait; gives it back where it goes out now. States are not gathered.
    async fn hold(&self, delivery: Delivery) -> Option<Delivery> {
        if matches!(self.channel.spec.settings, ChannelSettings::Mqtt { .. }) {
            return Some(delivery);
        }
        match due(&delivery, &self.channel.spec.routing, self.shared.clock.now()) {
            Due::Now => Some(delivery),
            Due::Hold(until) => {
                self.count("held", 1);
                self.settle(&[delivery.id], Settled::Wait { until, held: true, failure: None }).await;
                None
            }
        }
    }

    /// Sends one message. An error says how long to leave the channel alone, where it is the channel that is at fault.
    async fn send(&self, parcel: &Parcel) -> Result<(), Option<Duration>> {
        let error = match &self.opened {
            Ok(channel) => {
                let message = self.message(parcel).await;
                let attempt = tokio::time::timeout(ATTEMPT, channel.send(&message)).await;
                match attempt {
                    Ok(Ok(sent)) => {
                        if sent.with_picture {
                            self.count("picture", 1);
                        }
                        self.count("sent", parcel.ids.len());
                        self.settle(&parcel.ids, Settled::Sent).await;
                        return Ok(());
                    }
                    Ok(Err(error)) => error,
                    Err(_) => SendError::Retry {
                        after: None,
                        trouble: DeliveryTrouble::Silent,
                        why: "no answer in time".to_owned(),
                    },
                }
            }
            Err(problem) => SendError::Unauthorised { why: problem.clone() },
        };
        tracing::warn!(channel = %self.channel.id, key = parcel.key, attempts = parcel.attempts, "not sent: {error}");
        let (outcome, settled) = settle(parcel, &error);
        self.count(outcome, parcel.ids.len());
        let pause = match &settled {
            Settled::Retry { after, .. } => Some((*after).max(Duration::from_secs(1))),
            Settled::Wait { until, .. } => Some(until.since(self.shared.clock.now())),
            Settled::Dead { .. } | Settled::Sent => None,
        };
        self.settle(&parcel.ids, settled).await;
        // One message that is answered with an error again and again must not hold up the others.
        Err(pause.map(|pause| pause.min(Duration::from_secs(if outcome == "retry" { 10 } else { 3600 }))))
    }

    async fn message(&self, parcel: &Parcel) -> Message {
        let spec = &self.channel.spec;
        let one = match parcel.warnings.as_slice() {
            [one] => Some(one),
            _ => None,
        };
        let wanted = spec.allow_pictures
            && !matches!(parcel.kind, MessageKind::Resolved | MessageKind::Reopened)
            && !matches!(spec.settings, ChannelSettings::Mqtt { .. });
        let picture = match one.filter(|_| wanted) {
            Some(warning) => self.shared.pictures.of(warning).await,
            None => None,
        };
        let link = self.shared.link.as_ref().zip(one);
        let link = link.and_then(|(link, one)| link.replace("{item}", &one.item_id.to_string()).parse().ok());
        Message {
            key: parcel.key.clone(),
            kind: parcel.kind,
            warnings: parcel.warnings.clone(),
            sent_at: self.shared.clock.now(),
            link,
            picture,
            open: self.open_items(parcel).await,
        }
    }

    /// What is open at the places of a message, for a channel that shows states.
    async fn open_items(&self, parcel: &Parcel) -> Vec<OpenItems> {
        let mut all: Vec<OpenItems> = Vec::new();
        if !matches!(self.channel.spec.settings, ChannelSettings::Mqtt { .. }) {
            return all;
        }
        for warning in &parcel.warnings {
            if all.iter().any(|known| known.place_id == warning.place_id) {
                continue;
            }
            match self.shared.index.open_items_at(warning.place_id).await {
                Ok(count) => {
                    let place = warning.places.last().cloned().unwrap_or_default();
                    all.push(OpenItems { place_id: warning.place_id, place, count });
                }
                Err(error) => {
                    tracing::warn!(place = %warning.place_id, "what is open cannot be read: {error}");
                }
            }
        }
        all
    }

    /// Gives back what was taken and not tried.
    async fn wait(&self, parcel: &Parcel, pause: Duration) {
        let until = self.shared.clock.now() + pause;
        self.settle(&parcel.ids, Settled::Wait { until, held: parcel.held, failure: None }).await;
    }

    /// Some time after it is told to stop, so that an attempt under way may end.
    async fn stopped(&self) {
        self.stop.cancelled().await;
        tokio::time::sleep(LAST_CHANCE).await;
    }

    async fn settle(&self, ids: &[DeliveryId], settled: Settled) {
        if let Err(error) = self.shared.index.settle_deliveries(ids, &settled).await {
            // They are tried again when the lease ends, under the same key.
            tracing::error!(channel = %self.channel.id, ?settled, "it cannot be written down: {error}");
        }
    }

    fn count(&self, outcome: &'static str, deliveries: usize) {
        let labels = [
            ("channel", self.channel.id.to_string()),
            ("kind", self.channel.spec.settings.kind().to_owned()),
            ("outcome", outcome.to_owned()),
        ];
        metrics::counter!("taimat_notify_total", &labels).increment(deliveries as u64);
    }
}
