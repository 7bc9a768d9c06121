//! How much was recorded lately, and what is missing: by the counters and indexes, never by going through all segments.

use chrono::{DateTime, Utc};
use domain::{CameraId, GapKind, GapReason, StreamKind, TimeRange, Timestamp};
use sqlx::Row;
use uuid::Uuid;

use crate::columns::{at, parse, unsigned};
use crate::{Index, Result};

/// What is recorded of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamStock {
    /// Which camera; it may have been removed since.
    pub camera_id: CameraId,
    /// Which of its streams.
    pub stream: StreamKind,
    /// Bytes of all that is kept.
    pub stored_bytes: u64,
    /// When the oldest of it begins.
    pub oldest: Option<Timestamp>,
    /// Bytes of what began in the range asked for.
    pub lately_bytes: u64,
    /// When the first of that begins.
    pub lately_from: Option<Timestamp>,
}

/// Gaps of one kind and reason, added up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GapSum {
    /// Which camera.
    pub camera_id: CameraId,
    /// What is missing.
    pub kind: GapKind,
    /// Why.
    pub reason: GapReason,
    /// How many.
    pub count: u64,
    /// How long together, in seconds, as far as they lie in the range.
    pub seconds: f64,
}

impl Index {
    /// What is recorded of each stream of these cameras, or of all; of a range, which its end keeps from being looked
    /// for in the partitions of days to come.
    pub async fn stock(&self, cameras: Option<&[CameraId]>, lately: TimeRange) -> Result<Vec<StreamStock>> {
        let rows = sqlx::query(
            "SELECT k.camera_id, k.stream, k.bytes, oldest.starts_at, lately.bytes, lately.starts_at
             FROM stream_bytes k
             LEFT JOIN LATERAL (
                 SELECT s.starts_at FROM segments s WHERE s.camera_id = k.camera_id AND s.stream = k.stream
                 ORDER BY s.starts_at LIMIT 1) oldest ON true
             CROSS JOIN LATERAL (
                 SELECT coalesce(sum(s.bytes), 0)::bigint AS bytes, min(s.starts_at) AS starts_at FROM segments s
                 WHERE s.camera_id = k.camera_id AND s.stream = k.stream AND s.starts_at >= $2 AND s.starts_at < $3) lately
             WHERE $1::uuid[] IS NULL OR k.camera_id = ANY ($1)
             ORDER BY 1, 2",
        )
        .bind(cameras.map(uuids))
        .bind(at(lately.from))
        .bind(at(lately.to))
        .fetch_all(&self.pool)
        .await?;
        let what = "the stock of a stream";
        rows.iter()
            .map(|row| {
                Ok(StreamStock {
                    camera_id: CameraId(row.try_get(0)?),
                    stream: parse(what, row.try_get(1)?)?,
                    stored_bytes: unsigned(what, row.try_get(2)?)?,
                    oldest: row.try_get::<Option<DateTime<Utc>>, _>(3)?.map(Timestamp::from),
                    lately_bytes: unsigned(what, row.try_get(4)?)?,
                    lately_from: row.try_get::<Option<DateTime<Utc>>, _>(5)?.map(Timestamp::from),
                })
            })
            .collect()
    }

    /// What is missing of these cameras in a range: of the main recording, and of analysis what was not caught up.
    pub async fn gap_sums(&self, cameras: &[CameraId], range: TimeRange) -> Result<Vec<GapSum>> {
        let rows = sqlx::query(
            "SELECT camera_id, kind, reason, count(*),
                 sum(extract(epoch FROM least(coalesce(ends_at, $3), $3) - greatest(starts_at, $2)))::float8
             FROM gaps
             WHERE camera_id = ANY ($1) AND coalesce(ends_at, 'infinity') > $2 AND starts_at < $3
               AND ((kind = 'recording' AND stream = 'main') OR (kind = 'analysis' AND caught_up_at IS NULL))
             GROUP BY 1, 2, 3 ORDER BY 1, 2, 5 DESC",
        )
        .bind(uuids(cameras))
        .bind(at(range.from))
        .bind(at(range.to))
        .fetch_all(&self.pool)
        .await?;
        let what = "a sum of gaps";
        rows.iter()
            .map(|row| {
                Ok(GapSum {
                    camera_id: CameraId(row.try_get(0)?),
                    kind: parse(what, row.try_get(1)?)?,
                    reason: parse(what, row.try_get(2)?)?,
                    count: unsigned(what, row.try_get(3)?)?,
                    seconds: row.try_get(4)?,
                })
            })
            .collect()
    }
}

fn uuids(cameras: &[CameraId]) -> Vec<Uuid> {
    cameras.iter().map(|camera| camera.0).collect()
}
