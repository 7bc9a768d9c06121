//! The door to bells and sounders for the API.

use std::sync::Arc;
use std::time::Duration;

use api::ports::{BellPort, Deaf, RingOrder, Stranger};
use async_trait::async_trait;
use domain::{BellSignal, Ring, RingCause};
use tokio::sync::{Notify, mpsc};

use super::book::Book;
use super::ear::Strangers;
use super::ringer::{Ringer, Wanted};
use crate::serve::watches::lock;

/// A change is waited for so long.
const PATIENCE: Duration = Duration::from_secs(1);

/// Hands on what the API is asked for.
pub(crate) struct BellDoor {
    book: Book,
    changed: Arc<Notify>,
    signals: mpsc::Sender<BellSignal>,
    strangers: Strangers,
    ringer: Arc<Ringer>,
}

impl BellDoor {
    pub(super) fn new(
        book: Book,
        changed: Arc<Notify>,
        signals: mpsc::Sender<BellSignal>,
        strangers: Strangers,
        ringer: Arc<Ringer>,
    ) -> Self {
        Self { book, changed, signals, strangers, ringer }
    }
}

#[async_trait]
impl BellPort for BellDoor {
    async fn devices_changed(&self) {
        let mut book = self.book.clone();
        book.mark_unchanged();
        self.changed.notify_one();
        if tokio::time::timeout(PATIENCE, book.changed()).await.is_err() {
            tracing::warn!("a change of bells or sounders holds later: they are not read yet");
        }
    }

    fn heard(&self, signal: BellSignal) -> Result<(), Deaf> {
        self.signals.try_send(signal).map_err(|_| Deaf)
    }

    fn strangers(&self) -> Vec<Stranger> {
        lock(&self.strangers).iter().cloned().collect()
    }

    fn ring(&self, order: RingOrder) -> Option<Ring> {
        let RingOrder { sounder, by, reason, item_id } = order;
        self.ringer.ring(&sounder, Wanted { cause: RingCause::Person, by: Some(by), reason, item_id })
    }
}
