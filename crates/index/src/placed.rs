//! Things that a place has: rules, channels, bells, sounders. Each kind is a table of rows with the place, what the thing is
//! as the program checked it (`spec`), and a version that rises with each change.

use domain::PlaceId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::columns::corrupt;
use crate::places::require_open;
use crate::{IndexError, Result, Visibility};

/// A kind of such things.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// What people call it.
    pub(crate) what: &'static str,
    /// Its table.
    pub(crate) table: &'static str,
    /// What is read of a row, which is called `t`.
    pub(crate) columns: &'static str,
}

impl Kind {
    /// Adds a thing of which nothing but its `spec` is stored. `Invalid` where the place does not exist or was merged away.
    pub(crate) async fn create(
        self,
        connection: &mut PgConnection,
        id: Uuid,
        place: PlaceId,
        spec: &impl Serialize,
    ) -> Result<()> {
        require_open(connection, "place_id", place).await?;
        let statement = format!("INSERT INTO {} (id, place_id, spec) VALUES ($1, $2, $3)", self.table);
        sqlx::query(AssertSqlSafe(statement))
            .bind(id)
            .bind(place.0)
            .bind(Json(spec))
            .execute(connection)
            .await?;
        Ok(())
    }

    /// One of them.
    pub(crate) async fn one<R>(self, pool: &PgPool, id: Uuid) -> Result<R>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let statement = format!("SELECT {} FROM {} t WHERE t.id = $1", self.columns, self.table);
        let row = sqlx::query_as(AssertSqlSafe(statement)).bind(id).fetch_optional(pool).await?;
        row.ok_or_else(|| self.not_found(id))
    }

    /// Those of the places that may be seen, by name.
    pub(crate) async fn all<R, T>(self, pool: &PgPool, visible: &Visibility) -> Result<Vec<T>>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
        T: TryFrom<R, Error = IndexError>,
    {
        let statement = format!(
            "SELECT {} FROM {} t JOIN places p ON p.id = t.place_id
             WHERE $1::uuid[] IS NULL OR p.path <@ ARRAY(SELECT path FROM places WHERE id = ANY ($1))
             ORDER BY t.spec->>'name' COLLATE by_name, t.id",
            self.columns, self.table
        );
        let rows: Vec<R> =
            sqlx::query_as(AssertSqlSafe(statement)).bind(visible.roots()).fetch_all(pool).await?;
        rows.into_iter().map(T::try_from).collect()
    }

    /// Changes what a thing is; its place. `Conflict` unless it has `version`.
    pub(crate) async fn change(
        self,
        connection: &mut PgConnection,
        id: Uuid,
        version: i64,
        spec: &impl Serialize,
    ) -> Result<PlaceId> {
        let statement = format!(
            "UPDATE {} SET spec = $3, version = version + 1 WHERE id = $1 AND version = $2 RETURNING place_id",
            self.table
        );
        let place: Option<Uuid> = sqlx::query_scalar(AssertSqlSafe(statement))
            .bind(id)
            .bind(version)
            .bind(Json(spec))
            .fetch_optional(&mut *connection)
            .await?;
        match place {
            Some(place) => Ok(PlaceId(place)),
            None => Err(self.conflict(connection, id).await),
        }
    }

    /// Removes a thing. `Conflict` unless it has `version`.
    pub(crate) async fn remove(self, pool: &PgPool, id: Uuid, version: i64) -> Result<()> {
        let mut connection = pool.acquire().await?;
        let statement = format!("DELETE FROM {} WHERE id = $1 AND version = $2", self.table);
        let done =
            sqlx::query(AssertSqlSafe(statement)).bind(id).bind(version).execute(&mut *connection).await?;
        if done.rows_affected() == 0 { Err(self.conflict(&mut connection, id).await) } else { Ok(()) }
    }

    /// Why a thing cannot be changed: it has another version, or is not there.
    pub(crate) async fn conflict(self, connection: &mut PgConnection, id: Uuid) -> IndexError {
        let statement = format!("SELECT version FROM {} WHERE id = $1", self.table);
        let version = sqlx::query_scalar(AssertSqlSafe(statement)).bind(id).fetch_optional(connection).await;
        match version {
            Ok(Some(have)) => IndexError::Conflict { what: self.what, have },
            Ok(None) => self.not_found(id),
            Err(error) => error.into(),
        }
    }

    pub(crate) fn not_found(self, id: Uuid) -> IndexError {
        IndexError::NotFound { what: self.what, id: id.to_string() }
    }

    /// What a thing is, from its column.
    pub(crate) fn read<T: DeserializeOwned>(self, id: Uuid, spec: serde_json::Value) -> Result<T> {
        serde_json::from_value(spec).map_err(|error| corrupt(&format!("{} {id}", self.what), error))
    }
}
