//! The writer: what the recorder and analysis produce, in batches, through a spool while the database is gone.

use std::path::PathBuf;
use std::time::Duration;

use domain::{ActivityMinute, EventRecord, Gap, Segment};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::Index;

pub mod spool;

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
    /// The writer has ended.
    #[error("the index writer has ended")]
    Ended,
}

/// Starts the writer.
#[derive(Debug)]
pub struct Writer;

impl Writer {
    /// Takes rows until every handle is dropped or `shutdown`, then writes what it holds to the database or,
    /// failing that, to the spool, and ends.
    pub fn start(
        index: Index,
        spool: PathBuf,
        limits: WriterLimits,
        shutdown: CancellationToken,
    ) -> Result<(WriterHandle, JoinHandle<()>), WriterError> {
        todo!()
    }
}

/// Takes rows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct WriterHandle {}

impl WriterHandle {
    /// Hands a row over. Waits only while the queue in memory is full, never for a missing database.
    pub async fn send(&self, record: Record) -> Result<(), WriterError> {
        todo!()
    }

    /// Waits until every row handed over before is in the database or in the spool.
    /// `true` where the spool is empty, so that all of it is in the database.
    pub async fn flush(&self) -> Result<bool, WriterError> {
        todo!()
    }

    /// Bytes that wait in the spool.
    #[must_use]
    pub fn spooled_bytes(&self) -> u64 {
        todo!()
    }
}
