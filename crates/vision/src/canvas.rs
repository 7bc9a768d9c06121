//! One input of the detector, shared by areas of several pictures and cameras.

use etagere::{AtlasAllocator, size2};

use crate::layout::Candidate;
use crate::plan::Area;
use crate::planes::Planes;
use crate::sampler::{Part, Sampler};
use crate::tensor::{InputTensor, Place};

/// Pixels of padding between two areas, so that nothing is found across their border.
const GAP: i32 = 8;
/// What is found this close to where an area was cut out of its picture, in pixels of the input, is cut off.
const CUT_OFF: f32 = 2.0;
/// What the score of something that is cut off is worth.
const CUT_OFF_SCORE: f32 = 0.9;

/// The input with the areas that are drawn on it.
pub(crate) struct Canvas {
    tensor: InputTensor,
    atlas: AtlasAllocator,
    pieces: Vec<Piece>,
}

/// An area that is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Piece {
    /// To which look it belongs.
    pub(crate) look: usize,
    part: Part,
    place: Place,
    picture: (usize, usize),
}

impl Canvas {
    /// Nothing is drawn yet.
    pub(crate) fn new(tensor: InputTensor) -> Self {
        let (width, height) = tensor.size();
        // Areas on the right and at the bottom need no gap behind them.
        let atlas = AtlasAllocator::new(size2(width as i32 + GAP, height as i32 + GAP));
        Self { tensor, atlas, pieces: Vec::new() }
    }

    /// Draws all areas of a look; draws none and says no where they do not all fit beside what is there.
    pub(crate) fn add(
        &mut self,
        look: usize,
        planes: &Planes<'_>,
        areas: &[Area],
        sampler: &mut Sampler,
    ) -> bool {
        let before = self.pieces.len();
        let mut taken = [None; crate::motion::MOST_BLOBS];
        for (number, area) in areas.iter().enumerate() {
            let allocation = self.atlas.allocate(size2(area.width as i32 + GAP, area.height as i32 + GAP));
            let (Some(allocation), Some(taken)) = (allocation, taken.get_mut(number)) else {
                for id in taken.into_iter().flatten() {
                    self.atlas.deallocate(id);
                }
                self.pieces.truncate(before);
                return false;
            };
            *taken = Some(allocation.id);
            let corner = allocation.rectangle.min;
            let place = Place {
                x: corner.x.max(0) as usize,
                y: corner.y.max(0) as usize,
                width: area.width,
                height: area.height,
            };
            self.pieces.push(Piece { look, part: area.part, place, picture: (planes.width, planes.height) });
        }
        for piece in self.pieces.iter().skip(before) {
            sampler.draw(planes, piece.part, piece.place, &mut self.tensor);
        }
        true
    }

    /// What is drawn.
    pub(crate) fn tensor(&self) -> &InputTensor {
        &self.tensor
    }

    /// The areas that are drawn, in the order of their looks.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Takes everything off.
    pub(crate) fn clear(&mut self) {
        self.tensor.clear();
        self.atlas.clear();
        self.pieces.clear();
    }
}

impl Piece {
    /// Pixels of the input that it fills.
    pub(crate) fn pixels(&self) -> usize {
        self.place.width * self.place.height
    }

    /// Something that was found, if it was found in this piece: its score, and its edges in parts of the picture.
    pub(crate) fn take(&self, found: &Candidate) -> Option<(f32, [f32; 4])> {
        let [left, top, right, bottom] = found.edges;
        let (x, y) = (f32::midpoint(left, right), f32::midpoint(top, bottom));
        let (start_x, start_y) = (self.place.x as f32, self.place.y as f32);
        let (end_x, end_y) = (start_x + self.place.width as f32, start_y + self.place.height as f32);
        if !((start_x..end_x).contains(&x) && (start_y..end_y).contains(&y)) {
            return None;
        }
        let (across, down) =
            (self.part.width as f32 / (end_x - start_x), self.part.height as f32 / (end_y - start_y));
        let (width, height) = (self.picture.0 as f32, self.picture.1 as f32);
        let cut = (left <= start_x + CUT_OFF && self.part.x > 0)
            || (top <= start_y + CUT_OFF && self.part.y > 0)
            || (right >= end_x - CUT_OFF && self.part.x + self.part.width < self.picture.0)
            || (bottom >= end_y - CUT_OFF && self.part.y + self.part.height < self.picture.1);
        let in_picture_x =
            |x: f32| (self.part.x as f32 + (x.clamp(start_x, end_x) - start_x) * across) / width;
        let in_picture_y =
            |y: f32| (self.part.y as f32 + (y.clamp(start_y, end_y) - start_y) * down) / height;
        let score = if cut { found.score * CUT_OFF_SCORE } else { found.score };
        Some((score, [in_picture_x(left), in_picture_y(top), in_picture_x(right), in_picture_y(bottom)]))
    }

    /// The part of the picture that it shows: left, top, right and bottom in parts of the picture.
    pub(crate) fn shows(&self) -> [f32; 4] {
        let (width, height) = (self.picture.0 as f32, self.picture.1 as f32);
        [
            self.part.x as f32 / width,
            self.part.y as f32 / height,
            (self.part.x + self.part.width) as f32 / width,
            (self.part.y + self.part.height) as f32 / height,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Channels, Fit, Input};
    use crate::planes::Plane;
    use domain::ObjectClass;

    fn tensor() -> InputTensor {
        InputTensor::new(&Input {
            name: "images".to_owned(),
            width: 128,
            height: 64,
            channels: Channels::Bgr,
            mean: [0.0; 3],
            std: [1.0; 3],
            scale: 1.0,
            letterbox: Fit::TopLeft,
            pad: 0,
        })
    }

    /// A grey picture, as bright as told.
    fn grey(bytes: &[u8]) -> Planes<'_> {
        let colour = Plane::new(&[128; 50 * 50], 50, 50, 50);
        let luma = Plane::new(bytes, 100, 100, 100);
        Planes { width: 100, height: 100, luma, blue: colour, red: colour, full_range: true }
    }

    fn area(x: usize, y: usize, width: usize, height: usize) -> Area {
        Area { part: Part { x, y, width, height }, width, height }
    }

    fn found(edges: [f32; 4]) -> Candidate {
        Candidate { class: ObjectClass::Person, score: 1.0, edges }
    }

    #[test]
    fn areas_of_several_pictures_share_the_input_and_never_touch() {
        let (mut canvas, mut sampler) = (Canvas::new(tensor()), Sampler::default());
        let (dark, light) = ([50; 10_000], [200; 10_000]);
        assert!(canvas.add(0, &grey(&dark), &[area(0, 0, 40, 30), area(60, 50, 40, 30)], &mut sampler));
        assert!(canvas.add(1, &grey(&light), &[area(10, 10, 30, 20)], &mut sampler));
        let pieces = canvas.pieces().to_vec();
        assert_eq!(pieces.iter().map(|piece| piece.look).collect::<Vec<_>>(), [0, 0, 1]);
        for (number, one) in pieces.iter().enumerate() {
            let (a, bright) = (one.place, if one.look == 0 { 50.0 } else { 200.0 });
            assert!(a.x + a.width <= 128 && a.y + a.height <= 64, "{pieces:?}");
            let middle = canvas.tensor().view()[[0, 1, a.y + a.height / 2, a.x + a.width / 2]];
            assert!((middle - bright).abs() < 1.0, "{middle}");
            for b in pieces.iter().skip(number + 1).map(|other| other.place) {
                let apart = |a: usize, a_length: usize, b: usize, b_length: usize| {
                    a + a_length + GAP as usize <= b || b + b_length + GAP as usize <= a
                };
                assert!(apart(a.x, a.width, b.x, b.width) || apart(a.y, a.height, b.y, b.height));
            }
        }
    }

    #[test]
    fn what_does_not_fit_leaves_no_trace() {
        let (mut canvas, mut sampler) = (Canvas::new(tensor()), Sampler::default());
        let picture = [9; 10_000];
        assert!(canvas.add(0, &grey(&picture), &[area(0, 0, 100, 40)], &mut sampler));
        let before = canvas.pieces().to_vec();
        assert!(!canvas.add(1, &grey(&picture), &[area(0, 0, 10, 10), area(0, 0, 90, 60)], &mut sampler));
        assert_eq!(canvas.pieces(), before);
        canvas.clear();
        assert!(canvas.add(1, &grey(&picture), &[area(0, 0, 100, 64)], &mut sampler));
    }

    #[test]
    fn finds_go_back_to_their_picture_and_those_cut_off_are_worth_less() {
        let (mut canvas, mut sampler) = (Canvas::new(tensor()), Sampler::default());
        let picture = [9; 10_000];
        // Drawn at half size.
        let half = Area { part: Part { x: 50, y: 20, width: 40, height: 80 }, width: 20, height: 40 };
        assert!(canvas.add(7, &grey(&picture), &[half], &mut sampler));
        let piece = canvas.pieces()[0];
        let at = |x: f32, y: f32| (piece.place.x as f32 + x, piece.place.y as f32 + y);
        let ((left, top), (right, bottom)) = (at(5.0, 10.0), at(15.0, 30.0));
        let (score, edges) = piece.take(&found([left, top, right, bottom])).unwrap();
        assert!((score - 1.0).abs() < 1e-6);
        let wanted = [0.6, 0.4, 0.8, 0.8];
        assert!(edges.iter().zip(wanted).all(|(is, wanted)| (is - wanted).abs() < 1e-5), "{edges:?}");
        let (left, top) = at(-3.0, 10.0);
        assert!(piece.take(&found([left, top, right, bottom])).unwrap().0 < 0.95, "cut off on the left");
        let (_, bottom) = at(0.0, 39.5);
        assert!(
            piece.take(&found([right - 8.0, top, right, bottom])).unwrap().0 > 0.9,
            "the picture ends there"
        );
        assert_eq!(piece.take(&found([100.0, 50.0, 120.0, 60.0])), None);
    }
}
