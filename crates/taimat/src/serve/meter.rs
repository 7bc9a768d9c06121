//! The real frame rate and bit rate of a stream, by its time stamps.

use std::collections::VecDeque;
use std::time::Duration;

use domain::Timestamp;

/// How much of the past counts.
const WINDOW: Duration = Duration::from_secs(5);
/// More frames than any camera sends in the window.
const MAX_FRAMES: usize = 2_000;

/// Frames of the last seconds.
#[derive(Default)]
pub(crate) struct Meter {
    frames: VecDeque<(Timestamp, usize)>,
    bytes: usize,
}

impl Meter {
    /// Counts a frame.
    pub(crate) fn push(&mut self, time: Timestamp, bytes: usize) {
        if self.frames.back().is_some_and(|(last, _)| time + WINDOW < *last) {
            self.clear(); // The stream's time jumped back.
        }
        self.frames.push_back((time, bytes));
        self.bytes += bytes;
        while let Some((first, size)) = self.frames.front().copied() {
            if time.since(first) <= WINDOW && self.frames.len() <= MAX_FRAMES {
                break;
            }
            self.frames.pop_front();
            self.bytes -= size;
        }
    }

    /// Forgets everything: the stream starts anew.
    pub(crate) fn clear(&mut self) {
        self.frames.clear();
        self.bytes = 0;
    }

    /// Frames and bits a second, once there is enough to say.
    pub(crate) fn rates(&self) -> Option<(f32, u64)> {
        let (first, last) = (self.frames.front()?, self.frames.back()?);
        let seconds = last.0.since(first.0).as_secs_f64();
        (seconds >= 1.0).then(|| {
            let frames = (self.frames.len() - 1) as f64 / seconds;
            let bits = (self.bytes - last.1) as f64 * 8.0 / seconds;
            (frames as f32, bits as u64)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_follow_the_time_stamps_and_survive_jumps() {
        let mut meter = Meter::default();
        let mut at = Timestamp::from_micros(1_000_000);
        for _ in 0..150 {
            meter.push(at, 1_000);
            at = at + Duration::from_millis(50);
        }
        let (frames, bits) = meter.rates().unwrap();
        assert!((frames - 20.0).abs() < 0.1, "{frames}");
        assert!((159_000..161_000).contains(&bits), "{bits}");
        meter.push(Timestamp::from_micros(0), 1);
        meter.push(at + Duration::from_hours(1), 1);
        assert_eq!(meter.rates(), None);
    }
}
