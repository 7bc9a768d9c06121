//! NanoDet (Generalized Focal Loss heads, arXiv 2006.04388): sigmoid scores of each class, and each of the four
//! sides as a distribution over `reg_max + 1` distances, whose expectation times the stride is the distance from
//! the cell's centre.
//!
//! NanoDet gives one tensor of scores for each stride and then one of sides, with centres in the middle of
//! cells. NanoDet-Plus gives one tensor with scores and sides in one row, cells of all strides one after
//! another, with centres at the cells' corners.

use super::{Candidate, Reader, Tensor, value};

pub(super) fn read(
    reader: &Reader,
    outputs: &[Tensor<'_>],
    found: &mut Vec<Candidate>,
) -> Result<(), String> {
    let bins = reader.reg_max + 1;
    if let [joined] = outputs {
        let (mut rows, columns) = joined.rows(reader.cells())?;
        let classes = columns.checked_sub(4 * bins).filter(|classes| *classes >= reader.classes());
        let classes = classes.ok_or_else(|| format!("{columns} columns are too few"))?;
        for stride in &reader.strides {
            let (columns, cells) = reader.grid(*stride);
            for (cell, row) in (0..columns * cells).zip(&mut rows) {
                let (scores, sides) = row.split_at(classes);
                push(reader, scores, sides, (cell % columns, cell / columns, *stride, 0.0), found);
            }
        }
        return Ok(());
    }
    let (scores, sides) = outputs.split_at(reader.strides.len().min(outputs.len()));
    if scores.len() != sides.len() {
        return Err(format!("{} outputs are not two for each stride", outputs.len()));
    }
    for ((stride, scores), sides) in reader.strides.iter().zip(scores).zip(sides) {
        let (columns, lines) = reader.grid(*stride);
        let (scores, classes) = scores.rows(columns * lines)?;
        let (sides, width) = sides.rows(columns * lines)?;
        if width != 4 * bins || classes < reader.classes() {
            return Err(format!("{classes} scores and {width} side values do not fit the manifest"));
        }
        for (cell, (scores, sides)) in scores.zip(sides).enumerate() {
            push(reader, scores, sides, (cell % columns, cell / columns, *stride, 0.5), found);
        }
    }
    Ok(())
}

fn push(
    reader: &Reader,
    scores: &[f32],
    sides: &[f32],
    (column, line, stride, offset): (usize, usize, u32, f32),
    found: &mut Vec<Candidate>,
) {
    let Some((class, score)) = reader.best(|index| value(scores, index)) else { return };
    let stride = stride as f32;
    let (x, y) = ((column as f32 + offset) * stride, (line as f32 + offset) * stride);
    let mut distances = sides.chunks_exact(reader.reg_max + 1).map(|bins| expectation(bins) * stride);
    let mut next = || distances.next().unwrap_or(0.0);
    let [left, top, right, bottom] = [next(), next(), next(), next()];
    found.push(Candidate { class, score, edges: [x - left, y - top, x + right, y + bottom] });
}

/// The mean of 0, 1, 2 … under the softmax of the bins.
fn expectation(bins: &[f32]) -> f32 {
    let highest = bins.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut sum, mut mean) = (0.0, 0.0);
    for (distance, bin) in bins.iter().enumerate() {
        let weight = (bin - highest).exp();
        sum += weight;
        mean += weight * distance as f32;
    }
    mean / sum
}

#[cfg(test)]
mod tests {
    use super::super::testing::{close, read, reader};
    use super::*;
    use crate::manifest::Layout;
    use domain::ObjectClass;

    /// Sides of 1, 2, 3 and 2 strides, as sharp distributions over 4 bins.
    fn sides() -> Vec<f32> {
        [1, 2, 3, 2]
            .iter()
            .flat_map(|side| (0..4).map(move |bin| if bin == *side { 50.0 } else { 0.0 }))
            .collect()
    }

    #[test]
    fn distances_count_from_the_middle_of_the_cell() {
        // 64×32 at stride 16: 4 columns, 2 lines. The object is in column 2, line 1.
        let reader = reader(Layout::Nanodet, &[16], 3);
        let mut scores = vec![0.01; 8 * 3];
        scores[6 * 3] = 0.9;
        let mut all = vec![0.0; 8 * 16];
        all[6 * 16..7 * 16].copy_from_slice(&sides());
        let outputs =
            [Tensor { shape: &[1, 8, 3], data: &scores }, Tensor { shape: &[1, 8, 16], data: &all }];
        let found = read(&reader, &outputs).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].class, found[0].score), (ObjectClass::Person, 0.9));
        let (x, y) = (2.5 * 16.0, 1.5 * 16.0);
        assert!(close(found[0].edges, [x - 16.0, y - 32.0, x + 48.0, y + 32.0]), "{found:?}");
    }

    #[test]
    fn joined_rows_count_from_the_corner() {
        let reader = reader(Layout::Nanodet, &[16, 32], 3);
        let mut data = vec![0.0; 10 * 19];
        // The second cell of stride 32.
        let row = &mut data[9 * 19..];
        row[2] = 0.8;
        row[3..].copy_from_slice(&sides());
        let found = read(&reader, &[Tensor { shape: &[1, 10, 19], data: &data }]).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].class, ObjectClass::Car);
        assert!(close(found[0].edges, [0.0, -64.0, 128.0, 64.0]), "{found:?}");
    }

    #[test]
    fn even_bins_mean_the_middle() {
        assert!((expectation(&[0.3; 11]) - 5.0).abs() < 1e-5);
        assert!((expectation(&[1000.0, 0.0]) - 0.0).abs() < 1e-6, "large values do not overflow");
    }
}
