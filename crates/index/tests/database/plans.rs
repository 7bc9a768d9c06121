use std::time::Duration;

use domain::{ActivityMinute, CameraId, Gap, GapKind, GapReason, ObjectClass, StreamKind};
use index::{EventQuery, Index, Record, Visibility};
use sqlx::{Executor, PgConnection};

use crate::support::{at, connection, event, everything, index, new_camera, place, point, range, segment};
use crate::writer::write;

/// How often each table was read from end to end, and how often through an index, since counting was reset.
async fn scans(connection: &mut PgConnection) -> (i64, i64) {
    sqlx::query_as(
        "SELECT coalesce(sum(seq_scan), 0)::bigint, coalesce(sum(idx_scan), 0)::bigint FROM pg_stat_user_tables
         WHERE relname ~ '^(events|segments|activity)_' OR relname = 'gaps'",
    )
    .fetch_one(connection)
    .await
    .unwrap()
}

fn gap(camera_id: CameraId, start: i64) -> Gap {
    Gap {
        camera_id,
        stream: StreamKind::Main,
        kind: if start % 120 == 0 { GapKind::Analysis } else { GapKind::Recording },
        from: at(start),
        to: Some(at(start + 30)),
        reason: GapReason::Overload,
        detail: String::new(),
        caught_up_at: (start > 60_000).then(|| at(start)),
    }
}

async fn fill(index: &Index) -> (Vec<domain::Camera>, domain::Place) {
    let root = place(index, "root", None).await;
    let mut cameras = Vec::new();
    for number in 0..8 {
        let below = place(index, &format!("place {number}"), Some(&root)).await;
        let mut new = new_camera(&format!("camera {number}"), below.id);
        new.point = Some(point(16.40 + f64::from(number) * 0.01, 107.59));
        cameras.push(index.create_camera(new).await.unwrap());
    }
    let mut records = Vec::new();
    for number in 0..8000_i64 {
        let camera = &cameras[number as usize % cameras.len()];
        let mut record = event(camera, number * 60, if number % 100 == 0 { 3000 } else { 20 });
        record.event.class = ObjectClass::ALL[number as usize % 6];
        record.event.path.clear();
        records.push(Record::Event(Box::new(record)));
        let minute = at(number / 8 * 60);
        records.push(Record::Activity(ActivityMinute { camera_id: camera.id, minute, scores: vec![(0, 9)] }));
        if number < 4000 {
            records.push(Record::Gap(gap(camera.id, number * 60)));
        }
    }
    write(index, records).await;
    let segments: Vec<_> = cameras
        .iter()
        .flat_map(|camera| (0..1000).map(|minute| segment(camera.id, minute * 60, 3)))
        .collect();
    index.put_segments(&segments).await.unwrap();
    index.pool().execute("VACUUM ANALYZE").await.unwrap();
    (cameras, root)
}

/// The queries that people wait for never read a table from end to end.
#[tokio::test]
async fn searches_and_timelines_go_through_indexes() {
    let index = index().await;
    let (cameras, root) = fill(&index).await;
    // Counters of a session reach the view when it ends: each query through an index of its own.
    let mut statistics = connection(&index).await;
    let one = &cameras[3];
    let day = range(100_000, 186_400);
    let queries = [
        ("latest of a camera", EventQuery { cameras: vec![one.id], ..everything() }),
        ("a camera's day", EventQuery { cameras: vec![one.id], range: Some(day), ..everything() }),
        ("a day of all", EventQuery { range: Some(day), ..everything() }),
        ("latest of a class", EventQuery { classes: vec![ObjectClass::Bus], ..everything() }),
        ("a place and below", EventQuery { places: vec![root.id], range: Some(day), ..everything() }),
        (
            "what a role may see",
            EventQuery { visible: Visibility::Places(vec![one.place_id]), ..everything() },
        ),
        ("a radius", EventQuery { near: Some((point(16.43, 107.59), 500.0)), ..everything() }),
        (
            "a second page of cars that stayed",
            EventQuery {
                cameras: vec![one.id, cameras[4].id],
                classes: vec![ObjectClass::Car, ObjectClass::Truck],
                min_duration: Some(Duration::from_secs(10)),
                cursor: Some(index::EventCursor { first_seen: at(200_000), id: domain::EventId::generate() }),
                ..everything()
            },
        ),
    ];
    for (name, query) in queries {
        let before = scans(&mut statistics).await;
        let apart = Index::lazy(index.config());
        let page = apart.search_events(&query).await.unwrap();
        assert!(!page.events.is_empty(), "{name}");
        apart.close().await;
        let after = settled(&mut statistics, before).await;
        assert_eq!(after.0, before.0, "{name}: a table was read from end to end");
    }
    let before = scans(&mut statistics).await;
    let apart = Index::lazy(index.config());
    let camera = one.id;
    assert_eq!(apart.segments_in(camera, StreamKind::Main, range(30_000, 33_600)).await.unwrap().len(), 60);
    apart
        .recording_ranges(camera, StreamKind::Main, range(0, 60_000), Duration::from_secs(90))
        .await
        .unwrap();
    apart.latest_segment_end(camera, StreamKind::Main).await.unwrap().unwrap();
    apart.recorded_span(camera, StreamKind::Main).await.unwrap().unwrap();
    apart.oldest_segments(None, at(10_000), 50).await.unwrap();
    apart.segments_after(None, 100).await.unwrap();
    assert!(!apart.activity_in(camera, range(0, 3600)).await.unwrap().is_empty());
    assert!(!apart.gaps_in(camera, range(200_000, 203_600)).await.unwrap().is_empty());
    assert!(!apart.gaps_to_analyse(at(50_000), 10).await.unwrap().is_empty());
    apart.close().await;
    let after = settled(&mut statistics, before).await;
    assert_eq!(after.0, before.0, "segments: a table was read from end to end");
    let before = after;
    let apart = Index::lazy(index.config());
    let stock = apart.stock(None, range(59_000, 60_000)).await.unwrap();
    assert_eq!(stock.len(), cameras.len());
    let own = apart.stock(Some(&[camera]), range(59_400, 60_000)).await.unwrap();
    assert_eq!((own[0].oldest, own[0].lately_from), (Some(at(0)), Some(at(59_400))));
    assert_eq!(own[0].stored_bytes, 100 * own[0].lately_bytes, "the last ten of a thousand minutes");
    apart.close().await;
    let after = settled(&mut statistics, before).await;
    assert_eq!(after.0, before.0, "stock: a table was read from end to end");
    let before = after;
    let apart = Index::lazy(index.config());
    assert!(!apart.gap_sums(&[camera], range(200_000, 203_600)).await.unwrap().is_empty());
    apart.close().await;
    let after = settled(&mut statistics, before).await;
    assert_eq!(after.0, before.0, "sums of gaps: a table was read from end to end");
}

/// The counts once the closed sessions have handed theirs in.
async fn settled(statistics: &mut PgConnection, before: (i64, i64)) -> (i64, i64) {
    for _ in 0..200 {
        let now = scans(statistics).await;
        if now.1 > before.1 {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no index was used");
}
