//! Channels as they are stored.

use chrono::{DateTime, Utc};
use domain::{Channel, ChannelId, ChannelSpec, PlaceId, Timestamp};
use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::placed::Kind;
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

const CHANNELS: Kind = Kind {
    what: "channel",
    table: "channels",
    columns: "t.id, t.place_id, t.spec, t.secrets IS NOT NULL AS has_secrets, t.created_at, t.version",
};

impl TryFrom<ChannelRow> for Channel {
    type Error = IndexError;
    fn try_from(row: ChannelRow) -> Result<Self> {
        Ok(Self {
            id: ChannelId(row.id),
            place_id: PlaceId(row.place_id),
            spec: CHANNELS.read(row.id, row.spec)?,
            has_secrets: row.has_secrets,
            created_at: Timestamp::from(row.created_at),
            version: row.version,
        })
    }
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
        CHANNELS.one::<ChannelRow>(&self.pool, id.0).await?.try_into()
    }

    /// Channels of the places that may be seen, by name.
    pub async fn channels(&self, visible: &Visibility) -> Result<Vec<Channel>> {
        CHANNELS.all::<ChannelRow, _>(&self.pool, visible).await
    }

    /// Secrets of a channel as the vault sealed them.
    pub async fn sealed_secrets(&self, id: ChannelId) -> Result<Option<Vec<u8>>> {
        let found: Option<Option<Vec<u8>>> = sqlx::query_scalar("SELECT secrets FROM channels WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        found.ok_or_else(|| CHANNELS.not_found(id.0))
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
            renew(&mut transaction, *id, Some(secrets)).await?;
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
        let mut transaction = self.pool.begin().await?;
        CHANNELS.change(&mut transaction, id.0, version, spec).await?;
        if let Some(sealed) = sealed_secrets {
            renew(&mut transaction, id, sealed.as_deref()).await?;
        }
        transaction.commit().await?;
        self.channel(id).await
    }

    /// Removes a channel with what waits for it and what went out on it. `Conflict` unless it has `version`.
    pub async fn remove_channel(&self, id: ChannelId, version: i64) -> Result<()> {
        CHANNELS.remove(&self.pool, id.0, version).await
    }
}

async fn renew(connection: &mut PgConnection, id: ChannelId, sealed: Option<&[u8]>) -> Result<()> {
    sqlx::query("UPDATE channels SET secrets = $2, secrets_at = now() WHERE id = $1")
        .bind(id.0)
        .bind(sealed)
        .execute(connection)
        .await?;
    Ok(())
}
