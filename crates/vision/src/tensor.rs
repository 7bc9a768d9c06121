//! The model's input: scaled pictures, normalised, in planes.

use ndarray::{Array4, ArrayView4};

use crate::manifest::{Channels, Fit, Input};

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

    /// One whose values are red, green and blue from 0 to 255.
    pub(crate) fn of_colours(width: u32, height: u32) -> Self {
        Self::new(&Input {
            name: String::new(),
            width,
            height,
            channels: Channels::Rgb,
            mean: [0.0; 3],
            std: [1.0; 3],
            scale: 1.0,
            letterbox: Fit::Stretch,
            pad: 0,
        })
    }

    /// Its values as bytes, the three of a pixel one after another.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let (width, height) = self.size();
        let mut bytes = vec![0; 3 * width * height];
        let values = self.values.as_slice().unwrap_or_default();
        for (channel, plane) in values.chunks_exact((width * height).max(1)).enumerate() {
            for (byte, value) in bytes.iter_mut().skip(channel).step_by(3).zip(plane) {
                // The cast saturates.
                *byte = (value + 0.5) as u8;
            }
        }
        bytes
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

    /// Fills in one line of a place: brightness and both colour differences of each pixel.
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
        // One plane after another, in loops that a compiler makes vector instructions of.
        let colour = |values: &mut [f32], (from_blue, from_red): (f32, f32), normal: (f32, f32)| {
            let sources = luma.iter().zip(blue).zip(red);
            for (value, ((luma, blue), red)) in values.iter_mut().zip(sources) {
                let light = (luma - matrix.offset) * matrix.luma;
                let value_in = light + from_blue * (blue - 128.0) + from_red * (red - 128.0);
                *value = value_in.clamp(0.0, 255.0) * normal.0 + normal.1;
            }
        };
        colour(reds, (0.0, matrix.red), red_normal);
        colour(greens, matrix.green, green);
        colour(blues, (matrix.blue, 0.0), blue_normal);
    }

    pub(crate) fn view(&self) -> ArrayView4<'_, f32> {
        self.values.view()
    }
}
