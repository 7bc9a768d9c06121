//! Shifts, and what each hands over.

use chrono::{DateTime, Utc};
use domain::{PlaceId, Shift, ShiftId, Timestamp, UserId};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use crate::columns::at;
use crate::places::{ids, push_below, require_open};
use crate::{Index, IndexError, Result, Visibility};

mod report;

/// Which shifts to list. Everything that is set must hold; an empty list does not restrict.
#[derive(Clone, Debug, Default)]
pub struct ShiftQuery {
    /// At one of these places or below.
    pub places: Vec<PlaceId>,
    /// Only those that last.
    pub open: bool,
    /// What the asker may see.
    pub visible: Visibility,
    /// Go on after the shift that began then.
    pub cursor: Option<(Timestamp, ShiftId)>,
    /// Most shifts to return, 1 to 1000.
    pub limit: u32,
}

/// Shifts, the latest first.
#[derive(Clone, Debug)]
pub struct ShiftPage {
    /// The shifts.
    pub shifts: Vec<Shift>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<(Timestamp, ShiftId)>,
}

#[derive(FromRow)]
struct ShiftRow {
    id: Uuid,
    place_id: Uuid,
    user_id: Uuid,
    username: String,
    starts_at: DateTime<Utc>,
    ends_at: Option<DateTime<Utc>>,
    note: Option<String>,
    closed_by: Option<String>,
}

impl From<ShiftRow> for Shift {
    fn from(row: ShiftRow) -> Self {
        Self {
            id: ShiftId(row.id),
            place_id: PlaceId(row.place_id),
            user_id: UserId(row.user_id),
            username: row.username,
            from: row.starts_at.into(),
            to: row.ends_at.map(Timestamp::from),
            note: row.note,
            closed_by: row.closed_by,
        }
    }
}

fn not_found(id: ShiftId) -> IndexError {
    IndexError::NotFound { what: "shift", id: id.to_string() }
}

impl Index {
    /// A person goes on duty at a place. `Duplicate` where that person is on duty there already.
    pub async fn open_shift(
        &self,
        place: PlaceId,
        (user, username): (UserId, &str),
        from: Timestamp,
    ) -> Result<Shift> {
        let id = ShiftId::generate();
        let mut transaction = self.pool.begin().await?;
        require_open(&mut transaction, "place_id", place).await?;
        let done = sqlx::query(
            "INSERT INTO shifts (id, place_id, user_id, username, starts_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (place_id, user_id) WHERE ends_at IS NULL DO NOTHING",
        )
        .bind(id.0)
        .bind(place.0)
        .bind(user.0)
        .bind(username)
        .bind(at(from))
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Err(IndexError::Duplicate { field: "place_id", value: place.to_string() });
        }
        transaction.commit().await?;
        self.shift(id).await
    }

    /// Ends a shift with what is handed over in words. `Invalid` where it has ended already.
    pub async fn close_shift(
        &self,
        id: ShiftId,
        by: &str,
        note: Option<&str>,
        to: Timestamp,
    ) -> Result<Shift> {
        let done = sqlx::query(
            "UPDATE shifts SET ends_at = greatest($2, starts_at), closed_by = $3, note = $4
             WHERE id = $1 AND ends_at IS NULL",
        )
        .bind(id.0)
        .bind(at(to))
        .bind(by)
        .bind(note)
        .execute(&self.pool)
        .await?;
        let shift = self.shift(id).await?;
        if done.rows_affected() == 0 {
            let ended = shift.to.map(|to| to.to_string()).unwrap_or_default();
            return Err(IndexError::Invalid {
                field: "shift_id",
                problem: format!("it ended at {ended} already"),
            });
        }
        Ok(shift)
    }

    /// One shift. The caller checks the right at `place_id`.
    pub async fn shift(&self, id: ShiftId) -> Result<Shift> {
        let row: Option<ShiftRow> = sqlx::query_as("SELECT * FROM shifts WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.ok_or_else(|| not_found(id))?.into())
    }

    /// Shifts, the latest first.
    pub async fn shifts(&self, query: &ShiftQuery) -> Result<ShiftPage> {
        let limit = query.limit.clamp(1, 1000);
        let mut sql = QueryBuilder::new("SELECT s.* FROM shifts s WHERE true");
        if query.open {
            sql.push(" AND s.ends_at IS NULL");
        }
        if !query.places.is_empty() {
            push_below(&mut sql, "s.place_id", ids(&query.places));
        }
        if let Some(roots) = query.visible.roots() {
            push_below(&mut sql, "s.place_id", roots);
        }
        if let Some((from, id)) = query.cursor {
            sql.push(" AND (s.starts_at, s.id) < (").push_bind(at(from)).push(", ").push_bind(id.0).push(")");
        }
        sql.push(" ORDER BY s.starts_at DESC, s.id DESC LIMIT ").push_bind(i64::from(limit) + 1);
        let rows: Vec<ShiftRow> = sql.build_query_as().fetch_all(&self.pool).await?;
        let more = rows.len() > limit as usize;
        let shifts: Vec<Shift> = rows.into_iter().take(limit as usize).map(Shift::from).collect();
        let next = shifts.last().filter(|_| more).map(|last| (last.from, last.id));
        Ok(ShiftPage { shifts, next })
    }
}
