//! Who saw, searched, exported or changed what: append-only.

use chrono::{DateTime, Utc};
use domain::{PlaceId, TimeRange, Timestamp, UserId};
use serde_json::Value;
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use crate::columns::at;
use crate::partitions::Partitioned;
use crate::{Index, Result};

/// Something that somebody did.
#[derive(Clone, Debug)]
pub struct NewAuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who; `None` for the system or somebody not logged in.
    pub user_id: Option<UserId>,
    /// The name at that time, or the one that was tried.
    pub username: String,
    /// What was done: `event.search`, `clip.export`, `camera.change`, `session.fail` …
    pub action: String,
    /// To what: `camera/…`, `event/…`; empty where there is no one thing.
    pub target: String,
    /// At which place.
    pub place_id: Option<PlaceId>,
    /// From which address.
    pub address: String,
    /// The particulars. Never a secret.
    pub detail: Value,
}

/// An entry as it is stored.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// Identifier.
    pub id: Uuid,
    /// What was done.
    pub entry: NewAuditEntry,
}

/// Where a page of entries ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditCursor {
    /// Time of the page's last entry.
    pub at: Timestamp,
    /// Its identifier.
    pub id: Uuid,
}

/// Which entries to list.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Done in this time.
    pub range: Option<TimeRange>,
    /// Done by this user.
    pub user_id: Option<UserId>,
    /// This action, or with a dot at the end all that start with it (`camera.`).
    pub action: Option<String>,
    /// Done to this.
    pub target: Option<String>,
    /// Go on after this entry.
    pub cursor: Option<AuditCursor>,
    /// Most entries to return, 1 to 1000.
    pub limit: u32,
}

/// Entries, latest first.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<AuditCursor>,
}

#[derive(FromRow)]
struct AuditRow {
    id: Uuid,
    at: DateTime<Utc>,
    user_id: Option<Uuid>,
    username: String,
    action: String,
    target: String,
    place_id: Option<Uuid>,
    address: String,
    detail: Value,
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        Self {
            id: row.id,
            entry: NewAuditEntry {
                at: row.at.into(),
                user_id: row.user_id.map(UserId),
                username: row.username,
                action: row.action,
                target: row.target,
                place_id: row.place_id.map(PlaceId),
                address: row.address,
                detail: row.detail,
            },
        }
    }
}

impl Index {
    /// Appends an entry.
    pub async fn append_audit(&self, entry: NewAuditEntry) -> Result<Uuid> {
        self.ensure_partitions_for(Partitioned::Audit, [entry.at]).await?;
        let id = Uuid::now_v7();
        // PostgreSQL takes any text but NUL, and a name that was tried may hold anything.
        let clean = |text: String| text.replace('\0', "\u{fffd}");
        sqlx::query(
            "INSERT INTO audit (id, at, user_id, username, action, target, place_id, address, detail)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(id)
        .bind(at(entry.at))
        .bind(entry.user_id.map(|user| user.0))
        .bind(clean(entry.username))
        .bind(clean(entry.action))
        .bind(clean(entry.target))
        .bind(entry.place_id.map(|place| place.0))
        .bind(clean(entry.address))
        .bind(without_nul(entry.detail))
        .execute(&self.pool)
        .await?;
        Ok(id)
    }

    /// Lists entries, latest first.
    pub async fn audit(&self, query: &AuditQuery) -> Result<AuditPage> {
        let limit = query.limit.clamp(1, 1000);
        let mut sql = QueryBuilder::new("SELECT * FROM audit WHERE true");
        if let Some(range) = query.range {
            sql.push(" AND at >= ").push_bind(at(range.from)).push(" AND at < ").push_bind(at(range.to));
        }
        if let Some(user) = query.user_id {
            sql.push(" AND user_id = ").push_bind(user.0);
        }
        match &query.action {
            Some(family) if family.ends_with('.') => {
                sql.push(" AND action ^@ ").push_bind(family.as_str());
            }
            Some(action) => {
                sql.push(" AND action = ").push_bind(action.as_str());
            }
            None => {}
        }
        if let Some(target) = &query.target {
            sql.push(" AND target = ").push_bind(target.as_str());
        }
        if let Some(cursor) = query.cursor {
            sql.push(" AND (at, id) < (").push_bind(at(cursor.at)).push(", ").push_bind(cursor.id).push(")");
        }
        sql.push(" ORDER BY at DESC, id DESC LIMIT ").push_bind(i64::from(limit) + 1);
        let rows: Vec<AuditRow> = sql.build_query_as().fetch_all(&self.pool).await?;
        let mut entries: Vec<AuditEntry> = rows.into_iter().map(AuditEntry::from).collect();
        let more = entries.len() > limit as usize;
        entries.truncate(limit as usize);
        let next = entries.last().filter(|_| more).map(|last| AuditCursor { at: last.entry.at, id: last.id });
        Ok(AuditPage { entries, next })
    }
}

/// The same without NUL characters, which `jsonb` refuses.
fn without_nul(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('\0') => Value::String(text.replace('\0', "\u{fffd}")),
        Value::Array(values) => values.into_iter().map(without_nul).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, without_nul(value))).collect(),
        other => other,
    }
}
