//! Holds: footage that retention must leave alone.

use chrono::{DateTime, Utc};
use domain::{CameraId, TimeRange, Timestamp, UserId};
use sqlx::FromRow;
use uuid::Uuid;

use crate::columns::{at, range};
use crate::{Index, IndexError, Result, Visibility};

/// A hold to make.
#[derive(Clone, Debug)]
pub struct NewHold {
    /// Whose footage.
    pub camera_id: CameraId,
    /// Which part of it.
    pub range: TimeRange,
    /// Why, for whoever finds it later.
    pub reason: String,
    /// Who asked for it.
    pub user_id: Option<UserId>,
}

/// Footage that retention leaves alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Identifier.
    pub id: Uuid,
    /// Whose footage.
    pub camera_id: CameraId,
    /// Which part of it.
    pub range: TimeRange,
    /// Why.
    pub reason: String,
    /// Who asked for it.
    pub user_id: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
    /// When it was released.
    pub released_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct HoldRow {
    id: Uuid,
    camera_id: Uuid,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    reason: String,
    user_id: Option<Uuid>,
    created_at: DateTime<Utc>,
    released_at: Option<DateTime<Utc>>,
}

impl TryFrom<HoldRow> for Hold {
    type Error = IndexError;
    fn try_from(row: HoldRow) -> Result<Self> {
        Ok(Self {
            id: row.id,
            camera_id: CameraId(row.camera_id),
            range: range("a hold", row.starts_at, row.ends_at)?,
            reason: row.reason,
            user_id: row.user_id.map(UserId),
            created_at: row.created_at.into(),
            released_at: row.released_at.map(Timestamp::from),
        })
    }
}

impl Index {
    /// Holds footage.
    pub async fn create_hold(&self, new: NewHold) -> Result<Hold> {
        let id = Uuid::now_v7();
        sqlx::query(
            "INSERT INTO holds (id, camera_id, starts_at, ends_at, reason, user_id) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id)
        .bind(new.camera_id.0)
        .bind(at(new.range.from))
        .bind(at(new.range.to))
        .bind(new.reason.replace('\0', ""))
        .bind(new.user_id.map(|user| user.0))
        .execute(&self.pool)
        .await?;
        self.hold(id).await
    }

    /// Holds in force at cameras of the visible places, latest first.
    pub async fn holds(&self, visible: &Visibility) -> Result<Vec<Hold>> {
        let rows: Vec<HoldRow> = sqlx::query_as(
            "SELECT h.* FROM holds h LEFT JOIN cameras c ON c.id = h.camera_id LEFT JOIN places p ON p.id = c.place_id
             WHERE h.released_at IS NULL
               AND ($1::uuid[] IS NULL OR p.path <@ ARRAY(SELECT path FROM places WHERE id = ANY ($1)))
             ORDER BY h.created_at DESC, h.id DESC",
        )
        .bind(visible.roots())
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Hold::try_from).collect()
    }

    /// One hold.
    pub async fn hold(&self, id: Uuid) -> Result<Hold> {
        let row: Option<HoldRow> =
            sqlx::query_as("SELECT * FROM holds WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        row.ok_or_else(|| IndexError::NotFound { what: "hold", id: id.to_string() })?.try_into()
    }

    /// Releases a hold. Releasing it again changes nothing.
    pub async fn release_hold(&self, id: Uuid, by: Option<UserId>) -> Result<Hold> {
        sqlx::query(
            "UPDATE holds SET released_at = now(), released_by = $2 WHERE id = $1 AND released_at IS NULL",
        )
        .bind(id)
        .bind(by.map(|user| user.0))
        .execute(&self.pool)
        .await?;
        self.hold(id).await
    }
}
