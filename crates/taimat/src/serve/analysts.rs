//! What it takes to analyse a camera, live or from the recording.

use std::sync::Arc;

use domain::{Camera, LiveEvent, StreamKind, SystemClock};
use tokio::sync::{broadcast, mpsc};
use vision_client::{Vision, VisionReport};

use super::analyse::{EventSink, LiveAnalysis, SnapshotJob};
use super::flag::{Flags, Rules};
use super::rows::Rows;
use super::watches::Watches;

/// Makes analyses. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Analysts {
    /// The worker.
    pub(crate) vision: Vision,
    /// Where rows go.
    pub(crate) rows: Rows,
    /// Who is told.
    pub(crate) live: broadcast::Sender<LiveEvent>,
    /// Who makes pictures of events.
    pub(crate) snapshots: mpsc::Sender<SnapshotJob>,
    /// Which rules hold.
    pub(crate) rules: Rules,
    /// Who is told of those that fire.
    pub(crate) flags: Flags,
    /// Where it is told what that costs.
    pub(crate) watches: Arc<Watches>,
    /// How often a camera is looked at while something happens.
    pub(crate) looks_per_second: f32,
    /// The time.
    pub(crate) clock: Arc<SystemClock>,
}

impl Analysts {
    /// Live analysis of a camera's stream.
    pub(crate) fn live(
        &self,
        camera: &Arc<Camera>,
        stream: StreamKind,
    ) -> (LiveAnalysis, mpsc::Receiver<VisionReport>) {
        let events = self.events(camera);
        LiveAnalysis::new(stream, self, events)
    }

    /// Where a camera's tracks become events.
    pub(crate) fn events(&self, camera: &Arc<Camera>) -> EventSink {
        let flagging = (self.rules.afresh(), self.flags.clone());
        EventSink::new(
            Arc::clone(camera),
            self.rows.clone(),
            self.live.clone(),
            self.snapshots.clone(),
            flagging,
        )
    }
}
