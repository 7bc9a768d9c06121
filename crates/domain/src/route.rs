//! A route over the ground: where along it something lies, and how long one takes to get there.

use crate::GeoPoint;

/// Fewest and most points of a route.
const POINTS: (usize, usize) = (2, 100);

/// A line through points on the earth, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    points: Vec<GeoPoint>,
}

/// Where something lies beside a route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beside {
    /// Metres from the start of the route to the nearest point on it.
    pub along: f64,
    /// Metres from there.
    pub off: f64,
}

impl Route {
    /// A route; `None` unless it has 2 to 100 points on the earth, of which two differ.
    #[must_use]
    pub fn new(points: Vec<GeoPoint>) -> Option<Self> {
        let count = (POINTS.0..=POINTS.1).contains(&points.len());
        let on_earth = points.iter().all(|point| GeoPoint::new(point.latitude, point.longitude).is_some());
        let somewhere = points.windows(2).any(|pair| matches!(pair, [a, b] if a != b));
        (count && on_earth && somewhere).then_some(Self { points })
    }

    /// Its points.
    #[must_use]
    pub fn points(&self) -> &[GeoPoint] {
        &self.points
    }

    /// Where a point lies beside it: at the nearest of its parts, the first of those that are as near.
    #[must_use]
    pub fn beside(&self, point: GeoPoint) -> Beside {
        let mut nearest = Beside { along: 0.0, off: f64::INFINITY };
        let mut walked = 0.0;
        for pair in self.points.windows(2) {
            let [from, to] = pair else { continue };
            let length = from.metres_to(*to);
            // The plane that touches the earth at the point is flat enough for what a camera sees.
            let ((ax, ay), (bx, by)) = (plane(point, *from), plane(point, *to));
            let (dx, dy) = (bx - ax, by - ay);
            let square = dx * dx + dy * dy;
            let part = if square > 0.0 { (-(ax * dx + ay * dy) / square).clamp(0.0, 1.0) } else { 0.0 };
            let off = (ax + part * dx).hypot(ay + part * dy);
            if off < nearest.off {
                nearest = Beside { along: walked + part * length, off };
            }
            walked += length;
        }
        nearest
    }
}

/// Metres east and north of a point.
fn plane(around: GeoPoint, point: GeoPoint) -> (f64, f64) {
    const METRES_A_DEGREE: f64 = 6_371_008.8 * std::f64::consts::PI / 180.0;
    let east = (point.longitude - around.longitude) * around.latitude.to_radians().cos();
    (east * METRES_A_DEGREE, (point.latitude - around.latitude) * METRES_A_DEGREE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(latitude: f64, longitude: f64) -> GeoPoint {
        GeoPoint { latitude, longitude }
    }

    #[test]
    fn what_lies_beside_a_route_is_found_at_its_nearest_part() {
        // 0.01 degrees north are 1112 m, 0.01 degrees east at this latitude 1066 m.
        let route =
            Route::new(vec![point(16.46, 107.59), point(16.47, 107.59), point(16.47, 107.60)]).unwrap();
        let beside = route.beside(point(16.465, 107.591));
        assert!((beside.along - 556.0).abs() < 2.0 && (beside.off - 106.6).abs() < 1.0, "{beside:?}");
        let beside = route.beside(point(16.471, 107.595));
        assert!((beside.along - 1645.0).abs() < 3.0 && (beside.off - 111.2).abs() < 1.0, "{beside:?}");
        let before = route.beside(point(16.45, 107.59));
        assert!(before.along.abs() < 1e-6 && (before.off - 1112.0).abs() < 2.0, "{before:?}");
        let after = route.beside(point(16.47, 107.61));
        assert!((after.along - 2178.0).abs() < 4.0 && (after.off - 1066.0).abs() < 2.0, "{after:?}");
    }

    #[test]
    fn a_route_needs_two_places_on_the_earth() {
        assert!(Route::new(vec![point(16.0, 107.0)]).is_none());
        assert!(Route::new(vec![point(16.0, 107.0); 3]).is_none());
        assert!(Route::new(vec![point(16.0, 107.0), point(96.0, 107.0)]).is_none());
        assert!(Route::new((0..101).map(|n| point(16.0, f64::from(n))).collect()).is_none());
        assert!(Route::new(vec![point(16.0, 107.0), point(16.0, 107.0), point(16.1, 107.0)]).is_some());
    }
}
