//! Rings bells, sirens and gongs, and learns whether they ring.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::bells::{Broker, Message};
use domain::{
    Clock, LiveEvent, ReviewItemId, Ring, RingCause, RingId, RingState, Sounder, SounderId, SounderOutput,
    SystemClock, Timestamp, UserId,
};
use index::Index;
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::serve::watches::lock;

/// Sounders that ring at the same time.
const SLOTS: usize = 64;
/// An answer is waited for so long.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// When the server stops, those that ring are switched off within this time.
const LAST_CHANCE: Duration = Duration::from_secs(2);

/// Why something is to ring.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) cause: RingCause,
    pub(super) by: Option<(UserId, String)>,
    pub(super) reason: String,
    pub(super) item_id: Option<ReviewItemId>,
}

/// Rings.
pub(super) struct Ringer {
    hands: Hands,
    slots: Arc<Semaphore>,
    /// Until when each rings.
    ringing: Mutex<HashMap<SounderId, Timestamp>>,
    running: TaskTracker,
}

/// What it takes to ring one.
#[derive(Clone)]
struct Hands {
    index: Index,
    broker: Option<Broker>,
    http: reqwest::Client,
    clock: Arc<SystemClock>,
    live: broadcast::Sender<LiveEvent>,
    stop: CancellationToken,
}

impl Ringer {
    pub(super) fn new(
        index: Index,
        broker: Option<Broker>,
        http: reqwest::Client,
        clock: Arc<SystemClock>,
        live: broadcast::Sender<LiveEvent>,
        stop: CancellationToken,
    ) -> Self {
        let hands = Hands { index, broker, http, clock, live, stop };
        Self {
            hands,
            slots: Arc::new(Semaphore::new(SLOTS)),
            ringing: Mutex::default(),
            running: TaskTracker::new(),
        }
    }

    /// Closes the account of what was being rung when the server stopped before.
    pub(super) async fn prepare(&self) {
        if let Err(error) = self.hands.index.abandon_rings().await {
            tracing::warn!("what was rung before cannot be closed: {error}");
        }
    }

    /// Waits until all that rings is switched off.
    pub(super) async fn finish(&self) {
        self.running.close();
        if tokio::time::timeout(LAST_CHANCE, self.running.wait()).await.is_err() {
            tracing::error!("some bells, sirens or gongs may ring on: they were not switched off in time");
        }
    }

    /// Begins to ring, unless it rings already.
    pub(super) fn ring_unless_ringing(&self, sounder: &Sounder, wanted: Wanted) {
        let until = lock(&self.ringing).get(&sounder.id).copied();
        if until.is_none_or(|until| until <= self.hands.clock.now()) && self.ring(sounder, wanted).is_none() {
            tracing::error!(sounder = %sounder.id, name = sounder.spec.name, "too much rings: it does not");
        }
    }

    /// Begins to ring; `None` where too much is being rung.
    pub(super) fn ring(&self, sounder: &Sounder, wanted: Wanted) -> Option<Ring> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        let now = self.hands.clock.now();
        let length = Duration::from_secs(u64::from(sounder.spec.seconds));
        let ring = Ring {
            id: RingId::at(now),
            sounder_id: sounder.id,
            sounder_name: sounder.spec.name.clone(),
            place_id: sounder.place_id,
            asked_at: now,
            cause: wanted.cause,
            username: wanted.by.as_ref().map(|(_, name)| name.clone()),
            reason: wanted.reason,
            item_id: wanted.item_id,
            state: RingState::Asked,
            answered_at: None,
            problem: None,
        };
        tracing::warn!(sounder = %sounder.id, name = sounder.spec.name, cause = %ring.cause, reason = ring.reason, "ringing");
        {
            let mut ringing = lock(&self.ringing);
            ringing.retain(|_, until| *until > now);
            ringing.insert(sounder.id, now + length);
        }
        let (hands, output) = (self.hands.clone(), sounder.spec.output.clone());
        let (begun, by) = (ring.clone(), wanted.by.map(|(user, _)| user));
        self.running.spawn(async move {
            hands.ring(begun, by, &output, length).await;
            drop(slot);
        });
        Some(ring)
    }
}

impl Hands {
    async fn ring(&self, mut ring: Ring, by: Option<UserId>, output: &SounderOutput, length: Duration) {
        // The account must not make the bell wait.
        let (outcome, ()) = tokio::join!(self.switch_on(output), self.account(&ring, by));
        match outcome {
            Ok(state) => ring.state = state,
            Err(problem) => {
                ring.state = RingState::Failed;
                ring.problem = Some(problem);
            }
        }
        if ring.state == RingState::Answered {
            ring.answered_at = Some(self.clock.now());
        }
        metrics::counter!("taimat_rings_total", "cause" => ring.cause.as_str(), "state" => ring.state.as_str())
            .increment(1);
        if let Some(problem) = &ring.problem {
            tracing::error!(sounder = %ring.sounder_id, name = ring.sounder_name, "it may not ring: {problem}");
        }
        self.account(&ring, by).await;
        let passed = self.clock.now().since(ring.asked_at);
        // Also where no answer came: it may ring nevertheless.
        let _ = self.stop.run_until_cancelled(tokio::time::sleep(length.saturating_sub(passed))).await;
        if let Err(problem) = self.switch_off(output).await {
            tracing::error!(sounder = %ring.sounder_id, name = ring.sounder_name, "it may ring on: {problem}");
        }
    }

    /// Stores how it stands, and tells those who watch.
    async fn account(&self, ring: &Ring, by: Option<UserId>) {
        // Nobody may be watching.
        let _ = self.live.send(LiveEvent::RingChanged { ring: ring.clone() });
        if let Err(error) = self.index.write_ring(ring, by).await {
            tracing::error!(
                ring = %ring.id, sounder = ring.sounder_name, state = %ring.state, by = ring.username,
                reason = ring.reason, "what was rung is not stored: {error}"
            );
        }
    }

    async fn switch_on(&self, output: &SounderOutput) -> Result<RingState, String> {
        match output {
            SounderOutput::Mqtt { topic, on, answer_topic, answer_holds, .. } => {
                let broker = self.broker()?;
                let Some(answer_topic) = answer_topic else {
                    broker.publish(topic, on).await.map_err(|error| error.to_string())?;
                    return Ok(RingState::Unconfirmed);
                };
                broker.subscribe(answer_topic).await.map_err(|error| error.to_string())?;
                let answers = broker.listen();
                broker.publish(topic, on).await.map_err(|error| error.to_string())?;
                let answer =
                    tokio::time::timeout(ANSWER_LIMIT, answered(answers, answer_topic, answer_holds));
                match answer.await {
                    Ok(true) => Ok(RingState::Answered),
                    Ok(false) | Err(_) => Err(format!("no answer came within {} s", ANSWER_LIMIT.as_secs())),
                }
            }
            SounderOutput::Http { url, body, .. } => self.post(url, body).await.map(|()| RingState::Answered),
        }
    }

    async fn switch_off(&self, output: &SounderOutput) -> Result<(), String> {
        match output {
            SounderOutput::Mqtt { topic, off: Some(off), .. } => {
                self.broker()?.publish(topic, off).await.map_err(|error| error.to_string())
            }
            SounderOutput::Http { off_url: Some(url), .. } => self.post(url, "").await,
            SounderOutput::Mqtt { .. } | SounderOutput::Http { .. } => Ok(()),
        }
    }

    fn broker(&self) -> Result<&Broker, String> {
        self.broker.as_ref().ok_or_else(|| "no MQTT broker is set ([mqtt] broker)".to_owned())
    }

    async fn post(&self, url: &Url, body: &str) -> Result<(), String> {
        let sent = self.http.post(url.clone()).timeout(ANSWER_LIMIT).body(body.to_owned()).send().await;
        let status = sent.map_err(|error| error.without_url().to_string())?.status();
        if status.is_success() { Ok(()) } else { Err(format!("it answered {status}")) }
    }
}

/// Waits for an answer. `false` where none can come any more.
async fn answered(mut messages: broadcast::Receiver<Message>, topic: &str, holds: &str) -> bool {
    loop {
        match messages.recv().await {
            Ok(message) if message.topic == topic => {
                if String::from_utf8_lossy(&message.payload).contains(holds) {
                    return true;
                }
            }
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return false,
        }
    }
}
