//! Rules against what one camera sees: which fire, when, and what met them.
//!
//! The same engine serves live and in a backtest. It is shown sightings, each object's place a few times a second in
//! the order of time, and remembers for each rule and object no more than its condition needs.

mod pace;
mod replay;
mod scene;
mod subject;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{BoundingBox, Condition, Crossing, EventId, Measured, ObjectClass, Rule, Timestamp};

pub use replay::{backtest, sightings};
pub use scene::{SceneFired, SceneRules};
use subject::Subject;

/// An object that is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sighting {
    /// The event that it is.
    pub event_id: EventId,
    /// What it is.
    pub class: ObjectClass,
    /// How sure the detector is, 0 to 1.
    pub score: f32,
    /// When.
    pub time: Timestamp,
    /// Where.
    pub bounds: BoundingBox,
}

/// A rule that fired.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    /// The rule.
    pub rule: Arc<Rule>,
    /// When.
    pub at: Timestamp,
    /// The object behind it; the latest of several.
    pub event_id: EventId,
    /// What met the rule.
    pub measured: Measured,
}

/// An object that was not seen for this long is not counted as there any more, …
const COUNTED_FOR: Duration = Duration::from_secs(5);
/// … and forgotten after this.
const REMEMBERED_FOR: Duration = Duration::from_mins(10);
/// Most objects that one rule remembers.
const MOST_SUBJECTS: usize = 1000;

/// The rules of one camera.
#[derive(Debug, Default)]
pub struct RuleEngine {
    watches: Vec<RuleWatch>,
}

/// One rule and what it remembers.
#[derive(Debug)]
struct RuleWatch {
    rule: Arc<Rule>,
    subjects: HashMap<EventId, Subject>,
    cool_until: Option<Timestamp>,
    /// Whether there are too many now, and that was told.
    crowded: bool,
}

impl RuleEngine {
    /// An engine of those rules that are on and about objects. What it knew is kept for rules that have not changed.
    #[must_use]
    pub fn new(rules: impl IntoIterator<Item = Arc<Rule>>, before: Self) -> Self {
        let mut known: HashMap<_, _> =
            before.watches.into_iter().map(|watch| ((watch.rule.id, watch.rule.version), watch)).collect();
        let on = rules.into_iter().filter(|rule| rule.spec.enabled && rule.spec.condition.is_about_objects());
        let watches = on.map(|rule| {
            let fresh = |rule| RuleWatch { rule, subjects: HashMap::new(), cool_until: None, crowded: false };
            known.remove(&(rule.id, rule.version)).unwrap_or_else(|| fresh(rule))
        });
        Self { watches: watches.collect() }
    }

    /// Whether there is nothing to watch for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.watches.is_empty()
    }

    /// Takes an object that is there. Sightings of one object come in the order of time.
    pub fn see(&mut self, sighting: &Sighting) -> Vec<Fired> {
        self.watches.iter_mut().filter_map(|watch| watch.see(sighting)).collect()
    }

    /// An object is there no more.
    pub fn gone(&mut self, event_id: EventId) -> Vec<Fired> {
        self.watches.iter_mut().filter_map(|watch| watch.gone(event_id)).collect()
    }
}

impl RuleWatch {
    fn see(&mut self, seen: &Sighting) -> Option<Fired> {
        let rule = Arc::clone(&self.rule);
        let spec = &rule.spec;
        let of_class = spec.classes.is_empty() || spec.classes.contains(&seen.class);
        let in_time = || spec.schedule.as_ref().is_none_or(|schedule| schedule.holds(seen.time));
        if !of_class || !in_time() {
            self.subjects.remove(&seen.event_id);
            return None;
        }
        if self.subjects.len() >= MOST_SUBJECTS && !self.subjects.contains_key(&seen.event_id) {
            self.subjects.retain(|_, subject| seen.time.since(subject.latest()) < REMEMBERED_FOR);
            if self.subjects.len() >= MOST_SUBJECTS {
                return None;
            }
        }
        let subject = self.subjects.entry(seen.event_id).or_insert_with(|| Subject::new(seen));
        subject.see(seen, spec.condition.zone());
        if !subject.qualifies(spec.min_score, spec.min_height) {
            return None;
        }
        let measured = match &spec.condition {
            Condition::MoreThan { count, .. } => return self.count(*count, seen),
            Condition::Crosses { line, direction } => {
                let to_right = subject.crosses(line)?;
                let wanted = match direction {
                    Crossing::Any => true,
                    Crossing::ToRight => to_right,
                    Crossing::ToLeft => !to_right,
                };
                let measured = Measured { to_right: Some(to_right), ..subject.measured() };
                return if wanted { self.fire(seen.event_id, seen.time, measured) } else { None };
            }
            condition => subject.meets(condition)?,
        };
        subject.told = true;
        self.fire(seen.event_id, seen.time, measured)
    }

    fn gone(&mut self, event_id: EventId) -> Option<Fired> {
        let subject = self.subjects.remove(&event_id)?;
        let spec = &self.rule.spec;
        let left = matches!(spec.condition, Condition::Leaves { .. })
            && subject.left_the_picture()
            && subject.qualifies(spec.min_score, spec.min_height);
        if left { self.fire(event_id, subject.latest(), subject.measured()) } else { None }
    }

    /// Whether there are too many now, where there were not before.
    fn count(&mut self, limit: u32, seen: &Sighting) -> Option<Fired> {
        let spec = &self.rule.spec;
        let there = |subject: &&Subject| {
            subject.is_there()
                && seen.time.since(subject.latest()) <= COUNTED_FOR
                && subject.qualifies(spec.min_score, spec.min_height)
        };
        let count = u32::try_from(self.subjects.values().filter(there).count()).unwrap_or(u32::MAX);
        let before = std::mem::replace(&mut self.crowded, count > limit);
        if count <= limit || before {
            return None;
        }
        let measured = Measured { count: Some(count), ..Measured::default() };
        self.fire(seen.event_id, seen.time, measured)
    }

    /// Fires, unless it did a little while ago.
    fn fire(&mut self, event_id: EventId, at: Timestamp, measured: Measured) -> Option<Fired> {
        if self.cool_until.is_some_and(|until| at < until) {
            return None;
        }
        let cool_down = Duration::from_secs(u64::from(self.rule.spec.cool_down_seconds));
        self.cool_until = (!cool_down.is_zero()).then(|| at + cool_down);
        Some(Fired { rule: Arc::clone(&self.rule), at, event_id, measured })
    }
}
