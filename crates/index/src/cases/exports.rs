//! Exports of cases: asked for, made one after the other, kept for a while.

use chrono::{DateTime, Utc};
use domain::{CaseExport, CaseId, ExportId, PlaceId, Sentence, Timestamp, UserId};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use crate::columns::{at, parse, signed, unsigned};
use crate::places::ids;
use crate::{Index, IndexError, Result};

/// An export to make.
#[derive(Clone, Debug)]
pub struct NewExport {
    /// Of which case.
    pub case_id: CaseId,
    /// Places of the footage in it.
    pub places: Vec<PlaceId>,
    /// Who asks for it, with the name.
    pub by: (UserId, String),
}

#[derive(FromRow)]
struct ExportRow {
    id: Uuid,
    case_id: Uuid,
    state: String,
    done: f64,
    bytes: Option<i64>,
    place_ids: Vec<Uuid>,
    requested_by: Option<Uuid>,
    requested_by_name: String,
    requested_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    why: Option<Json<Sentence>>,
}

impl TryFrom<ExportRow> for CaseExport {
    type Error = IndexError;
    fn try_from(row: ExportRow) -> Result<Self> {
        let what = format!("export {}", row.id);
        Ok(Self {
            id: ExportId(row.id),
            case_id: CaseId(row.case_id),
            state: parse(&what, &row.state)?,
            done: row.done,
            bytes: row.bytes.map(|bytes| unsigned(&what, bytes)).transpose()?,
            place_ids: row.place_ids.into_iter().map(PlaceId).collect(),
            requested_by: row.requested_by.map(UserId),
            requested_by_name: row.requested_by_name,
            requested_at: row.requested_at.into(),
            finished_at: row.finished_at.map(Timestamp::from),
            why: row.why.map(|why| why.0),
        })
    }
}

impl Index {
    /// Asks for an export. `Invalid` where one of the case is being made already.
    pub async fn create_export(&self, new: &NewExport) -> Result<CaseExport> {
        let id = ExportId::generate();
        let mut transaction = self.pool.begin().await?;
        super::lock(&mut transaction, new.case_id).await?;
        let done = sqlx::query(
            "INSERT INTO case_exports (id, case_id, state, place_ids, requested_by, requested_by_name)
             SELECT $1, $2, 'waiting', $3, $4, $5 WHERE NOT EXISTS (SELECT FROM case_exports
                 WHERE case_id = $2 AND state IN ('waiting', 'running'))",
        )
        .bind(id.0)
        .bind(new.case_id.0)
        .bind(ids(&new.places))
        .bind(new.by.0.0)
        .bind(&new.by.1)
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            let problem = "an export of this case is being made: wait for it, or cancel it".to_owned();
            return Err(IndexError::Invalid { field: "case_id", problem });
        }
        transaction.commit().await?;
        self.export(id).await
    }

    /// One export. The caller checks the right at the place of its case.
    pub async fn export(&self, id: ExportId) -> Result<CaseExport> {
        let row: Option<ExportRow> = sqlx::query_as("SELECT * FROM case_exports WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        row.ok_or_else(|| IndexError::NotFound { what: "export", id: id.to_string() })?.try_into()
    }

    /// The exports of a case, the latest first.
    pub async fn exports_of(&self, case: CaseId) -> Result<Vec<CaseExport>> {
        let rows: Vec<ExportRow> = sqlx::query_as(
            "SELECT * FROM case_exports WHERE case_id = $1 ORDER BY requested_at DESC, id DESC",
        )
        .bind(case.0)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(CaseExport::try_from).collect()
    }

    /// Cancels an export that is not made yet, and removes one that is over.
    pub async fn end_export(&self, id: ExportId, now: Timestamp) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let cancelled = sqlx::query(
            "UPDATE case_exports SET state = 'cancelled', finished_at = $2
             WHERE id = $1 AND state IN ('waiting', 'running')",
        )
        .bind(id.0)
        .bind(at(now))
        .execute(&mut *transaction)
        .await?;
        if cancelled.rows_affected() == 0 {
            sqlx::query("DELETE FROM case_exports WHERE id = $1")
                .bind(id.0)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// What a stop of the server cut short waits again.
    pub async fn restart_exports(&self) -> Result<()> {
        sqlx::query("UPDATE case_exports SET state = 'waiting', done = 0 WHERE state = 'running'")
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The export whose turn it is: it is running from now on.
    pub async fn next_export(&self) -> Result<Option<CaseExport>> {
        let row: Option<ExportRow> = sqlx::query_as(
            "UPDATE case_exports SET state = 'running', done = 0 WHERE id = (SELECT id FROM case_exports
                 WHERE state = 'waiting' ORDER BY requested_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *",
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(CaseExport::try_from).transpose()
    }

    /// Notes how far an export has come. `false` where it was cancelled or removed.
    pub async fn note_export(&self, id: ExportId, done: f64) -> Result<bool> {
        let noted = sqlx::query("UPDATE case_exports SET done = $2 WHERE id = $1 AND state = 'running'")
            .bind(id.0)
            .bind(done)
            .execute(&self.pool)
            .await?;
        Ok(noted.rows_affected() > 0)
    }

    /// Ends an export: bytes of its file, or why there is none. `false` where it was cancelled or removed.
    pub async fn finish_export(
        &self,
        id: ExportId,
        outcome: std::result::Result<u64, Sentence>,
        now: Timestamp,
    ) -> Result<bool> {
        let (state, done, bytes, why) = match outcome {
            Ok(bytes) => ("done", 1.0, Some(signed(bytes)), None),
            Err(why) => ("failed", 0.0, None, Some(Json(why))),
        };
        let finished = sqlx::query(
            "UPDATE case_exports SET state = $2, done = $3, bytes = $4, why = $5, finished_at = $6
             WHERE id = $1 AND state = 'running'",
        )
        .bind(id.0)
        .bind(state)
        .bind(done)
        .bind(bytes)
        .bind(why)
        .bind(at(now))
        .execute(&self.pool)
        .await?;
        Ok(finished.rows_affected() > 0)
    }

    /// Removes exports that were over before a moment.
    pub async fn expire_exports(&self, before: Timestamp) -> Result<()> {
        sqlx::query("DELETE FROM case_exports WHERE finished_at < $1")
            .bind(at(before))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The exports that have a file, or are about to.
    pub async fn kept_exports(&self) -> Result<Vec<ExportId>> {
        let kept: Vec<Uuid> =
            sqlx::query_scalar("SELECT id FROM case_exports WHERE state IN ('running', 'done')")
                .fetch_all(&self.pool)
                .await?;
        Ok(kept.into_iter().map(ExportId).collect())
    }
}
