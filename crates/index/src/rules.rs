//! Rules as they are stored.

use chrono::{DateTime, Utc};
use domain::{PlaceId, Rule, RuleId, RuleSpec, Timestamp};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use crate::columns::corrupt;
use crate::places::require_open;
use crate::{Index, IndexError, Result, Visibility};

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
        let spec =
            serde_json::from_value(row.spec).map_err(|error| corrupt(&format!("rule {}", row.id), error))?;
        Ok(Self {
            id: RuleId(row.id),
            place_id: PlaceId(row.place_id),
            spec,
            created_at: Timestamp::from(row.created_at),
            version: row.version,
        })
    }
}

fn not_found(id: RuleId) -> IndexError {
    IndexError::NotFound { what: "rule", id: id.to_string() }
}

impl Index {
    /// Adds a rule at a place. `Invalid` where the place or a camera that it names does not exist.
    pub async fn create_rule(&self, place: PlaceId, spec: &RuleSpec) -> Result<Rule> {
        let id = RuleId::generate();
        let mut transaction = self.pool.begin().await?;
        require_open(&mut transaction, "place_id", place).await?;
        require_cameras(&mut transaction, place, spec).await?;
        sqlx::query("INSERT INTO rules (id, place_id, spec) VALUES ($1, $2, $3)")
            .bind(id.0)
            .bind(place.0)
            .bind(Json(spec))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        self.rule(id).await
    }

    /// One rule.
    pub async fn rule(&self, id: RuleId) -> Result<Rule> {
        let row: Option<RuleRow> =
            sqlx::query_as("SELECT * FROM rules WHERE id = $1").bind(id.0).fetch_optional(&self.pool).await?;
        row.ok_or_else(|| not_found(id))?.try_into()
    }

    /// Rules of the places that may be seen, by name.
    pub async fn rules(&self, visible: &Visibility) -> Result<Vec<Rule>> {
        let rows: Vec<RuleRow> = sqlx::query_as(
            "SELECT r.* FROM rules r JOIN places p ON p.id = r.place_id
             WHERE $1::uuid[] IS NULL OR p.path <@ ARRAY(SELECT path FROM places WHERE id = ANY ($1))
             ORDER BY plain(r.spec->>'name'), r.id",
        )
        .bind(visible.roots())
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Rule::try_from).collect()
    }

    /// Changes what a rule says. `Conflict` unless it has `version`.
    pub async fn change_rule(&self, id: RuleId, version: i64, spec: &RuleSpec) -> Result<Rule> {
        let mut transaction = self.pool.begin().await?;
        let place: Option<Uuid> = sqlx::query_scalar(
            "UPDATE rules SET spec = $3, version = version + 1 WHERE id = $1 AND version = $2 RETURNING place_id",
        )
        .bind(id.0)
        .bind(version)
        .bind(Json(spec))
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(place) = place else { return Err(self.rule_conflict(id).await) };
        require_cameras(&mut transaction, PlaceId(place), spec).await?;
        transaction.commit().await?;
        self.rule(id).await
    }

    /// Removes a rule. What it flagged stays, with the rule as it was. `Conflict` unless it has `version`.
    pub async fn remove_rule(&self, id: RuleId, version: i64) -> Result<()> {
        let done = sqlx::query("DELETE FROM rules WHERE id = $1 AND version = $2")
            .bind(id.0)
            .bind(version)
            .execute(&self.pool)
            .await?;
        if done.rows_affected() == 0 { Err(self.rule_conflict(id).await) } else { Ok(()) }
    }

    async fn rule_conflict(&self, id: RuleId) -> IndexError {
        match self.rule(id).await {
            Ok(rule) => IndexError::Conflict { what: "rule", have: rule.version },
            Err(error) => error,
        }
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
