//! What is heard of bells: a press becomes an alarm with the cameras around it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::bells::{Message, Source};
use api::ports::Stranger;
use domain::{Bell, BellId, BellSignal, Clock, Measured, Press, SystemClock, Timestamp, nearest_cameras};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::book::Book;
use crate::serve::flag::{Flag, Flags};
use crate::serve::roster::Roster;
use crate::serve::watches::lock;

/// A button that is pressed again this soon is the same press: radios repeat themselves.
const SAME_PRESS: Duration = Duration::from_secs(1);
/// Devices that are no bell's and are remembered.
const STRANGERS: usize = 50;

/// What is known of a bell beside what is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LastHeard {
    pub(super) at: Timestamp,
    pub(super) battery: Option<f32>,
    /// Whether it is stored as well.
    pub(super) stored: bool,
}

/// What was heard of each bell since the server started.
pub(super) type Known = Arc<Mutex<HashMap<BellId, LastHeard>>>;
/// Devices that were pressed and are no bell's, the latest first.
pub(super) type Strangers = Arc<Mutex<VecDeque<Stranger>>>;

/// Listens.
pub(super) struct Ear {
    book: Book,
    sources: Vec<Source>,
    flags: Flags,
    roster: Arc<Roster>,
    clock: Arc<SystemClock>,
    known: Known,
    strangers: Strangers,
    pressed: HashMap<(BellId, Press), Timestamp>,
}

impl Ear {
    pub(super) fn new(
        book: Book,
        sources: Vec<Source>,
        flags: Flags,
        roster: Arc<Roster>,
        clock: Arc<SystemClock>,
    ) -> Self {
        let (known, strangers, pressed) = (Known::default(), Strangers::default(), HashMap::new());
        Self { book, sources, flags, roster, clock, known, strangers, pressed }
    }

    pub(super) fn known(&self) -> Known {
        Arc::clone(&self.known)
    }

    pub(super) fn strangers(&self) -> Strangers {
        Arc::clone(&self.strangers)
    }

    /// Works until the server stops.
    pub(super) async fn run(
        mut self,
        mut messages: mpsc::Receiver<Message>,
        mut signals: mpsc::Receiver<BellSignal>,
        stop: CancellationToken,
    ) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                Some(message) = messages.recv() => self.message(&message),
                Some(signal) = signals.recv() => self.signal(&signal),
            }
        }
    }

    fn message(&mut self, message: &Message) {
        let mut signals = Vec::new();
        for source in &self.sources {
            match source.read(&message.topic, &message.payload) {
                Ok(signal) => signals.extend(signal),
                Err(bad) => {
                    metrics::counter!("taimat_bell_rejects_total", "reason" => bad.as_str()).increment(1);
                    tracing::warn!(topic = message.topic, "a message of a bell is left aside: {bad}");
                }
            }
        }
        for signal in signals {
            self.signal(&signal);
        }
    }

    fn signal(&mut self, signal: &BellSignal) {
        let book = Arc::clone(&self.book.borrow());
        let Some(bell) = book.of_device(&signal.device) else {
            if signal.press.is_some() {
                self.stranger(&signal.device);
            }
            return;
        };
        let now = self.clock.now();
        let mut known = lock(&self.known);
        let before = known.get(&bell.id).and_then(|last| last.battery);
        known.insert(bell.id, LastHeard { at: now, battery: signal.battery.or(before), stored: false });
        drop(known);
        if let Some(press) = signal.press {
            self.press(bell, press, now);
        }
    }

    fn press(&mut self, bell: &Bell, press: Press, now: Timestamp) {
        let kind = if press == Press::Real { "real" } else { "test" };
        if !bell.spec.enabled {
            metrics::counter!("taimat_bell_rejects_total", "reason" => "switched_off").increment(1);
            tracing::warn!(bell = %bell.id, name = bell.spec.name, "a bell that is switched off was pressed");
            return;
        }
        let latest = self.pressed.get(&(bell.id, press)).copied();
        if latest.is_some_and(|latest| now >= latest && now.since(latest) < SAME_PRESS) {
            return;
        }
        self.pressed.insert((bell.id, press), now);
        metrics::counter!("taimat_bell_presses_total", "kind" => kind).increment(1);
        tracing::warn!(bell = %bell.id, name = bell.spec.name, kind, "an alarm bell was pressed");
        let roster = self.roster.load();
        let cameras = roster.iter().map(|entry| &entry.camera).filter(|camera| camera.enabled);
        let cameras = nearest_cameras(bell.spec.point, cameras);
        self.flags.raise(Flag {
            camera_id: cameras.first().map(|near| near.camera_id),
            place_id: bell.place_id,
            rule: Arc::new(bell.rule_of_press(press)),
            at: now,
            event_id: None,
            measured: Measured::default(),
            cameras,
        });
    }

    fn stranger(&self, device: &str) {
        metrics::counter!("taimat_bell_rejects_total", "reason" => "unknown_bell").increment(1);
        let mut strangers = lock(&self.strangers);
        let known = strangers.iter().position(|stranger| stranger.device == device);
        if known.and_then(|known| strangers.remove(known)).is_none() {
            tracing::warn!(device, "a device was pressed that is no bell's");
        }
        strangers.truncate(STRANGERS - 1);
        strangers.push_front(Stranger { device: device.to_owned(), at: self.clock.now() });
    }
}
