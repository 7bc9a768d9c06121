//! How much of the picture changed, against a background that adapts slowly.
//!
//! What is compared is local structure: brightness less the mean of the neighbourhood, by the contrast of the
//! neighbourhood. So a step of the exposure, a cloud or a lamp changes little, and a thing that comes, goes or
//! moves changes much. Each cell learns its own noise: night grain and leaves count less.

use domain::Timestamp;

/// Most columns and rows of the grid.
const GRID: (usize, usize) = (160, 90);
/// Neighbourhood whose mean is taken off, in cells each way.
const REACH: usize = 6;
/// The contrast to which neighbourhoods are evened out, in steps of brightness; half of it is not amplified.
const CONTRAST: f32 = 16.0;
/// Seconds in which the background takes on most of a change where all is quiet, and where something changed.
const ADAPT: (f32, f32) = (10.0, 40.0);
/// Seconds in which a cell learns its noise.
const LEARN: f32 = 30.0;
/// A cell has changed when it differs by more than this, and this many times its noise.
const LEAST: f32 = 8.0;
const TIMES_NOISE: f32 = 4.0;
/// A change of most of the picture is another view: it becomes the background at once.
const OTHER_VIEW: f32 = 0.6;

/// Brightness of a picture on a coarse grid.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Grid {
    columns: usize,
    rows: usize,
    cells: Vec<f32>,
}

/// The background of one camera.
#[derive(Debug, Default)]
pub(crate) struct Motion {
    columns: usize,
    background: Vec<f32>,
    noise: Vec<f32>,
    changed: Vec<bool>,
    time: Option<Timestamp>,
}

impl Grid {
    /// Takes the brightness from a packed picture of three bytes a pixel. The middle one is green, and most of
    /// brightness; `stride` bytes a line.
    pub(crate) fn fill(&mut self, bytes: &[u8], stride: usize, width: usize, height: usize) {
        let (columns, rows) = (GRID.0.min(width).max(1), GRID.1.min(height).max(1));
        (self.columns, self.rows) = (columns, rows);
        self.cells.clear();
        self.cells.resize(columns * rows, 0.0);
        // Where each column ends.
        let ends: Vec<usize> = (1..=columns).map(|column| column * width / columns).collect();
        let mut sums = vec![0u32; columns];
        let mut line = 0;
        let mut lines = bytes.chunks(stride.max(1));
        for cells in self.cells.chunks_exact_mut(columns) {
            let row = line * rows / height.max(1);
            let mut summed = 0;
            sums.fill(0);
            while line < height && line * rows / height == row {
                let Some(pixels) = lines.next() else { break };
                line += 1;
                summed += 1;
                let mut pixels = pixels.as_chunks::<3>().0.iter();
                let mut start = 0;
                for (sum, end) in sums.iter_mut().zip(&ends) {
                    *sum +=
                        pixels.by_ref().take(end - start).map(|[_, green, _]| u32::from(*green)).sum::<u32>();
                    start = *end;
                }
            }
            let mut start = 0;
            for ((cell, sum), end) in cells.iter_mut().zip(&sums).zip(&ends) {
                *cell = *sum as f32 / (summed * (end - start)).max(1) as f32;
                start = *end;
            }
        }
    }
}

impl Motion {
    /// Takes in a picture. Gives the share of it that changed, 0 to 1; 0 for the first.
    pub(crate) fn update(&mut self, time: Timestamp, grid: &Grid) -> f32 {
        let structure = structure(grid);
        if self.columns != grid.columns || self.background.len() != structure.len() {
            self.noise = vec![1.0; structure.len()];
            self.changed = vec![false; structure.len()];
            self.columns = grid.columns;
            self.background = structure;
            self.time = Some(time);
            return 0.0;
        }
        let seconds = self.time.map_or(0.1, |before| time.since(before).as_secs_f32().clamp(0.05, 60.0));
        self.time = Some(time);
        for ((changed, (now, before)), noise) in
            self.changed.iter_mut().zip(structure.iter().zip(&self.background)).zip(&self.noise)
        {
            *changed = (now - before).abs() > LEAST.max(TIMES_NOISE * noise);
        }
        let share = self.share();
        if share > OTHER_VIEW {
            self.background = structure;
            self.noise.fill(1.0);
            return share;
        }
        let part = |constant: f32| 1.0 - (-seconds / constant).exp();
        let (quiet, busy, learn) = (part(ADAPT.0), part(ADAPT.1), part(LEARN));
        for (((now, before), noise), changed) in
            structure.iter().zip(&mut self.background).zip(&mut self.noise).zip(&self.changed)
        {
            let off = now - *before;
            *noise += (off.abs().min(4.0 * LEAST) - *noise) * learn;
            *before += off * if *changed { busy } else { quiet };
        }
        share
    }

    /// Share of cells that changed along with at least two of their neighbours.
    fn share(&self) -> f32 {
        let columns = self.columns;
        let at = |row: Option<usize>, column: Option<usize>| {
            let (Some(row), Some(column)) = (row, column) else { return false };
            column < columns && self.changed.get(row * columns + column).copied().unwrap_or(false)
        };
        let near = |place: usize| [place.checked_sub(1), Some(place), Some(place + 1)];
        let mut count = 0usize;
        for (index, _) in self.changed.iter().enumerate().filter(|(_, changed)| **changed) {
            let (row, column) = (index / columns, index % columns);
            let rows = near(row).into_iter();
            let together =
                rows.flat_map(|row| near(column).map(|column| at(row, column))).filter(|is| *is).count();
            count += usize::from(together >= 3);
        }
        count as f32 / self.changed.len().max(1) as f32
    }
}

/// Brightness less the mean of the neighbourhood, by its contrast.
fn structure(grid: &Grid) -> Vec<f32> {
    let mut structure = smoothed(&grid.cells, grid);
    for (mean, cell) in structure.iter_mut().zip(&grid.cells) {
        *mean = cell - *mean;
    }
    let sizes: Vec<f32> = structure.iter().map(|value| value.abs()).collect();
    for (value, contrast) in structure.iter_mut().zip(smoothed(&sizes, grid)) {
        *value *= CONTRAST / (contrast + CONTRAST / 2.0);
    }
    structure
}

/// For each cell the mean of its neighbourhood: of those within [`REACH`] each way, fewer at the edges.
fn smoothed(cells: &[f32], grid: &Grid) -> Vec<f32> {
    let (columns, rows) = (grid.columns.max(1), grid.rows);
    let mut across = Vec::with_capacity(cells.len());
    for line in cells.chunks_exact(columns) {
        means(line, &mut across);
    }
    // Down the columns, all at once: sums of the lines within reach.
    let mut sums = vec![0.0; columns];
    let mut smoothed = Vec::with_capacity(cells.len());
    let line = |row: usize| across.get(row * columns..(row + 1) * columns).unwrap_or_default();
    let mut count = 0.0f32;
    for row in 0..rows + REACH {
        if row < rows {
            sums.iter_mut().zip(line(row)).for_each(|(sum, value)| *sum += value);
            count += 1.0;
        }
        if row > 2 * REACH {
            sums.iter_mut().zip(line(row - 2 * REACH - 1)).for_each(|(sum, value)| *sum -= value);
            count -= 1.0;
        }
        if row >= REACH {
            let part = 1.0 / count;
            smoothed.extend(sums.iter().map(|sum| sum * part));
        }
    }
    smoothed
}

/// For each value of a line the mean of those within [`REACH`].
fn means(line: &[f32], out: &mut Vec<f32>) {
    let (mut sum, mut count, mut part) = (0.0, 0.0f32, 0.0);
    let entering = line.iter().map(Some).chain([None; REACH]);
    let leaving = [None; 2 * REACH + 1].into_iter().chain(line.iter().map(Some));
    for (place, pair) in entering.zip(leaving).enumerate() {
        sum += pair.0.unwrap_or(&0.0) - pair.1.unwrap_or(&0.0);
        // In the middle of the line the number of values does not change: one division serves many.
        match pair {
            (Some(_), None) => count += 1.0,
            (None, Some(_)) => count -= 1.0,
            _ => {}
        }
        if pair.0.is_none() || pair.1.is_none() {
            part = 1.0 / count;
        }
        if place >= REACH {
            out.push(sum * part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDTH: usize = 416;
    const HEIGHT: usize = 234;

    /// A street of grey texture; `light` maps its brightness.
    fn street(light: impl Fn(f32) -> f32) -> Vec<u8> {
        let mut picture = Vec::new();
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let texture = ((x / 13 * 7919 + y / 11 * 104_729) % 97) as f32;
                picture.extend([light(50.0 + texture) as u8; 3]);
            }
        }
        picture
    }

    fn paint(picture: &mut [u8], (left, top): (usize, usize), (width, height): (usize, usize), value: u8) {
        for y in top..top + height {
            picture[(y * WIDTH + left) * 3..(y * WIDTH + left + width) * 3].fill(value);
        }
    }

    fn noisy(mut picture: Vec<u8>, seed: &mut u64, size: i16) -> Vec<u8> {
        for byte in &mut picture {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let off = ((*seed >> 40) as i16).rem_euclid(2 * size + 1) - size;
            *byte = (i16::from(*byte) + off).clamp(0, 255) as u8;
        }
        picture
    }

    struct Camera(Motion, i64);

    impl Camera {
        fn new() -> Self {
            Self(Motion::default(), 0)
        }
        fn sees(&mut self, picture: &[u8]) -> f32 {
            self.1 += 200_000;
            let mut grid = Grid::default();
            grid.fill(picture, WIDTH * 3, WIDTH, HEIGHT);
            self.0.update(Timestamp::from_micros(self.1), &grid)
        }
    }

    #[test]
    fn cells_are_means_of_their_pixels() {
        let mut grid = Grid::default();
        let mut picture = vec![0u8; WIDTH * HEIGHT * 3];
        paint(&mut picture, (0, 0), (WIDTH / 2, HEIGHT), 200);
        grid.fill(&picture, WIDTH * 3, WIDTH, HEIGHT);
        assert_eq!((grid.columns, grid.rows), GRID);
        for row in grid.cells.chunks_exact(GRID.0) {
            assert!(row[..80].iter().all(|cell| (cell - 200.0).abs() < 0.01));
            assert!(row[80..].iter().all(|cell| cell.abs() < 0.01));
        }
    }

    #[test]
    fn smoothing_gives_the_mean_within_reach() {
        let (columns, rows) = (20, 17);
        let cells: Vec<f32> = (0..columns * rows).map(|index| ((index * 7919) % 101) as f32).collect();
        let grid = Grid { columns, rows, cells: cells.clone() };
        for (index, mean) in smoothed(&cells, &grid).into_iter().enumerate() {
            let (row, column) = (index / columns, index % columns);
            let near =
                |place: usize, limit: usize| place.saturating_sub(REACH)..(place + REACH + 1).min(limit);
            let (mut sum, mut count) = (0.0, 0.0);
            for row in near(row, rows) {
                for column in near(column, columns) {
                    sum += cells[row * columns + column];
                    count += 1.0;
                }
            }
            assert!((mean - sum / count).abs() < 1e-2, "{row} {column}: {mean} not {}", sum / count);
        }
    }

    #[test]
    fn grain_is_no_motion_and_a_person_is() {
        let (mut camera, mut seed) = (Camera::new(), 7);
        for _ in 0..20 {
            let share = camera.sees(&noisy(street(|light| light), &mut seed, 12));
            assert!(share < 0.0005, "grain counts as {share}");
        }
        let mut picture = street(|light| light);
        paint(&mut picture, (200, 100), (16, 40), 20);
        let share = camera.sees(&noisy(picture, &mut seed, 12));
        assert!((0.002..0.1).contains(&share), "a small person counts as {share}");
    }

    #[test]
    fn a_step_of_the_exposure_is_no_motion() {
        let mut camera = Camera::new();
        for _ in 0..10 {
            camera.sees(&street(|light| light));
        }
        for light in [|light: f32| light + 60.0, |light: f32| light * 1.4, |light: f32| light * 0.5] {
            let share = camera.sees(&street(light));
            assert!(share < 0.002, "exposure counts as {share}");
        }
    }

    #[test]
    fn what_stays_becomes_background() {
        let mut camera = Camera::new();
        camera.sees(&street(|light| light));
        let mut parked = street(|light| light);
        paint(&mut parked, (100, 80), (80, 50), 230);
        let first = camera.sees(&parked);
        let later = (0..1500).map(|_| camera.sees(&parked)).last().unwrap();
        assert!(first > 0.005 && later < first / 10.0, "{first} then {later}");
    }

    #[test]
    fn another_view_counts_once() {
        let mut camera = Camera::new();
        camera.sees(&street(|light| light));
        let mut turned = street(|light| light);
        turned.reverse();
        turned.chunks_exact_mut(3 * WIDTH).for_each(|line| line.rotate_left(3 * 31));
        let first = camera.sees(&turned);
        assert!(first > OTHER_VIEW, "{first}");
        assert!(camera.sees(&turned) < 0.001);
    }

    proptest! {
        #[test]
        fn any_size_and_time_give_a_share(
            width in 1usize..300, height in 1usize..200, times in prop::collection::vec(any::<i64>(), 1..5), byte: u8,
        ) {
            let mut motion = Motion::default();
            let mut grid = Grid::default();
            for (index, micros) in times.into_iter().enumerate() {
                let picture = vec![byte.wrapping_mul(index as u8); width * height * 3];
                grid.fill(&picture, width * 3, width, height);
                let share = motion.update(Timestamp::from_micros(micros), &grid);
                prop_assert!((0.0..=1.0).contains(&share));
            }
        }
    }
}
