//! The endless loop over a piece of footage: which access unit comes when.
//!
//! Time runs on through the joints of the loop, so a camera is a function of time alone: both its streams and
//! all its sessions show the same picture at the same moment, and start at a key frame.

use std::time::Duration;

/// When the units of one run through the footage come, counted from its start.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    marks: Vec<Mark>,
    length: Duration,
}

/// One unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    /// When it comes.
    pub(crate) offset: Duration,
    /// Whether a session may start with it.
    pub(crate) key: bool,
}

/// A unit in a lap of the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    lap: u32,
    /// Which unit of the footage.
    pub(crate) index: usize,
}

impl Timeline {
    /// Takes units in order of time. `None` unless the first comes at zero and is a key frame, times rise,
    /// and the loop ends after the last.
    pub(crate) fn new(marks: Vec<Mark>, length: Duration) -> Option<Self> {
        let sound = marks.first().is_some_and(|mark| mark.key && mark.offset.is_zero())
            && marks.is_sorted_by(|a, b| a.offset < b.offset)
            && marks.last().is_some_and(|mark| mark.offset < length);
        sound.then_some(Self { marks, length })
    }

    /// The last key frame that is due at a time.
    pub(crate) fn key_before(&self, time: Duration) -> Position {
        let lap = time.div_duration_f64(self.length) as u32;
        let within = time.saturating_sub(self.length * lap);
        let index = self.marks.iter().rposition(|mark| mark.key && mark.offset <= within);
        Position { lap, index: index.unwrap_or(0) }
    }

    /// The first key frame that is due at a time or later.
    pub(crate) fn key_after(&self, time: Duration) -> Position {
        let mut position = self.key_before(time);
        while self.time(position) < time || !self.is_key(position) {
            position = self.next(position);
        }
        position
    }

    /// When a unit is due.
    pub(crate) fn time(&self, position: Position) -> Duration {
        let offset = self.marks.get(position.index).map_or(self.length, |mark| mark.offset);
        self.length * position.lap + offset
    }

    /// Whether a unit is a key frame.
    pub(crate) fn is_key(&self, position: Position) -> bool {
        self.marks.get(position.index).is_some_and(|mark| mark.key)
    }

    /// The unit that follows.
    pub(crate) fn next(&self, position: Position) -> Position {
        if position.index + 1 < self.marks.len() {
            Position { index: position.index + 1, ..position }
        } else {
            Position { lap: position.lap + 1, index: 0 }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline() -> Timeline {
        let marks =
            (0..90).map(|n| Mark { offset: Duration::from_millis(n * 66), key: n % 30 == 0 }).collect();
        Timeline::new(marks, Duration::from_millis(90 * 66)).unwrap()
    }

    #[test]
    fn time_runs_evenly_through_the_joint() {
        let timeline = timeline();
        let mut position = timeline.key_before(Duration::ZERO);
        for n in 0..500 {
            assert_eq!(timeline.time(position), Duration::from_millis(n * 66));
            assert_eq!(timeline.is_key(position), n % 30 == 0);
            position = timeline.next(position);
        }
    }

    #[test]
    fn sessions_start_at_the_last_key_frame() {
        let timeline = timeline();
        for millis in (0..60_000).step_by(97) {
            let now = Duration::from_millis(millis);
            let position = timeline.key_before(now);
            assert!(timeline.is_key(position) && timeline.time(position) <= now);
            assert!(now < timeline.time(position) + Duration::from_millis(30 * 66));
            let later = timeline.key_after(now);
            assert!(timeline.is_key(later) && timeline.time(later) >= now);
            assert!(timeline.time(later) <= now + Duration::from_millis(30 * 66));
        }
    }

    #[test]
    fn unsound_footage_is_refused() {
        let mark = |millis, key| Mark { offset: Duration::from_millis(millis), key };
        let length = Duration::from_millis(100);
        assert!(Timeline::new(vec![], length).is_none());
        assert!(Timeline::new(vec![mark(0, false)], length).is_none());
        assert!(Timeline::new(vec![mark(5, true)], length).is_none());
        assert!(Timeline::new(vec![mark(0, true), mark(0, false)], length).is_none());
        assert!(Timeline::new(vec![mark(0, true), mark(100, false)], length).is_none());
    }
}
