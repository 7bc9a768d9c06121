//! How much of the picture changed, against a background that adapts slowly.
//!
//! What is compared is local structure: brightness less the mean of the neighbourhood, by the contrast of the
//! neighbourhood. So a step of the exposure, a cloud or a lamp changes little, and a thing that comes, goes or
//! moves changes much. Each cell learns its own noise: night grain and leaves count less.

use domain::Timestamp;

use crate::planes::Plane;

/// Most columns and rows of the grid.
const GRID: (usize, usize) = (160, 90);
/// Lines of a cell that are enough to know its brightness.
const LINES: usize = 4;
/// Neighbourhood whose mean is taken off, in cells each way.
const REACH: usize = 6;
/// The contrast to which neighbourhoods are evened out, in steps of brightness; half of it is not amplified.
const CONTRAST: f32 = 16.0;
/// Seconds in which the background takes on most of a change where all is quiet, and where something changed.
const ADAPT: (f32, f32) = (10.0, 40.0);
/// Seconds in which a cell learns its noise; less while the camera is new, so that it knows it within a few looks.
const LEARN: f32 = 30.0;
const LEARN_NEW: f32 = 0.5;
/// A cell has changed when it differs by more than this, and this many times its noise.
const LEAST: f32 = 8.0;
const TIMES_NOISE: f32 = 4.0;
/// A cell that changed counts along with this many of itself and its eight neighbours.
const TOGETHER: u8 = 3;
/// A change of most of the picture is another view: it becomes the background at once.
const OTHER_VIEW: f32 = 0.6;
/// Changed cells that are no further apart than this belong together.
const NEAR: usize = 2;
/// Cells on each side of an object that change with it.
const HALO: usize = 2;
/// Cells that make a blob; fewer are noise.
const LEAST_CELLS: usize = 4;
/// Most blobs of one picture; the largest stay.
pub(crate) const MOST_BLOBS: usize = 24;

/// Brightness of a picture on a coarse grid, with room to compare it. Serves one camera after another.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    columns: usize,
    rows: usize,
    cells: Vec<f32>,
    /// Brightness less the mean of the neighbourhood, by its contrast.
    structure: Vec<f32>,
    smooth: Smoother,
    sizes: Vec<f32>,
    sums: Vec<u32>,
    ends: Vec<usize>,
    /// Which changed cells count, and which were taken into a blob.
    counted: Vec<bool>,
    reach: Vec<usize>,
    blobs: Vec<Blob>,
}

/// Room for smoothing.
#[derive(Debug, Default)]
struct Smoother {
    across: Vec<f32>,
    sums: Vec<f32>,
    smoothed: Vec<f32>,
}

/// A group of cells that changed: from its first to after its last column and row, in parts of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Blob {
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
    cells: usize,
}

/// The background of one camera.
#[derive(Debug, Default)]
pub(crate) struct Motion {
    columns: usize,
    background: Vec<f32>,
    noise: Vec<f32>,
    changed: Vec<bool>,
    time: Option<Timestamp>,
    /// Seconds since the first picture.
    age: f32,
}

impl Grid {
    /// Number of cells of a row.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// The brightness of each cell, row by row.
    pub(crate) fn cells(&self) -> &[f32] {
        &self.cells
    }

    /// Brightness less the mean of the neighbourhood, by its contrast.
    pub(crate) fn structure(&self) -> &[f32] {
        &self.structure
    }

    /// Takes the brightness of a picture.
    pub(crate) fn fill(&mut self, luma: Plane<'_>) {
        let (width, height) = (luma.width(), luma.height());
        let (columns, rows) = (GRID.0.min(width).max(1), GRID.1.min(height).max(1));
        (self.columns, self.rows) = (columns, rows);
        self.cells.clear();
        self.cells.resize(columns * rows, 0.0);
        // Where each column ends.
        self.ends.clear();
        self.ends.extend((1..=columns).map(|column| column * width / columns));
        self.sums.resize(columns, 0);
        let step = (height / (rows * LINES)).max(1);
        for (row, cells) in self.cells.chunks_exact_mut(columns).enumerate() {
            let lines = (row * height / rows..(row + 1) * height / rows).step_by(step);
            self.sums.fill(0);
            let mut summed = 0;
            for line in lines {
                summed += 1;
                add_up(luma.line(line), &self.ends, &mut self.sums);
            }
            let mut start = 0;
            for ((cell, sum), end) in cells.iter_mut().zip(&self.sums).zip(&self.ends) {
                *cell = *sum as f32 / (summed * (end - start)).max(1) as f32;
                start = *end;
            }
        }
        self.compare();
    }

    /// Compares each cell with its neighbourhood.
    fn compare(&mut self) {
        let Self { columns, rows, cells, structure, smooth, sizes, .. } = self;
        structure.clear();
        let means = smooth.run(cells, *columns, *rows);
        structure.extend(cells.iter().zip(means).map(|(cell, mean)| cell - mean));
        sizes.clear();
        sizes.extend(structure.iter().map(|value| value.abs()));
        let contrasts = smooth.run(sizes, *columns, *rows);
        for (value, contrast) in structure.iter_mut().zip(contrasts) {
            *value *= CONTRAST / (contrast + CONTRAST / 2.0);
        }
    }

    /// Where the picture changed against the background that it was compared with last.
    pub(crate) fn blobs(&mut self) -> &[Blob] {
        self.blobs.clear();
        for start in 0..self.counted.len() {
            if self.counted.get(start) == Some(&true) {
                let blob = self.blob(start);
                if blob.cells >= LEAST_CELLS {
                    self.blobs.push(blob);
                }
            }
        }
        self.blobs.sort_unstable_by_key(|blob| std::cmp::Reverse(blob.cells));
        self.blobs.truncate(MOST_BLOBS);
        &self.blobs
    }

    /// Takes out all cells that belong together with one.
    fn blob(&mut self, start: usize) -> Blob {
        let (columns, rows) = (self.columns.max(1), self.rows);
        let (mut left, mut top, mut right, mut bottom, mut cells) = (columns, rows, 0, 0, 0);
        self.reach.clear();
        self.reach.push(start);
        self.counted.get_mut(start).into_iter().for_each(|counted| *counted = false);
        while let Some(place) = self.reach.pop() {
            let (row, column) = (place / columns, place % columns);
            (left, right) = (left.min(column), right.max(column + 1));
            (top, bottom) = (top.min(row), bottom.max(row + 1));
            cells += 1;
            let (from, to) = (column.saturating_sub(NEAR), (column + NEAR + 1).min(columns));
            for near in row.saturating_sub(NEAR)..(row + NEAR + 1).min(rows) {
                let line = self.counted.get_mut(near * columns + from..near * columns + to);
                for (offset, counted) in line.into_iter().flatten().enumerate().filter(|(_, is)| **is) {
                    *counted = false;
                    self.reach.push(near * columns + from + offset);
                }
            }
        }
        let (left, right) = without_halo(left, right);
        let (top, bottom) = without_halo(top, bottom);
        let part = |place: usize, of: usize| place as f32 / of.max(1) as f32;
        Blob {
            left: part(left, columns),
            top: part(top, rows),
            right: part(right, columns),
            bottom: part(bottom, rows),
            cells,
        }
    }
}

/// The cells beside an object change with it, for it is in their neighbourhood's mean: they are taken off.
fn without_halo(from: usize, to: usize) -> (usize, usize) {
    let halo = HALO.min(to.saturating_sub(from) / 4);
    (from + halo, to - halo)
}

/// Adds the bytes of each column to its sum.
fn add_up(line: &[u8], ends: &[usize], sums: &mut [u32]) {
    if line.len() == 4 * sums.len() {
        // The usual sub-stream of 640 pixels.
        for (sum, bytes) in sums.iter_mut().zip(line.as_chunks::<4>().0) {
            *sum += bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
        }
        return;
    }
    let mut start = 0;
    for (sum, end) in sums.iter_mut().zip(ends) {
        let bytes = line.get(start..*end).unwrap_or_default();
        *sum += bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
        start = *end;
    }
}

impl Motion {
    /// Compares a picture with the background, and takes it in. Gives the share of it that changed, 0 to 1; 0 for the
    /// first. [`Grid::blobs`] then says where.
    pub(crate) fn update(&mut self, time: Timestamp, grid: &mut Grid) -> f32 {
        let structure = &grid.structure;
        grid.counted.clear();
        if self.columns != grid.columns || self.background.len() != structure.len() {
            self.noise = vec![1.0; structure.len()];
            self.changed = vec![false; structure.len()];
            self.columns = grid.columns;
            self.background.clone_from(structure);
            self.time = Some(time);
            self.age = 0.0;
            return 0.0;
        }
        let seconds = self.time.map_or(0.1, |before| time.since(before).as_secs_f32().clamp(0.05, 60.0));
        self.time = Some(time);
        for ((changed, (now, before)), noise) in
            self.changed.iter_mut().zip(structure.iter().zip(&self.background)).zip(&self.noise)
        {
            *changed = (now - before).abs() > LEAST.max(TIMES_NOISE * noise);
        }
        let share = self.count(&mut grid.counted);
        if share > OTHER_VIEW {
            self.background.clone_from(structure);
            self.noise.fill(1.0);
            return share;
        }
        let part = |constant: f32| 1.0 - (-seconds / constant).exp();
        self.age += seconds;
        let (quiet, busy, learn) = (part(ADAPT.0), part(ADAPT.1), part(self.age.clamp(LEARN_NEW, LEARN)));
        for (((now, before), noise), changed) in
            structure.iter().zip(&mut self.background).zip(&mut self.noise).zip(&self.changed)
        {
            let off = now - *before;
            *noise += (off.abs().min(4.0 * LEAST) - *noise) * learn;
            *before += off * if *changed { busy } else { quiet };
        }
        share
    }

    /// Which cells changed along with enough of their neighbours, and their share.
    fn count(&self, counted: &mut Vec<bool>) -> f32 {
        let columns = self.columns.max(1);
        let line = |row: Option<usize>| {
            row.and_then(|row| self.changed.get(row * columns..(row + 1) * columns)).unwrap_or_default()
        };
        let mut count = 0usize;
        for row in 0..self.changed.len() / columns {
            let lines = [line(row.checked_sub(1)), line(Some(row)), line(Some(row + 1))];
            for column in 0..columns {
                let near = column.saturating_sub(1)..(column + 2).min(columns);
                let together = |lines: &[&[bool]]| -> u8 {
                    let cells = lines.iter().filter_map(|line| line.get(near.clone()));
                    cells.flatten().map(|changed| u8::from(*changed)).sum()
                };
                let counts = lines[1].get(column) == Some(&true) && together(&lines) >= TOGETHER;
                counted.push(counts);
                count += usize::from(counts);
            }
        }
        count as f32 / self.changed.len().max(1) as f32
    }
}

impl Smoother {
    /// For each cell the mean of its neighbourhood: of those within [`REACH`] each way, fewer at the edges.
    fn run(&mut self, cells: &[f32], columns: usize, rows: usize) -> &[f32] {
        let Self { across, sums, smoothed } = self;
        let columns = columns.max(1);
        across.clear();
        for line in cells.chunks_exact(columns) {
            means(line, across);
        }
        // Down the columns, all at once: sums of the lines within reach.
        sums.clear();
        sums.resize(columns, 0.0);
        smoothed.clear();
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
                picture.push(light(50.0 + texture) as u8);
            }
        }
        picture
    }

    fn paint(picture: &mut [u8], (left, top): (usize, usize), (width, height): (usize, usize), value: u8) {
        for y in top..top + height {
            picture[y * WIDTH + left..y * WIDTH + left + width].fill(value);
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

    struct Camera(Motion, i64, Grid);

    impl Camera {
        fn new() -> Self {
            Self(Motion::default(), 0, Grid::default())
        }
        fn sees(&mut self, picture: &[u8]) -> f32 {
            self.1 += 200_000;
            self.2.fill(Plane::new(picture, WIDTH, WIDTH, HEIGHT));
            self.0.update(Timestamp::from_micros(self.1), &mut self.2)
        }
    }

    #[test]
    fn cells_are_means_of_their_pixels() {
        let mut grid = Grid::default();
        let mut picture = vec![0u8; WIDTH * HEIGHT];
        paint(&mut picture, (0, 0), (WIDTH / 2, HEIGHT), 200);
        grid.fill(Plane::new(&picture, WIDTH, WIDTH, HEIGHT));
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
        for (index, mean) in Smoother::default().run(&cells, columns, rows).iter().enumerate() {
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
    fn a_person_is_one_blob_where_he_stands() {
        let mut camera = Camera::new();
        for _ in 0..5 {
            camera.sees(&street(|light| light));
        }
        let mut picture = street(|light| light);
        paint(&mut picture, (200, 100), (16, 40), 20);
        paint(&mut picture, (40, 20), (16, 40), 250);
        camera.sees(&picture);
        let blobs = camera.2.blobs();
        assert_eq!(blobs.len(), 2, "{blobs:?}");
        let person = blobs.iter().find(|blob| blob.left > 0.4).unwrap();
        let near = |value: f32, wanted: usize, of: usize| (value - wanted as f32 / of as f32).abs() < 0.025;
        assert!(near(person.left, 200, WIDTH) && near(person.right, 216, WIDTH), "{person:?}");
        assert!(near(person.top, 100, HEIGHT) && near(person.bottom, 140, HEIGHT), "{person:?}");
        camera.sees(&picture);
        assert!(Grid::default().blobs().is_empty());
    }

    #[test]
    fn another_view_counts_once() {
        let mut camera = Camera::new();
        camera.sees(&street(|light| light));
        let mut turned = street(|light| light);
        turned.reverse();
        turned.chunks_exact_mut(WIDTH).for_each(|line| line.rotate_left(31));
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
                let picture = vec![byte.wrapping_mul(index as u8); width * height];
                grid.fill(Plane::new(&picture, width, width, height));
                let share = motion.update(Timestamp::from_micros(micros), &mut grid);
                prop_assert!((0.0..=1.0).contains(&share));
            }
        }
    }
}
