//! Commands that work on the data folder: they share the database with a running server, or start it themselves.

use std::future::Future;

use anyhow::Result;
use index::Index;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::serve::database::Database;

/// Opens the index, does the work, and closes everything again, whatever came of it.
pub(super) async fn with_index<T, F: Future<Output = Result<T>>>(
    config: &Config,
    work: impl FnOnce(Index) -> F,
) -> Result<T> {
    let stop = CancellationToken::new();
    let database = Database::ready(config, stop.clone()).await?;
    let outcome = work(database.index.clone()).await;
    stop.cancel();
    database.stop().await;
    outcome
}
