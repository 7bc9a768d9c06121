//! A private PostgreSQL for those who bring none: made, started, supervised and stopped by Taimat.
//!
//! It lives in `postgresql` below the data folder: `cluster` is PostgreSQL's own folder, `socket` the only place
//! where it listens, `log` its log. It trusts whoever reaches the socket, and the folder around it lets in nobody
//! but its owner. Whoever holds the lock on `owner.lock` owns it: starts it, restarts it when it dies, and stops it.
//! Another `taimat` beside it (`taimat user add` beside `taimat serve`) is a guest, and takes over when the owner is
//! gone. The kernel gives the lock back even where the owner is killed.

mod folder;
mod owner;
mod postmaster;
mod programs;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::DatabaseConfig;
use folder::Folder;
use owner::OwnerLock;
use postmaster::Postmaster;
use programs::Programs;

/// Name of the database and of its superuser.
const NAME: &str = "taimat";

/// How long to wait for a server that starts: replaying the log after a power cut may take a while.
const START_LIMIT: Duration = Duration::from_mins(2);

/// How often a guest looks whether the owner is gone, and an owner whether it may start again.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// Longest pause between attempts to restart.
const MOST_BACK_OFF: Duration = Duration::from_secs(30);

/// Why the private PostgreSQL does not run.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The programs are not installed, or not in the version that made the data.
    #[error("{problem}. {remedy}")]
    Missing {
        /// What is missing.
        problem: String,
        /// What to install.
        remedy: String,
    },
    /// The folder cannot be used.
    #[error("{folder} cannot hold the private PostgreSQL: {problem}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A program failed.
    #[error("{step} failed: {detail}")]
    Failed {
        /// What was tried.
        step: &'static str,
        /// What it said.
        detail: String,
    },
}

/// Where and how the private PostgreSQL runs.
#[derive(Clone, Debug)]
pub struct ClusterSettings {
    /// Taimat's data folder; the cluster lives in `postgresql` below it where PostgreSQL's user can reach it.
    pub data: PathBuf,
    /// Whether what is committed survives a power cut. Off only for tests.
    pub durable: bool,
}

impl ClusterSettings {
    /// Durable, below the data folder.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), durable: true }
    }
}

/// A private PostgreSQL.
#[derive(Debug)]
pub struct PrivateCluster {
    options: PgConnectOptions,
    folder: PathBuf,
    shutdown: CancellationToken,
    supervisor: JoinHandle<()>,
}

impl PrivateCluster {
    /// Starts it, or joins the one that another `taimat` of the same data folder runs; makes it on first use.
    /// Until [`stop`](Self::stop), it is restarted with back-off when it dies. `shutdown` only cuts waits short.
    pub async fn start(settings: ClusterSettings, shutdown: CancellationToken) -> Result<Self, ClusterError> {
        let folder = Folder::place(&settings.data)?;
        let options = connect_options(&folder.socket());
        let role = if let Some(lock) = OwnerLock::try_take(&folder.owner_lock())? {
            let programs = Programs::find(&folder)?;
            postmaster::initialise(&folder, &programs, settings.durable).await?;
            let mut postmaster = Postmaster::start(&folder, &programs, settings.durable).await?;
            let ready = tokio::select! {
                ready = wait_until_ready(&options, START_LIMIT) => ready,
                ended = postmaster.ended() => Err(format!("it ended: {ended}")),
                () = shutdown.cancelled() => Err("the start was cut short".to_owned()),
            };
            if let Err(problem) = ready {
                postmaster.stop().await;
                return Err(not_started(&problem, &folder));
            }
            Role::Owner(Box::new(Owner { lock, programs, postmaster }))
        } else {
            let ready = tokio::select! {
                ready = wait_until_ready(&options, START_LIMIT) => ready,
                () = shutdown.cancelled() => Err("the start was cut short".to_owned()),
            };
            ready.map_err(|problem| not_started(&problem, &folder))?;
            Role::Guest
        };
        tracing::info!(
            folder = %folder.root().display(),
            guest = matches!(role, Role::Guest),
            "the private PostgreSQL runs"
        );
        let root = folder.root().to_owned();
        // A token of its own: the database must outlive whatever else is shut down before it.
        let stop = CancellationToken::new();
        let supervisor = tokio::spawn(supervise(folder, settings.durable, role, stop.clone()));
        Ok(Self { options, folder: root, shutdown: stop, supervisor })
    }

    /// How to connect to it.
    #[must_use]
    pub fn database(&self) -> DatabaseConfig {
        DatabaseConfig::new(self.options.clone())
    }

    /// The folder that holds it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops it (fast) where this process owns it; otherwise leaves it running. Call after the index was closed.
    pub async fn stop(self) {
        self.shutdown.cancel();
        if let Err(error) = self.supervisor.await {
            tracing::error!(%error, "the supervisor of the private PostgreSQL failed");
        }
    }
}

/// What this process is to the cluster.
enum Role {
    Owner(Box<Owner>),
    Guest,
}

struct Owner {
    lock: OwnerLock,
    programs: Programs,
    postmaster: Postmaster,
}

/// Keeps it running until told to stop.
async fn supervise(folder: Folder, durable: bool, mut role: Role, stop: CancellationToken) {
    let mut back_off = LOOK_INTERVAL;
    loop {
        role = match role {
            Role::Owner(owner) => {
                let Owner { lock, programs, mut postmaster } = *owner;
                let started = tokio::time::Instant::now();
                let ended = tokio::select! {
                    ended = postmaster.ended() => ended,
                    () = stop.cancelled() => {
                        postmaster.stop().await;
                        drop(lock);
                        return;
                    }
                };
                metrics::counter!("taimat_index_cluster_restarts_total").increment(1);
                if started.elapsed() > MOST_BACK_OFF * 2 {
                    back_off = LOOK_INTERVAL;
                }
                tracing::error!(
                    ended,
                    log = folder.log_tail(),
                    back_off_s = back_off.as_secs_f32(),
                    "the private PostgreSQL ended by itself and is started again"
                );
                let Some(postmaster) = restart(&folder, &programs, durable, &mut back_off, &stop).await
                else {
                    return;
                };
                Role::Owner(Box::new(Owner { lock, programs, postmaster }))
            }
            Role::Guest => {
                tokio::select! {
                    () = tokio::time::sleep(LOOK_INTERVAL) => {}
                    () = stop.cancelled() => return,
                }
                match take_over(&folder, durable, &mut back_off, &stop).await {
                    Ok(role) => role,
                    Err(error) => {
                        tracing::error!(%error, "the owner of the private PostgreSQL is gone, and it does not start");
                        Role::Guest
                    }
                }
            }
        };
    }
}

/// A guest becomes the owner where there is none any more.
async fn take_over(
    folder: &Folder,
    durable: bool,
    back_off: &mut Duration,
    stop: &CancellationToken,
) -> Result<Role, ClusterError> {
    let Some(lock) = OwnerLock::try_take(&folder.owner_lock())? else { return Ok(Role::Guest) };
    tracing::warn!("the owner of the private PostgreSQL is gone: taking it over");
    let programs = Programs::find(folder)?;
    match restart(folder, &programs, durable, back_off, stop).await {
        Some(postmaster) => Ok(Role::Owner(Box::new(Owner { lock, programs, postmaster }))),
        None => Ok(Role::Guest),
    }
}

/// Starts again until it works; `None` when told to stop.
async fn restart(
    folder: &Folder,
    programs: &Programs,
    durable: bool,
    back_off: &mut Duration,
    stop: &CancellationToken,
) -> Option<Postmaster> {
    loop {
        tokio::select! {
            () = tokio::time::sleep(*back_off) => {}
            () = stop.cancelled() => return None,
        }
        *back_off = (*back_off * 2).min(MOST_BACK_OFF);
        match Postmaster::start(folder, programs, durable).await {
            Ok(postmaster) => return Some(postmaster),
            Err(error) => tracing::error!(%error, "the private PostgreSQL does not start"),
        }
    }
}

fn not_started(problem: &str, folder: &Folder) -> ClusterError {
    ClusterError::Failed {
        step: "starting the private PostgreSQL",
        detail: format!("{problem}{}", folder.log_tail()),
    }
}

fn connect_options(socket: &Path) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket)
        .port(postmaster::PORT)
        .username(NAME)
        .database(NAME)
        .ssl_mode(PgSslMode::Disable)
}

/// Waits until it takes connections and our database is there.
async fn wait_until_ready(options: &PgConnectOptions, limit: Duration) -> Result<(), String> {
    let deadline = tokio::time::Instant::now() + limit;
    let maintenance = options.clone().database("postgres").disable_statement_logging();
    let mut pause = Duration::from_millis(20);
    loop {
        let problem = match tokio::time::timeout(limit, ensure_database(&maintenance)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer".to_owned(),
        };
        if tokio::time::Instant::now() >= deadline {
            return Err(format!("it took no connection within {} s: {problem}", limit.as_secs()));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LOOK_INTERVAL);
    }
}

async fn ensure_database(maintenance: &PgConnectOptions) -> Result<(), sqlx::Error> {
    let mut connection = maintenance.connect().await?;
    let present: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(NAME)
        .fetch_one(&mut connection)
        .await?;
    if !present
        && let Err(error) = sqlx::query("CREATE DATABASE taimat").execute(&mut connection).await
        // Somebody else may have made it in between (42P04: duplicate database).
        && error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() != Some("42P04")
    {
        return Err(error);
    }
    connection.close().await
}
