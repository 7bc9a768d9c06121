//! The shapes of an event search: areas and routes on the map, zones in the picture.

use std::fmt;
use std::marker::PhantomData;

use domain::{CameraId, GeoPoint, PicturePoint, Route, Zone};
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Serialize};

use super::within;
use crate::problem::{Answer, Problem};

/// The most positions of a polygon, over all its rings.
const MOST_POSITIONS: usize = 2_000;
/// Furthest from a route, in metres.
const FURTHEST: f64 = 5_000.0;

/// A GeoJSON Polygon, RFC 7946 §3.1.6: the outer ring, then holes; positions are longitude, latitude.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
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

/// A way over the map, such as a road.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteFilter {
    /// Its points in order, 2 to 100.
    points: Vec<GeoPoint>,
    /// How far from it counts, in metres, 1 to 5000.
    #[schema(example = 50)]
    metres: f64,
}

impl RouteFilter {
    /// The route and how far from it counts, checked.
    pub(crate) fn checked(&self) -> Answer<(Route, f64)> {
        Ok((route("route.points", &self.points)?, metres("route.metres", self.metres)?))
    }
}

/// A route from the points of a field.
pub(crate) fn route(field: &str, points: &[GeoPoint]) -> Answer<Route> {
    Route::new(points.to_vec()).ok_or_else(|| {
        Problem::field(
            field,
            format!("{field} must be 2 to 100 points on the earth, of which two differ"),
            "Give the points of the route in order; leave out some of a long one.",
        )
    })
}

/// How far from a route counts.
pub(crate) fn metres(field: &str, metres: f64) -> Answer<f64> {
    within(field, metres, 1.0, FURTHEST)
}

/// A part of a camera's picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ZoneFilter {
    /// Whose picture.
    pub(super) camera_id: CameraId,
    /// Its corners in order, 3 to 64, in parts of the picture's width and height. The last is joined to the first.
    #[schema(value_type = Vec<Vec<f32>>, example = json!([[0.1, 0.5], [0.4, 0.5], [0.4, 0.9], [0.1, 0.9]]))]
    polygon: Vec<PicturePoint>,
}

impl ZoneFilter {
    /// The zone, checked.
    pub(crate) fn checked(&self) -> Answer<Zone> {
        let zone = Zone { name: "zone".to_owned(), corners: self.polygon.clone() };
        zone.check().map_err(|error| {
            Problem::field("zone.polygon", format!("zone.polygon: {error}"), "Draw the zone again.")
        })?;
        Ok(zone)
    }
}

/// Reads a shape from a JSON body, or from its JSON text in a query.
pub(super) fn shape<'de, T: DeserializeOwned, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    struct TextOrObject<T>(PhantomData<T>);
    impl<'de, T: DeserializeOwned> Visitor<'de> for TextOrObject<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON object")
        }

        fn visit_unit<E: de::Error>(self) -> Result<Option<T>, E> {
            Ok(None)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<T>, E> {
            let shape = serde_json::from_str(text);
            shape.map(Some).map_err(|error| E::custom(format!("no such shape: {error}")))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<T>, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }
    }
    from.deserialize_any(TextOrObject(PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
