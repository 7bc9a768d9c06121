//! Rules as they are stored.

use chrono::{DateTime, Utc};
use domain::{PlaceId, Rule, RuleId, RuleSpec, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

use crate::placed::Kind;
use crate::{Index, IndexError, Result, Visibility};

const RULES: Kind = Kind { what: "rule", table: "rules", columns: "t.*" };

#[derive(FromRow)]
struct RuleRow {
    id: Uuid,
    place_id: Uuid,
    spec: serde_json::Value,
    created_at: DateTime<Utc>,
    version: i64,
}

impl TryFrom<RuleRow> for Rule {
    type Error = IndexError;
    fn try_from(row: RuleRow) -> Result<Self> {
        Ok(Self {
            id: RuleId(row.id),
            place_id: PlaceId(row.place_id),
            spec: RULES.read(row.id, row.spec)?,
            created_at: Timestamp::from(row.created_at),
            version: row.version,
        })
    }
}

impl Index {
    /// Adds a rule at a place. `Invalid` where the place or a camera that it names does not exist.
    pub async fn create_rule(&self, place: PlaceId, spec: &RuleSpec) -> Result<Rule> {
        let id = RuleId::generate();
        let mut transaction = self.pool.begin().await?;
        RULES.create(&mut transaction, id.0, place, spec).await?;
        require_cameras(&mut transaction, place, spec).await?;
        transaction.commit().await?;
        self.rule(id).await
    }

    /// One rule.
    pub async fn rule(&self, id: RuleId) -> Result<Rule> {
        RULES.one::<RuleRow>(&self.pool, id.0).await?.try_into()
    }

    /// Rules of the places that may be seen, by name.
    pub async fn rules(&self, visible: &Visibility) -> Result<Vec<Rule>> {
        RULES.all::<RuleRow, _>(&self.pool, visible).await
    }

    /// Changes what a rule says. `Conflict` unless it has `version`.
    pub async fn change_rule(&self, id: RuleId, version: i64, spec: &RuleSpec) -> Result<Rule> {
        let mut transaction = self.pool.begin().await?;
        let place = RULES.change(&mut transaction, id.0, version, spec).await?;
        require_cameras(&mut transaction, place, spec).await?;
        transaction.commit().await?;
        self.rule(id).await
    }

    /// Removes a rule. What it flagged stays, with the rule as it was. `Conflict` unless it has `version`.
    pub async fn remove_rule(&self, id: RuleId, version: i64) -> Result<()> {
        RULES.remove(&self.pool, id.0, version).await
    }
}

/// That every camera that the rule names is there, at its place or below.
async fn require_cameras(
    connection: &mut sqlx::postgres::PgConnection,
    place: PlaceId,
    spec: &RuleSpec,
) -> Result<()> {
    let named: Vec<Uuid> = spec.cameras.iter().map(|camera| camera.0).collect();
    let missing: Option<Uuid> = sqlx::query_scalar(
        "SELECT named FROM unnest($1::uuid[]) named WHERE NOT EXISTS (
             SELECT FROM cameras c JOIN places p ON p.id = c.place_id
             WHERE c.id = named AND c.removed_at IS NULL AND p.path <@ (SELECT path FROM places WHERE id = $2))
         LIMIT 1",
    )
    .bind(named)
    .bind(place.0)
    .fetch_optional(connection)
    .await?;
    match missing {
        None => Ok(()),
        Some(camera) => Err(IndexError::Invalid {
            field: "cameras",
            problem: format!("there is no camera {camera} at the place of the rule or below"),
        }),
    }
}
