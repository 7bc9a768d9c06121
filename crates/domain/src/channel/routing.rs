//! What goes out on a channel, and when.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::check::{Checked, invalid};
use crate::{RuleId, Schedule, Severity, Timestamp};

/// Most rules that one channel names.
const MOST_RULES: usize = 1000;
/// Longest time that a digest gathers, in minutes: a day.
const LONGEST_DIGEST: u32 = 24 * 60;

/// What goes out on a channel, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Routing {
    /// At least so severe.
    pub least_severity: Severity,
    /// Flagged by one of these rules; none: by any.
    pub rules: Vec<RuleId>,
    /// Whether it is told as well that somebody has decided, or has taken that back, where it was told before.
    pub resolved: bool,
    /// When only alarms go out; the rest waits and follows as one digest.
    pub quiet: Option<Schedule>,
    /// What is less than an alarm is gathered for so many minutes and goes out as one digest.
    pub digest_minutes: Option<u32>,
}

impl Default for Routing {
    fn default() -> Self {
        Self {
            least_severity: Severity::Alert,
            rules: Vec::new(),
            resolved: false,
            quiet: None,
            digest_minutes: None,
        }
    }
}

impl Routing {
    pub(super) fn check(&self) -> Checked {
        if self.rules.len() > MOST_RULES {
            return invalid("routing.rules", format!("at most {MOST_RULES}: leave it empty for all"));
        }
        if let Some(problem) = self.quiet.as_ref().and_then(Schedule::problem) {
            return invalid("routing.quiet", problem);
        }
        match self.digest_minutes {
            Some(minutes) if !(1..=LONGEST_DIGEST).contains(&minutes) => {
                invalid("routing.digest_minutes", format!("{minutes} is not from 1 to {LONGEST_DIGEST}"))
            }
            _ => Ok(()),
        }
    }

    /// Until when something of this severity waits for others to go out with it; `None`: it goes out now.
    #[must_use]
    pub fn held_until(&self, severity: Severity, now: Timestamp) -> Option<Timestamp> {
        if severity >= Severity::Alarm {
            return None;
        }
        let digest = self.digest_minutes.map(|minutes| {
            let step = i64::from(minutes) * 60_000_000;
            now.plus_micros(step - now.as_micros().rem_euclid(step))
        });
        let from = digest.unwrap_or(now);
        let quiet = self.quiet.as_ref().and_then(|quiet| after_quiet(quiet, from));
        quiet.or(digest)
    }
}

/// The first minute that is not quiet, a week later at most; `None` where it is not quiet now.
fn after_quiet(quiet: &Schedule, now: Timestamp) -> Option<Timestamp> {
    if !quiet.holds(now) {
        return None;
    }
    let minutes = (1..=7 * 24 * 60).map(|minute| now.minute() + Duration::from_secs(minute * 60));
    let mut minutes = minutes.skip_while(|minute| quiet.holds(*minute));
    // Quiet for ever is quiet for a week.
    Some(minutes.next().unwrap_or(now + Duration::from_hours(7 * 24)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn alarms_pass_and_the_rest_waits_for_the_morning_or_for_the_digest() {
        let nights: Schedule = serde_json::from_str(
            r#"{"weekly": [{"days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
                "from": "22:00", "to": "05:30"}]}"#,
        )
        .unwrap();
        let quiet = Routing { quiet: Some(nights), ..Routing::default() };
        // The clock of the place is seven hours ahead of UTC.
        let night = at("2026-11-24T16:20:30Z");
        assert_eq!(quiet.held_until(Severity::Alarm, night), None);
        assert_eq!(quiet.held_until(Severity::Alert, night), Some(at("2026-11-24T22:30:00Z")));
        assert_eq!(quiet.held_until(Severity::Alert, at("2026-11-24T22:30:00Z")), None);
        let gathering = Routing { digest_minutes: Some(30), ..quiet.clone() };
        assert_eq!(
            gathering.held_until(Severity::Notice, at("2026-11-24T03:10:00Z")),
            Some(at("2026-11-24T03:30:00Z"))
        );
        assert_eq!(gathering.held_until(Severity::Notice, night), Some(at("2026-11-24T22:30:00Z")));
        assert_eq!(Routing::default().held_until(Severity::Notice, night), None);
    }
}
