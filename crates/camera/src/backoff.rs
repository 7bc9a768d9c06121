//! How long to wait before connecting again: exponential back-off with full jitter.

use std::time::Duration;

use domain::FailureKind;

/// Waits that grow from failure to failure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    max: Duration,
    failures: u32,
}

impl Backoff {
    pub(crate) fn new(first: Duration, max: Duration) -> Self {
        Self { first, max, failures: 0 }
    }

    /// The stream was healthy for a while.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// The next wait. `draw` is a random number, 0 to 1.
    pub(crate) fn next(&mut self, kind: FailureKind, draw: f64) -> Duration {
        let longest = self.max.min(self.first.saturating_mul(1_u32 << self.failures.min(16)));
        self.failures = self.failures.saturating_add(1);
        if kind == FailureKind::WrongPassword {
            // Hikvision locks an address out for half an hour after a handful of wrong passwords, and a
            // password does not mend itself.
            return self.max.mul_f64(0.5 + draw.clamp(0.0, 1.0) / 2.0);
        }
        longest.mul_f64(draw.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_double_up_to_the_longest_and_start_over_after_health() {
        let mut backoff = Backoff::new(SECOND, 60 * SECOND);
        let waits: Vec<u64> = (0..8).map(|_| backoff.next(FailureKind::Closed, 1.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        backoff.reset();
        assert_eq!(backoff.next(FailureKind::Closed, 0.5), SECOND / 2);
        for _ in 0..100 {
            assert!(backoff.next(FailureKind::Stalled, 1.0) <= 60 * SECOND);
        }
    }

    #[test]
    fn wrong_passwords_are_not_tried_often() {
        let mut backoff = Backoff::new(SECOND, 60 * SECOND);
        assert!(backoff.next(FailureKind::WrongPassword, 0.0) >= 30 * SECOND);
    }
}
