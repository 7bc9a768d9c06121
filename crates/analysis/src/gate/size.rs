//! What the sizes of the access units say: more bytes are more change, where the camera does not hold its bit rate
//! constant by all means.

use std::time::Duration;

use domain::AccessUnit;

use super::normal::Normal;

/// Time over which sizes are averaged: pictures of different kinds alternate faster than that.
const WINDOW: Duration = Duration::from_millis(300);
/// Time between two samples of what is normal: enough of them fit into the normal's memory for four minutes.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(800);
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
#[derive(Clone, Debug)]
pub(super) struct Sizes {
    pictures: Normal,
    key_frames: Normal,
    /// Moving average of the pictures that are no key frames, and when it was last moved.
    average: Option<(f32, Duration)>,
    sampled: Duration,
}

impl Sizes {
    pub(super) fn new() -> Self {
        Self {
            pictures: Normal::new(LEAST_DEVIATION),
            key_frames: Normal::new(LEAST_KEY_DEVIATION),
            average: None,
            sampled: Duration::ZERO,
        }
    }

    /// Whether the stream is known well enough to say what is unusual.
    pub(super) fn is_known(&self) -> bool {
        self.pictures.is_known() || self.key_frames.is_known()
    }

    /// Takes the next unit. What is known to show objects is not learnt as normal.
    pub(super) fn take(&mut self, unit: &AccessUnit, now: Duration, threshold: f32, objects: bool) -> Sign {
        let bytes = complexity(unit);
        if unit.random_access {
            let value = bytes.max(1.0).ln();
            let sign = judge(&self.key_frames, value, threshold);
            self.key_frames.learn_beside(value, objects);
            return sign;
        }
        let average = match self.average {
            Some((average, at)) => {
                let part = now.saturating_sub(at).as_secs_f32() / WINDOW.as_secs_f32();
                average + (bytes - average) * (1.0 - (-part).exp())
            }
            None => bytes,
        };
        self.average = Some((average, now));
        let value = (average + EMPTY_PICTURE).ln();
        let sign = judge(&self.pictures, value, threshold);
        if now.saturating_sub(self.sampled) >= SAMPLE_INTERVAL {
            self.sampled = now;
            self.pictures.learn_beside(value, objects);
        }
        sign
    }

    /// Forgets what was normal: the stream became another.
    pub(super) fn forget(&mut self) {
        self.pictures.forget();
        self.key_frames.forget();
        self.average = None;
    }
}

/// How much there is to a coded picture.
fn complexity(unit: &AccessUnit) -> f32 {
    unit.data.len() as f32
}

fn judge(normal: &Normal, value: f32, threshold: f32) -> Sign {
    Sign { deviations: normal.deviations(value).unwrap_or(0.0), unusual: normal.is_unusual(value, threshold) }
}
