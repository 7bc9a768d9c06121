//! What is missing, and why.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{CameraId, Gap, TimeRange, Timestamp};
use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::columns::{at, parse};
use crate::{Index, IndexError, Result};

#[derive(FromRow)]
struct GapRow {
    camera_id: Uuid,
    stream: String,
    kind: String,
    starts_at: DateTime<Utc>,
    ends_at: Option<DateTime<Utc>>,
    reason: String,
    detail: String,
    caught_up_at: Option<DateTime<Utc>>,
}

impl TryFrom<GapRow> for Gap {
    type Error = IndexError;
    fn try_from(row: GapRow) -> Result<Self> {
        let what = "a gap";
        Ok(Self {
            camera_id: CameraId(row.camera_id),
            stream: parse(what, &row.stream)?,
            kind: parse(what, &row.kind)?,
            from: row.starts_at.into(),
            to: row.ends_at.map(Timestamp::from),
            reason: parse(what, &row.reason)?,
            detail: row.detail,
            caught_up_at: row.caught_up_at.map(Timestamp::from),
        })
    }
}

impl Index {
    /// Gaps of both streams and kinds that overlap the range, in order of time.
    pub async fn gaps_in(&self, camera: CameraId, range: TimeRange) -> Result<Vec<Gap>> {
        let rows: Vec<GapRow> = sqlx::query_as(
            "SELECT * FROM gaps
             WHERE camera_id = $1 AND coalesce(ends_at, 'infinity') > $2 AND starts_at < $3
             ORDER BY starts_at, stream, kind",
        )
        .bind(camera.0)
        .bind(at(range.from))
        .bind(at(range.to))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Gap::try_from).collect()
    }

    /// Analysis gaps that have ended, not been caught up, and began at or after `since`; oldest first.
    pub async fn gaps_to_analyse(&self, since: Timestamp, limit: u32) -> Result<Vec<Gap>> {
        let rows: Vec<GapRow> = sqlx::query_as(
            "SELECT * FROM gaps
             WHERE kind = 'analysis' AND caught_up_at IS NULL AND ends_at IS NOT NULL AND starts_at >= $1
             ORDER BY starts_at LIMIT $2",
        )
        .bind(at(since))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Gap::try_from).collect()
    }

    /// Ends, at `at`, the gaps of a camera, or of all, that whoever opened them will not end: it was stopped, or
    /// crashed. Returns how many. Call before anything new is written.
    pub async fn close_open_gaps(&self, camera: Option<CameraId>, at_time: Timestamp) -> Result<u64> {
        let statement = "UPDATE gaps SET ends_at = greatest($2, starts_at)
            WHERE ends_at IS NULL AND ($1::uuid IS NULL OR camera_id = $1)";
        let done = sqlx::query(statement)
            .bind(camera.map(|camera| camera.0))
            .bind(at(at_time))
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }
}

/// Writes gaps; of two with one key the later counts.
pub(crate) async fn write(connection: &mut PgConnection, gaps: &[&Gap]) -> Result<()> {
    let latest: HashMap<_, &Gap> =
        gaps.iter().map(|gap| ((gap.camera_id, gap.stream, gap.kind, gap.from), *gap)).collect();
    let mut rows: Vec<&Gap> = latest.into_values().collect();
    rows.sort_unstable_by_key(|gap| (gap.camera_id, gap.stream, gap.from));
    sqlx::query(
        "INSERT INTO gaps (camera_id, stream, kind, starts_at, ends_at, reason, detail, caught_up_at)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[],
             $7::text[], $8::timestamptz[])
         ON CONFLICT (camera_id, stream, kind, starts_at) DO UPDATE SET
             ends_at = EXCLUDED.ends_at, reason = EXCLUDED.reason, detail = EXCLUDED.detail,
             caught_up_at = EXCLUDED.caught_up_at",
    )
    .bind(rows.iter().map(|gap| gap.camera_id.0).collect::<Vec<_>>())
    .bind(rows.iter().map(|gap| gap.stream.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|gap| gap.kind.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|gap| at(gap.from)).collect::<Vec<_>>())
    .bind(rows.iter().map(|gap| gap.to.map(at)).collect::<Vec<_>>())
    .bind(rows.iter().map(|gap| gap.reason.as_str()).collect::<Vec<_>>())
    // The detail may quote a camera; PostgreSQL takes any text but NUL.
    .bind(rows.iter().map(|gap| gap.detail.replace('\0', "\u{fffd}")).collect::<Vec<_>>())
    .bind(rows.iter().map(|gap| gap.caught_up_at.map(at)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
