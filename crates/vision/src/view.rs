//! What a picture shows as a whole: whether there is anything to see, whether it is what the camera used to show, and
//! whether it changed at all.

use std::time::Duration;

use domain::{SceneView, Timestamp};

use crate::motion::Grid;

/// What a picture shows as a whole does not change from one moment to the next: it is found out once in so long.
const EVERY: Duration = Duration::from_millis(900);
/// Seconds in which most of what a camera used to show is forgotten: light and shadows wander.
const ADAPT: f32 = 300.0;
/// A picture that is less like it does not count among what the camera used to show …
const ALIKE: f32 = 0.3;
/// … unless it stays so for as many seconds: then it is what the camera shows now.
const ACCEPTED: f32 = 1800.0;

/// What one camera used to show.
#[derive(Debug, Default)]
pub(crate) struct Views {
    columns: usize,
    usual: Vec<f32>,
    /// What the latest picture amounts to.
    sum: u64,
    time: Option<Timestamp>,
    /// For how many seconds it has been something else.
    other: f32,
    latest: SceneView,
}

impl Views {
    /// Compares a picture with what the camera used to show, and takes it in. Soon after another, it counts as that one.
    pub(crate) fn see(&mut self, time: Timestamp, grid: &Grid) -> SceneView {
        if self.time.is_some_and(|before| time >= before && time.since(before) < EVERY) {
            return self.latest;
        }
        let (columns, structure) = (grid.columns(), grid.structure());
        let sum = sum(grid.cells());
        let seconds = self.time.map_or(0.0, |before| time.since(before).as_secs_f32().clamp(0.05, 60.0));
        let known = self.columns == columns && self.usual.len() == structure.len();
        let unchanged = known && self.sum == sum;
        (self.time, self.sum) = (Some(time), sum);
        let likeness = if known { likeness(structure, &self.usual) } else { 1.0 };
        self.other = if likeness < ALIKE { self.other + seconds } else { 0.0 };
        if !known || self.other > ACCEPTED {
            self.columns = columns;
            self.usual.clear();
            self.usual.extend_from_slice(structure);
            self.other = 0.0;
        } else if likeness >= ALIKE {
            let part = 1.0 - (-seconds / ADAPT).exp();
            for (usual, now) in self.usual.iter_mut().zip(structure) {
                *usual += (now - *usual) * part;
            }
        }
        self.latest = SceneView { contrast: contrast(grid.cells()), likeness, unchanged };
        self.latest
    }
}

/// Standard deviation of the brightness.
fn contrast(cells: &[f32]) -> f32 {
    let count = cells.len().max(1) as f32;
    let mean = cells.iter().sum::<f32>() / count;
    (cells.iter().map(|cell| (cell - mean) * (cell - mean)).sum::<f32>() / count).sqrt()
}

/// The size of the correlation of two pictures' structures, 0 to 1. Its sign does not matter: seen by infrared light, leaves
/// that were dark are bright.
fn likeness(now: &[f32], usual: &[f32]) -> f32 {
    let (mut both, mut of_now, mut of_usual) = (0.0f32, 0.0f32, 0.0f32);
    for (a, b) in now.iter().zip(usual) {
        both += a * b;
        of_now += a * a;
        of_usual += b * b;
    }
    let size = (of_now * of_usual).sqrt();
    // Where neither shows anything, nothing says that it is another view.
    if size > f32::EPSILON { (both / size).abs().min(1.0) } else { 1.0 }
}

/// A number that any change of any cell changes, all but certainly.
fn sum(cells: &[f32]) -> u64 {
    cells.iter().fold(0, |sum: u64, cell| {
        (sum.rotate_left(5) ^ u64::from(cell.to_bits())).wrapping_mul(0x517c_c1b7_2722_0a95)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planes::Plane;

    const WIDTH: usize = 320;
    const HEIGHT: usize = 180;

    /// A street of grey texture, another for each number; `light` maps its brightness.
    fn street(number: usize, light: impl Fn(f32) -> f32) -> Vec<u8> {
        let pixel = |at: usize| {
            let (x, y) = (at % WIDTH, at / WIDTH);
            let texture = ((x / 13 * 7919 + y / 11 * 104_729 + number * 31 * (x / 29 + y / 17)) % 97) as f32;
            light(50.0 + texture) as u8
        };
        (0..WIDTH * HEIGHT).map(pixel).collect()
    }

    #[derive(Default)]
    struct Camera(Views, Grid, i64);

    impl Camera {
        fn sees(&mut self, picture: &[u8], seconds: i64) -> SceneView {
            self.2 += seconds * 1_000_000;
            self.1.fill(Plane::new(picture, WIDTH, WIDTH, HEIGHT));
            self.0.see(Timestamp::from_micros(self.2), &self.1)
        }
    }

    #[test]
    fn only_the_very_same_picture_is_unchanged() {
        let mut camera = Camera::default();
        let picture = street(0, |light| light);
        assert!(!camera.sees(&picture, 2).unchanged, "the first is compared with none");
        assert!(camera.sees(&picture, 2).unchanged);
        let mut grain = picture.clone();
        grain[5 * WIDTH + 7] ^= 1;
        grain[5 * WIDTH + 8] ^= 2;
        // Lines that no cell is made of may differ: the grid takes four lines of each.
        (0..8).for_each(|line| grain[(40 + line) * WIDTH + 9] ^= 1);
        assert!(!camera.sees(&grain, 2).unchanged);
        assert!(camera.sees(&grain, 2).unchanged && !camera.sees(&picture, 2).unchanged);
    }

    #[test]
    fn light_and_infrared_are_the_same_view_and_a_turned_camera_is_another() {
        let mut camera = Camera::default();
        for _ in 0..10 {
            camera.sees(&street(0, |light| light), 2);
        }
        for light in [|light: f32| light + 60.0, |light: f32| light * 0.5, |light: f32| 200.0 - light] {
            let view = camera.sees(&street(0, light), 2);
            assert!(view.likeness > 0.7 && view.contrast > 8.0, "{view:?}");
        }
        let turned: Vec<_> = (0..30).map(|_| camera.sees(&street(5, |light| light), 2)).collect();
        assert!(turned.iter().all(|view| view.likeness < 0.15), "{turned:?}");
        assert!(camera.sees(&street(0, |light| light), 2).likeness > 0.7, "turned back");
    }

    #[test]
    fn a_hand_before_the_lens_shows_nothing() {
        let mut camera = Camera::default();
        camera.sees(&street(0, |light| light), 2);
        assert!(camera.sees(&street(0, |_| 30.0), 2).contrast < 1.0);
    }

    #[test]
    fn a_view_that_stays_is_accepted_in_the_end() {
        let mut camera = Camera::default();
        camera.sees(&street(0, |light| light), 2);
        let views: Vec<_> = (0..40).map(|_| camera.sees(&street(5, |light| light), 60)).collect();
        assert!(views[..29].iter().all(|view| view.likeness < 0.15), "{views:?}");
        assert!(views[35..].iter().all(|view| view.likeness > 0.9), "{views:?}");
    }
}
