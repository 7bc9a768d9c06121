//! The words of an event search: filter, polygon, cursor.

use std::time::Duration;

use domain::{CameraId, EventId, GeoPoint, ObjectClass, PlaceId, TimeRange, Timestamp};
use index::{EventCursor, EventQuery, Visibility};
use serde::de::{self, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Serialize};

use crate::problem::{Answer, Problem};

/// The most positions of a polygon, over all its rings.
const MOST_POSITIONS: usize = 2_000;
/// The largest radius, in metres: across a province.
const LARGEST_RADIUS: f64 = 200_000.0;
/// The most values of one list.
const MOST_VALUES: usize = 500;
/// Events of a page, where nothing else is asked.
const PAGE: u32 = 100;
/// The most events of a page.
const LARGEST_PAGE: u32 = 1_000;

/// Which events to find: all that is given must hold; of several cameras, places or classes, one.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
#[schema(example = json!({
    "from": "2026-11-23T00:00:00+07:00",
    "to": "2026-11-24T00:00:00+07:00",
    "class": ["motorcycle"],
    "polygon": {"type": "Polygon", "coordinates": [[
        [107.58, 16.46], [107.60, 16.46], [107.60, 16.48], [107.58, 16.48], [107.58, 16.46]
    ]]}
}))]
pub(crate) struct EventFilter {
    /// Seen at this time or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Seen before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Seen by this camera; may be repeated.
    camera: Vec<CameraId>,
    /// Seen at this place or below it; may be repeated.
    place: Vec<PlaceId>,
    /// The middle of a circle in which the camera stood: degrees north.
    #[param(example = 16.4637)]
    lat: Option<f64>,
    /// The middle of that circle: degrees east.
    #[param(example = 107.5909)]
    lon: Option<f64>,
    /// The radius of that circle, in metres.
    #[param(example = 500)]
    radius: Option<f64>,
    /// An area in which the camera stood: a GeoJSON Polygon, RFC 7946 §3.1.6. In a query its JSON text.
    #[param(value_type = Option<String>)]
    polygon: Option<Polygon>,
    /// Of this class; may be repeated.
    class: Vec<ObjectClass>,
    /// At least so sure, 0 to 1.
    min_score: Option<f32>,
    /// `true` for what moved at some time, `false` for what stood still the whole time.
    moving: Option<bool>,
    /// There for at least so many seconds.
    min_duration: Option<f64>,
    /// Events of a page, 1 to 1000; 100 if not given.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl EventFilter {
    /// Checks the filter and turns it into the question for the index.
    pub(crate) fn query(&self, visible: Visibility) -> Answer<EventQuery> {
        for (field, count) in
            [("camera", self.camera.len()), ("place", self.place.len()), ("class", self.class.len())]
        {
            if count > MOST_VALUES {
                return Err(Problem::field(
                    field,
                    format!("{count} values, where {MOST_VALUES} are the most"),
                    "Ask for a place with all below it instead.",
                ));
            }
        }
        Ok(EventQuery {
            range: range(self.from, self.to)?,
            cameras: self.camera.clone(),
            places: self.place.clone(),
            near: self.near()?,
            polygon: self.polygon.as_ref().map(Polygon::rings).transpose()?,
            classes: self.class.clone(),
            min_score: self.min_score.map(|score| within("min_score", score, 0.0, 1.0)).transpose()?,
            moving: self.moving,
            min_duration: self.min_duration()?,
            visible,
            cursor: self.cursor.as_deref().map(decode_cursor).transpose()?,
            limit: limit(self.limit, PAGE, LARGEST_PAGE)?,
        })
    }

    fn near(&self) -> Answer<Option<(GeoPoint, f64)>> {
        let (lat, lon, radius) = match (self.lat, self.lon, self.radius) {
            (None, None, None) => return Ok(None),
            (Some(lat), Some(lon), Some(radius)) => (lat, lon, radius),
            (lat, lon, _) => {
                let missing = if lat.is_none() {
                    "lat"
                } else if lon.is_none() {
                    "lon"
                } else {
                    "radius"
                };
                return Err(Problem::new(
                    crate::problem::Code::MissingField,
                    format!("{missing} is missing: lat, lon and radius go together"),
                )
                .at(missing)
                .remedy("Give all three, or none."));
            }
        };
        let (lat, lon) = (within("lat", lat, -90.0, 90.0)?, within("lon", lon, -180.0, 180.0)?);
        let radius = within("radius", radius, 0.0, LARGEST_RADIUS)?;
        Ok(Some((GeoPoint { latitude: lat, longitude: lon }, radius)))
    }

    fn min_duration(&self) -> Answer<Option<Duration>> {
        let seconds = self.min_duration.map(|seconds| within("min_duration", seconds, 0.0, 31_536_000.0));
        Ok(seconds.transpose()?.map(Duration::from_secs_f64))
    }
}

/// A number that must lie between two others. NaN does not.
pub(crate) fn within<T: PartialOrd + Copy + std::fmt::Display>(
    field: &str,
    value: T,
    low: T,
    high: T,
) -> Answer<T> {
    if value >= low && value <= high {
        return Ok(value);
    }
    let between = format!("between {low} and {high}");
    Err(Problem::field(
        field,
        format!("{field} is {value}, not {between}"),
        format!("Give a value {between}."),
    ))
}

/// The size of a page.
pub(crate) fn limit(asked: Option<u32>, default: u32, most: u32) -> Answer<u32> {
    within("limit", asked.unwrap_or(default), 1, most)
}

/// A range open at either end; `None` where neither end is given.
pub(crate) fn range(from: Option<Timestamp>, to: Option<Timestamp>) -> Answer<Option<TimeRange>> {
    if from.is_none() && to.is_none() {
        return Ok(None);
    }
    closed_range(from.unwrap_or(Timestamp::MIN), to.unwrap_or(Timestamp::MAX)).map(Some)
}

/// A range with both ends.
pub(crate) fn closed_range(from: Timestamp, to: Timestamp) -> Answer<TimeRange> {
    TimeRange::new(from, to).ok_or_else(|| {
        Problem::field(
            "to",
            format!("to ({to}) is not after from ({from})"),
            "Give a from that is before to.",
        )
    })
}

/// A GeoJSON Polygon, RFC 7946 §3.1.6: the outer ring, then holes; positions are longitude, latitude.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(example = json!({"type": "Polygon", "coordinates": [[
    [107.58, 16.46], [107.60, 16.46], [107.60, 16.48], [107.58, 16.48], [107.58, 16.46]
]]}))]
pub(crate) struct Polygon {
    /// Always `Polygon`.
    #[serde(rename = "type")]
    kind: PolygonType,
    /// Rings, each closed by its first position.
    coordinates: Vec<Vec<Vec<f64>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
enum PolygonType {
    Polygon,
}

impl Polygon {
    /// The rings, checked: finite positions on the earth, at least a triangle each, closed.
    pub(crate) fn rings(&self) -> Answer<Vec<Vec<GeoPoint>>> {
        const REMEDY: &str = "Give a GeoJSON Polygon whose positions are [longitude, latitude].";
        let wrong = |detail: String| Problem::field("polygon", detail, REMEDY);
        let positions: usize = self.coordinates.iter().map(Vec::len).sum();
        if positions > MOST_POSITIONS {
            return Err(wrong(format!(
                "polygon has {positions} positions, where {MOST_POSITIONS} are the most"
            )));
        }
        if self.coordinates.is_empty() {
            return Err(wrong("polygon has no ring".to_owned()));
        }
        let mut rings = Vec::with_capacity(self.coordinates.len());
        for (number, ring) in self.coordinates.iter().enumerate() {
            let mut points = Vec::with_capacity(ring.len());
            for position in ring {
                // A third number would be the altitude.
                let point = match position.as_slice() {
                    [longitude, latitude] | [longitude, latitude, _] => GeoPoint::new(*latitude, *longitude),
                    _ => None,
                };
                points.push(point.ok_or_else(|| {
                    wrong(format!("polygon, ring {number}: {position:?} is no position on the earth"))
                })?);
            }
            if points.len() < 4 {
                return Err(wrong(format!(
                    "polygon, ring {number}: a closed ring has at least four positions"
                )));
            }
            if points.first() != points.last() {
                return Err(wrong(format!(
                    "polygon, ring {number}: the last position is not the first again"
                )));
            }
            rings.push(points);
        }
        Ok(rings)
    }
}

/// Reads an object from a JSON body, or the text of one from a query.
impl<'de> Deserialize<'de> for Polygon {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Plain {
            #[serde(rename = "type")]
            kind: PolygonType,
            coordinates: Vec<Vec<Vec<f64>>>,
        }
        impl From<Plain> for Polygon {
            fn from(Plain { kind, coordinates }: Plain) -> Self {
                Self { kind, coordinates }
            }
        }
        struct TextOrObject;
        impl<'de> Visitor<'de> for TextOrObject {
            type Value = Polygon;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a GeoJSON Polygon")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Polygon, E> {
                let plain = serde_json::from_str::<Plain>(text);
                plain.map(Into::into).map_err(|error| E::custom(format!("no GeoJSON Polygon: {error}")))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Polygon, A::Error> {
                Plain::deserialize(MapAccessDeserializer::new(map)).map(Into::into)
            }
        }
        from.deserialize_any(TextOrObject)
    }
}

/// Digits of a cursor: a time and an identifier, both hexadecimal. Opaque to clients.
const CURSOR_DIGITS: (usize, usize) = (16, 32);

/// Writes where a page ended.
pub(crate) fn encode_cursor(at: Timestamp, id: uuid::Uuid) -> String {
    format!("{:016x}{}", at.as_micros(), id.simple())
}

/// Reads where a page ended.
pub(crate) fn decode_place_in_list(text: &str) -> Answer<(Timestamp, uuid::Uuid)> {
    let parsed = || {
        let (at, id) = text.split_at_checked(CURSOR_DIGITS.0)?;
        let plain = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if id.len() != CURSOR_DIGITS.1 || !plain(at) || !plain(id) {
            return None;
        }
        let micros = u64::from_str_radix(at, 16).ok()?.cast_signed();
        let time = Timestamp::from_micros(micros);
        (time.as_micros() == micros).then_some((time, uuid::Uuid::try_parse(id).ok()?))
    };
    parsed().ok_or_else(|| {
        Problem::field(
            "cursor",
            "cursor is none that this server gave out",
            "Give next_cursor of the page before, or leave it out to start again.",
        )
    })
}

fn decode_cursor(text: &str) -> Answer<EventCursor> {
    decode_place_in_list(text).map(|(first_seen, id)| EventCursor { first_seen, id: EventId(id) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::extract::{parse_json, parse_query};

    fn refused(query: &str) -> Option<String> {
        let filter = parse_query::<EventFilter>(query);
        filter.and_then(|filter| filter.query(Visibility::All)).unwrap_err().body().field
    }

    #[test]
    fn each_bad_parameter_is_named() {
        for (query, field) in [
            ("from=yesterday", "from"),
            ("to=2026-11-23T00:00:00", "to"),
            ("from=2026-11-23T00:00:00Z&to=2026-11-22T00:00:00Z", "to"),
            ("camera=1", "camera[0]"),
            ("place=hamlet", "place[0]"),
            ("lat=16&lon=107", "radius"),
            ("lat=16&radius=5", "lon"),
            ("lat=91&lon=0&radius=5", "lat"),
            ("lat=NaN&lon=0&radius=5", "lat"),
            ("lat=1&lon=181&radius=5", "lon"),
            ("lat=1&lon=1&radius=-5", "radius"),
            ("lat=1&lon=1&radius=inf", "radius"),
            ("polygon=x", "polygon"),
            ("polygon=%7B%22type%22:%22Point%22,%22coordinates%22:[]%7D", "polygon"),
            ("polygon=%7B%22type%22:%22Polygon%22,%22coordinates%22:[]%7D", "polygon"),
            ("class=dog", "class[0]"),
            ("min_score=1.5", "min_score"),
            ("moving=maybe", "moving"),
            ("min_duration=-1", "min_duration"),
            ("min_duration=1e300", "min_duration"),
            ("limit=0", "limit"),
            ("limit=1001", "limit"),
            ("cursor=abc", "cursor"),
            ("klass=person", "klass"),
        ] {
            assert_eq!(refused(query).as_deref(), Some(field), "{query}");
        }
    }

    #[test]
    fn a_polygon_is_read_from_a_query_and_from_a_body() {
        let json =
            r#"{"type":"Polygon","coordinates":[[[107.5,16.4],[107.6,16.4],[107.6,16.5],[107.5,16.4]]]}"#;
        let query: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("polygon", json).finish();
        let one: EventFilter = parse_query(&query).unwrap();
        let two: EventFilter = parse_json(format!(r#"{{"polygon":{json}}}"#).as_bytes()).unwrap();
        assert_eq!(one.polygon, two.polygon);
        let rings = one.query(Visibility::All).unwrap().polygon.unwrap();
        assert_eq!(rings[0][0], GeoPoint { latitude: 16.4, longitude: 107.5 });
    }

    #[test]
    fn polygons_that_enclose_nothing_are_refused() {
        for coordinates in [
            "[[[0,0],[1,0],[0,0]]]",
            "[[[0,0],[1,0],[1,1],[0,1]]]",
            "[[[0,0],[1,0],[1,91],[0,0]]]",
            "[[[0],[1,0],[1,1],[0]]]",
            "[[]]",
        ] {
            let json = format!(r#"{{"polygon":{{"type":"Polygon","coordinates":{coordinates}}}}}"#);
            let filter: EventFilter = parse_json(json.as_bytes()).unwrap();
            assert_eq!(filter.query(Visibility::All).unwrap_err().body().field.as_deref(), Some("polygon"));
        }
    }

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_went(
            micros in Timestamp::MIN.as_micros()..=Timestamp::MAX.as_micros(),
            id: u128,
        ) {
            let (at, id) = (Timestamp::from_micros(micros), uuid::Uuid::from_u128(id));
            prop_assert_eq!(decode_place_in_list(&encode_cursor(at, id)).unwrap(), (at, id));
        }
    }

    #[test]
    fn any_cursor_is_decoded_to_itself_or_refused() {
        bolero::check!().with_type::<String>().for_each(|text| {
            if let Ok((at, id)) = decode_place_in_list(text) {
                assert_eq!(&encode_cursor(at, id), text);
            }
        });
    }

    #[test]
    fn any_polygon_is_closed_and_on_the_earth_or_refused() {
        bolero::check!().with_type::<(Vec<u8>, Vec<Vec<Vec<f64>>>)>().for_each(|(bytes, coordinates)| {
            let _ = serde_json::from_slice::<Polygon>(bytes);
            let polygon = Polygon { kind: PolygonType::Polygon, coordinates: coordinates.clone() };
            for ring in polygon.rings().unwrap_or_default() {
                assert!(ring.len() >= 4 && ring.first() == ring.last());
                assert!(ring.iter().all(|point| GeoPoint::new(point.latitude, point.longitude).is_some()));
            }
        });
    }

    #[test]
    fn any_query_is_understood_or_refused_with_a_field() {
        bolero::check!().with_type::<Vec<(u8, String)>>().for_each(|pairs| {
            const NAMES: [&str; 15] = [
                "from",
                "to",
                "camera",
                "place",
                "lat",
                "lon",
                "radius",
                "polygon",
                "class",
                "min_score",
                "moving",
                "min_duration",
                "limit",
                "cursor",
                "other",
            ];
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in pairs {
                query.append_pair(NAMES[usize::from(*name) % NAMES.len()], value);
            }
            let asked = parse_query::<EventFilter>(&query.finish());
            match asked.and_then(|filter| filter.query(Visibility::All)) {
                Ok(query) => assert!((1..=LARGEST_PAGE).contains(&query.limit)),
                Err(problem) => assert!(problem.body().field.is_some(), "{problem:?}"),
            }
        });
    }
}
