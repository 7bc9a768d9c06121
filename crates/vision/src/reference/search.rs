//! From a picture, or a square of it, to what is in it: one run of the model for each.

use domain::{BoundingBox, Detection};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame;
use ffmpeg_next::software::scaling::Flags;
use ndarray::Array4;

use super::regions::Rectangle;
use crate::detector::Detector;
use crate::letterbox::Letterbox;
use crate::manifest::Channels;
use crate::nms;
use crate::scale::Scalers;

/// The model with what it takes to search pictures.
pub(super) struct Search {
    detector: Detector,
    scalers: Scalers,
    tensor: Array4<f32>,
    /// For each plane of the input, what each of the 256 values of a byte becomes.
    tables: [[f32; 256]; 3],
    place: Option<Letterbox>,
    /// Runs of the model.
    pub(super) runs: u64,
}

impl Search {
    pub(super) fn new(detector: Detector) -> Self {
        let input = &detector.manifest().input;
        let format = match input.channels {
            Channels::Bgr => Pixel::BGR24,
            Channels::Rgb => Pixel::RGB24,
        };
        let mut tables = [[0.0; 256]; 3];
        for ((table, mean), std) in tables.iter_mut().zip(input.mean).zip(input.std) {
            for (byte, value) in table.iter_mut().enumerate() {
                *value = (byte as f32 * input.scale - mean) / std;
            }
        }
        Self {
            scalers: Scalers::new(format, Flags::BILINEAR),
            tensor: Array4::zeros((1, 3, input.height as usize, input.width as usize)),
            tables,
            place: None,
            runs: 0,
            detector,
        }
    }

    /// What is in the whole picture.
    pub(super) fn whole(&mut self, picture: &frame::Video) -> Result<Vec<Detection>, String> {
        let place = self.fill(picture)?;
        let found = self.run(place)?;
        Ok(self.suppress(found, self.detector.manifest().thresholds.nms_iou))
    }

    /// What is in a part of it, placed in the whole.
    pub(super) fn part(
        &mut self,
        picture: &frame::Video,
        part: &Rectangle,
    ) -> Result<Vec<Detection>, String> {
        let (cut, [x, y, w, h]) = cut(picture, part)?;
        let place = self.fill(&cut)?;
        let found = self.run(place)?;
        let found = self.suppress(found, self.detector.manifest().thresholds.nms_iou);
        let in_whole = |one: Detection| Detection {
            bounds: BoundingBox {
                x: x + one.bounds.x * w,
                y: y + one.bounds.y * h,
                w: one.bounds.w * w,
                h: one.bounds.h * h,
            },
            ..one
        };
        Ok(found.into_iter().map(in_whole).collect())
    }

    /// Leaves the surest of what overlaps.
    pub(super) fn suppress(&self, found: Vec<Detection>, iou: f32) -> Vec<Detection> {
        nms::suppress(found, iou, self.detector.manifest().thresholds.max_detections)
    }

    /// Scales a picture into the input.
    fn fill(&mut self, picture: &frame::Video) -> Result<Letterbox, String> {
        let input = &self.detector.manifest().input;
        let place =
            Letterbox::new(input.letterbox, (picture.width(), picture.height()), (input.width, input.height));
        let (width, height) = (input.width as usize, input.height as usize);
        let scaled = self.scalers.scale(picture, place.width, place.height)?;
        let values = self.tensor.as_slice_mut().ok_or("the input is not in one piece")?;
        let moved = self.place.replace(place) != Some(place);
        for (channel, (plane, table)) in values.chunks_exact_mut(width * height).zip(&self.tables).enumerate()
        {
            if moved {
                plane.fill(table.get(usize::from(input.pad)).copied().unwrap_or(0.0));
            }
            let lines = plane.chunks_exact_mut(width).skip(place.y as usize).take(place.height as usize);
            for (line, bytes) in lines.zip(scaled.data(0).chunks(scaled.stride(0).max(1))) {
                let pixels = bytes.as_chunks::<3>().0.iter().take(place.width as usize);
                for (value, pixel) in line.iter_mut().skip(place.x as usize).zip(pixels) {
                    let byte = pixel.get(channel).copied().unwrap_or(0);
                    *value = table.get(usize::from(byte)).copied().unwrap_or(0.0);
                }
            }
        }
        Ok(place)
    }

    /// Runs the model on the input.
    fn run(&mut self, place: Letterbox) -> Result<Vec<Detection>, String> {
        self.runs += 1;
        let found = self.detector.run(&self.tensor.view())?.iter().map(|one| Detection {
            class: one.class,
            score: one.score.clamp(0.0, 1.0),
            bounds: place.to_picture(one.edges),
        });
        Ok(found.filter(|one| one.bounds.area() > 0.0).collect())
    }
}

/// Cuts a part out of a picture; with it its left, top, width and height in parts of the picture.
fn cut(picture: &frame::Video, part: &Rectangle) -> Result<(frame::Video, [f32; 4]), String> {
    if !matches!(picture.format(), Pixel::YUV420P | Pixel::YUVJ420P) {
        return Err(format!("pictures of {:?} cannot be cut", picture.format()));
    }
    // Colour has half the resolution: sides and offsets are even.
    let even = |value: f32, limit: u32| (value.max(0.0) as u32).min(limit) & !1;
    let (left, top) = (even(part.left, picture.width()), even(part.top, picture.height()));
    let (right, bottom) = (even(part.right, picture.width()), even(part.bottom, picture.height()));
    let (width, height) = (right.saturating_sub(left), bottom.saturating_sub(top));
    if width == 0 || height == 0 {
        return Err("a region outside the picture".to_owned());
    }
    let mut cut = frame::Video::new(picture.format(), width, height);
    cut.set_color_range(picture.color_range());
    cut.set_color_space(picture.color_space());
    for plane in 0..3 {
        let shrunk = |length: u32| (if plane == 0 { length } else { length / 2 }) as usize;
        let (stride, line) = (picture.stride(plane), shrunk(width));
        let lines = picture.data(plane).chunks(stride.max(1)).skip(shrunk(top)).take(shrunk(height));
        let target = cut.stride(plane).max(1);
        for (to, from) in cut.data_mut(plane).chunks_mut(target).zip(lines) {
            let from = from.get(shrunk(left)..shrunk(left) + line).ok_or("a line that is too short")?;
            to.get_mut(..line).ok_or("a line that is too short")?.copy_from_slice(from);
        }
    }
    let (whole_width, whole_height) = (picture.width() as f32, picture.height() as f32);
    let place = [
        left as f32 / whole_width,
        top as f32 / whole_height,
        width as f32 / whole_width,
        height as f32 / whole_height,
    ];
    Ok((cut, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_holds_the_right_pixels() {
        let mut picture = frame::Video::new(Pixel::YUV420P, 64, 32);
        let stride = picture.stride(0);
        for (line, bytes) in picture.data_mut(0).chunks_mut(stride).enumerate() {
            bytes.iter_mut().enumerate().for_each(|(column, byte)| *byte = (line * 7 + column) as u8);
        }
        let part = Rectangle { left: 9.0, top: 4.0, right: 40.0, bottom: 400.0 };
        let (cut, place) = cut(&picture, &part).unwrap();
        assert_eq!((cut.width(), cut.height()), (32, 28));
        assert_eq!(cut.data(0)[cut.stride(0) + 3], (5 * 7 + 11) as u8);
        assert!(place.iter().zip([0.125, 0.125, 0.5, 0.875]).all(|(is, wanted)| (is - wanted).abs() < 1e-6));
    }
}
