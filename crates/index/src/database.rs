//! The connection pool, and what is done before first use.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{AudioParameters, Clock, Secret, SystemClock, VideoParameters};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool, Row};

use crate::partitions::Partition;
use crate::{IndexError, Result};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// What the tables need.
const EXTENSIONS: [&str; 3] = ["postgis", "ltree", "unaccent"];

/// The oldest PostgreSQL that knows `UNIQUE NULLS NOT DISTINCT`.
const OLDEST_SERVER: i32 = 15;

/// Key of the advisory lock under which extensions and tables are prepared: "taimat" in ASCII.
const PREPARE_LOCK: i64 = 0x7461_696d_6174;

/// How to reach the database.
#[derive(Clone)]
pub struct DatabaseConfig {
    pub(crate) options: PgConnectOptions,
    /// Most connections held open.
    pub connections: u32,
    /// How long a caller waits for a connection before [`IndexError::Unavailable`].
    pub patience: Duration,
}

impl std::fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("host", &self.options.get_host())
            .field("port", &self.options.get_port())
            .field("socket", &self.options.get_socket())
            .field("database", &self.options.get_database())
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

impl DatabaseConfig {
    /// From `postgres://user:password@host:port/database`. Errors never repeat the password.
    pub fn from_url(url: &Secret) -> Result<Self> {
        let invalid = || IndexError::Invalid {
            field: "database.url",
            problem: "it must be like postgres://user:password@host:5432/database".to_owned(),
        };
        let scheme = url.reveal().split(':').next().unwrap_or_default();
        if !matches!(scheme, "postgres" | "postgresql") {
            return Err(invalid());
        }
        let options = PgConnectOptions::from_str(url.reveal()).map_err(|_| invalid())?;
        Ok(Self::new(options))
    }

    pub(crate) fn new(options: PgConnectOptions) -> Self {
        Self { options, connections: 16, patience: Duration::from_secs(5) }
    }

    /// The same server, another database.
    #[must_use]
    pub fn with_database(mut self, name: &str) -> Self {
        self.options = self.options.database(name);
        self
    }
}

/// The index: a pool of connections, and every question as a function. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Index {
    pub(crate) pool: PgPool,
    /// Partitions that are known to exist.
    pub(crate) partitions: Arc<Mutex<HashSet<Partition>>>,
    /// Rows of parameters that are known to exist: they are never removed.
    pub(crate) video: Arc<Mutex<HashMap<VideoParameters, i64>>>,
    pub(crate) audio: Arc<Mutex<HashMap<AudioParameters, i64>>>,
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
        let index = Self::lazy(config);
        index.prepare().await?;
        Ok(index)
    }

    /// A pool that connects when first asked. Call [`prepare`](Self::prepare) before anything else succeeds.
    #[must_use]
    pub fn lazy(config: DatabaseConfig) -> Self {
        let options = config.options.application_name("taimat").options([
            // Searches differ so much in how selective they are that a plan for one is wrong for the next.
            ("plan_cache_mode", "force_custom_plan"),
            ("jit", "off"),
            ("TimeZone", "UTC"),
            ("statement_timeout", "60000"),
            ("idle_in_transaction_session_timeout", "60000"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(config.connections)
            .acquire_timeout(config.patience)
            .idle_timeout(Duration::from_mins(5))
            .connect_lazy_with(options);
        Self { pool, partitions: Arc::default(), video: Arc::default(), audio: Arc::default() }
    }

    /// Checks version and extensions, runs the migrations under an advisory lock and makes partitions for
    /// the coming time. Refuses a newer schema.
    pub async fn prepare(&self) -> Result<()> {
        let mut connection = self.pool.acquire().await?;
        sqlx::query("SELECT pg_advisory_lock($1)").bind(PREPARE_LOCK).execute(&mut *connection).await?;
        let prepared = prepare(&mut connection).await;
        // Closing the session gives back the lock and the lifted time limit, whatever happened.
        connection.close().await?;
        prepared?;
        self.ensure_partitions(SystemClock::default().now()).await
    }

    /// One round trip (`SELECT 1`).
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// How busy the pool is; also set as gauges `taimat_index_connections`, for `/metrics`.
    #[must_use]
    pub fn pool_state(&self) -> PoolState {
        let open = self.pool.size();
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX).min(open);
        let limit = self.pool.options().get_max_connections();
        metrics::gauge!("taimat_index_connections", "state" => "idle").set(idle);
        metrics::gauge!("taimat_index_connections", "state" => "busy").set(open - idle);
        metrics::gauge!("taimat_index_connections_limit").set(limit);
        PoolState { open, idle, limit }
    }

    /// Lets the database tidy up and count at once what it would within minutes (`VACUUM ANALYZE`): after many rows
    /// came or went in one go, as with `taimat reindex`.
    pub async fn tidy(&self) -> Result<()> {
        let mut connection = self.pool.acquire().await?;
        sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
        let tidied = sqlx::query("VACUUM (ANALYZE)").execute(&mut *connection).await;
        // Not back to the pool: it has no time limit any more.
        connection.close().await?;
        tidied?;
        Ok(())
    }

    /// How this index connects, for a second one beside it.
    #[must_use]
    pub fn config(&self) -> DatabaseConfig {
        let options = self.pool.connect_options();
        DatabaseConfig {
            connections: self.pool.options().get_max_connections(),
            patience: self.pool.options().get_acquire_timeout(),
            options: (*options).clone(),
        }
    }

    /// The connections, for tests and benches. Everything else asks through a function.
    #[doc(hidden)]
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Closes every connection once its work is done.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

async fn prepare(connection: &mut PgConnection) -> Result<()> {
    sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
    let row = sqlx::query(
        "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding')",
    )
    .fetch_one(&mut *connection)
    .await?;
    let (version, encoding): (i32, String) = (row.try_get(0)?, row.try_get(1)?);
    if version < OLDEST_SERVER {
        return Err(unprepared(
            format!("PostgreSQL {version} is too old"),
            format!("Use PostgreSQL {OLDEST_SERVER} or later"),
        ));
    }
    if encoding != "UTF8" {
        return Err(unprepared(
            format!("the database stores text as {encoding}"),
            "Make the database with ENCODING 'UTF8'".to_owned(),
        ));
    }
    for extension in EXTENSIONS {
        ensure_extension(&mut *connection, extension, version).await?;
    }
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    // Not `run`: its future is not `Send` when lent a connection.
    MIGRATIONS.run_direct(None, &mut *connection, false).await.map_err(|error| {
        match error {
        MigrateError::VersionMissing(found) | MigrateError::VersionNotPresent(found) if found > known => {
            IndexError::NewerSchema { found, known }
        }
        MigrateError::VersionMismatch(version) => unprepared(
            format!("migration {version} was run from a different text"),
            "This database was prepared by a development version; restore a backup or start with an empty one"
                .to_owned(),
        ),
        MigrateError::Execute(error) => error.into(),
        MigrateError::ExecuteMigration(error, version) => match IndexError::from(error) {
            unavailable @ IndexError::Unavailable { .. } => unavailable,
            error => unprepared(
                format!("migration {version} failed: {error}"),
                "Nothing of it was kept; the user of database.url must own the database".to_owned(),
            ),
        },
        error => unprepared(error.to_string(), "Look at the table _sqlx_migrations".to_owned()),
    }
    })
}

async fn ensure_extension(connection: &mut PgConnection, extension: &str, version: i32) -> Result<()> {
    let present: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = $1)")
        .bind(extension)
        .fetch_one(&mut *connection)
        .await?;
    if present {
        return Ok(());
    }
    let statement = format!("CREATE EXTENSION IF NOT EXISTS {extension}");
    let Err(error) = sqlx::query(sqlx::AssertSqlSafe(statement.clone())).execute(connection).await else {
        return Ok(());
    };
    let code = error.as_database_error().and_then(|refusal| refusal.code().map(String::from));
    Err(match code.as_deref() {
        Some("42501") => unprepared(
            format!("the extension {extension} is missing and this user may not add it"),
            format!("As a superuser of the database, run once: {statement}"),
        ),
        Some("0A000" | "58P01") => {
            let package = match extension {
                "postgis" => format!("postgresql-{version}-postgis-3"),
                _ => "postgresql-contrib".to_owned(),
            };
            unprepared(
                format!("the extension {extension} is not installed on the database server"),
                format!("On Debian, install the package {package} there"),
            )
        }
        _ => error.into(),
    })
}

fn unprepared(problem: String, remedy: String) -> IndexError {
    IndexError::Unprepared { problem, remedy }
}
