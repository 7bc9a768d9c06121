//! Bells that need care: a battery that is low, a bell that is silent. And what was heard of bells is stored.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::{Bell, BellId, Clock, Condition, Measured, SystemClock};
use index::Index;
use tokio_util::sync::CancellationToken;

use super::book::Book;
use super::ear::Known;
use crate::serve::flag::{Flag, Flags};
use crate::serve::watches::lock;

/// How often it is looked after them.
const INTERVAL: Duration = Duration::from_secs(5);
/// A battery with less than this is low.
const LOW: f32 = 0.2;

/// What a bell may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Need {
    Battery,
    Word,
}

/// Looks after the bells.
pub(super) struct Care {
    pub(super) book: Book,
    pub(super) known: Known,
    pub(super) index: Index,
    pub(super) clock: Arc<SystemClock>,
    pub(super) flags: Flags,
}

impl Care {
    /// Works until the server stops.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut rounds = tokio::time::interval(INTERVAL);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // What is needed now and was told: it is told again only once it was mended.
        let mut told: HashSet<(BellId, Need)> = HashSet::new();
        while stop.run_until_cancelled(rounds.tick()).await.is_some() {
            let book = Arc::clone(&self.book.borrow());
            let mut needed = HashSet::new();
            for bell in book.bells().filter(|bell| bell.spec.enabled) {
                for (need, condition, seconds) in self.needs(bell) {
                    needed.insert((bell.id, need));
                    if !told.contains(&(bell.id, need)) {
                        self.tell(bell, condition, seconds);
                    }
                }
            }
            told = needed;
            self.store().await;
        }
        self.store().await;
    }

    fn needs(&self, bell: &Bell) -> Vec<(Need, Condition, Option<f32>)> {
        let last = lock(&self.known).get(&bell.id).copied();
        let name = || bell.spec.name.clone();
        let mut needs = Vec::new();
        if let Some(battery) = last.and_then(|last| last.battery).or(bell.battery).filter(|left| *left < LOW)
        {
            let percent = (battery * 100.0).round() as u8;
            needs.push((Need::Battery, Condition::BellBatteryLow { bell: name(), percent }, None));
        }
        if let Some(limit) = bell.spec.silent_after_hours.map(|hours| hours * 3600.0) {
            let stored = bell.heard_at.unwrap_or(bell.created_at);
            let heard = last.map_or(stored, |last| last.at.max(stored));
            let silent = self.clock.now().since(heard).as_secs_f32();
            if silent > limit {
                needs.push((
                    Need::Word,
                    Condition::BellSilent { bell: name(), seconds: limit },
                    Some(silent),
                ));
            }
        }
        needs
    }

    fn tell(&self, bell: &Bell, condition: Condition, seconds: Option<f32>) {
        self.flags.raise(Flag {
            camera_id: None,
            place_id: bell.place_id,
            rule: Arc::new(bell.rule_of_care(condition)),
            at: self.clock.now(),
            event_id: None,
            measured: Measured { seconds, ..Measured::default() },
            cameras: Vec::new(),
        });
    }

    /// Stores what was heard since the last round. What cannot be stored now is tried again.
    async fn store(&self) {
        let new: Vec<_> = lock(&self.known)
            .iter()
            .filter(|(_, last)| !last.stored)
            .map(|(id, last)| (*id, *last))
            .collect();
        for (id, last) in new {
            match self.index.bell_heard(id, last.at, last.battery).await {
                Ok(()) => {
                    if let Some(known) = lock(&self.known).get_mut(&id)
                        && *known == last
                    {
                        known.stored = true;
                    }
                }
                Err(error) => {
                    tracing::warn!("what was heard of bells cannot be stored now: {error}");
                    return;
                }
            }
        }
    }
}
