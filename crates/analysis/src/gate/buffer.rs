//! The current GOP, held from its key frame on, in bounds.

use std::time::Duration;

use domain::{AccessUnit, Timestamp};

/// The units of the current GOP, and which of them were given out.
#[derive(Clone, Debug, Default)]
pub(super) struct Gop {
    units: Vec<(Duration, AccessUnit)>,
    bytes: usize,
    given: usize,
    /// Time of its key frame; `None` before the first.
    start: Option<Timestamp>,
    /// Whether its first units are held no more.
    shed: bool,
}

impl Gop {
    /// Begins with a key frame.
    pub(super) fn begin(&mut self, at: Duration, unit: AccessUnit) {
        self.units.clear();
        (self.bytes, self.given, self.shed) = (0, 0, false);
        self.start = Some(unit.time);
        self.push(at, unit);
    }

    pub(super) fn push(&mut self, at: Duration, unit: AccessUnit) {
        self.bytes += unit.data.len();
        self.units.push((at, unit));
    }

    /// Time of its key frame; `None` before the first.
    pub(super) fn start(&self) -> Option<Timestamp> {
        self.start
    }

    /// Whether it is held from its key frame on.
    pub(super) fn is_whole(&self) -> bool {
        self.start.is_some() && !self.shed
    }

    /// What was not given out yet; it is from now on.
    pub(super) fn give(&mut self) -> impl Iterator<Item = (Duration, AccessUnit)> + '_ {
        let from = std::mem::replace(&mut self.given, self.units.len());
        self.units.get(from..).unwrap_or_default().iter().cloned()
    }

    /// The key frame alone; it is given out from now on.
    pub(super) fn give_key_frame(&mut self) -> Option<AccessUnit> {
        self.given = self.given.max(1);
        self.units.first().map(|(_, unit)| unit.clone())
    }

    /// Makes as if nothing had been given out; says whether anything had.
    pub(super) fn rewind(&mut self) -> bool {
        std::mem::take(&mut self.given) > 0
    }

    /// Whether there is more of it than this.
    pub(super) fn exceeds(&self, units: usize, bytes: usize) -> bool {
        self.units.len() > units || self.bytes > bytes
    }

    /// Holds its units no longer.
    pub(super) fn shed(&mut self) {
        self.units = Vec::new();
        (self.bytes, self.given, self.shed) = (0, 0, true);
    }
}
