//! Event search.
//!
//! Camera, place, radius, polygon and rights first come down to a set of viewpoints (`viewpoints`: a camera as it
//! stood and belonged at a time, one row each time that changed). A page is then merged from the newest entries of
//! one index range for each viewpoint (and class), reading nothing but the index, and only the rows of the page
//! itself are fetched. The cost follows the size of the page, not of the table.
//!
//! What an object did in the picture (`zone`, `heading`) is asked of its path, which no index knows: rows are then read
//! page by page and those that match kept, until the page is full or [`MOST_LOOKED`] were read.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{
    CameraId, Event, EventId, EventRecord, GeoPoint, Heading, ObjectClass, PlaceId, Route, TimeRange,
    Timestamp, TrackPoint, Zone,
};
use serde_json::Value;
use sqlx::postgres::PgConnection;
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use crate::codec::{decode_points, encode_points};
use crate::columns::{at, corrupt, parse, point, unsigned};
use crate::{Index, IndexError, Result};

mod counts;
mod places;
mod search;

pub use counts::{Columns, EventCounts};
use search::Search;

/// Most events whose paths are looked at for one page; the next page goes on from there.
pub const MOST_LOOKED: u32 = 10_000;
/// Events whose paths are read at once.
const LOOKED_AT_ONCE: u32 = 1000;

/// What somebody may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Visibility {
    /// Everything.
    All,
    /// These places and what is below them. None of them: nothing.
    Places(Vec<PlaceId>),
    /// Nothing.
    #[default]
    Nothing,
}

/// Which events to find. Everything that is set must hold; an empty list does not restrict.
#[derive(Clone, Debug, Default)]
pub struct EventQuery {
    /// The object was there at some moment of this time.
    pub range: Option<TimeRange>,
    /// Seen by one of these cameras.
    pub cameras: Vec<CameraId>,
    /// Seen at one of these places or below, as the camera belonged then.
    pub places: Vec<PlaceId>,
    /// The camera stood within so many metres of the point.
    pub near: Option<(GeoPoint, f64)>,
    /// The camera stood inside this polygon: the outer ring first, then holes; each closed by its first point.
    pub polygon: Option<Vec<Vec<GeoPoint>>>,
    /// The camera stood within so many metres of this route.
    pub route: Option<(Route, f64)>,
    /// One of these classes.
    pub classes: Vec<ObjectClass>,
    /// Score at least this, 0 to 1.
    pub min_score: Option<f32>,
    /// `true` for what moved at some time, `false` for what stood still the whole time.
    pub moving: Option<bool>,
    /// There for at least so long.
    pub min_duration: Option<Duration>,
    /// There for at most so long.
    pub max_duration: Option<Duration>,
    /// Its way touches this part of the picture. Name the camera whose picture is meant.
    pub zone: Option<Zone>,
    /// It went in this direction.
    pub heading: Option<Heading>,
    /// What the asker may see.
    pub visible: Visibility,
    /// Go on after this event.
    pub cursor: Option<EventCursor>,
    /// Most events to return, 1 to 1000.
    pub limit: u32,
}

impl EventQuery {
    /// Whether the paths of the events must be looked at.
    fn asks_for_ways(&self) -> bool {
        self.zone.is_some() || self.heading.is_some()
    }

    /// Whether an event went where it is asked for.
    fn ways_match(&self, event: &Event) -> bool {
        let touches = self.zone.as_ref().is_none_or(|zone| zone.touched(&event.way()));
        touches && self.heading.is_none_or(|heading| event.heading() == Some(heading))
    }
}

/// Where a page of events ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventCursor {
    /// First moment of the page's last event.
    pub first_seen: Timestamp,
    /// Its identifier.
    pub id: EventId,
}

/// How many there are in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// The number.
    pub count: u64,
    /// Whether it was counted; otherwise it is the planner's guess and at least what was counted.
    pub exact: bool,
}

/// Events, newest first by their first moment.
#[derive(Clone, Debug)]
pub struct EventPage {
    /// The events with their footage. Where paths are asked for, there may be fewer than the limit, or none, and more
    /// to come.
    pub events: Vec<EventRecord>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<EventCursor>,
    /// How many match in all, cursor aside; only on the first page (no cursor), and not where paths are asked for
    /// unless all were looked at.
    pub total: Option<Total>,
}

#[derive(FromRow)]
struct EventRow {
    id: Uuid,
    first_seen: DateTime<Utc>,
    last_seen: DateTime<Utc>,
    footage_from: DateTime<Utc>,
    footage_to: DateTime<Utc>,
    camera_id: Uuid,
    place_id: Uuid,
    latitude: Option<f64>,
    longitude: Option<f64>,
    score: f32,
    detections: i64,
    ongoing: bool,
    stationary: bool,
    class: String,
    stream: String,
    snapshot: Option<String>,
    path: Vec<u8>,
    best: Vec<u8>,
}

const COLUMNS: &str = "e.id, e.first_seen, e.last_seen, e.footage_from, e.footage_to, v.camera_id, v.place_id, \
    v.latitude, v.longitude, e.score, e.detections, e.ongoing, e.stationary, e.class, e.stream, e.snapshot, e.path, \
    e.best";

impl TryFrom<EventRow> for EventRecord {
    type Error = IndexError;
    fn try_from(row: EventRow) -> Result<Self> {
        let what = format!("event {}", row.id);
        let points = |bytes: &[u8]| decode_points(bytes).map_err(|error| corrupt(&what, error));
        let best: Option<TrackPoint> = points(&row.best)?.first().copied();
        Ok(Self {
            event: Event {
                id: EventId(row.id),
                camera_id: CameraId(row.camera_id),
                place_id: PlaceId(row.place_id),
                point: point(row.latitude, row.longitude),
                class: parse(&what, &row.class)?,
                score: row.score,
                first_seen: row.first_seen.into(),
                last_seen: row.last_seen.into(),
                ongoing: row.ongoing,
                stationary: row.stationary,
                path: points(&row.path)?,
                best: best.ok_or_else(|| corrupt(&what, "it has no best picture"))?,
                detections: unsigned(&what, row.detections)?,
                has_snapshot: row.snapshot.is_some(),
            },
            stream: parse(&what, &row.stream)?,
            footage_from: row.footage_from.into(),
            footage_to: row.footage_to.into(),
            snapshot: row.snapshot,
        })
    }
}

impl Index {
    /// Finds events, newest first.
    pub async fn search_events(&self, query: &EventQuery) -> Result<EventPage> {
        let search = Search { query, viewpoints: self.viewpoints(query).await? };
        if search.viewpoints.as_ref().is_some_and(|viewpoints| viewpoints.ids.is_empty()) {
            let total = query.cursor.is_none().then_some(Total { count: 0, exact: true });
            return Ok(EventPage { events: Vec::new(), next: None, total });
        }
        let limit = query.limit.clamp(1, 1000);
        if query.asks_for_ways() {
            return self.search_ways(&search, limit as usize).await;
        }
        let (events, more) = self.page(&search, query.cursor, limit).await?;
        let next = events.last().filter(|_| more).map(cursor_after);
        let found = events.len() as u64;
        let total = match (query.cursor, more) {
            (Some(_), _) => None,
            (None, false) => Some(Total { count: found, exact: true }),
            (None, true) => Some(Total { count: self.estimate(&search).await?.max(found + 1), exact: false }),
        };
        Ok(EventPage { events, next, total })
    }

    /// The events after a cursor, and whether there are more.
    async fn page(
        &self,
        search: &Search<'_>,
        cursor: Option<EventCursor>,
        limit: u32,
    ) -> Result<(Vec<EventRecord>, bool)> {
        let mut sql = QueryBuilder::new("WITH page AS MATERIALIZED (");
        search.push_page(&mut sql, cursor, i64::from(limit) + 1);
        sql.push(") SELECT ").push(COLUMNS).push(
            " FROM page JOIN events e ON e.id = page.id AND e.first_seen = page.first_seen \
             JOIN viewpoints v ON v.id = e.viewpoint_id ORDER BY e.first_seen DESC, e.id DESC",
        );
        let rows: Vec<EventRow> = sql.build_query_as().fetch_all(&self.pool).await?;
        let more = rows.len() > limit as usize;
        let events = rows.into_iter().take(limit as usize).map(EventRecord::try_from);
        Ok((events.collect::<Result<_>>()?, more))
    }

    /// A page of those whose paths match.
    async fn search_ways(&self, search: &Search<'_>, limit: usize) -> Result<EventPage> {
        let query = search.query;
        let (mut events, mut cursor, mut looked) = (Vec::new(), query.cursor, 0);
        while looked < MOST_LOOKED {
            let (page, more) = self.page(search, cursor, LOOKED_AT_ONCE).await?;
            looked += LOOKED_AT_ONCE;
            cursor = page.last().map(cursor_after);
            events.extend(page.into_iter().filter(|record| query.ways_match(&record.event)));
            if events.len() > limit || (events.len() == limit && more) {
                events.truncate(limit);
                let next = events.last().map(cursor_after);
                return Ok(EventPage { events, next, total: None });
            }
            if !more {
                let total = Total { count: events.len() as u64, exact: true };
                return Ok(EventPage { events, next: None, total: query.cursor.is_none().then_some(total) });
            }
        }
        Ok(EventPage { events, next: cursor, total: None })
    }

    /// One event. The caller checks the right at `event.place_id`.
    ///
    /// Looks into the primary key of every partition: an identifier tells when it was made, which for an event that
    /// was found later in the recording is not when it happened.
    pub async fn event(&self, id: EventId) -> Result<EventRecord> {
        let statement = format!(
            "SELECT {COLUMNS} FROM events e JOIN viewpoints v ON v.id = e.viewpoint_id WHERE e.id = $1"
        );
        let row: Option<EventRow> =
            sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(id.0).fetch_optional(&self.pool).await?;
        row.ok_or_else(|| IndexError::NotFound { what: "event", id: id.to_string() })?.try_into()
    }

    /// Ends the events that a crash left ongoing, at what was last seen of them; returns how many. Call before
    /// anything is written.
    pub async fn end_ongoing_events(&self) -> Result<u64> {
        let done = sqlx::query("UPDATE events SET ongoing = false WHERE ongoing").execute(&self.pool).await?;
        Ok(done.rows_affected())
    }

    /// What the planner thinks how many events match: it looks at its statistics, never at the events.
    async fn estimate(&self, search: &Search<'_>) -> Result<u64> {
        let mut sql = QueryBuilder::new("EXPLAIN (FORMAT JSON) ");
        search.push_all(&mut sql, "");
        let plan: Value = sql.build_query_scalar().fetch_one(&self.pool).await?;
        let rows = plan.pointer("/0/Plan/Plan Rows").and_then(Value::as_f64);
        Ok(rows.ok_or_else(|| corrupt("the planner's estimate", "it names no rows"))? as u64)
    }
}

fn cursor_after(record: &EventRecord) -> EventCursor {
    EventCursor { first_seen: record.event.first_seen, id: record.event.id }
}

/// Writes events with their footage; of two with one identifier the later counts.
pub(crate) async fn write(connection: &mut PgConnection, records: &[&EventRecord]) -> Result<()> {
    let latest: HashMap<EventId, &EventRecord> =
        records.iter().map(|record| (record.event.id, *record)).collect();
    let mut rows: Vec<&EventRecord> = latest.into_values().collect();
    rows.sort_unstable_by_key(|record| record.event.id);
    let ids: Vec<Uuid> = rows.iter().map(|row| row.event.id.0).collect();
    let first_seen: Vec<_> = rows.iter().map(|row| at(row.event.first_seen)).collect();
    let cameras: Vec<Uuid> = rows.iter().map(|row| row.event.camera_id.0).collect();
    let places: Vec<Uuid> = rows.iter().map(|row| row.event.place_id.0).collect();
    let latitudes: Vec<_> = rows.iter().map(|row| row.event.point.map(|point| point.latitude)).collect();
    let longitudes: Vec<_> = rows.iter().map(|row| row.event.point.map(|point| point.longitude)).collect();
    // The key holds the first moment. Should analysis have moved it, the old row must not stay.
    sqlx::query(
        "DELETE FROM events e USING unnest($1::uuid[], $2::timestamptz[]) AS k (id, first_seen)
         WHERE e.id = k.id AND e.first_seen <> k.first_seen",
    )
    .bind(&ids)
    .bind(&first_seen)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO viewpoints (camera_id, place_id, latitude, longitude)
         SELECT DISTINCT * FROM unnest($1::uuid[], $2::uuid[], $3::float8[], $4::float8[])
         ON CONFLICT DO NOTHING",
    )
    .bind(&cameras)
    .bind(&places)
    .bind(&latitudes)
    .bind(&longitudes)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO events (id, first_seen, viewpoint_id, last_seen, footage_from, footage_to, score, detections,
             ongoing, stationary, class, stream, snapshot, path, best)
         SELECT r.id, r.first_seen, v.id, r.last_seen, r.footage_from, r.footage_to, r.score, r.detections,
             r.ongoing, r.stationary, r.class, r.stream, r.snapshot, r.path, r.best
         FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::uuid[], $5::float8[], $6::float8[],
             $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::real[], $11::bigint[], $12::bool[],
             $13::bool[], $14::text[], $15::text[], $16::text[], $17::bytea[], $18::bytea[])
             AS r (id, first_seen, camera_id, place_id, latitude, longitude, last_seen, footage_from, footage_to,
                 score, detections, ongoing, stationary, class, stream, snapshot, path, best)
         JOIN viewpoints v ON v.camera_id = r.camera_id AND v.place_id = r.place_id
             AND v.latitude IS NOT DISTINCT FROM r.latitude AND v.longitude IS NOT DISTINCT FROM r.longitude
         ON CONFLICT (id, first_seen) DO UPDATE SET
             viewpoint_id = EXCLUDED.viewpoint_id, last_seen = EXCLUDED.last_seen,
             footage_from = EXCLUDED.footage_from, footage_to = EXCLUDED.footage_to, score = EXCLUDED.score,
             detections = EXCLUDED.detections, ongoing = EXCLUDED.ongoing, stationary = EXCLUDED.stationary,
             class = EXCLUDED.class, stream = EXCLUDED.stream, snapshot = EXCLUDED.snapshot, path = EXCLUDED.path,
             best = EXCLUDED.best",
    )
    .bind(&ids)
    .bind(&first_seen)
    .bind(&cameras)
    .bind(&places)
    .bind(&latitudes)
    .bind(&longitudes)
    .bind(rows.iter().map(|row| at(row.event.last_seen)).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| at(row.footage_from)).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| at(row.footage_to)).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.event.score).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| i64::from(row.event.detections)).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.event.ongoing).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.event.stationary).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.event.class.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.stream.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.snapshot.as_deref()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| encode_points(&row.event.path)).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| encode_points(&[row.event.best])).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
