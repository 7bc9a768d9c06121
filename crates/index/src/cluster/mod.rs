//! A private PostgreSQL for those who bring none.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use crate::DatabaseConfig;

/// Why the private PostgreSQL does not run.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The programs are not installed.
    #[error("{problem}. {remedy}")]
    Missing {
        /// What is missing.
        problem: String,
        /// What to install.
        remedy: String,
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
pub struct PrivateCluster {}

impl PrivateCluster {
    /// Starts it, or joins the one that another `taimat` of the same data folder runs; makes it on first use.
    /// Until `shutdown`, it is restarted with back-off when it dies.
    pub async fn start(settings: ClusterSettings, shutdown: CancellationToken) -> Result<Self, ClusterError> {
        todo!()
    }

    /// How to connect to it.
    #[must_use]
    pub fn database(&self) -> DatabaseConfig {
        todo!()
    }

    /// Stops it (fast) where this process started it; otherwise leaves it running. Call after `shutdown` was
    /// cancelled and the index was closed.
    pub async fn stop(self) {
        todo!()
    }
}
