//! What the sizes of the access units say: more bytes, or coarser ones, are more change.

use std::collections::VecDeque;
use std::time::Duration;

use domain::AccessUnit;

use super::normal::Normal;
use super::quantiser::Quantiser;

/// Pictures whose median counts: those of this time, in these bounds. A single large picture says nothing: encoders
/// refresh parts of the picture, and re-encoded footage still pulses with its former key frames.
const WINDOW: Duration = Duration::from_millis(450);
const FEWEST_PICTURES: usize = 3;
const MOST_PICTURES: usize = 15;
/// Pictures differ by how long ago the key frame was: after one, a camera that holds its bit rate has little left to
/// spend, and then ever more. Each phase has a normal of its own; the last goes on to the next key frame.
const PHASE: Duration = Duration::from_secs(1);
const PHASES: usize = 2;
/// Time between two samples of what is normal in a phase: enough of them fit into the normal's memory for minutes.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(400);
/// Bytes of a picture in which nothing changed; a few bytes more are no change.
const EMPTY_PICTURE: f32 = 64.0;
/// Least spread of the size of pictures that is believed, and of that of key frames (of the logarithm).
const LEAST_DEVIATION: f32 = 0.05;
const LEAST_KEY_DEVIATION: f32 = 0.015;

/// What one unit said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sign {
    /// Robust standard deviations above normal.
    pub(super) deviations: f32,
    /// Whether that is enough to look.
    pub(super) unusual: bool,
}

/// Sizes of one stream.
#[derive(Debug)]
pub(super) struct Sizes {
    /// One a phase, and when it was sampled last.
    pictures: [(Normal, Duration); PHASES],
    key_frames: Normal,
    /// Sizes of the latest pictures that are no key frames.
    latest: VecDeque<(Duration, f32)>,
    /// When the latest key frame came.
    key_frame: Duration,
    quantiser: Quantiser,
}

impl Sizes {
    pub(super) fn new() -> Self {
        Self {
            pictures: std::array::from_fn(|_| (Normal::new(LEAST_DEVIATION), Duration::ZERO)),
            key_frames: Normal::new(LEAST_KEY_DEVIATION),
            latest: VecDeque::with_capacity(MOST_PICTURES),
            key_frame: Duration::ZERO,
            quantiser: Quantiser::default(),
        }
    }

    /// Whether the stream is known well enough to say what is unusual.
    pub(super) fn is_known(&self) -> bool {
        self.key_frames.is_known() || self.pictures.iter().any(|(normal, _)| normal.is_known())
    }

    /// Takes the next unit.
    pub(super) fn take(&mut self, unit: &AccessUnit, now: Duration, threshold: f32) -> Sign {
        let bytes = unit.data.len() as f32 * self.quantiser.step(unit);
        if unit.random_access {
            let value = bytes.max(1.0).ln();
            let sign = judge(&self.key_frames, value, threshold);
            self.key_frames.learn_later(value, now);
            self.key_frame = now;
            return sign;
        }
        while self.latest.len() >= MOST_PICTURES
            || (self.latest.len() >= FEWEST_PICTURES
                && self.latest.front().is_some_and(|(at, _)| now.saturating_sub(*at) >= WINDOW))
        {
            self.latest.pop_front();
        }
        self.latest.push_back((now, bytes));
        if self.latest.len() < FEWEST_PICTURES {
            return Sign::default();
        }
        let value = (self.median() + EMPTY_PICTURE).ln();
        let phase = now.saturating_sub(self.key_frame).as_millis() / PHASE.as_millis();
        let Some((normal, sampled)) = self.pictures.get_mut((phase as usize).min(PHASES - 1)) else {
            return Sign::default();
        };
        let sign = judge(normal, value, threshold);
        if now.saturating_sub(*sampled) >= SAMPLE_INTERVAL {
            *sampled = now;
            normal.learn_later(value, now);
        }
        sign
    }

    /// Objects were seen: the latest sizes are not normal.
    pub(super) fn objects_seen(&mut self) {
        self.pictures.iter_mut().for_each(|(normal, _)| normal.objects_seen());
        self.key_frames.objects_seen();
    }

    /// The median size of the latest pictures.
    fn median(&self) -> f32 {
        let mut sizes = [0.0; MOST_PICTURES];
        let taken = sizes.iter_mut().zip(&self.latest).map(|(size, (_, bytes))| *size = *bytes).count();
        let sizes = sizes.get_mut(..taken).unwrap_or_default();
        sizes.sort_by(f32::total_cmp);
        sizes.get(taken / 2).copied().unwrap_or(0.0)
    }

    /// Forgets what was normal: the stream became another.
    pub(super) fn forget(&mut self) {
        self.pictures.iter_mut().for_each(|(normal, _)| normal.forget());
        self.key_frames.forget();
        self.latest.clear();
    }
}

fn judge(normal: &Normal, value: f32, threshold: f32) -> Sign {
    Sign { deviations: normal.deviations(value).unwrap_or(0.0), unusual: normal.is_unusual(value, threshold) }
}
