//! The references of `bench cameras`: what it costs to analyse a stream the plain way, and what is found then.
//!
//! Both decode every picture of a file with the loop filter on, and look five times a second, with the model that
//! the worker has. [`Way::Whole`] searches the whole picture at each look. [`Way::Motion`] does as Frigate does:
//! motion against a running background, and each region of it searched alone.
//!
//! They share the model with the product and nothing of its scaling, motion or scheduling, so that they stay what
//! they are when the product changes.

mod footage;
mod motion;
mod objects;
mod regions;
mod search;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::ValueEnum;
use domain::Detection;
use ffmpeg_next::frame;
use serde::Serialize;

use crate::ModelArguments;
use crate::detector::{Detector, Model};
use crate::runtime::{Provider, Runtime};
use crate::timing::Stopwatch;
use footage::Footage;
use motion::Motion;
use objects::Objects;
use regions::{Rectangle, Size};
use search::Search;

/// Microseconds from one look to the next.
const LOOK_EVERY: i64 = 200_000;
/// Boxes of different regions that overlap more than this are of one object.
const SAME: f32 = 0.4;

/// Settings of a reference.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How to look.
    #[arg(long)]
    way: Way,
    /// Seconds of the footage, from its beginning; all of it if not given.
    #[arg(long)]
    seconds: Option<f64>,
    /// The footage.
    file: PathBuf,
}

/// How to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Way {
    /// At the whole picture.
    Whole,
    /// At what moves.
    Motion,
}

/// A line of the output for each look.
#[derive(Serialize)]
struct Look<'a> {
    time_us: i64,
    detections: &'a [Detection],
}

/// The last line: what it took.
#[derive(Default, Serialize)]
struct Summary {
    /// Pictures that were decoded.
    frames: u64,
    /// Pictures that were looked at.
    looks: u64,
    /// Runs of the model.
    runs: u64,
    /// Seconds of processor time for decoding.
    decode_s: f64,
    /// For finding motion and regions.
    motion_s: f64,
    /// For scaling into the model's input, running the model and reading what comes out.
    detect_s: f64,
}

/// Plays the file, and prints a line of JSON for each look, and one with the sums.
pub(crate) fn run(arguments: &Arguments, model: &ModelArguments) -> anyhow::Result<()> {
    ffmpeg_next::init().context("FFmpeg does not start")?;
    ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Error);
    let mut search = open(model)?;
    let end = arguments.seconds.map_or(i64::MAX, |seconds| (seconds * 1e6) as i64);
    let mut watch = (arguments.way == Way::Motion).then(Watch::default);
    let (mut picture, mut summary) = (frame::Video::empty(), Summary::default());
    if let Some(watch) = &mut watch {
        // A camera runs for long: what counts begins once background and contrast are known.
        let (mut footage, mut looks) = (Footage::open(&arguments.file)?, Looks::default());
        while let Some(time) = footage.next(&mut picture)? {
            if looks.is_due(time) {
                watch.motion.update(&picture);
            }
        }
        watch.motion.settle();
    }
    let (mut footage, mut looks) = (Footage::open(&arguments.file)?, Looks::default());
    let mut out = std::io::stdout().lock();
    while let Some(time) = footage.next(&mut picture)?
        && time < end
    {
        summary.frames += 1;
        if !looks.is_due(time) {
            continue;
        }
        let detections = match &mut watch {
            None => timed(&mut summary.detect_s, || search.whole(&picture)),
            Some(watch) => watch.look(&picture, &mut search, &mut summary),
        };
        let detections = detections.map_err(|detail| anyhow!("picture {}: {detail}", summary.frames))?;
        summary.looks += 1;
        serde_json::to_writer(&mut out, &Look { time_us: time, detections: &detections })?;
        writeln!(out)?;
    }
    summary.decode_s = footage.decoding.as_secs_f64();
    summary.runs = search.runs;
    serde_json::to_writer(&mut out, &summary)?;
    Ok(writeln!(out)?)
}

/// Which pictures are looked at.
#[derive(Default)]
struct Looks {
    /// The number of the latest look.
    latest: Option<i64>,
}

impl Looks {
    /// Whether a look is due: at the first picture of each fifth of a second.
    fn is_due(&mut self, time: i64) -> bool {
        let number = time.div_euclid(LOOK_EVERY);
        self.latest.replace(number) != Some(number)
    }
}

/// Motion and objects of one camera.
#[derive(Default)]
struct Watch {
    motion: Motion,
    objects: Objects,
}

impl Watch {
    fn look(
        &mut self,
        picture: &frame::Video,
        search: &mut Search,
        summary: &mut Summary,
    ) -> Result<Vec<Detection>, String> {
        let size = Size { width: picture.width() as f32, height: picture.height() as f32 };
        let regions = timed(&mut summary.motion_s, || {
            let moving = self.motion.update(picture);
            let mut regions = regions::around(&self.objects.choose(&moving, size), size);
            // While the background is not known yet, all of the picture seems to move.
            if !self.motion.is_calibrating() {
                let inside = |one: &Rectangle| regions.iter().any(|region| region.holds(one));
                let alone: Vec<Rectangle> = moving.iter().filter(|one| !inside(one)).copied().collect();
                regions.extend(regions::around(&alone, size));
            }
            regions
        });
        timed(&mut summary.detect_s, || {
            let mut found = self.objects.seeded();
            for region in &regions {
                found.extend(search.part(picture, region)?);
            }
            let found = search.suppress(found, SAME);
            self.objects.update(&found);
            Ok(found)
        })
    }
}

fn open(arguments: &ModelArguments) -> anyhow::Result<Search> {
    let manifest = arguments.model.as_deref().context("--model is missing: give a manifest of `models/`")?;
    let library = arguments.runtime.as_deref().context("--runtime is missing: give libonnxruntime.so")?;
    let provider: Provider = arguments.provider.parse().map_err(anyhow::Error::msg)?;
    let model = Model::find(manifest, arguments.models.as_deref())?;
    Ok(Search::new(Detector::open(&Runtime::load(library, provider)?, &model)?))
}

/// Does something and adds the processor time of it.
fn timed<T>(seconds: &mut f64, work: impl FnOnce() -> T) -> T {
    let watch = Stopwatch::start();
    let result = work();
    *seconds += watch.spent().as_secs_f64();
    result
}
