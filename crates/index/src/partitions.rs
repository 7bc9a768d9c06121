//! Partitions by time: made ahead, dropped whole.
//!
//! Segments and activity go by week: at 64 cameras a week is some 1.3 million rows, small enough to drop or vacuum
//! in passing, and 60 days are nine of them. Events and the audit log are far fewer and kept for longer: by month,
//! so that years stay a few dozen tables. There is no default partition: the newest partition then answers
//! "newest first" alone, and a row of any time finds or makes its own.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};
use domain::Timestamp;

use crate::columns::at;
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

impl Partitioned {
    /// Every partitioned table.
    pub const ALL: [Self; 4] = [Self::Segments, Self::Activity, Self::Events, Self::Audit];

    /// The table's name.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::Segments => "segments",
            Self::Activity => "activity",
            Self::Events => "events",
            Self::Audit => "audit",
        }
    }

    /// First day of the partition that holds the day: a Monday, or the first of a month.
    fn first_day(self, day: NaiveDate) -> NaiveDate {
        match self {
            Self::Segments | Self::Activity => day.week(chrono::Weekday::Mon).first_day(),
            Self::Events | Self::Audit => day.with_day(1).unwrap_or(day),
        }
    }

    /// First day of the next partition.
    fn next(self, first: NaiveDate) -> NaiveDate {
        match self {
            Self::Segments | Self::Activity => first.checked_add_days(Days::new(7)),
            Self::Events | Self::Audit => first.checked_add_months(Months::new(1)),
        }
        .unwrap_or(NaiveDate::MAX)
    }
}

/// One partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Partition {
    table: Partitioned,
    first: NaiveDate,
}

impl Partition {
    fn of(table: Partitioned, time: Timestamp) -> Self {
        Self { table, first: table.first_day(at(time).date_naive()) }
    }

    /// `segments_20261123`: the table and the first day.
    fn name(self) -> String {
        format!("{}_{}", self.table.table(), self.first.format("%Y%m%d"))
    }

    fn named(table: Partitioned, name: &str) -> Option<Self> {
        let day = name.strip_prefix(table.table())?.strip_prefix('_')?;
        let first = NaiveDate::parse_from_str(day, "%Y%m%d").ok()?;
        (first == table.first_day(first)).then_some(Self { table, first })
    }

    fn lower(self) -> DateTime<Utc> {
        self.first.and_time(NaiveTime::MIN).and_utc()
    }

    fn upper(self) -> DateTime<Utc> {
        self.table.next(self.first).and_time(NaiveTime::MIN).and_utc()
    }
}

impl Index {
    /// Makes the partitions of the present and the coming time; call at start and hourly.
    /// ([`Index::prepare`] does it once.)
    pub async fn ensure_partitions(&self, now: Timestamp) -> Result<()> {
        for table in Partitioned::ALL {
            let present = Partition::of(table, now);
            let coming = Partition { table, first: table.next(present.first) };
            self.ensure(present).await?;
            self.ensure(coming).await?;
        }
        Ok(())
    }

    /// Makes the partitions that rows of these times need.
    pub(crate) async fn ensure_partitions_for(
        &self,
        table: Partitioned,
        times: impl IntoIterator<Item = Timestamp>,
    ) -> Result<()> {
        let mut last = None;
        for time in times {
            let partition = Partition::of(table, time);
            if last != Some(partition) {
                self.ensure(partition).await?;
                last = Some(partition);
            }
        }
        Ok(())
    }

    async fn ensure(&self, partition: Partition) -> Result<()> {
        if lock(&self.partitions).contains(&partition) {
            return Ok(());
        }
        sqlx::query("SELECT ensure_partition($1, $2, $3, $4)")
            .bind(partition.table.table())
            .bind(partition.name())
            .bind(partition.lower())
            .bind(partition.upper())
            .execute(&self.pool)
            .await?;
        lock(&self.partitions).insert(partition);
        Ok(())
    }

    /// Forgets which partitions exist: somebody else dropped one.
    pub(crate) fn forget_partitions(&self) {
        lock(&self.partitions).clear();
    }

    /// Drops partitions that end before `before`; returns their names. Partitions of segments are dropped only
    /// once retention has emptied them, since files must go before their rows; all others go with their rows.
    pub async fn drop_partitions(&self, table: Partitioned, before: Timestamp) -> Result<Vec<String>> {
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = to_regclass($1) ORDER BY 1",
        )
        .bind(table.table())
        .fetch_all(&self.pool)
        .await?;
        let mut dropped = Vec::new();
        for name in names {
            let Some(partition) = Partition::named(table, &name) else { continue };
            if partition.upper() > at(before) {
                continue;
            }
            let mut transaction = self.pool.begin().await?;
            // Waits for no one for long: dropping is tried again in an hour.
            sqlx::query("SET LOCAL lock_timeout = '5s'").execute(&mut *transaction).await?;
            if table == Partitioned::Segments {
                let lock = format!("LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE");
                sqlx::query(sqlx::AssertSqlSafe(lock)).execute(&mut *transaction).await?;
                let exists = format!("SELECT EXISTS (SELECT FROM {name})");
                let used: bool =
                    sqlx::query_scalar(sqlx::AssertSqlSafe(exists)).fetch_one(&mut *transaction).await?;
                if used {
                    continue;
                }
            }
            let drop = format!("DROP TABLE {name}");
            sqlx::query(sqlx::AssertSqlSafe(drop)).execute(&mut *transaction).await?;
            transaction.commit().await?;
            lock(&self.partitions).remove(&partition);
            tracing::info!(partition = name, "dropped a partition that is older than anything kept");
            dropped.push(name);
        }
        Ok(dropped)
    }
}

/// A lock whose holders cannot fail half-way; a poisoned one holds good data.
fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_time_has_one_partition(micros in Timestamp::MIN.as_micros()..=Timestamp::MAX.as_micros()) {
            let time = Timestamp::from_micros(micros);
            for table in Partitioned::ALL {
                let partition = Partition::of(table, time);
                prop_assert!(partition.lower() <= at(time) && at(time) < partition.upper());
                prop_assert_eq!(Partition::of(table, partition.lower().into()), partition);
                prop_assert_eq!(Partition::of(table, Timestamp::from(partition.upper()).plus_micros(-1)), partition);
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        let partition = Partition::of(Partitioned::Segments, "2026-11-25T10:00:00Z".parse().unwrap());
        assert_eq!(partition.name(), "segments_20261123");
        assert_eq!(Partition::named(Partitioned::Segments, "segments_20261123"), Some(partition));
        assert_eq!(Partition::named(Partitioned::Segments, "segments_20261124"), None);
    }
}
