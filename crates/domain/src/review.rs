//! Flagged events: firings of rules, and the review items that bundle them for the duty officer.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    BoundingBox, CameraId, EventId, FiringId, NearCamera, ObjectClass, PlaceId, ReviewItemId, Rule,
    Timestamp, UserId,
};

/// How much something matters, the most last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// To be looked at in this shift.
    Alert,
    /// To be looked at now.
    Alarm,
}

/// What was measured when a rule fired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Measured {
    /// What it was, where one object fired it.
    pub class: Option<ObjectClass>,
    /// How sure the detector was, 0 to 1.
    pub score: Option<f32>,
    /// How long it lasted, in seconds.
    pub seconds: Option<f32>,
    /// How many there were.
    pub count: Option<u32>,
    /// Whether a line was crossed from its left to its right.
    pub to_right: Option<bool>,
    /// How fast it went, in km/h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kmh: Option<f32>,
    /// Where the object was.
    #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<BoundingBox>,
}

/// One time that a rule fired.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Firing {
    /// Identifier.
    pub id: FiringId,
    /// The review item that it belongs to.
    pub item_id: ReviewItemId,
    /// The rule as it was.
    #[cfg_attr(feature = "openapi", schema(value_type = Rule))]
    pub rule: Arc<Rule>,
    /// Which camera; null where no camera is behind it.
    pub camera_id: Option<CameraId>,
    /// The place where it happened, as its camera belonged then.
    pub place_id: PlaceId,
    /// When it fired, by the camera's pictures.
    pub at: Timestamp,
    /// The event behind it, where there is one.
    pub event_id: Option<EventId>,
    /// What met the rule.
    pub measured: Measured,
    /// The cameras that show where it happened, the best first, where no camera saw it itself. Their footage of an
    /// alarm is held from removal.
    #[serde(default)]
    pub cameras: Vec<NearCamera>,
}

/// How far a review item has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// Nobody has looked yet.
    New,
    /// An officer is on it.
    Taken,
    /// It was as the rule said.
    Confirmed,
    /// It was not, or does not matter.
    Dismissed,
    /// It was handed to the place above.
    Escalated,
    /// It is done.
    Closed,
}

/// What is done with a review item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReviewStep {
    /// An officer takes it on.
    Take,
    /// It is as the rule said.
    Confirm,
    /// It is not, or does not matter.
    Dismiss,
    /// The place above is to see to it.
    Escalate,
    /// It is done.
    Close,
    /// The latest decision is taken back.
    Reopen,
    /// Something is written down, nothing else changes.
    Note,
}

/// Why an item was dismissed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DismissReason {
    /// There was nothing of what the detector took it for.
    NotAnObject,
    /// Leaves or a shadow moved.
    LeavesOrShadow,
    /// It was an animal.
    Animal,
    /// It was rain, fog, an insect or a lamp.
    Weather,
    /// It was somebody who belongs there.
    KnownPerson,
    /// It was flagged already.
    Duplicate,
    /// Something else: the note says what.
    Other,
}

/// Gives an enumeration its names.
macro_rules! names {
    ($type:ident, $what:literal, $($variant:ident => $name:literal),+ $(,)?) => {
        impl $type {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in the API and the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().find(|one| one.as_str() == text).copied();
                found.ok_or_else(|| format!(concat!("{:?} is no ", $what, ": ", $($name, " "),+), text))
            }
        }
    };
}

pub(crate) use names;

names!(Severity, "severity", Notice => "notice", Alert => "alert", Alarm => "alarm");
names!(ReviewState, "state", New => "new", Taken => "taken", Confirmed => "confirmed", Dismissed => "dismissed",
    Escalated => "escalated", Closed => "closed");
names!(ReviewStep, "step", Take => "take", Confirm => "confirm", Dismiss => "dismiss", Escalate => "escalate",
    Close => "close", Reopen => "reopen", Note => "note");

names!(DismissReason, "reason", NotAnObject => "not_an_object", LeavesOrShadow => "leaves_or_shadow",
    Animal => "animal", Weather => "weather", KnownPerson => "known_person", Duplicate => "duplicate", Other => "other");

impl DismissReason {
    /// Whether it says that the like of it need not be flagged there at that hour.
    #[must_use]
    pub const fn teaches(self) -> bool {
        !matches!(self, Self::Duplicate | Self::Other)
    }
}

impl ReviewState {
    /// Where a step leads to; `None` where it cannot be taken from here.
    #[must_use]
    pub fn after(self, step: ReviewStep) -> Option<Self> {
        use ReviewState as S;
        use ReviewStep as Do;
        match (self, step) {
            (_, Do::Note) => Some(self),
            (S::New | S::Escalated, Do::Take) | (S::Confirmed | S::Dismissed | S::Closed, Do::Reopen) => {
                Some(S::Taken)
            }
            (S::New | S::Taken | S::Escalated, Do::Confirm) => Some(S::Confirmed),
            (S::New | S::Taken | S::Escalated, Do::Dismiss) => Some(S::Dismissed),
            (S::New | S::Taken | S::Confirmed, Do::Escalate) => Some(S::Escalated),
            (S::Confirmed | S::Escalated, Do::Close) => Some(S::Closed),
            _ => None,
        }
    }

    /// Whether somebody still has to do something.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::New | Self::Taken | Self::Escalated)
    }
}

/// What belongs together: firings of one rule at cameras of one place, close to each other in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReviewItem {
    /// Identifier.
    pub id: ReviewItemId,
    /// Where it happened.
    pub place_id: PlaceId,
    /// The place whose officers are to see to it: above `place_id` once it was escalated.
    pub assigned_place_id: PlaceId,
    /// The camera that fired it first; null where no camera is behind it.
    pub camera_id: Option<CameraId>,
    /// The name of its rule.
    pub rule_name: String,
    /// How much it matters.
    pub severity: Severity,
    /// How far it has come.
    pub state: ReviewState,
    /// When its rule fired first, …
    pub first_at: Timestamp,
    /// … and last.
    pub last_at: Timestamp,
    /// How often it fired.
    pub firings: u32,
    /// Why it was flagged, in a sentence.
    pub why: Sentence,
    /// Who is on it or decided it last; null while nobody has.
    pub officer: Option<Officer>,
    /// Why it was dismissed, where it was.
    pub dismissed_because: Option<String>,
    /// Raised by each change.
    pub version: i64,
}

/// Who acted on a review item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Officer {
    /// Account; null where the account is gone.
    pub user_id: Option<UserId>,
    /// Name, as it was then.
    pub username: String,
    /// When.
    pub at: Timestamp,
}

/// The same in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sentence {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl Sentence {
    /// The same, said twice.
    pub fn new(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { vi: vi.into(), en: en.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_goes_from_new_to_decided_and_back() {
        use ReviewState as S;
        use ReviewStep as Do;
        let steps = [
            (Do::Take, S::Taken),
            (Do::Escalate, S::Escalated),
            (Do::Take, S::Taken),
            (Do::Confirm, S::Confirmed),
        ];
        let mut state = S::New;
        for (step, then) in steps {
            state = state.after(step).unwrap();
            assert_eq!(state, then);
        }
        assert_eq!(state.after(Do::Dismiss), None, "decided: reopen it first");
        assert_eq!(state.after(Do::Reopen).unwrap().after(Do::Dismiss), Some(S::Dismissed));
        assert_eq!(S::Taken.after(Do::Take), None);
        for state in S::ALL {
            assert_eq!(state.after(Do::Note), Some(*state));
            assert_eq!(state.as_str().parse::<S>().as_ref(), Ok(state));
        }
        assert!(Severity::Alarm > Severity::Alert && Severity::Alert > Severity::Notice);
    }
}
