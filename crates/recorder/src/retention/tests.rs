//! What goes first, what never goes, and what is left on the disk.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::StreamKind;
use proptest::prelude::*;

use super::DeleteReason::{Age, CameraSpace, DiskSpace};
use super::*;

fn camera(number: u8) -> CameraId {
    format!("0193a4f0-0000-7000-8000-0000000000{number:02x}").parse().unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000 + seconds * 1_000_000)
}

fn segment(number: u8, start: i64, bytes: u64) -> Candidate {
    Candidate { camera_id: camera(number), start: at(start), end: at(start + 60), bytes }
}

fn policy<'a>(
    limits: &'a HashMap<CameraId, Limits>,
    usage: &'a HashMap<CameraId, u64>,
    holds: &'a [Hold],
) -> Policy<'a> {
    Policy {
        now: at(1000),
        default_limits: Limits::default(),
        limits,
        holds,
        usage,
        free_bytes: 1000,
        keep_free_bytes: 0,
    }
}

#[test]
fn age_space_and_the_disk_each_take_the_oldest() {
    let all: Vec<_> = (0..10).map(|minute| segment(1 + minute as u8 % 2, minute * 60, 100)).collect();
    let usage = HashMap::from([(camera(1), 500), (camera(2), 500)]);
    let limits = HashMap::from([
        (camera(1), Limits { age: Some(Duration::from_secs(820)), bytes: None }),
        (camera(2), Limits { age: None, bytes: Some(350) }),
    ]);
    let planned = plan(&policy(&limits, &usage, &[]), &all);
    assert_eq!(planned.delete, [(0, Age), (1, CameraSpace), (2, Age), (3, CameraSpace)]);
    assert_eq!((planned.freed_bytes, planned.short_by), (400, 0));

    let (none, held) =
        (HashMap::new(), [Hold { camera_id: camera(1), range: TimeRange::new(at(30), at(31)).unwrap() }]);
    let mut full = policy(&none, &usage, &held);
    full.keep_free_bytes = 1150;
    assert_eq!(plan(&full, &all).delete, [(1, DiskSpace), (2, DiskSpace)]);
    full.keep_free_bytes = 5000;
    let planned = plan(&full, &all);
    assert_eq!(planned.delete.len(), 9);
    assert_eq!(planned.short_by, 4000 - 900);
}

proptest! {
    #[test]
    fn what_is_held_stays_and_the_disk_is_not_emptied_further_than_asked(
        sizes in prop::collection::vec((1_u8..4, 1_u64..1000), 0..60),
        hold in 0_i64..3600,
        keep in 0_u64..40_000,
    ) {
        let all: Vec<Candidate> = sizes
            .iter()
            .zip(0_i64..)
            .map(|((number, bytes), minute)| segment(*number, minute * 60, *bytes))
            .collect();
        let (limits, usage) = (HashMap::new(), HashMap::new());
        let holds = [Hold { camera_id: camera(1), range: TimeRange::new(at(hold), at(hold + 200)).unwrap() }];
        let policy = Policy { keep_free_bytes: keep, ..policy(&limits, &usage, &holds) };
        let planned = plan(&policy, &all);
        let mut freed = 0;
        for (place, _) in &planned.delete {
            // Each was needed when it was chosen.
            prop_assert!(freed + policy.free_bytes < keep);
            let segment = &all[*place];
            let range = TimeRange::new(segment.start, segment.end).unwrap();
            prop_assert!(segment.camera_id != camera(1) || range.intersection(holds[0].range).is_none());
            freed += segment.bytes;
        }
        prop_assert_eq!(planned.freed_bytes, freed);
        prop_assert_eq!(planned.short_by, keep.saturating_sub(policy.free_bytes + freed));
    }
}

#[test]
fn files_go_with_their_empty_folders_and_nothing_outside_is_touched() {
    let root = tempfile::tempdir().unwrap();
    let path = |number: u8, start| {
        let folder = format!("cam{number}");
        SegmentPath { folder, stream: StreamKind::Main, start: at(start), copy: 0 }.to_string()
    };
    let all = [path(1, 0), path(1, 3600), path(2, 0)];
    for path in &all {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "12345").unwrap();
    }
    let names: Vec<_> = oldest_files(root.path(), 2).into_iter().map(|(path, _)| path).collect();
    assert_eq!(names, [all[0].clone(), all[2].clone()]);

    let usage = Usage::default();
    usage.add(camera(1), 20);
    let outside = root.path().join("keep.mp4");
    std::fs::write(&outside, "12345").unwrap();
    let gone = [
        (camera(1), all[0].as_str(), 5),
        (camera(1), "cam1/2020-01-01/00/main-20200101T000000.000Z.mp4", 5),
        (camera(1), "cam1/../keep.mp4", 5),
    ];
    let (freed, failed) = remove_files(root.path(), &usage, gone);
    assert_eq!((freed, failed.len(), usage.of(camera(1))), (5, 1, 10));
    assert!(outside.exists());
    let hour = root.path().join(&all[0]).parent().unwrap().to_owned();
    assert!(!hour.exists() && hour.parent().unwrap().exists());
}
