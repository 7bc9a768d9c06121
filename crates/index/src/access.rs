//! Sessions of people and tokens of machines. Only hashes are stored.

use chrono::{DateTime, Utc};
use domain::{Timestamp, UserId};
use sqlx::FromRow;
use uuid::Uuid;

use crate::columns::at;
use crate::people::{USERS, UserRow};
use crate::places::name;
use crate::{Index, IndexError, Result, User};

/// Who is behind a session or token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionUser {
    /// Who.
    pub user: User,
    /// Until when.
    pub expires_at: Option<Timestamp>,
}

/// A token of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Identifier.
    pub id: Uuid,
    /// In whose name it acts.
    pub user_id: UserId,
    /// What it is for.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it works; `None` for no end.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct TokenRow {
    id: Uuid,
    user_id: Uuid,
    name: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
}

impl From<TokenRow> for Token {
    fn from(row: TokenRow) -> Self {
        Self {
            id: row.id,
            user_id: UserId(row.user_id),
            name: row.name,
            created_at: row.created_at.into(),
            expires_at: row.expires_at.map(Timestamp::from),
            last_used_at: row.last_used_at.map(Timestamp::from),
        }
    }
}

#[derive(FromRow)]
struct AccessRow {
    #[sqlx(flatten)]
    user: UserRow,
    until: Option<DateTime<Utc>>,
}

impl AccessRow {
    fn into_user(self) -> Result<SessionUser> {
        Ok(SessionUser { user: self.user.into_parts()?.0, expires_at: self.until.map(Timestamp::from) })
    }
}

const TOKENS: &str = "SELECT id, user_id, name, created_at, expires_at, last_used_at FROM tokens ";

impl Index {
    /// Remembers a session by the hash of its secret.
    pub async fn create_session(
        &self,
        hash: &[u8; 32],
        user: UserId,
        now: Timestamp,
        expires_at: Timestamp,
        address: &str,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO sessions (hash, user_id, created_at, expires_at, address) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(hash.as_slice())
        .bind(user.0)
        .bind(at(now))
        .bind(at(expires_at))
        .bind(address)
        .execute(&self.pool)
        .await
        .map_err(|error| owner_missing(error, user))?;
        Ok(())
    }

    /// Who is behind the session; `None` where it is unknown or expired or its user is disabled.
    pub async fn session(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<SessionUser>> {
        let statement = format!(
            "SELECT u.*, s.expires_at AS until FROM ({USERS}) u JOIN sessions s ON s.user_id = u.id
             WHERE s.hash = $1 AND s.expires_at > $2 AND NOT u.disabled"
        );
        let row: Option<AccessRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(hash.as_slice())
            .bind(at(now))
            .fetch_optional(&self.pool)
            .await?;
        row.map(AccessRow::into_user).transpose()
    }

    /// Moves the end of a session.
    pub async fn extend_session(&self, hash: &[u8; 32], expires_at: Timestamp) -> Result<()> {
        sqlx::query("UPDATE sessions SET expires_at = $2 WHERE hash = $1")
            .bind(hash.as_slice())
            .bind(at(expires_at))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Ends a session; `false` where there was none.
    pub async fn end_session(&self, hash: &[u8; 32]) -> Result<bool> {
        let done = sqlx::query("DELETE FROM sessions WHERE hash = $1")
            .bind(hash.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Removes what expired; returns how many.
    pub async fn delete_expired_sessions(&self, now: Timestamp) -> Result<u64> {
        let done = sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
            .bind(at(now))
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }

    /// Remembers a token by the hash of its secret. `Duplicate` where the user has one of that name.
    pub async fn create_token(
        &self,
        hash: &[u8; 32],
        user: UserId,
        token_name: &str,
        now: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Result<Token> {
        let token_name = name("name", token_name)?;
        let statement = "INSERT INTO tokens (id, hash, user_id, name, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6) RETURNING id, user_id, name, created_at, expires_at, last_used_at";
        let row: TokenRow = sqlx::query_as(statement)
            .bind(Uuid::now_v7())
            .bind(hash.as_slice())
            .bind(user.0)
            .bind(&token_name)
            .bind(at(now))
            .bind(expires_at.map(at))
            .fetch_one(&self.pool)
            .await
            .map_err(|error| match error.as_database_error() {
                Some(refusal) if refusal.is_unique_violation() => {
                    IndexError::Duplicate { field: "name", value: token_name }
                }
                _ => owner_missing(error, user),
            })?;
        Ok(row.into())
    }

    /// Who is behind the token; `None` where it is unknown or expired or its user is disabled.
    pub async fn token(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<SessionUser>> {
        // To the minute, so that a busy machine does not write a row with every request.
        sqlx::query(
            "UPDATE tokens SET last_used_at = $2
             WHERE hash = $1 AND (last_used_at IS NULL OR last_used_at < $2 - interval '1 minute')",
        )
        .bind(hash.as_slice())
        .bind(at(now))
        .execute(&self.pool)
        .await?;
        let statement = format!(
            "SELECT u.*, t.expires_at AS until FROM ({USERS}) u JOIN tokens t ON t.user_id = u.id
             WHERE t.hash = $1 AND (t.expires_at IS NULL OR t.expires_at > $2) AND NOT u.disabled"
        );
        let row: Option<AccessRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(hash.as_slice())
            .bind(at(now))
            .fetch_optional(&self.pool)
            .await?;
        row.map(AccessRow::into_user).transpose()
    }

    /// Tokens of a user, or of all, latest first.
    pub async fn tokens(&self, user: Option<UserId>) -> Result<Vec<Token>> {
        let statement =
            format!("{TOKENS} WHERE $1::uuid IS NULL OR user_id = $1 ORDER BY created_at DESC, id DESC");
        let rows: Vec<TokenRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(user.map(|user| user.0))
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(Token::from).collect())
    }

    /// Removes a token; with `user`, only where it is that user's.
    pub async fn remove_token(&self, id: Uuid, user: Option<UserId>) -> Result<()> {
        let done = sqlx::query("DELETE FROM tokens WHERE id = $1 AND ($2::uuid IS NULL OR user_id = $2)")
            .bind(id)
            .bind(user.map(|user| user.0))
            .execute(&self.pool)
            .await?;
        if done.rows_affected() == 0 {
            return Err(IndexError::NotFound { what: "token", id: id.to_string() });
        }
        Ok(())
    }
}

fn owner_missing(error: sqlx::Error, user: UserId) -> IndexError {
    match error.as_database_error() {
        Some(refusal) if refusal.is_foreign_key_violation() => {
            IndexError::NotFound { what: "user", id: user.to_string() }
        }
        _ => error.into(),
    }
}
