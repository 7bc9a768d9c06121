//! From a rule that fired to a review item in the database and on the officers' screens.

use std::sync::Arc;

use domain::{
    CameraId, EventId, Firing, FiringId, LiveEvent, Measured, NearCamera, PlaceId, ReviewItem, ReviewState,
    Rule, Sentence, Suppressed, Timestamp,
};
use index::{Index, Record};
use tokio::sync::{broadcast, mpsc};

use super::book::{RuleBook, Rules};
use super::bundle::Bundles;
use crate::serve::bells::Sounding;
use crate::serve::rows::Rows;

/// Firings that may wait while the database is slow.
const QUEUE: usize = 4096;
/// Firings that are written together.
const TOGETHER: usize = 64;

/// A rule that fired.
#[derive(Debug)]
pub(crate) struct Flag {
    /// The camera that saw it; for what no camera saw, the nearest.
    pub(crate) camera_id: Option<CameraId>,
    pub(crate) place_id: PlaceId,
    pub(crate) rule: Arc<Rule>,
    pub(crate) at: Timestamp,
    pub(crate) event_id: Option<EventId>,
    pub(crate) measured: Measured,
    /// Where no camera saw it: those that show where it happened.
    pub(crate) cameras: Vec<NearCamera>,
}

/// Takes what fired. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Flags(mpsc::Sender<Flag>);

impl Flags {
    /// Hands on what fired. Analysis never waits for it.
    pub(crate) fn raise(&self, flag: Flag) {
        metrics::counter!("taimat_rule_firings_total", "severity" => flag.rule.spec.severity.as_str())
            .increment(1);
        let camera = flag.camera_id;
        if let Err(refused) = self.0.try_send(flag) {
            metrics::counter!("taimat_rule_firings_dropped_total").increment(1);
            tracing::error!(?camera, "a firing of a rule was lost, for too many wait: {refused}");
        }
    }
}

/// Writes what fired, and tells the officers.
pub(crate) struct Flagger {
    index: Index,
    rows: Rows,
    live: broadcast::Sender<LiveEvent>,
    sounding: Arc<Sounding>,
    bundles: Bundles,
    rules: Rules,
    book: Arc<RuleBook>,
    flags: mpsc::Receiver<Flag>,
}

impl Flagger {
    /// A flagger, and the way to it.
    pub(crate) fn new(
        index: Index,
        rows: Rows,
        live: broadcast::Sender<LiveEvent>,
        sounding: Arc<Sounding>,
        rules: Rules,
    ) -> (Self, Flags) {
        let (sender, flags) = mpsc::channel(QUEUE);
        let (bundles, book) = (Bundles::default(), Arc::default());
        (Self { index, rows, live, sounding, bundles, rules, book, flags }, Flags(sender))
    }

    /// Works until all that raise flags are gone.
    pub(crate) async fn run(mut self) {
        let mut flags = Vec::with_capacity(TOGETHER);
        while self.flags.recv_many(&mut flags, TOGETHER).await > 0 {
            if let Some(changed) = self.rules.changed() {
                self.book = changed;
            }
            let mut firings: Vec<Firing> = Vec::with_capacity(flags.len());
            for flag in flags.drain(..) {
                if let Some(suppressed) = self.suppressed(&flag) {
                    self.rows.send(Record::Suppressed(Box::new(suppressed))).await;
                    continue;
                }
                let firing = self.firing(flag);
                self.sounding.fired(&firing);
                self.rows.send(Record::Firing(Box::new(firing.clone()))).await;
                firings.push(firing);
            }
            if firings.is_empty() {
                continue;
            }
            let stored = match self.rows.writer().flush().await {
                Ok(stored) => stored,
                Err(error) => {
                    tracing::error!("firings are told of and may not be stored: {error}");
                    false
                }
            };
            self.tell(&firings, stored).await;
        }
    }

    /// What its camera has learnt to be quiet about is put on record, and nobody is called.
    fn suppressed(&self, flag: &Flag) -> Option<Suppressed> {
        let Flag { camera_id, place_id, rule, at, event_id, measured, .. } = flag;
        let camera_id = (*camera_id)?;
        let suppressed_by = self.book.quiet(camera_id, rule, measured, *at)?;
        metrics::counter!("taimat_rule_firings_suppressed_total").increment(1);
        tracing::debug!(camera = %camera_id, rule = rule.spec.name, %at, spot = %suppressed_by, "kept quiet");
        Some(Suppressed {
            id: FiringId::at(*at),
            suppressed_by,
            rule: Arc::clone(rule),
            camera_id,
            place_id: *place_id,
            at: *at,
            event_id: *event_id,
            measured: *measured,
        })
    }

    fn firing(&mut self, flag: Flag) -> Firing {
        let Flag { camera_id, place_id, rule, at, event_id, measured, cameras } = flag;
        let item_id = self.bundles.item((rule.id, place_id, rule.spec.severity), at);
        tracing::info!(
            camera = ?camera_id, rule = rule.spec.name, severity = %rule.spec.severity, %at, item = %item_id, "flagged"
        );
        let id = FiringId::at(at);
        Firing { id, item_id, rule, camera_id, place_id, at, event_id, measured, cameras }
    }

    /// Tells of each item once, as it is stored; of what waits for the database, as far as it is known.
    async fn tell(&self, firings: &[Firing], stored: bool) {
        let mut latest: Vec<&Firing> = Vec::new();
        for firing in firings {
            match latest.iter_mut().find(|known| known.item_id == firing.item_id) {
                Some(known) => *known = firing,
                None => latest.push(firing),
            }
        }
        for firing in latest {
            let item = if stored { self.index.review_item(firing.item_id).await.ok() } else { None };
            let item = Box::new(item.unwrap_or_else(|| as_known(firing)));
            // Nobody may be watching.
            let _ = self.live.send(LiveEvent::ReviewItemChanged { item });
        }
    }
}

/// A review item of one firing.
fn as_known(firing: &Firing) -> ReviewItem {
    ReviewItem {
        id: firing.item_id,
        place_id: firing.place_id,
        assigned_place_id: firing.place_id,
        camera_id: firing.camera_id,
        rule_name: firing.rule.spec.name.clone(),
        severity: firing.rule.spec.severity,
        state: ReviewState::New,
        first_at: firing.at,
        last_at: firing.at,
        firings: 1,
        why: Sentence::of(&firing.rule, &firing.measured),
        officer: None,
        dismissed_because: None,
        version: 1,
    }
}
