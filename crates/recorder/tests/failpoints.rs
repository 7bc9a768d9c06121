//! A disk that fails at every step of the write order. What was recorded stays; what was not is told.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use domain::{GapReason, StreamKind, Timestamp, VideoCodec};
use fail::FailScenario;
use recorder::{RecorderEvent, StreamRecorder, read, recover};
use support::{Bench, Footage, Outcome, bench, bench_with, camera, decode, footage, morning};

const ENOSPC: i32 = 28;
const EROFS: i32 = 30;
const EIO: i32 = 5;

fn at(seconds: i64) -> Timestamp {
    morning().plus_micros(seconds * 1_000_000)
}

async fn play(stream: &mut StreamRecorder, footage: &Footage, from: i64, seconds: i64) {
    for frame in footage.play(at(from), seconds * 1_000_000) {
        stream.write(frame).await;
    }
}

/// Waits until the writer has dealt with what came before.
async fn settle(bench: &mut Bench, seen: &mut Vec<RecorderEvent>, until: impl Fn(&[RecorderEvent]) -> bool) {
    while !until(seen) {
        let event = tokio::time::timeout(Duration::from_secs(20), bench.events.recv()).await;
        seen.push(event.expect("an event was expected").unwrap());
    }
}

fn gap(reason: GapReason, ended: bool) -> impl Fn(&[RecorderEvent]) -> bool {
    move |seen| {
        seen.iter().any(
            |event| matches!(event, RecorderEvent::Gap(gap) if gap.reason == reason && gap.to.is_some() == ended),
        )
    }
}

fn assert_whole(outcome: &Outcome, recorded: u64) {
    let mut frames = 0;
    for found in recover::scan(outcome.path()) {
        let recover::ScannedFile::Segment { segment, torn_bytes: 0 } = found else { panic!("{found:?}") };
        frames += u64::from(segment.frames);
        assert_eq!(decode(&outcome.file(&segment), "v").len(), segment.frames as usize);
        let read = read::units(outcome.path(), &segment, segment.start).unwrap();
        assert_eq!(read.filter_map(Result::ok).count(), segment.frames as usize);
    }
    assert_eq!(frames, recorded);
}

/// Something fails for a while, and then works again.
async fn fails_and_recovers(step: &str, errno: i32, reason: GapReason) {
    let footage = footage(VideoCodec::H264, (160, 120), 4, false, false);
    let scenario = FailScenario::setup();
    let mut bench = bench();
    let mut seen = Vec::new();
    let mut stream = bench.recorder.stream(camera(), "cam", StreamKind::Main);
    play(&mut stream, footage, 0, 4).await;
    stream.interrupt(at(4), GapReason::CameraOffline, String::new()).await;
    settle(&mut bench, &mut seen, gap(GapReason::CameraOffline, false)).await;

    fail::cfg(step, &format!("return({errno})")).unwrap();
    play(&mut stream, footage, 4, 4).await;
    settle(&mut bench, &mut seen, gap(reason, false)).await;
    fail::remove(step);

    // It pauses for half a second after a failure.
    tokio::time::sleep(Duration::from_millis(700)).await;
    play(&mut stream, footage, 8, 4).await;
    stream.interrupt(at(12), GapReason::Disabled, String::new()).await;
    settle(&mut bench, &mut seen, gap(GapReason::Disabled, false)).await;
    let counters = stream.counters();
    stream.finish().await;
    let mut outcome = bench.end().await;
    outcome.events.splice(0..0, seen);
    scenario.teardown();

    assert_eq!(counters.recorded_frames + counters.lost_frames, 120, "{counters:?}");
    assert!(counters.recorded_frames >= 60, "{counters:?}");
    assert_whole(&outcome, counters.recorded_frames);
    let ended: Vec<_> =
        outcome.gaps().into_iter().filter(|gap| gap.reason == reason && gap.to.is_some()).collect();
    assert_eq!(ended.len(), 1);
    assert!(ended[0].from >= at(4) && ended[0].to.unwrap() <= at(9), "{ended:?}");
}

#[tokio::test]
async fn a_full_disk_when_a_file_is_made() {
    fails_and_recovers("recorder::create", ENOSPC, GapReason::DiskFull).await;
}

#[tokio::test]
async fn a_full_disk_when_a_header_is_written() {
    fails_and_recovers("recorder::header", ENOSPC, GapReason::DiskFull).await;
}

#[tokio::test]
async fn a_full_disk_when_a_fragment_is_written() {
    fails_and_recovers("recorder::append", ENOSPC, GapReason::DiskFull).await;
}

#[tokio::test]
async fn a_read_only_disk() {
    fails_and_recovers("recorder::create", EROFS, GapReason::DiskFailed).await;
}

#[tokio::test]
async fn a_disk_that_fails_in_mid_segment_ends_it_and_the_next_key_frame_begins_another() {
    let footage = footage(VideoCodec::H264, (160, 120), 4, false, false);
    let scenario = FailScenario::setup();
    let mut bench = bench();
    let mut seen = Vec::new();
    let mut stream = bench.recorder.stream(camera(), "cam", StreamKind::Main);
    // The third fragment is torn.
    fail::cfg("recorder::append", &format!("2*off->1*return({EIO})->off")).unwrap();
    play(&mut stream, footage, 0, 4).await;
    settle(&mut bench, &mut seen, gap(GapReason::DiskFailed, false)).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    play(&mut stream, footage, 4, 4).await;
    let counters_of = stream.counters();
    assert!(counters_of.lost_frames >= 10);
    stream.finish().await;
    let mut outcome = bench.end().await;
    outcome.events.splice(0..0, seen);
    scenario.teardown();
    let closed = outcome.closed();
    assert_eq!(closed[0].frames, 20);
    assert_eq!(closed[0].end, at(2));
    let gaps = outcome.gaps();
    assert_eq!((gaps[0].from, gaps[0].to), (at(2), None));
    assert_eq!((gaps[1].from, gaps[1].to), (at(2), Some(closed[1].start)));
    assert_whole(&outcome, closed.iter().map(|segment| u64::from(segment.frames)).sum());
}

#[tokio::test]
async fn a_disk_that_does_not_keep_what_it_took_is_told() {
    let footage = footage(VideoCodec::H264, (160, 120), 4, false, false);
    let scenario = FailScenario::setup();
    let mut bench =
        bench_with(tempfile::tempdir().unwrap(), |config| config.sync_interval = Duration::from_millis(100));
    let mut seen = Vec::new();
    let mut stream = bench.recorder.stream(camera(), "cam", StreamKind::Main);
    fail::cfg("recorder::sync", &format!("1*return({EIO})->off")).unwrap();
    play(&mut stream, footage, 0, 4).await;
    settle(&mut bench, &mut seen, gap(GapReason::DiskFailed, false)).await;
    play(&mut stream, footage, 4, 4).await;
    stream.finish().await;
    let mut outcome = bench.end().await;
    outcome.events.splice(0..0, seen);
    scenario.teardown();
    assert!(gap(GapReason::DiskFailed, true)(&outcome.events));
    assert!(outcome.closed().len() >= 2);
}

#[tokio::test]
async fn a_slow_disk_costs_whole_gops_and_other_streams_nothing_but_time() {
    let footage = footage(VideoCodec::H264, (160, 120), 4, false, false);
    let scenario = FailScenario::setup();
    let mut bench = bench_with(tempfile::tempdir().unwrap(), |config| {
        config.write_patience = Duration::from_millis(50);
        config.queue_bytes = 8 << 20;
    });
    let mut seen = Vec::new();
    let mut stream = bench.recorder.stream(camera(), "cam", StreamKind::Main);
    // The writer hangs in one write; the queue fills with large pictures.
    fail::cfg("recorder::append", "1*sleep(1500)->off").unwrap();
    let mut large = footage.play(at(0), 4_000_000);
    for frame in &mut large {
        let domain::MediaFrame::Video(unit) = frame else { continue };
        let mut data = vec![0; 1 << 20];
        data[..4].copy_from_slice(&((1_u32 << 20) - 4).to_be_bytes());
        unit.data = data.into();
    }
    for frame in large {
        stream.write(frame).await;
    }
    settle(&mut bench, &mut seen, gap(GapReason::DiskSlow, false)).await;
    let lost = stream.counters().lost_frames;
    assert!(lost >= 10, "{lost}");
    tokio::time::sleep(Duration::from_millis(1600)).await;
    play(&mut stream, footage, 4, 4).await;
    let counters = stream.counters();
    stream.finish().await;
    settle(&mut bench, &mut seen, gap(GapReason::DiskSlow, true)).await;
    scenario.teardown();
    let mut outcome = bench.end().await;
    outcome.events.splice(0..0, seen);
    assert_eq!(counters.skipped_frames, 0);
    let recorded: u32 = outcome.closed().iter().map(|segment| segment.frames).sum();
    assert_eq!(u64::from(recorded) + counters.lost_frames, 80);
}

/// Takes a mount away again, whatever the test finds.
struct Unmount(std::path::PathBuf);
impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_really_full_disk_keeps_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=600k", "tmpfs"])
        .arg(folder.path())
        .output()
        .is_ok_and(|output| output.status.success());
    if !mounted {
        eprintln!("skipped: a small tmpfs cannot be mounted here (needs root)");
        return;
    }
    let _unmount = Unmount(folder.path().to_owned());
    let footage = footage(VideoCodec::H264, (320, 240), 4, false, false);
    let scenario = FailScenario::setup();
    // A file gives back its room when it is synced and closed.
    let mut bench = bench_with(folder, |config| config.sync_interval = Duration::from_millis(100));
    let mut seen = Vec::new();
    let mut stream = bench.recorder.stream(camera(), "cam", StreamKind::Main);
    play(&mut stream, footage, 0, 50).await;
    settle(&mut bench, &mut seen, gap(GapReason::DiskFull, false)).await;
    // Room again: the oldest segment goes.
    stream.interrupt(at(50), GapReason::Disabled, String::new()).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    let oldest = recorder::retention::oldest_files(bench.root.path(), 1);
    let camera = camera();
    let files = oldest.iter().map(|(path, bytes)| (camera, path.as_str(), *bytes));
    let (freed, failed) = recorder::retention::remove_files(bench.root.path(), bench.recorder.usage(), files);
    assert!(freed > 100_000 && failed.is_empty());
    play(&mut stream, footage, 60, 4).await;
    let counters = stream.counters();
    stream.finish().await;
    let mut outcome = bench.end().await;
    outcome.events.splice(0..0, seen);
    scenario.teardown();
    assert!(counters.lost_frames > 0);
    let last = outcome.closed().pop().unwrap();
    assert_eq!((last.start, last.frames), (at(60), 40));
    assert_eq!(decode(&outcome.file(&last), "v").len(), 40);
}
