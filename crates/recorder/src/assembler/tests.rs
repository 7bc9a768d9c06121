//! Whatever times a stream has: each picture is in exactly one file or counted, and is read back as it was.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::HashMap;
use std::path::Path;

use domain::VideoCodec;
use proptest::prelude::*;

use super::*;
use crate::layout::SegmentPath;
use crate::{read, recover};

fn shared() -> Arc<StreamShared> {
    Arc::new(StreamShared {
        id: 0,
        camera_id: "0193a4f0-0000-7000-8000-000000000001".parse().unwrap(),
        stream: StreamKind::Main,
        folder: "cam".into(),
        counters: SharedCounters::default(),
        broken: AtomicBool::new(false),
    })
}

fn parameters(width: u32) -> Arc<VideoParameters> {
    Arc::new(VideoParameters {
        codec: VideoCodec::H264,
        width,
        height: 240,
        rfc6381: "avc1.42C01E".into(),
        decoder_configuration: Bytes::from_static(b"any bytes at all are kept"),
    })
}

/// A picture: time since the one before, key or not, and its size.
#[derive(Clone, Debug)]
struct Step {
    after: i64,
    key: bool,
    size: usize,
    new_parameters: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let after = prop_oneof![
        20 => 30_000_i64..120_000,
        // B-frames and jitter.
        4 => -200_000_i64..0,
        2 => Just(0_i64),
        // Jumps.
        1 => 5_500_000_i64..100_000_000,
        1 => -100_000_000_i64..-1_100_000,
    ];
    let step = (after, prop::bool::weighted(0.15), 5_usize..300, prop::bool::weighted(0.01))
        .prop_map(|(after, key, size, new_parameters)| Step { after, key, size, new_parameters });
    prop::collection::vec(step, 1..400)
}

fn units(steps: &[Step]) -> Vec<AccessUnit> {
    let mut time: Timestamp = "2026-11-23T07:00:50Z".parse().unwrap();
    let mut parameters = parameters(320);
    let mut widths = 320;
    let unit = |(number, step): (usize, &Step)| {
        time = time.plus_micros(step.after);
        if step.new_parameters {
            widths += 1;
            parameters = self::parameters(widths);
        }
        let mut data = vec![number as u8; step.size];
        data[..4].copy_from_slice(&(step.size as u32 - 4).to_be_bytes());
        AccessUnit { time, random_access: step.key, data: data.into(), parameters: Arc::clone(&parameters) }
    };
    steps.iter().enumerate().map(unit).collect()
}

/// What the writer would do, without its thread. Gives the relative paths and what each file should hold.
fn write(root: &Path, outputs: Vec<Output>) -> Vec<(String, Vec<Prepared>)> {
    let mut files: HashMap<u64, (String, Vec<Prepared>)> = HashMap::new();
    let mut bytes: HashMap<u64, Vec<u8>> = HashMap::new();
    let mut taken = std::collections::HashSet::new();
    for output in outputs {
        let Output::Fragment { open, serial, fragment } = output else { continue };
        if let Some(new) = open {
            let mut name =
                SegmentPath { folder: "cam".into(), stream: StreamKind::Main, start: new.start, copy: 0 };
            while !taken.insert(name.to_string()) {
                name.copy += 1;
            }
            files.insert(serial, (name.to_string(), Vec::new()));
            bytes.insert(serial, new.header);
        }
        let file = bytes.get_mut(&serial).unwrap();
        file.extend(&fragment.head);
        fragment.payload.iter().for_each(|part| file.extend(part));
        files.get_mut(&serial).unwrap().1.push(fragment);
    }
    for (serial, (path, _)) in &files {
        let full = root.join(path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        std::fs::write(full, &bytes[serial]).unwrap();
    }
    let mut all: Vec<_> = files.into_iter().collect();
    all.sort_by_key(|(serial, _)| *serial);
    all.into_iter().map(|(_, file)| file).collect()
}

fn assemble(units: &[AccessUnit]) -> (Vec<Output>, crate::StreamCounters) {
    let shared = shared();
    let mut assembler = Assembler::new(&RecorderConfig::new(""), Arc::clone(&shared));
    let mut outputs = Vec::new();
    for unit in units {
        assembler.push(MediaFrame::Video(unit.clone()), &mut outputs);
    }
    assembler.close(&mut outputs);
    (outputs, shared.counters.read())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_picture_is_in_one_file_or_counted(steps in steps()) {
        let units = units(&steps);
        let (outputs, counters) = assemble(&units);
        let folder = tempfile::tempdir().unwrap();
        let files = write(folder.path(), outputs);
        let mut found = Vec::new();
        for (path, fragments) in files {
            let scanned = recover::scan_file(folder.path(), &path);
            let recover::ScannedFile::Segment { segment, torn_bytes: 0 } = scanned else {
                panic!("{scanned:?}");
            };
            // The rows that went out while recording are those that the file gives.
            let rows: Vec<_> = fragments.iter().map(|fragment| fragment.row).collect();
            prop_assert_eq!(&segment.fragments.0, &rows);
            let end = fragments.iter().map(|fragment| fragment.end).max().unwrap();
            prop_assert_eq!(segment.end, segment.start.plus_micros(end));
            prop_assert!(segment.fragments.0[0].random_access);
            // The chain adds up to the file.
            let bytes: u64 = rows.iter().map(|row| u64::from(row.bytes)).sum();
            let size = std::fs::metadata(folder.path().join(&path)).unwrap().len();
            prop_assert_eq!(bytes + u64::from(segment.header_bytes), size);
            // Fragments are cut in time, one after another.
            for row in &rows {
                prop_assert!(row.duration.as_micros() <= 5_200_000, "{:?}", row);
            }
            let file = crate::mp4::file::SegmentFile::open(&folder.path().join(&path)).unwrap();
            let mut decode = 0;
            for (offset, _) in segment.located_fragments() {
                let head = file.fragment(offset).unwrap().unwrap();
                prop_assert!(head.video.decode_time >= decode);
                prop_assert!(head.video.samples.iter().all(|sample| sample.duration > 0));
                let samples = head.video.samples.iter().rev().skip(1);
                decode = head.video.decode_time + samples.map(|sample| u64::from(sample.duration)).sum::<u64>() + 1;
            }
            found.extend(read::units(folder.path(), &segment, segment.start).unwrap().map(Result::unwrap));
        }
        prop_assert_eq!(found.len() as u64 + counters.lost_frames + counters.skipped_frames, units.len() as u64);
        // In order, nothing twice, nothing changed.
        let mut written = units.iter();
        for read in &found {
            let same = written.find(|unit| unit.time == read.time && unit.data == read.data);
            let same = same.expect("what is read was written, in this order");
            prop_assert_eq!(same.random_access, read.random_access);
            prop_assert_eq!(&same.parameters, &read.parameters);
        }
    }

    #[test]
    fn an_orderly_stream_loses_nothing(
        distances in prop::collection::vec(20_000_i64..500_000, 1..300),
        gop in 1_usize..50,
    ) {
        let steps: Vec<_> = distances
            .iter()
            .enumerate()
            .map(|(number, after)| Step { after: *after, key: number % gop == 0, size: 20, new_parameters: false })
            .collect();
        let (outputs, counters) = assemble(&units(&steps));
        prop_assert_eq!((counters.lost_frames, counters.skipped_frames), (0, 0));
        let mut end = None;
        for output in outputs {
            match output {
                Output::Fragment { fragment, .. } => {
                    let start = fragment.segment + fragment.row.start;
                    prop_assert!(end.is_none_or(|end| end == start), "no hole between fragments");
                    end = Some(start + fragment.row.duration);
                    prop_assert!(fragment.row.duration.as_millis() <= 1500);
                }
                Output::Gap { .. } => prop_assert!(false, "there is no gap"),
                Output::Close => {}
            }
        }
    }
}

#[test]
fn frames_without_an_end_of_their_gop_are_still_cut_every_second() {
    let steps: Vec<_> = (0..600)
        .map(|number| Step { after: 100_000, key: number == 0, size: 20, new_parameters: false })
        .collect();
    let (outputs, _) = assemble(&units(&steps));
    let fragments = outputs.iter().filter(|output| matches!(output, Output::Fragment { .. })).count();
    assert_eq!(fragments, 60);
}

#[test]
fn a_stream_whose_clock_stands_still_does_not_fill_memory() {
    let mut steps = vec![Step { after: 0, key: false, size: 20, new_parameters: false }; 10_000];
    steps[0].key = true;
    let (outputs, counters) = assemble(&units(&steps));
    let fragments = outputs.iter().filter(|output| matches!(output, Output::Fragment { .. })).count();
    assert_eq!((fragments, counters.lost_frames), (3, 0));
}
