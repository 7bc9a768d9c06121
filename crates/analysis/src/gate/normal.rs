//! What is normal for one figure of one stream: learnt from what was seen lately, forgotten after a few minutes.

use std::collections::VecDeque;
use std::time::Duration;

/// Samples that are remembered.
const REMEMBERED: usize = 300;
/// Samples that must be known before anything can be said.
const FEWEST: usize = 8;
/// The median of the distance from the median, of a normal distribution, times this is its standard deviation.
const DEVIATION_OF_MAD: f32 = 1.4826;
/// A sample counts after this: an object is often there for a while before it is seen.
const SETTLED: Duration = Duration::from_secs(3);
/// What happens more often than the rest of this share is normal too, such as the pulse after each key frame.
const USUAL: f32 = 0.9;

/// The median, spread and usual height of recent samples. Up to half of them may be anything.
#[derive(Clone, Debug)]
pub(super) struct Normal {
    samples: VecDeque<f32>,
    /// Samples of which it is not known yet whether they show objects.
    recent: VecDeque<(Duration, f32)>,
    /// Smallest standard deviation that is believed.
    least_deviation: f32,
    median: f32,
    deviation: f32,
    usual: f32,
    /// Kept for sorting, so that learning allocates nothing.
    sorted: Vec<f32>,
}

impl Normal {
    pub(super) fn new(least_deviation: f32) -> Self {
        Self {
            samples: VecDeque::new(),
            recent: VecDeque::new(),
            least_deviation,
            median: 0.0,
            deviation: least_deviation,
            usual: 0.0,
            sorted: Vec::new(),
        }
    }

    pub(super) fn is_known(&self) -> bool {
        self.samples.len() >= FEWEST
    }

    /// How many robust standard deviations the value lies above the median; `None` while too little is known.
    pub(super) fn deviations(&self, value: f32) -> Option<f32> {
        self.is_known().then(|| (value - self.median) / self.deviation)
    }

    /// Whether the value is that many deviations above the median, and higher than it often is.
    pub(super) fn is_unusual(&self, value: f32, deviations: f32) -> bool {
        self.is_known()
            && value > (self.median + deviations * self.deviation).max(self.usual + self.deviation)
    }

    /// Takes in one more sample, once it has turned out that it shows no objects.
    pub(super) fn learn_later(&mut self, value: f32, now: Duration) {
        while let Some((at, earlier)) = self.recent.front().copied()
            && now.saturating_sub(at) >= SETTLED
        {
            self.recent.pop_front();
            self.learn(earlier);
        }
        if self.recent.len() >= REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back((now, value));
    }

    /// Objects were seen: the latest samples show them, and are not normal. Objects only add to them: what is low
    /// in spite of them is normal.
    pub(super) fn objects_seen(&mut self) {
        let recent = std::mem::take(&mut self.recent);
        for (_, value) in &recent {
            if self.is_known() && *value < self.median {
                self.learn(*value);
            }
        }
        self.recent = recent;
        self.recent.clear();
    }

    /// Takes in one more sample, in exchange for the oldest.
    fn learn(&mut self, value: f32) {
        if !value.is_finite() {
            return;
        }
        if self.samples.len() >= REMEMBERED {
            self.samples.pop_front();
        }
        self.samples.push_back(value);
        self.sorted.clear();
        self.sorted.extend(&self.samples);
        self.sorted.sort_by(f32::total_cmp);
        self.median = quantile(&self.sorted, 0.5);
        self.usual = quantile(&self.sorted, USUAL);
        let median = self.median;
        for value in &mut self.sorted {
            *value = (*value - median).abs();
        }
        self.sorted.sort_by(f32::total_cmp);
        self.deviation = (DEVIATION_OF_MAD * quantile(&self.sorted, 0.5)).max(self.least_deviation);
    }

    /// Forgets everything.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.least_deviation);
    }
}

fn quantile(sorted: &[f32], part: f32) -> f32 {
    let place = (sorted.len().saturating_sub(1) as f32 * part).round() as usize;
    sorted.get(place).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learnt(samples: impl IntoIterator<Item = f32>) -> Normal {
        let mut normal = Normal::new(0.01);
        for sample in samples {
            normal.learn(sample);
        }
        normal
    }

    #[test]
    fn nothing_is_said_of_the_unknown() {
        let normal = learnt([1.0; FEWEST - 1]);
        assert!(!normal.is_known() && !normal.is_unusual(100.0, 4.0));
        assert_eq!(normal.deviations(100.0), None);
    }

    #[test]
    fn outliers_do_not_shift_the_normal_but_are_usual_once_they_come_often() {
        let noise = |at: usize| 1.0 + 0.1 * ((at * 7 % 11) as f32 / 11.0 - 0.5);
        let seldom = learnt((0..200).map(|at| if at % 20 == 0 { 3.0 } else { noise(at) }));
        assert!(seldom.is_unusual(2.0, 4.0) && !seldom.is_unusual(1.05, 4.0));
        let often = learnt((0..200).map(|at| if at % 5 == 0 { 3.0 } else { noise(at) }));
        assert!(!often.is_unusual(3.0, 4.0) && often.is_unusual(3.5, 4.0));
    }

    #[test]
    fn a_new_normal_takes_the_place_of_the_old() {
        let mut normal = learnt([1.0; REMEMBERED]);
        assert!(normal.is_unusual(2.0, 4.0));
        for _ in 0..REMEMBERED {
            normal.learn(2.0);
        }
        assert!(!normal.is_unusual(2.0, 4.0));
        assert_eq!(normal.samples.len(), REMEMBERED);
        normal.forget();
        assert!(!normal.is_known());
    }

    #[test]
    fn what_shows_objects_is_not_learnt_even_from_before_they_were_seen() {
        let mut normal = learnt([1.0; FEWEST]);
        let second = Duration::from_secs;
        for now in 0..20 {
            normal.learn_later(2.0, second(now));
            if now % 3 == 2 {
                normal.objects_seen();
            }
        }
        assert!(normal.samples.iter().all(|sample| *sample < 1.5));
        for now in 20..60 {
            normal.learn_later(2.0, second(now));
        }
        assert!(!normal.is_unusual(2.0, 4.0), "nobody there: it is rain");
    }
}
