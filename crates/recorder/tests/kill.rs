//! Kills in the middle of everything: at most a second of a stream is lost, and what remains is whole.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod support;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use domain::{StreamKind, SystemClock, VideoCodec};
use fail::FailScenario;
use recorder::{Recorder, RecorderConfig, RecorderEvent, recover};
use support::{camera, decode, footage, morning};
use tokio::sync::mpsc;

const ROOT: &str = "RECORDER_KILL_ROOT";
const RUN: &str = "RECORDER_KILL_RUN";
/// Pictures in one fragment.
const FRAGMENT: u64 = 10;

/// Not a test by itself: what is killed. Tells after each picture how many it handed on, never more than a fragment ahead
/// of the disk.
#[tokio::test]
async fn child() {
    let (Ok(root), Ok(run)) = (std::env::var(ROOT), std::env::var(RUN)) else { return };
    let run: i64 = run.parse().unwrap();
    let _scenario = FailScenario::setup();
    let mut config = RecorderConfig::new(root);
    config.segment_length = Duration::from_secs(2);
    config.sync_interval = Duration::from_millis(100);
    let (sender, mut events) = mpsc::channel(65_536);
    let (recorder, _task) = Recorder::start(config, Arc::new(SystemClock::default()), sender).unwrap();
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    let footage = footage(VideoCodec::H264, (160, 120), 4, false, false);
    let mut stream = recorder.stream(camera(), "cam", StreamKind::Main);
    let start = morning().plus_micros(run * 3_600_000_000);
    for (number, frame) in (1_u64..).zip(footage.play(start, 100_000_000)) {
        stream.write(frame).await;
        while stream.counters().recorded_frames + FRAGMENT < number {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        println!("handed on {number}");
        std::io::stdout().flush().unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(Duration::from_mins(1)).await;
}

/// Starts the child, kills it after some pictures unless it dies by itself; gives how many it had handed on.
fn run_and_kill(root: &Path, run: u32, failpoints: &str, after: u64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(ROOT, root)
        .env(RUN, run.to_string())
        .env("FAILPOINTS", failpoints)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut handed_on = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        if let Some(number) = line.split("handed on ").nth(1) {
            handed_on = number.trim().parse().unwrap();
        }
        if handed_on >= after {
            child.kill().unwrap();
            break;
        }
    }
    let status = child.wait().unwrap();
    assert!(status.signal().is_some(), "{status:?} after {handed_on}");
    handed_on
}

/// Starts a recorder where others were killed; gives what it found.
async fn recovered(root: &Path) -> Vec<domain::Segment> {
    let (sender, mut events) = mpsc::channel(65_536);
    let clock = Arc::new(SystemClock::default());
    let (recorder, task) = Recorder::start(RecorderConfig::new(root), clock, sender).unwrap();
    while !task.recovered() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    task.shutdown().await;
    drop(recorder);
    let mut found = Vec::new();
    while let Some(event) = events.recv().await {
        if let RecorderEvent::Segment(segment) = event {
            found.push(segment);
        }
    }
    found
}

async fn check(root: &Path, handed_on: &HashMap<u32, u64>) {
    let found = recovered(root).await;
    assert!(!found.is_empty());
    let mut frames: HashMap<u32, u64> = HashMap::new();
    for scanned in recover::scan(root) {
        let recover::ScannedFile::Segment { segment, torn_bytes: 0 } = scanned else { panic!("{scanned:?}") };
        let run = segment.start.since(morning()).as_secs() / 3600;
        *frames.entry(run as u32).or_default() += u64::from(segment.frames);
    }
    for (run, handed_on) in handed_on {
        let kept = frames.get(run).copied().unwrap_or(0);
        assert!(kept <= *handed_on + 1, "run {run}: {kept} of {handed_on}");
        assert!(kept + FRAGMENT + 1 >= *handed_on, "run {run}: {kept} of {handed_on}");
    }
    for segment in &found {
        assert!(recover::verify(root, segment).is_empty());
        assert_eq!(decode(&root.join(&segment.path), "v").len(), segment.frames as usize);
    }
}

#[tokio::test]
async fn kill_nine_loses_a_second_at_most() {
    let root = tempfile::tempdir().unwrap();
    let mut handed_on = HashMap::new();
    // Not the same places in every run of the test.
    let seed = u64::from(std::process::id());
    for run in 0..8 {
        let after = 20 + (seed.wrapping_mul(31 + u64::from(run) * 17)) % 150;
        handed_on.insert(run, run_and_kill(root.path(), run, "", after));
        if run % 4 == 3 {
            check(root.path(), &handed_on).await;
        }
    }
}

#[tokio::test]
async fn a_kill_at_any_step_of_the_write_order_leaves_whole_files() {
    let root = tempfile::tempdir().unwrap();
    let steps = [
        "recorder::create=1*off->return(abort)",
        "recorder::header=1*off->return(abort)",
        "recorder::append=7*off->return(abort)",
        "recorder::append=4*off->return(abort)",
        "recorder::sync=1*off->return(abort)",
        "recorder::sync_folder=1*off->return(abort)",
        "recorder::close=1*off->return(abort)",
    ];
    for (run, step) in (0..).zip(steps) {
        let handed_on = run_and_kill(root.path(), run, step, 900);
        check(root.path(), &HashMap::from([(run, handed_on)])).await;
    }
}

#[tokio::test]
async fn zeros_that_a_power_cut_left_are_cut_off() {
    let root = tempfile::tempdir().unwrap();
    let handed_on = run_and_kill(root.path(), 0, "", 65);
    recovered(root.path()).await;
    let all: Vec<_> = recover::scan(root.path()).collect();
    // The first file ends with its slot of two seconds, after one.
    let Some(recover::ScannedFile::Segment { segment, .. }) = all.get(1) else { panic!("{all:?}") };
    assert!(handed_on >= 65 && segment.fragments.0.len() == 2);
    let path = root.path().join(&segment.path);
    let mut bytes = std::fs::read(&path).unwrap();
    let second = (u64::from(segment.header_bytes) + u64::from(segment.fragments.0[0].bytes)) as usize;
    // The pictures of the second fragment never reached the disk.
    let len = bytes.len();
    bytes[second + 400..len].fill(0);
    std::fs::write(&path, bytes).unwrap();
    let finished = recover::finish(root.path(), &segment.path).unwrap();
    let recover::Finished::Segment(finished) = finished else { panic!("{finished:?}") };
    assert_eq!(finished.fragments.0, segment.fragments.0[..1]);
    assert_eq!(std::fs::metadata(path).unwrap().len(), finished.bytes);
}
