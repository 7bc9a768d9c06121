//! Channels as they are stored.

use chrono::{DateTime, Utc};
use domain::{Channel, ChannelId, ChannelSpec, PlaceId, Timestamp};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use crate::columns::corrupt;
use crate::places::require_open;
use crate::{Index, IndexError, Result, Visibility};

/// A channel to add.
#[derive(Clone, Debug)]
pub struct NewChannel {
    /// Identifier: made by the caller, since the vault seals secrets for it.
    pub id: ChannelId,
    /// The place whose channel it is.
    pub place_id: PlaceId,
    /// What it is.
    pub spec: ChannelSpec,
    /// Its secrets as the [`crate::Vault`] sealed them for `id`.
    pub sealed_secrets: Option<Vec<u8>>,
}

#[derive(FromRow)]
struct ChannelRow {
    id: Uuid,
    place_id: Uuid,
    spec: serde_json::Value,
    has_secrets: bool,
    created_at: DateTime<Utc>,
    version: i64,
}

const CHANNELS: &str = "SELECT c.id, c.place_id, c.spec, c.secrets IS NOT NULL AS has_secrets, c.created_at, \
    c.version FROM channels c ";

impl TryFrom<ChannelRow> for Channel {
    type Error = IndexError;
    fn try_from(row: ChannelRow) -> Result<Self> {
        let spec = serde_json::from_value(row.spec)
            .map_err(|error| corrupt(&format!("channel {}", row.id), error))?;
        Ok(Self {
            id: ChannelId(row.id),
            place_id: PlaceId(row.place_id),
            spec,
            has_secrets: row.has_secrets,
            created_at: Timestamp::from(row.created_at),
            version: row.version,
        })
    }
}

fn not_found(id: ChannelId) -> IndexError {
    IndexError::NotFound { what: "channel", id: id.to_string() }
}

impl Index {
    /// Adds a channel at a place. `Invalid` where the place does not exist or was merged away.
    pub async fn create_channel(&self, new: &NewChannel) -> Result<Channel> {
        let mut transaction = self.pool.begin().await?;
        require_open(&mut transaction, "place_id", new.place_id).await?;
        sqlx::query(
            "INSERT INTO channels (id, place_id, spec, secrets, secrets_at)
             VALUES ($1, $2, $3, $4, CASE WHEN $4 IS NOT NULL THEN now() END)",
        )
        .bind(new.id.0)
        .bind(new.place_id.0)
        .bind(Json(&new.spec))
        .bind(&new.sealed_secrets)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        self.channel(new.id).await
    }

    /// One channel.
    pub async fn channel(&self, id: ChannelId) -> Result<Channel> {
        let statement = format!("{CHANNELS} WHERE c.id = $1");
        let row: Option<ChannelRow> =
            sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(id.0).fetch_optional(&self.pool).await?;
        row.ok_or_else(|| not_found(id))?.try_into()
    }

    /// Channels of the places that may be seen, by name.
    pub async fn channels(&self, visible: &Visibility) -> Result<Vec<Channel>> {
        let statement = format!(
            "{CHANNELS} JOIN places p ON p.id = c.place_id
             WHERE $1::uuid[] IS NULL OR p.path <@ ARRAY(SELECT path FROM places WHERE id = ANY ($1))
             ORDER BY plain(c.spec->>'name'), c.id"
        );
        let rows: Vec<ChannelRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(visible.roots())
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(Channel::try_from).collect()
    }

    /// Secrets of a channel as the vault sealed them.
    pub async fn sealed_secrets(&self, id: ChannelId) -> Result<Option<Vec<u8>>> {
        let found: Option<Option<Vec<u8>>> = sqlx::query_scalar("SELECT secrets FROM channels WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        found.ok_or_else(|| not_found(id))
    }

    /// Secrets of those of the channels that have some, those that were given or renewed last first.
    pub async fn latest_secrets(&self, ids: &[ChannelId]) -> Result<Vec<(ChannelId, Vec<u8>)>> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let rows: Vec<(Uuid, Vec<u8>)> = sqlx::query_as(
            "SELECT id, secrets FROM channels WHERE id = ANY ($1) AND secrets IS NOT NULL
             ORDER BY secrets_at DESC, id",
        )
        .bind(ids)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(id, sealed)| (ChannelId(id), sealed)).collect())
    }

    /// Replaces secrets that the server itself has renewed, of several channels that share them: all or none. What a
    /// person sees of the channels does not change by it, and neither does their version.
    pub async fn renew_secrets(&self, sealed: &[(ChannelId, Vec<u8>)]) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        for (id, secrets) in sealed {
            sqlx::query("UPDATE channels SET secrets = $2, secrets_at = now() WHERE id = $1")
                .bind(id.0)
                .bind(secrets)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Changes what a channel is, and its secrets where `sealed_secrets` is given: `Some(None)` forgets them.
    /// `Conflict` unless it has `version`.
    pub async fn change_channel(
        &self,
        id: ChannelId,
        version: i64,
        spec: &ChannelSpec,
        sealed_secrets: Option<Option<Vec<u8>>>,
    ) -> Result<Channel> {
        let done = sqlx::query(
            "UPDATE channels SET spec = $3, secrets = CASE WHEN $4 THEN $5 ELSE secrets END,
                 secrets_at = CASE WHEN $4 THEN now() ELSE secrets_at END, version = version + 1
             WHERE id = $1 AND version = $2",
        )
        .bind(id.0)
        .bind(version)
        .bind(Json(spec))
        .bind(sealed_secrets.is_some())
        .bind(sealed_secrets.flatten())
        .execute(&self.pool)
        .await?;
        if done.rows_affected() == 0 { Err(self.channel_conflict(id).await) } else { self.channel(id).await }
    }

    /// Removes a channel with what waits for it and what went out on it. `Conflict` unless it has `version`.
    pub async fn remove_channel(&self, id: ChannelId, version: i64) -> Result<()> {
        let done = sqlx::query("DELETE FROM channels WHERE id = $1 AND version = $2")
            .bind(id.0)
            .bind(version)
            .execute(&self.pool)
            .await?;
        if done.rows_affected() == 0 { Err(self.channel_conflict(id).await) } else { Ok(()) }
    }

    async fn channel_conflict(&self, id: ChannelId) -> IndexError {
        match self.channel(id).await {
            Ok(channel) => IndexError::Conflict { what: "channel", have: channel.version },
            Err(error) => error,
        }
    }
}
