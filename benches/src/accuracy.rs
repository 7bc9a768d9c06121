//! The accuracy bench: tracking and events on labelled footage, and what the gate misses of them.

mod evaluator;
pub(crate) mod events;
pub(crate) mod pipeline;
pub(crate) mod truth;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use analysis::{GateConfig, WatchConfig};
use anyhow::{Context, Result, ensure};
use domain::{ObjectClass, WatchCost, WatchSpan};
use tokio_util::sync::CancellationToken;
use vision_client::{Vision, VisionConfig};

use crate::footage::Clip;
use evaluator::{Evaluator, Figures};
use events::{Comparison, compare};
use pipeline::Outcome;
use truth::Way;

/// Looks a second of the reference: every picture decoded, the whole of it searched.
const REFERENCE_LOOKS: f64 = 5.0;

/// Settings of the accuracy bench.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder of labelled footage: NAME.mp4 or NAME.avi, with NAME.gt.mot15.txt (people) beside it where there are
    /// labels [default: labelled/ in the set-up folder].
    #[arg(long, value_name = "DIR")]
    labelled: Option<PathBuf>,
    /// Model: the name of a manifest in models/.
    #[arg(long, value_name = "NAME", default_value = "nanodet-g-416-int8")]
    model: String,
    /// Only clips whose name holds this.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Looks a second of an active camera, as the gate has them.
    #[arg(long, default_value_t = GateConfig::default().looks_per_second)]
    looks: f32,
}

/// Runs the bench and prints its tables.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure(arguments))
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let setup = PathBuf::from(std::env::var_os("TAIMAT_SETUP_DIR").unwrap_or_else(|| ".setup".into()));
    let clips = clips(arguments, &setup)?;
    let shutdown = CancellationToken::new();
    let (vision, worker) = Vision::start(vision_config(arguments, &setup), shutdown.clone()).await?;
    let gate = GateConfig { looks_per_second: arguments.looks, ..GateConfig::default() };
    let watch = WatchConfig { gate, ..WatchConfig::default() };
    let mut tracking = Vec::new();
    let mut gating = Vec::new();
    let loaded = clips.iter().map(|(path, _)| Clip::load(path)).collect::<Result<Vec<_>>>()?;
    // All at once, as the cameras of a site: their searches share runs of the detector.
    let watched = loaded.iter().map(|clip| pipeline::watched(&vision, clip, watch.clone()));
    let watched = futures::future::try_join_all(watched).await?;
    for (((_, labels), clip), watched) in clips.iter().zip(&loaded).zip(&watched) {
        println!("{}: {} pictures, {:.0} s", clip.name, clip.units.len(), clip.duration().as_secs_f64());
        let every = pipeline::whole(&vision, clip, REFERENCE_LOOKS).await?;
        gating.push(gate_row(clip, &every, watched));
        if let Some(labels) = labels {
            tracking.extend(tracking_rows(
                clip,
                labels,
                [("whole, 5 a second", &every), ("watched", watched)],
                &setup,
            )?);
        }
    }
    shutdown.cancel();
    worker.await.context("the vision worker's supervisor")?;
    print_tables(arguments, &tracking, &gating);
    Ok(())
}

/// Clips with their labels: the labelled ones, then what the set-up installs as the cameras' sub-streams.
fn clips(arguments: &Arguments, setup: &Path) -> Result<Vec<(PathBuf, Option<PathBuf>)>> {
    let mut clips = Vec::new();
    let labelled = arguments.labelled.clone().unwrap_or_else(|| setup.join("labelled"));
    for path in files(&labelled, is_video) {
        let labels = labels_of(&path);
        clips.push((path, labels));
    }
    if !clips.iter().any(|(_, labels)| labels.is_some()) {
        println!(
            "no labelled footage: put NAME.mp4 or NAME.avi and its people as NAME.gt.mot15.txt (MOT15 text, frames \
             counted from 1) into {}, or name another folder with --labelled",
            labelled.display()
        );
    }
    clips.extend(
        files(&setup.join("footage"), |path| path.to_string_lossy().ends_with("-sub-h264.mp4"))
            .into_iter()
            .map(|path| (path, None)),
    );
    clips.retain(|(path, _)| path.to_string_lossy().contains(&arguments.only));
    ensure!(!clips.is_empty(), "no footage at all: run `cargo xtask setup`");
    Ok(clips)
}

/// The labelled clips of a folder, each with its labels.
pub(crate) fn labelled(folder: &Path) -> Vec<(PathBuf, PathBuf)> {
    let clips = files(folder, is_video).into_iter();
    clips.filter_map(|path| labels_of(&path).map(|labels| (path, labels))).collect()
}

fn is_video(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("mp4") || kind.eq_ignore_ascii_case("avi"))
}

fn labels_of(clip: &Path) -> Option<PathBuf> {
    Some(clip.with_extension("gt.mot15.txt")).filter(|labels| labels.is_file())
}

fn files(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).filter(|path| wanted(path)).collect();
    files.sort();
    files
}

fn vision_config(arguments: &Arguments, setup: &Path) -> VisionConfig {
    let programs = std::env::var_os("TAIMAT_BIN_DIR").unwrap_or_else(|| "target/release".into());
    let manifest = Path::new("models").join(&arguments.model).with_extension("toml");
    let runtime = setup.join("onnxruntime/libonnxruntime.so.1.32.0");
    VisionConfig {
        // Looks come as fast as they are answered.
        patience: Duration::from_millis(20),
        models: Some(setup.join("models")),
        ..VisionConfig::new(PathBuf::from(programs).join("taimat-vision"), manifest, runtime)
    }
}

/// One way of looking at one labelled clip.
struct TrackingRow {
    clip: String,
    way: &'static str,
    figures: Figures,
    events: Comparison,
}

fn tracking_rows(
    clip: &Clip,
    labels: &Path,
    outcomes: [(&'static str, &Outcome); 2],
    setup: &Path,
) -> Result<Vec<TrackingRow>> {
    let truth = truth::load(labels, clip.size)?;
    let scratch = setup.join("accuracy");
    std::fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    let mut results = Vec::new();
    for (way, outcome) in outcomes {
        let path = scratch.join(format!("{} {way}.txt", clip.name));
        let text = mot15(&outcome.ways_of(ObjectClass::Person), clip.size);
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
        results.push(path);
    }
    let figures = Evaluator::ready(setup)?.evaluate(labels, &results)?;
    ensure!(figures.len() == results.len(), "the evaluator left out a result");
    let rows = outcomes.into_iter().zip(figures).map(|((way, outcome), figures)| TrackingRow {
        clip: clip.name.clone(),
        way,
        figures,
        events: compare(&truth, &outcome.ways_of(ObjectClass::Person), clip.frame_rate),
    });
    Ok(rows.collect())
}

/// MOT15 text: frames counted from 1, lengths in pixels.
fn mot15(ways: &[Way], (width, height): (u32, u32)) -> String {
    let mut text = String::new();
    for (id, way) in ways.iter().enumerate() {
        for (frame, bounds) in way {
            let (x, w) = (bounds.x * width as f32, bounds.w * width as f32);
            let (y, h) = (bounds.y * height as f32, bounds.h * height as f32);
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{},{},{x:.2},{y:.2},{w:.2},{h:.2},1,-1,-1,-1", frame + 1, id + 1);
        }
    }
    text
}

/// What the gate saves and misses on one clip.
struct GateRow {
    clip: String,
    /// The gate's events, with those found by looking at every picture as the truth.
    events: Comparison,
    looks: f64,
    /// Share of the pictures that were decoded.
    decoded: f64,
    /// What the worker spent.
    cost: WatchCost,
    spans: Vec<WatchSpan>,
    seconds: f64,
    /// Milliseconds of one search of a whole picture, and of all that the reference took.
    whole_ms: f64,
    reference_ms: f64,
}

fn gate_row(clip: &Clip, every: &Outcome, gated: &Outcome) -> GateRow {
    GateRow {
        clip: clip.name.clone(),
        events: compare(&every.ways(), &gated.ways(), clip.frame_rate),
        looks: gated.looks as f64 / clip.duration().as_secs_f64(),
        decoded: gated.cost.decoded as f64 / clip.units.len().max(1) as f64,
        cost: gated.cost,
        spans: gated.spans.clone(),
        seconds: clip.duration().as_secs_f64(),
        whole_ms: (every.cost.detect_ms + every.cost.motion_ms) / every.looks.max(1) as f64,
        reference_ms: every.cost.decode_ms + every.cost.motion_ms + every.cost.detect_ms,
    }
}

fn print_tables(arguments: &Arguments, tracking: &[TrackingRow], gating: &[GateRow]) {
    println!("\nmodel {}, {} looks a second where active", arguments.model, arguments.looks);
    if !tracking.is_empty() {
        println!("\nPeople against labels (MOTA, IDF1: py-motmetrics, IoU 0.5)");
        println!(
            "{:<32} {:<14} {:>6} {:>6} {:>6} {:>7} {:>7} {:>8} {:>8} {:>9} {:>9} {:>7}",
            "clip",
            "looking at",
            "MOTA",
            "IDF1",
            "IoU",
            "recall",
            "precis.",
            "switches",
            "objects",
            "ev.recall",
            "ev.prec.",
            "ev./obj"
        );
    }
    for row in tracking {
        let (figures, events) = (&row.figures, &row.events);
        println!(
            "{:<32} {:<14} {:>6.3} {:>6.3} {:>6.3} {:>7.3} {:>7.3} {:>8} {:>8} {:>9.3} {:>9.3} {:>7.2}",
            row.clip,
            row.way,
            figures.mota,
            figures.idf1,
            1.0 - figures.motp,
            figures.recall,
            figures.precision,
            figures.num_switches,
            events.objects,
            events.recall(),
            events.precision(),
            events.events_per_object(),
        );
    }
    println!("\nGate against looking at every picture, all classes (objects seen for a second and more)");
    println!(
        "{:<32} {:>8} {:>8} {:>8} {:>7} {:>8} {:>8} {:>8} {:>9} {:>8} {:>8} {:>8} {:>8}",
        "clip",
        "events",
        "found",
        "gate's",
        "extra",
        "looks/s",
        "search/s",
        "whole/s",
        "decoded %",
        "decode",
        "motion",
        "runs/s",
        "of A"
    );
    for row in gating {
        println!(
            "{:<32} {:>8} {:>8} {:>8} {:>7} {:>8.2} {:>8.2} {:>8.2} {:>9.1} {:>8.2} {:>8.2} {:>8.2} {:>8.2}",
            row.clip,
            row.events.objects,
            row.events.found,
            row.events.events,
            row.events.events - row.events.right,
            row.looks,
            row.cost.searches as f64 / row.seconds,
            row.cost.whole_searches as f64 / row.seconds,
            100.0 * row.decoded,
            row.cost.decode_ms / row.seconds,
            row.cost.motion_ms / row.seconds,
            row.cost.detect_ms / row.seconds / row.whole_ms,
            (row.cost.decode_ms + row.cost.motion_ms + row.cost.detect_ms) / row.reference_ms,
        );
        let spans = row.spans.iter().map(|span| {
            let reason = span.reason.map(|reason| format!(" ({reason:?})")).unwrap_or_default();
            format!("{:?}{reason} {:.0} %", span.state, 100.0 * span.seconds / row.seconds)
        });
        println!("    {}", spans.collect::<Vec<_>>().join(", "));
    }
}
