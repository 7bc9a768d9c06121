//! The words of an event search: filter and cursor.

use std::time::Duration;

use domain::{CameraId, EventId, GeoPoint, Heading, ObjectClass, PlaceId, TimeRange, Timestamp};
use index::{EventCursor, EventQuery, Visibility};
use serde::{Deserialize, Serialize};

use crate::problem::{Answer, Problem};

mod shapes;

pub(crate) use shapes::{Polygon, RouteFilter, ZoneFilter, metres, route};

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
    #[serde(deserialize_with = "shapes::shape")]
    polygon: Option<Polygon>,
    /// A route near which the camera stood. In a query its JSON text.
    #[param(value_type = Option<String>)]
    #[serde(deserialize_with = "shapes::shape")]
    route: Option<RouteFilter>,
    /// A part of one camera's picture that the way of the object touched: where it stood, at its feet or wheels. In a
    /// query its JSON text.
    #[param(value_type = Option<String>)]
    #[serde(deserialize_with = "shapes::shape")]
    zone: Option<ZoneFilter>,
    /// In which direction it went through the picture, over a tenth of it at least.
    direction: Option<Heading>,
    /// Of this class; may be repeated.
    class: Vec<ObjectClass>,
    /// At least so sure, 0 to 1.
    min_score: Option<f32>,
    /// `true` for what moved at some time, `false` for what stood still the whole time.
    moving: Option<bool>,
    /// There for at least so many seconds.
    min_duration: Option<f64>,
    /// There for at most so many seconds.
    max_duration: Option<f64>,
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
            cameras: self.cameras()?,
            places: self.place.clone(),
            near: self.near()?,
            polygon: self.polygon.as_ref().map(Polygon::rings).transpose()?,
            route: self.route.as_ref().map(RouteFilter::checked).transpose()?,
            classes: self.class.clone(),
            min_score: self.min_score.map(|score| within("min_score", score, 0.0, 1.0)).transpose()?,
            moving: self.moving,
            min_duration: duration("min_duration", self.min_duration)?,
            max_duration: self.max_duration()?,
            zone: self.zone.as_ref().map(ZoneFilter::checked).transpose()?,
            heading: self.direction,
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

    /// The cameras asked for; a zone lies in the picture of one.
    fn cameras(&self) -> Answer<Vec<CameraId>> {
        let Some(zone) = &self.zone else { return Ok(self.camera.clone()) };
        if self.camera.iter().any(|camera| *camera != zone.camera_id) {
            return Err(Problem::field(
                "camera",
                "camera names another camera than zone.camera_id",
                "Leave camera out where a zone is given.",
            ));
        }
        Ok(vec![zone.camera_id])
    }

    fn max_duration(&self) -> Answer<Option<Duration>> {
        let longest = duration("max_duration", self.max_duration)?;
        if let (Some(least), Some(most)) = (self.min_duration, self.max_duration)
            && least > most
        {
            return Err(Problem::field(
                "max_duration",
                format!("max_duration ({most}) is less than min_duration ({least})"),
                "Give a longer one, or leave it out.",
            ));
        }
        Ok(longest)
    }
}

/// A span of seconds, of a year at most.
fn duration(field: &str, seconds: Option<f64>) -> Answer<Option<Duration>> {
    let seconds = seconds.map(|seconds| within(field, seconds, 0.0, 31_536_000.0)).transpose()?;
    Ok(seconds.map(Duration::from_secs_f64))
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
            ("max_duration=-1", "max_duration"),
            ("min_duration=5&max_duration=4", "max_duration"),
            ("direction=north", "direction"),
            ("route=x", "route"),
            ("route=%7B%22points%22:[],%22metres%22:5%7D", "route.points"),
            ("zone=%7B%22camera_id%22:%22x%22,%22polygon%22:[]%7D", "zone"),
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
    fn a_zone_lies_in_one_picture_and_is_a_zone() {
        let (one, other) = (CameraId::generate(), CameraId::generate());
        let zone = |corners: &str| format!(r#""zone":{{"camera_id":"{one}","polygon":{corners}}}"#);
        let asked = |json: String| parse_json::<EventFilter>(json.as_bytes())?.query(Visibility::All);
        let good = zone("[[0.1,0.1],[0.9,0.1],[0.9,0.9]]");
        assert_eq!(asked(format!("{{{good}}}")).unwrap().cameras, [one]);
        let field = |json| asked(json).unwrap_err().body().field.unwrap();
        assert_eq!(field(format!(r#"{{{good},"camera":["{other}"]}}"#)), "camera");
        assert_eq!(field(format!("{{{}}}", zone("[[0.1,0.1],[2,0.1],[0.9,0.9]]"))), "zone.polygon");
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
    fn any_query_is_understood_or_refused_with_a_field() {
        bolero::check!().with_type::<Vec<(u8, String)>>().for_each(|pairs| {
            const NAMES: [&str; 19] = [
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
                "max_duration",
                "direction",
                "route",
                "zone",
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
