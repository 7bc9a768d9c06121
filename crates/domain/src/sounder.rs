//! What can be rung: bells, sirens and gongs, by whom and why, and whether they answered.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::check::{self, Checked, invalid};
use crate::{GeoPoint, PlaceId, ReviewItemId, RingId, RuleId, Schedule, SounderId, Timestamp};

/// Longest ringing, in seconds.
const LONGEST_RINGING: u16 = 600;
/// Longest topic or payload.
const LONGEST_TEXT: usize = 1000;
/// Furthest that a bell rings its neighbours, in metres.
const FURTHEST: f32 = 5000.0;
/// Most rules that ring one sounder.
const MOST_RULES: usize = 200;

/// What makes the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SounderKind {
    /// Chuông: a household's.
    Bell,
    /// Còi: a siren.
    Siren,
    /// Kẻng: the gong of a hamlet.
    Gong,
}

/// How a sounder is switched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum SounderOutput {
    /// By a message to a relay.
    Mqtt {
        /// Topic of the command.
        #[cfg_attr(feature = "openapi", schema(example = "cmnd/keng-to-5/POWER"))]
        topic: String,
        /// What is sent to ring.
        #[serde(default = "on")]
        on: String,
        /// What is sent when it has rung for long enough; nothing where it stops by itself.
        #[serde(default)]
        off: Option<String>,
        /// Topic on which it says that it rings; without one, nobody knows whether it does.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(example = "stat/keng-to-5/POWER"))]
        answer_topic: Option<String>,
        /// What that message holds then; anything will do where it is empty.
        #[serde(default)]
        answer_holds: String,
    },
    /// By a request: `POST`. An answer of 2xx says that it rings.
    Http {
        /// Where to.
        #[cfg_attr(feature = "openapi", schema(value_type = String, example = "http://192.168.1.50/relay/0?turn=on"))]
        url: Url,
        /// What is sent.
        #[serde(default)]
        body: String,
        /// Where to when it has rung for long enough; nowhere where it stops by itself.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
        off_url: Option<Url>,
    },
}

fn on() -> String {
    "ON".to_owned()
}

fn yes() -> bool {
    true
}

fn half_a_minute() -> u16 {
    30
}

/// What a person says of a bell, a siren or a gong that can be rung.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SounderSpec {
    /// What people call it.
    #[cfg_attr(feature = "openapi", schema(example = "Kẻng an ninh tổ 5"))]
    pub name: String,
    /// What makes the sound.
    pub kind: SounderKind,
    /// Where it is.
    #[serde(default)]
    pub point: Option<GeoPoint>,
    /// Whether it may be rung.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// How it is switched.
    pub output: SounderOutput,
    /// For how many seconds it rings.
    #[serde(default = "half_a_minute")]
    pub seconds: u16,
    /// The rules that ring it when they fire.
    #[serde(default)]
    pub rules: Vec<RuleId>,
    /// A real press of a bell that is no further away, in metres, rings it.
    #[serde(default)]
    pub bells_within: Option<f32>,
    /// It is rung each time that this timetable begins to hold.
    #[serde(default)]
    pub timetable: Option<Schedule>,
}

/// A bell, siren or gong at a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sounder {
    /// Identifier.
    pub id: SounderId,
    /// The place that it belongs to.
    pub place_id: PlaceId,
    /// What it is.
    #[serde(flatten)]
    pub spec: SounderSpec,
    /// When it was added.
    pub created_at: Timestamp,
    /// Raised by each change.
    pub version: i64,
}

impl SounderSpec {
    /// Checks every field.
    pub fn check(&self) -> Checked {
        check::name("name", &self.name)?;
        let outside = |point: &GeoPoint| GeoPoint::new(point.latitude, point.longitude).is_none();
        if self.point.as_ref().is_some_and(outside) {
            return invalid("point", "it is not on the earth");
        }
        if !(1..=LONGEST_RINGING).contains(&self.seconds) {
            let problem = format!("{} is not from 1 to {LONGEST_RINGING}", self.seconds);
            return invalid("seconds", problem);
        }
        if self.rules.len() > MOST_RULES {
            return invalid("rules", format!("at most {MOST_RULES}"));
        }
        match self.bells_within {
            Some(metres) if !(0.0..=FURTHEST).contains(&metres) => {
                let problem = format!("{metres} is not from 0 to {FURTHEST} metres");
                return invalid("bells_within", problem);
            }
            Some(_) if self.point.is_none() => {
                return invalid("point", "it is needed where bells within a distance ring it");
            }
            _ => {}
        }
        if let Some(problem) = self.timetable.as_ref().and_then(Schedule::problem) {
            return invalid("timetable", problem);
        }
        self.output.check()
    }
}

impl SounderOutput {
    fn check(&self) -> Checked {
        match self {
            Self::Mqtt { topic, on, off, answer_topic, answer_holds } => {
                let topics = [
                    Some(("output.topic", topic)),
                    answer_topic.as_ref().map(|t| ("output.answer_topic", t)),
                ];
                for (field, topic) in topics.into_iter().flatten() {
                    if topic.is_empty() || topic.len() > LONGEST_TEXT || topic.contains(['#', '+', '\0']) {
                        return invalid(field, "it must be one topic, without # and +");
                    }
                }
                let texts = [Some(("output.on", on)), off.as_ref().map(|off| ("output.off", off))];
                for (field, text) in
                    texts.into_iter().flatten().chain([("output.answer_holds", answer_holds)])
                {
                    if text.len() > LONGEST_TEXT {
                        return invalid(field, format!("at most {LONGEST_TEXT} bytes"));
                    }
                }
                Ok(())
            }
            Self::Http { url, body, off_url } => {
                let urls = [Some(("output.url", url)), off_url.as_ref().map(|url| ("output.off_url", url))];
                for (field, url) in urls.into_iter().flatten() {
                    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
                        return invalid(field, "it must be an http or https address");
                    }
                    // It is shown to whoever may see the sounder.
                    if !url.username().is_empty() || url.password().is_some() {
                        return invalid(field, "it must hold no user name and password");
                    }
                }
                if body.len() > LONGEST_TEXT {
                    return invalid("output.body", format!("at most {LONGEST_TEXT} bytes"));
                }
                Ok(())
            }
        }
    }
}

/// Why a sounder was rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RingCause {
    /// A person rang it.
    Person,
    /// A rule fired.
    Rule,
    /// A bell near it was pressed.
    Bell,
    /// Its timetable said so.
    Timetable,
}

/// What became of a ringing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RingState {
    /// It was asked to, and has not answered yet.
    Asked,
    /// It says that it rings.
    Answered,
    /// It was asked to, and says nothing, as always: no answer of it is known.
    Unconfirmed,
    /// No answer came in time, or it could not be asked.
    Failed,
}

crate::review::names!(SounderKind, "kind of sounder", Bell => "bell", Siren => "siren", Gong => "gong");
crate::review::names!(RingCause, "cause", Person => "person", Rule => "rule", Bell => "bell", Timetable => "timetable");
crate::review::names!(RingState, "state", Asked => "asked", Answered => "answered", Unconfirmed => "unconfirmed",
    Failed => "failed");

/// One time that a sounder was rung.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ring {
    /// Identifier.
    pub id: RingId,
    /// What was rung.
    pub sounder_id: SounderId,
    /// Its name, as it was then.
    pub sounder_name: String,
    /// Its place, as it was then.
    pub place_id: PlaceId,
    /// When.
    pub asked_at: Timestamp,
    /// Why.
    pub cause: RingCause,
    /// Who rang it, where a person did.
    pub username: Option<String>,
    /// The reason: what the person said, or the rule's or bell's name.
    pub reason: String,
    /// The review item behind it, where there is one.
    pub item_id: Option<ReviewItemId>,
    /// What became of it.
    pub state: RingState,
    /// When it answered.
    pub answered_at: Option<Timestamp>,
    /// What went wrong.
    pub problem: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(output: &str) -> SounderSpec {
        let text = format!(r#"{{"name": "Kẻng tổ 5", "kind": "gong", "output": {output}}}"#);
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn what_makes_no_sounder_names_the_field() {
        let gong = spec(r#"{"type": "mqtt", "topic": "cmnd/keng/POWER", "off": "OFF"}"#);
        assert_eq!(gong.check(), Ok(()));
        let SounderOutput::Mqtt { on, .. } = &gong.output else { panic!() };
        assert_eq!(on, "ON");
        let field = |spec: SounderSpec| spec.check().unwrap_err().field;
        assert_eq!(field(spec(r#"{"type": "mqtt", "topic": "cmnd/#"}"#)), "output.topic");
        assert_eq!(field(spec(r#"{"type": "http", "url": "ftp://192.0.2.1/"}"#)), "output.url");
        assert_eq!(field(spec(r#"{"type": "http", "url": "http://a:b@192.0.2.1/"}"#)), "output.url");
        assert_eq!(field(SounderSpec { seconds: 0, ..gong.clone() }), "seconds");
        assert_eq!(field(SounderSpec { bells_within: Some(-1.0), ..gong.clone() }), "bells_within");
        assert_eq!(field(SounderSpec { bells_within: Some(100.0), ..gong }), "point");
    }
}
