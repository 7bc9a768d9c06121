//! YOLOX (arXiv 2107.08430), as exported without decoding: one tensor `[1, cells, 5 + classes]`; cells of all
//! strides one after another; centre in cells from the cell's corner, logarithm of the size in strides,
//! objectness, scores.

use super::{Candidate, Reader, Tensor, around, value};

pub(super) fn read(
    reader: &Reader,
    outputs: &[Tensor<'_>],
    found: &mut Vec<Candidate>,
) -> Result<(), String> {
    let [output] = outputs else { return Err("this layout has one output".to_owned()) };
    let (mut rows, columns) = output.rows(reader.cells())?;
    if columns < 5 + reader.classes() {
        return Err(format!("{columns} columns are too few for the classes of `labels`"));
    }
    for stride in &reader.strides {
        let (columns, lines) = reader.grid(*stride);
        let scale = *stride as f32;
        for (cell, row) in (0..columns * lines).zip(&mut rows) {
            let objectness = value(row, 4);
            let Some((class, score)) = reader.best(|index| value(row, 5 + index) * objectness) else {
                continue;
            };
            let x = (value(row, 0) + (cell % columns) as f32) * scale;
            let y = (value(row, 1) + (cell / columns) as f32) * scale;
            let edges = around(x, y, value(row, 2).exp() * scale, value(row, 3).exp() * scale);
            found.push(Candidate { class, score, edges });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{close, read, reader};
    use super::*;
    use crate::manifest::Layout;
    use domain::ObjectClass;

    #[test]
    fn centres_count_from_the_cell_and_sizes_are_logarithms() {
        // Strides 16 and 32 on 64×32: 8 and 2 cells.
        let reader = reader(Layout::Yolox, &[16, 32], 0);
        let mut data = vec![0.0; 10 * 8];
        data[5 * 8..6 * 8].copy_from_slice(&[0.5, 0.25, 2f32.ln(), 0.0, 0.9, 0.8, 0.0, 0.1]);
        data[9 * 8..].copy_from_slice(&[0.0, 0.0, 0.0, 0.0, 0.6, 0.0, 0.9, 0.9]);
        let found = read(&reader, &[Tensor { shape: &[1, 10, 8], data: &data }]).unwrap();
        assert_eq!(
            found.iter().map(|one| one.class).collect::<Vec<_>>(),
            [ObjectClass::Person, ObjectClass::Car]
        );
        assert!((found[0].score - 0.72).abs() < 1e-6 && (found[1].score - 0.54).abs() < 1e-6);
        assert!(close(found[0].edges, [8.0, 12.0, 40.0, 28.0]), "{found:?}");
        assert!(close(found[1].edges, [16.0, -16.0, 48.0, 16.0]), "{found:?}");
    }
}
