//! YOLOv8 and its kin: one tensor `[1, 4 + classes, candidates]`: centre and size in pixels of the input, then
//! a score for each class. Candidates are columns.

use super::{Candidate, Reader, Tensor, around, value};

pub(super) fn read(
    reader: &Reader,
    outputs: &[Tensor<'_>],
    found: &mut Vec<Candidate>,
) -> Result<(), String> {
    let [output] = outputs else { return Err("this layout has one output".to_owned()) };
    let (rows, columns) = output.table()?;
    if rows < 4 + reader.classes() {
        return Err(format!("{rows} rows are too few for the classes of `labels`"));
    }
    let at = |row: usize, column: usize| value(output.data, row * columns + column);
    for column in 0..columns {
        let Some((class, score)) = reader.best(|index| at(4 + index, column)) else { continue };
        let edges = around(at(0, column), at(1, column), at(2, column), at(3, column));
        found.push(Candidate { class, score, edges });
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
    fn candidates_are_columns() {
        let reader = reader(Layout::Yolov8, &[], 0);
        #[rustfmt::skip]
        let data = [
            10.0, 30.0,
            12.0, 16.0,
            4.0, 20.0,
            8.0, 10.0,
            0.1, 0.35,
            0.9, 0.0,
            0.2, 0.1,
        ];
        let found = read(&reader, &[Tensor { shape: &[1, 7, 2], data: &data }]).unwrap();
        assert_eq!(found.len(), 1, "a class that is not wanted does not count, however sure");
        assert_eq!((found[0].class, found[0].score), (ObjectClass::Person, 0.35));
        assert!(close(found[0].edges, [20.0, 11.0, 40.0, 21.0]), "{found:?}");
    }
}
