//! Time: one [`Timestamp`] type, and a [`Clock`] that tests can move.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A moment: microseconds since 1970-01-01T00:00:00 UTC. Written as RFC 3339 in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(value_type = String, format = DateTime, example = "2026-11-23T07:00:00.000000Z")
)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest moment that can be written as RFC 3339 with a four-digit year: the year 0001.
    pub const MIN: Self = Self(-62_135_596_800_000_000);
    /// The latest such moment: the end of the year 9999.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// From microseconds since the Unix epoch, held within [`Self::MIN`] and [`Self::MAX`].
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::MIN.0 {
            Self::MIN
        } else if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Microseconds from `earlier` to `self`; negative where `earlier` is later.
    #[must_use]
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The time from `earlier` to `self`; zero where `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.micros_since(earlier)).unwrap_or(0))
    }

    /// `self` moved by microseconds, forward or back, held within the range of the type.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// The start of the UTC minute that holds this moment.
    #[must_use]
    pub const fn minute(self) -> Self {
        Self(self.0 - self.0.rem_euclid(60_000_000))
    }

    /// As a `chrono` date and time.
    #[must_use]
    pub fn to_datetime(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, by: Duration) -> Self {
        self.plus_micros(i64::try_from(by.as_micros()).unwrap_or(i64::MAX))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, by: Duration) -> Self {
        self.plus_micros(i64::try_from(by.as_micros()).map_or(i64::MIN, |micros| -micros))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self::from_micros(at.timestamp_micros())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_datetime().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is no RFC 3339 date and time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a date and time with a zone, such as 2026-11-23T07:00:00Z or 2026-11-23T14:00:00+07:00"
)]
pub struct NotATimestamp {
    /// What was given.
    pub text: String,
}

impl FromStr for Timestamp {
    type Err = NotATimestamp;
    fn from_str(text: &str) -> Result<Self, NotATimestamp> {
        DateTime::parse_from_rfc3339(text.trim())
            .map(|at| Self::from_micros(at.timestamp_micros()))
            .map_err(|_| NotATimestamp { text: text.chars().take(64).collect() })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(self) } else { to.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            String::deserialize(from)?.parse().map_err(de::Error::custom)
        } else {
            i64::deserialize(from).map(Self::from_micros)
        }
    }
}

/// A half-open span of time: `from` is in it, `to` is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimeRange {
    /// The first moment of the span.
    pub from: Timestamp,
    /// The first moment after the span.
    pub to: Timestamp,
}

impl TimeRange {
    /// A span; `None` unless `from` is before `to`.
    #[must_use]
    pub fn new(from: Timestamp, to: Timestamp) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// How long the span is.
    #[must_use]
    pub fn duration(self) -> Duration {
        self.to.since(self.from)
    }

    /// Whether the moment lies in the span.
    #[must_use]
    pub fn contains(self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// The part that both spans share.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }
}

/// Where time comes from, so that a test can simulate a week in a second.
pub trait Clock: Send + Sync + 'static {
    /// The server's wall clock. It may step.
    fn now(&self) -> Timestamp;
    /// Time since an arbitrary start. It never steps.
    fn monotonic(&self) -> Duration;
}

/// The machine's own clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: std::time::Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: std::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Utc::now().into()
    }
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug, Default)]
pub struct ManualClock {
    wall: AtomicI64,
    monotonic: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { wall: AtomicI64::new(now.as_micros()), monotonic: AtomicI64::new(0) }
    }

    /// Lets time pass, on both clocks.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.wall.fetch_add(micros, Ordering::SeqCst);
        self.monotonic.fetch_add(micros, Ordering::SeqCst);
    }

    /// Steps the wall clock alone, as an operator or NTP does.
    pub fn step_wall(&self, micros: i64) {
        self.wall.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.wall.load(Ordering::SeqCst))
    }
    fn monotonic(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.monotonic.load(Ordering::SeqCst)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_and_back(micros in Timestamp::MIN.as_micros()..=Timestamp::MAX.as_micros()) {
            let at = Timestamp::from_micros(micros);
            prop_assert_eq!(at.to_string().parse::<Timestamp>(), Ok(at));
        }

        #[test]
        fn arithmetic_never_leaves_the_range(micros: i64, by: i64) {
            let moved = Timestamp::from_micros(micros).plus_micros(by);
            prop_assert!((Timestamp::MIN..=Timestamp::MAX).contains(&moved));
        }
    }

    #[test]
    fn zones_are_understood_and_a_missing_zone_is_refused() {
        let hue: Timestamp = "2026-11-23T14:00:00+07:00".parse().unwrap();
        assert_eq!(hue.to_string(), "2026-11-23T07:00:00.000000Z");
        assert!("2026-11-23T14:00:00".parse::<Timestamp>().is_err());
    }

    #[test]
    fn ranges_are_half_open() {
        let [a, b, c] = [1, 2, 3].map(Timestamp::from_micros);
        let range = TimeRange::new(a, c).unwrap();
        assert!(range.contains(a) && range.contains(b) && !range.contains(c));
        assert_eq!(TimeRange::new(b, b), None);
    }
}
