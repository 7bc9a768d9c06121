//! Looks at single pictures: what is wanted of one, and what came of it.

use serde::{Deserialize, Serialize};

use crate::BoundingBox;

/// How a picture is to be looked at: it is searched where it changed, and besides as told here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LookAt {
    /// Where objects are thought to be: searched whether anything changed there or not.
    pub focus: Vec<BoundingBox>,
    /// Whether all of it is to be searched.
    pub whole: bool,
}

impl LookAt {
    /// A search of all of the picture.
    #[must_use]
    pub fn whole() -> Self {
        Self { focus: Vec::new(), whole: true }
    }
}

/// Which part of a picture was searched for objects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Searched {
    /// None of it: nothing had changed.
    Nothing,
    /// These rectangles.
    Areas(Vec<BoundingBox>),
    /// All of it.
    Whole,
}

impl Searched {
    /// Least share of a box that must lie in one area for a detector to find what is in it.
    const ENOUGH: f32 = 0.8;

    /// Whether an object there would have been found.
    #[must_use]
    pub fn covers(&self, bounds: BoundingBox) -> bool {
        match self {
            Self::Nothing => false,
            // What lies outside of the picture is nowhere to be searched for.
            Self::Areas(areas) => areas.iter().any(|area| bounds.clamped().inside(*area) >= Self::ENOUGH),
            Self::Whole => true,
        }
    }
}

/// What a picture showed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SceneView {
    /// Standard deviation of its brightness, in steps of 0 to 255. Next to nothing where the lens is covered.
    pub contrast: f32,
    /// How like it is to what the camera used to show, 0 to 1.
    pub likeness: f32,
    /// Whether it is the very same as that of a second or more before: no real picture is, for its grain differs.
    pub unchanged: bool,
}

impl Default for SceneView {
    /// A picture with which all is well.
    fn default() -> Self {
        Self { contrast: 255.0, likeness: 1.0, unchanged: false }
    }
}

/// Processor time that went into a look, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookCost {
    /// Pictures decoded since the look before.
    pub decoded: u32,
    /// Decoding since the look before.
    pub decode_micros: u32,
    /// Finding out what changed.
    pub motion_micros: u32,
    /// Searching; of a search that several pictures shared, its part.
    pub detect_micros: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f32, w: f32) -> BoundingBox {
        BoundingBox { x, y: 0.4, w, h: 0.2 }
    }

    #[test]
    fn an_object_is_covered_where_most_of_it_lies_in_one_area() {
        let searched = Searched::Areas(vec![at(0.1, 0.2), at(0.4, 0.2)]);
        assert!(searched.covers(at(0.15, 0.1)) && searched.covers(at(0.08, 0.2)));
        assert!(!searched.covers(at(0.2, 0.3)), "half in each");
        assert!(!Searched::Nothing.covers(at(0.1, 0.1)) && Searched::Whole.covers(at(-0.5, 0.1)));
        let edge = Searched::Areas(vec![at(0.8, 0.2)]);
        assert!(edge.covers(at(0.9, 0.3)), "what lies outside of the picture cannot be searched");
    }
}
