//! The writer: what the recorder and analysis produce, in batches, through a spool while the database is gone.
//!
//! Rows go to the database in the order in which they came. While it is gone, or rows from before still wait in the
//! spool, new ones go to the end of the spool. Nothing that produces rows ever waits for the database: attempts are
//! short, and what comes in meanwhile fits the queue.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::{ActivityMinute, EventRecord, Firing, Gap, Segment, Suppressed};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::Index;

mod batch;
mod rejected;
pub mod spool;
mod task;

use rejected::Rejected;
use spool::Spool;
use task::{Message, Task};

/// A row on its way. Writing one twice is writing it once: a later row of the same key replaces the earlier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Record {
    /// A segment, open or closed.
    Segment(Segment),
    /// A gap, begun, ended or caught up.
    Gap(Gap),
    /// A minute's activity.
    Activity(ActivityMinute),
    /// An event with its footage, in one transaction.
    Event(Box<EventRecord>),
    /// A rule fired: with its review item, in one transaction.
    Firing(#[serde(with = "as_json")] Box<Firing>),
    /// A rule fired for what its camera has learnt to be quiet about.
    Suppressed(#[serde(with = "as_json")] Box<Suppressed>),
}

/// Postcard, the format of the spool, knows no flattened and tagged types, of which rules are made.
mod as_json {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serde_json::to_string(value).map_err(ser::Error::custom)?.serialize(serializer)
    }

    pub(super) fn deserialize<'de, T: de::DeserializeOwned, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        serde_json::from_str(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl Record {
    /// The table, for metrics and logs.
    #[must_use]
    pub const fn table(&self) -> &'static str {
        match self {
            Self::Segment(_) => "segments",
            Self::Gap(_) => "gaps",
            Self::Activity(_) => "activity",
            Self::Event(_) => "events",
            Self::Firing(_) => "firings",
            Self::Suppressed(_) => "suppressed_firings",
        }
    }
}

/// How much the writer holds.
#[derive(Clone, Debug)]
pub struct WriterLimits {
    /// Rows in memory before senders wait.
    pub queue: usize,
    /// Rows a transaction.
    pub batch: usize,
    /// How long a row waits for company.
    pub delay: Duration,
    /// Bytes of the spool on disk.
    pub spool_bytes: u64,
}

impl Default for WriterLimits {
    fn default() -> Self {
        Self { queue: 4096, batch: 500, delay: Duration::from_millis(200), spool_bytes: 1 << 30 }
    }
}

/// Why the writer does not start or take rows.
#[derive(Debug, thiserror::Error)]
pub enum WriterError {
    /// The spool folder cannot be used.
    #[error("the spool folder {path} cannot be used: {source}")]
    Spool {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The writer has ended: it was shut down.
    #[error("the index writer has ended")]
    Ended,
}

/// Starts the writer.
#[derive(Debug)]
pub struct Writer;

impl Writer {
    /// Takes rows until every handle is dropped or `shutdown`, then writes what it holds to the database or,
    /// failing that, to the spool, and ends. Rows that an earlier run left in the spool go first.
    pub fn start(
        index: Index,
        spool: impl Into<PathBuf>,
        limits: WriterLimits,
        shutdown: CancellationToken,
    ) -> Result<(WriterHandle, JoinHandle<()>), WriterError> {
        let spool = spool.into();
        let failed = |source| WriterError::Spool { path: spool.clone(), source };
        let rows = Spool::open(&spool, limits.spool_bytes).map_err(failed)?;
        let rejected = Rejected::new(spool.join("rejected.jsonl"));
        let (sender, receiver) = mpsc::channel(limits.queue.max(1));
        let spooled = Arc::new(AtomicU64::new(rows.bytes()));
        let task = Task::new(index, rows, rejected, limits, Arc::clone(&spooled));
        let runtime = tokio::runtime::Handle::current();
        // A thread of its own: writing the spool blocks.
        let task = tokio::task::spawn_blocking(move || runtime.block_on(task.run(receiver, shutdown)));
        Ok((WriterHandle { sender, spooled }, task))
    }
}

/// Takes rows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct WriterHandle {
    sender: mpsc::Sender<Message>,
    spooled: Arc<AtomicU64>,
}

impl WriterHandle {
    /// Hands a row over. Waits only while the queue in memory is full, never for a missing database.
    pub async fn send(&self, record: Record) -> Result<(), WriterError> {
        self.sender.send(Message::Record(Box::new(record))).await.map_err(|_| WriterError::Ended)
    }

    /// Waits until every row handed over before is in the database or in the spool.
    /// `true` where the spool is empty, so that all of it is in the database.
    pub async fn flush(&self) -> Result<bool, WriterError> {
        let (done, flushed) = oneshot::channel();
        self.sender.send(Message::Flush(done)).await.map_err(|_| WriterError::Ended)?;
        flushed.await.map_err(|_| WriterError::Ended)
    }

    /// Bytes that wait in the spool.
    #[must_use]
    pub fn spooled_bytes(&self) -> u64 {
        self.spooled.load(Ordering::Relaxed)
    }
}
