//! Doubt: a sign that looks did not bear out is believed less for a while.

use std::time::Duration;

/// How much stronger than a sign that proved wrong the next must be.
const STRONGER: f32 = 1.25;
/// Time in which half of the doubt goes.
const HALF: f32 = 30.0;

/// How strong a sign must be to be checked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Doubt {
    /// Strength of the signs that are or were checked, and when the check began.
    level: f32,
    since: Duration,
}

impl Doubt {
    /// Whether a sign is strong enough.
    pub(super) fn believes(&self, strength: f32, now: Duration) -> bool {
        strength > self.left(now)
    }

    /// A sign is checked. Until it is borne out, it counts as wrong.
    pub(super) fn begin(&mut self, strength: f32, now: Duration) {
        let left = self.left(now) / STRONGER;
        (self.level, self.since) = (strength.max(left), now);
    }

    /// While it is checked, the sign turns out stronger.
    pub(super) fn raise(&mut self, strength: f32) {
        self.level = self.level.max(strength);
    }

    /// The sign was right.
    pub(super) fn dispel(&mut self) {
        self.level = 0.0;
    }

    fn left(&self, now: Duration) -> f32 {
        let age = now.saturating_sub(self.since).as_secs_f32();
        STRONGER * self.level * (-age / HALF).exp2()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_sign_must_be_outdone_until_it_is_forgotten() {
        let second = Duration::from_secs;
        let mut doubt = Doubt::default();
        assert!(doubt.believes(3.1, second(0)));
        doubt.begin(4.0, second(0));
        assert!(!doubt.believes(4.5, second(1)) && doubt.believes(6.0, second(1)));
        assert!(doubt.believes(4.0, second(20)));
        doubt.raise(9.0);
        assert!(!doubt.believes(6.0, second(2)));
        doubt.dispel();
        assert!(doubt.believes(3.1, second(2)));
    }
}
