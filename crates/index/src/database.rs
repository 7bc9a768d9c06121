//! The connection pool, and what is done before first use.

use std::time::Duration;

use domain::Secret;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

use crate::Result;

/// How to reach the database.
#[derive(Clone)]
pub struct DatabaseConfig {
    pub(crate) options: PgConnectOptions,
    /// Most connections held open.
    pub connections: u32,
    /// How long a caller waits for a connection before [`crate::IndexError::Unavailable`].
    pub patience: Duration,
}

impl std::fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}

impl DatabaseConfig {
    /// From `postgres://user:password@host:port/database`. Errors never repeat the password.
    pub fn from_url(url: &Secret) -> Result<Self> {
        todo!()
    }
}

/// The index: a pool of connections, and every question as a function. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Index {
    pub(crate) pool: PgPool,
}

/// How busy the pool is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    /// Connections open.
    pub open: u32,
    /// Of these, waiting for work.
    pub idle: u32,
    /// Most that may be open.
    pub limit: u32,
}

impl Index {
    /// Connects, then [`prepare`](Self::prepare)s.
    pub async fn open(config: DatabaseConfig) -> Result<Self> {
        todo!()
    }

    /// A pool that connects when first asked. Call [`prepare`](Self::prepare) before anything else succeeds.
    #[must_use]
    pub fn lazy(config: DatabaseConfig) -> Self {
        todo!()
    }

    /// Checks version and extensions, runs the migrations under an advisory lock and makes partitions for
    /// the coming time. Refuses a newer schema.
    pub async fn prepare(&self) -> Result<()> {
        todo!()
    }

    /// One round trip (`SELECT 1`).
    pub async fn ping(&self) -> Result<()> {
        todo!()
    }

    /// How busy the pool is; also published as `taimat_index_connections` gauges.
    #[must_use]
    pub fn pool_state(&self) -> PoolState {
        todo!()
    }

    /// Closes every connection once its work is done.
    pub async fn close(&self) {
        todo!()
    }
}
