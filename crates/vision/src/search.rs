//! Searching pictures for objects: whole, or only where something changed, several pictures in one run.

use std::time::{Duration, Instant};

use domain::{BoundingBox, Detection, LookAt, LookCost, SceneView, Searched, Timestamp};
use vision_client::protocol::{FeedId, Reply};

use crate::canvas::Canvas;
use crate::detector::Detector;
use crate::letterbox::Letterbox;
use crate::manifest::Thresholds;
use crate::motion::{Grid, Motion};
use crate::nms;
use crate::plan::{Extent, Planner};
use crate::planes::Planes;
use crate::sampler::{Part, Sampler};
use crate::tensor::{InputTensor, Place};
use crate::timing::{Stopwatch, micros};
use crate::view::Views;

/// Everything that it takes to search pictures, one after another.
pub(crate) struct Search {
    detector: Detector,
    sampler: Sampler,
    grid: Grid,
    planner: Planner,
    /// The input for a whole picture, and where the picture before lay in it: around it is padding.
    whole: InputTensor,
    whole_place: Option<Letterbox>,
    canvas: Canvas,
    /// Looks whose areas are on the canvas, or that wait for one that is, in their order.
    waiting: Vec<Waiting>,
    since: Option<Instant>,
    patience: Duration,
}

/// A look that has not been answered.
struct Waiting {
    feed: FeedId,
    time: Timestamp,
    motion: f32,
    view: SceneView,
    cost: LookCost,
}

/// A picture to look at.
pub(crate) struct Sight<'a> {
    pub(crate) feed: FeedId,
    pub(crate) time: Timestamp,
    pub(crate) planes: Planes<'a>,
    pub(crate) look: &'a LookAt,
    /// What decoding took since the look before.
    pub(crate) cost: LookCost,
}

impl Search {
    /// Areas wait for as long as `patience` for others to share a run with.
    pub(crate) fn new(detector: Detector, patience: Duration) -> Self {
        Self {
            sampler: Sampler::default(),
            grid: Grid::default(),
            planner: Planner::default(),
            whole: detector.tensor(),
            whole_place: None,
            canvas: Canvas::new(detector.tensor()),
            waiting: Vec::new(),
            since: None,
            patience,
            detector,
        }
    }

    /// Looks at a picture. The answer comes now or with a later call, in the order of the feed's looks.
    pub(crate) fn look(
        &mut self,
        sight: &Sight<'_>,
        before: (&mut Motion, &mut Views),
        replies: &mut Vec<Reply>,
    ) {
        if let Err(detail) = self.search(sight, before, replies) {
            replies.push(Reply::Failed { feed: sight.feed, time: sight.time, detail });
        }
    }

    fn search(
        &mut self,
        sight: &Sight<'_>,
        (motion, views): (&mut Motion, &mut Views),
        replies: &mut Vec<Reply>,
    ) -> Result<(), String> {
        let planes = &sight.planes;
        let watch = Stopwatch::start();
        self.grid.fill(planes.luma);
        let share = motion.update(sight.time, &mut self.grid);
        let view = views.see(sight.time, &self.grid);
        let blobs = self.grid.blobs().iter().map(|blob| [blob.left, blob.top, blob.right, blob.bottom]);
        let focus = sight.look.focus.iter().map(|at| [at.x, at.y, at.x + at.w, at.y + at.h]);
        let picture = (planes.width, planes.height);
        let extent = if sight.look.whole {
            Extent::Whole
        } else {
            self.planner.plan(blobs.chain(focus), picture, self.whole.size())
        };
        let mut waiting =
            Waiting { feed: sight.feed, time: sight.time, motion: share, view, cost: sight.cost };
        waiting.cost.motion_micros = micros(watch.spent());
        match extent {
            Extent::Nothing if self.waits(sight.feed) => self.wait(waiting),
            Extent::Nothing => replies.push(waiting.answer(Vec::new(), Searched::Nothing)),
            Extent::Areas => {
                let watch = Stopwatch::start();
                if !self.draw(planes) {
                    // The first on an empty canvas may still not fit: rectangles cannot fill it all.
                    self.flush(replies);
                    if !self.draw(planes) {
                        return self.whole(waiting, planes, replies);
                    }
                }
                waiting.cost.detect_micros = micros(watch.spent());
                self.wait(waiting);
            }
            Extent::Whole => return self.whole(waiting, planes, replies),
        }
        Ok(())
    }

    fn draw(&mut self, planes: &Planes<'_>) -> bool {
        self.canvas.add(self.waiting.len(), planes, self.planner.areas(), &mut self.sampler)
    }

    fn wait(&mut self, waiting: Waiting) {
        self.waiting.push(waiting);
        self.since.get_or_insert_with(Instant::now);
    }

    /// Searches a whole picture at once.
    fn whole(
        &mut self,
        mut waiting: Waiting,
        planes: &Planes<'_>,
        replies: &mut Vec<Reply>,
    ) -> Result<(), String> {
        if self.waits(waiting.feed) {
            self.flush(replies);
        }
        let watch = Stopwatch::start();
        let input = &self.detector.manifest().input;
        let picture = (planes.width as u32, planes.height as u32);
        let letterbox = Letterbox::new(input.letterbox, picture, (input.width, input.height));
        if self.whole_place.replace(letterbox) != Some(letterbox) {
            self.whole.clear();
        }
        let place = Place {
            x: letterbox.x as usize,
            y: letterbox.y as usize,
            width: letterbox.width as usize,
            height: letterbox.height as usize,
        };
        let part = Part { x: 0, y: 0, width: planes.width, height: planes.height };
        self.sampler.draw(planes, part, place, &mut self.whole);
        let found = self.detector.run(&self.whole.view())?.iter().map(|one| Detection {
            class: one.class,
            score: one.score.clamp(0.0, 1.0),
            bounds: letterbox.to_picture(one.edges),
        });
        let found = found.filter(|one| one.bounds.area() > 0.0).collect();
        let detections = suppress(found, &self.detector.manifest().thresholds);
        waiting.cost.detect_micros += micros(watch.spent());
        replies.push(waiting.answer(detections, Searched::Whole));
        Ok(())
    }

    /// Whether a feed has looks that were not answered.
    pub(crate) fn waits(&self, feed: FeedId) -> bool {
        self.waiting.iter().any(|waiting| waiting.feed == feed)
    }

    /// Time of the first look of a feed that was not answered.
    pub(crate) fn waits_since(&self, feed: FeedId) -> Option<Timestamp> {
        self.waiting.iter().find(|waiting| waiting.feed == feed).map(|waiting| waiting.time)
    }

    /// Until when what waits may wait for more; `None` where nothing waits.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.since.map(|since| since + self.patience)
    }

    /// Searches what is on the canvas and answers all that waits.
    pub(crate) fn flush(&mut self, replies: &mut Vec<Reply>) {
        self.since = None;
        if self.waiting.is_empty() {
            return;
        }
        let watch = Stopwatch::start();
        let outcome = self.detector.run(&self.canvas.tensor().view());
        let (found, failure) = match outcome {
            Ok(found) => (found, None),
            Err(detail) => (&[][..], Some(detail)),
        };
        let pieces = self.canvas.pieces();
        let mut answers: Vec<(Vec<Detection>, Vec<BoundingBox>, usize)> = Vec::new();
        answers.resize_with(self.waiting.len(), Default::default);
        for piece in pieces {
            let Some((_, areas, pixels)) = answers.get_mut(piece.look) else { continue };
            areas.push(bounds(piece.shows()));
            *pixels += piece.pixels();
        }
        for one in found {
            let taken = pieces.iter().find_map(|piece| Some((piece.look, piece.take(one)?)));
            let Some((look, (score, edges))) = taken else { continue };
            let detection =
                Detection { class: one.class, score: score.clamp(0.0, 1.0), bounds: bounds(edges) };
            if let Some((detections, ..)) = answers.get_mut(look)
                && detection.bounds.area() > 0.0
            {
                detections.push(detection);
            }
        }
        let thresholds = &self.detector.manifest().thresholds;
        let spent = watch.spent();
        let all: usize = pieces.iter().map(crate::canvas::Piece::pixels).sum();
        for (mut waiting, (detections, areas, pixels)) in self.waiting.drain(..).zip(answers) {
            if let Some(detail) = &failure {
                let detail = detail.clone();
                replies.push(Reply::Failed { feed: waiting.feed, time: waiting.time, detail });
                continue;
            }
            waiting.cost.detect_micros += micros(spent.mul_f64(pixels as f64 / all.max(1) as f64));
            let searched = if areas.is_empty() { Searched::Nothing } else { Searched::Areas(areas) };
            replies.push(waiting.answer(suppress(detections, thresholds), searched));
        }
        self.canvas.clear();
    }
}

impl Waiting {
    fn answer(self, detections: Vec<Detection>, searched: Searched) -> Reply {
        let Self { feed, time, motion, view, cost } = self;
        Reply::Look { feed, time, detections, searched, motion, view, cost }
    }
}

fn suppress(found: Vec<Detection>, thresholds: &Thresholds) -> Vec<Detection> {
    nms::suppress(found, thresholds.nms_iou, thresholds.max_detections)
}

/// A box from its edges.
fn bounds([left, top, right, bottom]: [f32; 4]) -> BoundingBox {
    BoundingBox { x: left, y: top, w: right - left, h: bottom - top }.clamped()
}
