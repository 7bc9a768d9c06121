//! How domain types stand in columns: times as `timestamptz`, names as text, points as two numbers.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{GeoPoint, TimeRange, Timestamp};
use sqlx::postgres::types::PgInterval;

use crate::{IndexError, Result};

/// A moment as PostgreSQL takes it: both count microseconds.
pub(crate) fn at(time: Timestamp) -> DateTime<Utc> {
    time.to_datetime()
}

/// A span as PostgreSQL takes it, to the microsecond.
pub(crate) fn interval(span: Duration) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: i64::try_from(span.as_micros()).unwrap_or(i64::MAX) }
}

/// A span of time from two columns.
pub(crate) fn range(what: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<TimeRange> {
    TimeRange::new(from.into(), to.into()).ok_or_else(|| IndexError::Corrupt {
        what: what.to_owned(),
        problem: format!("it ends at {to}, not after its start at {from}"),
    })
}

/// A name from a column.
pub(crate) fn parse<T>(what: &str, text: &str) -> Result<T>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| corrupt(what, error))
}

/// A count from a column, where PostgreSQL has no unsigned numbers.
pub(crate) fn unsigned<T: TryFrom<i64>>(what: &str, number: i64) -> Result<T> {
    T::try_from(number).map_err(|_| corrupt(what, format!("{number} is out of range")))
}

/// A count for a column. What is beyond `i64` (8 EiB) is not a size of anything here.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A point from two columns.
pub(crate) fn point(latitude: Option<f64>, longitude: Option<f64>) -> Option<GeoPoint> {
    GeoPoint::new(latitude?, longitude?)
}

/// A row that cannot be read.
pub(crate) fn corrupt(what: &str, problem: impl Display) -> IndexError {
    IndexError::Corrupt { what: what.to_owned(), problem: problem.to_string() }
}
