//! Retention: footage goes by age and by space, oldest first, never what is held. Rows go with their files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::{CameraId, Clock, SystemClock};
use index::{Index, Partitioned, StoredSegment, Visibility};
use recorder::retention::{self, Candidate, Hold, Limits, Policy};
use recorder::{DiskSpace, Recorder};
use tokio_util::sync::CancellationToken;

/// How often it is looked at.
const INTERVAL: Duration = Duration::from_secs(30);
/// Segments of one step.
const STEP: u32 = 500;
/// Events of one step.
const EVENTS: u32 = 1000;
const DAY: Duration = Duration::from_hours(24);

/// What is kept.
pub(crate) struct Retention {
    pub(crate) index: Index,
    pub(crate) recorder: Recorder,
    pub(crate) clock: Arc<SystemClock>,
    pub(crate) snapshots: PathBuf,
    pub(crate) keep: Duration,
    pub(crate) keep_free_bytes: u64,
    pub(crate) max_bytes: u64,
    pub(crate) shutdown: CancellationToken,
}

impl Retention {
    /// Works until shutdown.
    pub(crate) async fn run(self) {
        let mut rounds = tokio::time::interval(INTERVAL);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut counted = false;
        while self.shutdown.run_until_cancelled(rounds.tick()).await.is_some() {
            if !counted {
                counted = self.count().await.inspect_err(|error| tracing::warn!("{error:#}")).is_ok();
            }
            if let Err(error) = self.round().await {
                tracing::warn!("retention: {error:#}");
                if let Err(error) = self.emergency().await {
                    tracing::error!("retention without the index: {error:#}");
                }
            }
        }
    }

    /// Sets the running byte counters from the index.
    async fn count(&self) -> Result<()> {
        for row in self.index.camera_bytes().await.context("the bytes of cameras cannot be read")? {
            self.recorder.usage().add(row.camera_id, row.bytes);
        }
        Ok(())
    }

    async fn round(&self) -> Result<()> {
        self.index.ensure_partitions(self.clock.now()).await?;
        self.index.delete_expired_sessions(self.clock.now()).await?;
        while self.segments().await? > 0 && !self.shutdown.is_cancelled() {}
        self.rows().await
    }

    /// One step of segments; how many went.
    async fn segments(&self) -> Result<usize> {
        let now = self.clock.now();
        let cameras = self.index.cameras(&[], &Visibility::All).await?;
        let limits: HashMap<CameraId, Limits> = cameras
            .iter()
            .filter(|camera| camera.keep_days.is_some() || camera.keep_bytes.is_some())
            .map(|camera| {
                let age = camera.keep_days.map_or(self.keep, |days| DAY * days);
                (camera.id, Limits { age: Some(age), bytes: camera.keep_bytes })
            })
            .collect();
        let holds: Vec<Hold> = self
            .index
            .held_ranges()
            .await?
            .into_iter()
            .map(|(camera_id, range)| Hold { camera_id, range })
            .collect();
        let usage = self.recorder.usage().all();
        let policy = Policy {
            now,
            default_limits: Limits { age: Some(self.keep), bytes: None },
            limits: &limits,
            holds: &holds,
            usage: &usage,
            free_bytes: self.free_bytes(&usage)?,
            keep_free_bytes: self.keep_free_bytes,
        };
        let mut removed = 0;
        // Cameras with limits of their own may want to lose younger footage than the oldest of all.
        for camera in std::iter::once(None).chain(limits.keys().copied().map(Some)) {
            let oldest = self.index.oldest_segments(camera, now, STEP).await?;
            let candidates: Vec<Candidate> = oldest.iter().map(candidate).collect();
            let plan = retention::plan(&policy, &candidates);
            let doomed: Vec<StoredSegment> =
                plan.delete.iter().filter_map(|(at, _)| oldest.get(*at).cloned()).collect();
            for (_, reason) in &plan.delete {
                metrics::counter!("taimat_retention_segments_total", "reason" => reason.as_str())
                    .increment(1);
            }
            removed += self.remove(doomed).await?;
            if removed > 0 {
                break; // Counters and free space have changed: decide anew.
            }
        }
        Ok(removed)
    }

    /// Free bytes as retention sees them: on the disk, or below the limit for all footage, whichever is less.
    fn free_bytes(&self, usage: &HashMap<CameraId, u64>) -> Result<u64> {
        let disk = DiskSpace::of(self.recorder.root()).context("the disk cannot be asked for room")?.free;
        if self.max_bytes == 0 {
            return Ok(disk);
        }
        let used: u64 = usage.values().sum();
        Ok(disk.min((self.max_bytes + self.keep_free_bytes).saturating_sub(used)))
    }

    /// Removes files, then the rows of those that are gone: a file without a row would be found by `taimat check`,
    /// a row without a file would promise what cannot be shown, so that is mended at the next start.
    async fn remove(&self, doomed: Vec<StoredSegment>) -> Result<usize> {
        if doomed.is_empty() {
            return Ok(0);
        }
        let (root, usage) = (self.recorder.root().to_owned(), self.recorder.usage().clone());
        let (doomed, failed) = tokio::task::spawn_blocking(move || {
            let files = doomed.iter().map(|row| (row.key.camera_id, row.path.as_str(), row.bytes));
            let (_, failed) = retention::remove_files(&root, &usage, files);
            (doomed, failed)
        })
        .await
        .context("removing files failed")?;
        for (path, error) in &failed {
            tracing::error!("{path} cannot be removed: {error}");
        }
        let keys: Vec<_> = doomed
            .iter()
            .filter(|row| !failed.iter().any(|(path, _)| *path == row.path))
            .map(|row| row.key)
            .collect();
        self.index.delete_segments(&keys).await?;
        Ok(keys.len())
    }

    /// Events, gaps and activity that are older than any footage may be.
    async fn rows(&self) -> Result<()> {
        let before = self.clock.now() - self.keep;
        loop {
            let files = self.index.delete_events(before, EVENTS).await?;
            let count = files.len();
            for file in files.into_iter().flatten() {
                remove_snapshot(&self.snapshots, &file).await;
            }
            if count < EVENTS as usize || self.shutdown.is_cancelled() {
                break;
            }
        }
        self.index.delete_gaps_and_activity(before).await?;
        for table in [Partitioned::Segments, Partitioned::Activity, Partitioned::Events] {
            for name in self.index.drop_partitions(table, before).await? {
                tracing::info!(name, "partition dropped");
            }
        }
        for camera in self.index.forget_removed_cameras().await? {
            tracing::info!(%camera, "removed camera forgotten: nothing of it is left");
        }
        Ok(())
    }

    /// The index is gone and the disk is nearly full: recording goes before the oldest files.
    ///
    /// Holds are in the index and not known here; so only half of what is usually kept free is freed.
    async fn emergency(&self) -> Result<()> {
        let (root, usage) = (self.recorder.root().to_owned(), self.recorder.usage().clone());
        let least = self.keep_free_bytes / 2;
        tokio::task::spawn_blocking(move || {
            while DiskSpace::of(&root)?.free < least {
                let oldest = retention::oldest_files(&root, 50);
                if oldest.is_empty() {
                    anyhow::bail!("the disk is full, and nothing of ours is left to remove");
                }
                tracing::error!(files = oldest.len(), "disk nearly full and no index: the oldest files go");
                let unknown = CameraId(uuid::Uuid::nil());
                let files = oldest.iter().map(|(path, bytes)| (unknown, path.as_str(), *bytes));
                let (freed, _) = retention::remove_files(&root, &usage, files);
                if freed == 0 {
                    anyhow::bail!("the disk is full, and the oldest files cannot be removed");
                }
            }
            Ok(())
        })
        .await?
    }
}

fn candidate(row: &StoredSegment) -> Candidate {
    Candidate { camera_id: row.key.camera_id, start: row.key.start, end: row.end, bytes: row.bytes }
}

async fn remove_snapshot(folder: &Path, file: &str) {
    let path = folder.join(file);
    match tokio::fs::remove_file(&path).await {
        Ok(()) => {
            if let Some(day) = path.parent() {
                // Fails while the folder holds other pictures, which is as it should be.
                let _ = tokio::fs::remove_dir(day).await;
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => tracing::warn!("{} cannot be removed: {error}", path.display()),
    }
}

/// How long footage is kept, from days.
pub(crate) fn days(days: u32) -> Duration {
    DAY * days
}
