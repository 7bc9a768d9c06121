use std::time::Duration;

use bytes::Bytes;
use domain::{
    ActivityMinute, AudioParameters, CameraId, Gap, GapKind, GapReason, Segment, StreamKind, UserId,
};
use index::{NewHold, Record, SegmentKey, Visibility};

use crate::support::{at, camera, event, index, place, range, segment};
use crate::writer::write;

fn starts(segments: &[Segment]) -> Vec<i64> {
    segments.iter().map(|segment| segment.start.micros_since(at(0)) / 1_000_000).collect()
}

#[tokio::test]
async fn segments_are_found_by_overlap_however_long_they_are() {
    let index = index().await;
    let camera = CameraId::generate();
    // A long one, then an hour of nothing, then minutes; another camera and stream beside them.
    let mut segments = vec![segment(camera, -20_000, 9_000)];
    segments.extend((0..10).map(|minute| segment(camera, minute * 60, 60)));
    let mut sub = segment(camera, 0, 60);
    sub.stream = StreamKind::Sub;
    index.put_segments(&segments).await.unwrap();
    index.put_segments(&[sub.clone(), segment(CameraId::generate(), 0, 60)]).await.unwrap();

    let found =
        async |from, to| starts(&index.segments_in(camera, StreamKind::Main, range(from, to)).await.unwrap());
    assert_eq!(found(-11_002, -11_000).await, [-20_000]);
    assert_eq!(found(-11_000, -10_000).await, Vec::<i64>::new());
    assert_eq!(found(60, 120).await, [60]);
    assert_eq!(found(59, 121).await, [0, 60, 120]);
    assert_eq!(found(-30_000, 1).await, [-20_000, 0]);
    assert_eq!(found(600, 700).await, Vec::<i64>::new());
    assert_eq!(index.segments_in(camera, StreamKind::Sub, range(0, 1)).await.unwrap(), [sub]);
    assert_eq!(index.latest_segment_end(camera, StreamKind::Main).await.unwrap(), Some(at(600)));
    assert_eq!(index.latest_segment_end(CameraId::generate(), StreamKind::Main).await.unwrap(), None);
    assert_eq!(index.recorded_span(camera, StreamKind::Main).await.unwrap(), Some(range(-20_000, 600)));
}

#[tokio::test]
async fn a_segment_comes_back_as_it_was() {
    let index = index().await;
    let mut with_sound = segment(CameraId::generate(), 0, 60);
    with_sound.audio = Some(AudioParameters {
        configuration: Bytes::from_static(&[0x12, 0x10]),
        sample_rate: 44_100,
        channels: 2,
        rfc6381: "mp4a.40.2".to_owned(),
    });
    with_sound.video.decoder_configuration = Bytes::from(vec![7; 100_000]);
    index.put_segments(std::slice::from_ref(&with_sound)).await.unwrap();
    assert_eq!(index.segment((&with_sound).into()).await.unwrap(), with_sound);
    let missing = SegmentKey { start: at(1), ..SegmentKey::from(&with_sound) };
    assert!(index.segment(missing).await.is_err());
}

#[tokio::test]
async fn an_open_segment_grows_and_never_reopens() {
    let index = index().await;
    let closed = segment(CameraId::generate(), 0, 60);
    let mut open = segment(closed.camera_id, 0, 10);
    open.closed = false;
    write(&index, [Record::Segment(open.clone())]).await;
    assert_eq!(index.open_segments().await.unwrap(), [open.clone()]);
    write(&index, [Record::Segment(closed.clone()), Record::Segment(open.clone())]).await;
    write(&index, [Record::Segment(open)]).await;
    assert_eq!(index.segments_after(None, 10).await.unwrap(), [closed]);
    assert!(index.open_segments().await.unwrap().is_empty());
}

#[tokio::test]
async fn counters_follow_every_change() {
    let index = index().await;
    let camera = CameraId::generate();
    let segments: Vec<Segment> = (0..5).map(|minute| segment(camera, minute * 60, 60)).collect();
    index.put_segments(&segments).await.unwrap();
    let counted = async || {
        let counters = index.camera_bytes().await.unwrap();
        (counters[0].bytes, counters[0].segments)
    };
    assert_eq!(counted().await, (5 * 60_600, 5));
    let mut larger = segments[0].clone();
    larger.bytes += 1000;
    index.put_segments(&[larger, segments[1].clone()]).await.unwrap();
    assert_eq!(counted().await, (5 * 60_600 + 1000, 5));
    let gone: Vec<SegmentKey> = segments[..2].iter().map(SegmentKey::from).collect();
    assert_eq!(index.delete_segments(&gone).await.unwrap(), 2);
    assert_eq!(counted().await, (3 * 60_600, 3));
}

#[tokio::test]
async fn recordings_are_merged_up_to_a_gap() {
    let index = index().await;
    let camera = CameraId::generate();
    // 0..180 in minutes, two seconds of nothing, 182..242, then ten minutes later a last one.
    let starts = [0, 60, 120, 182, 842];
    let segments: Vec<Segment> = starts.iter().map(|start| segment(camera, *start, 60)).collect();
    index.put_segments(&segments).await.unwrap();
    let ranges = async |from, to, gap| {
        let found = index
            .recording_ranges(camera, StreamKind::Main, range(from, to), Duration::from_secs(gap))
            .await
            .unwrap();
        found.into_iter().map(|found| (found.range, found.bytes)).collect::<Vec<_>>()
    };
    let one = 60_600;
    assert_eq!(
        ranges(0, 1000, 1).await,
        [(range(0, 180), 3 * one), (range(182, 242), one), (range(842, 902), one)]
    );
    assert_eq!(ranges(0, 1000, 2).await, [(range(0, 242), 4 * one), (range(842, 902), one)]);
    assert_eq!(ranges(130, 190, 5).await, [(range(120, 242), 2 * one)]);
    assert_eq!(ranges(300, 800, 5).await, []);
}

#[tokio::test]
async fn segments_are_walked_by_key() {
    let index = index().await;
    let mut segments: Vec<Segment> = Vec::new();
    for _ in 0..3 {
        let camera = CameraId::generate();
        segments.extend((0..4).map(|minute| segment(camera, minute * 60, 60)));
    }
    index.put_segments(&segments).await.unwrap();
    segments.sort_by_key(|segment| SegmentKey::from(segment));
    let mut walked: Vec<Segment> = Vec::new();
    loop {
        let after = walked.last().map(SegmentKey::from);
        let next = index.segments_after(after, 5).await.unwrap();
        if next.is_empty() {
            break;
        }
        walked.extend(next);
    }
    assert_eq!(walked, segments);
}

fn gap(camera: CameraId, kind: GapKind, from: i64, to: Option<i64>) -> Gap {
    Gap {
        camera_id: camera,
        stream: StreamKind::Main,
        kind,
        from: at(from),
        to: to.map(at),
        reason: GapReason::CameraOffline,
        detail: "no answer".to_owned(),
        caught_up_at: None,
    }
}

#[tokio::test]
async fn gaps_open_close_and_are_caught_up() {
    let index = index().await;
    let camera = CameraId::generate();
    let open = gap(camera, GapKind::Recording, 0, None);
    let missed = gap(camera, GapKind::Analysis, 100, Some(200));
    let lasting = gap(camera, GapKind::Analysis, 300, None);
    write(&index, [&open, &missed, &lasting].map(|gap| Record::Gap(gap.clone()))).await;
    assert_eq!(index.gaps_in(camera, range(50, 60)).await.unwrap(), [open.clone()]);
    assert_eq!(index.gaps_in(camera, range(200, 250)).await.unwrap(), [open.clone()]);
    assert_eq!(
        index.gaps_in(camera, range(0, 400)).await.unwrap(),
        [open.clone(), missed.clone(), lasting.clone()]
    );
    assert_eq!(index.gaps_to_analyse(at(0), 10).await.unwrap(), [missed.clone()]);
    assert_eq!(index.gaps_to_analyse(at(101), 10).await.unwrap(), []);
    let caught_up = Gap { caught_up_at: Some(at(500)), ..missed };
    write(&index, [Record::Gap(caught_up)]).await;
    assert_eq!(index.gaps_to_analyse(at(0), 10).await.unwrap(), []);
    assert_eq!(index.close_open_gaps(None, at(400)).await.unwrap(), 2);
    let ended = Gap { to: Some(at(400)), ..lasting };
    assert_eq!(index.gaps_to_analyse(at(0), 10).await.unwrap(), [ended]);
    assert_eq!(index.gaps_in(camera, range(400, 500)).await.unwrap(), []);
    assert_eq!(index.delete_gaps_and_activity(at(1000)).await.unwrap(), 3);
}

#[tokio::test]
async fn details_may_quote_anything() {
    let index = index().await;
    let camera = CameraId::generate();
    let quoting = Gap { detail: "it said \0".to_owned(), ..gap(camera, GapKind::Recording, 0, Some(1)) };
    write(&index, [Record::Gap(quoting)]).await;
    assert_eq!(index.gaps_in(camera, range(0, 1)).await.unwrap()[0].detail, "it said \u{fffd}");
}

#[tokio::test]
async fn activity_is_kept_by_the_minute() {
    let index = index().await;
    let camera = CameraId::generate();
    let minute = |number: i64, score| ActivityMinute {
        camera_id: camera,
        minute: at(number * 60),
        scores: vec![(0, score), (59_999, 255)],
    };
    write(&index, [minute(0, 1), minute(1, 2), minute(1, 3), minute(2, 4)].map(Record::Activity)).await;
    assert_eq!(index.activity_in(camera, range(90, 120)).await.unwrap(), [minute(1, 3)]);
    assert_eq!(
        index.activity_in(camera, range(0, 121)).await.unwrap(),
        [minute(0, 1), minute(1, 3), minute(2, 4)]
    );
}

#[tokio::test]
async fn a_minute_in_two_parts_is_put_together_however_often_it_is_written() {
    let index = index().await;
    let camera = CameraId::generate();
    let part = |scores| ActivityMinute { camera_id: camera, minute: at(0), scores };
    let (before, after) = (part(vec![(1_000, 7), (20_000, 8)]), part(vec![(40_300, 9)]));
    for row in [&before, &after, &after, &before, &after] {
        write(&index, [Record::Activity(row.clone())]).await;
    }
    let whole = part(vec![(1_000, 7), (20_000, 8), (40_300, 9)]);
    assert_eq!(index.activity_in(camera, range(0, 60)).await.unwrap(), [whole]);
}

#[tokio::test]
async fn retention_takes_the_oldest_and_leaves_what_is_held() {
    let index = index().await;
    let place = place(&index, "place", None).await;
    let (one, two) = (camera(&index, "one", &place).await, camera(&index, "two", &place).await);
    let mut growing = segment(two.id, 30, 60);
    growing.closed = false;
    let segments = [segment(one.id, 0, 60), segment(one.id, 60, 60), segment(two.id, 120, 60), growing];
    index.put_segments(&segments).await.unwrap();
    let records = [event(&one, 10, 5), event(&one, 70, 5), event(&two, 130, 5)];
    write(&index, records.clone().map(|record| Record::Event(Box::new(record)))).await;
    let hold = NewHold {
        camera_id: one.id,
        range: range(70, 80),
        reason: "hồ sơ 12".to_owned(),
        user_id: Some(UserId::generate()),
    };
    let hold = index.create_hold(hold).await.unwrap();
    assert_eq!(index.held_ranges().await.unwrap(), [(one.id, range(70, 80))]);
    assert_eq!(index.holds(&Visibility::Places(vec![place.id])).await.unwrap(), [hold.clone()]);
    assert!(index.holds(&Visibility::Nothing).await.unwrap().is_empty());

    let oldest = async |camera, before, limit| {
        let found = index.oldest_segments(camera, at(before), limit).await.unwrap();
        found.into_iter().map(|found| found.path).collect::<Vec<_>>()
    };
    assert_eq!(oldest(None, 1000, 10).await, [segments[0].path.clone(), segments[2].path.clone()]);
    assert_eq!(oldest(Some(two.id), 1000, 10).await, [segments[2].path.clone()]);
    assert_eq!(oldest(None, 1000, 1).await, [segments[0].path.clone()]);
    assert!(oldest(None, 0, 10).await.is_empty());

    let gone = index.delete_events(at(1000), 10).await.unwrap();
    assert_eq!(gone, [Some("10.jpg".to_owned()), Some("130.jpg".to_owned())]);
    assert_eq!(index.event(records[1].event.id).await.unwrap(), records[1]);
    let released = index.release_hold(hold.id, None).await.unwrap();
    assert!(released.released_at.is_some());
    assert_eq!(index.delete_events(at(1000), 10).await.unwrap().len(), 1);
    assert_eq!(oldest(Some(one.id), 1000, 10).await.len(), 2);
}

#[tokio::test]
async fn removed_cameras_are_forgotten_with_their_last_footage() {
    let index = index().await;
    let place = place(&index, "place", None).await;
    let camera = camera(&index, "camera", &place).await;
    let footage = segment(camera.id, 0, 60);
    index.put_segments(std::slice::from_ref(&footage)).await.unwrap();
    index.remove_camera(camera.id, camera.version).await.unwrap();
    assert!(index.forget_removed_cameras().await.unwrap().is_empty());
    assert_eq!(index.removed_cameras().await.unwrap()[0].id, camera.id);
    index.delete_segments(&[(&footage).into()]).await.unwrap();
    assert_eq!(index.forget_removed_cameras().await.unwrap(), [camera.id]);
    assert!(index.camera_bytes().await.unwrap().is_empty());
}
