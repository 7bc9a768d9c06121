//! Whether an object moves: in units of its own size, over time, with hysteresis.

use std::time::Duration;

use domain::{BoundingBox, Timestamp};

/// An object that went this many of its sizes from where it stood moves.
const AWAY: f32 = 0.5;
/// An object that went this many of its sizes from where it was first seen has moved, for good.
const MOVED: f32 = 0.75;
/// A box that grew or shrank by this factor counts as [`AWAY`]: it came closer, or went.
const GROWN: f32 = 1.35;
/// Looks in a row that must agree: a single box is easily off.
const LOOKS: u8 = 2;

/// A place and a size to measure from.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    x: f32,
    y: f32,
    size: f32,
}

impl Anchor {
    fn new(bounds: BoundingBox) -> Self {
        Self { x: bounds.x + bounds.w / 2.0, y: bounds.y + bounds.h / 2.0, size: bounds.area().sqrt() }
    }

    /// How far `other` is, in sizes of the larger of both.
    fn distance(self, other: Self) -> f32 {
        let size = self.size.max(other.size).max(1e-4);
        let shift = (self.x - other.x).hypot(self.y - other.y) / size;
        let growth = (self.size.max(1e-4) / other.size.max(1e-4)).ln().abs() / GROWN.ln() * AWAY;
        shift.max(growth)
    }
}

/// State of one track.
#[derive(Clone, Copy, Debug)]
pub(super) struct Motion {
    origin: Anchor,
    anchor: Anchor,
    since: Timestamp,
    away: u8,
    far: u8,
    stationary: bool,
    moved: bool,
}

impl Motion {
    /// A new object is held to move until it has stood still for a while.
    pub(super) fn new(time: Timestamp, bounds: BoundingBox) -> Self {
        let anchor = Anchor::new(bounds);
        Self { origin: anchor, anchor, since: time, away: 0, far: 0, stationary: false, moved: false }
    }

    /// Takes in where the object is; it stands still once it has stayed for `still_after`.
    pub(super) fn observe(&mut self, time: Timestamp, bounds: BoundingBox, still_after: Duration) {
        let here = Anchor::new(bounds);
        self.far = if here.distance(self.origin) > MOVED { self.far.saturating_add(1) } else { 0 };
        self.moved |= self.far >= LOOKS;
        self.away = if here.distance(self.anchor) > AWAY { self.away.saturating_add(1) } else { 0 };
        if self.away >= LOOKS {
            (self.anchor, self.since, self.away, self.stationary) = (here, time, 0, false);
        } else if self.away == 0 && time.since(self.since) >= still_after {
            self.stationary = true;
        }
    }

    pub(super) fn stationary(&self) -> bool {
        self.stationary
    }

    pub(super) fn moved(&self) -> bool {
        self.moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Duration = Duration::from_secs(3);

    fn run(places: impl Iterator<Item = f32>) -> Vec<(bool, bool)> {
        let bounds = |x| BoundingBox { x, y: 0.5, w: 0.1, h: 0.1 };
        let mut motion: Option<Motion> = None;
        places
            .enumerate()
            .map(|(look, x)| {
                let time = Timestamp::from_micros(look as i64 * 200_000);
                let motion = motion.get_or_insert_with(|| Motion::new(time, bounds(x)));
                motion.observe(time, bounds(x), STILL);
                (motion.stationary(), motion.moved())
            })
            .collect()
    }

    #[test]
    fn a_trembling_box_stands_still() {
        let states = run((0..50).map(|look| 0.5 + if look % 2 == 0 { 0.01 } else { -0.01 }));
        assert!(!states[14].0 && states[16].0 && states[49].0);
        assert!(states.iter().all(|state| !state.1));
    }

    #[test]
    fn a_slow_walk_never_stands_still() {
        let states = run((0..100).map(|look| 0.005 * look as f32));
        assert!(states.iter().all(|state| !state.0));
        assert!(states[99].1);
    }

    #[test]
    fn one_wrong_box_moves_nothing_and_two_looks_away_do() {
        let states = run((0..40).map(|look| if look == 20 { 0.8 } else { 0.5 }));
        assert!(states[39].0 && !states[39].1);
        let states = run((0..40).map(|look| if look >= 20 { 0.8 } else { 0.5 }));
        assert!(states[20].0 && !states[21].0 && states[21].1 && states[39].0);
    }
}
