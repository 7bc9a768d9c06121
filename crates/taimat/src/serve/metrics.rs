//! Prometheus metrics: what the parts count, and what is measured when somebody asks.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::CameraState;
use index::Index;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use recorder::{DiskSpace, Recorder};
use tokio_util::sync::CancellationToken;

use super::board::Board;
use super::rows::Rows;

/// Buckets of seconds: from a decode of a small picture to a slow disk.
const SECONDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
/// How often the recorder of metrics tidies up.
const UPKEEP: Duration = Duration::from_secs(5);

/// Installs the recorder of metrics. Call it before anything counts.
pub(crate) fn install() -> Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets(&SECONDS)
        .context("the buckets of metrics are wrong")?
        .install_recorder()
        .context("metrics are already installed")
}

/// Keeps histograms small until shutdown.
pub(crate) async fn upkeep(handle: PrometheusHandle, shutdown: CancellationToken) {
    let mut rounds = tokio::time::interval(UPKEEP);
    while shutdown.run_until_cancelled(rounds.tick()).await.is_some() {
        handle.run_upkeep();
    }
}

/// What is measured when somebody asks, rather than counted as it happens.
pub(crate) struct Gauges {
    pub(crate) handle: PrometheusHandle,
    pub(crate) board: Arc<Board>,
    pub(crate) index: Index,
    pub(crate) rows: Rows,
    pub(crate) recorder: Recorder,
}

impl Gauges {
    /// All metrics as text.
    pub(crate) fn render(&self) -> String {
        for state in self.board.states() {
            camera(&state);
        }
        // Asking sets its gauges.
        let _ = self.index.pool_state();
        metrics::gauge!("taimat_index_spooled_bytes").set(self.rows.writer().spooled_bytes() as f64);
        if let Ok(space) = DiskSpace::of(self.recorder.root()) {
            metrics::gauge!("taimat_disk_free_bytes").set(space.free as f64);
            metrics::gauge!("taimat_disk_total_bytes").set(space.total as f64);
        }
        self.handle.render()
    }
}

/// What the camera crate does not count itself.
fn camera(state: &CameraState) {
    for stream in &state.streams {
        let labels = [("camera", state.camera_id.to_string()), ("stream", stream.stream.to_string())];
        metrics::counter!("taimat_camera_frames_received_total", &labels).absolute(stream.frames_received);
        metrics::counter!("taimat_camera_frames_recorded_total", &labels).absolute(stream.frames_recorded);
        metrics::counter!("taimat_camera_frames_lost_total", &labels).absolute(stream.frames_lost);
        if let Some(rate) = stream.frame_rate {
            metrics::gauge!("taimat_camera_frames_per_second", &labels).set(f64::from(rate));
        }
        if let Some(rate) = stream.bit_rate {
            metrics::gauge!("taimat_camera_bits_per_second", &labels).set(rate as f64);
        }
    }
}
