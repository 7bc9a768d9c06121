//! Timetables: when a rule holds, week after week, with exceptions, by the clock of a place.

use std::time::Duration;

use chrono::{DateTime, Datelike, Days, NaiveDate, Timelike, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Timestamp;

/// Minutes of a day, …
const DAY: u16 = 24 * 60;
/// … and of a week.
const WEEK: usize = 7 * DAY as usize;
/// Most spans and exceptions of one timetable.
const MOST: usize = 366;

/// A time of day by the clock on the wall, to the minute: `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, example = "22:00"))]
pub struct TimeOfDay(u16);

impl std::str::FromStr for TimeOfDay {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once(':').and_then(|(hours, minutes)| {
            let two = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            let (hours, minutes) = (two(hours).then_some(hours)?, two(minutes).then_some(minutes)?);
            Some((hours.parse::<u16>().ok()?, minutes.parse::<u16>().ok()?))
        });
        match parsed {
            Some((hours, minutes)) if minutes < 60 && hours * 60 + minutes <= DAY => {
                Ok(Self(hours * 60 + minutes))
            }
            _ => Err(format!("{text:?} is no time of day: write it as 07:30, from 00:00 to 24:00")),
        }
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    fn is(self, day: Weekday) -> bool {
        self as u32 == day.num_days_from_monday()
    }
}

/// From one time of day to another. Where `to` is not after `from`, it goes on past midnight into the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DaySpan {
    /// Its beginning.
    pub from: TimeOfDay,
    /// Its end, which is not in it.
    pub to: TimeOfDay,
}

impl DaySpan {
    /// Whether a minute lies in it, counted from the midnight at which its day begins.
    fn holds(self, minute: u32) -> bool {
        self.minutes().contains(&minute)
    }

    /// Its minutes, counted so.
    fn minutes(self) -> std::ops::Range<u32> {
        let (from, to) = (u32::from(self.from.0), u32::from(self.to.0));
        from..if to <= from { to + u32::from(DAY) } else { to }
    }
}

/// The same span on some days of each week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WeeklySpan {
    /// The days on which it begins.
    pub days: Vec<Day>,
    /// Its beginning.
    pub from: TimeOfDay,
    /// Its end, which is not in it; of the next day where it is not after `from`.
    pub to: TimeOfDay,
}

/// A date on which other spans hold than in other weeks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExceptionDay {
    /// The date.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date, example = "2027-02-06"))]
    pub date: NaiveDate,
    /// What holds on it; nothing: it is off.
    pub spans: Vec<DaySpan>,
}

/// A timetable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The clock that it goes by, a name of the IANA time zone database.
    #[serde(default = "home")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "Asia/Ho_Chi_Minh"))]
    pub time_zone: Tz,
    /// What holds week after week.
    pub weekly: Vec<WeeklySpan>,
    /// Dates on which something else holds.
    #[serde(default)]
    pub exceptions: Vec<ExceptionDay>,
}

fn home() -> Tz {
    Tz::Asia__Ho_Chi_Minh
}

/// A moment by the clock on the wall of the places that are served.
#[must_use]
pub fn at_home(time: Timestamp) -> DateTime<Tz> {
    time.to_datetime().with_timezone(&home())
}

impl Schedule {
    /// Whether a moment lies in it. A span belongs to the day on which it begins, and so does its exception.
    #[must_use]
    pub fn holds(&self, time: Timestamp) -> bool {
        let local: DateTime<Tz> = time.to_datetime().with_timezone(&self.time_zone);
        let (today, minute) = (local.date_naive(), local.hour() * 60 + local.minute());
        let yesterday = today.checked_sub_days(Days::new(1));
        self.begun_on(today, minute)
            || yesterday.is_some_and(|yesterday| self.begun_on(yesterday, minute + u32::from(DAY)))
    }

    fn begun_on(&self, date: NaiveDate, minute: u32) -> bool {
        if let Some(exception) = self.exceptions.iter().find(|exception| exception.date == date) {
            return exception.spans.iter().any(|span| span.holds(minute));
        }
        let on = |span: &&WeeklySpan| span.days.iter().any(|day| day.is(date.weekday()));
        self.weekly.iter().filter(on).any(|span| DaySpan { from: span.from, to: span.to }.holds(minute))
    }

    /// The longest time for which it holds without a break, as its weeks say; `None` where it always holds, or where dates
    /// on which something else holds may make it longer.
    #[must_use]
    pub fn longest(&self) -> Option<Duration> {
        if self.exceptions.iter().any(|exception| !exception.spans.is_empty()) {
            return None;
        }
        let mut held = vec![false; WEEK];
        for span in &self.weekly {
            let minutes = DaySpan { from: span.from, to: span.to }.minutes();
            for (day, minute) in
                span.days.iter().flat_map(|day| minutes.clone().map(move |minute| (day, minute)))
            {
                let place = (*day as usize * usize::from(DAY) + minute as usize) % WEEK;
                held.get_mut(place).into_iter().for_each(|held| *held = true);
            }
        }
        if held.iter().all(|held| *held) {
            return None;
        }
        // Twice around, for what goes on from Sunday to Monday.
        let runs = held.iter().chain(&held).scan(0, |run, held| {
            *run = if *held { *run + 1 } else { 0 };
            Some(*run)
        });
        runs.max().map(Duration::from_mins)
    }

    /// Whether it held for the last time before a moment: nothing is weekly, and all its dates are past.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        let today = now.to_datetime().with_timezone(&self.time_zone).date_naive();
        // What begins on a day may end on the next.
        let ahead = |exception: &ExceptionDay| {
            !exception.spans.is_empty() && exception.date.checked_add_days(Days::new(1)) >= Some(today)
        };
        self.weekly.is_empty() && !self.exceptions.iter().any(ahead)
    }

    /// What is wrong with it, if anything.
    #[must_use]
    pub fn problem(&self) -> Option<&'static str> {
        let weekly = self.weekly.iter().any(|span| !span.days.is_empty());
        if self.weekly.len() > MOST || self.exceptions.len() > MOST {
            return Some("it has too many spans or exceptions: at most 366 of each");
        }
        if self.weekly.iter().any(|span| span.days.is_empty()) {
            return Some("a weekly span names no day");
        }
        let once = self.exceptions.iter().any(|exception| !exception.spans.is_empty());
        if !weekly && !once {
            return Some("it never holds: it has neither a weekly span nor an exception with one");
        }
        let dates: std::collections::HashSet<_> =
            self.exceptions.iter().map(|exception| exception.date).collect();
        (dates.len() < self.exceptions.len()).then_some("a date is excepted twice")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn time(text: &str) -> TimeOfDay {
        text.parse().unwrap()
    }

    fn nights() -> Schedule {
        Schedule {
            time_zone: home(),
            weekly: vec![WeeklySpan { days: vec![Day::Friday], from: time("22:00"), to: time("05:00") }],
            exceptions: vec![ExceptionDay {
                date: NaiveDate::from_ymd_opt(2026, 12, 4).unwrap(),
                spans: vec![],
            }],
        }
    }

    #[test]
    fn a_night_begins_on_its_day_by_the_clock_of_the_place_and_ends_on_the_next() {
        let nights = nights();
        // 2026-11-27 is a Friday; the clock of the place is seven hours ahead of UTC.
        assert!(!nights.holds(at("2026-11-27T14:59:00Z")));
        assert!(nights.holds(at("2026-11-27T15:00:00Z")) && nights.holds(at("2026-11-27T21:59:00Z")));
        assert!(!nights.holds(at("2026-11-27T22:00:00Z")), "five in the morning");
        assert!(!nights.holds(at("2026-11-26T16:00:00Z")), "Thursday");
        assert!(
            !nights.holds(at("2026-12-04T16:00:00Z")) && !nights.holds(at("2026-12-04T20:00:00Z")),
            "off"
        );
    }

    #[test]
    fn times_of_day_are_read_and_written() {
        assert_eq!(time("07:05").to_string(), "07:05");
        assert_eq!(time("24:00").to_string(), "24:00");
        for wrong in ["7:05", "24:01", "12:60", "", "12", "aa:bb", "+1:00"] {
            assert!(wrong.parse::<TimeOfDay>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn dates_that_are_past_are_over_and_a_week_never_is() {
        let span = DaySpan { from: time("22:00"), to: time("05:00") };
        let date = NaiveDate::from_ymd_opt(2026, 12, 4).unwrap();
        let dates = Schedule {
            weekly: vec![],
            exceptions: vec![ExceptionDay { date, spans: vec![span] }],
            ..nights()
        };
        assert!(!dates.is_over(at("2026-12-04T20:00:00Z")), "three in the morning of the fifth");
        assert!(dates.is_over(at("2026-12-05T17:00:00Z")), "the sixth has begun");
        assert!(!nights().is_over(at("2036-12-05T17:00:00Z")));
    }

    #[test]
    fn the_longest_stretch_goes_over_midnight_and_sunday() {
        let minutes = |text: &str| {
            let schedule: Schedule = serde_json::from_str(&format!(r#"{{"weekly": {text}}}"#)).unwrap();
            schedule.longest().map(|longest| longest.as_secs() / 60)
        };
        assert_eq!(minutes(r#"[{"days": ["friday"], "from": "22:00", "to": "05:00"}]"#), Some(7 * 60));
        let all = r#""monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday""#;
        assert_eq!(minutes(&format!(r#"[{{"days": [{all}], "from": "06:30", "to": "07:30"}}]"#)), Some(60));
        assert_eq!(minutes(&format!(r#"[{{"days": [{all}], "from": "00:00", "to": "24:00"}}]"#)), None);
        let weekend = r#"[{"days": ["saturday", "sunday"], "from": "00:00", "to": "24:00"},
            {"days": ["monday"], "from": "00:00", "to": "06:00"}]"#;
        assert_eq!(minutes(weekend), Some(54 * 60));
    }

    #[test]
    fn what_never_holds_is_said() {
        assert_eq!(nights().problem(), None);
        let never = Schedule { weekly: vec![], ..nights() };
        assert!(never.problem().unwrap().contains("never holds"));
        let text = r#"{"weekly": [{"days": ["monday"], "from": "00:00", "to": "24:00"}]}"#;
        let monday: Schedule = serde_json::from_str(text).unwrap();
        assert!(monday.holds(at("2026-11-22T17:00:00Z")) && !monday.holds(at("2026-11-22T16:59:59Z")));
        assert!(serde_json::from_str::<Schedule>(r#"{"weekly": [], "time_zone": "Mars/Base"}"#).is_err());
    }
}
