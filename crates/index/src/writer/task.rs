//! The writer's loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::rejected::Rejected;
use super::spool::{Spool, count_lost};
use super::{Record, WriterLimits};
use crate::Index;

/// First pause after the database was found gone; doubled up to [`MOST_BACK_OFF`].
const FIRST_BACK_OFF: Duration = Duration::from_millis(250);
const MOST_BACK_OFF: Duration = Duration::from_secs(5);

/// How long to look whether the database is back. Rows that come in meanwhile wait in the queue.
const PROBE_LIMIT: Duration = Duration::from_secs(1);

/// How long the last write may take when shutting down, before the rows go to the spool.
const LAST_LIMIT: Duration = Duration::from_secs(3);

/// What the handle sends.
#[derive(Debug)]
pub(super) enum Message {
    Record(Box<Record>),
    Flush(oneshot::Sender<bool>),
}

/// The writer's state.
pub(super) struct Task {
    index: Index,
    spool: Spool,
    rejected: Rejected,
    limits: WriterLimits,
    spooled: Arc<AtomicU64>,
    /// Rows that could not even be spooled, to be tried again.
    held: Vec<Record>,
    back_off: Duration,
    next_attempt: Instant,
}

impl Task {
    pub(super) fn new(
        index: Index,
        spool: Spool,
        rejected: Rejected,
        limits: WriterLimits,
        spooled: Arc<AtomicU64>,
    ) -> Self {
        Self {
            index,
            spool,
            rejected,
            limits,
            spooled,
            held: Vec::new(),
            back_off: FIRST_BACK_OFF,
            next_attempt: Instant::now(),
        }
    }

    pub(super) async fn run(mut self, mut messages: mpsc::Receiver<Message>, shutdown: CancellationToken) {
        loop {
            let waiting = !self.spool.is_empty() || !self.held.is_empty();
            let first = tokio::select! {
                first = messages.recv() => first,
                () = sleep_until(self.next_attempt), if waiting => {
                    self.replay(&shutdown).await;
                    continue;
                }
                () = shutdown.cancelled() => {
                    messages.close();
                    None
                }
            };
            let Some(first) = first else { break };
            let flushes = self.gather(first, &mut messages).await;
            self.report(messages.len());
            for flush in flushes {
                // The asker may have gone.
                let _ = flush.send(self.spool.is_empty() && self.held.is_empty());
            }
        }
        self.finish(messages).await;
    }

    /// Collects rows for a moment, then puts them where they belong. Returns who waits for that.
    async fn gather(
        &mut self,
        first: Message,
        messages: &mut mpsc::Receiver<Message>,
    ) -> Vec<oneshot::Sender<bool>> {
        let (mut records, mut flushes) = (Vec::new(), Vec::new());
        let until = Instant::now() + self.limits.delay;
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Record(record) => records.push(*record),
                Message::Flush(flush) => {
                    flushes.push(flush);
                    break;
                }
            }
            if records.len() >= self.limits.batch {
                break;
            }
            next = timeout_at(until, messages.recv()).await.ok().flatten();
        }
        self.put(records).await;
        flushes
    }

    /// To the database where nothing waits before them and it is there; else to the spool.
    async fn put(&mut self, records: Vec<Record>) {
        if records.is_empty() {
            return;
        }
        if self.spool.is_empty() && self.held.is_empty() {
            let Some(left) = self.write(records).await else { return };
            tracing::warn!(rows = left.len(), "the database is gone: rows wait in the spool");
            self.set_back();
            self.keep(left);
        } else {
            self.keep(records);
        }
    }

    /// Writes rows; returns those that must wait, in order.
    async fn write(&self, records: Vec<Record>) -> Option<Vec<Record>> {
        let started = Instant::now();
        let error = match self.index.write_batch(&records).await {
            Ok(()) => {
                metrics::histogram!("taimat_index_write_seconds").record(started.elapsed().as_secs_f64());
                count_written(&records);
                return None;
            }
            Err(error) => error,
        };
        if error.is_transient() {
            tracing::debug!(%error, "a batch must wait");
            return Some(records);
        }
        if !error.blames_row() {
            tracing::error!(%error, rows = records.len(), "the database cannot take rows now: they wait");
            return Some(records);
        }
        // Some row is at fault. One by one, so that it alone is set aside.
        let mut rows = records.into_iter();
        while let Some(record) = rows.next() {
            match self.index.write_batch(std::slice::from_ref(&record)).await {
                Ok(()) => count_written(std::slice::from_ref(&record)),
                Err(error) if error.is_transient() => {
                    return Some(std::iter::once(record).chain(rows).collect());
                }
                Err(error) => self.rejected.set_aside(&record, &error),
            }
        }
        None
    }

    /// Puts rows to the end of what waits. Where the disk refuses, some are held in memory.
    fn keep(&mut self, records: Vec<Record>) {
        metrics::counter!("taimat_index_rows_spooled_total").increment(records.len() as u64);
        self.held.extend(records);
        match self.spool.append(&self.held) {
            Ok(()) => self.held.clear(),
            Err(error) => {
                let excess = self.held.len().saturating_sub(self.limits.queue);
                let lost: Vec<Record> = self.held.drain(..excess).collect();
                count_lost(&lost);
                tracing::error!(
                    %error,
                    held = self.held.len(),
                    lost = lost.len(),
                    "rows cannot be spooled. Segments among the lost are found again by `taimat reindex`"
                );
            }
        }
        self.spooled.store(self.spool.bytes(), Ordering::Relaxed);
    }

    /// Sends what waits to the database, one file, if the database is back.
    async fn replay(&mut self, shutdown: &CancellationToken) {
        let back = matches!(timeout(PROBE_LIMIT, self.index.ping()).await, Ok(Ok(())));
        if !back {
            self.set_back();
            return;
        }
        if !self.held.is_empty() {
            // Behind the spool, so that order is kept.
            self.keep(Vec::new());
        }
        let records = match self.spool.oldest() {
            Ok(Some(records)) => records,
            Ok(None) => {
                let held = std::mem::take(&mut self.held);
                if let Some(left) = self.write(held).await {
                    self.held = left;
                    self.set_back();
                }
                return;
            }
            Err(error) => {
                tracing::error!(%error, "a spool file cannot be read and is set aside");
                if let Err(error) = self.spool.set_aside_oldest() {
                    tracing::error!(%error, "nor can it be renamed");
                }
                self.set_back();
                return;
            }
        };
        let rows = records.len();
        let mut rest = records.into_iter();
        loop {
            let batch: Vec<Record> = rest.by_ref().take(self.limits.batch.max(1)).collect();
            if batch.is_empty() {
                break;
            }
            if shutdown.is_cancelled() || self.write(batch).await.is_some() {
                self.set_back();
                return;
            }
        }
        if let Err(error) = self.spool.remove_oldest() {
            tracing::error!(%error, "a spool file that was written to the database cannot be removed");
        }
        self.back_off = FIRST_BACK_OFF;
        self.next_attempt = Instant::now();
        self.report(0);
        if self.spool.is_empty() {
            tracing::info!(rows, "the spool is empty: every row is in the database");
        }
    }

    fn set_back(&mut self) {
        self.next_attempt = Instant::now() + self.back_off;
        self.back_off = (self.back_off * 2).min(MOST_BACK_OFF);
    }

    fn report(&self, queued: usize) {
        let bytes = self.spool.bytes();
        self.spooled.store(bytes, Ordering::Relaxed);
        metrics::gauge!("taimat_index_spool_bytes").set(bytes as f64);
        metrics::gauge!("taimat_index_queue_rows").set(queued as f64);
    }

    /// What came before the end, to the database quickly or to the spool.
    async fn finish(mut self, mut messages: mpsc::Receiver<Message>) {
        let (mut records, mut flushes) = (Vec::new(), Vec::new());
        while let Some(message) = messages.recv().await {
            match message {
                Message::Record(record) => records.push(*record),
                Message::Flush(flush) => flushes.push(flush),
            }
        }
        let until = Instant::now() + LAST_LIMIT;
        let mut rest = records.into_iter();
        loop {
            let batch: Vec<Record> = rest.by_ref().take(self.limits.batch.max(1)).collect();
            if batch.is_empty() {
                break;
            }
            let direct = self.spool.is_empty() && self.held.is_empty();
            let left = if direct {
                timeout_at(until, self.write(batch.clone())).await.unwrap_or(Some(batch))
            } else {
                Some(batch)
            };
            if let Some(left) = left {
                self.keep(left);
            }
        }
        if !self.held.is_empty() {
            self.keep(Vec::new());
        }
        if !self.held.is_empty() {
            count_lost(&self.held);
            tracing::error!(lost = self.held.len(), "rows could neither be written nor spooled");
        }
        self.report(0);
        for flush in flushes {
            let _ = flush.send(self.spool.is_empty() && self.held.is_empty());
        }
    }
}

fn count_written(records: &[Record]) {
    for record in records {
        metrics::counter!("taimat_index_rows_written_total", "table" => record.table()).increment(1);
    }
}
