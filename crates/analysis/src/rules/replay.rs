//! Stored events as sightings: the path of each, as often as live analysis looks.

use std::sync::Arc;
use std::time::Duration;

use domain::{Event, Rule, TrackPoint};

use super::{Fired, RuleEngine, Sighting};

/// Time between two sightings.
const STEP: Duration = Duration::from_millis(200);
/// What has no point in its path for longer than this stood still …
const LONGEST_GAP: Duration = Duration::from_secs(10);
/// … and is seen this often.
const REST: Duration = Duration::from_secs(2);

/// What a rule would have made of the events of one camera, in order of time.
#[must_use]
pub fn backtest(rule: &Arc<Rule>, events: &[Event]) -> Vec<Fired> {
    let mut engine = RuleEngine::new([Arc::clone(rule)], RuleEngine::default());
    let mut all: Vec<(Sighting, bool)> = Vec::new();
    for event in events {
        all.extend(sightings(event).map(|sighting| (sighting, false)));
        if let Some((_, last)) = all.last_mut() {
            *last = !event.ongoing;
        }
    }
    all.sort_by_key(|(sighting, _)| sighting.time);
    let mut fired = Vec::new();
    for (sighting, last) in all {
        fired.extend(engine.see(&sighting));
        if last {
            fired.extend(engine.gone(sighting.event_id));
        }
    }
    fired
}

/// Where an event was, five times a second, between the points of its path.
pub fn sightings(event: &Event) -> impl Iterator<Item = Sighting> + '_ {
    let pairs = event.path.iter().zip(event.path.iter().skip(1));
    let between = pairs.flat_map(|(a, b)| fill(*a, *b));
    let last = event.path.last().copied();
    between.chain(last).map(|point| Sighting {
        event_id: event.id,
        class: event.class,
        score: event.score,
        time: point.time,
        bounds: point.bounds,
    })
}

/// The points from `a` up to `b`, which is not in it.
fn fill(a: TrackPoint, b: TrackPoint) -> impl Iterator<Item = TrackPoint> {
    let whole = b.time.since(a.time);
    let step = if whole > LONGEST_GAP { REST } else { STEP };
    let count = u32::try_from(whole.as_micros().div_ceil(step.as_micros())).unwrap_or(u32::MAX).max(1);
    (0..count).map(move |number| {
        let part = step.as_secs_f32() * number as f32 / whole.as_secs_f32().max(1e-6);
        TrackPoint { time: a.time + step * number, bounds: a.bounds.towards(b.bounds, part.min(1.0)) }
    })
}
