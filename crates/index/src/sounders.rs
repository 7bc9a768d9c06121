//! What can be rung, as it is stored.

use chrono::{DateTime, Utc};
use domain::{PlaceId, Sounder, SounderId, SounderSpec};
use sqlx::FromRow;
use uuid::Uuid;

use crate::placed::Kind;
use crate::{Index, IndexError, Result, Visibility};

const SOUNDERS: Kind = Kind { what: "sounder", table: "sounders", columns: "t.*" };

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
        Ok(Self {
            id: SounderId(row.id),
            place_id: PlaceId(row.place_id),
            spec: SOUNDERS.read(row.id, row.spec)?,
            created_at: row.created_at.into(),
            version: row.version,
        })
    }
}

impl Index {
    /// Adds a sounder at a place. `Invalid` where the place does not exist.
    pub async fn create_sounder(&self, place: PlaceId, spec: &SounderSpec) -> Result<Sounder> {
        let id = SounderId::generate();
        let mut transaction = self.pool.begin().await?;
        SOUNDERS.create(&mut transaction, id.0, place, spec).await?;
        transaction.commit().await?;
        self.sounder(id).await
    }

    /// One sounder.
    pub async fn sounder(&self, id: SounderId) -> Result<Sounder> {
        SOUNDERS.one::<SounderRow>(&self.pool, id.0).await?.try_into()
    }

    /// Sounders of the places that may be seen, by name.
    pub async fn sounders(&self, visible: &Visibility) -> Result<Vec<Sounder>> {
        SOUNDERS.all::<SounderRow, _>(&self.pool, visible).await
    }

    /// Changes what a sounder is. `Conflict` unless it has `version`.
    pub async fn change_sounder(&self, id: SounderId, version: i64, spec: &SounderSpec) -> Result<Sounder> {
        let mut connection = self.pool.acquire().await?;
        SOUNDERS.change(&mut connection, id.0, version, spec).await?;
        drop(connection);
        self.sounder(id).await
    }

    /// Removes a sounder. The account of its rings stays. `Conflict` unless it has `version`.
    pub async fn remove_sounder(&self, id: SounderId, version: i64) -> Result<()> {
        SOUNDERS.remove(&self.pool, id.0, version).await
    }
}
