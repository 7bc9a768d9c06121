//! Alarm bells as they are stored.

use chrono::{DateTime, Utc};
use domain::{Bell, BellId, BellSpec, PlaceId, Timestamp};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use crate::columns::at;
use crate::placed::Kind;
use crate::places::require_open;
use crate::{Index, IndexError, Result, Visibility};

/// The key is read on its own: nobody needs it with the rest.
const BELLS: Kind = Kind {
    what: "bell",
    table: "bells",
    columns: "t.id, t.place_id, t.spec, t.battery, t.heard_at, t.created_at, t.version",
};

#[derive(FromRow)]
struct BellRow {
    id: Uuid,
    place_id: Uuid,
    spec: serde_json::Value,
    battery: Option<f32>,
    heard_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    version: i64,
}

impl TryFrom<BellRow> for Bell {
    type Error = IndexError;
    fn try_from(row: BellRow) -> Result<Self> {
        Ok(Self {
            id: BellId(row.id),
            place_id: PlaceId(row.place_id),
            spec: BELLS.read(row.id, row.spec)?,
            battery: row.battery,
            heard_at: row.heard_at.map(Timestamp::from),
            created_at: row.created_at.into(),
            version: row.version,
        })
    }
}

/// Two bells cannot have one device: whose would a press be?
fn taken(error: IndexError) -> IndexError {
    match &error {
        IndexError::Database(refusal)
            if refusal.as_database_error().and_then(|refusal| refusal.constraint())
                == Some("bells_device") =>
        {
            IndexError::Invalid {
                field: "device",
                problem: "another bell has this device: change or remove that one first".to_owned(),
            }
        }
        _ => error,
    }
}

impl Index {
    /// Adds a bell at a place; its key as the vault sealed it for `id`. `Invalid` where the place does not exist or
    /// another bell has its device.
    pub async fn create_bell(
        &self,
        id: BellId,
        place: PlaceId,
        spec: &BellSpec,
        sealed_key: &[u8],
    ) -> Result<Bell> {
        let mut transaction = self.pool.begin().await?;
        require_open(&mut transaction, "place_id", place).await?;
        sqlx::query("INSERT INTO bells (id, place_id, spec, sealed_key) VALUES ($1, $2, $3, $4)")
            .bind(id.0)
            .bind(place.0)
            .bind(Json(spec))
            .bind(sealed_key)
            .execute(&mut *transaction)
            .await
            .map_err(|error| taken(error.into()))?;
        transaction.commit().await?;
        self.bell(id).await
    }

    /// One bell.
    pub async fn bell(&self, id: BellId) -> Result<Bell> {
        BELLS.one::<BellRow>(&self.pool, id.0).await?.try_into()
    }

    /// Bells of the places that may be seen, by name.
    pub async fn bells(&self, visible: &Visibility) -> Result<Vec<Bell>> {
        BELLS.all::<BellRow, _>(&self.pool, visible).await
    }

    /// Changes what a bell is. `Conflict` unless it has `version`.
    pub async fn change_bell(&self, id: BellId, version: i64, spec: &BellSpec) -> Result<Bell> {
        let mut connection = self.pool.acquire().await?;
        BELLS.change(&mut connection, id.0, version, spec).await.map_err(taken)?;
        drop(connection);
        self.bell(id).await
    }

    /// Removes a bell. What it flagged stays. `Conflict` unless it has `version`.
    pub async fn remove_bell(&self, id: BellId, version: i64) -> Result<()> {
        BELLS.remove(&self.pool, id.0, version).await
    }

    /// The key of a bell, as the vault sealed it.
    pub async fn bell_key(&self, id: BellId) -> Result<Vec<u8>> {
        let key: Option<Vec<u8>> = sqlx::query_scalar("SELECT sealed_key FROM bells WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        key.ok_or_else(|| BELLS.not_found(id.0))
    }

    /// Accepts the time that a signed press names, unless one as new was accepted before: that is a replay.
    pub async fn accept_signed_press(&self, id: BellId, time: Timestamp) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE bells SET signed_at = $2 WHERE id = $1 AND (signed_at IS NULL OR signed_at < $2)",
        )
        .bind(id.0)
        .bind(at(time))
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes down that a bell was heard of, and what is left of its battery where it said so.
    pub async fn bell_heard(&self, id: BellId, time: Timestamp, battery: Option<f32>) -> Result<()> {
        sqlx::query(
            "UPDATE bells SET heard_at = greatest(heard_at, $2), battery = coalesce($3, battery) WHERE id = $1",
        )
        .bind(id.0)
        .bind(at(time))
        .bind(battery)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
