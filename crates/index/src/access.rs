//! Sessions of people and tokens of machines. Only hashes are stored.

use domain::{Timestamp, UserId};
use uuid::Uuid;

use crate::{Index, Result, User};

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
        todo!()
    }

    /// Who is behind the session; `None` where it is unknown or expired or its user is disabled.
    pub async fn session(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<SessionUser>> {
        todo!()
    }

    /// Moves the end of a session.
    pub async fn extend_session(&self, hash: &[u8; 32], expires_at: Timestamp) -> Result<()> {
        todo!()
    }

    /// Ends a session; `false` where there was none.
    pub async fn end_session(&self, hash: &[u8; 32]) -> Result<bool> {
        todo!()
    }

    /// Removes what expired; returns how many.
    pub async fn delete_expired_sessions(&self, now: Timestamp) -> Result<u64> {
        todo!()
    }

    /// Remembers a token by the hash of its secret. `Duplicate` where the user has one of that name.
    pub async fn create_token(
        &self,
        hash: &[u8; 32],
        user: UserId,
        name: &str,
        now: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Result<Token> {
        todo!()
    }

    /// Who is behind the token; `None` where it is unknown or expired or its user is disabled.
    pub async fn token(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<SessionUser>> {
        todo!()
    }

    /// Tokens of a user, or of all, latest first.
    pub async fn tokens(&self, user: Option<UserId>) -> Result<Vec<Token>> {
        todo!()
    }

    /// Removes a token; with `user`, only where it is that user's.
    pub async fn remove_token(&self, id: Uuid, user: Option<UserId>) -> Result<()> {
        todo!()
    }
}
