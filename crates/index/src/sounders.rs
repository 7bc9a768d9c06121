//! What can be rung, and who rang it.

use chrono::{DateTime, Utc};
use domain::{
    PlaceId, ReviewItemId, Ring, RingId, RingState, Sounder, SounderId, SounderSpec, Timestamp, UserId,
};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use crate::columns::{at, corrupt, parse};
use crate::places::require_open;
use crate::{Index, IndexError, Result, Visibility};

#[derive(FromRow)]
struct SounderRow {
    id: Uuid,
    place_id: Uuid,
    spec: serde_json::Value,
    created_at: DateTime<Utc>,
    version: i64,
}

impl TryFrom<SounderRow> for Sounder {
    type Error = IndexError;
    fn try_from(row: SounderRow) -> Result<Self> {
        let spec = serde_json::from_value(row.spec)
            .map_err(|error| corrupt(&format!("sounder {}", row.id), error))?;
        Ok(Self {
            id: SounderId(row.id),
            place_id: PlaceId(row.place_id),
            spec,
            created_at: row.created_at.into(),
            version: row.version,
        })
    }
}

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

fn not_found(id: SounderId) -> IndexError {
    IndexError::NotFound { what: "sounder", id: id.to_string() }
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

impl Index {
    /// Adds a sounder at a place. `Invalid` where the place does not exist.
    pub async fn create_sounder(&self, place: PlaceId, spec: &SounderSpec) -> Result<Sounder> {
        let id = SounderId::generate();
        let mut transaction = self.pool.begin().await?;
        require_open(&mut transaction, "place_id", place).await?;
        sqlx::query("INSERT INTO sounders (id, place_id, spec) VALUES ($1, $2, $3)")
            .bind(id.0)
            .bind(place.0)
            .bind(Json(spec))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        self.sounder(id).await
    }

    /// One sounder.
    pub async fn sounder(&self, id: SounderId) -> Result<Sounder> {
        let row: Option<SounderRow> = sqlx::query_as("SELECT * FROM sounders WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        row.ok_or_else(|| not_found(id))?.try_into()
    }

    /// Sounders of the places that may be seen, by name.
    pub async fn sounders(&self, visible: &Visibility) -> Result<Vec<Sounder>> {
        let rows: Vec<SounderRow> = sqlx::query_as(
            "SELECT s.* FROM sounders s JOIN places p ON p.id = s.place_id
             WHERE $1::uuid[] IS NULL OR p.path <@ ARRAY(SELECT path FROM places WHERE id = ANY ($1))
             ORDER BY plain(s.spec->>'name'), s.id",
        )
        .bind(visible.roots())
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Sounder::try_from).collect()
    }

    /// Changes what a sounder is. `Conflict` unless it has `version`.
    pub async fn change_sounder(&self, id: SounderId, version: i64, spec: &SounderSpec) -> Result<Sounder> {
        let done = sqlx::query(
            "UPDATE sounders SET spec = $3, version = version + 1 WHERE id = $1 AND version = $2",
        )
        .bind(id.0)
        .bind(version)
        .bind(Json(spec))
        .execute(&self.pool)
        .await?;
        if done.rows_affected() == 0 { Err(self.sounder_conflict(id).await) } else { self.sounder(id).await }
    }

    /// Removes a sounder. The account of its rings stays. `Conflict` unless it has `version`.
    pub async fn remove_sounder(&self, id: SounderId, version: i64) -> Result<()> {
        let done = sqlx::query("DELETE FROM sounders WHERE id = $1 AND version = $2")
            .bind(id.0)
            .bind(version)
            .execute(&self.pool)
            .await?;
        if done.rows_affected() == 0 { Err(self.sounder_conflict(id).await) } else { Ok(()) }
    }

    async fn sounder_conflict(&self, id: SounderId) -> IndexError {
        match self.sounder(id).await {
            Ok(sounder) => IndexError::Conflict { what: "sounder", have: sounder.version },
            Err(error) => error,
        }
    }

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
    pub async fn rings(&self, query: &RingQuery) -> Result<Vec<Ring>> {
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
        .bind(i64::from(query.limit.clamp(1, 1001)))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Ring::try_from).collect()
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
