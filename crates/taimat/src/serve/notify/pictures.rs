//! The picture that goes with a warning.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::Warning;
use index::Index;

use crate::serve::stills::Stills;

/// Width of a picture that is cut from the recording.
const WIDTH: u32 = 1280;
/// A warning waits no longer for its picture.
const PATIENCE: Duration = Duration::from_secs(10);
/// The recording of the moment may still be in memory: tried again after so long.
const AGAIN: Duration = Duration::from_millis(1500);

/// Finds pictures.
pub(crate) struct Pictures {
    pub(crate) index: Index,
    pub(crate) stills: Arc<Stills>,
    /// The folder of event snapshots.
    pub(crate) snapshots: PathBuf,
}

impl Pictures {
    /// The picture of what was flagged first: the event's own, or else what the camera saw at that moment. `None` where
    /// there is none soon enough: a warning is worth more than its picture.
    pub(super) async fn of(&self, warning: &Warning) -> Option<Bytes> {
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                match self.find(warning).await {
                    Ok(picture) => return picture,
                    Err(problem) => {
                        tracing::debug!(item = %warning.item_id, "no picture yet: {problem}");
                        tokio::time::sleep(AGAIN).await;
                    }
                }
            }
        });
        let picture = found.await.ok().flatten();
        if picture.is_none() {
            metrics::counter!("taimat_notify_pictures_missing_total").increment(1);
        }
        picture
    }

    /// `Ok(None)` where there will never be one; an error where there may be one later.
    async fn find(&self, warning: &Warning) -> Result<Option<Bytes>, String> {
        let firings = self.index.firings(warning.item_id, 1).await.map_err(|error| error.to_string())?;
        let Some(firing) = firings.into_iter().next() else { return Ok(None) };
        if let Some(event) = firing.event_id
            // The event's row may come after its firing's.
            && let Ok(record) = self.index.event(event).await
            && let Some(snapshot) = record.snapshot
            && let Some(path) = api::inside(&self.snapshots, &snapshot)
            && let Ok(jpeg) = tokio::fs::read(&path).await
        {
            return Ok(Some(jpeg.into()));
        }
        let Some(camera) = firing.camera_id else { return Ok(None) };
        let still = self.stills.cut(camera, firing.at, None, Some(WIDTH)).await;
        still.map(|still| Some(still.jpeg)).map_err(|failure| failure.to_string())
    }
}
