//! What residents and volunteers told: each becomes a review item.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{Firing, GeoPoint, PlaceId, ReportId, ReviewItemId, Timestamp, UserId};
use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::columns::{at, interval, point};
use crate::review;
use crate::{Index, Result, Visibility};

/// A report to store.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// Identifier.
    pub id: ReportId,
    /// Where it came from: `api`, `zalo`.
    pub source: &'static str,
    /// Its name at its source: it is taken once.
    pub external_id: Option<String>,
    /// The account that sent it.
    pub user_id: Option<UserId>,
    /// The source's name for who sent it: what the same one sends within ten minutes, to the same place, while nobody has
    /// acted on it, is one item.
    pub sender_id: Option<String>,
    /// Who sent it, for people.
    pub sender: String,
    /// What it says.
    pub text: String,
    /// Where it happened.
    pub point: Option<GeoPoint>,
    /// When it came.
    pub received_at: Timestamp,
    /// The firing that makes it a review item.
    pub firing: Firing,
}

/// A stored report.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Identifier.
    pub id: ReportId,
    /// The review item that it became.
    pub item_id: ReviewItemId,
    /// Where it belongs.
    pub place_id: PlaceId,
    /// Where it came from.
    pub source: String,
    /// The account that sent it.
    pub user_id: Option<UserId>,
    /// Who sent it.
    pub sender: String,
    /// What it says.
    pub text: String,
    /// Where it happened.
    pub point: Option<GeoPoint>,
    /// When it came.
    pub received_at: Timestamp,
}

/// Which reports to list, the newest first.
#[derive(Clone, Debug, Default)]
pub struct ReportQuery {
    /// What the asker may see.
    pub visible: Visibility,
    /// Go on after the report of this time and name.
    pub before: Option<(Timestamp, ReportId)>,
    /// Most reports to return, 1 to 1000.
    pub limit: u32,
}

#[derive(FromRow)]
struct ReportRow {
    id: Uuid,
    item_id: Uuid,
    place_id: Uuid,
    source: String,
    user_id: Option<Uuid>,
    sender: String,
    text: String,
    latitude: Option<f64>,
    longitude: Option<f64>,
    received_at: DateTime<Utc>,
}

impl From<ReportRow> for Report {
    fn from(row: ReportRow) -> Self {
        Self {
            id: ReportId(row.id),
            item_id: ReviewItemId(row.item_id),
            place_id: PlaceId(row.place_id),
            source: row.source,
            user_id: row.user_id.map(UserId),
            sender: row.sender,
            text: row.text,
            point: point(row.latitude, row.longitude),
            received_at: row.received_at.into(),
        }
    }
}

const COLUMNS: &str = "r.id, r.item_id, r.place_id, r.source, r.user_id, r.sender, r.text, r.latitude, r.longitude, r.received_at";

/// What the same sender wrote so long before belongs together.
const TOGETHER: Duration = Duration::from_mins(10);

/// The item that an earlier report of the same sender made, if nobody has acted on it yet.
async fn joined(connection: &mut PgConnection, new: &NewReport) -> Result<Option<ReviewItemId>> {
    let Some(sender) = &new.sender_id else { return Ok(None) };
    let item: Option<Uuid> = sqlx::query_scalar(
        "SELECT r.item_id FROM reports r JOIN review_items i ON i.id = r.item_id
         WHERE r.source = $1 AND r.sender_id = $2 AND r.place_id = $3 AND i.state = 'new'
           AND r.received_at BETWEEN $4::timestamptz - $5::interval AND $4
         ORDER BY r.received_at DESC LIMIT 1",
    )
    .bind(new.source)
    .bind(sender)
    .bind(new.firing.place_id.0)
    .bind(at(new.received_at))
    .bind(interval(TOGETHER))
    .fetch_optional(connection)
    .await?;
    Ok(item.map(ReviewItemId))
}

/// Reports, the newest first.
#[derive(Clone, Debug)]
pub struct ReportPage {
    /// The reports.
    pub reports: Vec<Report>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<(Timestamp, ReportId)>,
}

impl Index {
    /// Stores a report and its review item, all or nothing. One that was stored before, by its name at its source, is
    /// given back as it is; the second value says whether this one is new.
    pub async fn create_report(&self, new: &NewReport) -> Result<(Report, bool)> {
        let mut transaction = self.pool.begin().await?;
        let mut firing = new.firing.clone();
        if let Some(earlier) = joined(&mut transaction, new).await? {
            firing.item_id = earlier;
        }
        let inserted = sqlx::query(
            "INSERT INTO reports (id, item_id, place_id, source, external_id, user_id, sender_id, sender, text,
                 latitude, longitude, received_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (source, external_id) DO NOTHING",
        )
        .bind(new.id.0)
        .bind(firing.item_id.0)
        .bind(firing.place_id.0)
        .bind(new.source)
        .bind(&new.external_id)
        .bind(new.user_id.map(|user| user.0))
        .bind(&new.sender_id)
        .bind(new.sender.replace('\0', ""))
        .bind(new.text.replace('\0', ""))
        .bind(new.point.map(|point| point.latitude))
        .bind(new.point.map(|point| point.longitude))
        .bind(at(new.received_at))
        .execute(&mut *transaction)
        .await?;
        let is_new = inserted.rows_affected() == 1;
        if is_new {
            review::write(&mut transaction, &[&firing]).await?;
        }
        let statement = format!(
            "SELECT {COLUMNS} FROM reports r WHERE r.id = $1 OR (r.source = $2 AND r.external_id = $3) LIMIT 1"
        );
        let row: ReportRow = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(new.id.0)
            .bind(new.source)
            .bind(&new.external_id)
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok((row.into(), is_new))
    }

    /// Reports, the newest first.
    pub async fn reports(&self, query: &ReportQuery) -> Result<ReportPage> {
        let limit = query.limit.clamp(1, 1000);
        let statement = format!(
            "SELECT {COLUMNS} FROM reports r JOIN places p ON p.id = r.place_id
             WHERE ($1::uuid[] IS NULL OR p.path <@ ARRAY(SELECT path FROM places WHERE id = ANY ($1)))
               AND ($2::timestamptz IS NULL OR (r.received_at, r.id) < ($2, $3))
             ORDER BY r.received_at DESC, r.id DESC LIMIT $4"
        );
        let rows: Vec<ReportRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(query.visible.roots())
            .bind(query.before.map(|(time, _)| at(time)))
            .bind(query.before.map(|(_, id)| id.0))
            .bind(i64::from(limit) + 1)
            .fetch_all(&self.pool)
            .await?;
        let more = rows.len() > limit as usize;
        let reports: Vec<Report> = rows.into_iter().take(limit as usize).map(Report::from).collect();
        let next = reports.last().filter(|_| more).map(|last| (last.received_at, last.id));
        Ok(ReportPage { reports, next })
    }
}
