//! The path: where a track went, in few points.
//!
//! Ramer-Douglas-Peucker on the points where the object stood, with time: a point is worth keeping by how far it
//! lies from where the object would have been at that time, going evenly between its kept neighbours (the time
//! ratio of Meratnia and de By, EDBT 2004). The worst point is kept first, so any number of points is the best
//! such number.

use domain::TrackPoint;

/// A point closer than this to the simplified path is left out, in parts of the box's size.
const TOLERANCE: f32 = 0.1;

/// The points of one track, in the order of time. It holds no more than four times what it gives.
#[derive(Clone, Debug)]
pub(super) struct Path {
    points: Vec<TrackPoint>,
    most: usize,
}

impl Path {
    /// A path that starts here, and is given with at most `most` points (at least two).
    pub(super) fn new(start: TrackPoint, most: usize) -> Self {
        Self { points: vec![start], most: most.max(2) }
    }

    pub(super) fn push(&mut self, point: TrackPoint) {
        self.points.push(point);
        if self.points.len() >= 4 * self.most {
            self.points = simplify(&self.points, 2 * self.most, TOLERANCE / 4.0);
        }
    }

    /// The simplified path; first and last point are always in it.
    pub(super) fn simplified(&self) -> Vec<TrackPoint> {
        simplify(&self.points, self.most, TOLERANCE)
    }
}

/// How far a point lies from the even way between two others, in sizes of its box.
fn deviation(from: &TrackPoint, point: &TrackPoint, to: &TrackPoint) -> f32 {
    let whole = to.time.micros_since(from.time);
    let part = if whole > 0 { point.time.micros_since(from.time) as f32 / whole as f32 } else { 0.0 };
    let mix = |a: f32, b: f32| a + (b - a) * part;
    let ((ax, ay), (bx, by)) = (from.bounds.foot(), to.bounds.foot());
    let (x, y) = point.bounds.foot();
    let size = point.bounds.area().sqrt().max(1e-3);
    (mix(ax, bx) - x).hypot(mix(ay, by) - y) / size
}

/// Points between two neighbours that are kept.
struct Stretch {
    from: usize,
    to: usize,
    /// Of the points between, the one that deviates most, and how far.
    worst: Option<(f32, usize)>,
}

impl Stretch {
    fn new(points: &[TrackPoint], from: usize, to: usize) -> Self {
        let deviation = |at: usize| Some(deviation(points.get(from)?, points.get(at)?, points.get(to)?));
        let worst = (from + 1..to)
            .filter_map(|at| Some((deviation(at)?, at)))
            .reduce(|most, next| if next.0 > most.0 { next } else { most });
        Self { from, to, worst }
    }
}

fn simplify(points: &[TrackPoint], most: usize, tolerance: f32) -> Vec<TrackPoint> {
    let last = points.len().saturating_sub(1);
    let mut kept = vec![0, last];
    kept.dedup();
    let mut stretches = vec![Stretch::new(points, 0, last)];
    while kept.len() < most {
        let next = stretches
            .iter()
            .enumerate()
            .filter_map(|(at, stretch)| stretch.worst.map(|(deviation, point)| (deviation, at, point)))
            .filter(|(deviation, ..)| *deviation > tolerance)
            .reduce(|a, b| if b.0 > a.0 { b } else { a });
        let Some((_, at, point)) = next else { break };
        let stretch = stretches.swap_remove(at);
        stretches.push(Stretch::new(points, stretch.from, point));
        stretches.push(Stretch::new(points, point, stretch.to));
        kept.push(point);
    }
    kept.sort_unstable();
    kept.into_iter().filter_map(|at| points.get(at).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{BoundingBox, Timestamp};
    use proptest::prelude::*;

    fn point(micros: i64, x: f32, y: f32) -> TrackPoint {
        let bounds = BoundingBox { x, y, w: 0.1, h: 0.1 };
        TrackPoint { time: Timestamp::from_micros(micros), bounds }
    }

    fn path(points: impl IntoIterator<Item = TrackPoint>, most: usize) -> Vec<TrackPoint> {
        let mut points = points.into_iter();
        let mut path = Path::new(points.next().unwrap(), most);
        points.for_each(|point| path.push(point));
        path.simplified()
    }

    #[test]
    fn an_even_way_is_two_points_and_a_corner_a_third() {
        let even = |at: i64| point(at * 200_000, 0.01 * at as f32, 0.2);
        assert_eq!(path((0..40).map(even), 32), vec![even(0), even(39)]);
        let corner = |at: i64| {
            if at < 20 { even(at) } else { point(at * 200_000, 0.2, 0.2 + 0.01 * (at - 20) as f32) }
        };
        assert_eq!(path((0..40).map(corner), 32), vec![corner(0), corner(20), corner(39)]);
    }

    #[test]
    fn a_pause_shows_though_the_line_is_straight() {
        let pause = |at: i64| point(at * 200_000, 0.02 * at.clamp(0, 10).max(at - 30) as f32, 0.2);
        let kept = path((0..60).map(pause), 32);
        let times: Vec<_> = kept.iter().map(|point| point.time.as_micros() / 200_000).collect();
        assert_eq!(times, vec![0, 10, 40, 59]);
    }

    #[test]
    fn an_object_seen_once_is_one_point() {
        assert_eq!(path([point(5, 0.1, 0.1)], 32).len(), 1);
    }

    proptest! {
        #[test]
        fn ends_stay_the_order_stays_and_the_number_is_bounded(
            places in prop::collection::vec((0i64..1000, 0f32..1.0, 0f32..1.0), 1..400),
            most in 0usize..20,
        ) {
            let mut time = 0;
            let points: Vec<_> = places.into_iter().map(|(step, x, y)| { time += step; point(time, x, y) }).collect();
            let kept = path(points.clone(), most);
            prop_assert!(kept.len() <= most.max(2));
            prop_assert_eq!(kept.first(), points.first());
            prop_assert_eq!(kept.last(), points.last());
            prop_assert!(kept.is_sorted_by_key(|point| point.time));
        }
    }
}
