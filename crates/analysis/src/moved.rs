//! Whether anything moved in a part of the picture, told from key frames.
//!
//! A cell has moved where it differs both from a slowly adapting background and from the picture before: what has come to
//! rest has not, nor has the place that something left a while ago. The whole picture tells what the light did in
//! between: brightness now is about a gain times brightness then, plus an offset. That is taken out first.

use std::time::Duration;

use domain::{GreyGrid, TimeRange, Timestamp};

/// The background has forgotten two thirds of what was there after so long.
const MEMORY: Duration = Duration::from_secs(20);
/// After so long without a picture the background is learnt anew.
const STALE: Duration = Duration::from_mins(1);
/// Gains beyond these are no light.
const GAINS: (f32, f32) = (0.4, 2.5);
/// Cells of the whole picture that differ by more than this after a first guess are no light.
const OUTLIER: f32 = 24.0;
/// Pictures further apart than this are not of one moment.
const APART: Duration = Duration::from_secs(15);

/// How easily a difference counts, 1 to 10.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sensitivity {
    /// Least difference of a cell, in steps of brightness.
    difference: f32,
    /// Least share of the cells.
    share: f32,
}

impl Sensitivity {
    /// From 1, something large and clear, to 10, the slightest.
    #[must_use]
    pub fn new(level: u8) -> Self {
        let level = i32::from(level.clamp(1, 10)) - 1;
        Self { difference: 40.0 * 0.8_f32.powi(level), share: 0.01 * 0.7_f32.powi(level) }
    }
}

/// Looks at one picture after the other.
#[derive(Debug)]
pub struct Movement {
    sensitivity: Sensitivity,
    seen: Option<Seen>,
}

/// What was seen so far.
#[derive(Debug)]
struct Seen {
    time: Timestamp,
    columns: u16,
    usual: Picture,
    before: Picture,
}

/// Brightness to compare with.
#[derive(Clone, Debug)]
struct Picture {
    cells: Vec<f32>,
    whole: Vec<f32>,
}

impl Movement {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(sensitivity: Sensitivity) -> Self {
        Self { sensitivity, seen: None }
    }

    /// Takes in a picture, and says which share of the part has moved, 0 to 1; 0 where it is too little to count.
    pub fn look(&mut self, grid: &GreyGrid) -> f32 {
        let Some(seen) = self.seen.as_mut().filter(|seen| seen.fits(grid)) else {
            let picture = Picture::of(grid);
            let (time, columns, before) = (grid.time, grid.columns, picture.clone());
            self.seen = Some(Seen { time, columns, usual: picture, before });
            return 0.0;
        };
        let least = self.sensitivity.difference;
        let pairs = seen.usual.differences(grid).zip(seen.before.differences(grid));
        let moved = pairs.filter(|(usual, before)| *usual > least && *before > least).count();
        let share = moved as f32 / grid.cells.len().max(1) as f32;
        seen.learn(grid);
        if share >= self.sensitivity.share { share } else { 0.0 }
    }
}

impl Seen {
    /// Whether a picture can be compared: of the same grid, and soon after.
    fn fits(&self, grid: &GreyGrid) -> bool {
        let same = self.columns == grid.columns
            && self.usual.cells.len() == grid.cells.len()
            && self.usual.whole.len() == grid.whole.len();
        same && grid.time >= self.time && grid.time.since(self.time) <= STALE
    }

    fn learn(&mut self, grid: &GreyGrid) {
        let passed = grid.time.since(self.time).as_secs_f32() / MEMORY.as_secs_f32();
        let part = 1.0 - (-passed).exp();
        let Picture { cells, whole } = &mut self.usual;
        for (usual, now) in cells.iter_mut().zip(&grid.cells).chain(whole.iter_mut().zip(&grid.whole)) {
            *usual += part * (f32::from(*now) - *usual);
        }
        (self.time, self.before) = (grid.time, Picture::of(grid));
    }
}

impl Picture {
    fn of(grid: &GreyGrid) -> Self {
        let floats = |bytes: &[u8]| bytes.iter().copied().map(f32::from).collect();
        Self { cells: floats(&grid.cells), whole: floats(&grid.whole) }
    }

    /// By how much each cell differs now, the light aside.
    fn differences<'a>(&'a self, grid: &'a GreyGrid) -> impl Iterator<Item = f32> + 'a {
        let (gain, offset) = light(&self.whole, &grid.whole);
        // At the ends of the scale, light cannot show.
        let expected = move |then: &f32| (gain * then + offset).clamp(0.0, 255.0);
        self.cells.iter().zip(&grid.cells).map(move |(then, now)| (f32::from(*now) - expected(then)).abs())
    }
}

/// Gain and offset by which the light of the whole picture changed: a line through the cells, by least squares, without those
/// that something else changed.
fn light(usual: &[f32], now: &[u8]) -> (f32, f32) {
    let pairs: Vec<(f32, f32)> = usual.iter().copied().zip(now.iter().map(|now| f32::from(*now))).collect();
    let mut shifts: Vec<f32> = pairs.iter().map(|(usual, now)| now - usual).collect();
    shifts.sort_by(f32::total_cmp);
    let Some(median) = shifts.get(shifts.len() / 2).copied() else { return (1.0, 0.0) };
    let mut guess = (1.0, median);
    for _ in 0..3 {
        let fits = |pair: &&(f32, f32)| (pair.1 - guess.0 * pair.0 - guess.1).abs() <= OUTLIER;
        let kept: Vec<&(f32, f32)> = pairs.iter().filter(fits).collect();
        // Fewer than half are no majority: the first guess stands.
        if kept.len() * 2 < pairs.len() {
            break;
        }
        let count = kept.len() as f32;
        let mean = |of: fn(&(f32, f32)) -> f32| kept.iter().map(|pair| of(pair)).sum::<f32>() / count;
        let (x, y) = (mean(|pair| pair.0), mean(|pair| pair.1));
        let (mut across, mut along) = (0.0, 0.0);
        for (usual, now) in kept {
            across += (usual - x) * (now - y);
            along += (usual - x) * (usual - x);
        }
        // A picture of one brightness has an offset and no gain.
        let gain = if along > count { (across / along).clamp(GAINS.0, GAINS.1) } else { 1.0 };
        guess = (gain, y - gain * x);
    }
    guess
}

/// A time in which something moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// From the first picture in which it moved to the last.
    pub range: TimeRange,
    /// The largest share that had moved, 0 to 1.
    pub peak: f32,
}

/// Joins pictures in which something moved, one after the other, to moments.
#[derive(Debug, Default)]
pub struct Moments(Option<(Timestamp, Timestamp, f32)>);

impl Moments {
    /// Takes in what a picture showed. Gives the moment that is over by then.
    pub fn push(&mut self, time: Timestamp, share: f32) -> Option<Moment> {
        let over = match &mut self.0 {
            Some((_, last, peak)) if share > 0.0 && time.since(*last) <= APART => {
                (*last, *peak) = (time.max(*last), peak.max(share));
                return None;
            }
            Some((_, last, _)) if time.since(*last) <= APART => return None,
            _ => self.finish(),
        };
        if share > 0.0 {
            self.0 = Some((time, time, share));
        }
        over
    }

    /// The moment that was not over yet.
    pub fn finish(&mut self) -> Option<Moment> {
        let (from, to, peak) = self.0.take()?;
        // One picture stands for the second after it.
        let range = TimeRange { from, to: to.plus_micros(1_000_000) };
        Some(Moment { range, peak })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 32;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    /// A yard: brighter to the right, with light as given, and perhaps something bright in it.
    fn yard(second: i64, light: impl Fn(f32) -> f32, thing: Option<(usize, usize)>) -> GreyGrid {
        let level = |x: usize, side: usize| 60.0 + 100.0 * x as f32 / side as f32;
        let cells = (0..SIDE * SIDE).map(|cell| {
            let (x, y) = (cell % SIDE, cell / SIDE);
            let inside =
                thing.is_some_and(|(left, top)| (left..left + 4).contains(&x) && (top..top + 8).contains(&y));
            light(if inside { 230.0 } else { level(x, SIDE) }).clamp(0.0, 255.0) as u8
        });
        let whole = (0..144).map(|cell| light(level(cell % 16, 16)).clamp(0.0, 255.0) as u8);
        GreyGrid { time: at(second), columns: SIDE as u16, cells: cells.collect(), whole: whole.collect() }
    }

    fn steady(level: f32) -> f32 {
        level
    }

    #[test]
    fn something_that_comes_or_leaves_is_seen_and_what_has_come_to_rest_is_not() {
        let mut movement = Movement::new(Sensitivity::new(5));
        for second in 0..10 {
            assert!(movement.look(&yard(second, steady, None)) <= 0.0, "{second}");
        }
        let share = movement.look(&yard(10, steady, Some((10, 10))));
        assert!((share - 32.0 / 1024.0).abs() < 1e-6, "{share}");
        for second in 11..60 {
            assert!(movement.look(&yard(second, steady, Some((10, 10)))) <= 0.0, "it stays, {second}");
        }
        assert!(movement.look(&yard(60, steady, Some((14, 10)))) > 0.0, "it goes on");
        for second in 61..120 {
            assert!(movement.look(&yard(second, steady, Some((14, 10)))) <= 0.0, "it stays, {second}");
        }
        assert!(movement.look(&yard(120, steady, None)) > 0.0, "it leaves");
        assert!(movement.look(&yard(121, steady, None)) <= 0.0, "and has left");
    }

    #[test]
    fn light_is_no_movement_and_does_not_hide_one() {
        for (name, light) in [
            ("a lamp is switched on", (|level| level + 40.0) as fn(f32) -> f32),
            ("the exposure rises", |level| level * 1.4),
            ("a cloud", |level| level * 0.6 + 5.0),
        ] {
            let mut movement = Movement::new(Sensitivity::new(7));
            for second in 0..5 {
                movement.look(&yard(second, steady, None));
            }
            assert!(movement.look(&yard(5, light, None)) <= 0.0, "{name}");
            assert!(movement.look(&yard(6, light, Some((4, 4)))) > 0.0, "{name}, and somebody");
        }
    }

    #[test]
    fn what_fills_the_part_is_no_light_where_the_rest_of_the_picture_stays() {
        let mut movement = Movement::new(Sensitivity::new(5));
        movement.look(&yard(0, steady, None));
        let door = GreyGrid { cells: vec![20; SIDE * SIDE].into(), ..yard(1, steady, None) };
        assert!(movement.look(&door) > 0.9);
    }

    #[test]
    fn who_asks_for_more_sees_less() {
        let seen = |level: u8| {
            let mut movement = Movement::new(Sensitivity::new(level));
            movement.look(&yard(0, steady, None));
            let faint = |cell: usize, value: u8| if cell < 6 { value + 12 } else { value };
            let now = yard(1, steady, None);
            let cells: Vec<u8> =
                now.cells.iter().enumerate().map(|(cell, value)| faint(cell, *value)).collect();
            movement.look(&GreyGrid { cells: cells.into(), ..now }) > 0.0
        };
        assert!(!seen(1) && !seen(5) && seen(8) && seen(10));
    }

    #[test]
    fn after_a_pause_or_another_grid_it_learns_anew() {
        let mut movement = Movement::new(Sensitivity::new(5));
        movement.look(&yard(0, steady, None));
        assert!(movement.look(&yard(300, steady, Some((1, 1)))) <= 0.0);
        let small = GreyGrid { cells: vec![9; 64].into(), columns: 8, ..yard(301, steady, None) };
        assert!(movement.look(&small) <= 0.0);
    }

    #[test]
    fn pictures_next_to_each_other_are_one_moment() {
        let mut moments = Moments::default();
        let mut told = Vec::new();
        for (second, share) in [(0, 0.0), (2, 0.1), (4, 0.3), (6, 0.0), (8, 0.2), (40, 0.0), (60, 0.5)] {
            told.extend(moments.push(at(second), share));
        }
        told.extend(moments.finish());
        let moment = |from, to, peak| Moment { range: TimeRange { from: at(from), to: at(to) }, peak };
        assert_eq!(told, [moment(2, 9, 0.3), moment(60, 61, 0.5)]);
        assert_eq!(moments.finish(), None);
    }
}
