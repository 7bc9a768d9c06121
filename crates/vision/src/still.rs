//! Stills: one picture of the footage as a JPEG.

use domain::BoundingBox;
use ffmpeg_next::frame;
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use vision_client::protocol::{StillPicture, StillUnits};

use crate::decoder::{Decoder, Quality};
use crate::planes::Unifier;
use crate::sampler::{Part, Sampler};
use crate::tensor::{InputTensor, Place};
use crate::timing::{Stopwatch, micros};

/// Surroundings added to each side of a cut-out, in parts of its larger side.
const SURROUNDINGS: f32 = 0.25;
/// Least side of a cut-out in pixels, where the picture has that much.
const LEAST: f32 = 64.0;

/// Makes the picture. Only the part that is wanted is scaled and converted.
pub(crate) fn make(wanted: &StillUnits) -> Result<StillPicture, String> {
    let watch = Stopwatch::start();
    let (picture, time) = find(wanted)?;
    let mut unifier = Unifier::new();
    let planes = unifier.planes(&picture)?;
    let (width, height) = (picture.width(), picture.height());
    let cut = wanted.crop.map_or([0, 0, width, height], |crop| around(crop, width, height));
    let [left, top, cut_width, cut_height] = cut;
    let scale = match wanted.max_width {
        Some(most) if most.max(1) < cut_width => f64::from(most.max(1)) / f64::from(cut_width),
        _ => 1.0,
    };
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    let (width, height) = (scaled(cut_width), scaled(cut_height));
    let part =
        Part { x: left as usize, y: top as usize, width: cut_width as usize, height: cut_height as usize };
    let place = Place { x: 0, y: 0, width: width as usize, height: height as usize };
    let mut tensor = InputTensor::of_colours(width, height);
    Sampler::default().draw(&planes, part, place, &mut tensor);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, wanted.quality.clamp(1, 100))
        .encode(&tensor.to_bytes(), width, height, ExtendedColorType::Rgb8)
        .map_err(|error| format!("the JPEG cannot be written: {error}"))?;
    Ok(StillPicture { jpeg: jpeg.into(), width, height, time, micros: micros(watch.spent()) })
}

/// Decodes all units, and picks the last picture at or before the moment, else the first.
fn find(wanted: &StillUnits) -> Result<(frame::Video, domain::Timestamp), String> {
    let mut decoder = Decoder::open(&wanted.parameters, Quality::Full)?;
    let mut best: Option<(frame::Video, domain::Timestamp)> = None;
    let mut trouble = None;
    let mut next = frame::Video::empty();
    let units = wanted.units.iter().enumerate().map(Some).chain([None]);
    for unit in units {
        match unit {
            Some((number, unit)) => {
                if let Err(error) = decoder.send(&unit.data, number as i64, number == 0) {
                    trouble = Some(error);
                }
            }
            None => decoder.drain(),
        }
        // A decoder gives one picture a unit, and at the end those that it held back.
        for _ in 0..64 {
            match decoder.receive(&mut next) {
                Ok(Some(number)) => {
                    let unit = usize::try_from(number).ok().and_then(|number| wanted.units.get(number));
                    let Some(time) = unit.map(|unit| unit.time) else { continue };
                    let better = best.as_ref().is_none_or(|(_, best)| (*best..=wanted.at).contains(&time));
                    if better {
                        best = Some((std::mem::replace(&mut next, frame::Video::empty()), time));
                    }
                }
                Ok(None) => break,
                Err(error) => trouble = Some(error),
            }
        }
    }
    best.ok_or_else(|| trouble.unwrap_or_else(|| "the decoder gave no picture".to_owned()))
}

/// The cut-out with its surroundings: left, top, width and height in pixels, inside the picture.
fn around(crop: BoundingBox, width: u32, height: u32) -> [u32; 4] {
    let crop = crop.clamped();
    let (wide, high) = (width as f32, height as f32);
    let more = SURROUNDINGS * (crop.w * wide).max(crop.h * high);
    // Along one side: from and length, grown, at least `LEAST`, moved inside.
    let side = |start: f32, length: f32, limit: f32| {
        let grown = (length + 2.0 * more).max(LEAST).min(limit);
        let start = (start + length / 2.0 - grown / 2.0).clamp(0.0, limit - grown);
        (start.floor() as u32, (grown.round() as u32).max(1))
    };
    let (left, cut_width) = side(crop.x * wide, crop.w * wide, wide);
    let (top, cut_height) = side(crop.y * high, crop.h * high, high);
    [
        left.min(width - 1),
        top.min(height - 1),
        cut_width.min(width - left.min(width - 1)),
        cut_height.min(height - top.min(height - 1)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cut_out_has_surroundings_and_stays_inside() {
        let crop = BoundingBox { x: 0.5, y: 0.5, w: 0.1, h: 0.2 };
        // 192×216 pixels at (960, 540); a quarter of 216 on each side.
        assert_eq!(around(crop, 1920, 1080), [906, 486, 300, 324]);
        let corner = BoundingBox { x: 0.0, y: 0.0, w: 0.01, h: 0.01 };
        assert_eq!(around(corner, 1920, 1080), [0, 0, 64, 64]);
    }

    proptest! {
        #[test]
        fn no_cut_out_is_empty_or_leaves_the_picture(
            x in -1.0f32..2.0, y in -1.0f32..2.0, w in -1.0f32..2.0, h in -1.0f32..2.0,
            width in 1u32..5000, height in 1u32..5000,
        ) {
            let [left, top, cut_width, cut_height] = around(BoundingBox { x, y, w, h }, width, height);
            prop_assert!(cut_width > 0 && left + cut_width <= width);
            prop_assert!(cut_height > 0 && top + cut_height <= height);
        }
    }
}
