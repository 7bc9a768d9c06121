//! The bells and sounders that there are, kept in memory: a press must raise an alarm whether or not the database
//! answers.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{Bell, Sounder};
use index::{Index, Visibility};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::serve::kept::keep;

/// The bells and sounders of now.
#[derive(Debug, Default, PartialEq)]
pub(super) struct BellBook {
    /// By the name of their device, in lower case.
    bells: HashMap<String, Arc<Bell>>,
    pub(super) sounders: Vec<Arc<Sounder>>,
}

/// Where they are read. Cheap to clone.
pub(super) type Book = watch::Receiver<Arc<BellBook>>;

impl BellBook {
    fn new(bells: Vec<Bell>, sounders: Vec<Sounder>) -> Self {
        let bells = bells.into_iter().map(|bell| (bell.spec.device.to_lowercase(), Arc::new(bell)));
        Self { bells: bells.collect(), sounders: sounders.into_iter().map(Arc::new).collect() }
    }

    /// The bell of a device.
    pub(super) fn of_device(&self, device: &str) -> Option<&Arc<Bell>> {
        self.bells.get(&device.to_lowercase())
    }

    /// Every bell.
    pub(super) fn bells(&self) -> impl Iterator<Item = &Arc<Bell>> {
        self.bells.values()
    }
}

/// Keeps them equal to the stored ones.
pub(super) struct BellKeeper {
    index: Index,
    book: watch::Sender<Arc<BellBook>>,
    changed: Arc<Notify>,
    stop: CancellationToken,
}

impl BellKeeper {
    pub(super) fn new(index: Index, stop: CancellationToken) -> Self {
        Self { index, book: watch::Sender::default(), changed: Arc::default(), stop }
    }

    pub(super) fn book(&self) -> Book {
        self.book.subscribe()
    }

    /// Where it is told of changes.
    pub(super) fn changes(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// Works until the server stops.
    pub(super) async fn run(self) {
        keep("bells and sounders", &self.book, &self.changed, &self.stop, || self.read()).await;
    }

    async fn read(&self) -> index::Result<BellBook> {
        let bells = self.index.bells(&Visibility::All).await?;
        Ok(BellBook::new(bells, self.index.sounders(&Visibility::All).await?))
    }
}
