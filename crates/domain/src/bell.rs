//! Alarm bells: a household's button, and the cameras that see where it was pressed.

use serde::{Deserialize, Serialize};

use crate::check::{self, Checked, invalid};
use crate::{BellId, Camera, CameraId, Condition, GeoPoint, PlaceId, Rule, RuleId, Severity, Timestamp};

/// Longest silence that may be asked for, in hours: a month.
const LONGEST_SILENCE: f32 = 24.0 * 31.0;
/// Cameras that are named with a press, at most, …
const MOST_CAMERAS: usize = 6;
/// … and how far from the bell they may stand, in metres.
const FURTHEST: f64 = 500.0;
/// Half of a cheap camera's field of view, in degrees.
const HALF_VIEW: f64 = 45.0;
/// A camera that looks elsewhere counts as so many times further away than one that looks at the bell.
const LOOKS_AWAY: f64 = 3.0;

/// What a person says of an alarm bell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BellSpec {
    /// What people call it.
    #[cfg_attr(feature = "openapi", schema(example = "Chuông nhà ông Ba"))]
    pub name: String,
    /// Whose it is.
    #[cfg_attr(feature = "openapi", schema(example = "Hộ ông Nguyễn Văn Ba, số 12 tổ 5"))]
    pub household: String,
    /// The name by which its messages call it: the device's name in Zigbee2MQTT, the code that an RF bridge receives.
    #[cfg_attr(feature = "openapi", schema(example = "7028D3"))]
    pub device: String,
    /// Where it is.
    pub point: GeoPoint,
    /// Whether its presses count.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// It is to be looked after where nothing was heard of it for so many hours; without it, silence is no sign.
    #[serde(default)]
    pub silent_after_hours: Option<f32>,
}

fn yes() -> bool {
    true
}

/// An alarm bell at a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bell {
    /// Identifier.
    pub id: BellId,
    /// The place that it belongs to.
    pub place_id: PlaceId,
    /// What it is.
    #[serde(flatten)]
    pub spec: BellSpec,
    /// What is left of its battery, 0 to 1, as it said last.
    pub battery: Option<f32>,
    /// When something was last heard of it.
    pub heard_at: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Raised by each change of what it is.
    pub version: i64,
}

impl BellSpec {
    /// Checks every field.
    pub fn check(&self) -> Checked {
        check::name("name", &self.name)?;
        check::name("household", &self.household)?;
        check::name("device", &self.device)?;
        if GeoPoint::new(self.point.latitude, self.point.longitude).is_none() {
            return invalid("point", "it is not on the earth: latitude -90 to 90, longitude -180 to 180");
        }
        match self.silent_after_hours {
            Some(hours) if !(0.1..=LONGEST_SILENCE).contains(&hours) => {
                let problem = format!("{hours} is not from 0.1 to {LONGEST_SILENCE}");
                invalid("silent_after_hours", problem)
            }
            _ => Ok(()),
        }
    }
}

/// A press of a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Press {
    /// Somebody needs help.
    Real,
    /// Somebody tries whether it works.
    Test,
}

/// Something that was heard of a bell.
#[derive(Clone, Debug, PartialEq)]
pub struct BellSignal {
    /// The name by which its messages call it.
    pub device: String,
    /// Whether it was pressed.
    pub press: Option<Press>,
    /// What is left of its battery, 0 to 1.
    pub battery: Option<f32>,
}

/// A camera near a point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NearCamera {
    /// Which.
    pub camera_id: CameraId,
    /// How far it stands from the point, in metres.
    pub metres: f32,
    /// Whether it looks there; null where its direction is not known.
    pub looks_at: Option<bool>,
}

impl Bell {
    /// The rule that a press meets. It is of every bell, and nobody needs to make it.
    #[must_use]
    pub fn rule_of_press(&self, press: Press) -> Rule {
        let severity = match press {
            Press::Real => Severity::Alarm,
            Press::Test => Severity::Notice,
        };
        let (bell, household) = (self.spec.name.clone(), self.spec.household.clone());
        self.rule(severity, Condition::BellPressed { bell, household, test: press == Press::Test })
    }

    /// The rule that a bell in need of care meets: its battery is low, or nothing is heard of it.
    #[must_use]
    pub fn rule_of_care(&self, condition: Condition) -> Rule {
        self.rule(Severity::Notice, condition)
    }

    fn rule(&self, severity: Severity, condition: Condition) -> Rule {
        let (id, name) = (RuleId(self.id.0), self.spec.name.clone());
        let rule = Rule::built_in(id, self.place_id, name, severity, condition, self.created_at);
        Rule { version: self.version, ..rule }
    }
}

/// The cameras that show best what happens at a point: those that are near and look there, the best first.
pub fn nearest_cameras<'a>(
    point: GeoPoint,
    cameras: impl IntoIterator<Item = &'a Camera>,
) -> Vec<NearCamera> {
    let near = |camera: &'a Camera| {
        let stands = camera.point?;
        let metres = stands.metres_to(point);
        // One that stands where the bell is sees it whichever way it looks, as far as a map can tell.
        let looks_at = camera.bearing.map(|bearing| {
            let off = (stands.bearing_to(point) - f64::from(bearing)).rem_euclid(360.0);
            metres < 5.0 || off.min(360.0 - off) <= HALF_VIEW
        });
        let cost = if looks_at == Some(false) { metres * LOOKS_AWAY } else { metres };
        (metres <= FURTHEST)
            .then_some((cost, NearCamera { camera_id: camera.id, metres: metres as f32, looks_at }))
    };
    let mut found: Vec<_> = cameras.into_iter().filter_map(near).collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.camera_id.cmp(&b.1.camera_id)));
    found.into_iter().take(MOST_CAMERAS).map(|(_, near)| near).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Transport;

    const BELL: GeoPoint = GeoPoint { latitude: 18.6790, longitude: 105.6813 };

    fn camera(north: f64, east: f64, bearing: Option<f32>) -> Camera {
        let metre = 1.0 / 111_195.0;
        let latitude = BELL.latitude + north * metre;
        let longitude = BELL.longitude + east * metre / BELL.latitude.to_radians().cos();
        Camera {
            id: CameraId::generate(),
            name: "Cổng".to_owned(),
            place_id: PlaceId::generate(),
            point: GeoPoint::new(latitude, longitude),
            bearing,
            main_url: "rtsp://192.0.2.1/main".parse().unwrap(),
            sub_url: None,
            transport: Transport::Auto,
            has_credentials: false,
            enabled: true,
            analysed: true,
            folder: "cong".to_owned(),
            keep_days: None,
            keep_bytes: None,
            created_at: Timestamp::default(),
            version: 1,
        }
    }

    #[test]
    fn near_cameras_that_look_at_the_bell_come_first() {
        let looking = camera(100.0, 0.0, Some(180.0));
        let away = camera(50.0, 0.0, Some(0.0));
        let unknown = camera(0.0, 120.0, None);
        let far = camera(900.0, 0.0, Some(180.0));
        let nowhere = Camera { point: None, ..camera(0.0, 0.0, None) };
        let all = [&far, &away, &nowhere, &unknown, &looking];
        let found = nearest_cameras(BELL, all);
        let ids: Vec<_> = found.iter().map(|near| near.camera_id).collect();
        assert_eq!(ids, [looking.id, unknown.id, away.id]);
        assert!((found[0].metres - 100.0).abs() < 0.5, "{found:?}");
        let looks: Vec<_> = found.iter().map(|near| near.looks_at).collect();
        assert_eq!(looks, [Some(true), None, Some(false)]);
        let crowd: Vec<_> = (0..20).map(|number| camera(f64::from(number), 0.0, None)).collect();
        assert_eq!(nearest_cameras(BELL, &crowd).len(), MOST_CAMERAS);
    }

    #[test]
    fn what_makes_no_bell_names_the_field() {
        let text = r#"{"name": "Chuông", "household": "Hộ ông Ba", "device": "7028D3",
            "point": {"latitude": 18.6, "longitude": 105.6}}"#;
        let bell: BellSpec = serde_json::from_str(text).unwrap();
        assert_eq!(bell.check(), Ok(()));
        let field = |bell: BellSpec| bell.check().unwrap_err().field;
        assert_eq!(field(BellSpec { device: String::new(), ..bell.clone() }), "device");
        assert_eq!(field(BellSpec { household: "a\u{7}".to_owned(), ..bell.clone() }), "household");
        let point = GeoPoint { latitude: 100.0, longitude: 0.0 };
        assert_eq!(field(BellSpec { point, ..bell.clone() }), "point");
        assert_eq!(field(BellSpec { silent_after_hours: Some(f32::NAN), ..bell }), "silent_after_hours");
    }
}
