use std::time::Duration;

use domain::{BoundingBox, Camera, EventId, EventRecord, Heading, ObjectClass, Route, Zone};
use index::{CameraChange, Columns, EventCounts, EventQuery, Index, IndexError, Record, Visibility};

use crate::support::{at, camera, event, everything, index, new_camera, place, point, range};
use crate::writer::write;

async fn put(index: &Index, records: &[EventRecord]) {
    write(index, records.iter().map(|record| Record::Event(Box::new(record.clone())))).await;
}

/// Seconds at which the events that are found began, newest first.
async fn found(index: &Index, query: EventQuery) -> Vec<i64> {
    let page = index.search_events(&query).await.unwrap();
    let seconds = |record: &EventRecord| record.event.first_seen.micros_since(at(0)) / 1_000_000;
    page.events.iter().map(seconds).collect()
}

async fn two_cameras(index: &Index) -> (Camera, Camera) {
    let root = place(index, "root", None).await;
    let below = place(index, "below", Some(&root)).await;
    let mut far = new_camera("far", below.id);
    far.point = Some(point(16.50, 107.59));
    (camera(index, "near", &root).await, index.create_camera(far).await.unwrap())
}

#[tokio::test]
async fn every_restriction_counts() {
    let index = index().await;
    let (near, far) = two_cameras(&index).await;
    let mut car = event(&near, 100, 300);
    car.event.class = ObjectClass::Car;
    car.event.score = 0.9;
    car.event.stationary = true;
    put(&index, &[event(&near, 0, 5), car, event(&far, 200, 5)]).await;

    assert_eq!(found(&index, everything()).await, [200, 100, 0]);
    assert_eq!(found(&index, EventQuery { cameras: vec![near.id], ..everything() }).await, [100, 0]);
    assert_eq!(
        found(&index, EventQuery { places: vec![near.place_id], ..everything() }).await,
        [200, 100, 0]
    );
    assert_eq!(found(&index, EventQuery { places: vec![far.place_id], ..everything() }).await, [200]);
    let both = EventQuery { places: vec![far.place_id], cameras: vec![near.id], ..everything() };
    assert!(found(&index, both).await.is_empty());
    assert_eq!(found(&index, EventQuery { classes: vec![ObjectClass::Car], ..everything() }).await, [100]);
    let classes = vec![ObjectClass::Car, ObjectClass::Person];
    assert_eq!(found(&index, EventQuery { classes, ..everything() }).await, [200, 100, 0]);
    assert_eq!(found(&index, EventQuery { min_score: Some(0.8), ..everything() }).await, [100]);
    assert_eq!(found(&index, EventQuery { moving: Some(true), ..everything() }).await, [200, 0]);
    assert_eq!(found(&index, EventQuery { moving: Some(false), ..everything() }).await, [100]);
    let long = EventQuery { min_duration: Some(Duration::from_mins(1)), ..everything() };
    assert_eq!(found(&index, long).await, [100]);
    // 0.04 degrees of latitude are some 4.4 km.
    let around = |radius| EventQuery { near: Some((point(16.46, 107.59), radius)), ..everything() };
    assert_eq!(found(&index, around(10.0)).await, [100, 0]);
    assert_eq!(found(&index, around(4300.0)).await, [100, 0]);
    assert_eq!(found(&index, around(4600.0)).await, [200, 100, 0]);
    let square = |south: f64, north: f64| {
        let corners = [(south, 107.5), (south, 107.7), (north, 107.7), (north, 107.5), (south, 107.5)];
        Some(vec![corners.into_iter().map(|(latitude, longitude)| point(latitude, longitude)).collect()])
    };
    assert_eq!(found(&index, EventQuery { polygon: square(16.49, 16.51), ..everything() }).await, [200]);
    assert_eq!(
        found(&index, EventQuery { polygon: square(16.4, 16.6), ..everything() }).await,
        [200, 100, 0]
    );
    assert!(found(&index, EventQuery { polygon: square(15.0, 16.0), ..everything() }).await.is_empty());
    let visible = |visible| EventQuery { visible, ..everything() };
    assert_eq!(found(&index, visible(Visibility::Places(vec![far.place_id]))).await, [200]);
    assert!(found(&index, visible(Visibility::Nothing)).await.is_empty());
    assert!(found(&index, visible(Visibility::Places(vec![]))).await.is_empty());
}

/// An event that went from one point of the picture to another.
fn walk(camera: &Camera, start: i64, from: (f32, f32), to: (f32, f32)) -> EventRecord {
    let mut record = event(camera, start, 5);
    for (point, (x, y)) in record.event.path.iter_mut().zip([from, to]) {
        point.bounds = BoundingBox { x: x - 0.01, y: y - 0.1, w: 0.02, h: 0.1 };
    }
    record
}

#[tokio::test]
async fn routes_ways_and_directions_are_asked_for() {
    let index = index().await;
    let (near, far) = two_cameras(&index).await;
    put(
        &index,
        &[
            walk(&near, 0, (0.1, 0.5), (0.9, 0.5)),
            walk(&near, 100, (0.9, 0.9), (0.1, 0.9)),
            walk(&far, 200, (0.5, 0.2), (0.5, 0.9)),
            walk(&near, 300, (0.5, 0.5), (0.52, 0.5)),
        ],
    )
    .await;
    let along = |points, metres| {
        let route = Route::new(points).unwrap();
        EventQuery { route: Some((route, metres)), ..everything() }
    };
    let south = vec![point(16.45, 107.589), point(16.47, 107.589), point(16.47, 107.589)];
    assert_eq!(found(&index, along(south.clone(), 150.0)).await, [300, 100, 0]);
    assert!(found(&index, along(south.clone(), 50.0)).await.is_empty());
    let with_class = EventQuery {
        classes: vec![ObjectClass::Car],
        ..along(vec![point(16.0, 107.59), point(17.0, 107.59)], 50.0)
    };
    assert!(found(&index, with_class).await.is_empty());
    assert_eq!(
        found(&index, along(vec![point(16.0, 107.59), point(17.0, 107.59)], 50.0)).await,
        [300, 200, 100, 0]
    );

    let heading = |heading| EventQuery { heading: Some(heading), ..everything() };
    assert_eq!(found(&index, heading(Heading::Right)).await, [0]);
    assert_eq!(found(&index, heading(Heading::Left)).await, [100]);
    assert_eq!(found(&index, heading(Heading::Down)).await, [200]);
    assert!(found(&index, heading(Heading::Up)).await.is_empty());
    let corners = vec![[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]];
    let zone = Zone { name: "gate".to_owned(), corners };
    let zone = EventQuery { zone: Some(zone), cameras: vec![near.id], ..everything() };
    assert_eq!(found(&index, zone.clone()).await, [300, 0]);
    assert_eq!(found(&index, EventQuery { heading: Some(Heading::Right), ..zone }).await, [0]);
    let short = EventQuery { max_duration: Some(Duration::from_secs(4)), ..everything() };
    assert!(found(&index, short).await.is_empty());
}

#[tokio::test]
async fn what_matches_rarely_is_found_page_by_page() {
    let index = index().await;
    let (near, _) = two_cameras(&index).await;
    let mut records: Vec<_> = (0..2500).map(|second| walk(&near, second, (0.5, 0.5), (0.5, 0.5))).collect();
    for rare in [0, 3, 1200, 1201, 2499] {
        records[rare] = walk(&near, rare as i64, (0.1, 0.5), (0.9, 0.5));
    }
    put(&index, &records).await;
    let mut query = EventQuery { heading: Some(Heading::Right), limit: 2, ..everything() };
    let mut pages = Vec::new();
    loop {
        let page = index.search_events(&query).await.unwrap();
        pages.push(found(&index, query.clone()).await);
        query.cursor = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(pages, [vec![2499, 1201], vec![1200, 3], vec![0]]);
    let all = index.search_events(&EventQuery { limit: 100, cursor: None, ..query }).await.unwrap();
    assert_eq!(all.total, Some(index::Total { count: 5, exact: true }));
}

#[tokio::test]
async fn events_that_overlap_the_time_count_however_long_they_last() {
    let index = index().await;
    let (near, _) = two_cameras(&index).await;
    // A short one, one of nine minutes, one of a day.
    put(&index, &[event(&near, 0, 5), event(&near, -300, 540), event(&near, -86_400, 90_000)]).await;
    let at_time = |from, to| EventQuery { range: Some(range(from, to)), ..everything() };
    assert_eq!(found(&index, at_time(0, 1)).await, [0, -300, -86_400]);
    assert_eq!(found(&index, at_time(5, 6)).await, [0, -300, -86_400]);
    assert_eq!(found(&index, at_time(6, 100)).await, [-300, -86_400]);
    assert_eq!(found(&index, at_time(241, 3000)).await, [-86_400]);
    assert_eq!(found(&index, at_time(3601, 9000)).await, Vec::<i64>::new());
    assert_eq!(found(&index, at_time(-90_000, -86_400)).await, Vec::<i64>::new());
    assert_eq!(found(&index, at_time(-86_400, -86_399)).await, [-86_400]);
    let classes = vec![ObjectClass::Person];
    assert_eq!(found(&index, EventQuery { classes, ..at_time(241, 3000) }).await, [-86_400]);
    assert_eq!(found(&index, EventQuery { cameras: vec![near.id], ..at_time(241, 3000) }).await, [-86_400]);
}

#[tokio::test]
async fn pages_follow_one_another_without_loss_or_repetition() {
    let index = index().await;
    let (near, far) = two_cameras(&index).await;
    // Many begin at the same moment; some are long; two months.
    let mut records = Vec::new();
    for number in 0..60 {
        let seconds = (number / 4) * 100_000;
        records.push(event(
            if number % 2 == 0 { &near } else { &far },
            seconds,
            if number % 7 == 0 { 2000 } else { 5 },
        ));
    }
    put(&index, &records).await;
    records.sort_by_key(|record| std::cmp::Reverse((record.event.first_seen, record.event.id)));
    for query in [
        EventQuery { limit: 7, ..everything() },
        EventQuery { limit: 7, range: Some(range(-100, 10_000_000)), ..everything() },
        EventQuery {
            limit: 7,
            cameras: vec![near.id, far.id],
            classes: ObjectClass::ALL.to_vec(),
            ..everything()
        },
    ] {
        let mut query = query;
        let mut walked = Vec::new();
        loop {
            let page = index.search_events(&query).await.unwrap();
            assert_eq!(page.total.is_some(), query.cursor.is_none());
            walked.extend(page.events);
            query.cursor = page.next;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(walked, records);
    }
}

#[tokio::test]
async fn totals_are_exact_where_all_are_shown_and_estimated_otherwise() {
    let index = index().await;
    let (near, _) = two_cameras(&index).await;
    let records: Vec<EventRecord> = (0..500).map(|number| event(&near, number * 10, 5)).collect();
    put(&index, &records).await;
    sqlx::query("ANALYZE events").execute(index.pool()).await.unwrap();
    let few = EventQuery { range: Some(range(0, 50)), ..everything() };
    let total = index.search_events(&few).await.unwrap().total.unwrap();
    assert_eq!((total.count, total.exact), (5, true));
    let total = index.search_events(&everything()).await.unwrap().total.unwrap();
    assert!(!total.exact && (400..=600).contains(&total.count), "{total:?}");
}

#[tokio::test]
async fn events_are_counted_by_time_class_and_camera() {
    let index = index().await;
    let (near, far) = two_cameras(&index).await;
    let mut car = event(&near, 130, 5);
    car.event.class = ObjectClass::Car;
    // Began in the hour before, and lasted into the time that is asked for.
    put(
        &index,
        &[event(&near, -3600, 3700), event(&near, 70, 5), car, event(&far, 150, 5), event(&far, 400, 5)],
    )
    .await;

    let columns = Columns { start: at(0), length: Duration::from_mins(1) };
    let asked = EventQuery { range: Some(range(10, 300)), limit: 1, ..everything() };
    let counts = index.count_events(&asked, columns).await.unwrap().unwrap();
    assert_eq!(
        counts.columns,
        [
            (0, ObjectClass::Person, 1),
            (1, ObjectClass::Person, 1),
            (2, ObjectClass::Car, 1),
            (2, ObjectClass::Person, 1)
        ]
    );
    let mut cameras = counts.cameras;
    cameras.sort_unstable_by_key(|(_, count)| *count);
    assert_eq!(cameras, [(far.id, 1), (near.id, 3)]);

    let only = EventQuery { visible: Visibility::Places(vec![far.place_id]), ..asked.clone() };
    let counts = index.count_events(&only, columns).await.unwrap().unwrap();
    assert_eq!((counts.columns, counts.cameras), (vec![(2, ObjectClass::Person, 1)], vec![(far.id, 1)]));
    let nobody = EventQuery { visible: Visibility::Nothing, ..asked.clone() };
    assert_eq!(index.count_events(&nobody, columns).await.unwrap(), Some(EventCounts::default()));
    let ways = EventQuery { heading: Some(Heading::Left), ..asked.clone() };
    assert!(matches!(
        index.count_events(&ways, columns).await,
        Err(IndexError::Invalid { field: "zone", .. })
    ));
    let ever = EventQuery { range: None, ..asked };
    assert!(matches!(
        index.count_events(&ever, columns).await,
        Err(IndexError::Invalid { field: "from", .. })
    ));
}

#[tokio::test]
async fn an_event_changes_as_it_goes_on() {
    let index = index().await;
    let (near, _) = two_cameras(&index).await;
    let mut record = event(&near, 0, 5);
    record.event.ongoing = true;
    record.snapshot = None;
    record.event.has_snapshot = false;
    put(&index, &[record.clone()]).await;
    assert_eq!(index.event(record.event.id).await.unwrap(), record);
    record.event.last_seen = at(50);
    record.event.ongoing = false;
    record.footage_to = at(55);
    record.snapshot = Some("a.jpg".to_owned());
    record.event.has_snapshot = true;
    put(&index, &[record.clone()]).await;
    // Should its first moment move, even to another partition, there is still one.
    record.event.first_seen = at(-86_400 * 40);
    put(&index, &[record.clone()]).await;
    assert_eq!(index.search_events(&everything()).await.unwrap().events, [record.clone()]);
    assert_eq!(index.event(record.event.id).await.unwrap(), record);
    let missing = index.event(EventId::generate()).await.unwrap_err();
    assert!(matches!(missing, IndexError::NotFound { what: "event", .. }));
}

#[tokio::test]
async fn an_event_stays_where_its_camera_was() {
    let index = index().await;
    let (near, far) = two_cameras(&index).await;
    put(&index, &[event(&near, 0, 5)]).await;
    let change = CameraChange { place_id: Some(far.place_id), point: Some(None), ..CameraChange::default() };
    let moved = index.change_camera(near.id, near.version, change).await.unwrap();
    put(&index, &[event(&moved, 100, 5)]).await;
    let around = EventQuery { near: Some((point(16.46, 107.59), 100.0)), ..everything() };
    assert_eq!(found(&index, around).await, [0]);
    assert_eq!(found(&index, EventQuery { places: vec![far.place_id], ..everything() }).await, [100]);
    assert_eq!(found(&index, EventQuery { cameras: vec![near.id], ..everything() }).await, [100, 0]);
}

#[tokio::test]
async fn impossible_searches_are_refused() {
    let index = index().await;
    let ring =
        |points: &[(f64, f64)]| Some(vec![points.iter().map(|(a, b)| point(*a, *b)).collect::<Vec<_>>()]);
    let outside = domain::GeoPoint { latitude: 95.0, longitude: f64::NAN };
    for (query, field) in [
        (EventQuery { near: Some((outside, 5.0)), ..everything() }, "near"),
        (EventQuery { near: Some((point(1.0, 1.0), -5.0)), ..everything() }, "radius"),
        (EventQuery { near: Some((point(1.0, 1.0), f64::INFINITY)), ..everything() }, "radius"),
        (EventQuery { polygon: Some(vec![]), ..everything() }, "polygon"),
        (EventQuery { polygon: Some(vec![vec![outside; 4]]), ..everything() }, "polygon"),
        (EventQuery { polygon: ring(&[(0.0, 0.0), (1.0, 1.0), (0.0, 0.0)]), ..everything() }, "polygon"),
        (
            EventQuery { polygon: ring(&[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)]), ..everything() },
            "polygon",
        ),
        // A bow tie.
        (
            EventQuery {
                polygon: ring(&[(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)]),
                ..everything()
            },
            "polygon",
        ),
    ] {
        let error = index.search_events(&query).await.unwrap_err();
        assert!(
            matches!(error, IndexError::Invalid { field: found, .. } if found == field),
            "{field}: {error}"
        );
    }
}
