//! How many events match: by time and class, and by camera.

use std::time::Duration;

use domain::{CameraId, ObjectClass, Timestamp};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use super::EventQuery;
use super::search::Search;
use crate::columns::{at, interval, parse, unsigned};
use crate::error::timed_out;
use crate::{Index, IndexError, Result};

/// Counting takes no longer than this: it reads every event that matches.
const LONGEST: Duration = Duration::from_secs(5);

/// The columns in which events are counted by time: each as long as the others, the first from `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Where the first begins: at the time that is searched, or before.
    pub start: Timestamp,
    /// How long each is.
    pub length: Duration,
}

/// How many events match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventCounts {
    /// By column, counted from 0, and class: those in which there are any. What was there before the time searched
    /// counts with the time's first moment.
    pub columns: Vec<(u32, ObjectClass, u64)>,
    /// By camera.
    pub cameras: Vec<(CameraId, u64)>,
}

/// A row of either set of groups: by column and class, or by camera.
#[derive(FromRow)]
struct CountRow {
    part: Option<i32>,
    class: Option<String>,
    camera_id: Option<Uuid>,
    count: i64,
}

impl Index {
    /// Counts the events that a query finds in its time; its cursor and limit say nothing here. `None` where it would
    /// take too long.
    pub async fn count_events(&self, query: &EventQuery, columns: Columns) -> Result<Option<EventCounts>> {
        let refused = |field, problem: &str| IndexError::Invalid { field, problem: problem.to_owned() };
        if query.asks_for_ways() {
            return Err(refused(
                "zone",
                "events are not counted by their way through the picture: search for them",
            ));
        }
        let range =
            query.range.ok_or_else(|| refused("from", "events are counted in a time: give from and to"))?;
        let search = Search { query, viewpoints: self.viewpoints(query).await? };
        if search.viewpoints.as_ref().is_some_and(|viewpoints| viewpoints.ids.is_empty()) {
            return Ok(Some(EventCounts::default()));
        }
        let mut sql = QueryBuilder::new("WITH found AS (");
        search.push_all(&mut sql, "e.first_seen, e.class, e.viewpoint_id");
        sql.push("), placed AS (SELECT floor(extract(epoch FROM greatest(first_seen, ");
        sql.push_bind(at(range.from)).push(") - ").push_bind(at(columns.start));
        sql.push(") / extract(epoch FROM ")
            .push_bind(interval(columns.length))
            .push("))::int4 AS part, class, viewpoint_id FROM found) ");
        sql.push(
            "SELECT part, class, v.camera_id, count(*) FROM placed JOIN viewpoints v ON v.id = viewpoint_id \
             GROUP BY GROUPING SETS ((part, class), (v.camera_id)) ORDER BY part, class, v.camera_id",
        );
        let mut transaction = self.pool.begin().await?;
        sqlx::query("SELECT set_config('statement_timeout', $1, true)")
            .bind(LONGEST.as_millis().to_string())
            .execute(&mut *transaction)
            .await?;
        let rows: Vec<CountRow> = match sql.build_query_as().fetch_all(&mut *transaction).await {
            Ok(rows) => rows,
            Err(error) if timed_out(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        transaction.commit().await?;
        let mut counts = EventCounts::default();
        for CountRow { part, class, camera_id, count } in rows {
            let count = unsigned("count", count)?;
            match (part, class, camera_id) {
                (Some(part), Some(class), _) => {
                    counts.columns.push((
                        unsigned("column", i64::from(part))?,
                        parse("class", &class)?,
                        count,
                    ));
                }
                (_, _, Some(camera)) => counts.cameras.push((CameraId(camera), count)),
                _ => {}
            }
        }
        Ok(Some(counts))
    }
}
