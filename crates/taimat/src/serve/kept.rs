//! What is stored and must be known when the database does not answer: read again and again, and kept in memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// It is read again this often, changed or not: places move, and a change may go unnoticed while the database is away.
const INTERVAL: Duration = Duration::from_secs(30);
/// Pause after a change, so that several make one reading.
const GATHER: Duration = Duration::from_millis(50);

/// Keeps what `read` gives, until it is told to stop. While it cannot be read, what was known before stays.
pub(crate) async fn keep<T, F>(
    what: &str,
    kept: &watch::Sender<Arc<T>>,
    changed: &Notify,
    stop: &CancellationToken,
    read: impl Fn() -> F,
) where
    T: PartialEq,
    F: Future<Output = index::Result<T>>,
{
    loop {
        match read().await {
            Ok(read) => {
                kept.send_if_modified(|known| {
                    let differs = **known != read;
                    if differs {
                        *known = Arc::new(read);
                    }
                    differs
                });
            }
            Err(error) => tracing::warn!("{what} cannot be read, those known before go on: {error}"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = changed.notified() => tokio::time::sleep(GATHER).await,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}
