use std::sync::Arc;

use domain::{
    BoundingBox, Camera, DismissReason, Firing, FiringId, Measured, ObjectClass, QuietSpotId, ReviewItem,
    ReviewItemId, ReviewStep, Rule, RuleSpec, Suppressed, UserId,
};
use index::{Index, IndexError, NewStep, Record};

use crate::review::firing;
use crate::support::{at, camera, index, place};
use crate::writer::write;

fn spec(severity: &str) -> RuleSpec {
    let text = format!(r#"{{"name": "Đêm", "severity": "{severity}", "condition": {{"type": "appears"}}}}"#);
    serde_json::from_str(&text).unwrap()
}

/// A person as high as a quarter of the picture, at that place.
fn seen(x: f32) -> Measured {
    let bounds = BoundingBox { x, y: 0.5, w: 0.05, h: 0.25 };
    Measured { class: Some(ObjectClass::Person), bounds: Some(bounds), ..Measured::default() }
}

async fn flag(index: &Index, rule: &Rule, camera: &Camera, seconds: i64, x: &[f32]) -> ReviewItem {
    let item = ReviewItemId::generate();
    let firings = x.iter().map(|x| Firing { measured: seen(*x), ..firing(rule, camera, item, seconds) });
    write(index, firings.map(|firing| Record::Firing(Box::new(firing)))).await;
    index.review_item(item).await.unwrap()
}

async fn step(
    index: &Index,
    item: &ReviewItem,
    step: ReviewStep,
    reason: Option<DismissReason>,
) -> ReviewItem {
    let new = NewStep { step, user_id: None, username: "lan".to_owned(), note: None, reason };
    index.take_review_step(item.id, item.version, &new).await.unwrap()
}

async fn dismissed(index: &Index, item: &ReviewItem, reason: DismissReason) -> ReviewItem {
    step(index, item, ReviewStep::Dismiss, Some(reason)).await
}

#[tokio::test]
async fn dismissals_of_the_like_of_it_teach_one_spot_and_are_taken_back_with_the_decision() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let gate = camera(&index, "gate", &commune).await;
    let market = camera(&index, "market", &commune).await;
    let rule = index.create_rule(commune.id, &spec("alert")).await.unwrap();
    let mut items = Vec::new();
    // Two firings of one item at the same place are one lesson; the hour is that of the day, whichever day.
    for (seconds, x) in [(0, &[0.2, 0.21][..]), (86_400 + 600, &[0.22]), (3 * 86_400, &[0.19]), (60, &[0.7])]
    {
        let item = flag(&index, &rule, &gate, seconds, x).await;
        items.push(dismissed(&index, &item, DismissReason::LeavesOrShadow).await);
    }
    assert_eq!(
        items[0].dismissed_because.as_deref(),
        Some("leaves_or_shadow"),
        "the reason in want of words"
    );
    let steps = index.review_steps(items[0].id).await.unwrap();
    assert_eq!(steps[0].reason, Some(DismissReason::LeavesOrShadow));
    let lessons = async || {
        let spots = index.quiet_spots_of(gate.id).await.unwrap();
        spots.iter().map(|(spot, _)| spot.lessons.len()).collect::<Vec<_>>()
    };
    assert_eq!(lessons().await, [3, 1]);
    let spot = index.quiet_spots_of(gate.id).await.unwrap()[0].0.clone();
    assert_eq!(spot.class, ObjectClass::Person);
    assert_eq!(spot.active_since(3), Some(spot.lessons[2].taught_at));

    // Another camera, hour or reason, and an alarm, teach nothing here.
    let other = flag(&index, &rule, &market, 0, &[0.2]).await;
    dismissed(&index, &other, DismissReason::Animal).await;
    let later = flag(&index, &rule, &gate, 4 * 3600, &[0.2]).await;
    dismissed(&index, &later, DismissReason::Duplicate).await;
    let alarm = index.create_rule(commune.id, &spec("alarm")).await.unwrap();
    let alarm = flag(&index, &alarm, &gate, 0, &[0.2]).await;
    dismissed(&index, &alarm, DismissReason::LeavesOrShadow).await;
    assert_eq!(lessons().await, [3, 1]);
    assert_eq!(index.quiet_spots().await.unwrap().len(), 3, "of all cameras");

    step(&index, &items[1], ReviewStep::Reopen, None).await;
    assert_eq!(lessons().await, [2, 1], "it was wrong");
    step(&index, &items[3], ReviewStep::Reopen, None).await;
    assert_eq!(lessons().await, [2]);
}

#[tokio::test]
async fn a_forgotten_spot_stays_on_record_and_is_learnt_anew() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let gate = camera(&index, "gate", &commune).await;
    let rule = index.create_rule(commune.id, &spec("notice")).await.unwrap();
    let item = flag(&index, &rule, &gate, 0, &[0.2]).await;
    dismissed(&index, &item, DismissReason::KnownPerson).await;
    let spot = index.quiet_spots_of(gate.id).await.unwrap()[0].0.clone();
    let suppressed = |seconds: i64| Suppressed {
        id: FiringId::generate(),
        suppressed_by: spot.id,
        rule: Arc::new(rule.clone()),
        camera_id: gate.id,
        place_id: commune.id,
        at: at(seconds),
        event_id: None,
        measured: seen(0.2),
    };
    let (early, late) = (suppressed(10), suppressed(20));
    // A row that is written twice counts once.
    let records = [&late, &early, &late].map(|firing| Record::Suppressed(Box::new(firing.clone())));
    write(&index, records).await;
    let (found, hushed) = index.quiet_spot(spot.id).await.unwrap();
    assert_eq!((found, hushed.count, hushed.last), (spot.clone(), 2, Some(at(20))));
    assert_eq!(index.suppressed_firings(spot.id, 10).await.unwrap(), [late, early]);

    index.forget_quiet_spot(spot.id, Some(UserId::generate())).await.unwrap();
    assert!(index.quiet_spots_of(gate.id).await.unwrap().is_empty());
    let gone = index.forget_quiet_spot(spot.id, None).await.unwrap_err();
    assert!(matches!(gone, IndexError::NotFound { what: "quiet spot", .. }), "{gone}");
    assert!(matches!(index.quiet_spot(QuietSpotId::generate()).await, Err(IndexError::NotFound { .. })));
    assert_eq!(index.suppressed_firings(spot.id, 10).await.unwrap().len(), 2, "it stays on record");
    let again = flag(&index, &rule, &gate, 30, &[0.2]).await;
    dismissed(&index, &again, DismissReason::KnownPerson).await;
    let anew = index.quiet_spots_of(gate.id).await.unwrap();
    assert!(anew.len() == 1 && anew[0].0.id != spot.id && anew[0].0.lessons.len() == 1);
}
