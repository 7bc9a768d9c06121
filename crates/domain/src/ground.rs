//! The ground as a camera sees it: how far apart two points of the picture really are.

use serde::{Deserialize, Serialize};

use crate::PicturePoint;

/// Shortest and longest side of the rectangle, in metres.
const SIDE: (f32, f32) = (0.5, 500.0);
/// Least turn at a corner, in parts of the picture squared: below it, three corners are one line.
const LEAST_TURN: f64 = 1e-4;

/// Four points of the picture that are the corners of a rectangle on the ground, such as a stretch of road between two
/// lamp posts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// The corners, one after another around it.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Vec<f32>>))]
    pub corners: [PicturePoint; 4],
    /// Metres from the first corner to the second, and from the third to the fourth.
    pub width: f32,
    /// Metres from the second corner to the third, and from the fourth to the first.
    pub length: f32,
}

/// A projective map of the plane: rows of a 3 × 3 matrix.
type Projection = [[f64; 3]; 3];

impl Ground {
    /// What is wrong with it: the field, and what would be right.
    #[must_use]
    pub fn problem(&self) -> Option<(&'static str, String)> {
        let inside = |point: &PicturePoint| point.iter().all(|part| (0.0..=1.0).contains(part));
        if let Some(place) = self.corners.iter().position(|point| !inside(point)) {
            let problem =
                format!("corner {} lies outside of the picture: both numbers must be from 0 to 1", place + 1);
            return Some(("condition.ground.corners", problem));
        }
        let [a, b, c, d] = self.corners;
        let turns = [turn(a, b, c), turn(b, c, d), turn(c, d, a), turn(d, a, b)];
        let convex =
            turns.iter().all(|turn| *turn > LEAST_TURN) || turns.iter().all(|turn| *turn < -LEAST_TURN);
        if !convex {
            let problem = "a rectangle on the ground is seen with four corners that bulge outwards: give them one after another \
                           around it, far enough apart";
            return Some(("condition.ground.corners", problem.to_owned()));
        }
        let wrong = |metres: f32| !(SIDE.0..=SIDE.1).contains(&metres);
        let (field, metres) = if wrong(self.width) {
            ("condition.ground.width", self.width)
        } else if wrong(self.length) {
            ("condition.ground.length", self.length)
        } else {
            return None;
        };
        Some((field, format!("{metres} m is not from {} to {} m", SIDE.0, SIDE.1)))
    }

    /// Where a point of the picture is on the ground, in metres along the rectangle's width and length from its first
    /// corner. `None` outside of the rectangle: the further from what was measured, the wilder the guess.
    #[must_use]
    pub fn metres(&self, [x, y]: PicturePoint) -> Option<[f64; 2]> {
        let [u, v] = project(&inverse(&self.onto_picture()), [f64::from(x), f64::from(y)]);
        let inside = |part: f64| (0.0..=1.0).contains(&part);
        (inside(u) && inside(v)).then(|| [u * f64::from(self.width), v * f64::from(self.length)])
    }

    /// Maps the unit square, whose corners are (0, 0), (1, 0), (1, 1) and (0, 1), to the four corners (P. Heckbert,
    /// Fundamentals of Texture Mapping and Image Warping, 1989, §2.2.3).
    fn onto_picture(&self) -> Projection {
        let [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = self.corners.map(|corner| corner.map(f64::from));
        let (dx1, dx2, sx) = (x1 - x2, x3 - x2, x0 - x1 + x2 - x3);
        let (dy1, dy2, sy) = (y1 - y2, y3 - y2, y0 - y1 + y2 - y3);
        let whole = dx1 * dy2 - dx2 * dy1;
        let (g, h) = ((sx * dy2 - dx2 * sy) / whole, (dx1 * sy - sx * dy1) / whole);
        [[x1 - x0 + g * x1, x3 - x0 + h * x3, x0], [y1 - y0 + g * y1, y3 - y0 + h * y3, y0], [g, h, 1.0]]
    }
}

/// The way back, but for a factor, which a projection does not mind: the adjugate.
#[expect(clippy::many_single_char_names, reason = "a matrix is read by its letters")]
fn inverse([[a, b, c], [d, e, f], [g, h, i]]: &Projection) -> Projection {
    [
        [e * i - f * h, c * h - b * i, b * f - c * e],
        [f * g - d * i, a * i - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ]
}

fn project([row_x, row_y, row_w]: &Projection, [x, y]: [f64; 2]) -> [f64; 2] {
    let along = |[a, b, c]: &[f64; 3]| a * x + b * y + c;
    let w = along(row_w);
    [along(row_x) / w, along(row_y) / w]
}

/// To which side the way from `a` over `b` to `c` turns, and how far.
fn turn(a: PicturePoint, b: PicturePoint, c: PicturePoint) -> f64 {
    let [[ax, ay], [bx, by], [cx, cy]] = [a, b, c].map(|point| point.map(f64::from));
    (bx - ax) * (cy - by) - (by - ay) * (cx - bx)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A road that narrows into the distance: 6 m wide, 40 m long.
    fn road() -> Ground {
        Ground { corners: [[0.1, 0.9], [0.9, 0.9], [0.6, 0.3], [0.4, 0.3]], width: 6.0, length: 40.0 }
    }

    #[test]
    fn corners_lie_where_they_were_measured_and_the_distance_is_foreshortened() {
        let road = road();
        assert_eq!(road.problem(), None);
        for (corner, [x, y]) in
            road.corners.into_iter().zip([[0.0, 0.0], [6.0, 0.0], [6.0, 40.0], [0.0, 40.0]])
        {
            // A corner is on the border: a hair towards the middle.
            let near = [corner[0] + (0.5 - corner[0]) * 1e-3, corner[1] + (0.6 - corner[1]) * 1e-3];
            let [along, away] = road.metres(near).unwrap();
            assert!((along - x).abs() < 0.2 && (away - y).abs() < 0.4, "{along} {away} not {x} {y}");
        }
        // Half-way up the picture is much less than half-way along the road.
        let [across, away] = road.metres([0.5, 0.6]).unwrap();
        assert!((across - 3.0).abs() < 1e-3 && away < 15.0, "{across} {away}");
        assert_eq!(road.metres([0.05, 0.5]), None);
        assert_eq!(road.metres([0.5, 0.1]), None, "beyond the far end, or the horizon");
    }

    #[test]
    fn what_is_no_rectangle_names_the_field() {
        let field = |ground: Ground| ground.problem().unwrap().0;
        let corners = |corners| Ground { corners, ..road() };
        assert_eq!(
            field(corners([[0.1, 0.9], [0.6, 0.3], [0.9, 0.9], [0.4, 0.3]])),
            "condition.ground.corners"
        );
        assert_eq!(
            field(corners([[0.1, 0.9], [0.9, 0.9], [0.5, 0.9], [0.4, 0.3]])),
            "condition.ground.corners"
        );
        assert_eq!(
            field(corners([[0.1, 0.9], [0.9, 0.9], [0.6, f32::NAN], [0.4, 0.3]])),
            "condition.ground.corners"
        );
        assert_eq!(field(Ground { width: 0.0, ..road() }), "condition.ground.width");
        assert_eq!(field(Ground { length: f32::INFINITY, ..road() }), "condition.ground.length");
    }

    proptest! {
        /// There and back is the same point.
        #[test]
        fn the_projection_inverts(
            jitter in prop::array::uniform8(-0.15f32..0.15), u in 0.01f64..0.99, v in 0.01f64..0.99,
        ) {
            let base = [[0.2, 0.8], [0.8, 0.8], [0.75, 0.2], [0.25, 0.2]];
            let mut corners = base;
            for (corner, off) in corners.iter_mut().flatten().zip(jitter) {
                *corner += off;
            }
            let ground = Ground { corners, width: 10.0, length: 20.0 };
            prop_assume!(ground.problem().is_none());
            let [x, y] = project(&ground.onto_picture(), [u, v]);
            let [along, away] = ground.metres([x as f32, y as f32]).unwrap();
            prop_assert!((along - 10.0 * u).abs() < 0.01 && (away - 20.0 * v).abs() < 0.01, "{along} {away}");
        }

        /// Turned or mirrored corners are another way to write the same ground: distances stay.
        #[test]
        fn distances_do_not_depend_on_the_corner_to_begin_with(x in 0.42f32..0.58, y in 0.35f32..0.85) {
            let (one, [a, b, c, d]) = (road(), road().corners);
            let other = Ground { corners: [b, c, d, a], width: 40.0, length: 6.0 };
            let [along, away] = one.metres([x, y]).unwrap();
            let [far, near] = other.metres([x, y]).unwrap();
            prop_assert!((away - far).abs() < 0.01 && (6.0 - along - near).abs() < 0.01);
        }
    }
}
