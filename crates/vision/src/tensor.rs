//! The model's input: a scaled picture, normalised, in planes.

use ndarray::{Array4, ArrayView4};

use crate::letterbox::Letterbox;
use crate::manifest::Input;

/// A tensor `[1, 3, height, width]` that is filled anew for each picture.
pub(crate) struct InputTensor {
    values: Array4<f32>,
    /// For each plane, what each of the 256 values of a byte becomes.
    tables: [[f32; 256]; 3],
    pad: u8,
    /// Where the picture before lay: around it is padding.
    place: Option<Letterbox>,
}

impl InputTensor {
    pub(crate) fn new(input: &Input) -> Self {
        let mut tables = [[0.0; 256]; 3];
        for ((table, mean), std) in tables.iter_mut().zip(input.mean).zip(input.std) {
            for (byte, value) in table.iter_mut().enumerate() {
                *value = (byte as f32 * input.scale - mean) / std;
            }
        }
        let shape = (1, 3, input.height as usize, input.width as usize);
        Self { values: Array4::zeros(shape), tables, pad: input.pad, place: None }
    }

    /// Fills in a packed picture of three bytes a pixel, in the order of the planes, `stride` bytes a line.
    pub(crate) fn fill(&mut self, packed: &[u8], stride: usize, place: Letterbox) {
        let (_, _, height, width) = self.values.dim();
        let Some(values) = self.values.as_slice_mut() else { return };
        let moved = self.place.replace(place) != Some(place);
        let (left, top) = (place.x as usize, place.y as usize);
        for ((plane, table), channel) in values.chunks_exact_mut(width * height).zip(&self.tables).zip(0..) {
            if moved {
                plane.fill(table.get(usize::from(self.pad)).copied().unwrap_or(0.0));
            }
            let lines = plane.chunks_exact_mut(width).skip(top).take(place.height as usize);
            for (line, pixels) in lines.zip(packed.chunks(stride.max(1))) {
                let (pixels, _) = pixels.as_chunks::<3>();
                for (value, pixel) in line.iter_mut().skip(left).take(place.width as usize).zip(pixels) {
                    let byte = match channel {
                        0 => pixel[0],
                        1 => pixel[1],
                        _ => pixel[2],
                    };
                    *value = table.get(usize::from(byte)).copied().unwrap_or(0.0);
                }
            }
        }
    }

    pub(crate) fn view(&self) -> ArrayView4<'_, f32> {
        self.values.view()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Channels, Fit};

    #[test]
    fn planes_are_normalised_and_padded_and_a_smaller_picture_leaves_no_trace() {
        let input = Input {
            name: "images".to_owned(),
            width: 32,
            height: 32,
            channels: Channels::Bgr,
            mean: [1.0, 2.0, 3.0],
            std: [2.0, 4.0, 8.0],
            scale: 0.5,
            letterbox: Fit::Center,
            pad: 10,
        };
        let mut tensor = InputTensor::new(&input);
        let whole = Letterbox { x: 0, y: 0, width: 32, height: 32 };
        tensor.fill(&[200; 32 * 32 * 3], 32 * 3, whole);
        // Two pixels in two lines, lines padded to 8 bytes.
        let packed = [20, 40, 60, 80, 100, 120, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0];
        tensor.fill(&packed, 8, Letterbox { x: 4, y: 8, width: 2, height: 2 });
        let values = tensor.view();
        let expected = [
            ([0, 0, 8, 4], (20.0 * 0.5 - 1.0) / 2.0),
            ([0, 1, 8, 5], (100.0 * 0.5 - 2.0) / 4.0),
            ([0, 2, 9, 5], (6.0 * 0.5 - 3.0) / 8.0),
            // Padding.
            ([0, 0, 8, 6], (10.0 * 0.5 - 1.0) / 2.0),
            ([0, 2, 31, 31], (10.0 * 0.5 - 3.0) / 8.0),
        ];
        for (place, wanted) in expected {
            assert!((values[place] - wanted).abs() < 1e-6, "{place:?}: {} not {wanted}", values[place]);
        }
    }
}
