//! The viewpoints that a query allows: by camera, place, radius, polygon, route and rights.

use std::fmt::Write as _;

use domain::{GeoPoint, Route};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::EventQuery;
use super::search::Viewpoints;
use crate::places::ids;
use crate::{Index, IndexError, Result};

impl Index {
    /// The viewpoints that the query allows; `None` for all.
    pub(super) async fn viewpoints(&self, query: &EventQuery) -> Result<Option<Viewpoints>> {
        let visible = query.visible.roots();
        let anywhere = query.near.is_none()
            && query.polygon.is_none()
            && query.route.is_none()
            && query.places.is_empty();
        if anywhere && query.cameras.is_empty() && visible.is_none() {
            return Ok(None);
        }
        let mut sql =
            QueryBuilder::new("SELECT v.id, (SELECT count(*) FROM viewpoints) FROM viewpoints v WHERE true");
        if !query.cameras.is_empty() {
            let cameras: Vec<Uuid> = query.cameras.iter().map(|camera| camera.0).collect();
            sql.push(" AND v.camera_id = ANY (").push_bind(cameras).push(")");
        }
        for roots in [(!query.places.is_empty()).then(|| ids(&query.places)), visible].into_iter().flatten() {
            sql.push(
                " AND v.place_id IN (SELECT p.id FROM places p WHERE p.path <@ ARRAY( \
                 SELECT path FROM places WHERE id = ANY (",
            );
            sql.push_bind(roots).push(")))");
        }
        if let Some((centre, radius)) = query.near {
            if !radius.is_finite() || radius < 0.0 {
                return Err(invalid("radius", "it must be a number of metres, 0 or more"));
            }
            let GeoPoint { latitude, longitude } = checked("near", centre)?;
            sql.push(" AND ST_DWithin(v.point, ST_SetSRID(ST_MakePoint(").push_bind(longitude);
            sql.push(", ").push_bind(latitude).push("), 4326)::geography, ").push_bind(radius).push(")");
        }
        if let Some(rings) = &query.polygon {
            let polygon = well_known_text(rings)?;
            self.require_valid(&polygon).await?;
            sql.push(" AND ST_Covers(ST_GeomFromText(")
                .push_bind(polygon)
                .push(", 4326)::geography, v.point)");
        }
        if let Some((route, metres)) = &query.route {
            if !metres.is_finite() || *metres < 0.0 {
                return Err(invalid("route.metres", "it must be a number of metres, 0 or more"));
            }
            sql.push(" AND ST_DWithin(v.point, ST_GeomFromText(").push_bind(line_text(route));
            sql.push(", 4326)::geography, ").push_bind(*metres).push(")");
        }
        let found: Vec<(i32, i64)> = sql.build_query_as().fetch_all(&self.pool).await?;
        let every = found.first().is_some_and(|(_, all)| usize::try_from(*all) == Ok(found.len()));
        Ok(Some(Viewpoints { ids: found.into_iter().map(|(viewpoint, _)| viewpoint).collect(), every }))
    }

    async fn require_valid(&self, polygon: &str) -> Result<()> {
        let reason: String = sqlx::query_scalar("SELECT ST_IsValidReason(ST_GeomFromText($1, 4326))")
            .bind(polygon)
            .fetch_one(&self.pool)
            .await?;
        if reason == "Valid Geometry" {
            Ok(())
        } else {
            Err(invalid("polygon", &format!("its edges must not cross or touch each other ({reason})")))
        }
    }
}

fn invalid(field: crate::Field, problem: &str) -> IndexError {
    IndexError::Invalid { field, problem: problem.to_owned() }
}

fn checked(field: crate::Field, point: GeoPoint) -> Result<GeoPoint> {
    GeoPoint::new(point.latitude, point.longitude)
        .ok_or_else(|| invalid(field, "latitude must be -90 to 90 and longitude -180 to 180"))
}

/// The polygon as PostGIS reads it (OGC 06-103r4 §7).
fn well_known_text(rings: &[Vec<GeoPoint>]) -> Result<String> {
    if rings.is_empty() {
        return Err(invalid("polygon", "it must have an outer ring"));
    }
    if rings.iter().map(Vec::len).sum::<usize>() > 10_000 {
        return Err(invalid("polygon", "it must have at most 10000 points"));
    }
    let mut text = "POLYGON(".to_owned();
    for (number, ring) in rings.iter().enumerate() {
        if ring.len() < 4 || ring.first() != ring.last() {
            return Err(invalid(
                "polygon",
                "each ring needs at least 4 points, and its last must equal its first",
            ));
        }
        text.push_str(if number == 0 { "(" } else { ",(" });
        for (number, point) in ring.iter().enumerate() {
            let GeoPoint { latitude, longitude } = checked("polygon", *point)?;
            let comma = if number == 0 { "" } else { "," };
            // Writing to a string cannot fail.
            let _ = write!(text, "{comma}{longitude} {latitude}");
        }
        text.push(')');
    }
    text.push(')');
    Ok(text)
}

/// The route as PostGIS reads it: a point that follows itself is left out.
fn line_text(route: &Route) -> String {
    let mut points: Vec<GeoPoint> = route.points().to_vec();
    points.dedup();
    let points: Vec<String> =
        points.iter().map(|point| format!("{} {}", point.longitude, point.latitude)).collect();
    format!("LINESTRING({})", points.join(","))
}
