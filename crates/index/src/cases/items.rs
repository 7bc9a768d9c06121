//! The items of a case, in their order, and the holds on their footage.

use chrono::{DateTime, Utc};
use domain::{CaseFootage, CaseId, CaseItem, CaseItemId, CaseItemKind, CaseState, UserId};
use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::lock;
use crate::columns::{at, corrupt, unsigned};
use crate::{Index, IndexError, Result};

/// Most items of a case.
const MOST_ITEMS: i64 = 500;

/// An item to add.
#[derive(Clone, Debug)]
pub struct NewCaseItem {
    /// What it is.
    pub kind: CaseItemKind,
    /// The footage behind it.
    pub footage: Option<CaseFootage>,
    /// Whether that is to be held from removal.
    pub hold: bool,
    /// What somebody wrote to it.
    pub note: Option<String>,
    /// Who adds it, with the name.
    pub by: (UserId, String),
}

#[derive(FromRow)]
struct ItemRow {
    id: Uuid,
    position: i32,
    kind: serde_json::Value,
    footage: Option<serde_json::Value>,
    held: bool,
    note: Option<String>,
    added_by: Option<Uuid>,
    added_by_name: String,
    added_at: DateTime<Utc>,
}

const ITEMS: &str = "SELECT i.id, i.position, i.kind, i.footage, i.note, i.added_by, i.added_by_name, i.added_at,
    EXISTS (SELECT FROM holds h WHERE h.case_item_id = i.id AND h.released_at IS NULL) AS held FROM case_items i";

impl TryFrom<ItemRow> for CaseItem {
    type Error = IndexError;
    fn try_from(row: ItemRow) -> Result<Self> {
        let what = format!("case item {}", row.id);
        let bad = |error: serde_json::Error| corrupt(&what, error);
        Ok(Self {
            id: CaseItemId(row.id),
            kind: serde_json::from_value(row.kind).map_err(bad)?,
            footage: row.footage.map(serde_json::from_value).transpose().map_err(bad)?,
            held: row.held,
            note: row.note,
            position: unsigned(&what, i64::from(row.position))?,
            added_by: row.added_by.map(UserId),
            added_by_name: row.added_by_name,
            added_at: row.added_at.into(),
        })
    }
}

fn not_found(id: CaseItemId) -> IndexError {
    IndexError::NotFound { what: "case item", id: id.to_string() }
}

impl Index {
    /// The items of a case, in their order.
    pub async fn case_items(&self, case: CaseId) -> Result<Vec<CaseItem>> {
        let statement = format!("{ITEMS} WHERE i.case_id = $1 ORDER BY i.position, i.id");
        let rows: Vec<ItemRow> =
            sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(case.0).fetch_all(&self.pool).await?;
        rows.into_iter().map(CaseItem::try_from).collect()
    }

    /// One item of a case.
    pub async fn case_item(&self, case: CaseId, id: CaseItemId) -> Result<CaseItem> {
        let statement = format!("{ITEMS} WHERE i.case_id = $1 AND i.id = $2");
        let row: Option<ItemRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(case.0)
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        row.ok_or_else(|| not_found(id))?.try_into()
    }

    /// Adds an item at the end of a case, and holds its footage where that is wanted. `Invalid` where the case is closed or full.
    pub async fn add_case_item(&self, case: CaseId, new: &NewCaseItem) -> Result<CaseItem> {
        let id = CaseItemId::generate();
        let mut transaction = self.pool.begin().await?;
        let found = lock(&mut transaction, case).await?;
        if found.spec.state == CaseState::Closed {
            let problem = "the case is closed: open it again to add to it".to_owned();
            return Err(IndexError::Invalid { field: "case_id", problem });
        }
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM case_items WHERE case_id = $1")
            .bind(case.0)
            .fetch_one(&mut *transaction)
            .await?;
        if count >= MOST_ITEMS {
            let problem = format!("the case has {count} items, and more do not fit: begin another one");
            return Err(IndexError::Invalid { field: "case_id", problem });
        }
        sqlx::query(
            "INSERT INTO case_items (id, case_id, position, kind, footage, note, added_by, added_by_name)
             VALUES ($1, $2, (SELECT coalesce(max(position) + 1, 0) FROM case_items WHERE case_id = $2),
                 $3, $4, $5, $6, $7)",
        )
        .bind(id.0)
        .bind(case.0)
        .bind(Json(&new.kind))
        .bind(new.footage.as_ref().map(Json))
        .bind(&new.note)
        .bind(new.by.0.0)
        .bind(&new.by.1)
        .execute(&mut *transaction)
        .await?;
        if let Some(footage) = new.footage.as_ref().filter(|_| new.hold) {
            hold(&mut transaction, id, footage, &found.spec.title, new.by.0).await?;
        }
        transaction.commit().await?;
        self.case_item(case, id).await
    }

    /// Changes the note of an item (`None` leaves it), or its place among the others, from 0 on.
    pub async fn change_case_item(
        &self,
        case: CaseId,
        id: CaseItemId,
        note: Option<Option<&str>>,
        position: Option<u32>,
    ) -> Result<CaseItem> {
        let mut transaction = self.pool.begin().await?;
        lock(&mut transaction, case).await?;
        if let Some(note) = note {
            let statement = "UPDATE case_items SET note = $3 WHERE case_id = $1 AND id = $2";
            sqlx::query(statement).bind(case.0).bind(id.0).bind(note).execute(&mut *transaction).await?;
        }
        if let Some(position) = position {
            let statement = "SELECT id FROM case_items WHERE case_id = $1 AND id <> $2 ORDER BY position, id";
            let mut order: Vec<Uuid> =
                sqlx::query_scalar(statement).bind(case.0).bind(id.0).fetch_all(&mut *transaction).await?;
            order.insert((position as usize).min(order.len()), id.0);
            number(&mut transaction, case, &order).await?;
        }
        transaction.commit().await?;
        self.case_item(case, id).await
    }

    /// Removes an item, and lets go of its footage.
    pub async fn remove_case_item(&self, case: CaseId, id: CaseItemId) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        lock(&mut transaction, case).await?;
        let done = sqlx::query("DELETE FROM case_items WHERE case_id = $1 AND id = $2")
            .bind(case.0)
            .bind(id.0)
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Err(not_found(id));
        }
        sqlx::query("UPDATE holds SET released_at = now() WHERE case_item_id = $1 AND released_at IS NULL")
            .bind(id.0)
            .execute(&mut *transaction)
            .await?;
        let statement = "SELECT id FROM case_items WHERE case_id = $1 ORDER BY position, id";
        let order: Vec<Uuid> =
            sqlx::query_scalar(statement).bind(case.0).fetch_all(&mut *transaction).await?;
        number(&mut transaction, case, &order).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Numbers the items of a case in this order.
async fn number(connection: &mut PgConnection, case: CaseId, order: &[Uuid]) -> Result<()> {
    sqlx::query(
        "UPDATE case_items i SET position = o.number - 1
         FROM unnest($2::uuid[]) WITH ORDINALITY AS o (id, number) WHERE i.case_id = $1 AND i.id = o.id",
    )
    .bind(case.0)
    .bind(order)
    .execute(connection)
    .await?;
    Ok(())
}

async fn hold(
    connection: &mut PgConnection,
    item: CaseItemId,
    footage: &CaseFootage,
    title: &str,
    by: UserId,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO holds (id, camera_id, starts_at, ends_at, reason, user_id, case_item_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(Uuid::now_v7())
    .bind(footage.camera_id.0)
    .bind(at(footage.range.from))
    .bind(at(footage.range.to))
    .bind(title)
    .bind(by.0)
    .bind(item.0)
    .execute(connection)
    .await?;
    Ok(())
}
