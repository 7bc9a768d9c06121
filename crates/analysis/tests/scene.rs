//! Rules about what a camera shows as a whole, against made-up looks and GOPs.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::sync::Arc;

use analysis::GopActivity;
use analysis::rules::{SceneFired, SceneRules};
use domain::{PlaceId, Rule, RuleId, RuleSpec, SceneView, Timestamp};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_795_000_000_000_000 + seconds * 1_000_000)
}

fn rule(condition: &str) -> Arc<Rule> {
    let text = format!(r#"{{"name": "Thử", "severity": "alert", "condition": {condition}}}"#);
    let spec: RuleSpec = serde_json::from_str(&text).unwrap();
    spec.check().unwrap();
    let (id, place_id) = (RuleId::generate(), PlaceId::generate());
    Arc::new(Rule { id, place_id, spec, created_at: at(0), version: 1 })
}

fn rules(condition: &str) -> SceneRules {
    SceneRules::new([rule(condition)], SceneRules::default())
}

const WELL: SceneView = SceneView { contrast: 40.0, likeness: 0.9, unchanged: false };

/// Looks every two seconds, from the first second up to the second.
fn looks(rules: &mut SceneRules, seconds: std::ops::Range<i64>, view: SceneView) -> Vec<SceneFired> {
    seconds.step_by(2).flat_map(|second| rules.look(at(second), view, false)).collect()
}

#[test]
fn a_picture_that_stands_still_is_told_once_until_it_moves() {
    let still = SceneView { unchanged: true, ..WELL };
    let mut frozen = rules(r#"{"type": "frozen", "seconds": 60}"#);
    assert_eq!(looks(&mut frozen, 0..20, WELL), []);
    assert_eq!(looks(&mut frozen, 20..78, still), [], "not for long enough");
    let fired = looks(&mut frozen, 78..200, still);
    assert_eq!(fired.len(), 1);
    assert_eq!((fired.first().unwrap().at, fired.first().unwrap().measured.seconds), (at(80), Some(62.0)));
    assert_eq!(looks(&mut frozen, 200..202, WELL), []);
    assert_eq!(looks(&mut frozen, 202..300, still).len(), 1, "again");
}

#[test]
fn what_was_not_looked_at_is_not_known_to_stand_still() {
    let still = SceneView { unchanged: true, ..WELL };
    let mut frozen = rules(r#"{"type": "frozen", "seconds": 60}"#);
    assert_eq!(looks(&mut frozen, 0..50, still), []);
    assert_eq!(looks(&mut frozen, 500..550, still), [], "it was away in between");
}

#[test]
fn a_picture_of_nothing_and_another_view_are_covered_or_turned() {
    for view in [SceneView { contrast: 1.0, ..WELL }, SceneView { likeness: 0.05, ..WELL }] {
        let mut covered = rules(r#"{"type": "covered", "seconds": 30}"#);
        assert_eq!(looks(&mut covered, 0..60, WELL), []);
        assert_eq!(looks(&mut covered, 60..80, view), [], "somebody passes close by");
        assert_eq!(looks(&mut covered, 80..100, WELL), []);
        assert_eq!(looks(&mut covered, 100..200, view).len(), 1);
    }
}

#[test]
fn what_moves_and_is_no_object_is_told_and_what_is_one_is_not() {
    let condition = r#"{"type": "activity_without_object", "seconds": 20}"#;
    let gops = |rules: &mut SceneRules, seconds: std::ops::Range<i64>, score: u8| -> Vec<SceneFired> {
        seconds.step_by(2).flat_map(|second| rules.gop(GopActivity { start: at(second), score })).collect()
    };
    let mut unseen = rules(condition);
    assert_eq!(gops(&mut unseen, 0..60, 10), [], "as usual");
    let fired = gops(&mut unseen, 60..120, 90);
    assert_eq!(fired.len(), 1);
    assert_eq!(fired.first().unwrap().measured.seconds, Some(22.0));

    let mut seen = rules(condition);
    // An object in the middle of it: before and after it, nothing lasts for long enough.
    for second in (0..10).chain(25..34) {
        assert_eq!(seen.look(at(second), WELL, second == 30), []);
    }
    assert_eq!(gops(&mut seen, 10..50, 200), []);
}

#[test]
fn a_rule_that_did_not_change_is_not_told_again() {
    let rule = rule(r#"{"type": "frozen", "seconds": 60}"#);
    let still = SceneView { unchanged: true, ..WELL };
    let mut rules = SceneRules::new([Arc::clone(&rule)], SceneRules::default());
    assert_eq!(looks(&mut rules, 0..80, still).len(), 1);
    rules = SceneRules::new([Arc::clone(&rule)], rules);
    assert_eq!(looks(&mut rules, 80..120, still), []);
    rules = SceneRules::new([], rules);
    assert_eq!(looks(&mut rules, 120..180, still), []);
}
