//! The Kalman filter of a box: constant velocity in x, y, aspect and height, as in SORT (arXiv 1602.00763) and
//! ByteTrack, with the real time between looks instead of a count of frames.
//!
//! The eight-dimensional filter of those papers has a transition, noises and a start that are block diagonal, one
//! block a coordinate, and stays so. It is therefore kept as what it is: four filters of position and velocity.

use domain::BoundingBox;

/// The papers' noises are those of 30 frames a second.
const FRAMES_PER_SECOND: f32 = 30.0;
/// Standard deviation of a position, in parts of the height: of a measurement, and of a step of one frame.
const POSITION: f32 = 1.0 / 20.0;
/// Standard deviation of a velocity's step of one frame, in parts of the height a frame. Half the papers': the
/// camera stands still, and what it sees changes its pace less than what a moving camera sees.
const VELOCITY: f32 = 1.0 / 320.0;
/// Standard deviation of a measured aspect, of its step, and of its velocity's step.
const ASPECT: (f32, f32, f32) = (1e-1, 1e-2, 1e-5);
/// Smallest height that a box is predicted to have, in heights of the picture.
const LEAST_HEIGHT: f32 = 1e-3;

/// One coordinate: its position and velocity a second, and their covariance.
#[derive(Clone, Copy, Debug)]
struct Axis {
    position: f32,
    velocity: f32,
    /// Variance of the position, covariance, variance of the velocity.
    covariance: (f32, f32, f32),
}

impl Axis {
    fn new(position: f32, position_deviation: f32, velocity_deviation: f32) -> Self {
        let covariance = (position_deviation.powi(2), 0.0, velocity_deviation.powi(2));
        Self { position, velocity: 0.0, covariance }
    }

    /// Lets `dt` seconds pass; the deviations are those that a second adds.
    fn predict(&mut self, dt: f32, position_deviation: f32, velocity_deviation: f32) {
        let (drift, push) = (position_deviation.powi(2), velocity_deviation.powi(2));
        let (pp, pv, vv) = self.covariance;
        self.position += self.velocity * dt;
        self.covariance = (
            pp + 2.0 * dt * pv + dt * dt * vv + drift * dt + push * dt.powi(3) / 3.0,
            pv + dt * vv + push * dt * dt / 2.0,
            vv + push * dt,
        );
    }

    fn update(&mut self, measured: f32, deviation: f32) {
        let (pp, pv, vv) = self.covariance;
        let innovation = pp + deviation.powi(2);
        if innovation <= f32::MIN_POSITIVE {
            return;
        }
        let (gain, velocity_gain) = (pp / innovation, pv / innovation);
        let surprise = measured - self.position;
        self.position += gain * surprise;
        self.velocity += velocity_gain * surprise;
        self.covariance = ((1.0 - gain) * pp, (1.0 - gain) * pv, vv - velocity_gain * pv);
    }
}

/// The filter of one box. All lengths are in heights of the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct BoxFilter {
    x: Axis,
    y: Axis,
    aspect: Axis,
    height: Axis,
}

/// Centre across and down, aspect, and height.
fn measured(bounds: BoundingBox) -> (f32, f32, f32, f32) {
    let height = bounds.h.max(LEAST_HEIGHT);
    (bounds.x + bounds.w / 2.0, bounds.y + bounds.h / 2.0, bounds.w / height, height)
}

impl BoxFilter {
    pub(super) fn new(bounds: BoundingBox) -> Self {
        let (x, y, aspect, height) = measured(bounds);
        let place = 2.0 * POSITION * height;
        let speed = 20.0 * VELOCITY * height * FRAMES_PER_SECOND;
        Self {
            x: Axis::new(x, place, speed),
            y: Axis::new(y, place, speed),
            aspect: Axis::new(aspect, ASPECT.1, ASPECT.2 * FRAMES_PER_SECOND),
            height: Axis::new(height, place, speed),
        }
    }

    /// Lets `dt` seconds pass.
    pub(super) fn predict(&mut self, dt: f32) {
        // A step of one frame has the papers' deviation; independent steps add up as the root of their number.
        let a_second = FRAMES_PER_SECOND.sqrt();
        let height = self.height.position;
        let place = POSITION * height * a_second;
        let speed = VELOCITY * height * FRAMES_PER_SECOND * a_second;
        self.x.predict(dt, place, speed);
        self.y.predict(dt, place, speed);
        self.height.predict(dt, place, speed);
        self.aspect.predict(dt, ASPECT.1 * a_second, ASPECT.2 * FRAMES_PER_SECOND * a_second);
        self.height.position = self.height.position.max(LEAST_HEIGHT);
        self.aspect.position = self.aspect.position.clamp(0.02, 50.0);
    }

    /// Takes in where the object was found.
    pub(super) fn update(&mut self, bounds: BoundingBox) {
        let (x, y, aspect, height) = measured(bounds);
        let deviation = POSITION * self.height.position;
        self.x.update(x, deviation);
        self.y.update(y, deviation);
        self.height.update(height, deviation);
        self.aspect.update(aspect, ASPECT.0);
        self.height.position = self.height.position.max(LEAST_HEIGHT);
        self.aspect.position = self.aspect.position.clamp(0.02, 50.0);
    }

    /// Forgets that the box was growing or shrinking: nobody knows once it is out of sight.
    pub(super) fn hold_size(&mut self) {
        self.height.velocity = 0.0;
        self.aspect.velocity = 0.0;
    }

    /// Forgets that the box was moving: it stands still.
    pub(super) fn hold_place(&mut self) {
        self.x.velocity = 0.0;
        self.y.velocity = 0.0;
        self.hold_size();
    }

    /// How fast its centre goes a second.
    pub(super) fn speed(&self) -> f32 {
        self.x.velocity.hypot(self.y.velocity)
    }

    /// Where the box is thought to be.
    pub(super) fn bounds(&self) -> BoundingBox {
        let h = self.height.position;
        let w = self.aspect.position * h;
        BoundingBox { x: self.x.position - w / 2.0, y: self.y.position - h / 2.0, w, h }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f32) -> BoundingBox {
        BoundingBox { x, y: 0.4, w: 0.1, h: 0.2 }
    }

    #[test]
    fn a_steady_walk_is_foreseen_at_irregular_times() {
        let mut filter = BoxFilter::new(at(0.0));
        let mut now = 0.0;
        for dt in [0.2, 0.1, 0.3, 0.2, 0.2, 0.5, 0.1, 0.2, 0.2, 0.2] {
            filter.predict(dt);
            now += dt;
            filter.update(at(0.3 * now));
        }
        filter.predict(0.7);
        let foreseen = filter.bounds();
        assert!((foreseen.x - 0.3 * (now + 0.7)).abs() < 0.02, "{foreseen:?}");
        assert!((foreseen.h - 0.2).abs() < 0.01 && (foreseen.w - 0.1).abs() < 0.01, "{foreseen:?}");
    }

    #[test]
    fn a_shrinking_box_never_turns_inside_out() {
        let mut filter = BoxFilter::new(BoundingBox { x: 0.1, y: 0.1, w: 0.4, h: 0.8 });
        filter.predict(0.1);
        filter.update(BoundingBox { x: 0.2, y: 0.2, w: 0.1, h: 0.2 });
        filter.predict(10.0);
        let bounds = filter.bounds();
        assert!(bounds.w > 0.0 && bounds.h > 0.0, "{bounds:?}");
    }
}
