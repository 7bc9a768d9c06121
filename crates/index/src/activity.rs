//! How much moved, minute by minute.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{ActivityMinute, CameraId, TimeRange};
use sqlx::postgres::PgConnection;

use crate::codec::{decode_scores, encode_scores};
use crate::columns::{at, corrupt};
use crate::{Index, Result};

impl Index {
    /// The minutes that overlap the range, in order of time.
    pub async fn activity_in(&self, camera: CameraId, range: TimeRange) -> Result<Vec<ActivityMinute>> {
        let rows: Vec<(DateTime<Utc>, Vec<u8>)> = sqlx::query_as(
            "SELECT minute, scores FROM activity WHERE camera_id = $1 AND minute >= $2 AND minute < $3
             ORDER BY minute",
        )
        .bind(camera.0)
        .bind(at(range.from.minute()))
        .bind(at(range.to))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(minute, scores)| {
                let scores = decode_scores(&scores)
                    .map_err(|error| corrupt(&format!("activity of {camera} at {minute}"), error))?;
                Ok(ActivityMinute { camera_id: camera, minute: minute.into(), scores })
            })
            .collect()
    }
}

/// Writes minutes; of two with one key the later counts.
pub(crate) async fn write(connection: &mut PgConnection, minutes: &[&ActivityMinute]) -> Result<()> {
    let latest: HashMap<_, &ActivityMinute> =
        minutes.iter().map(|minute| ((minute.camera_id, minute.minute), *minute)).collect();
    let mut rows: Vec<&ActivityMinute> = latest.into_values().collect();
    rows.sort_unstable_by_key(|minute| (minute.camera_id, minute.minute));
    // A camera that stops and starts within a minute writes it in two parts: the later one is appended. The layout of
    // the bytes is `codec::encode_scores`'s: a mark, then for each score its milliseconds (low byte first) and itself.
    sqlx::query(
        "INSERT INTO activity (camera_id, minute, scores)
         SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::bytea[])
         ON CONFLICT (camera_id, minute) DO UPDATE SET scores = CASE
             WHEN length(activity.scores) > 3 AND length(EXCLUDED.scores) > 3
                 AND get_byte(activity.scores, length(activity.scores) - 3)
                     + 256 * get_byte(activity.scores, length(activity.scores) - 2)
                     < get_byte(EXCLUDED.scores, 1) + 256 * get_byte(EXCLUDED.scores, 2)
             THEN activity.scores || substring(EXCLUDED.scores FROM 2)
             ELSE EXCLUDED.scores END",
    )
    .bind(rows.iter().map(|row| row.camera_id.0).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| at(row.minute)).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| encode_scores(&row.scores)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
