//! The printed tables.

use domain::WatchCost;

use super::block::{Block, Split};
use super::burst::Burst;
use super::peer::Peer;
use super::recall::{Recall, sum};
use super::reference::Both;
use super::watch;
use crate::accuracy::events::Comparison;

/// Less than this part of the pictures that are due means that the cameras are too slow, not the server.
const PACE: f64 = 0.97;
const MEGABYTE: f64 = 1e6;

/// What the references take for each piece of footage.
pub(super) fn references(stream: &str, references: &[Both]) {
    println!("\nReferences on {stream} streams: CPU ms for each second of one camera, and runs of the model");
    println!(
        "{:<20}{:>9}{:>9}{:>9}{:>9}   {:>9}{:>9}{:>9}{:>9}",
        "footage", "A decode", "A detect", "A all", "A runs", "B decode", "B motion", "B all", "B runs"
    );
    for Both { piece, whole, motion, .. } in references {
        let (a, b) = (&whole.cost, &motion.cost);
        println!(
            "{:<20}{:>9.2}{:>9.2}{:>9.2}{:>9.2}   {:>9.2}{:>9.2}{:>9.2}{:>9.2}",
            piece.name,
            a.decode * 1e3,
            a.detect * 1e3,
            a.seconds() * 1e3,
            a.runs,
            b.decode * 1e3,
            b.motion * 1e3,
            b.seconds() * 1e3,
            b.runs
        );
    }
}

/// The figures of one load.
pub(super) fn block(block: &Block, peer: Option<Peer>) {
    let load = &block.load;
    println!(
        "\n{} cameras {} sub-streams, {} of them active: CPU seconds for each camera-hour",
        load.cameras(),
        if load.with_sub { "with" } else { "without" },
        load.count(true)
    );
    println!("{:<28}{:>10}{:>10}{:>10}{:>10}", "", "idle", "active", "mean", "share");
    let row = |name: &str, split: &Split, last: String| {
        println!("{name:<28}{:>10.2}{:>10.2}{:>10.2}{last:>10}", split.idle, split.active, split.all);
    };
    for (name, part) in &block.parts {
        row(name, part, format!("{:.1} %", 100.0 * part.all / block.all.all));
    }
    row("all", &block.all, "100.0 %".to_owned());
    row("analysis", &block.analysis, String::new());
    row("A analysis", &block.whole, format!("{:.1} x", block.ratio_to_whole()));
    row("B analysis", &block.motion, format!("{:.1} x", block.ratio_to_motion()));
    row("A with recording", &block.with_recording(block.whole), String::new());
    row("B with recording", &block.with_recording(block.motion), String::new());
    if let Some(peer) = peer.filter(|_| load.with_sub) {
        let cameras = load.cameras() as f64;
        let sum = peer.idle * load.count(false) as f64 + peer.active * load.count(true) as f64;
        let split =
            Split { idle: peer.idle * 3600.0, active: peer.active * 3600.0, all: sum / cameras * 3600.0 };
        // It receives and analyses sub streams; what it records are pictures of its own.
        row("C receive and analysis", &split, format!("{:.1} x", split.all / block.analysis.all));
    }
    println!("receive, record and rest are shared evenly by all cameras; x: times our analysis");
    details(block);
}

fn details(block: &Block) {
    let (recorded, analysed) = (&block.recorded, &block.analysed);
    let (window, cameras) = (&analysed.window, block.load.cameras() as f64);
    println!(
        "cores: {:.3} recording alone, {:.3} with analysis (server {:.3}, worker {:.3}, PostgreSQL {:.3})",
        recorded.window.core(),
        window.core(),
        window.parts.server.cpu.as_secs_f64() / window.seconds,
        window.parts.worker.cpu.as_secs_f64() / window.seconds,
        window.parts.database.cpu.as_secs_f64() / window.seconds,
    );
    let memory = window.parts.memory() as f64;
    println!(
        "memory: {:.1} MB, {:.2} MB a camera (server {:.1}, worker {:.1}, PostgreSQL {:.1})",
        memory / MEGABYTE,
        memory / cameras / MEGABYTE,
        window.parts.server.memory as f64 / MEGABYTE,
        window.parts.worker.memory as f64 / MEGABYTE,
        window.parts.database.memory as f64 / MEGABYTE,
    );
    for (phase, frames) in [("recording", &recorded.frames), ("analysing", &analysed.frames)] {
        println!(
            "frames while {phase}: {} sent, {} received, {} recorded, {} lost, {} reconnects; \
             of a sample: {} received, {} in the files",
            frames.sent,
            frames.received,
            frames.recorded,
            frames.lost,
            frames.reconnects,
            frames.sample_received,
            frames.sample_in_files
        );
    }
    println!(
        "lag: p50 {}, p95 {}, p99 {}; stretches left out: {}",
        late(analysed.lag.quantile(0.5)),
        late(analysed.lag.quantile(0.95)),
        late(analysed.lag.quantile(0.99)),
        analysed.overload
    );
    println!(
        "alerts: {}, latency p50 {}, p95 {}; events: {} at active cameras, {} at idle ones",
        analysed.alerts.len(),
        late(analysed.latency(0.5)),
        late(analysed.latency(0.95)),
        analysed.events.1,
        analysed.events.0
    );
    println!(
        "{:<28}{:>9}{:>10}{:>9}{:>10}{:>9}",
        "a second of one camera", "frames", "decoded", "looks", "searches", "whole"
    );
    for active in [false, true] {
        let kind = if active { "active" } else { "idle" };
        row_of_counts(
            kind,
            &watch::total(&analysed.watched, active),
            block.load.count(active),
            window.seconds,
        );
        for one in analysed.watched.iter().filter(|one| one.piece.active == active) {
            row_of_counts(&format!("  {}", one.piece.name), &one.cost, one.cameras, window.seconds);
        }
    }
    for (phase, pace) in [("recording", recorded.window.pace), ("analysing", window.pace)] {
        if pace < PACE {
            println!(
                "the cameras were too slow while {phase}: {:.1} % of their pictures; the figures say little",
                pace * 100.0
            );
        }
    }
}

fn row_of_counts(name: &str, cost: &WatchCost, cameras: usize, seconds: f64) {
    let rate = |count: u64| count as f64 / seconds / cameras.max(1) as f64;
    println!(
        "{name:<28}{:>9.2}{:>10.2}{:>9.3}{:>10.3}{:>9.3}",
        rate(cost.frames),
        rate(cost.decoded),
        rate(cost.looks),
        rate(cost.searches),
        rate(cost.whole_searches)
    );
}

/// What was found, against reference A, and against labels.
pub(super) fn recall(against_whole: &[Recall], against_labels: &[Recall]) {
    println!(
        "\nEvents against reference A (objects that it saw for a second and more), each clip the second time"
    );
    heading();
    let row = |clip: &str, way: &str, found: &Comparison| {
        println!(
            "{clip:<32}{way:<8}{:>9}{:>9}{:>9.1}{:>9}{:>9}",
            found.objects,
            found.found,
            100.0 * found.recall(),
            found.events,
            found.events - found.right
        );
    };
    let rows = |clip: &str, ours: &Comparison, whole: &Comparison, motion: &Comparison| {
        row(clip, "ours", ours);
        row("", "A", whole);
        row("", "B", motion);
    };
    for one in against_whole {
        rows(&one.clip, &one.ours, &one.whole, &one.motion);
    }
    let all = |pick: fn(&Recall) -> Comparison| sum(against_whole.iter().map(pick));
    rows("all", &all(|one| one.ours), &all(|one| one.whole), &all(|one| one.motion));
    if against_labels.is_empty() {
        return;
    }
    println!("\nEvents against labels (people)");
    heading();
    for one in against_labels {
        rows(&one.clip, &one.ours, &one.whole, &one.motion);
    }
}

fn heading() {
    println!(
        "{:<32}{:<8}{:>9}{:>9}{:>9}{:>9}{:>9}",
        "clip", "", "objects", "found", "recall %", "events", "extra"
    );
}

/// How late something is. The server's histograms end at five seconds.
fn late(seconds: f64) -> String {
    if seconds.is_infinite() {
        "over 5 s".to_owned()
    } else if seconds.is_nan() {
        "none".to_owned()
    } else {
        format!("{:.0} ms", seconds * 1e3)
    }
}

/// The burst.
pub(super) fn burst(burst: &Burst) {
    println!("\nBurst: all cameras active at once for {:.0} s", burst.seconds);
    println!(
        "{:.3} of one core; {} alerts, latency p95 {}; {} events in the end",
        burst.core,
        burst.alerts,
        late(burst.latency),
        burst.events
    );
    let lag: Vec<String> = burst.lag.iter().copied().map(late).collect();
    println!("lag p95 over time, and after it: {}", lag.join(", "));
    print!("{} stretches left out, {:.0} s of footage; ", burst.gaps, burst.left_out);
    match burst.caught_up {
        Some(seconds) => println!("caught up {seconds:.0} s after the burst"),
        None => println!("not yet caught up when the bench ended"),
    }
    println!("questions that the server did not answer after the burst: {}", burst.unanswered);
    let frames = &burst.frames;
    println!(
        "frames: {} sent, {} received, {} recorded, {} lost; of a sample: {} received, {} in the files",
        frames.sent,
        frames.received,
        frames.recorded,
        frames.lost,
        frames.sample_received,
        frames.sample_in_files
    );
}
