//! Alarm bells as they are stored.

use chrono::{DateTime, Utc};
use domain::{Bell, BellId, BellSpec, PlaceId, Timestamp};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use crate::columns::{at, corrupt};
use crate::places::require_open;
use crate::{Index, IndexError, Result, Visibility};

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

const COLUMNS: &str = "b.id, b.place_id, b.spec, b.battery, b.heard_at, b.created_at, b.version";

impl TryFrom<BellRow> for Bell {
    type Error = IndexError;
    fn try_from(row: BellRow) -> Result<Self> {
        let spec =
            serde_json::from_value(row.spec).map_err(|error| corrupt(&format!("bell {}", row.id), error))?;
        Ok(Self {
            id: BellId(row.id),
            place_id: PlaceId(row.place_id),
            spec,
            battery: row.battery,
            heard_at: row.heard_at.map(Timestamp::from),
            created_at: row.created_at.into(),
            version: row.version,
        })
    }
}

fn not_found(id: BellId) -> IndexError {
    IndexError::NotFound { what: "bell", id: id.to_string() }
}

/// Two bells cannot have one device: whose would a press be?
fn taken(error: sqlx::Error) -> IndexError {
    match error.as_database_error() {
        Some(database) if database.constraint() == Some("bells_device") => IndexError::Invalid {
            field: "device",
            problem: "another bell has this device: change or remove that one first".to_owned(),
        },
        _ => error.into(),
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
            .map_err(taken)?;
        transaction.commit().await?;
        self.bell(id).await
    }

    /// One bell.
    pub async fn bell(&self, id: BellId) -> Result<Bell> {
        let statement = format!("SELECT {COLUMNS} FROM bells b WHERE b.id = $1");
        let row: Option<BellRow> =
            sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(id.0).fetch_optional(&self.pool).await?;
        row.ok_or_else(|| not_found(id))?.try_into()
    }

    /// Bells of the places that may be seen, by name.
    pub async fn bells(&self, visible: &Visibility) -> Result<Vec<Bell>> {
        let statement = format!(
            "SELECT {COLUMNS} FROM bells b JOIN places p ON p.id = b.place_id
             WHERE $1::uuid[] IS NULL OR p.path <@ ARRAY(SELECT path FROM places WHERE id = ANY ($1))
             ORDER BY plain(b.spec->>'name'), b.id"
        );
        let rows: Vec<BellRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(visible.roots())
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(Bell::try_from).collect()
    }

    /// Changes what a bell is. `Conflict` unless it has `version`.
    pub async fn change_bell(&self, id: BellId, version: i64, spec: &BellSpec) -> Result<Bell> {
        let done =
            sqlx::query("UPDATE bells SET spec = $3, version = version + 1 WHERE id = $1 AND version = $2")
                .bind(id.0)
                .bind(version)
                .bind(Json(spec))
                .execute(&self.pool)
                .await
                .map_err(taken)?;
        if done.rows_affected() == 0 { Err(self.bell_conflict(id).await) } else { self.bell(id).await }
    }

    /// Removes a bell. What it flagged stays. `Conflict` unless it has `version`.
    pub async fn remove_bell(&self, id: BellId, version: i64) -> Result<()> {
        let done = sqlx::query("DELETE FROM bells WHERE id = $1 AND version = $2")
            .bind(id.0)
            .bind(version)
            .execute(&self.pool)
            .await?;
        if done.rows_affected() == 0 { Err(self.bell_conflict(id).await) } else { Ok(()) }
    }

    /// The key of a bell, as the vault sealed it.
    pub async fn bell_key(&self, id: BellId) -> Result<Vec<u8>> {
        let key: Option<Vec<u8>> = sqlx::query_scalar("SELECT sealed_key FROM bells WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        key.ok_or_else(|| not_found(id))
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

    async fn bell_conflict(&self, id: BellId) -> IndexError {
        match self.bell(id).await {
            Ok(bell) => IndexError::Conflict { what: "bell", have: bell.version },
            Err(error) => error,
        }
    }
}
