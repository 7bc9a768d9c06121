//! How often one camera is looked at while the worker has much to do: the longer its answers take, the fewer looks.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use domain::Timestamp;

/// Answers that take longer than this make looks fewer, …
const SLOW: Duration = Duration::from_millis(600);
/// … and those that take less than this make them more again.
const QUICK: Duration = Duration::from_millis(300);
/// Fewest looks a second: below that, nobody is followed, and the rest is analysed later from the recording.
const FEWEST: f32 = 1.0;
/// By what the rate is multiplied.
const FEWER: f32 = 0.7;
const MORE: f32 = 1.15;
/// Time between two changes, so that one takes effect before the next.
const SETTLE: Duration = Duration::from_secs(1);
/// Looks that are remembered until their answer comes.
const REMEMBERED: usize = 64;

/// The rate of looks of one camera: falls fast and recovers slowly, so that many cameras share the worker fairly.
#[derive(Debug)]
pub(crate) struct LookPace {
    most: f32,
    rate: f32,
    sent: VecDeque<(Timestamp, Instant)>,
    changed: Option<Instant>,
}

impl LookPace {
    /// `most` looks a second where the worker keeps up.
    pub(crate) fn new(most: f32) -> Self {
        Self { most, rate: most, sent: VecDeque::new(), changed: None }
    }

    /// A picture that is to be looked at was sent.
    pub(crate) fn sent(&mut self, time: Timestamp, now: Instant) {
        if self.sent.len() >= REMEMBERED {
            self.sent.pop_front();
        }
        self.sent.push_back((time, now));
    }

    /// Its answer came. Gives the new rate where it changes.
    pub(crate) fn answered(&mut self, time: Timestamp, now: Instant) -> Option<f32> {
        let mut since = None;
        while let Some((_, sent)) = self.sent.pop_front_if(|(sent, _)| *sent <= time) {
            since = Some(sent);
        }
        let took = now.saturating_duration_since(since?);
        let rate = if took > SLOW {
            (self.rate * FEWER).max(FEWEST.min(self.most))
        } else if took < QUICK {
            (self.rate * MORE).min(self.most)
        } else {
            return None;
        };
        let settled = self.changed.is_none_or(|changed| now.saturating_duration_since(changed) >= SETTLE);
        if !settled || (rate - self.rate).abs() < f32::EPSILON {
            return None;
        }
        self.changed = Some(now);
        self.rate = rate;
        Some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks five times a second whose answers take so long; the last rate.
    fn run(pace: &mut LookPace, start: Instant, seconds: u32, took: Duration) -> Option<f32> {
        let mut rate = None;
        for look in 0..5 * seconds {
            let at = start + Duration::from_millis(200) * look;
            let time = Timestamp::from_micros(i64::from(look) * 200_000);
            pace.sent(time, at);
            rate = pace.answered(time, at + took).or(rate);
        }
        rate
    }

    #[test]
    fn slow_answers_make_looks_fewer_and_quick_ones_bring_them_back() {
        let (mut pace, start) = (LookPace::new(5.0), Instant::now());
        let slow = run(&mut pace, start, 20, Duration::from_secs(2)).unwrap();
        assert!((slow - FEWEST).abs() < 1e-6, "{slow}");
        let later = start + Duration::from_mins(1);
        assert_eq!(run(&mut pace, later, 10, Duration::from_millis(450)), None, "neither slow nor quick");
        let quick = run(&mut pace, later + Duration::from_mins(1), 30, Duration::from_millis(50)).unwrap();
        assert!((quick - 5.0).abs() < 1e-6, "{quick}");
    }

    #[test]
    fn one_slow_answer_is_one_step() {
        let (mut pace, start) = (LookPace::new(5.0), Instant::now());
        let rate = run(&mut pace, start, 1, Duration::from_secs(2)).unwrap();
        assert!((rate - 3.5).abs() < 1e-6, "{rate}");
    }

    #[test]
    fn lost_answers_are_not_waited_for() {
        let (mut pace, start) = (LookPace::new(5.0), Instant::now());
        for look in 0..1000 {
            pace.sent(Timestamp::from_micros(look), start);
        }
        assert!(pace.sent.len() <= REMEMBERED);
        assert_eq!(pace.answered(Timestamp::from_micros(-1), start), None);
    }
}
