//! What rings by itself: because a rule fired, a bell near it was pressed, or its timetable says so.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::{
    Bell, BellId, Clock, Condition, Firing, RingCause, Schedule, Severity, Sounder, SounderId, SystemClock,
};
use tokio_util::sync::CancellationToken;

use super::book::{BellBook, Book};
use super::ringer::{Ringer, Wanted};

/// How often the timetables are looked at.
const INTERVAL: Duration = Duration::from_secs(1);
const BY_TIMETABLE: &str = "Theo lịch / By timetable";

/// Decides what rings.
pub(crate) struct Sounding {
    book: Book,
    ringer: Arc<Ringer>,
    clock: Arc<SystemClock>,
}

impl Sounding {
    pub(super) fn new(book: Book, ringer: Arc<Ringer>, clock: Arc<SystemClock>) -> Self {
        Self { book, ringer, clock }
    }

    /// Rings what is to ring when this fires.
    pub(crate) fn fired(&self, firing: &Firing) {
        let book = Arc::clone(&self.book.borrow());
        let pressed = pressed(&book, firing);
        for sounder in book.sounders.iter().filter(|sounder| sounder.spec.enabled) {
            let cause = match pressed {
                Some(bell) if is_near(sounder, bell) => RingCause::Bell,
                None if sounder.spec.rules.contains(&firing.rule.id) => RingCause::Rule,
                _ => continue,
            };
            let reason = firing.rule.spec.name.clone();
            let wanted = Wanted { cause, by: None, reason, item_id: Some(firing.item_id) };
            self.ringer.ring_unless_ringing(sounder, wanted);
        }
    }

    /// Rings by timetable, until the server stops.
    pub(super) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut rounds = tokio::time::interval(INTERVAL);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // Those known, and of these, those whose timetable holds: a server that starts in the middle rings nothing.
        let (mut known, mut holding): (HashSet<SounderId>, HashSet<SounderId>) = Default::default();
        while stop.run_until_cancelled(rounds.tick()).await.is_some() {
            let (book, now) = (Arc::clone(&self.book.borrow()), self.clock.now());
            let holds = |sounder: &&Arc<Sounder>| {
                let timetable: Option<&Schedule> = sounder.spec.timetable.as_ref();
                sounder.spec.enabled && timetable.is_some_and(|timetable| timetable.holds(now))
            };
            let mut held = HashSet::new();
            for sounder in book.sounders.iter().filter(holds) {
                held.insert(sounder.id);
                if known.contains(&sounder.id) && !holding.contains(&sounder.id) {
                    let (cause, reason) = (RingCause::Timetable, BY_TIMETABLE.to_owned());
                    self.ringer
                        .ring_unless_ringing(sounder, Wanted { cause, by: None, reason, item_id: None });
                }
            }
            (known, holding) = (book.sounders.iter().map(|sounder| sounder.id).collect(), held);
        }
    }
}

/// The bell whose real press this is.
fn pressed<'a>(book: &'a BellBook, firing: &Firing) -> Option<&'a Bell> {
    let real = matches!(firing.rule.spec.condition, Condition::BellPressed { test: false, .. });
    if !real || firing.rule.spec.severity != Severity::Alarm {
        return None;
    }
    book.bells().find(|bell| bell.id == BellId(firing.rule.id.0)).map(Arc::as_ref)
}

fn is_near(sounder: &Sounder, bell: &Bell) -> bool {
    let within = sounder.spec.bells_within.zip(sounder.spec.point);
    within.is_some_and(|(metres, point)| point.metres_to(bell.spec.point) <= f64::from(metres))
}
