//! The tracker on scenes: what must become one track, and what must not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use analysis::{Tracker, TrackerConfig, TrackerUpdate};
use domain::ObjectClass::{Car, Motorcycle, Person, Truck};
use domain::{BoundingBox, Detection, ObjectClass, Searched, Timestamp, Track};
use proptest::prelude::*;

fn at(look: i64) -> Timestamp {
    Timestamp::from_micros(1_000_000_000_000_000 + look * 200_000)
}

fn seen(class: ObjectClass, score: f32, x: f32, y: f32, w: f32, h: f32) -> Detection {
    Detection { class, score, bounds: BoundingBox { x, y, w, h } }
}

fn person(x: f32) -> Detection {
    seen(Person, 0.8, x, 0.4, 0.05, 0.25)
}

/// Runs looks five times a second; gives the tracks as last reported, and the updates.
fn run(looks: impl IntoIterator<Item = Vec<Detection>>) -> (BTreeMap<u64, Track>, Vec<TrackerUpdate>) {
    let mut tracker = Tracker::new(TrackerConfig::default());
    let mut updates: Vec<_> = looks
        .into_iter()
        .zip(0..)
        .map(|(found, look)| tracker.update(at(look), &found, &Searched::Whole))
        .collect();
    updates.push(TrackerUpdate { ended: tracker.finish(), ..TrackerUpdate::default() });
    let all = updates.iter().flat_map(|update| [&update.started, &update.changed, &update.ended]).flatten();
    (all.map(|track| (track.id, track.clone())).collect(), updates)
}

#[test]
fn a_person_comes_and_goes() {
    let looks =
        (0..60).map(|look| if (5..30).contains(&look) { vec![person(0.03 * look as f32)] } else { vec![] });
    let (tracks, updates) = run(looks);
    assert_eq!(tracks.len(), 1);
    let track = tracks.values().next().unwrap();
    assert_eq!((track.first_seen, track.last_seen, track.detections), (at(5), at(29), 25));
    assert_eq!((track.class, track.moved, track.stationary), (Person, true, false));
    assert_eq!(track.path.first().unwrap().time, at(5));
    assert_eq!(track.path.last().unwrap().time, at(29));
    assert!(track.path.len() <= 4, "{}", track.path.len());
    // Reported at its third detection, then once a second, and as ended two seconds after it was gone.
    let started: Vec<_> = (0..updates.len()).filter(|look| !updates[*look].started.is_empty()).collect();
    let changed: Vec<_> = (0..updates.len()).filter(|look| !updates[*look].changed.is_empty()).collect();
    let ended: Vec<_> = (0..updates.len()).filter(|look| !updates[*look].ended.is_empty()).collect();
    assert_eq!((started, changed, ended), (vec![7], vec![12, 17, 22, 27], vec![39]));
}

#[test]
fn people_who_cross_keep_their_numbers() {
    let looks = (0..40).map(|look| {
        let step = 0.015 * look as f32;
        vec![seen(Person, 0.8, 0.2 + step, 0.40, 0.05, 0.25), seen(Person, 0.7, 0.8 - step, 0.43, 0.05, 0.25)]
    });
    let (tracks, _) = run(looks);
    assert_eq!(tracks.len(), 2);
    for track in tracks.values() {
        let way = track.path.last().unwrap().bounds.x - track.path[0].bounds.x;
        let side = track.path[0].bounds.x - 0.5;
        assert!(way * side < 0.0 && way.abs() > 0.5, "turned back: {way} from {side}");
    }
}

#[test]
fn someone_half_hidden_is_followed_by_unsure_detections() {
    let looks = |score: f32| {
        (0..30).map(move |look| {
            let score = if (10..18).contains(&look) { score } else { 0.8 };
            vec![Detection { score, ..person(0.02 * look as f32) }]
        })
    };
    let (tracks, _) = run(looks(0.2));
    assert_eq!(tracks.values().map(|track| track.detections).collect::<Vec<_>>(), [30]);
    let (tracks, _) = run(looks(0.05));
    assert_eq!(
        tracks.values().map(|track| track.detections).collect::<Vec<_>>(),
        [22],
        "too unsure to be used"
    );
}

#[test]
fn someone_hidden_for_a_second_is_found_again_where_foreseen() {
    let looks =
        (0..30).map(|look| if (12..17).contains(&look) { vec![] } else { vec![person(0.02 * look as f32)] });
    let (tracks, _) = run(looks);
    assert_eq!(tracks.values().map(|track| track.detections).collect::<Vec<_>>(), [25]);
}

#[test]
fn unsure_detections_alone_start_nothing_and_keep_nothing_for_long() {
    let (tracks, _) = run((0..30).map(|_| vec![Detection { score: 0.3, ..person(0.5) }]));
    assert!(tracks.is_empty());
    let (tracks, _) =
        run((0..60).map(|look| vec![Detection { score: if look < 5 { 0.8 } else { 0.3 }, ..person(0.5) }]));
    assert_eq!(tracks[&1].last_seen, at(14));
}

#[test]
fn what_stands_still_and_was_never_sure_is_not_searched_for_and_stays_known() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    let bush = seen(Person, 0.5, 0.1, 0.1, 0.05, 0.25);
    for look in 0..55 {
        tracker.update(at(look), &[bush], &Searched::Whole);
    }
    assert_eq!((tracker.moving(), tracker.focus(at(55))), (0, vec![]));
    // An idle camera looks where something changed, and once a minute everywhere.
    for minute in 1..10 {
        let now = at(55 + minute * 300);
        tracker.update(at(54 + minute * 300), &[], &Searched::Areas(vec![]));
        tracker.update(now, &[bush], &Searched::Whole);
        assert_eq!((tracker.moving(), tracker.live().count()), (0, 1));
    }
    // Somebody who was seen for sure is followed while he stands.
    let mut tracker = Tracker::new(TrackerConfig::default());
    for look in 0..55 {
        tracker.update(at(look), &[person(0.4)], &Searched::Whole);
    }
    assert_eq!((tracker.moving(), tracker.focus(at(55)).len()), (0, 1));
}

#[test]
fn a_parked_car_is_one_track_however_seldom_it_is_looked_at() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    let car = |jitter: i64| seen(Car, 0.7, 0.5 + 0.002 * (jitter % 3) as f32, 0.5, 0.2, 0.15);
    for look in 0..20 {
        tracker.update(at(look), &[car(look)], &Searched::Whole);
    }
    assert_eq!(tracker.moving(), 0);
    // An idle camera: a look every four seconds, half of which miss it.
    let mut reported = BTreeSet::new();
    for look in 1..60 {
        let found = if look % 2 == 0 { vec![] } else { vec![car(look)] };
        let update = tracker.update(at(20 + look * 20), &found, &Searched::Whole);
        reported.extend(update.started.iter().chain(&update.ended).map(|track| track.id));
        assert_eq!(tracker.moving(), 0);
    }
    assert!(reported.is_empty(), "{reported:?}");
    // It drives off.
    for look in 0..10 {
        tracker.update(
            at(1210 + look),
            &[seen(Car, 0.7, 0.5 - 0.04 * look as f32, 0.5, 0.2, 0.15)],
            &Searched::Whole,
        );
    }
    assert_eq!(tracker.moving(), 1);
    let tracks = tracker.finish();
    assert_eq!((tracks.len(), tracks[0].moved, tracks[0].stationary), (1, true, false));
}

#[test]
fn a_fast_motorcycle_is_one_track_though_its_boxes_never_overlap() {
    let looks = (0..8).map(|look| vec![seen(Motorcycle, 0.7, 0.1 * look as f32, 0.5, 0.06, 0.14)]);
    let (tracks, _) = run(looks);
    assert_eq!(tracks.values().map(|track| track.detections).collect::<Vec<_>>(), [8]);
}

#[test]
fn a_person_who_steps_out_of_a_car_is_another_track() {
    let car = seen(Car, 0.8, 0.4, 0.4, 0.2, 0.2);
    let looks = (0..40).map(|look| match look {
        0..10 => vec![car],
        10..20 => vec![car, seen(Person, 0.7, 0.42, 0.42, 0.05, 0.18)],
        _ => vec![car, seen(Person, 0.7, 0.42 + 0.01 * (look - 20) as f32, 0.42, 0.05, 0.18)],
    });
    let (tracks, _) = run(looks);
    let classes: Vec<_> = tracks.values().map(|track| (track.class, track.detections)).collect();
    assert_eq!(classes, [(Car, 40), (Person, 30)]);
}

#[test]
fn a_flickering_class_is_one_track_with_the_class_of_most_weight() {
    let looks = (0..20).map(|look| {
        let class = if look % 3 == 0 { Truck } else { Car };
        vec![seen(class, 0.6, 0.1 + 0.02 * look as f32, 0.5, 0.2, 0.15)]
    });
    let (tracks, _) = run(looks);
    assert_eq!(tracks.values().map(|track| (track.class, track.detections)).collect::<Vec<_>>(), [(Car, 20)]);
}

#[test]
fn what_is_seen_for_a_moment_is_no_event() {
    let (tracks, _) = run((0..10).map(|look| if look < 2 { vec![person(0.5)] } else { vec![] }));
    assert!(tracks.is_empty());
}

#[test]
fn when_the_clock_is_set_back_tracks_end_and_a_late_look_is_left_out() {
    let mut tracker = Tracker::new(TrackerConfig::default());
    for look in 0..10 {
        tracker.update(at(look), &[person(0.5)], &Searched::Whole);
    }
    assert_eq!(tracker.update(at(5), &[person(0.9)], &Searched::Whole), TrackerUpdate::default());
    let update = tracker.update(at(-18_000), &[person(0.5)], &Searched::Whole);
    assert_eq!(update.ended.iter().map(|track| track.last_seen).collect::<Vec<_>>(), [at(9)]);
    let ids: Vec<_> = tracker.live().map(|live| live.id).collect();
    assert_eq!(ids.len(), 1);
    assert_ne!(ids[0], update.ended[0].id);
}

fn any_score() -> impl Strategy<Value = f32> {
    prop_oneof![10 => 0f32..1.0, 1 => any::<f32>()]
}

fn any_detection() -> impl Strategy<Value = Detection> {
    let place = || prop_oneof![10 => 0f32..1.0, 1 => any::<f32>()];
    let size = || prop_oneof![10 => 0f32..0.3, 1 => any::<f32>()];
    (prop::sample::select(&ObjectClass::ALL[..]), any_score(), place(), place(), size(), size())
        .prop_map(|(class, score, x, y, w, h)| seen(class, score, x, y, w, h))
}

fn any_looks() -> impl Strategy<Value = Vec<(i64, Vec<Detection>)>> {
    let step = prop_oneof![10 => 0i64..500_000, 2 => -5_000_000i64..100_000_000, 1 => any::<i64>()];
    // Some scenes stay nearly as they are, so that tracks come about.
    let scene = || prop::collection::vec(any_detection(), 0..12);
    let steady = (scene(), prop::collection::vec(step.clone(), 0..40))
        .prop_map(|(scene, steps)| steps.into_iter().map(|step| (step, scene.clone())).collect());
    prop_oneof![steady, prop::collection::vec((step, scene()), 0..40)]
}

proptest! {
    #[test]
    fn whatever_is_seen(looks in any_looks(), most in 1usize..20) {
        let config = TrackerConfig { tracks: most, ..TrackerConfig::default() };
        let mut tracker = Tracker::new(config.clone());
        let mut twin = Tracker::new(config);
        let (mut time, mut latest) = (at(0), Timestamp::MIN);
        let (mut open, mut over) = (BTreeSet::new(), BTreeSet::new());
        let check = |track: &Track| {
            assert_eq!(track.path.first().unwrap().time, track.first_seen);
            assert_eq!(track.path.last().unwrap().time, track.last_seen);
            assert!(track.first_seen <= track.last_seen && track.path.is_sorted_by_key(|point| point.time));
            assert!((2..=32).contains(&track.path.len()) && track.detections >= 3);
            assert!((0.0..=1.0).contains(&track.score));
            assert!((track.first_seen..=track.last_seen).contains(&track.best.time));
            for point in track.path.iter().chain([&track.best]) {
                assert!(point.bounds == point.bounds.clamped() && point.bounds.area() > 0.0);
            }
        };
        for (step, found) in looks {
            time = time.plus_micros(step);
            let update = tracker.update(time, &found, &Searched::Whole);
            prop_assert_eq!(&twin.update(time, &found, &Searched::Whole), &update, "the same again");
            for track in &update.ended {
                check(track);
                prop_assert!(open.remove(&track.id) && over.insert(track.id));
            }
            for track in &update.started {
                check(track);
                prop_assert!(open.insert(track.id) && !over.contains(&track.id), "a number is used once");
            }
            for track in &update.changed {
                check(track);
                prop_assert!(open.contains(&track.id));
            }
            let late = time.micros_since(latest);
            if (-2_000_000..0).contains(&late) {
                prop_assert_eq!(update, TrackerUpdate::default());
                continue;
            }
            latest = time;
            let live: Vec<_> = tracker.live().collect();
            prop_assert!(live.len() <= most && live.len() <= found.len());
            // Each detection belongs to one track at most.
            let mut left: Vec<_> = found.iter().map(|found| found.bounds.clamped()).collect();
            for track in &live {
                let place = left.iter().position(|bounds| *bounds == track.bounds);
                prop_assert!(place.is_some());
                left.swap_remove(place.unwrap());
            }
        }
        for track in tracker.finish() {
            check(&track);
            prop_assert!(open.remove(&track.id));
        }
        prop_assert!(open.is_empty());
    }
}

#[test]
fn changes_come_no_faster_than_asked() {
    let config = TrackerConfig { report_interval: Duration::from_secs(4), ..TrackerConfig::default() };
    let mut tracker = Tracker::new(config);
    let changed = (0..100).filter(|look| {
        !tracker.update(at(*look), &[person(0.005 * *look as f32)], &Searched::Whole).changed.is_empty()
    });
    assert_eq!(changed.count(), 4);
}
