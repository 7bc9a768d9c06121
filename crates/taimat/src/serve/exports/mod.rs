//! Files that are made of cases, one after the other. Which are wanted lies in the database, so that a request survives a
//! restart; what was cut short is made anew.

mod archive;
mod contents;
mod job;
mod listing;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::ports::ExportPort;
use domain::{Clock, ExportId};
use index::Index;
use recorder::Recorder;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::stills::Stills;
use job::{Ended, Job};

/// What is over is kept for so long.
const KEPT: Duration = Duration::from_hours(24 * 7);
/// How often it is looked what has expired, and what a missing database kept waiting.
const LOOK: Duration = Duration::from_secs(30);

/// Makes the files.
pub(crate) struct Exporter {
    pub(crate) index: Index,
    pub(crate) recorder: Recorder,
    pub(crate) stills: Arc<Stills>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where they are kept, as `ID.zip`.
    pub(crate) folder: PathBuf,
    /// The folder of event snapshots.
    pub(crate) snapshots: PathBuf,
    /// Free space that retention keeps: an export takes half of it at most.
    pub(crate) keep_free_bytes: u64,
    pub(crate) changed: Arc<Notify>,
    pub(crate) stop: CancellationToken,
}

/// The API's door.
pub(crate) struct ExportDoor(pub(crate) Arc<Notify>);

impl ExportPort for ExportDoor {
    fn exports_changed(&self) {
        self.0.notify_one();
    }
}

impl Exporter {
    /// Runs until the server stops.
    pub(crate) async fn run(self) {
        let stop = self.stop.clone();
        while let Some(outcome) = stop.run_until_cancelled(self.turn()).await {
            match outcome {
                Ok(()) => {}
                Err(error) if error.is_transient() => {
                    tracing::debug!(%error, "exports wait for the database");
                }
                Err(error) => tracing::error!(%error, "exports"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.changed.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Makes all that waits. Nothing else runs, so that what is running was cut short.
    async fn turn(&self) -> index::Result<()> {
        self.index.restart_exports().await?;
        self.tidy().await?;
        while let Some(export) = self.index.next_export().await? {
            let id = export.id;
            let outcome = match Job::new(self, export).run().await {
                Ok(bytes) => Ok(bytes),
                Err(Ended::Failed(why)) => Err(why),
                Err(Ended::Cancelled) => {
                    self.tidy().await?;
                    continue;
                }
                Err(Ended::Index(error)) if error.is_transient() => return Err(error),
                Err(Ended::Index(error)) => {
                    tracing::error!(%id, %error, "an export failed");
                    Err(job::failed("Lỗi cơ sở dữ liệu.", "The database failed."))
                }
            };
            if let Err(why) = &outcome {
                tracing::warn!(%id, why = why.en, "an export could not be made");
            }
            self.index.finish_export(id, outcome, self.clock.now()).await?;
            self.tidy().await?;
        }
        Ok(())
    }

    /// Removes what has expired, and files that belong to nothing.
    async fn tidy(&self) -> index::Result<()> {
        self.index.expire_exports(self.clock.now() - KEPT).await?;
        let kept = self.index.kept_exports().await?;
        let folder = self.folder.clone();
        let removed = tokio::task::spawn_blocking(move || remove_others(&folder, &kept)).await;
        if let Ok(Err(error)) = removed {
            tracing::warn!(folder = %self.folder.display(), %error, "old exports cannot be removed");
        }
        Ok(())
    }

    fn file(&self, id: ExportId) -> PathBuf {
        self.folder.join(format!("{id}.zip"))
    }

    /// The file while it is being made.
    fn part(&self, id: ExportId) -> PathBuf {
        self.folder.join(format!("{id}.part"))
    }
}

/// Removes all files of the folder but those of the exports.
fn remove_others(folder: &std::path::Path, kept: &[ExportId]) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.strip_suffix(".zip")?.parse().ok());
        if !id.is_some_and(|id| kept.contains(&id)) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_exports_stay() {
        let folder = tempfile::tempdir().unwrap();
        let [kept, gone] = [ExportId::generate(), ExportId::generate()];
        for name in [format!("{kept}.zip"), format!("{gone}.zip"), format!("{kept}.part"), "x.zip".to_owned()]
        {
            std::fs::write(folder.path().join(name), b"x").unwrap();
        }
        remove_others(folder.path(), &[kept]).unwrap();
        let left: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, [format!("{kept}.zip").as_str()]);
    }
}
