use std::sync::Arc;
use std::time::Duration;

use domain::{
    Bell, BellId, BellSpec, Camera, Firing, FiringId, Measured, NearCamera, Press, ReportId, ReviewItemId,
    Ring, RingCause, RingId, RingState, SounderSpec, Timestamp,
};
use index::{Index, IndexError, NewReport, Record, ReportQuery, RingQuery, Visibility};

use crate::support::{at, camera, index, place};
use crate::writer::write;

fn spec(device: &str) -> BellSpec {
    let text = format!(
        r#"{{"name": "Chuông", "household": "Hộ", "device": "{device}", "point": {{"latitude": 18.6, "longitude": 105.6}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

fn pressed(bell: &Bell, press: Press, item_id: ReviewItemId, time: Timestamp, near: &Camera) -> Firing {
    Firing {
        id: FiringId::generate(),
        item_id,
        rule: Arc::new(bell.rule_of_press(press)),
        camera_id: Some(near.id),
        place_id: bell.place_id,
        at: time,
        event_id: None,
        measured: Measured::default(),
        cameras: vec![NearCamera { camera_id: near.id, metres: 20.0, looks_at: None }],
    }
}

async fn bell(index: &Index, device: &str) -> (Bell, Camera) {
    let place = place(index, "hamlet", None).await;
    let camera = camera(index, "gate", &place).await;
    (index.create_bell(BellId::generate(), place.id, &spec(device), b"key").await.unwrap(), camera)
}

#[tokio::test]
async fn a_device_is_one_bells_and_a_signed_press_is_accepted_once() {
    let index = index().await;
    let (bell, _) = bell(&index, "7028D3").await;
    let again = index.create_bell(BellId::generate(), bell.place_id, &spec("7028d3"), b"key").await;
    assert!(matches!(again, Err(IndexError::Invalid { field: "device", .. })), "{again:?}");
    assert_eq!(index.bell_key(bell.id).await.unwrap(), b"key");
    let signed = async |seconds| index.accept_signed_press(bell.id, at(seconds)).await.unwrap();
    assert!(signed(10).await && signed(11).await);
    assert!(!signed(11).await && !signed(5).await, "a replay");
    index.bell_heard(bell.id, at(20), Some(0.5)).await.unwrap();
    index.bell_heard(bell.id, at(15), None).await.unwrap();
    let heard = index.bell(bell.id).await.unwrap();
    assert_eq!((heard.heard_at, heard.battery, heard.version), (Some(at(20)), Some(0.5), 1));
    let stale = index.change_bell(bell.id, 7, &spec("x")).await;
    assert!(matches!(stale, Err(IndexError::Conflict { have: 1, .. })));
    index.remove_bell(bell.id, 1).await.unwrap();
    assert!(matches!(index.bell(bell.id).await, Err(IndexError::NotFound { .. })));
}

#[tokio::test]
async fn footage_of_an_alarm_is_held_at_once_and_longer_with_each_press() {
    let index = index().await;
    let (bell, near) = bell(&index, "a").await;
    let (alarm, trial) = (ReviewItemId::generate(), ReviewItemId::generate());
    let press =
        |press, item, seconds| Record::Firing(Box::new(pressed(&bell, press, item, at(seconds), &near)));
    write(&index, [press(Press::Real, alarm, 100), press(Press::Test, trial, 100)]).await;
    let holds = async || index.holds(&Visibility::All).await.unwrap();
    let held = holds().await;
    assert_eq!(held.len(), 1, "a trial holds nothing");
    assert_eq!((held[0].camera_id, held[0].range.from), (near.id, at(40)));
    assert_eq!(held[0].range.to, at(100) + Duration::from_mins(5));
    write(&index, [press(Press::Real, alarm, 130)]).await;
    let longer = holds().await;
    assert_eq!((longer.len(), longer[0].range.to), (1, at(130) + Duration::from_mins(5)));
    assert_eq!(index.review_item(alarm).await.unwrap().firings, 2);
    // Once it was released, another press does not hold it again behind the back of who released it.
    index.release_hold(longer[0].id, None).await.unwrap();
    write(&index, [press(Press::Real, alarm, 140)]).await;
    assert_eq!(holds().await, []);
}

#[tokio::test]
async fn rings_are_kept_with_what_became_of_them() {
    let index = index().await;
    let place = place(&index, "hamlet", None).await;
    let text = r#"{"name": "Kẻng", "kind": "gong", "output": {"type": "mqtt", "topic": "t"}}"#;
    let spec: SounderSpec = serde_json::from_str(text).unwrap();
    let sounder = index.create_sounder(place.id, &spec).await.unwrap();
    assert_eq!(index.sounders(&Visibility::Places(vec![place.id])).await.unwrap(), [sounder.clone()]);
    let ring = |seconds| Ring {
        id: RingId::generate(),
        sounder_id: sounder.id,
        sounder_name: "Kẻng".to_owned(),
        place_id: place.id,
        asked_at: at(seconds),
        cause: RingCause::Person,
        username: Some("lan".to_owned()),
        reason: "Cháy".to_owned(),
        item_id: None,
        state: RingState::Asked,
        answered_at: None,
        problem: None,
    };
    let (first, second) = (ring(1), ring(2));
    index.write_ring(&first, None).await.unwrap();
    index.write_ring(&second, None).await.unwrap();
    let answered = Ring { state: RingState::Answered, answered_at: Some(at(3)), ..second.clone() };
    index.write_ring(&answered, None).await.unwrap();
    let query = RingQuery { visible: Visibility::All, limit: 10, ..RingQuery::default() };
    assert_eq!(index.rings(&query).await.unwrap().rings, [answered, first.clone()]);
    let rest = RingQuery { before: Some((second.asked_at, second.id)), ..query.clone() };
    assert_eq!(index.rings(&rest).await.unwrap().rings, [first]);
    assert_eq!(index.abandon_rings().await.unwrap(), 1, "nobody waits for it any more");
    assert_eq!(index.rings(&rest).await.unwrap().rings[0].state, RingState::Failed);
}

#[tokio::test]
async fn a_report_and_its_item_are_written_once_and_together() {
    let index = index().await;
    let (bell, near) = bell(&index, "a").await;
    let new = |external_id: &str| NewReport {
        id: ReportId::generate(),
        source: "zalo",
        external_id: Some(external_id.to_owned()),
        user_id: None,
        sender_id: Some("246".to_owned()),
        sender: "Lan".to_owned(),
        text: "Có trộm".to_owned(),
        point: None,
        received_at: at(5),
        firing: pressed(&bell, Press::Test, ReviewItemId::generate(), at(5), &near),
    };
    let first = new("m1");
    let (report, is_new) = index.create_report(&first).await.unwrap();
    assert!(is_new && report.id == first.id);
    let again = new("m1");
    let (same, is_new) = index.create_report(&again).await.unwrap();
    assert_eq!((same, is_new), (report.clone(), false));
    assert!(index.review_item(first.firing.item_id).await.is_ok());
    let none = index.review_item(again.firing.item_id).await;
    assert!(matches!(none, Err(IndexError::NotFound { .. })), "{none:?}");
    // What the same one adds is the same item, until an officer has acted on it.
    let (more, _) = index.create_report(&new("m2")).await.unwrap();
    assert_eq!((more.item_id, index.review_item(report.item_id).await.unwrap().firings), (report.item_id, 2));
    let version = index.review_item(report.item_id).await.unwrap().version;
    let taken = crate::review::step(domain::ReviewStep::Take);
    index.take_review_step(report.item_id, version, &taken).await.unwrap();
    let (later, _) = index.create_report(&new("m3")).await.unwrap();
    assert_ne!(later.item_id, report.item_id);
    let query = ReportQuery { visible: Visibility::All, limit: 10, before: None };
    assert_eq!(index.reports(&query).await.unwrap().reports.len(), 3);
}
