//! DETR (arXiv 2005.12872) and its kin with sigmoid heads (RF-DETR, D-FINE, RT-DETR): boxes
//! `[1, queries, 4]` as centre and size in parts of the input, and logits `[1, queries, classes]`.

use super::{Candidate, Reader, Tensor, around, value};

pub(super) fn read(
    reader: &Reader,
    outputs: &[Tensor<'_>],
    found: &mut Vec<Candidate>,
) -> Result<(), String> {
    let [boxes, logits] = outputs else { return Err("this layout has two outputs".to_owned()) };
    let (queries, _) = logits.table()?;
    let (logits, classes) = logits.rows(queries)?;
    let (boxes, sides) = boxes.rows(queries)?;
    if sides != 4 || classes < reader.classes() {
        return Err(format!("boxes of {sides} values and {classes} classes do not fit the manifest"));
    }
    let (width, height) = (reader.width as f32, reader.height as f32);
    for (bounds, logits) in boxes.zip(logits) {
        let Some((class, score)) = reader.best(|index| sigmoid(value(logits, index))) else { continue };
        let edges = around(
            value(bounds, 0) * width,
            value(bounds, 1) * height,
            value(bounds, 2) * width,
            value(bounds, 3) * height,
        );
        found.push(Candidate { class, score, edges });
    }
    Ok(())
}

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{close, read, reader};
    use super::*;
    use crate::manifest::Layout;
    use domain::ObjectClass;

    #[test]
    fn boxes_are_parts_of_the_input_and_scores_are_logits() {
        let reader = reader(Layout::Detr, &[], 0);
        let boxes = [0.5, 0.5, 0.5, 1.0, 0.1, 0.1, 0.1, 0.1];
        let logits = [-3.0, 5.0, 2.0, -9.0, 9.0, -9.0];
        let outputs =
            [Tensor { shape: &[1, 2, 4], data: &boxes }, Tensor { shape: &[1, 2, 3], data: &logits }];
        let found = read(&reader, &outputs).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].class, ObjectClass::Car);
        assert!((found[0].score - 0.8808).abs() < 1e-3);
        assert!(close(found[0].edges, [16.0, 0.0, 48.0, 32.0]), "{found:?}");
    }
}
