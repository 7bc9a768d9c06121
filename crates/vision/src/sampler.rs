//! Scaling of a part of a picture straight into the detector's input: one pass from the decoder's planes to
//! normalised colour values, without a picture in between.

use crate::planes::{Plane, Planes};
use crate::tensor::{InputTensor, Place};

/// A rectangle of a picture, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// Scales parts of pictures. Its buffers are kept for the next.
#[derive(Default)]
pub(crate) struct Sampler {
    luma: Resampler,
    blue: Resampler,
    red: Resampler,
    wide_blue: Vec<f32>,
    wide_red: Vec<f32>,
}

/// Scales one plane, a line at a time.
#[derive(Default)]
struct Resampler {
    across: Taps,
    down: Taps,
    /// The lines that make up one line of the result, added up.
    sum: Vec<f32>,
    line: Vec<f32>,
}

/// Which values of a line make up each value of the scaled one, and with which weights.
#[derive(Default)]
struct Taps {
    starts: Vec<usize>,
    /// As many for each value.
    weights: Vec<f32>,
    each: usize,
    made_for: Option<(usize, usize, usize, usize)>,
}

impl Taps {
    /// For `to` values out of the `length` values from `start` on, of a line of `limit` values.
    fn prepare(&mut self, start: usize, length: usize, limit: usize, to: usize) {
        if self.made_for.replace((start, length, limit, to)) == Some((start, length, limit, to)) {
            return;
        }
        let step = length as f32 / to.max(1) as f32;
        // A triangle just wide enough that no value between is left out: sharper than a full one.
        let reach = f32::midpoint(step, 1.0).max(1.0);
        self.each = (2.0 * reach).ceil() as usize + 1;
        self.starts.clear();
        self.weights.clear();
        for value in 0..to {
            let centre = start as f32 + (value as f32 + 0.5) * step - 0.5;
            let first = ((centre - reach).ceil().max(0.0) as usize).min(limit.saturating_sub(self.each));
            let weight = |place: usize| {
                if place < limit { (1.0 - (place as f32 - centre).abs() / reach).max(0.0) } else { 0.0 }
            };
            let total: f32 = (first..first + self.each).map(weight).sum();
            let part = if total > 0.0 { 1.0 / total } else { 0.0 };
            self.starts.push(first);
            self.weights.extend((first..first + self.each).map(|place| weight(place) * part));
        }
    }

    fn of(&self, value: usize) -> (usize, &[f32]) {
        let start = self.starts.get(value).copied().unwrap_or(0);
        let weights = self.weights.get(value * self.each..(value + 1) * self.each).unwrap_or_default();
        (start, weights)
    }
}

impl Resampler {
    fn prepare(&mut self, plane: Plane<'_>, part: Part, (width, height): (usize, usize)) {
        self.across.prepare(part.x, part.width, plane.width(), width);
        self.down.prepare(part.y, part.height, plane.height(), height);
        self.sum.resize(plane.width(), 0.0);
        self.line.resize(width, 0.0);
    }

    /// Makes one line of the result.
    fn make(&mut self, plane: Plane<'_>, line: usize) -> &[f32] {
        let (first, weights) = self.down.of(line);
        let (low, _) = self.across.of(0);
        let high = self.across.starts.last().map_or(0, |start| start + self.across.each);
        let Some(sum) = self.sum.get_mut(low..high.min(plane.width())) else { return &self.line };
        sum.fill(0.0);
        for (number, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
            let bytes = plane.line(first + number).get(low..).unwrap_or_default();
            for (sum, byte) in sum.iter_mut().zip(bytes) {
                *sum += weight * f32::from(*byte);
            }
        }
        let sum = &*sum;
        let taps = self.across.starts.iter().zip(self.across.weights.chunks_exact(self.across.each.max(1)));
        match self.across.each {
            // The usual case, unrolled.
            3 => gather::<3>(sum, low, taps, &mut self.line),
            4 => gather::<4>(sum, low, taps, &mut self.line),
            _ => {
                for (value, (start, weights)) in self.line.iter_mut().zip(taps) {
                    let values = sum.get(start - low..).unwrap_or_default();
                    *value = values.iter().zip(weights).map(|(value, weight)| value * weight).sum();
                }
            }
        }
        &self.line
    }
}

fn gather<'a, const EACH: usize>(
    sum: &[f32],
    low: usize,
    taps: impl Iterator<Item = (&'a usize, &'a [f32])>,
    line: &mut [f32],
) {
    for (value, (start, weights)) in line.iter_mut().zip(taps) {
        let values = sum.get(start - low..).and_then(|values| values.first_chunk::<EACH>());
        if let (Some(values), Some(weights)) = (values, weights.first_chunk::<EACH>()) {
            *value = values.iter().zip(weights).map(|(value, weight)| value * weight).sum();
        }
    }
}

/// Each value twice.
fn doubled<'a>(line: &[f32], wide: &'a mut Vec<f32>, width: usize) -> &'a [f32] {
    wide.resize(2 * line.len(), 0.0);
    for (pair, value) in wide.as_chunks_mut::<2>().0.iter_mut().zip(line) {
        *pair = [*value; 2];
    }
    wide.get(..width).unwrap_or_default()
}

impl Sampler {
    /// Draws the part of the picture into the place of the tensor.
    pub(crate) fn draw(&mut self, planes: &Planes<'_>, part: Part, place: Place, tensor: &mut InputTensor) {
        let (width, height) = (place.width, place.height);
        // Colour is coarse in the source, and is made for every other pixel only.
        let half = Part {
            x: part.x / 2,
            y: part.y / 2,
            width: part.width.div_ceil(2),
            height: part.height.div_ceil(2),
        };
        let half_width = width.div_ceil(2);
        self.luma.prepare(planes.luma, part, (width, height));
        self.blue.prepare(planes.blue, half, (half_width, height));
        self.red.prepare(planes.red, half, (half_width, height));
        for line in 0..height {
            let luma = self.luma.make(planes.luma, line);
            let blue = doubled(self.blue.make(planes.blue, line), &mut self.wide_blue, width);
            let red = doubled(self.red.make(planes.red, line), &mut self.wide_red, width);
            tensor.fill_line(place, line, [luma, blue, red], planes.full_range);
        }
    }
}
