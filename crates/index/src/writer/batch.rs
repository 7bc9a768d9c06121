//! One batch, one transaction.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use tokio::time::timeout;

use super::Record;
use crate::partitions::Partitioned;
use crate::{Index, IndexError, Result, activity, events, gaps, quiet, review};

/// Longest attempt before the database counts as gone.
const LIMIT: Duration = Duration::from_secs(10);

impl Index {
    /// Writes a batch, all or nothing.
    pub(super) async fn write_batch(&self, records: &[Record]) -> Result<()> {
        let attempt = async {
            match self.try_write_batch(records).await {
                // Somebody dropped a partition that we thought to exist: make it anew.
                Err(IndexError::Database(error)) if lacks_partition(&error) => {
                    self.forget_partitions();
                    self.try_write_batch(records).await
                }
                done => done,
            }
        };
        timeout(LIMIT, attempt).await.unwrap_or_else(|_| {
            Err(IndexError::Unavailable { reason: format!("no answer within {} s", LIMIT.as_secs()) })
        })
    }

    async fn try_write_batch(&self, records: &[Record]) -> Result<()> {
        let (mut segments, mut gap_rows, mut minutes) = (vec![], vec![], vec![]);
        let (mut event_rows, mut firings, mut suppressed) = (vec![], vec![], vec![]);
        for record in records {
            match record {
                Record::Segment(segment) => segments.push(segment),
                Record::Gap(gap) => gap_rows.push(gap),
                Record::Activity(minute) => minutes.push(minute),
                Record::Event(event) => event_rows.push(&**event),
                Record::Firing(firing) => firings.push(&**firing),
                Record::Suppressed(firing) => suppressed.push(&**firing),
            }
        }
        self.prepare_segments(&segments).await?;
        self.ensure_partitions_for(Partitioned::Activity, minutes.iter().map(|row| row.minute)).await?;
        self.ensure_partitions_for(Partitioned::Events, event_rows.iter().map(|row| row.event.first_seen))
            .await?;
        let mut transaction = self.pool.begin().await?;
        let connection: &mut PgConnection = &mut transaction;
        // A power cut may cost the last half second of rows, as it costs the last seconds of video. Waiting for the
        // disk five times a second would slow down the recording itself.
        sqlx::query("SET LOCAL synchronous_commit = off").execute(&mut *connection).await?;
        if !segments.is_empty() {
            self.write_segments(connection, &segments).await?;
        }
        if !gap_rows.is_empty() {
            gaps::write(connection, &gap_rows).await?;
        }
        if !minutes.is_empty() {
            activity::write(connection, &minutes).await?;
        }
        if !event_rows.is_empty() {
            events::write(connection, &event_rows).await?;
        }
        if !firings.is_empty() {
            review::write(connection, &firings).await?;
        }
        if !suppressed.is_empty() {
            quiet::write(connection, &suppressed).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// 23514 is also what a violated check gives; the message tells them apart.
fn lacks_partition(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|refusal| {
        refusal.code().as_deref() == Some("23514")
            && refusal.message().starts_with("no partition of relation")
    })
}
