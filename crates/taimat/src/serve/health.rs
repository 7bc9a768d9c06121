//! Whether the server is fit to serve, part by part.

use api::ports::HealthCheck;
use async_trait::async_trait;
use index::Index;
use recorder::{DiskSpace, Recorder};
use vision_client::Vision;

use super::rows::Rows;

/// With less than this free, recording has stopped or is about to.
const LEAST_FREE: u64 = 4 << 20;
const GIB: f64 = (1u64 << 30) as f64;

/// The parts that are asked.
pub(crate) struct Health {
    pub(crate) index: Index,
    pub(crate) rows: Rows,
    pub(crate) recorder: Recorder,
    pub(crate) vision: Option<Vision>,
    pub(crate) keep_free_bytes: u64,
}

/// Retention works at the limit all the time; far below it, it has lost.
pub(crate) fn too_full(space: &DiskSpace, keep_free_bytes: u64) -> bool {
    space.free < (keep_free_bytes / 4).max(LEAST_FREE)
}

#[async_trait]
impl api::ports::HealthPort for Health {
    async fn checks(&self) -> Vec<HealthCheck> {
        vec![self.database().await, self.disk(), self.worker()]
    }
}

impl Health {
    async fn database(&self) -> HealthCheck {
        let (ok, mut detail) = match self.index.ping().await {
            Ok(()) => (true, "answers".to_owned()),
            Err(error) => (false, error.to_string()),
        };
        let spooled = self.rows.writer().spooled_bytes();
        if spooled > 0 {
            detail = format!("{detail}; {spooled} bytes of rows wait on disk");
        }
        HealthCheck { name: "database", ok, detail }
    }

    fn disk(&self) -> HealthCheck {
        let (ok, detail) = match DiskSpace::of(self.recorder.root()) {
            Ok(space) => (
                !too_full(&space, self.keep_free_bytes),
                format!("{:.1} of {:.1} GiB free", space.free as f64 / GIB, space.total as f64 / GIB),
            ),
            Err(error) => (false, format!("{} cannot be asked: {error}", self.recorder.root().display())),
        };
        HealthCheck { name: "disk", ok, detail }
    }

    fn worker(&self) -> HealthCheck {
        let (ok, detail) = match &self.vision {
            None => (true, "analysis is switched off".to_owned()),
            Some(vision) if vision.is_up() => (true, vision.info().name),
            Some(_) => (false, "the vision worker is being restarted".to_owned()),
        };
        HealthCheck { name: "worker", ok, detail }
    }
}
