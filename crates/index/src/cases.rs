//! Cases: what investigators gather about one matter.

use chrono::{DateTime, Utc};
use domain::{Case, CaseId, CaseSpec, CaseState, PlaceId, Timestamp, UserId};
use sqlx::postgres::PgConnection;
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use crate::columns::at;
use crate::placed::Kind;
use crate::places::{ids, push_below, require_open};
use crate::{Index, IndexError, Result, Visibility};

mod exports;
mod items;

pub use exports::NewExport;
pub use items::NewCaseItem;

const CASES: Kind = Kind { what: "case", table: "cases", columns: "t.*" };

/// Which cases to list. Everything that is set must hold; an empty list does not restrict.
#[derive(Clone, Debug, Default)]
pub struct CaseQuery {
    /// At one of these places or below.
    pub places: Vec<PlaceId>,
    /// In this state.
    pub state: Option<CaseState>,
    /// What the asker may see.
    pub visible: Visibility,
    /// Go on after the case that was begun then.
    pub cursor: Option<(Timestamp, CaseId)>,
    /// Most cases to return, 1 to 1000.
    pub limit: u32,
}

/// Cases, the latest first.
#[derive(Clone, Debug)]
pub struct CasePage {
    /// The cases.
    pub cases: Vec<Case>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<(Timestamp, CaseId)>,
}

#[derive(FromRow)]
struct CaseRow {
    id: Uuid,
    place_id: Uuid,
    spec: serde_json::Value,
    created_by: Option<Uuid>,
    created_by_name: String,
    created_at: DateTime<Utc>,
    version: i64,
}

impl TryFrom<CaseRow> for Case {
    type Error = IndexError;
    fn try_from(row: CaseRow) -> Result<Self> {
        Ok(Self {
            id: CaseId(row.id),
            place_id: PlaceId(row.place_id),
            spec: CASES.read(row.id, row.spec)?,
            created_by: row.created_by.map(UserId),
            created_by_name: row.created_by_name,
            created_at: row.created_at.into(),
            version: row.version,
        })
    }
}

impl Index {
    /// Begins a case at a place. `Invalid` where the place does not exist or was merged away.
    pub async fn create_case(
        &self,
        place: PlaceId,
        spec: &CaseSpec,
        (user, username): (UserId, &str),
    ) -> Result<Case> {
        let id = CaseId::generate();
        let mut transaction = self.pool.begin().await?;
        require_open(&mut transaction, "place_id", place).await?;
        sqlx::query(
            "INSERT INTO cases (id, place_id, spec, created_by, created_by_name) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(id.0)
        .bind(place.0)
        .bind(sqlx::types::Json(spec))
        .bind(user.0)
        .bind(username)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        self.case(id).await
    }

    /// One case. The caller checks the right at `place_id`.
    pub async fn case(&self, id: CaseId) -> Result<Case> {
        CASES.one::<CaseRow>(&self.pool, id.0).await?.try_into()
    }

    /// Cases, the latest first.
    pub async fn cases(&self, query: &CaseQuery) -> Result<CasePage> {
        let limit = query.limit.clamp(1, 1000);
        let mut sql = QueryBuilder::new("SELECT c.* FROM cases c WHERE true");
        if let Some(state) = query.state {
            sql.push(" AND c.spec->>'state' = ").push_bind(state.as_str());
        }
        if !query.places.is_empty() {
            push_below(&mut sql, "c.place_id", ids(&query.places));
        }
        if let Some(roots) = query.visible.roots() {
            push_below(&mut sql, "c.place_id", roots);
        }
        if let Some((from, id)) = query.cursor {
            sql.push(" AND (c.created_at, c.id) < (")
                .push_bind(at(from))
                .push(", ")
                .push_bind(id.0)
                .push(")");
        }
        sql.push(" ORDER BY c.created_at DESC, c.id DESC LIMIT ").push_bind(i64::from(limit) + 1);
        let rows: Vec<CaseRow> = sql.build_query_as().fetch_all(&self.pool).await?;
        let more = rows.len() > limit as usize;
        let cases: Vec<Case> =
            rows.into_iter().take(limit as usize).map(Case::try_from).collect::<Result<_>>()?;
        let next = cases.last().filter(|_| more).map(|last| (last.created_at, last.id));
        Ok(CasePage { cases, next })
    }

    /// Changes what is said of a case. One that is closed lets go of its footage, one that is opened again holds it
    /// again. `Conflict` unless it has `version`.
    pub async fn change_case(&self, id: CaseId, version: i64, spec: &CaseSpec) -> Result<Case> {
        let mut transaction = self.pool.begin().await?;
        let before = lock(&mut transaction, id).await?;
        CASES.change(&mut transaction, id.0, version, spec).await?;
        let statement = match (before.spec.state, spec.state) {
            (CaseState::Open, CaseState::Closed) => Some(RELEASE_ALL),
            (CaseState::Closed, CaseState::Open) => Some(HOLD_AGAIN),
            _ => None,
        };
        if let Some(statement) = statement {
            sqlx::query(statement).bind(id.0).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        self.case(id).await
    }

    /// Removes a case with its items and exports, and lets go of its footage. `Conflict` unless it has `version`.
    pub async fn remove_case(&self, id: CaseId, version: i64) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(RELEASE_ALL).bind(id.0).execute(&mut *transaction).await?;
        let done = sqlx::query("DELETE FROM cases WHERE id = $1 AND version = $2")
            .bind(id.0)
            .bind(version)
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Err(CASES.conflict(&mut transaction, id.0).await);
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// Releases what is held for the items of a case.
const RELEASE_ALL: &str = "UPDATE holds SET released_at = now() WHERE released_at IS NULL
    AND case_item_id IN (SELECT id FROM case_items WHERE case_id = $1)";

/// Holds again what was held for the items of a case.
const HOLD_AGAIN: &str =
    "UPDATE holds SET released_at = NULL, released_by = NULL WHERE released_at IS NOT NULL
    AND case_item_id IN (SELECT id FROM case_items WHERE case_id = $1)";

/// Takes a case for changes of its items, so that two do not number them at the same time.
async fn lock(connection: &mut PgConnection, id: CaseId) -> Result<Case> {
    let row: Option<CaseRow> = sqlx::query_as("SELECT * FROM cases WHERE id = $1 FOR UPDATE")
        .bind(id.0)
        .fetch_optional(connection)
        .await?;
    row.ok_or_else(|| CASES.not_found(id.0))?.try_into()
}
