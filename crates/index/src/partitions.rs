//! Partitions by time: made ahead, dropped whole.

use domain::Timestamp;

use crate::{Index, Result};

/// A table that is partitioned by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Partitioned {
    /// `segments`, by week.
    Segments,
    /// `activity`, by week.
    Activity,
    /// `events`, by month.
    Events,
    /// `audit`, by month.
    Audit,
}

impl Index {
    /// Makes the partitions of the present and the coming time; call at start and hourly.
    /// ([`Index::prepare`] does it once.)
    pub async fn ensure_partitions(&self, now: Timestamp) -> Result<()> {
        todo!()
    }

    /// Drops partitions that end before `before`, with all their rows; returns their names. For segments,
    /// only partitions that retention has emptied are dropped.
    pub async fn drop_partitions(&self, table: Partitioned, before: Timestamp) -> Result<Vec<String>> {
        todo!()
    }
}
