//! Shapes that a person draws on a camera's picture: zones and lines.

use serde::{Deserialize, Serialize};

use crate::BoundingBox;

/// A point of the picture, in parts of its width and height: 0 is left or top, 1 is right or bottom.
pub type PicturePoint = [f32; 2];

/// Fewest and most corners of a zone.
const CORNERS: (usize, usize) = (3, 64);
/// Shortest line, in parts of the picture.
const SHORTEST: f32 = 0.01;
/// Smallest zone, in parts of the picture.
const SMALLEST: f32 = 1e-4;
/// Longest name of a shape.
const LONGEST_NAME: usize = 100;

/// A part of the picture, closed by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// What people call it.
    #[cfg_attr(feature = "openapi", schema(example = "Cổng trường"))]
    pub name: String,
    /// Its corners in order, 3 to 64, each within 0 and 1. The last is joined to the first.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Vec<f32>>))]
    pub corners: Vec<PicturePoint>,
}

/// A line across the picture, with a direction: from its first point to its second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What people call it.
    #[cfg_attr(feature = "openapi", schema(example = "Vạch cổng"))]
    pub name: String,
    /// Where it begins.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<f32>))]
    pub from: PicturePoint,
    /// Where it ends.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<f32>))]
    pub to: PicturePoint,
}

/// Why a shape is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// It has no name, or one that is too long.
    #[error("its name has {0} characters, and needs 1 to {LONGEST_NAME}")]
    Name(usize),
    /// Its name holds a control character.
    #[error("its name holds a control character")]
    Control,
    /// Too few or too many corners.
    #[error("it has {0} corners, and needs 3 to 64")]
    Corners(usize),
    /// A point is outside of the picture.
    #[error("point {0} lies outside of the picture: both numbers must be from 0 to 1")]
    Outside(usize),
    /// Two edges cross.
    #[error("its edges {0} and {1} cross or touch")]
    Crossing(usize, usize),
    /// Hardly anything lies in it.
    #[error("it is too small to hold anything")]
    Small,
    /// The ends of a line are the same point.
    #[error("its ends are too close to each other")]
    Short,
}

impl Zone {
    /// Checks name, corners and edges.
    pub fn check(&self) -> Result<(), ShapeError> {
        check_name(&self.name)?;
        let count = self.corners.len();
        if !(CORNERS.0..=CORNERS.1).contains(&count) {
            return Err(ShapeError::Corners(count));
        }
        check_points(&self.corners)?;
        let edges: Vec<_> = self.edges().collect();
        for (a, one) in edges.iter().enumerate() {
            for (b, other) in edges.iter().enumerate().skip(a + 1) {
                let neighbours = b == a + 1 || (a == 0 && b == count - 1);
                let touch =
                    if neighbours { folds_back(*one, *other, b == a + 1) } else { meet(*one, *other) };
                if touch {
                    return Err(ShapeError::Crossing(a + 1, b + 1));
                }
            }
        }
        let area: f32 = edges.iter().map(|([ax, ay], [bx, by])| ax * by - bx * ay).sum();
        if area.abs() / 2.0 < SMALLEST { Err(ShapeError::Small) } else { Ok(()) }
    }

    /// Whether a point lies in it (crossings of a ray: W. R. Franklin's PNPOLY).
    #[must_use]
    pub fn holds(&self, [x, y]: PicturePoint) -> bool {
        let crosses = |([ax, ay], [bx, by]): &(PicturePoint, PicturePoint)| {
            (*ay > y) != (*by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
        };
        self.edges().filter(crosses).count() % 2 == 1
    }

    /// Whether a way through the picture touches it: begins, ends or turns in it, or crosses one of its edges.
    #[must_use]
    pub fn touched(&self, way: &[PicturePoint]) -> bool {
        let steps = || way.iter().copied().zip(way.iter().copied().skip(1));
        way.iter().any(|point| self.holds(*point))
            || steps().any(|step| self.edges().any(|edge| meet(step, edge)))
    }

    fn edges(&self) -> impl Iterator<Item = (PicturePoint, PicturePoint)> + '_ {
        self.corners.iter().copied().zip(self.corners.iter().copied().cycle().skip(1))
    }
}

impl Line {
    /// Checks name and ends.
    pub fn check(&self) -> Result<(), ShapeError> {
        check_name(&self.name)?;
        check_points(&[self.from, self.to])?;
        let length = (self.to[0] - self.from[0]).hypot(self.to[1] - self.from[1]);
        if length < SHORTEST { Err(ShapeError::Short) } else { Ok(()) }
    }

    /// On which side of the line a point lies, seen along its direction: positive to the right, negative to the
    /// left.
    #[must_use]
    pub fn side(&self, [x, y]: PicturePoint) -> f32 {
        let ([ax, ay], [bx, by]) = (self.from, self.to);
        (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    }

    /// Whether the way from `a` to `b` crosses it between its ends: `Some(true)` from left to right.
    #[must_use]
    pub fn crossed(&self, a: PicturePoint, b: PicturePoint) -> Option<bool> {
        let (before, after) = (self.side(a), self.side(b));
        let sides = (before < 0.0 && after >= 0.0) || (before > 0.0 && after <= 0.0);
        let way = Line { name: String::new(), from: a, to: b };
        let (from, to) = (way.side(self.from), way.side(self.to));
        (sides && from * to <= 0.0).then_some(before < 0.0)
    }
}

/// Where an object stands: the middle of the lower edge of its box.
#[must_use]
pub fn foot(bounds: BoundingBox) -> PicturePoint {
    let (x, y) = bounds.foot();
    [x, y]
}

fn check_name(name: &str) -> Result<(), ShapeError> {
    if name.chars().any(char::is_control) {
        return Err(ShapeError::Control);
    }
    let length = name.trim().chars().count();
    if (1..=LONGEST_NAME).contains(&length) { Ok(()) } else { Err(ShapeError::Name(length)) }
}

fn check_points(points: &[PicturePoint]) -> Result<(), ShapeError> {
    let inside = |point: &PicturePoint| point.iter().all(|part| (0.0..=1.0).contains(part));
    match points.iter().position(|point| !inside(point)) {
        Some(place) => Err(ShapeError::Outside(place + 1)),
        None => Ok(()),
    }
}

type Edge = (PicturePoint, PicturePoint);

fn turn([ax, ay]: PicturePoint, [bx, by]: PicturePoint, [cx, cy]: PicturePoint) -> f32 {
    (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
}

/// Whether two edges have a point in common.
fn meet((a, b): Edge, (c, d): Edge) -> bool {
    let (one, two) = (turn(a, b, c), turn(a, b, d));
    let (three, four) = (turn(c, d, a), turn(c, d, b));
    if one * two < 0.0 && three * four < 0.0 {
        return true;
    }
    let on = |turn: f32, edge: Edge, point: PicturePoint| turn == 0.0 && within(edge, point);
    on(one, (a, b), c) || on(two, (a, b), d) || on(three, (c, d), a) || on(four, (c, d), b)
}

fn within((a, b): Edge, point: PicturePoint) -> bool {
    (0..2).all(|axis| match (a.get(axis), b.get(axis), point.get(axis)) {
        (Some(a), Some(b), Some(p)) => (a.min(*b)..=a.max(*b)).contains(p),
        _ => false,
    })
}

/// Whether two edges that share a corner lie on each other.
fn folds_back(one: Edge, other: Edge, follows: bool) -> bool {
    let (a, corner, b) = if follows { (one.0, one.1, other.1) } else { (one.1, one.0, other.0) };
    turn(a, corner, b) == 0.0 && (within((a, corner), b) || within((corner, b), a))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(corners: &[PicturePoint]) -> Zone {
        Zone { name: "Sân".to_owned(), corners: corners.to_vec() }
    }

    #[test]
    fn a_zone_holds_what_lies_in_it() {
        let corner = zone(&[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.5, 0.9], [0.5, 0.5], [0.1, 0.5]]);
        assert_eq!(corner.check(), Ok(()));
        assert!(corner.holds([0.2, 0.2]) && corner.holds([0.8, 0.8]));
        assert!(!corner.holds([0.2, 0.8]), "the corner that is cut out");
        assert!(!corner.holds([0.95, 0.5]));
    }

    #[test]
    fn a_way_touches_a_zone_that_it_passes_through() {
        let gate = zone(&[[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]]);
        assert!(gate.touched(&[[0.5, 0.5]]) && gate.touched(&[[0.1, 0.5], [0.9, 0.5]]));
        assert!(gate.touched(&[[0.1, 0.1], [0.2, 0.2], [0.5, 0.5]]));
        assert!(!gate.touched(&[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]), "around it");
        assert!(!gate.touched(&[]));
    }

    #[test]
    fn what_is_no_zone_is_said() {
        assert_eq!(zone(&[[0.0, 0.0], [1.0, 1.0]]).check(), Err(ShapeError::Corners(2)));
        assert_eq!(zone(&[[0.5, 0.5]; 65]).check(), Err(ShapeError::Corners(65)));
        assert_eq!(zone(&[[0.0, 0.0], [1.2, 0.0], [1.0, 1.0]]).check(), Err(ShapeError::Outside(2)));
        assert_eq!(zone(&[[0.0, 0.0], [f32::NAN, 0.0], [1.0, 1.0]]).check(), Err(ShapeError::Outside(2)));
        let bow = zone(&[[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]);
        assert_eq!(bow.check(), Err(ShapeError::Crossing(1, 3)));
        assert!(matches!(zone(&[[0.1, 0.1], [0.5, 0.1], [0.2, 0.1]]).check(), Err(ShapeError::Crossing(..))));
        assert!(matches!(zone(&[[0.1, 0.1], [0.105, 0.1], [0.1, 0.105]]).check(), Err(ShapeError::Small)));
        let nameless = Zone { name: " ".to_owned(), ..bow };
        assert_eq!(nameless.check(), Err(ShapeError::Name(0)));
    }

    #[test]
    fn a_line_is_crossed_between_its_ends_in_a_direction() {
        let line = Line { name: "Vạch".to_owned(), from: [0.2, 0.5], to: [0.8, 0.5] };
        assert_eq!(line.check(), Ok(()));
        // Whoever looks along it, to the right of the picture, has the lower part to the right.
        assert_eq!(line.crossed([0.5, 0.4], [0.5, 0.6]), Some(true));
        assert_eq!(line.crossed([0.5, 0.6], [0.5, 0.4]), Some(false));
        assert_eq!(line.crossed([0.9, 0.4], [0.9, 0.6]), None, "past its end");
        assert_eq!(line.crossed([0.5, 0.6], [0.6, 0.7]), None);
        assert_eq!(line.crossed([0.5, 0.4], [0.5, 0.5]), Some(true), "onto it");
        assert_eq!(line.crossed([0.5, 0.5], [0.5, 0.6]), None, "and not once more");
        assert_eq!(Line { to: [0.2, 0.5], ..line }.check(), Err(ShapeError::Short));
    }
}
