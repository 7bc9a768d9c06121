//! Events on their way out. The threads that write must never wait for whoever reads them.

use domain::{Gap, Segment};
use tokio::sync::{mpsc, oneshot};

use crate::RecorderEvent;

/// Room for an hour of events of 64 cameras whose reader is stuck.
const CAPACITY: usize = 32_768;

/// Where the threads leave events.
#[derive(Clone, Debug)]
pub(crate) struct Outbox(mpsc::Sender<RecorderEvent>);

impl Outbox {
    /// The outbox, and the task that empties it into `events`. It ends when every clone of the outbox is gone.
    pub(crate) fn new(events: mpsc::Sender<RecorderEvent>) -> (Self, tokio::task::JoinHandle<()>) {
        let (sender, mut receiver) = mpsc::channel(CAPACITY);
        let forward = tokio::spawn(async move {
            while let Some(event) = receiver.recv().await {
                if events.send(event).await.is_err() {
                    tracing::error!(
                        "nobody takes the recorder's events any more: rows will be missing until `taimat reindex`"
                    );
                    return;
                }
            }
        });
        (Self(sender), forward)
    }

    pub(crate) fn segment(&self, segment: Segment) {
        self.send(RecorderEvent::Segment(segment));
    }

    pub(crate) fn gap(&self, gap: Gap) {
        self.send(RecorderEvent::Gap(gap));
    }

    pub(crate) fn flushed(&self, answer: oneshot::Sender<()>) {
        self.send(RecorderEvent::Flushed(answer));
    }

    fn send(&self, event: RecorderEvent) {
        if self.0.try_send(event).is_err() {
            metrics::counter!("taimat_recorder_dropped_events_total").increment(1);
            tracing::error!(
                "an event of the recorder was dropped as nobody takes them; `taimat reindex` brings rows back"
            );
        }
    }
}
