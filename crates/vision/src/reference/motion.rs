//! Motion as Frigate finds it (its `ImprovedMotionDetector` with its default settings): brightness on a hundred
//! lines, contrast stretched, against a running average; what differs and hangs together is a box.

use ffmpeg_next::frame;

use super::regions::Rectangle;

/// Lines of the picture that is compared.
const LINES: usize = 100;
/// Contrast is stretched between these parts of the brightness values, averaged over so many looks.
const DARK: f32 = 0.04;
const LIGHT: f32 = 0.96;
const CONTRAST_LOOKS: usize = 50;
/// A Gaussian of sigma 1 that reaches one pixel each way.
const BLUR: [f32; 3] = [0.274_068_6, 0.451_862_8, 0.274_068_6];
/// A pixel moved when it differs by more than this.
const THRESHOLD: f32 = 30.0;
/// An area is a box when it is larger than this.
const LEAST_AREA: f32 = 10.0;
/// How much of a look the average takes on: usually, and while it is not known yet.
const LEARN: f32 = 0.01;
const LEARN_FAST: f32 = 0.2;
/// While something moves the average learns only after so many looks.
const HOLD_LOOKS: u32 = 10;
/// The average is known once less than this moves, in no more than so many boxes …
const CALM: f32 = 0.05;
const CALM_BOXES: usize = 4;
/// … and not known any more when more than this moves at once: lightning, or another view.
const LIGHTNING: f32 = 0.8;

/// The running average of one camera.
pub(super) struct Motion {
    width: usize,
    average: Vec<f32>,
    /// Darkest and lightest of the latest looks, a ring.
    contrast: [(f32, f32); CONTRAST_LOOKS],
    next_contrast: usize,
    moving_looks: u32,
    calibrating: bool,
}

impl Default for Motion {
    fn default() -> Self {
        Self {
            width: 0,
            average: Vec::new(),
            contrast: [(0.0, 255.0); CONTRAST_LOOKS],
            next_contrast: 0,
            moving_looks: 0,
            calibrating: true,
        }
    }
}

impl Motion {
    /// Whether the average is not known yet.
    pub(super) fn is_calibrating(&self) -> bool {
        self.calibrating
    }

    /// Takes the average for known: a camera has a calm moment some time, a loop of busy footage may have none.
    pub(super) fn settle(&mut self) {
        self.calibrating = false;
    }

    /// Takes in a picture and gives boxes around what moves.
    pub(super) fn update(&mut self, picture: &frame::Video) -> Vec<Rectangle> {
        let mut small = shrink(picture);
        self.stretch(&mut small);
        blur(&mut small);
        if self.average.len() != small.values.len() {
            self.average = vec![0.0; small.values.len()];
            self.width = small.width;
        }
        let differs = |(now, before): (&f32, &f32)| (now - before).abs() > THRESHOLD;
        let moved: Vec<bool> = small.values.iter().zip(&self.average).map(differs).collect();
        let areas = areas(dilate(&moved, self.width), self.width);
        let share = areas.iter().map(|area| area.size).sum::<f32>() / small.values.len().max(1) as f32;
        let scale = picture.height() as f32 / LINES as f32;
        let large = areas.iter().filter(|area| area.size > LEAST_AREA);
        let boxes: Vec<Rectangle> = large.map(|area| area.scaled(scale)).collect();
        if share < CALM && boxes.len() <= CALM_BOXES {
            self.calibrating = false;
        }
        if share > LIGHTNING {
            self.calibrating = true;
        }
        self.moving_looks = if boxes.is_empty() { 0 } else { self.moving_looks + 1 };
        if boxes.is_empty() || self.moving_looks >= HOLD_LOOKS {
            let part = if self.calibrating { LEARN_FAST } else { LEARN };
            for (before, now) in self.average.iter_mut().zip(&small.values) {
                *before += (now - *before) * part;
            }
        }
        boxes
    }

    fn stretch(&mut self, small: &mut Small) {
        let (dark, light) = percentiles(&small.values);
        if dark < light
            && let Some(slot) = self.contrast.get_mut(self.next_contrast)
        {
            *slot = (dark, light);
            self.next_contrast = (self.next_contrast + 1) % CONTRAST_LOOKS;
            let mean = |pick: fn(&(f32, f32)) -> f32| {
                self.contrast.iter().map(pick).sum::<f32>() / CONTRAST_LOOKS as f32
            };
            let (dark, light) = (mean(|pair| pair.0), mean(|pair| pair.1));
            let factor = 255.0 / (light - dark).max(1.0);
            for value in &mut small.values {
                *value = (value.clamp(dark, light) - dark) * factor;
            }
        }
    }
}

/// A small picture of brightness.
struct Small {
    width: usize,
    values: Vec<f32>,
}

/// Takes every so many pixels of brightness; nothing is averaged.
fn shrink(picture: &frame::Video) -> Small {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let columns = (width * LINES / height.max(1)).max(1);
    let mut values = Vec::with_capacity(columns * LINES);
    let lines: Vec<&[u8]> = picture.data(0).chunks(picture.stride(0).max(1)).collect();
    for row in 0..LINES {
        let line = lines.get(row * height / LINES).copied().unwrap_or_default();
        let pixel = |column: usize| line.get(column * width / columns).copied().unwrap_or_default();
        values.extend((0..columns).map(|column| f32::from(pixel(column))));
    }
    Small { width: columns, values }
}

/// The values that few are darker than, and few are lighter.
fn percentiles(values: &[f32]) -> (f32, f32) {
    let mut counts = [0usize; 256];
    for value in values {
        if let Some(count) = counts.get_mut(*value as usize) {
            *count += 1;
        }
    }
    let at = |part: f32| {
        let wanted = (part * values.len().saturating_sub(1) as f32) as usize;
        let mut seen = 0;
        let reached = counts.iter().position(|count| {
            seen += count;
            seen > wanted
        });
        reached.unwrap_or(255) as f32
    };
    (at(DARK), at(LIGHT))
}

/// Along the lines, then across them. At the edges the nearest pixel counts twice.
fn blur(small: &mut Small) {
    let (width, [side, middle, _]) = (small.width.max(1), BLUR);
    let mut line: Vec<f32> = Vec::new();
    for values in small.values.chunks_exact_mut(width) {
        line.clear();
        line.extend(values.first().into_iter().chain(values.iter()).chain(values.last()).copied());
        for (value, near) in values.iter_mut().zip(line.array_windows::<3>()) {
            *value = (near[0] + near[2]) * side + near[1] * middle;
        }
    }
    let original = small.values.clone();
    let lines: Vec<&[f32]> = original.chunks_exact(width).collect();
    for (row, values) in small.values.chunks_exact_mut(width).enumerate() {
        let above = lines.get(row.saturating_sub(1)).copied().unwrap_or_default();
        let below = lines.get(row + 1).or(lines.last()).copied().unwrap_or_default();
        for ((value, above), below) in values.iter_mut().zip(above).zip(below) {
            *value = *value * middle + (above + below) * side;
        }
    }
}

/// Grows what moved by a pixel each way.
fn dilate(moved: &[bool], width: usize) -> Vec<bool> {
    let mut grown = vec![false; moved.len()];
    for (index, _) in moved.iter().enumerate().filter(|(_, is)| **is) {
        for (near, _) in neighbours(index, width, moved.len(), true) {
            if let Some(near) = grown.get_mut(near) {
                *near = true;
            }
        }
    }
    grown
}

/// A pixel itself and those around it that are in the picture, with whether they share a side with it; those that
/// only share a corner where `corners` are wanted.
fn neighbours(
    index: usize,
    width: usize,
    count: usize,
    corners: bool,
) -> impl Iterator<Item = (usize, bool)> {
    let width = width.max(1);
    let (row, column) = (index / width, index % width);
    let rows = row.saturating_sub(1)..=row + 1;
    rows.flat_map(move |r| {
        let columns = column.saturating_sub(1)..=(column + 1).min(width - 1);
        columns.map(move |c| (r * width + c, r == row || c == column))
    })
    .filter(move |(near, side)| *near < count && (*side || corners))
}

/// Pixels that hang together.
struct Area {
    /// As OpenCV's `contourArea` measures it: within the line through the middles of the outermost pixels.
    size: f32,
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

impl Area {
    fn scaled(&self, scale: f32) -> Rectangle {
        Rectangle {
            left: self.left as f32 * scale,
            top: self.top as f32 * scale,
            right: (self.right + 1) as f32 * scale,
            bottom: (self.bottom + 1) as f32 * scale,
        }
    }
}

fn areas(mut moved: Vec<bool>, width: usize) -> Vec<Area> {
    let all = moved.clone();
    let count = moved.len();
    let mut areas = Vec::new();
    let mut open = Vec::new();
    for start in 0..count {
        let mut take = |index: usize| moved.get_mut(index).is_some_and(std::mem::take);
        if !take(start) {
            continue;
        }
        open.push(start);
        let (mut pixels, mut edge) = (0usize, 0usize);
        let mut area = Area { size: 0.0, left: width, top: count, right: 0, bottom: 0 };
        while let Some(index) = open.pop() {
            let (row, column) = (index / width.max(1), index % width.max(1));
            area.left = area.left.min(column);
            area.right = area.right.max(column);
            area.top = area.top.min(row);
            area.bottom = area.bottom.max(row);
            pixels += 1;
            let sides = neighbours(index, width, count, false);
            let inside = sides.filter(|(near, _)| all.get(*near).copied().unwrap_or(false)).count();
            // Itself and four others.
            edge += usize::from(inside < 5);
            open.extend(
                neighbours(index, width, count, true).map(|(near, _)| near).filter(|near| take(*near)),
            );
        }
        // Pick's theorem: the area of a polygon from the points of the grid in it and on its border.
        area.size = (pixels as f32 - edge as f32 / 2.0 - 1.0).max(0.0);
        areas.push(area);
    }
    areas
}

#[cfg(test)]
mod tests {
    use super::*;
    use ffmpeg_next::format::Pixel;

    fn picture(block: Option<(usize, usize)>) -> frame::Video {
        let mut picture = frame::Video::new(Pixel::YUV420P, 640, 360);
        let stride = picture.stride(0);
        for (row, line) in picture.data_mut(0).chunks_mut(stride).enumerate() {
            for (column, byte) in line.iter_mut().enumerate() {
                *byte = 60 + (column / 8) as u8;
                if block.is_some_and(|(x, y)| (x..x + 40).contains(&column) && (y..y + 80).contains(&row)) {
                    *byte = 250;
                }
            }
        }
        picture
    }

    #[test]
    fn what_comes_is_boxed_once_the_average_is_known() {
        let mut motion = Motion::default();
        assert!(motion.is_calibrating());
        for _ in 0..500 {
            motion.update(&picture(None));
        }
        assert!(!motion.is_calibrating());
        assert!(motion.update(&picture(None)).is_empty());
        let boxes = motion.update(&picture(Some((300, 100))));
        assert_eq!(boxes.len(), 1, "{boxes:?}");
        let Rectangle { left, top, right, bottom } = boxes[0];
        assert!((left - 300.0).abs() < 10.0 && (right - 340.0).abs() < 10.0, "{boxes:?}");
        assert!((top - 100.0).abs() < 10.0 && (bottom - 180.0).abs() < 10.0, "{boxes:?}");
    }

    #[test]
    fn areas_are_as_large_as_their_outlines() {
        let mut moved = vec![false; 20 * 10];
        for row in 2..6 {
            moved[row * 20 + 3..row * 20 + 10].fill(true);
        }
        moved[9 * 20 + 19] = true;
        let found = areas(moved, 20);
        assert_eq!(found.len(), 2);
        assert!((found[0].size - 18.0).abs() < 1e-6, "3 by 6 between the middles: {}", found[0].size);
        assert_eq!((found[0].left, found[0].top, found[0].right, found[0].bottom), (3, 2, 9, 5));
    }
}
