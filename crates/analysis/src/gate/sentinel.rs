//! How long an idle camera may go without a look: the longer, the more often looks have found nothing that the coded
//! pictures had not foretold.

use std::time::Duration;

/// Looks in a row that found nothing new, after which the next come half as often.
const QUIET_LOOKS: u32 = 4;

/// The time between two looks at one idle camera.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sentinel {
    shortest: Duration,
    longest: Duration,
    interval: Duration,
    quiet: u32,
}

impl Sentinel {
    pub(super) fn new(shortest: Duration, longest: Duration) -> Self {
        Self { shortest, longest: longest.max(shortest), interval: shortest, quiet: 0 }
    }

    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// A look at the idle camera found nothing.
    pub(super) fn quiet(&mut self) {
        self.quiet += 1;
        if self.quiet >= QUIET_LOOKS {
            self.quiet = 0;
            self.interval = self.interval.saturating_mul(2).min(self.longest);
        }
    }

    /// A look found what the coded pictures had not foretold: they are not to be relied on at this camera.
    pub(super) fn surprised(&mut self) {
        self.quiet = 0;
        self.interval = self.shortest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_makes_looks_rare_and_a_surprise_frequent_again() {
        let second = Duration::from_secs;
        let mut sentinel = Sentinel::new(second(1), second(6));
        let mut intervals = Vec::new();
        for _ in 0..16 {
            intervals.push(sentinel.interval().as_secs());
            sentinel.quiet();
        }
        assert_eq!(intervals, [1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 6, 6, 6, 6]);
        sentinel.surprised();
        assert_eq!(sentinel.interval(), second(1));
    }
}
