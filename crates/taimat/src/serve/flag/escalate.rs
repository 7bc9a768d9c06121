//! What nobody looks at goes to the place above by itself.

use std::time::Duration;

use domain::{LiveEvent, ReviewItem, ReviewStep, Severity};
use index::{Index, IndexError, NewStep};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// How often it is looked for.
const INTERVAL: Duration = Duration::from_secs(5);
/// Who it is that escalates.
const NAME: &str = "taimat";
const NOTE: &str = "Không ai xử lý trong thời gian quy định. / Nobody acted on it in time.";

/// How long an item may stay new before it is escalated; `None`: for ever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) alarm: Option<Duration>,
    pub(crate) alert: Option<Duration>,
}

/// Escalates.
pub(crate) struct Escalation {
    pub(crate) index: Index,
    pub(crate) live: broadcast::Sender<LiveEvent>,
    pub(crate) patience: Patience,
    pub(crate) stop: CancellationToken,
}

impl Escalation {
    /// Works until the server stops.
    pub(crate) async fn run(self) {
        let mut rounds = tokio::time::interval(INTERVAL);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while self.stop.run_until_cancelled(rounds.tick()).await.is_some() {
            for (severity, patience) in
                [(Severity::Alarm, self.patience.alarm), (Severity::Alert, self.patience.alert)]
            {
                let Some(patience) = patience else { continue };
                match self.index.neglected_items(severity, patience).await {
                    Ok(items) => {
                        for item in items {
                            self.escalate(&item).await;
                        }
                    }
                    Err(error) => tracing::warn!("items that nobody looks at cannot be read: {error}"),
                }
            }
        }
    }

    async fn escalate(&self, item: &ReviewItem) {
        let step = NewStep {
            step: ReviewStep::Escalate,
            user_id: None,
            username: NAME.to_owned(),
            note: Some(NOTE.to_owned()),
            reason: None,
        };
        match self.index.take_review_step(item.id, item.version, &step).await {
            Ok(item) => {
                metrics::counter!("taimat_review_escalated_total", "severity" => item.severity.as_str())
                    .increment(1);
                tracing::warn!(item = %item.id, rule = item.rule_name, "nobody looked at it in time: escalated");
                // Nobody may be watching.
                let _ = self.live.send(LiveEvent::ReviewItemChanged { item: Box::new(item) });
            }
            // An officer was faster, which is as it should be.
            Err(IndexError::Conflict { .. } | IndexError::Invalid { .. }) => {}
            Err(error) => tracing::warn!(item = %item.id, "it cannot be escalated: {error}"),
        }
    }
}
