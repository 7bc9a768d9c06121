//! The model's input: scaled pictures, normalised, in planes.

use ndarray::{Array4, ArrayView4};

use crate::manifest::{Channels, Input};

/// A rectangle of the input, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// A tensor `[1, 3, height, width]` that is filled anew for each run.
pub(crate) struct InputTensor {
    values: Array4<f32>,
    /// For each plane, what a value from 0 to 255 is multiplied by, and what is added then.
    normal: [(f32, f32); 3],
    /// For each plane, the value of what no picture covers.
    pad: [f32; 3],
    channels: Channels,
}

/// From brightness and colour to red, green and blue, ITU-R BT.601: what brightness is multiplied by, and red's share
/// of the red difference, green's of both, and blue's of the blue one.
struct Matrix {
    offset: f32,
    luma: f32,
    red: f32,
    green: (f32, f32),
    blue: f32,
}

const VIDEO: Matrix = Matrix {
    offset: 16.0,
    luma: 1.164_383,
    red: 1.596_027,
    green: (-0.391_762, -0.812_968),
    blue: 2.017_232,
};
const FULL: Matrix =
    Matrix { offset: 0.0, luma: 1.0, red: 1.402, green: (-0.344_136, -0.714_136), blue: 1.772 };

impl InputTensor {
    pub(crate) fn new(input: &Input) -> Self {
        let mut normal = [(0.0, 0.0); 3];
        for ((normal, mean), std) in normal.iter_mut().zip(input.mean).zip(input.std) {
            *normal = (input.scale / std, -mean / std);
        }
        let pad = normal.map(|(factor, offset)| f32::from(input.pad) * factor + offset);
        let values = Array4::zeros((1, 3, input.height as usize, input.width as usize));
        let mut tensor = Self { values, normal, pad, channels: input.channels };
        tensor.clear();
        tensor
    }

    /// Width and height.
    pub(crate) fn size(&self) -> (usize, usize) {
        let (_, _, height, width) = self.values.dim();
        (width, height)
    }

    /// Makes all of it padding.
    pub(crate) fn clear(&mut self) {
        let (width, height) = self.size();
        let Some(values) = self.values.as_slice_mut() else { return };
        for (plane, pad) in values.chunks_exact_mut(width * height).zip(self.pad) {
            plane.fill(pad);
        }
    }

    /// Fills in one line of a place: brightness for each pixel, and both colour differences for every other.
    pub(crate) fn fill_line(
        &mut self,
        place: Place,
        line: usize,
        [luma, blue, red]: [&[f32]; 3],
        full_range: bool,
    ) {
        let (width, height) = self.size();
        let matrix = if full_range { &FULL } else { &VIDEO };
        let [first, green, last] = self.normal;
        let Some(values) = self.values.as_slice_mut() else { return };
        let (planes_first, rest) = values.split_at_mut(width * height);
        let (planes_green, planes_last) = rest.split_at_mut(width * height);
        let start = (place.y + line) * width + place.x;
        let range = start..start + place.width;
        let (Some(firsts), Some(greens), Some(lasts)) = (
            planes_first.get_mut(range.clone()),
            planes_green.get_mut(range.clone()),
            planes_last.get_mut(range),
        ) else {
            return;
        };
        let (reds, blues, red_normal, blue_normal) = match self.channels {
            Channels::Bgr => (lasts, firsts, last, first),
            Channels::Rgb => (firsts, lasts, first, last),
        };
        let pairs = luma.chunks(2).zip(blue).zip(red);
        let out = reds.chunks_mut(2).zip(greens.chunks_mut(2)).zip(blues.chunks_mut(2));
        for (((luma, blue), red), ((reds, greens), blues)) in pairs.zip(out) {
            let (blue, red) = (blue - 128.0, red - 128.0);
            let red_add = matrix.red * red;
            let green_add = matrix.green.0 * blue + matrix.green.1 * red;
            let blue_add = matrix.blue * blue;
            let lights = luma.iter().map(|luma| (luma - matrix.offset) * matrix.luma);
            for (light, ((r, g), b)) in lights.zip(reds.iter_mut().zip(greens.iter_mut()).zip(blues)) {
                *r = (light + red_add).clamp(0.0, 255.0) * red_normal.0 + red_normal.1;
                *g = (light + green_add).clamp(0.0, 255.0) * green.0 + green.1;
                *b = (light + blue_add).clamp(0.0, 255.0) * blue_normal.0 + blue_normal.1;
            }
        }
    }

    pub(crate) fn view(&self) -> ArrayView4<'_, f32> {
        self.values.view()
    }
}
