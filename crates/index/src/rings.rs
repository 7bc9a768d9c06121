//! Who rang what, and whether it answered.

use chrono::{DateTime, Utc};
use domain::{PlaceId, ReviewItemId, Ring, RingId, RingState, SounderId, Timestamp, UserId};
use sqlx::FromRow;
use uuid::Uuid;

use crate::columns::{at, parse};
use crate::{Index, IndexError, Result, Visibility};

#[derive(FromRow)]
struct RingRow {
    id: Uuid,
    sounder_id: Uuid,
    sounder_name: String,
    place_id: Uuid,
    asked_at: DateTime<Utc>,
    cause: String,
    username: Option<String>,
    reason: String,
    item_id: Option<Uuid>,
    state: String,
    answered_at: Option<DateTime<Utc>>,
    problem: Option<String>,
}

impl TryFrom<RingRow> for Ring {
    type Error = IndexError;
    fn try_from(row: RingRow) -> Result<Self> {
        let what = format!("ring {}", row.id);
        Ok(Self {
            id: RingId(row.id),
            sounder_id: SounderId(row.sounder_id),
            sounder_name: row.sounder_name,
            place_id: PlaceId(row.place_id),
            asked_at: row.asked_at.into(),
            cause: parse(&what, &row.cause)?,
            username: row.username,
            reason: row.reason,
            item_id: row.item_id.map(ReviewItemId),
            state: parse(&what, &row.state)?,
            answered_at: row.answered_at.map(Timestamp::from),
            problem: row.problem,
        })
    }
}

/// Which rings to list, the newest first.
#[derive(Clone, Debug, Default)]
pub struct RingQuery {
    /// Behind this review item.
    pub item: Option<ReviewItemId>,
    /// What the asker may see.
    pub visible: Visibility,
    /// Go on after the ring of this time and name.
    pub before: Option<(Timestamp, RingId)>,
    /// Most rings to return, 1 to 1000.
    pub limit: u32,
}

/// Rings, the newest first.
#[derive(Clone, Debug)]
pub struct RingPage {
    /// The rings.
    pub rings: Vec<Ring>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<(Timestamp, RingId)>,
}

impl Index {
    /// Writes down that a sounder was asked to ring, or what became of that.
    pub async fn write_ring(&self, ring: &Ring, by: Option<UserId>) -> Result<()> {
        sqlx::query(
            "INSERT INTO rings (id, sounder_id, sounder_name, place_id, asked_at, cause, user_id, username, reason,
                 item_id, state, answered_at, problem)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             ON CONFLICT (id) DO UPDATE SET state = $11, answered_at = $12, problem = $13",
        )
        .bind(ring.id.0)
        .bind(ring.sounder_id.0)
        .bind(&ring.sounder_name)
        .bind(ring.place_id.0)
        .bind(at(ring.asked_at))
        .bind(ring.cause.as_str())
        .bind(by.map(|user| user.0))
        .bind(&ring.username)
        .bind(ring.reason.replace('\0', ""))
        .bind(ring.item_id.map(|item| item.0))
        .bind(ring.state.as_str())
        .bind(ring.answered_at.map(at))
        .bind(&ring.problem)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Rings, the newest first.
    pub async fn rings(&self, query: &RingQuery) -> Result<RingPage> {
        let limit = query.limit.clamp(1, 1000);
        let rows: Vec<RingRow> = sqlx::query_as(
            "SELECT r.id, r.sounder_id, r.sounder_name, r.place_id, r.asked_at, r.cause, r.username, r.reason,
                 r.item_id, r.state, r.answered_at, r.problem FROM rings r JOIN places p ON p.id = r.place_id
             WHERE ($1::uuid[] IS NULL OR p.path <@ ARRAY(SELECT path FROM places WHERE id = ANY ($1)))
               AND ($2::uuid IS NULL OR r.item_id = $2)
               AND ($3::timestamptz IS NULL OR (r.asked_at, r.id) < ($3, $4))
             ORDER BY r.asked_at DESC, r.id DESC LIMIT $5",
        )
        .bind(query.visible.roots())
        .bind(query.item.map(|item| item.0))
        .bind(query.before.map(|(time, _)| at(time)))
        .bind(query.before.map(|(_, id)| id.0))
        .bind(i64::from(limit) + 1)
        .fetch_all(&self.pool)
        .await?;
        let more = rows.len() > limit as usize;
        let rings: Vec<Ring> =
            rows.into_iter().take(limit as usize).map(Ring::try_from).collect::<Result<_>>()?;
        let next = rings.last().filter(|_| more).map(|last| (last.asked_at, last.id));
        Ok(RingPage { rings, next })
    }

    /// Rings that were not answered when the server stopped: nobody waits for their answer any more.
    pub async fn abandon_rings(&self) -> Result<u64> {
        let done = sqlx::query("UPDATE rings SET state = $1, problem = $2 WHERE state = $3")
            .bind(RingState::Failed.as_str())
            .bind("the server stopped before an answer came")
            .bind(RingState::Asked.as_str())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }
}
