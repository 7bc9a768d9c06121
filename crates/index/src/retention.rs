//! What retention needs to know and do.

use chrono::{DateTime, Utc};
use domain::{CameraId, StreamKind, TimeRange, Timestamp};
use sqlx::Row;
use uuid::Uuid;

use crate::columns::{at, parse, range, unsigned};
use crate::{Index, Result, SegmentKey};

/// Bytes that a stream's segments take, kept up to date by the database as rows come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CameraBytes {
    /// Which camera.
    pub camera_id: CameraId,
    /// Which of its streams.
    pub stream: StreamKind,
    /// Sum of the sizes of its files.
    pub bytes: u64,
    /// Number of its files.
    pub segments: u64,
}

/// What retention needs to know of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSegment {
    /// Which segment.
    pub key: SegmentKey,
    /// Time at which the last picture ends.
    pub end: Timestamp,
    /// Size of the file.
    pub bytes: u64,
    /// The file, relative to the folder of recordings.
    pub path: String,
}

impl Index {
    /// Running byte counters, one row a stream.
    pub async fn camera_bytes(&self) -> Result<Vec<CameraBytes>> {
        let rows = sqlx::query("SELECT camera_id, stream, bytes, segments FROM stream_bytes ORDER BY 1, 2")
            .fetch_all(&self.pool)
            .await?;
        let what = "a byte counter";
        rows.iter()
            .map(|row| {
                Ok(CameraBytes {
                    camera_id: CameraId(row.try_get(0)?),
                    stream: parse(what, row.try_get(1)?)?,
                    bytes: unsigned(what, row.try_get(2)?)?,
                    segments: unsigned(what, row.try_get(3)?)?,
                })
            })
            .collect()
    }

    /// The oldest closed segments, of one camera or of all, that start before `before` and are not held; oldest
    /// first.
    pub async fn oldest_segments(
        &self,
        camera: Option<CameraId>,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredSegment>> {
        let rows = sqlx::query(
            "SELECT s.camera_id, s.stream, s.starts_at, s.ends_at, s.bytes, s.path FROM segments s
             WHERE s.closed AND s.starts_at < $2 AND ($1::uuid IS NULL OR s.camera_id = $1)
               AND NOT EXISTS (
                   SELECT FROM holds h WHERE h.released_at IS NULL AND h.camera_id = s.camera_id
                       AND h.starts_at < s.ends_at AND h.ends_at > s.starts_at)
             ORDER BY s.starts_at LIMIT $3",
        )
        .bind(camera.map(|camera| camera.0))
        .bind(at(before))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        let what = "a segment";
        rows.iter()
            .map(|row| {
                Ok(StoredSegment {
                    key: SegmentKey {
                        camera_id: CameraId(row.try_get(0)?),
                        stream: parse(what, row.try_get(1)?)?,
                        start: row.try_get::<DateTime<Utc>, _>(2)?.into(),
                    },
                    end: row.try_get::<DateTime<Utc>, _>(3)?.into(),
                    bytes: unsigned(what, row.try_get(4)?)?,
                    path: row.try_get(5)?,
                })
            })
            .collect()
    }

    /// Removes the rows of segments whose files are gone; returns how many there were.
    pub async fn delete_segments(&self, keys: &[SegmentKey]) -> Result<u64> {
        let mut deleted = 0;
        for keys in keys.chunks(1000) {
            let done = sqlx::query(
                "DELETE FROM segments s USING unnest($1::uuid[], $2::text[], $3::timestamptz[])
                     AS k (camera_id, stream, starts_at)
                 WHERE s.camera_id = k.camera_id AND s.stream = k.stream AND s.starts_at = k.starts_at",
            )
            .bind(keys.iter().map(|key| key.camera_id.0).collect::<Vec<_>>())
            .bind(keys.iter().map(|key| key.stream.as_str()).collect::<Vec<_>>())
            .bind(keys.iter().map(|key| at(key.start)).collect::<Vec<_>>())
            .execute(&self.pool)
            .await?;
            deleted += done.rows_affected();
        }
        Ok(deleted)
    }

    /// Stretches that must not be removed: holds that were not released.
    pub async fn held_ranges(&self) -> Result<Vec<(CameraId, TimeRange)>> {
        let rows: Vec<(Uuid, DateTime<Utc>, DateTime<Utc>)> = sqlx::query_as(
            "SELECT camera_id, starts_at, ends_at FROM holds WHERE released_at IS NULL ORDER BY 1, 2",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(camera, from, to)| Ok((CameraId(camera), range("a hold", from, to)?)))
            .collect()
    }

    /// Removes events that ended before `before` and are not held, oldest first and at most `limit` a call;
    /// returns for each its snapshot's file, which the caller removes. Fewer than `limit`: it was the last call.
    pub async fn delete_events(&self, before: Timestamp, limit: u32) -> Result<Vec<Option<String>>> {
        let snapshots = sqlx::query_scalar(
            "WITH old AS (
                 SELECT e.id, e.first_seen FROM events e JOIN viewpoints v ON v.id = e.viewpoint_id
                 WHERE e.first_seen < $1 AND e.last_seen < $1 AND NOT EXISTS (
                     SELECT FROM holds h WHERE h.released_at IS NULL AND h.camera_id = v.camera_id
                         AND h.starts_at < e.footage_to AND h.ends_at > e.footage_from)
                 ORDER BY e.first_seen, e.id LIMIT $2
             )
             DELETE FROM events e USING old WHERE e.id = old.id AND e.first_seen = old.first_seen
             RETURNING e.snapshot",
        )
        .bind(at(before))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        Ok(snapshots)
    }

    /// Removes gaps and activity older than `before`; returns how many rows went. Whole partitions of activity are
    /// cheaper to [drop](Self::drop_partitions) first.
    pub async fn delete_gaps_and_activity(&self, before: Timestamp) -> Result<u64> {
        let gaps =
            sqlx::query("DELETE FROM gaps WHERE ends_at < $1").bind(at(before)).execute(&self.pool).await?;
        let activity = sqlx::query("DELETE FROM activity WHERE minute < $1")
            .bind(at(before))
            .execute(&self.pool)
            .await?;
        Ok(gaps.rows_affected() + activity.rows_affected())
    }

    /// Forgets cameras that were removed and have neither footage nor events left; returns them.
    pub async fn forget_removed_cameras(&self) -> Result<Vec<CameraId>> {
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "DELETE FROM cameras c WHERE c.removed_at IS NOT NULL
               AND NOT EXISTS (SELECT FROM segments s WHERE s.camera_id = c.id)
               AND NOT EXISTS (SELECT FROM viewpoints v JOIN events e ON e.viewpoint_id = v.id
                               WHERE v.camera_id = c.id)
             RETURNING c.id",
        )
        .fetch_all(&self.pool)
        .await?;
        let forgotten: Vec<CameraId> = ids.into_iter().map(CameraId).collect();
        if !forgotten.is_empty() {
            let ids: Vec<Uuid> = forgotten.iter().map(|camera| camera.0).collect();
            for statement in [
                "DELETE FROM stream_bytes WHERE camera_id = ANY ($1)",
                "DELETE FROM gaps WHERE camera_id = ANY ($1)",
            ] {
                sqlx::query(statement).bind(&ids).execute(&self.pool).await?;
            }
        }
        Ok(forgotten)
    }
}
