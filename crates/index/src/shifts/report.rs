//! What a shift hands over: of its place and all below it, as it was when it ended.

use chrono::{DateTime, Utc};
use domain::{
    CameCount, CameraHealth, CameraId, Escalated, Missing, PlaceId, ReviewState, Shift, ShiftReport,
    Timestamp, Waited,
};
use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::ShiftRow;
use crate::columns::{at, parse, unsigned};
use crate::review::{COLUMNS, ItemRow, OPEN, severity};
use crate::{Index, Result};

/// Items of a list, at most.
const LISTED: i64 = 200;

/// The places of a report, as a condition on a column.
const HERE: &str = "IN (SELECT p.id FROM places p WHERE p.path <@ (SELECT path FROM places WHERE id = $1))";
/// The state of an item at a moment: `$2`, the end of the report.
const STATE_THEN: &str = "coalesce((SELECT s.state FROM review_steps s WHERE s.item_id = i.id AND s.at < $2
    ORDER BY s.number DESC LIMIT 1), 'new')";

/// Where and when: what all questions of a report are about.
#[derive(Clone, Copy)]
struct Scope {
    place: PlaceId,
    from: Timestamp,
    until: Timestamp,
}

impl Index {
    /// What a shift hands over. One that lasts is reported up to `now`.
    pub async fn shift_report(&self, shift: Shift, now: Timestamp) -> Result<ShiftReport> {
        let until = shift.to.unwrap_or(now).max(shift.from);
        let scope = Scope { place: shift.place_id, from: shift.from, until };
        // One snapshot of the database, so that the parts agree with each other.
        let mut transaction = self.pool.begin().await?;
        sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            .execute(&mut *transaction)
            .await?;
        let connection: &mut PgConnection = &mut transaction;
        let place_name: String = sqlx::query_scalar("SELECT name FROM places WHERE id = $1")
            .bind(scope.place.0)
            .fetch_one(&mut *connection)
            .await?;
        let others = others(connection, &shift, scope).await?;
        let came = came(connection, scope).await?;
        let until_taken = waited(connection, scope, &["take", "confirm", "dismiss", "escalate"]).await?;
        let until_decided = waited(connection, scope, &["confirm", "dismiss", "escalate"]).await?;
        let (open_count, open) = open(connection, scope).await?;
        let escalated = escalated(connection, scope).await?;
        let cameras = cameras(connection, scope).await?;
        transaction.commit().await?;
        Ok(ShiftReport {
            shift,
            place_name,
            until,
            others,
            came,
            until_taken,
            until_decided,
            open_count,
            open,
            escalated,
            cameras,
        })
    }
}

async fn others(connection: &mut PgConnection, shift: &Shift, scope: Scope) -> Result<Vec<Shift>> {
    let rows: Vec<ShiftRow> = sqlx::query_as(
        "SELECT * FROM shifts WHERE place_id = $1 AND id <> $4
             AND starts_at < $2 AND coalesce(ends_at, 'infinity') > $3 ORDER BY starts_at, id LIMIT 100",
    )
    .bind(scope.place.0)
    .bind(at(scope.until))
    .bind(at(scope.from))
    .bind(shift.id.0)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Shift::from).collect())
}

async fn came(connection: &mut PgConnection, scope: Scope) -> Result<Vec<CameCount>> {
    let statement = format!(
        "SELECT i.severity, {STATE_THEN} AS state, count(*) FROM review_items i
         WHERE i.place_id {HERE} AND i.first_at >= $3 AND i.first_at < $2 GROUP BY 1, 2"
    );
    let rows: Vec<(i16, String, i64)> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(scope.place.0)
        .bind(at(scope.until))
        .bind(at(scope.from))
        .fetch_all(connection)
        .await?;
    let read = |(level, state, count): (i16, String, i64)| {
        let what = "a review item of a shift";
        Ok(CameCount {
            severity: severity(what, level)?,
            state: parse(what, &state)?,
            count: unsigned(what, count)?,
        })
    };
    let mut counts: Vec<CameCount> = rows.into_iter().map(read).collect::<Result<_>>()?;
    let order = |state| ReviewState::ALL.iter().position(|other| *other == state);
    counts.sort_by_key(|one| (std::cmp::Reverse(one.severity), order(one.state)));
    Ok(counts)
}

/// How long what came waited for the first of these steps by a person. The server itself has no account.
async fn waited(connection: &mut PgConnection, scope: Scope, steps: &[&str]) -> Result<Waited> {
    let statement = format!(
        "WITH waits AS (
             SELECT greatest(extract(epoch FROM min(s.at) - i.first_at), 0)::float8 AS seconds
             FROM review_items i JOIN review_steps s ON s.item_id = i.id
             WHERE i.place_id {HERE} AND i.first_at >= $3 AND i.first_at < $2
                 AND s.at < $2 AND s.user_id IS NOT NULL AND s.step = ANY ($4)
             GROUP BY i.id)
         SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds),
             percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) FROM waits"
    );
    let (count, median_seconds, p90_seconds): (i64, Option<f64>, Option<f64>) =
        sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(scope.place.0)
            .bind(at(scope.until))
            .bind(at(scope.from))
            .bind(steps.iter().map(ToString::to_string).collect::<Vec<_>>())
            .fetch_one(connection)
            .await?;
    Ok(Waited { count: unsigned("a count of items of a shift", count)?, median_seconds, p90_seconds })
}

/// What was open at the end: what is open now, and what changed only since then.
async fn open(connection: &mut PgConnection, scope: Scope) -> Result<(u64, Vec<domain::ReviewItem>)> {
    let open = format!(
        "FROM review_items i WHERE i.place_id {HERE} AND i.first_at < $2
             AND (i.state IN {OPEN} OR i.state_since >= $2) AND {STATE_THEN} IN {OPEN}"
    );
    let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) {open}")))
        .bind(scope.place.0)
        .bind(at(scope.until))
        .fetch_one(&mut *connection)
        .await?;
    let statement =
        format!("SELECT {COLUMNS} {open} ORDER BY i.severity DESC, i.first_at, i.id LIMIT {LISTED}");
    let rows: Vec<ItemRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(scope.place.0)
        .bind(at(scope.until))
        .fetch_all(connection)
        .await?;
    let items = rows.into_iter().map(TryInto::try_into).collect::<Result<_>>()?;
    Ok((unsigned("a count of open items", count)?, items))
}

#[derive(FromRow)]
struct EscalatedRow {
    step_at: DateTime<Utc>,
    step_username: String,
    step_note: Option<String>,
    #[sqlx(flatten)]
    item: ItemRow,
}

async fn escalated(connection: &mut PgConnection, scope: Scope) -> Result<Vec<Escalated>> {
    let statement = format!(
        "SELECT s.at AS step_at, s.username AS step_username, s.note AS step_note, {COLUMNS}
         FROM review_steps s JOIN review_items i ON i.id = s.item_id
         WHERE s.step = 'escalate' AND s.at >= $3 AND s.at < $2 AND i.place_id {HERE}
         ORDER BY s.at, s.number LIMIT {LISTED}"
    );
    let rows: Vec<EscalatedRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(scope.place.0)
        .bind(at(scope.until))
        .bind(at(scope.from))
        .fetch_all(connection)
        .await?;
    let read = |row: EscalatedRow| {
        Ok(Escalated {
            at: row.step_at.into(),
            username: row.step_username,
            note: row.step_note,
            item: row.item.try_into()?,
        })
    };
    rows.into_iter().map(read).collect()
}

#[derive(FromRow)]
struct CameraRow {
    id: Uuid,
    name: String,
    missing_since: Option<DateTime<Utc>>,
    missing_because: Option<String>,
    recording_gaps: i64,
    recording_longest: f64,
    recording_total: f64,
    analysis_gaps: i64,
    analysis_longest: f64,
    analysis_total: f64,
}

async fn cameras(connection: &mut PgConnection, scope: Scope) -> Result<Vec<CameraHealth>> {
    let figures = |kind: &str| {
        let these = format!("FILTER (WHERE g.kind = '{kind}')");
        format!(
            "count(g.*) {these} AS {kind}_gaps, coalesce(max(g.seconds) {these}, 0) AS {kind}_longest,
             coalesce(sum(g.seconds) {these}, 0) AS {kind}_total"
        )
    };
    let (recording, analysis) = (figures("recording"), figures("analysis"));
    let statement = format!(
        "SELECT c.id, c.name, lasting.starts_at AS missing_since, lasting.reason AS missing_because,
             {recording}, {analysis}
         FROM cameras c
         LEFT JOIN LATERAL (
             SELECT g.kind, extract(epoch FROM least(coalesce(g.ends_at, 'infinity'), $2)
                 - greatest(g.starts_at, $3))::float8 AS seconds
             FROM gaps g WHERE g.camera_id = c.id AND (g.stream = 'main' OR g.kind = 'analysis')
                 AND coalesce(g.ends_at, 'infinity') > $3 AND g.starts_at < $2) g ON true
         LEFT JOIN LATERAL (
             SELECT l.starts_at, l.reason FROM gaps l
             WHERE l.camera_id = c.id AND l.stream = 'main' AND l.kind = 'recording'
                 AND coalesce(l.ends_at, 'infinity') > $2 AND l.starts_at <= $2
             ORDER BY l.starts_at LIMIT 1) lasting ON true
         WHERE c.removed_at IS NULL AND c.place_id {HERE}
         GROUP BY c.id, c.name, lasting.starts_at, lasting.reason
         ORDER BY c.name COLLATE by_name, c.id"
    );
    let rows: Vec<CameraRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(scope.place.0)
        .bind(at(scope.until))
        .bind(at(scope.from))
        .fetch_all(connection)
        .await?;
    let read = |row: CameraRow| {
        let what = "the gaps of a camera";
        let missing = |gaps, longest_seconds, total_seconds| {
            Ok::<_, crate::IndexError>(Missing {
                gaps: unsigned(what, gaps)?,
                longest_seconds,
                total_seconds,
            })
        };
        Ok(CameraHealth {
            camera_id: CameraId(row.id),
            name: row.name,
            missing_since: row.missing_since.map(Timestamp::from),
            missing_because: row.missing_because.map(|reason| parse(what, &reason)).transpose()?,
            recording: missing(row.recording_gaps, row.recording_longest, row.recording_total)?,
            analysis: missing(row.analysis_gaps, row.analysis_longest, row.analysis_total)?,
        })
    };
    rows.into_iter().map(read).collect()
}
