use std::sync::Arc;
use std::time::Duration;

use domain::{
    Camera, CameraId, Firing, FiringId, Measured, PlaceId, ReviewItem, ReviewItemId, ReviewState, ReviewStep,
    Rule, RuleSpec, Severity,
};
use index::{Index, IndexError, NewStep, Record, ReviewQuery, Visibility};

use crate::support::{at, camera, index, place};
use crate::writer::write;

pub(crate) fn spec(name: &str, severity: &str) -> RuleSpec {
    let text =
        format!(r#"{{"name": "{name}", "severity": "{severity}", "condition": {{"type": "appears"}}}}"#);
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn firing(rule: &Rule, camera: &Camera, item_id: ReviewItemId, seconds: i64) -> Firing {
    Firing {
        id: FiringId::generate(),
        item_id,
        rule: Arc::new(rule.clone()),
        camera_id: Some(camera.id),
        place_id: camera.place_id,
        at: at(seconds),
        event_id: None,
        measured: Measured::default(),
        cameras: Vec::new(),
    }
}

fn everything() -> ReviewQuery {
    ReviewQuery { visible: Visibility::All, limit: 100, ..ReviewQuery::default() }
}

pub(crate) fn step(step: ReviewStep) -> NewStep {
    NewStep {
        step,
        user_id: None,
        username: "lan".to_owned(),
        note: Some("ghi chú".to_owned()),
        reason: None,
    }
}

pub(crate) async fn flag(index: &Index, rule: &Rule, camera: &Camera, seconds: i64) -> ReviewItem {
    let item = ReviewItemId::generate();
    write(index, [Record::Firing(Box::new(firing(rule, camera, item, seconds)))]).await;
    index.review_item(item).await.unwrap()
}

#[tokio::test]
async fn rules_belong_to_places_and_change_by_version() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let hamlet = place(&index, "hamlet", Some(&commune)).await;
    let other = place(&index, "other", None).await;
    let camera = camera(&index, "gate", &hamlet).await;
    let here = index.create_rule(hamlet.id, &spec("Đêm", "alarm")).await.unwrap();
    let above = index.create_rule(commune.id, &spec("Ngày", "notice")).await.unwrap();
    index.create_rule(other.id, &spec("Khác", "alert")).await.unwrap();
    assert_eq!(index.rule(here.id).await.unwrap(), here);
    let seen = index.rules(&Visibility::Places(vec![commune.id])).await.unwrap();
    assert_eq!(seen, [here.clone(), above], "by name");

    let named = RuleSpec { cameras: vec![camera.id], ..spec("Cổng", "alert") };
    let changed = index.change_rule(here.id, here.version, &named).await.unwrap();
    assert_eq!((changed.spec, changed.version), (named.clone(), 2));
    let late = index.change_rule(here.id, 1, &named).await.unwrap_err();
    assert!(matches!(late, IndexError::Conflict { what: "rule", have: 2 }), "{late}");
    for (place, cameras) in [(other.id, vec![camera.id]), (hamlet.id, vec![CameraId::generate()])] {
        let wrong = index.create_rule(place, &RuleSpec { cameras, ..spec("x", "alert") }).await.unwrap_err();
        assert!(matches!(wrong, IndexError::Invalid { field: "cameras", .. }), "{wrong}");
    }
    let nowhere = index.create_rule(PlaceId::generate(), &spec("x", "alert")).await.unwrap_err();
    assert!(matches!(nowhere, IndexError::Invalid { field: "place_id", .. }), "{nowhere}");
    assert!(matches!(index.remove_place(other.id, other.version).await, Err(IndexError::InUse { .. })));
    assert!(matches!(index.remove_rule(here.id, 1).await, Err(IndexError::Conflict { .. })));
    index.remove_rule(here.id, 2).await.unwrap();
    assert!(matches!(index.rule(here.id).await, Err(IndexError::NotFound { what: "rule", .. })));
}

#[tokio::test]
async fn firings_make_items_once_however_often_they_are_written() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let camera = camera(&index, "gate", &commune).await;
    let rule = index.create_rule(commune.id, &spec("Đêm", "alarm")).await.unwrap();
    let item = ReviewItemId::generate();
    let (late, early) = (firing(&rule, &camera, item, 50), firing(&rule, &camera, item, 10));
    let records = [late.clone(), early.clone(), late.clone()].map(|firing| Record::Firing(Box::new(firing)));
    write(&index, records).await;
    let found = index.review_item(item).await.unwrap();
    assert_eq!((found.first_at, found.last_at, found.firings), (at(10), at(50), 2));
    assert_eq!(
        (found.state, found.severity, found.place_id),
        (ReviewState::New, Severity::Alarm, commune.id)
    );
    assert_eq!(found.why.vi, "Một đối tượng xuất hiện.");
    assert_eq!(index.firings(item, 10).await.unwrap(), [early, late]);
}

/// The items of all pages.
async fn page_by_page(index: &Index, mut query: ReviewQuery) -> Vec<ReviewItemId> {
    let mut seen = Vec::new();
    loop {
        let page = index.review_items(&query).await.unwrap();
        seen.extend(page.items.iter().map(|item| item.id));
        query.cursor = page.next;
        if query.cursor.is_none() {
            return seen;
        }
    }
}

#[tokio::test]
async fn the_queue_shows_the_worst_first_then_the_oldest_or_newest_page_by_page() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let other = place(&index, "other", None).await;
    let (gate, far) = (camera(&index, "gate", &commune).await, camera(&index, "far", &other).await);
    let alert = index.create_rule(commune.id, &spec("a", "alert")).await.unwrap();
    let alarm = index.create_rule(commune.id, &spec("b", "alarm")).await.unwrap();
    let mut wanted = Vec::new();
    for (rule, camera, seconds) in [
        (&alarm, &gate, 30),
        (&alarm, &far, 40),
        (&alert, &gate, 5),
        (&alert, &gate, 10),
        (&alert, &gate, 20),
    ] {
        wanted.push(flag(&index, rule, camera, seconds).await.id);
    }
    assert_eq!(page_by_page(&index, ReviewQuery { limit: 2, ..everything() }).await, wanted);
    wanted[..2].reverse();
    wanted[2..].reverse();
    let newest = ReviewQuery { limit: 2, newest_first: true, ..everything() };
    assert_eq!(page_by_page(&index, newest).await, wanted);
    wanted[..2].reverse();
    let here = ReviewQuery { visible: Visibility::Places(vec![commune.id]), ..everything() };
    assert_eq!(index.count_review_items(&here).await.unwrap(), [(ReviewState::New, 4)].into());
    let alarms = ReviewQuery { severities: vec![Severity::Alarm], places: vec![other.id], ..everything() };
    assert_eq!(index.review_items(&alarms).await.unwrap().items[0].id, wanted[1]);
    let done = ReviewQuery { states: vec![ReviewState::Closed], ..everything() };
    assert!(index.review_items(&done).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn steps_are_taken_by_one_and_footage_is_held() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let hamlet = place(&index, "hamlet", Some(&commune)).await;
    let camera = camera(&index, "gate", &hamlet).await;
    let rule = index.create_rule(hamlet.id, &spec("Đêm", "alarm")).await.unwrap();
    let item = flag(&index, &rule, &camera, 100).await;
    let taken = index.take_review_step(item.id, item.version, &step(ReviewStep::Take)).await.unwrap();
    assert_eq!((taken.state, taken.officer.as_ref().unwrap().username.as_str()), (ReviewState::Taken, "lan"));
    let late = index.take_review_step(item.id, item.version, &step(ReviewStep::Dismiss)).await.unwrap_err();
    assert!(matches!(late, IndexError::Conflict { have: 2, .. }), "{late}");
    let twice = index.take_review_step(item.id, 2, &step(ReviewStep::Take)).await.unwrap_err();
    assert!(matches!(twice, IndexError::Invalid { field: "step", .. }), "{twice}");
    assert!(index.holds(&Visibility::All).await.unwrap().is_empty());

    let confirmed = index.take_review_step(item.id, 2, &step(ReviewStep::Confirm)).await.unwrap();
    let holds = index.holds(&Visibility::All).await.unwrap();
    assert_eq!((holds.len(), holds[0].range.from, holds[0].range.to), (1, at(40), at(160)));
    let more = firing(&rule, &camera, item.id, 130);
    write(&index, [Record::Firing(Box::new(more))]).await;
    assert_eq!(index.holds(&Visibility::All).await.unwrap()[0].range.to, at(190), "it goes on");
    let escalated =
        index.take_review_step(item.id, confirmed.version, &step(ReviewStep::Escalate)).await.unwrap();
    assert_eq!(escalated.assigned_place_id, commune.id);
    assert_eq!(index.holds(&Visibility::All).await.unwrap().len(), 1, "held once");
    let steps: Vec<_> = index
        .review_steps(item.id)
        .await
        .unwrap()
        .into_iter()
        .map(|taken| (taken.step, taken.state))
        .collect();
    let wanted = [
        (ReviewStep::Take, ReviewState::Taken),
        (ReviewStep::Confirm, ReviewState::Confirmed),
        (ReviewStep::Escalate, ReviewState::Escalated),
    ];
    assert_eq!(steps, wanted);
}

#[tokio::test]
async fn what_nobody_looks_at_is_found() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let camera = camera(&index, "gate", &commune).await;
    let rule = index.create_rule(commune.id, &spec("Đêm", "alarm")).await.unwrap();
    let (left, taken) = (flag(&index, &rule, &camera, 0).await, flag(&index, &rule, &camera, 1).await);
    index.take_review_step(taken.id, taken.version, &step(ReviewStep::Take)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let neglected = index.neglected_items(Severity::Alarm, Duration::from_millis(10)).await.unwrap();
    assert_eq!(neglected.iter().map(|item| item.id).collect::<Vec<_>>(), [left.id]);
    assert!(index.neglected_items(Severity::Alarm, Duration::from_mins(10)).await.unwrap().is_empty());
    assert!(index.neglected_items(Severity::Alert, Duration::ZERO).await.unwrap().is_empty());
}
