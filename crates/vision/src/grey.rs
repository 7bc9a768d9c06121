//! How bright key frames are: a part of the picture on a fine grid, the whole on a coarse one.

use bytes::Bytes;
use domain::{BoundingBox, GreyGrid, Timestamp};
use ffmpeg_next::frame;
use vision_client::protocol::GridUnits;

use crate::decoder::{Decoder, Quality};
use crate::planes::{Plane, Unifier};

/// Most cells on the longer side of the part, and least pixels on each side of a cell: the mean of fewer is noise.
const CELLS: usize = 64;
const LEAST_PIXELS: usize = 4;
/// Columns and rows of the whole picture.
const WHOLE: (usize, usize) = (16, 9);
/// Lines of a cell that are enough to know its brightness.
const LINES: usize = 8;

/// The grids of all key frames that could be decoded. `Err` where none could.
pub(crate) fn make(wanted: &GridUnits) -> Result<Vec<GreyGrid>, String> {
    let mut decoder = Decoder::open(&wanted.parameters, Quality::Analysis)?;
    let mut unifier = Unifier::new();
    let mut picture = frame::Video::empty();
    let (mut grids, mut trouble) = (Vec::with_capacity(wanted.units.len()), None);
    for unit in &wanted.units {
        match decode(&mut decoder, &unit.data, &mut picture) {
            Ok(()) => grids.push(grid(unifier.planes(&picture)?.luma, wanted.area, unit.time)),
            Err(error) => trouble = Some(error),
        }
    }
    match trouble {
        Some(error) if grids.is_empty() => Err(error),
        _ => Ok(grids),
    }
}

/// Decodes one key frame by itself.
fn decode(decoder: &mut Decoder, data: &[u8], picture: &mut frame::Video) -> Result<(), String> {
    let found = decoder.send(data, 0, true).and_then(|()| {
        decoder.drain();
        decoder.receive(picture)
    });
    decoder.restart();
    found?.map(|_| ()).ok_or_else(|| "the decoder gave no picture".to_owned())
}

fn grid(luma: Plane<'_>, area: BoundingBox, time: Timestamp) -> GreyGrid {
    let area = area.clamped();
    let (left, width) = pixels(area.x, area.w, luma.width());
    let (top, height) = pixels(area.y, area.h, luma.height());
    let side = width.max(height).div_ceil(CELLS).max(LEAST_PIXELS);
    let (columns, rows) = ((width / side).max(1), (height / side).max(1));
    let cells = means(luma, [left, top, width, height], (columns, rows));
    let all = [0, 0, luma.width(), luma.height()];
    GreyGrid { time, columns: columns as u16, cells, whole: means(luma, all, WHOLE) }
}

/// A side of the part in pixels: where it begins and how long it is, one pixel at least.
fn pixels(start: f32, length: f32, limit: usize) -> (usize, usize) {
    let first = ((start * limit as f32) as usize).min(limit.saturating_sub(1));
    let length = ((length * limit as f32).round() as usize).clamp(1, (limit - first).max(1));
    (first, length)
}

/// Mean brightness of each cell of a part, row by row.
fn means(luma: Plane<'_>, [left, top, width, height]: [usize; 4], (columns, rows): (usize, usize)) -> Bytes {
    let mut cells = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        let (first, end) = (top + row * height / rows, top + (row + 1) * height / rows);
        let end = end.max(first + 1);
        let step = ((end - first) / LINES).max(1);
        for column in 0..columns {
            let (from, to) = (left + column * width / columns, left + (column + 1) * width / columns);
            let (mut sum, mut count) = (0_u64, 0_u64);
            for line in (first..end).step_by(step) {
                let part = luma.line(line).get(from..to.max(from + 1)).unwrap_or_default();
                sum += part.iter().copied().map(u64::from).sum::<u64>();
                count += part.len() as u64;
            }
            cells.push((sum / count.max(1)).min(255) as u8);
        }
    }
    cells.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(area: [f32; 4], width: usize, height: usize, bright: impl Fn(usize, usize) -> u8) -> GreyGrid {
        let bytes: Vec<u8> = (0..width * height).map(|pixel| bright(pixel % width, pixel / width)).collect();
        let [x, y, w, h] = area;
        grid(Plane::new(&bytes, width, width, height), BoundingBox { x, y, w, h }, Timestamp::default())
    }

    #[test]
    fn cells_are_the_means_of_what_they_cover() {
        let half = |x: usize, _: usize| if x < 320 { 50 } else { 200 };
        let grid = at([0.25, 0.5, 0.5, 0.5], 640, 360, half);
        // 320 × 180 pixels, cells of 5.
        assert_eq!((grid.columns, grid.cells.len()), (64, 64 * 36));
        assert_eq!(grid.cells.first_chunk::<33>().unwrap()[30..], [50, 50, 200]);
        assert_eq!(grid.whole.len(), 144);
        assert_eq!(grid.whole.first_chunk::<16>().unwrap(), &[[50; 8], [200; 8]].concat()[..]);
    }

    #[test]
    fn a_small_part_has_few_cells() {
        let grid = at([0.0, 0.0, 0.05, 0.05], 640, 360, |_, _| 9);
        assert_eq!((grid.columns, grid.cells.as_ref()), (8, &[9; 32][..]));
    }

    proptest! {
        #[test]
        fn no_part_makes_it_panic(area: [f32; 4], width in 1_usize..300, height in 1_usize..300) {
            let grid = at(area, width, height, |_, _| 7);
            prop_assert!(grid.cells.iter().chain(&grid.whole).all(|cell| *cell == 7));
            prop_assert_eq!(grid.cells.len() % usize::from(grid.columns), 0);
        }
    }
}
