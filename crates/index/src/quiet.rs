//! Learned quiet: spots, the dismissals that taught them, and what was kept from the officers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::{DateTime, Utc};
use domain::{
    BoundingBox, CameraId, DismissReason, EventId, FiringId, Lesson, QuietSpot, QuietSpotId, ReviewItem,
    ReviewItemId, Suppressed, Timestamp, UserId, quiet,
};
use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::columns::{at, corrupt, parse, unsigned};
use crate::{Index, IndexError, Result, review};

/// Firings of one item that teach, at most.
const MOST_FIRINGS: u32 = 100;

/// How much a spot kept quiet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hushed {
    /// Firings that were suppressed.
    pub count: u64,
    /// When the latest of them was.
    pub last: Option<Timestamp>,
}

#[derive(FromRow)]
struct LessonRow {
    spot_id: Uuid,
    camera_id: Uuid,
    class: String,
    item_id: Uuid,
    firing_id: Uuid,
    event_id: Option<Uuid>,
    taught_at: DateTime<Utc>,
    at: DateTime<Utc>,
    reason: String,
    x: f32,
    y: f32,
    w: f32,
    h: f32,
}

const LESSONS: &str =
    "SELECT l.*, q.camera_id, q.class FROM quiet_spots q JOIN quiet_lessons l ON l.spot_id = q.id
    WHERE q.forgotten_at IS NULL";
/// Spots in the order in which they were made; lessons in that in which they were taught.
const ORDER: &str = "ORDER BY q.created_at, q.id, l.taught_at, l.item_id";

fn gather(rows: Vec<LessonRow>) -> Result<Vec<QuietSpot>> {
    let mut spots: Vec<QuietSpot> = Vec::new();
    for row in rows {
        let what = format!("quiet spot {}", row.spot_id);
        let lesson = Lesson {
            item_id: ReviewItemId(row.item_id),
            firing_id: FiringId(row.firing_id),
            event_id: row.event_id.map(EventId),
            taught_at: row.taught_at.into(),
            at: row.at.into(),
            bounds: BoundingBox { x: row.x, y: row.y, w: row.w, h: row.h },
            reason: parse(&what, &row.reason)?,
        };
        match spots.last_mut().filter(|spot| spot.id.0 == row.spot_id) {
            Some(spot) => spot.lessons.push(lesson),
            None => spots.push(QuietSpot {
                id: QuietSpotId(row.spot_id),
                camera_id: CameraId(row.camera_id),
                class: parse(&what, &row.class)?,
                lessons: vec![lesson],
            }),
        }
    }
    Ok(spots)
}

/// Writes what was kept quiet. What is there already changes nothing.
pub(crate) async fn write(connection: &mut PgConnection, firings: &[&Suppressed]) -> Result<()> {
    for firing in firings {
        sqlx::query(
            "INSERT INTO suppressed_firings (id, spot_id, at, firing) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(firing.id.0)
        .bind(firing.suppressed_by.0)
        .bind(at(firing.at))
        .bind(Json(firing))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Learns from an item that was dismissed: each camera spot that one of its firings is like, and a new one for what is
/// like none, gets one lesson.
pub(crate) async fn teach(
    connection: &mut PgConnection,
    item: &ReviewItem,
    why: DismissReason,
) -> Result<()> {
    let mut known: HashMap<CameraId, Vec<QuietSpot>> = HashMap::new();
    for firing in review::firings(connection, item.id, MOST_FIRINGS).await? {
        let Some(camera) = firing.camera_id else { continue };
        let Some(likeness) = quiet::suspect(&firing.rule, &firing.measured, firing.at) else { continue };
        let Some(bounds) = firing.measured.bounds else { continue };
        if let Entry::Vacant(spots) = known.entry(camera) {
            // Two officers who dismiss the same thing must not make two spots of it.
            sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
                .bind(format!("quiet {camera}"))
                .execute(&mut *connection)
                .await?;
            spots.insert(of_camera(connection, camera).await?);
        }
        let spots = known.entry(camera).or_default();
        let near = spots
            .iter_mut()
            .filter_map(|spot| Some((spot.likeness()?.distance(&likeness)?, spot)))
            .min_by(|(one, _), (other, _)| one.total_cmp(other));
        let lesson = Lesson {
            item_id: item.id,
            firing_id: firing.id,
            event_id: firing.event_id,
            taught_at: Timestamp::default(),
            at: firing.at,
            bounds,
            reason: why,
        };
        let spot = if let Some((_, spot)) = near {
            spot.id
        } else {
            let id = QuietSpotId::generate();
            sqlx::query("INSERT INTO quiet_spots (id, camera_id, class) VALUES ($1, $2, $3)")
                .bind(id.0)
                .bind(camera.0)
                .bind(likeness.class.as_str())
                .execute(&mut *connection)
                .await?;
            let (class, lessons) = (likeness.class, vec![lesson]);
            spots.push(QuietSpot { id, camera_id: camera, class, lessons });
            id
        };
        learn(connection, spot, &lesson).await?;
    }
    Ok(())
}

async fn learn(connection: &mut PgConnection, spot: QuietSpotId, lesson: &Lesson) -> Result<()> {
    let BoundingBox { x, y, w, h } = lesson.bounds;
    sqlx::query(
        "INSERT INTO quiet_lessons (spot_id, item_id, firing_id, event_id, at, reason, x, y, w, h)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (spot_id, item_id) DO NOTHING",
    )
    .bind(spot.0)
    .bind(lesson.item_id.0)
    .bind(lesson.firing_id.0)
    .bind(lesson.event_id.map(|event| event.0))
    .bind(at(lesson.at))
    .bind(lesson.reason.as_str())
    .bind(x)
    .bind(y)
    .bind(w)
    .bind(h)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes back what a dismissal taught.
pub(crate) async fn take_back(connection: &mut PgConnection, item: ReviewItemId) -> Result<()> {
    sqlx::query("DELETE FROM quiet_lessons WHERE item_id = $1").bind(item.0).execute(connection).await?;
    Ok(())
}

async fn of_camera(connection: &mut PgConnection, camera: CameraId) -> Result<Vec<QuietSpot>> {
    let statement = format!("{LESSONS} AND q.camera_id = $1 {ORDER}");
    let rows = sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(camera.0).fetch_all(connection).await?;
    gather(rows)
}

fn not_found(id: QuietSpotId) -> IndexError {
    IndexError::NotFound { what: "quiet spot", id: id.to_string() }
}

impl Index {
    /// The spots of every camera that were taught and not forgotten.
    pub async fn quiet_spots(&self) -> Result<Vec<QuietSpot>> {
        let statement = format!("{LESSONS} {ORDER}");
        gather(sqlx::query_as(sqlx::AssertSqlSafe(statement)).fetch_all(&self.pool).await?)
    }

    /// The same of one camera, the oldest first, with how much each kept quiet.
    pub async fn quiet_spots_of(&self, camera: CameraId) -> Result<Vec<(QuietSpot, Hushed)>> {
        let mut connection = self.pool.acquire().await?;
        let spots = of_camera(&mut connection, camera).await?;
        with_hushed(&mut connection, spots).await
    }

    /// One spot, with how much it kept quiet. `NotFound` once it was forgotten.
    pub async fn quiet_spot(&self, id: QuietSpotId) -> Result<(QuietSpot, Hushed)> {
        let mut connection = self.pool.acquire().await?;
        let statement = format!("{LESSONS} AND q.id = $1 {ORDER}");
        let rows =
            sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(id.0).fetch_all(&mut *connection).await?;
        let spots = with_hushed(&mut connection, gather(rows)?).await?;
        spots.into_iter().next().ok_or_else(|| not_found(id))
    }

    /// What a spot kept quiet, the latest first.
    pub async fn suppressed_firings(&self, id: QuietSpotId, limit: u32) -> Result<Vec<Suppressed>> {
        let rows: Vec<serde_json::Value> = sqlx::query_scalar(
            "SELECT firing FROM suppressed_firings WHERE spot_id = $1 ORDER BY at DESC, id DESC LIMIT $2",
        )
        .bind(id.0)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        let read = |row| serde_json::from_value(row).map_err(|error| corrupt("a suppressed firing", error));
        rows.into_iter().map(read).collect()
    }

    /// Forgets a spot: the like of it is flagged again. What it kept quiet stays on record.
    pub async fn forget_quiet_spot(&self, id: QuietSpotId, by: Option<UserId>) -> Result<()> {
        let done = sqlx::query(
            "UPDATE quiet_spots SET forgotten_at = now(), forgotten_by = $2 WHERE id = $1 AND forgotten_at IS NULL",
        )
        .bind(id.0)
        .bind(by.map(|user| user.0))
        .execute(&self.pool)
        .await?;
        if done.rows_affected() == 0 { Err(not_found(id)) } else { Ok(()) }
    }
}

async fn with_hushed(
    connection: &mut PgConnection,
    spots: Vec<QuietSpot>,
) -> Result<Vec<(QuietSpot, Hushed)>> {
    let rows: Vec<(Uuid, i64, DateTime<Utc>)> = sqlx::query_as(
        "SELECT spot_id, count(*), max(at) FROM suppressed_firings WHERE spot_id = ANY ($1) GROUP BY 1",
    )
    .bind(spots.iter().map(|spot| spot.id.0).collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    let read = |(spot, count, last): (Uuid, i64, DateTime<Utc>)| {
        let count = unsigned("a count of suppressed firings", count)?;
        Ok((spot, Hushed { count, last: Some(last.into()) }))
    };
    let hushed: HashMap<Uuid, Hushed> = rows.into_iter().map(read).collect::<Result<_>>()?;
    let of = |spot: QuietSpot| {
        let hushed = hushed.get(&spot.id.0).copied().unwrap_or_default();
        (spot, hushed)
    };
    Ok(spots.into_iter().map(of).collect())
}
