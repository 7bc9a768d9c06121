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
        // Taps may reach beyond a very small plane, with no weight there.
        self.sum.resize(plane.width() + self.across.each, 0.0);
        self.line.resize(width, 0.0);
    }

    /// Makes one line of the result.
    fn make(&mut self, plane: Plane<'_>, line: usize) -> &[f32] {
        let (first, weights) = self.down.of(line);
        let (low, _) = self.across.of(0);
        let high = self.across.starts.last().map_or(0, |start| start + self.across.each);
        let Some(sum) = self.sum.get_mut(low..high) else { return &self.line };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planes::Unifier;
    use crate::scale::Scalers;
    use ffmpeg_next::format::Pixel;
    use ffmpeg_next::frame;
    use ffmpeg_next::software::scaling::Flags;
    use proptest::prelude::*;

    /// Waves of light and colour.
    fn picture(format: Pixel, width: u32, height: u32) -> frame::Video {
        let mut picture = frame::Video::new(format, width, height);
        for plane in 0..picture.planes() {
            let stride = picture.stride(plane);
            for (at, byte) in picture.data_mut(plane).iter_mut().enumerate() {
                let (x, y) = ((at % stride) as f32, (at / stride) as f32);
                let wave = (x / 9.0 + plane as f32).sin() + (y / 7.0).cos();
                *byte = (128.0 + 50.0 * wave) as u8;
            }
        }
        picture
    }

    #[test]
    fn a_whole_picture_comes_out_as_the_usual_scaler_makes_it() {
        for (from, to) in [((640, 360), (416, 234)), ((1920, 1080), (416, 234)), ((320, 240), (340, 256))] {
            let picture = picture(Pixel::YUV420P, from.0, from.1);
            let mut unifier = Unifier::new();
            let planes = unifier.planes(&picture).unwrap();
            let mut tensor = InputTensor::of_colours(to.0, to.1);
            let part = Part { x: 0, y: 0, width: from.0 as usize, height: from.1 as usize };
            let place = Place { x: 0, y: 0, width: to.0 as usize, height: to.1 as usize };
            Sampler::default().draw(&planes, part, place, &mut tensor);
            let ours = tensor.to_bytes();
            let flags = Flags::BILINEAR | Flags::ACCURATE_RND | Flags::FULL_CHR_H_INT;
            let mut scalers = Scalers::new(Pixel::RGB24, flags);
            let theirs = scalers.scale(&picture, to.0, to.1).unwrap();
            let lines = ours.chunks(3 * to.0 as usize).zip(theirs.data(0).chunks(theirs.stride(0)));
            let off = lines.flat_map(|(ours, theirs)| ours.iter().zip(theirs)).map(|(a, b)| a.abs_diff(*b));
            let (count, sum) = off.fold((0u64, 0u64), |(count, sum), off| (count + 1, sum + u64::from(off)));
            // A little sharper where much is scaled down.
            assert!(sum < 6 * count, "{from:?} to {to:?}: off by {} on average", sum as f64 / count as f64);
        }
    }

    #[test]
    fn a_part_lands_in_its_place_and_nowhere_else() {
        let mut bytes = vec![16; 100 * 80];
        for line in bytes.chunks_mut(100).skip(20).take(40) {
            line[30..50].fill(235);
        }
        let grey = [128; 50 * 40];
        let colour = Plane::new(&grey, 50, 50, 40);
        let luma = Plane::new(&bytes, 100, 100, 80);
        let planes = Planes { width: 100, height: 80, luma, blue: colour, red: colour, full_range: false };
        let mut tensor = InputTensor::of_colours(64, 64);
        let part = Part { x: 30, y: 20, width: 20, height: 40 };
        Sampler::default().draw(&planes, part, Place { x: 8, y: 4, width: 10, height: 20 }, &mut tensor);
        let values = tensor.view();
        assert!((values[[0, 1, 14, 13]] - 255.0).abs() < 1.0, "white in the middle");
        for (y, x) in [(3, 10), (24, 10), (14, 7), (14, 18)] {
            assert!(values[[0, 1, y, x]].abs() < 1e-3, "black around it");
        }
    }

    proptest! {
        #[test]
        fn any_part_of_any_size_is_drawn(
            (width, height) in (1usize..200, 1usize..200),
            (x, y, w, h) in (0f32..1.0, 0f32..1.0, 0f32..1.0, 0f32..1.0),
            (to_width, to_height) in (1usize..64, 1usize..64),
        ) {
            let bytes = vec![100; width * height];
            let grey = vec![128; width.div_ceil(2) * height.div_ceil(2)];
            let colour = Plane::new(&grey, width.div_ceil(2), width.div_ceil(2), height.div_ceil(2));
            let luma = Plane::new(&bytes, width, width, height);
            let planes = Planes { width, height, luma, blue: colour, red: colour, full_range: true };
            let (left, top) = ((x * (width - 1) as f32) as usize, (y * (height - 1) as f32) as usize);
            let part = Part {
                x: left,
                y: top,
                width: ((w * (width - left) as f32) as usize).max(1),
                height: ((h * (height - top) as f32) as usize).max(1),
            };
            let mut tensor = InputTensor::of_colours(64, 64);
            let place = Place { x: 0, y: 0, width: to_width, height: to_height };
            Sampler::default().draw(&planes, part, place, &mut tensor);
            for value in tensor.view().slice(ndarray::s![0, .., ..to_height, ..to_width]) {
                prop_assert!((*value - 100.0).abs() < 0.5, "{value}");
            }
        }
    }
}
