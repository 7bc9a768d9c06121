//! The database: a private PostgreSQL, or the one that the configuration names. It may come later than the server.

use anyhow::{Context, Result};
use domain::{Clock, Secret, SystemClock};
use index::{ClusterSettings, DatabaseConfig, Index, IndexError, PrivateCluster};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// How long the server waits for the database before it records without it.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it is tried.
const RETRY: Duration = Duration::from_secs(1);

/// The database as the server holds it.
pub(crate) struct Database {
    /// The pool.
    pub(crate) index: Index,
    cluster: Option<PrivateCluster>,
}

impl Database {
    /// Starts the private PostgreSQL where none is named. Does not wait for a database that is named.
    pub(crate) async fn start(config: &Config, shutdown: CancellationToken) -> Result<Self> {
        let (options, cluster) = if let Some(url) = &config.database.url {
            (DatabaseConfig::from_url(&Secret::new(url.clone())).context("database.url")?, None)
        } else {
            let cluster = PrivateCluster::start(ClusterSettings::new(&config.data.folder), shutdown)
                .await
                .context("the private PostgreSQL does not start; name another in [database] url")?;
            (cluster.database(), Some(cluster))
        };
        Ok(Self { index: Index::lazy(options), cluster })
    }

    /// Prepares tables and partitions; for commands that cannot work without.
    pub(crate) async fn ready(config: &Config, shutdown: CancellationToken) -> Result<Self> {
        let database = Self::start(config, shutdown).await?;
        if let Err(error) = database.index.prepare().await {
            database.stop().await;
            return Err(error).context("the database cannot be used");
        }
        Ok(database)
    }

    /// Closes connections, and stops PostgreSQL where it is ours.
    pub(crate) async fn stop(self) {
        self.index.close().await;
        if let Some(cluster) = self.cluster {
            cluster.stop().await;
        }
    }
}

/// Prepares the database as soon as it can be reached: waits a little for it, then goes on trying in the background.
/// A schema that is newer than this program is an error at once.
pub(crate) async fn prepare(
    index: Index,
    clock: Arc<SystemClock>,
    shutdown: CancellationToken,
) -> Result<()> {
    let first = tokio::time::timeout(PATIENCE, until_prepared(index.clone(), Arc::clone(&clock))).await;
    if let Ok(done) = first {
        return done.context("the database cannot be used");
    }
    tracing::error!("the database cannot be reached: recording goes on, and rows wait on disk");
    tokio::spawn(async move {
        if let Some(Err(error)) = shutdown.run_until_cancelled(until_prepared(index, clock)).await {
            tracing::error!("the database cannot be used: {error}");
        }
    });
    Ok(())
}

async fn until_prepared(index: Index, clock: Arc<SystemClock>) -> Result<(), IndexError> {
    loop {
        match index.prepare().await {
            Ok(()) => break,
            Err(error) if error.is_transient() => {
                tracing::debug!("waiting for the database: {error}");
                tokio::time::sleep(RETRY).await;
            }
            Err(error) => return Err(error),
        }
    }
    let now = clock.now();
    let gaps = index.close_open_gaps(None, now).await?;
    let events = index.end_ongoing_events().await?;
    tracing::info!(gaps, events, "database ready; gaps and events that a stop left open are ended");
    Ok(())
}
