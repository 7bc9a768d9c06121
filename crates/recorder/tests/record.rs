//! Recording real pictures: files, rows, gaps, reading back.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use domain::{GapReason, StreamKind, TimeRange, VideoCodec};
use futures::StreamExt;
use recorder::{RecorderEvent, read, recover};
use support::{Footage, bench, camera, decode, footage, morning, units};

fn read_back(outcome: &support::Outcome) -> Vec<domain::AccessUnit> {
    let mut all = Vec::new();
    for segment in outcome.closed() {
        all.extend(read::units(outcome.path(), &segment, segment.start).unwrap().map(Result::unwrap));
    }
    all
}

fn assert_same(read: &[domain::AccessUnit], written: &[domain::AccessUnit]) {
    assert_eq!(read.len(), written.len());
    for (read, written) in read.iter().zip(written) {
        assert_eq!((read.time, read.random_access), (written.time, written.random_access));
        assert_eq!(read.data, written.data);
        assert_eq!(read.parameters, written.parameters);
    }
}

async fn round_trip(footage: &Footage) {
    let bench = bench();
    let mut stream = bench.recorder.stream(camera(), "Cổng chợ", StreamKind::Main);
    stream.announce_audio(footage.audio_parameters.clone());
    let frames = footage.play(morning(), 130_000_000);
    for frame in &frames {
        stream.write(frame.clone()).await;
    }
    stream.finish().await;
    let outcome = bench.end().await;
    let written = units(&frames);
    let closed = outcome.closed();

    // A file for each minute that was touched, each from its first key frame on.
    assert_eq!(closed.len(), 3);
    assert_eq!(closed[0].path, "Cổng-chợ/2026-11-23/07/main-20261123T070005.000Z.mp4");
    assert_eq!(closed[1].path, "Cổng-chợ/2026-11-23/07/main-20261123T070100.000Z.mp4");
    assert_eq!(closed[1].start, closed[0].end);
    assert_eq!(outcome.gaps(), []);
    // Told twice: opened with its first fragment, closed with its last.
    let opened: Vec<_> = outcome
        .events
        .iter()
        .filter(|event| matches!(event, RecorderEvent::Segment(segment) if !segment.closed))
        .collect();
    assert_eq!(opened.len(), 3);

    for segment in &closed {
        assert_eq!(
            recover::verify(outcome.path(), segment).iter().map(ToString::to_string).collect::<Vec<_>>(),
            [""; 0]
        );
        assert_eq!(segment.bytes, std::fs::metadata(outcome.file(segment)).unwrap().len());
        assert!(segment.fragments.0.iter().all(|fragment| fragment.duration.as_micros() <= 1_100_000));
        assert!(segment.fragments.0[0].random_access);
        assert_eq!(decode(&outcome.file(segment), "v").len(), segment.frames as usize);
        if footage.audio_parameters.is_some() {
            assert!(decode(&outcome.file(segment), "a").len() > 100);
        }
    }
    let scanned: Vec<_> = recover::scan(outcome.path())
        .map(|found| match found {
            recover::ScannedFile::Segment { segment, torn_bytes: 0 } => *segment,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(scanned, closed);
    assert_same(&read_back(&outcome), &written);
}

#[tokio::test]
async fn key_frames_are_read_alone() {
    let footage = footage(VideoCodec::H264, (160, 120), 4, false, true);
    let bench = bench();
    let mut stream = bench.recorder.stream(camera(), "Cổng chợ", StreamKind::Main);
    stream.announce_audio(footage.audio_parameters.clone());
    let frames = footage.play(morning(), 20_000_000);
    for frame in &frames {
        stream.write(frame.clone()).await;
    }
    stream.finish().await;
    let outcome = bench.end().await;
    let segment = outcome.closed().remove(0);
    let read = |range, apart| -> Vec<_> {
        read::key_frames(outcome.path(), &segment, range, apart).unwrap().map(Result::unwrap).collect()
    };
    let written: Vec<_> = units(&frames).into_iter().filter(|unit| unit.random_access).collect();
    let whole = segment.range().unwrap();
    assert_same(&read(whole, Duration::ZERO), &written);
    let part = TimeRange { from: written[1].time, to: written[3].time };
    assert_same(&read(part, Duration::ZERO), &written[1..3]);
    let step = written[1].time.since(written[0].time);
    let every_other: Vec<_> = written.iter().step_by(2).cloned().collect();
    assert_same(&read(whole, step + Duration::from_millis(1)), &every_other);
}

#[tokio::test]
async fn h264_with_sound_is_read_back_as_it_was() {
    round_trip(footage(VideoCodec::H264, (160, 120), 4, false, true)).await;
}

#[tokio::test]
async fn h264_with_b_frames_is_read_back_as_it_was() {
    round_trip(footage(VideoCodec::H264, (160, 120), 4, true, false)).await;
}

#[tokio::test]
async fn h265_is_read_back_as_it_was() {
    round_trip(footage(VideoCodec::H265, (160, 120), 2, true, true)).await;
}

#[tokio::test]
async fn reading_starts_at_the_key_frame_before() {
    let footage = footage(VideoCodec::H264, (160, 120), 4, false, false);
    let bench = bench();
    let mut stream = bench.recorder.stream(camera(), "cam", StreamKind::Sub);
    for frame in footage.play(morning(), 10_000_000) {
        stream.write(frame).await;
    }
    stream.finish().await;
    let outcome = bench.end().await;
    let segment = &outcome.closed()[0];
    let from = morning().plus_micros(4_550_000);
    let found: Vec<_> = read::units(outcome.path(), segment, from).unwrap().map(Result::unwrap).collect();
    assert_eq!(found[0].time, morning().plus_micros(4_000_000));
    assert!(found[0].random_access);
    assert_eq!(found.len(), 60);

    let range = TimeRange::new(from, morning().plus_micros(7_000_000)).unwrap();
    let streamed: Vec<_> = read::stream(outcome.path().into(), outcome.closed(), range).collect().await;
    assert_eq!(streamed.len(), 30);
    assert_eq!(streamed[0].as_ref().unwrap().time, found[0].time);
}

#[tokio::test]
async fn interruptions_jumps_and_new_parameters_begin_segments_and_gaps() {
    let small = footage(VideoCodec::H264, (160, 120), 4, false, false);
    let large = footage(VideoCodec::H264, (320, 240), 4, false, false);
    let bench = bench();
    let mut stream = bench.recorder.stream(camera(), "cam", StreamKind::Main);
    let at = |seconds: i64| morning().plus_micros(seconds * 1_000_000);
    stream.interrupt(at(-60), GapReason::ServerStopped, "stopped".into()).await;
    let play = async |stream: &mut recorder::StreamRecorder, footage: &Footage, from: i64, seconds: i64| {
        for frame in footage.play(at(from), seconds * 1_000_000) {
            stream.write(frame).await;
        }
    };
    play(&mut stream, small, 0, 4).await;
    // Other parameters, in mid-stream.
    play(&mut stream, large, 4, 4).await;
    stream.interrupt(at(20), GapReason::CameraOffline, "connection refused".into()).await;
    stream.interrupt(at(25), GapReason::CameraOffline, "connection refused".into()).await;
    play(&mut stream, large, 30, 4).await;
    // Ahead by 10 s, then back by 20 s.
    play(&mut stream, large, 44, 4).await;
    play(&mut stream, large, 25, 2).await;
    let counters = stream.counters();
    assert_eq!((counters.lost_frames, counters.skipped_frames), (0, 0));
    stream.finish().await;
    let outcome = bench.end().await;
    let spans: Vec<_> = outcome
        .closed()
        .iter()
        .map(|segment| [segment.start, segment.end].map(|at| at.since(morning()).as_secs()))
        .collect();
    assert_eq!(spans, [[0, 4], [4, 8], [25, 27], [30, 34], [44, 48]]);
    let ended: Vec<_> = outcome
        .gaps()
        .into_iter()
        .filter_map(|gap| {
            Some((gap.reason, gap.from.since(morning()).as_secs(), gap.to?.since(morning()).as_secs()))
        })
        .collect();
    assert_eq!(
        ended,
        [
            (GapReason::ServerStopped, 0, 0),
            (GapReason::CameraOffline, 8, 30),
            (GapReason::StreamDamaged, 34, 44),
        ]
    );
    // Each was told when it began too.
    assert_eq!(outcome.gaps().len(), 6);
}

#[tokio::test]
async fn what_no_key_frame_precedes_is_skipped_and_counted() {
    let footage = footage(VideoCodec::H264, (160, 120), 2, false, false);
    let bench = bench();
    let mut stream = bench.recorder.stream(camera(), "cam", StreamKind::Main);
    for frame in footage.play(morning(), 2_000_000).into_iter().skip(4) {
        stream.write(frame).await;
    }
    let counters = stream.counters();
    stream.finish().await;
    assert_eq!(counters.skipped_frames, 6);
    let outcome = bench.end().await;
    assert_eq!(outcome.closed()[0].frames, 10);
}

#[tokio::test]
async fn a_growing_segment_can_be_read_and_its_row_is_in_memory() {
    let footage = footage(VideoCodec::H264, (160, 120), 4, false, false);
    let mut bench = bench();
    let mut stream = bench.recorder.stream(camera(), "cam", StreamKind::Main);
    for frame in footage.play(morning(), 8_000_000) {
        stream.write(frame).await;
    }
    // The row of the opened segment tells that the first fragment is on disk; the others follow.
    let opened = bench.events.recv().await;
    assert!(
        matches!(opened, Some(RecorderEvent::Segment(segment)) if !segment.closed && segment.frames == 10)
    );
    let growing = loop {
        let open = bench.recorder.open_segments(camera(), StreamKind::Main);
        if let [one] = open.as_slice()
            && one.frames == 70
        {
            break one.clone();
        }
        tokio::task::yield_now().await;
    };
    assert!(recover::verify(bench.root.path(), &growing).is_empty());
    assert_eq!(read::units(bench.root.path(), &growing, growing.start).unwrap().count(), 70);
    assert!(bench.recorder.usage().of(camera()) > 0);
    stream.finish().await;
    let outcome = bench.end().await;
    assert_eq!(outcome.closed()[0].frames, 80);
}

#[tokio::test]
async fn a_folder_has_one_recorder() {
    let first = bench();
    let (events, _rest) = tokio::sync::mpsc::channel(1);
    let again = recorder::Recorder::start(
        recorder::RecorderConfig::new(first.root.path()),
        std::sync::Arc::new(domain::SystemClock::default()),
        events,
    );
    assert!(matches!(again, Err(recorder::RecorderError::InUse { .. })));
    first.end().await;
}
