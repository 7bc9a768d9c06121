//! Rules against made-up objects that walk, stand and drive.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail the test")]

use std::sync::Arc;

use analysis::rules::{backtest, sightings};
use analysis::{Fired, RuleEngine, Sighting};
use domain::{
    BoundingBox, CameraId, Event, EventId, ObjectClass, PlaceId, Rule, RuleId, RuleSpec, Timestamp,
    TrackPoint,
};
use proptest::prelude::*;

/// Friday, 2026-11-27, 21:59:00 by the clock of the place.
const START: &str = "2026-11-27T14:59:00Z";
const YARD: &str = r#"{"name": "Sân", "corners": [[0.4, 0.0], [0.6, 0.0], [0.6, 1.0], [0.4, 1.0]]}"#;

fn at(seconds: f32) -> Timestamp {
    START.parse::<Timestamp>().unwrap().plus_micros((f64::from(seconds) * 1e6) as i64)
}

fn rule(more: &str) -> Arc<Rule> {
    let text = format!(r#"{{"name": "Thử", "severity": "alert", {more}}}"#);
    let spec: RuleSpec = serde_json::from_str(&text).unwrap();
    spec.check().unwrap();
    Arc::new(Rule {
        id: RuleId::generate(),
        place_id: PlaceId::generate(),
        spec,
        created_at: at(0.0),
        version: 1,
    })
}

fn when(condition: &str) -> Arc<Rule> {
    rule(&format!(r#""condition": {condition}"#))
}

/// An event whose path has a point for each time and place of its foot.
fn event(class: ObjectClass, way: &[(f32, f32, f32)]) -> Event {
    let point = |(time, x, y): &(f32, f32, f32)| TrackPoint {
        time: at(*time),
        bounds: BoundingBox { x: x - 0.02, y: y - 0.15, w: 0.04, h: 0.15 },
    };
    let path: Vec<_> = way.iter().map(point).collect();
    Event {
        id: EventId::generate(),
        camera_id: CameraId::generate(),
        place_id: PlaceId::generate(),
        point: None,
        class,
        score: 0.7,
        first_seen: path[0].time,
        last_seen: path[path.len() - 1].time,
        ongoing: false,
        stationary: false,
        best: path[0],
        path,
        detections: 10,
        has_snapshot: false,
    }
}

fn person(way: &[(f32, f32, f32)]) -> Event {
    event(ObjectClass::Person, way)
}

fn seconds(fired: &Fired) -> f64 {
    fired.at.micros_since(at(0.0)) as f64 / 1e6
}

/// From left to right through the yard in ten seconds: in it from 4 to 6 s.
fn walk() -> Event {
    person(&[(0.0, 0.0, 0.5), (10.0, 1.0, 0.5)])
}

#[test]
fn entering_and_leaving_a_zone_fire_once() {
    let enters = backtest(&when(&format!(r#"{{"type": "enters", "zone": {YARD}}}"#)), &[walk()]);
    assert_eq!(enters.len(), 1);
    assert!((4.0..4.6).contains(&seconds(&enters[0])), "{}", seconds(&enters[0]));
    assert_eq!(enters[0].measured.class, Some(ObjectClass::Person));
    let leaves = backtest(&when(&format!(r#"{{"type": "leaves", "zone": {YARD}}}"#)), &[walk()]);
    assert_eq!(leaves.len(), 1);
    assert!((6.0..6.6).contains(&seconds(&leaves[0])), "{}", seconds(&leaves[0]));
    // Out of the picture from the zone is out of the zone; lost in the middle of it is not.
    let out = person(&[(0.0, 0.5, 0.5), (2.0, 0.5, 0.99)]);
    let lost = person(&[(0.0, 0.5, 0.5), (2.0, 0.5, 0.7)]);
    let leaves = when(&format!(r#"{{"type": "leaves", "zone": {YARD}}}"#));
    assert_eq!((backtest(&leaves, &[out]).len(), backtest(&leaves, &[lost]).len()), (1, 0));
}

#[test]
fn a_box_that_trembles_at_the_border_enters_once() {
    let way: Vec<_> =
        (0..50).map(|step| (step as f32 * 0.2, 0.4 + 0.01 * (step % 2) as f32 - 0.005, 0.5)).collect();
    let trembles = when(&format!(r#"{{"type": "enters", "zone": {YARD}}}"#));
    assert!(backtest(&trembles, &[person(&way)]).len() <= 1);
}

#[test]
fn staying_needs_its_time() {
    let stays = |seconds: f32| when(&format!(r#"{{"type": "stays", "zone": {YARD}, "seconds": {seconds}}}"#));
    assert_eq!(backtest(&stays(3.0), &[walk()]), []);
    let fired = backtest(&stays(1.0), &[walk()]);
    assert_eq!(fired.len(), 1);
    let measured = fired[0].measured.seconds.unwrap();
    assert!((1.0..1.5).contains(&measured), "{measured}");
}

#[test]
fn a_line_is_crossed_in_a_direction() {
    let line = r#"{"name": "Vạch", "from": [0.5, 0.0], "to": [0.5, 1.0]}"#;
    let crosses = |direction: &str| {
        when(&format!(r#"{{"type": "crosses", "line": {line}, "direction": "{direction}"}}"#))
    };
    // Seen along a line that points down, the left of the picture is to the right.
    let (right, left) = (backtest(&crosses("to_right"), &[walk()]), backtest(&crosses("to_left"), &[walk()]));
    assert_eq!((right.len(), left.len()), (0, 1));
    assert_eq!(left[0].measured.to_right, Some(false));
    assert!((5.0..5.6).contains(&seconds(&left[0])));
    let there_and_back = person(&[(0.0, 0.2, 0.5), (5.0, 0.8, 0.5), (10.0, 0.2, 0.5)]);
    assert_eq!(backtest(&crosses("any"), &[there_and_back]).len(), 2);
}

#[test]
fn too_many_at_once_fire_once_until_there_are_fewer() {
    let crowd = rule(&format!(
        r#""classes": ["person"], "condition": {{"type": "more_than", "zone": {YARD}, "count": 2}}"#
    ));
    let stand = |from: f32, to: f32| person(&[(from, 0.5, 0.5), (to, 0.5, 0.5)]);
    let car = event(ObjectClass::Car, &[(0.0, 0.5, 0.5), (9.0, 0.5, 0.5)]);
    assert_eq!(backtest(&crowd, &[stand(0.0, 9.0), stand(1.0, 9.0), car]), []);
    let fired = backtest(&crowd, &[stand(0.0, 9.0), stand(1.0, 9.0), stand(2.0, 9.0), stand(3.0, 9.0)]);
    assert_eq!(fired.len(), 1);
    assert_eq!(fired[0].measured.count, Some(3));
    let again = [stand(0.0, 30.0), stand(0.0, 30.0), stand(2.0, 5.0), stand(20.0, 22.0)];
    assert_eq!(backtest(&crowd, &again).len(), 2);
}

#[test]
fn what_came_and_stands_has_stopped_and_what_was_always_there_has_not() {
    let stops = when(r#"{"type": "stops", "seconds": 8}"#);
    let parks =
        event(ObjectClass::Car, &[(0.0, 0.1, 0.5), (4.0, 0.5, 0.5), (9.0, 0.5, 0.5), (30.0, 0.5, 0.5)]);
    let fired = backtest(&stops, &[parks]);
    assert_eq!(fired.len(), 1);
    assert!((12.0..18.0).contains(&seconds(&fired[0])), "{}", seconds(&fired[0]));
    let parked = event(ObjectClass::Car, &[(0.0, 0.5, 0.5), (60.0, 0.5, 0.5)]);
    assert_eq!(backtest(&stops, &[parked]), []);
}

#[test]
fn only_what_goes_against_the_traffic_goes_the_wrong_way() {
    let wrong = when(r#"{"type": "wrong_way", "allowed": [-1, 0]}"#);
    assert_eq!(backtest(&wrong, &[walk()]).len(), 1);
    let right = when(r#"{"type": "wrong_way", "allowed": [1, 0.2]}"#);
    let across = person(&[(0.0, 0.5, 0.2), (10.0, 0.5, 0.9)]);
    assert_eq!(backtest(&right, &[walk(), across]), []);
}

#[test]
fn who_goes_too_fast_over_the_ground_is_measured() {
    // Seen from above, 20 m across and 10 m deep: the walk takes it at two metres a second.
    let ground = r#"{"corners": [[0, 0], [1, 0], [1, 1], [0, 1]], "width": 20, "length": 10}"#;
    let faster = |kmh: f32| when(&format!(r#"{{"type": "speed", "kmh": {kmh}, "ground": {ground}}}"#));
    let fired = backtest(&faster(6.5), &[walk()]);
    assert_eq!(fired.len(), 1, "once, and not before half a second");
    assert!((0.5..1.0).contains(&seconds(&fired[0])), "{}", seconds(&fired[0]));
    let kmh = fired[0].measured.kmh.unwrap();
    assert!((kmh - 7.2).abs() < 0.1, "{kmh}");
    assert!(fired[0].measured.bounds.is_some(), "where it was");
    assert_eq!(backtest(&faster(8.0), &[walk()]), []);
    let elsewhere = r#"{"corners": [[0.0, 0.6], [1, 0.6], [1, 1], [0, 1]], "width": 20, "length": 10}"#;
    let beside = when(&format!(r#"{{"type": "speed", "kmh": 3, "ground": {elsewhere}}}"#));
    assert_eq!(backtest(&beside, &[walk()]), [], "not on that ground");
}

#[test]
fn class_score_size_and_timetable_are_minded() {
    let appears = |more: &str| rule(&format!(r#"{more}, "condition": {{"type": "appears"}}"#));
    assert_eq!(backtest(&appears(r#""min_score": 0.5"#), &[walk()]).len(), 1);
    assert_eq!(backtest(&appears(r#""min_score": 0.8"#), &[walk()]), []);
    assert_eq!(backtest(&appears(r#""min_height": 0.2"#), &[walk()]), []);
    assert_eq!(backtest(&appears(r#""classes": ["car", "truck"]"#), &[walk()]), []);
    assert_eq!(backtest(&appears(r#""enabled": false"#), &[walk()]), []);
    let night = r#""schedule": {"weekly": [{"days": ["friday"], "from": "22:00", "to": "05:00"}]}"#;
    assert_eq!(backtest(&appears(night), &[walk()]), [], "a minute too early");
    let lingers = person(&[(0.0, 0.3, 0.5), (70.0, 0.3, 0.5)]);
    let fired = backtest(&appears(night), &[lingers]);
    assert!(fired.len() == 1 && seconds(&fired[0]) >= 60.0, "who is there when it begins counts");
}

#[test]
fn a_rule_that_cools_down_is_quiet_meanwhile() {
    let walks: Vec<_> = (0..4)
        .map(|number| 20.0 * number as f32)
        .map(|start| person(&[(start, 0.0, 0.5), (start + 10.0, 1.0, 0.5)]))
        .collect();
    let appears = |cool_down: u32| {
        rule(&format!(r#""cool_down_seconds": {cool_down}, "condition": {{"type": "appears"}}"#))
    };
    assert_eq!(backtest(&appears(0), &walks).len(), 4);
    assert_eq!(backtest(&appears(30), &walks).len(), 2);
}

#[test]
fn a_rule_that_did_not_change_remembers_what_it_saw() {
    let appears = when(r#"{"type": "appears"}"#);
    let mut engine = RuleEngine::new([Arc::clone(&appears)], RuleEngine::default());
    let walk = walk();
    let mut fired = Vec::new();
    for sighting in sightings(&walk) {
        engine = RuleEngine::new([Arc::clone(&appears)], engine);
        fired.extend(engine.see(&sighting));
    }
    assert_eq!(fired.len(), 1);
    assert!(RuleEngine::new([], engine).is_empty());
}

fn any_rule() -> impl Strategy<Value = Arc<Rule>> {
    let line = r#"{"name": "V", "from": [0.2, 0.1], "to": [0.7, 0.9]}"#;
    prop::sample::select(vec![
        r#"{"type": "appears"}"#.to_owned(),
        format!(r#"{{"type": "enters", "zone": {YARD}}}"#),
        format!(r#"{{"type": "leaves", "zone": {YARD}}}"#),
        format!(r#"{{"type": "stays", "zone": {YARD}, "seconds": 0}}"#),
        format!(r#"{{"type": "crosses", "line": {line}}}"#),
        format!(r#"{{"type": "more_than", "zone": {YARD}, "count": 1}}"#),
        r#"{"type": "stops", "seconds": 1}"#.to_owned(),
        r#"{"type": "wrong_way", "allowed": [0, 1]}"#.to_owned(),
        r#"{"type": "speed", "kmh": 5, "ground": {"corners": [[0.1, 0.9], [0.9, 0.9], [0.6, 0.3], [0.4, 0.3]],
            "width": 6, "length": 40}}"#.to_owned(),
    ])
    .prop_map(|condition| when(&condition))
}

proptest! {
    /// Whatever is seen, in whatever order: no panic, and nothing fires before it is seen.
    #[test]
    fn any_sightings_are_taken(
        rule in any_rule(),
        seen in prop::collection::vec((0usize..4, -5.0f32..60.0, any::<f32>(), -1.0f32..2.0, any::<bool>()), 0..200),
    ) {
        let ids: Vec<_> = (0..4).map(|_| EventId::generate()).collect();
        let mut engine = RuleEngine::new([rule], RuleEngine::default());
        for (who, seconds, x, y, gone) in seen {
            let sighting = Sighting {
                event_id: ids[who],
                class: ObjectClass::Person,
                score: y,
                time: at(seconds),
                bounds: BoundingBox { x, y, w: 0.1, h: 0.1 },
            };
            for fired in engine.see(&sighting) {
                prop_assert_eq!(fired.at, at(seconds));
            }
            if gone {
                engine.gone(ids[who]);
            }
        }
    }
}
