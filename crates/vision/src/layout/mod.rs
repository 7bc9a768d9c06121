//! How detectors lay out their outputs. Each layout is a pure function from tensors to candidates.

mod detr;
mod nanodet;
mod yolov8;
mod yolox;

use domain::ObjectClass;

use crate::manifest::{Layout, Manifest};

/// One output of the model: row-major values with their shape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tensor<'a> {
    /// Dimensions, the batch of 1 first.
    pub(crate) shape: &'a [i64],
    /// Values.
    pub(crate) data: &'a [f32],
}

/// Something found, before suppression. Edges are left, top, right, bottom in pixels of the input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) class: ObjectClass,
    pub(crate) score: f32,
    pub(crate) edges: [f32; 4],
}

/// A class of the model that we know, and how sure the model must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) index: usize,
    pub(crate) class: ObjectClass,
    pub(crate) least: f32,
}

/// Reads the outputs of one model.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    layout: Layout,
    width: u32,
    height: u32,
    strides: Vec<u32>,
    reg_max: usize,
    wanted: Vec<Wanted>,
}

impl Reader {
    /// For a manifest that has been checked.
    pub(crate) fn new(manifest: &Manifest) -> Result<Self, String> {
        let wanted = manifest.labels()?.into_iter().map(|(index, class)| {
            let least = manifest.thresholds.class.get(&class).copied().unwrap_or(manifest.thresholds.score);
            Wanted { index, class, least }
        });
        Ok(Self {
            layout: manifest.layout,
            width: manifest.input.width,
            height: manifest.input.height,
            strides: manifest.output.strides.clone(),
            reg_max: manifest.output.reg_max as usize,
            wanted: wanted.collect(),
        })
    }

    /// Adds what the outputs say. `Err` where their shapes are not those of the layout.
    pub(crate) fn read(&self, outputs: &[Tensor<'_>], found: &mut Vec<Candidate>) -> Result<(), String> {
        match self.layout {
            Layout::Nanodet => nanodet::read(self, outputs, found)?,
            Layout::Yolox => yolox::read(self, outputs, found)?,
            Layout::Yolov8 => yolov8::read(self, outputs, found)?,
            Layout::Detr => detr::read(self, outputs, found)?,
        }
        found.retain(|candidate| {
            candidate.score.is_finite() && candidate.edges.iter().all(|edge| edge.is_finite())
        });
        Ok(())
    }

    /// The surest of the wanted classes that is sure enough; `score` gives that of a class of the model.
    fn best(&self, score: impl Fn(usize) -> f32) -> Option<(ObjectClass, f32)> {
        let mut best: Option<(ObjectClass, f32)> = None;
        for wanted in &self.wanted {
            let value = score(wanted.index);
            if value >= wanted.least && best.is_none_or(|(_, highest)| value > highest) {
                best = Some((wanted.class, value));
            }
        }
        best
    }

    /// Number of classes that the model must have at least.
    fn classes(&self) -> usize {
        self.wanted.iter().map(|wanted| wanted.index + 1).max().unwrap_or(0)
    }

    /// Columns and rows of the grid of a stride.
    fn grid(&self, stride: u32) -> (usize, usize) {
        (self.width.div_ceil(stride) as usize, self.height.div_ceil(stride) as usize)
    }

    /// Cells of all grids.
    fn cells(&self) -> usize {
        self.strides.iter().map(|stride| self.grid(*stride)).map(|(columns, rows)| columns * rows).sum()
    }
}

impl<'a> Tensor<'a> {
    /// The last two dimensions of a tensor `[1, rows, columns]`.
    fn table(self) -> Result<(usize, usize), String> {
        match self.shape {
            [1, rows, columns] if *rows > 0 && *columns > 0 => {
                let (rows, columns) = (*rows as usize, *columns as usize);
                if rows.checked_mul(columns) == Some(self.data.len()) {
                    return Ok((rows, columns));
                }
                Err(format!("{} values do not fill the shape {:?}", self.data.len(), self.shape))
            }
            other => Err(format!("the shape {other:?} is not [1, rows, columns]")),
        }
    }

    /// The rows of a tensor `[1, rows, columns]` that must have this number of rows.
    fn rows(self, wanted: usize) -> Result<(std::slice::ChunksExact<'a, f32>, usize), String> {
        let (rows, columns) = self.table()?;
        if rows != wanted {
            return Err(format!("the shape {:?} has {rows} rows where the layout has {wanted}", self.shape));
        }
        Ok((self.data.chunks_exact(columns), columns))
    }
}

/// A value of a row whose length has been checked.
fn value(row: &[f32], index: usize) -> f32 {
    row.get(index).copied().unwrap_or(0.0)
}

/// Edges from centre and size.
fn around(x: f32, y: f32, width: f32, height: f32) -> [f32; 4] {
    [x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0]
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A reader with the classes 0 = person from 0.3 and 2 = car from 0.5.
    pub(crate) fn reader(layout: Layout, strides: &[u32], reg_max: usize) -> Reader {
        Reader {
            layout,
            width: 64,
            height: 32,
            strides: strides.to_vec(),
            reg_max,
            wanted: vec![
                Wanted { index: 0, class: ObjectClass::Person, least: 0.3 },
                Wanted { index: 2, class: ObjectClass::Car, least: 0.5 },
            ],
        }
    }

    pub(crate) fn read(reader: &Reader, outputs: &[Tensor<'_>]) -> Result<Vec<Candidate>, String> {
        let mut found = Vec::new();
        reader.read(outputs, &mut found)?;
        Ok(found)
    }

    pub(crate) fn close(a: [f32; 4], b: [f32; 4]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3)
    }

    #[test]
    fn any_shape_and_any_value_are_read_or_refused() {
        bolero::check!().with_type::<(u8, Vec<(Vec<i8>, Vec<f32>)>)>().for_each(|(which, tensors)| {
            let layout =
                [Layout::Nanodet, Layout::Yolox, Layout::Yolov8, Layout::Detr][usize::from(*which % 4)];
            let shapes: Vec<Vec<i64>> = tensors
                .iter()
                .map(|(shape, _)| shape.iter().map(|side| i64::from(*side)).collect())
                .collect();
            let outputs: Vec<_> =
                tensors.iter().zip(&shapes).map(|((_, data), shape)| Tensor { shape, data }).collect();
            if let Ok(found) = read(&reader(layout, &[32], 3), &outputs) {
                assert!(found.iter().all(|one| one.edges.iter().all(|edge| edge.is_finite())));
            }
        });
    }
}
