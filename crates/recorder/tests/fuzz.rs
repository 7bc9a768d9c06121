//! Bytes from a damaged disk: no panic, no huge allocation, no endless loop.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::path::Path;
use std::sync::OnceLock;

use domain::{Segment, StreamKind, VideoCodec};
use recorder::{SegmentPath, clip, read, recover};
use support::{bench, camera, footage, morning};

const PATH: &str = "cam/2026-11-23/07/main-20261123T070005.000Z.mp4";

/// A small recording with sound, and its row.
fn recording() -> &'static (Vec<u8>, Segment) {
    static RECORDING: OnceLock<(Vec<u8>, Segment)> = OnceLock::new();
    RECORDING.get_or_init(|| {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let footage = footage(VideoCodec::H264, (64, 64), 2, false, true);
            let bench = bench();
            let mut stream = bench.recorder.stream(camera(), "cam", StreamKind::Main);
            stream.announce_audio(footage.audio_parameters.clone());
            for frame in footage.play(morning(), 3_000_000) {
                stream.write(frame).await;
            }
            stream.finish().await;
            let outcome = bench.end().await;
            let segment = outcome.closed().remove(0);
            assert_eq!(segment.path, PATH);
            (std::fs::read(outcome.file(&segment)).unwrap(), segment)
        })
    })
}

/// Reads the bytes in every way that there is.
fn exercise(root: &Path, bytes: &[u8], row: &Segment) {
    let path = root.join(PATH);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    if let recover::ScannedFile::Segment { segment, torn_bytes } = recover::scan_file(root, PATH) {
        assert_eq!(segment.bytes + torn_bytes, bytes.len() as u64);
        assert!(
            recover::verify(root, &segment)
                .iter()
                .all(|found| matches!(found, recover::Disagreement::TornTail { .. }))
        );
        let units = read::units(root, &segment, segment.start).unwrap().filter_map(Result::ok).count();
        assert_eq!(units as u32, segment.frames);
        cut(root, *segment);
    }
    let _ = recover::verify(root, row);
    let _ = read::units(root, row, row.start).map(Iterator::count);
    cut(root, row.clone());
    if let Ok(recover::Finished::Segment(segment)) = recover::finish(root, PATH) {
        assert!(recover::verify(root, &segment).is_empty());
    }
}

fn cut(root: &Path, segment: Segment) {
    let Some(range) = segment.range() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    if let Ok(plan) = runtime.block_on(clip::plan(root.into(), vec![segment], range)) {
        assert!(plan.frames > 0);
    }
}

#[test]
fn any_bytes() {
    let root = tempfile::tempdir().unwrap();
    bolero::check!().with_iterations(500).for_each(|bytes| exercise(root.path(), bytes, &recording().1));
}

#[test]
fn changed_recordings() {
    let root = tempfile::tempdir().unwrap();
    // Places and values; many of them in the boxes at the start.
    bolero::check!().with_iterations(700).with_type::<(Vec<(u16, u8)>, u16, bool)>().for_each(
        |(changes, length, cut)| {
            let (bytes, row) = recording();
            let mut bytes = bytes.clone();
            for (place, value) in changes {
                let place = usize::from(*place) % bytes.len();
                bytes[place] = *value;
            }
            if *cut {
                bytes.truncate(usize::from(*length));
            }
            exercise(root.path(), &bytes, row);
        },
    );
}

#[test]
fn any_path() {
    bolero::check!().with_type::<String>().for_each(|text| {
        if let Some(path) = SegmentPath::parse(text) {
            assert_eq!(path.to_string(), *text);
        }
    });
    bolero::check!().with_type::<(String, i64, bool, u8)>().for_each(|(name, micros, main, copy)| {
        // Years of four digits.
        let millis = micros.rem_euclid(200_000_000_000_000);
        let path = SegmentPath {
            folder: recorder::camera_folder(name, camera()),
            stream: if *main { StreamKind::Main } else { StreamKind::Sub },
            start: domain::Timestamp::from_micros(millis * 1000),
            copy: copy % 100,
        };
        let text = path.to_string();
        assert_eq!(SegmentPath::parse(&text).as_ref(), Some(&path), "{text}");
        assert!(!text.contains("..") && !text.starts_with(['/', '.']));
    });
}
