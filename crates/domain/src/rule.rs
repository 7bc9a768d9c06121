//! Rules: what is flagged, where and when. Data, not code: stored, tested on the past, and kept with every firing.

use serde::{Deserialize, Serialize};

use crate::check::{self, Checked, InvalidField, invalid};
use crate::{CameraId, Ground, Line, ObjectClass, PlaceId, RuleId, Schedule, Severity, Timestamp, Zone};

/// Longest time that a rule may wait for, in seconds: a day.
const LONGEST_WAIT: f32 = 86_400.0;
/// Time that it takes at least to tell a picture that stands still from one in which nothing happens, in seconds: between two
/// key frames, a quiet picture may well be sent as no change at all.
const SHORTEST_FREEZE: f32 = 60.0;
/// Longest time that a camera may be said to be turned: after half an hour, what it shows is its view.
const LONGEST_TURN: f32 = 1200.0;
/// Speeds that can be told apart, in km/h.
const SPEEDS: (f32, f32) = (3.0, 200.0);
/// Most objects that a rule may count to.
const MOST_OBJECTS: u32 = 200;
/// Most cameras that one rule names.
const MOST_CAMERAS: usize = 1000;

/// What must happen for a rule to fire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// An object is there, wherever it is.
    Appears {},
    /// An object comes into a zone, or is first seen in it.
    Enters {
        /// Where.
        zone: Zone,
    },
    /// An object goes out of a zone, or is last seen in it.
    Leaves {
        /// From where.
        zone: Zone,
    },
    /// An object stays in a zone for longer than this.
    Stays {
        /// Where.
        zone: Zone,
        /// Seconds.
        seconds: f32,
    },
    /// An object crosses a line.
    Crosses {
        /// Which line.
        line: Line,
        /// In which direction.
        #[serde(default)]
        direction: Crossing,
    },
    /// More objects than this are there at once.
    MoreThan {
        /// Where; anywhere in the picture without one.
        #[serde(default)]
        zone: Option<Zone>,
        /// How many are not too many yet.
        count: u32,
    },
    /// An object that moved before stands still for longer than this.
    Stops {
        /// Where; anywhere in the picture without one.
        #[serde(default)]
        zone: Option<Zone>,
        /// Seconds.
        seconds: f32,
    },
    /// An object goes against the direction of traffic.
    WrongWay {
        /// Where; anywhere in the picture without one.
        #[serde(default)]
        zone: Option<Zone>,
        /// The direction of traffic: an arrow of any length, right and down, in parts of the picture.
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<f32>))]
        allowed: [f32; 2],
    },
    /// An object goes faster than this over ground that was measured.
    Speed {
        /// The ground. Nothing is measured outside of it.
        ground: Ground,
        /// Kilometres an hour.
        kmh: f32,
    },
    /// More happens than is usual for longer than this, and no object is found in it.
    ActivityWithoutObject {
        /// Seconds.
        seconds: f32,
    },
    /// The camera has sent the very same picture for longer than this.
    Frozen {
        /// Seconds, 60 at least.
        seconds: f32,
    },
    /// The camera has been covered, or turned to another view, for longer than this.
    Covered {
        /// Seconds, 1200 at most: a view that stays for half an hour is taken for the camera's own.
        seconds: f32,
    },
    /// The disk of the recordings has been all but full, or too slow, for longer than this.
    StorageBehind {
        /// Seconds.
        seconds: f32,
    },
    /// The camera has sent nothing for longer than this.
    CameraOffline {
        /// Seconds.
        seconds: f32,
    },
    /// The camera's own clock is further from the server's than this.
    ClockWrong {
        /// Seconds.
        seconds: f32,
    },
    /// A household pressed its alarm bell. Every bell has this rule; none can be made of it.
    BellPressed {
        /// The bell's name.
        bell: String,
        /// Whose it is.
        household: String,
        /// Whether it was a trial.
        test: bool,
    },
    /// The battery of an alarm bell is low. Every bell has this rule; none can be made of it.
    BellBatteryLow {
        /// The bell's name.
        bell: String,
        /// What is left, in percent.
        percent: u8,
    },
    /// Nothing was heard of an alarm bell for longer than this. A bell that is to be heard of has this rule; none can
    /// be made of it.
    BellSilent {
        /// The bell's name.
        bell: String,
        /// Seconds.
        seconds: f32,
    },
    /// A resident told of something. Every report has this rule; none can be made of it.
    ReportReceived {
        /// Who told.
        sender: String,
        /// What they wrote.
        text: String,
    },
}

/// The direction in which a line is crossed, seen along it from its first point to its second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Crossing {
    /// Either.
    #[default]
    Any,
    /// From its left to its right.
    ToRight,
    /// From its right to its left.
    ToLeft,
}

/// What a person says of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// What people call it.
    #[cfg_attr(feature = "openapi", schema(example = "Người trong sân trường ban đêm"))]
    pub name: String,
    /// How much it matters.
    pub severity: Severity,
    /// Whether it is on.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The cameras that it holds for; none: all of its place and below.
    #[serde(default)]
    pub cameras: Vec<CameraId>,
    /// The classes that it holds for; none: all.
    #[serde(default)]
    pub classes: Vec<ObjectClass>,
    /// Least score of an object, 0 to 1.
    #[serde(default)]
    pub min_score: f32,
    /// Least height of an object, in parts of the picture's height, 0 to 1.
    #[serde(default)]
    pub min_height: f32,
    /// When it holds; always without one.
    #[serde(default)]
    pub schedule: Option<Schedule>,
    /// What must happen.
    pub condition: Condition,
    /// Seconds after it fired in which it does not fire again at the same camera.
    #[serde(default)]
    pub cool_down_seconds: u32,
}

fn yes() -> bool {
    true
}

/// A rule at a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rule {
    /// Identifier.
    pub id: RuleId,
    /// The place whose rule it is.
    pub place_id: PlaceId,
    /// What it says.
    #[serde(flatten)]
    pub spec: RuleSpec,
    /// When it was made.
    pub created_at: Timestamp,
    /// Raised by each change.
    pub version: i64,
}

impl Rule {
    /// A rule that the server makes by itself, of a thing of this name.
    #[must_use]
    pub fn built_in(
        id: RuleId,
        place_id: PlaceId,
        name: String,
        severity: Severity,
        condition: Condition,
        created_at: Timestamp,
    ) -> Self {
        let spec = RuleSpec {
            name,
            severity,
            enabled: true,
            cameras: Vec::new(),
            classes: Vec::new(),
            min_score: 0.0,
            min_height: 0.0,
            schedule: None,
            condition,
            cool_down_seconds: 0,
        };
        Self { id, place_id, spec, created_at, version: 1 }
    }
}

impl RuleSpec {
    /// Checks every field.
    pub fn check(&self) -> Checked {
        check::name("name", &self.name)?;
        if self.cameras.len() > MOST_CAMERAS {
            return invalid(
                "cameras",
                format!("at most {MOST_CAMERAS}: leave it empty for all of the place"),
            );
        }
        for (field, value) in [("min_score", self.min_score), ("min_height", self.min_height)] {
            if !(0.0..=1.0).contains(&value) {
                return invalid(field, format!("{value} is not from 0 to 1"));
            }
        }
        if f64::from(self.cool_down_seconds) > f64::from(LONGEST_WAIT) {
            return invalid("cool_down_seconds", format!("it must be at most {LONGEST_WAIT}, a day"));
        }
        if let Some(problem) = self.schedule.as_ref().and_then(Schedule::problem) {
            return invalid("schedule", problem.to_owned());
        }
        if let Condition::Stays { seconds, .. } | Condition::Stops { seconds, .. } = self.condition
            && let Some(longest) = self.schedule.as_ref().and_then(Schedule::longest)
            && seconds >= longest.as_secs_f32()
        {
            let minutes = longest.as_secs() / 60;
            return invalid(
                "schedule",
                format!(
                    "it holds for at most {minutes} minutes at a time, and the condition asks for {seconds} s: it would never fire"
                ),
            );
        }
        self.condition.check()
    }
}

impl Condition {
    /// The zone that it is about, if any.
    #[must_use]
    pub fn zone(&self) -> Option<&Zone> {
        match self {
            Self::Enters { zone } | Self::Leaves { zone } | Self::Stays { zone, .. } => Some(zone),
            Self::MoreThan { zone, .. } | Self::Stops { zone, .. } | Self::WrongWay { zone, .. } => {
                zone.as_ref()
            }
            Self::Appears {}
            | Self::Crosses { .. }
            | Self::Speed { .. }
            | Self::ActivityWithoutObject { .. }
            | Self::Frozen { .. }
            | Self::Covered { .. }
            | Self::StorageBehind { .. }
            | Self::CameraOffline { .. }
            | Self::ClockWrong { .. }
            | Self::BellPressed { .. }
            | Self::BellBatteryLow { .. }
            | Self::BellSilent { .. }
            | Self::ReportReceived { .. } => None,
        }
    }

    /// Whether the server makes the rules of it by itself.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        matches!(
            self,
            Self::BellPressed { .. }
                | Self::BellBatteryLow { .. }
                | Self::BellSilent { .. }
                | Self::ReportReceived { .. }
        )
    }

    /// Whether it is about objects that a camera sees, and not about the camera itself.
    #[must_use]
    pub fn is_about_objects(&self) -> bool {
        !self.is_about_scene()
            && !self.is_built_in()
            && !matches!(
                self,
                Self::CameraOffline { .. } | Self::ClockWrong { .. } | Self::StorageBehind { .. }
            )
    }

    /// Whether it is about what a camera shows as a whole.
    #[must_use]
    pub fn is_about_scene(&self) -> bool {
        matches!(self, Self::ActivityWithoutObject { .. } | Self::Frozen { .. } | Self::Covered { .. })
    }

    fn check(&self) -> Checked {
        if let Some(Err(problem)) = self.zone().map(Zone::check) {
            return invalid("condition.zone", problem.to_string());
        }
        match self {
            built_in if built_in.is_built_in() => invalid(
                "condition.type",
                "bells and reports are flagged without a rule: add the bell instead".to_owned(),
            ),
            Self::Crosses { line, .. } => line
                .check()
                .map_err(|problem| InvalidField { field: "condition.line", problem: problem.to_string() }),
            Self::Stays { seconds, .. }
            | Self::Stops { seconds, .. }
            | Self::ActivityWithoutObject { seconds }
            | Self::StorageBehind { seconds }
            | Self::CameraOffline { seconds }
            | Self::ClockWrong { seconds }
                if !(0.0..=LONGEST_WAIT).contains(seconds) =>
            {
                invalid("condition.seconds", format!("{seconds} is not from 0 to {LONGEST_WAIT}"))
            }
            Self::Frozen { seconds } if !(SHORTEST_FREEZE..=LONGEST_WAIT).contains(seconds) => invalid(
                "condition.seconds",
                format!(
                    "{seconds} is not from {SHORTEST_FREEZE} to {LONGEST_WAIT}: between two key frames a quiet picture does not change either"
                ),
            ),
            Self::Covered { seconds } if !(0.0..=LONGEST_TURN).contains(seconds) => invalid(
                "condition.seconds",
                format!(
                    "{seconds} is not from 0 to {LONGEST_TURN}: a view that stays is taken for the camera's own"
                ),
            ),
            Self::Speed { ground, kmh } => match ground.problem() {
                Some((field, problem)) => invalid(field, problem),
                None if (SPEEDS.0..=SPEEDS.1).contains(kmh) => Ok(()),
                None => {
                    invalid("condition.kmh", format!("{kmh} km/h is not from {} to {}", SPEEDS.0, SPEEDS.1))
                }
            },
            Self::MoreThan { count, .. } if *count > MOST_OBJECTS => invalid(
                "condition.count",
                format!("{count} is more than the {MOST_OBJECTS} that are followed"),
            ),
            Self::WrongWay { allowed: [right, down], .. } => {
                let length = right.hypot(*down);
                if length.is_finite() && length > 1e-3 {
                    return Ok(());
                }
                invalid("condition.allowed", "it must be an arrow such as [1, 0], to the right".to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(condition: &str) -> Result<RuleSpec, String> {
        let text = format!(r#"{{"name": "Đêm", "severity": "alarm", "condition": {condition}}}"#);
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    fn problem(condition: &str) -> InvalidField {
        spec(condition).unwrap().check().unwrap_err()
    }

    #[test]
    fn what_makes_no_rule_names_the_field() {
        let zone = r#"{"name": "Sân", "corners": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]}"#;
        let stays = format!(r#"{{"type": "stays", "zone": {zone}, "seconds": 30}}"#);
        assert_eq!(spec(&stays).unwrap().check(), Ok(()));
        let nameless = RuleSpec { name: " ".to_owned(), ..spec(&stays).unwrap() };
        assert_eq!(nameless.check().unwrap_err().field, "name");
        let unsure = RuleSpec { min_score: 1.5, ..spec(&stays).unwrap() };
        assert_eq!(unsure.check().unwrap_err().field, "min_score");
        assert_eq!(problem(&stays.replace("30", "-1")).field, "condition.seconds");
        assert_eq!(problem(&stays.replace("0.9, 0.9", "1.9, 0.9")).field, "condition.zone");
        assert_eq!(problem(r#"{"type": "more_than", "count": 1000}"#).field, "condition.count");
        assert_eq!(problem(r#"{"type": "wrong_way", "allowed": [0, 0]}"#).field, "condition.allowed");
        let line = r#"{"type": "crosses", "line": {"name": "V", "from": [0, 0], "to": [0, 0]}}"#;
        assert_eq!(problem(line).field, "condition.line");
        let half_an_hour: Schedule =
            serde_json::from_str(r#"{"weekly": [{"days": ["monday"], "from": "06:30", "to": "07:00"}]}"#)
                .unwrap();
        let rushed = |seconds: &str| {
            let spec = spec(&stays.replace("30", seconds)).unwrap();
            RuleSpec { schedule: Some(half_an_hour.clone()), ..spec }.check()
        };
        assert_eq!(rushed("1200"), Ok(()));
        assert_eq!(rushed("1800").unwrap_err().field, "schedule", "it could never stay for so long");
        let corners = "[[0.1, 0.9], [0.9, 0.9], [0.6, 0.3], [0.4, 0.3]]";
        let speed = format!(
            r#"{{"type": "speed", "kmh": 40, "ground": {{"corners": {corners}, "width": 6, "length": 40}}}}"#
        );
        assert_eq!(spec(&speed).unwrap().check(), Ok(()));
        assert_eq!(problem(&speed.replace("\"kmh\": 40", "\"kmh\": 0")).field, "condition.kmh");
        assert_eq!(problem(&speed.replace("0.6, 0.3", "0.2, 0.8")).field, "condition.ground.corners");
        assert_eq!(
            problem(&speed.replace("\"length\": 40", "\"length\": 0")).field,
            "condition.ground.length"
        );
        assert!(spec(&speed.replace("[0.4, 0.3]", "[0.4, 0.3], [0.3, 0.3]")).is_err(), "five corners");
        assert_eq!(problem(r#"{"type": "frozen", "seconds": 5}"#).field, "condition.seconds");
        assert_eq!(problem(r#"{"type": "covered", "seconds": 3600}"#).field, "condition.seconds");
        assert!(spec(r#"{"type": "flies"}"#).unwrap_err().contains("flies"));
        assert!(spec(r#"{"type": "appears", "zone": 3}"#).is_err(), "a field that it does not have");
    }
}
