use std::time::Duration;

use domain::{
    Camera, Clock, Firing, Gap, GapKind, GapReason, ReviewItemId, ReviewState, ReviewStep, Rule, Severity,
    StreamKind, SystemClock, Timestamp, UserId,
};
use index::{Index, IndexError, NewStep, Record, ShiftQuery, Visibility};

use crate::review::{firing, spec};
use crate::support::{at, camera, index, place};
use crate::writer::write;

fn now() -> Timestamp {
    SystemClock::default().now()
}

async fn flag(index: &Index, rule: &Rule, camera: &Camera, at: Timestamp) -> ReviewItemId {
    let item_id = ReviewItemId::generate();
    let firing = Firing { at, ..firing(rule, camera, item_id, 0) };
    write(index, [Record::Firing(Box::new(firing))]).await;
    item_id
}

async fn step(index: &Index, item: ReviewItemId, step: ReviewStep, user_id: Option<UserId>) {
    let version = index.review_item(item).await.unwrap().version;
    let new =
        NewStep {
            step, user_id, username: "lan".to_owned(), note: Some("ghi chú".to_owned()), reason: None
        };
    index.take_review_step(item, version, &new).await.unwrap();
}

fn gap(camera: &Camera, kind: GapKind, from: Timestamp, to: Option<Timestamp>) -> Record {
    let (stream, detail) = (StreamKind::Main, String::new());
    let reason = GapReason::CameraOffline;
    Record::Gap(Gap { camera_id: camera.id, stream, kind, from, to, reason, detail, caught_up_at: None })
}

#[tokio::test]
async fn one_is_on_duty_once_at_a_place() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let hamlet = place(&index, "hamlet", Some(&commune)).await;
    let (lan, minh) = (UserId::generate(), UserId::generate());
    let first = index.open_shift(commune.id, (lan, "lan"), at(0)).await.unwrap();
    let twice = index.open_shift(commune.id, (lan, "lan"), at(1)).await.unwrap_err();
    assert!(matches!(twice, IndexError::Duplicate { field: "place_id", .. }), "{twice}");
    let nowhere = index.open_shift(domain::PlaceId::generate(), (lan, "lan"), at(1)).await.unwrap_err();
    assert!(matches!(nowhere, IndexError::Invalid { field: "place_id", .. }), "{nowhere}");
    let below = index.open_shift(hamlet.id, (lan, "lan"), at(2)).await.unwrap();
    let other = index.open_shift(commune.id, (minh, "minh"), at(3)).await.unwrap();

    let closed = index.close_shift(first.id, "minh", Some("yên"), at(-5)).await.unwrap();
    assert_eq!((closed.to, closed.note.as_deref()), (Some(at(0)), Some("yên")), "never before it began");
    let again = index.close_shift(first.id, "lan", None, at(9)).await.unwrap_err();
    assert!(matches!(again, IndexError::Invalid { .. }), "{again}");
    assert_eq!(index.shift(first.id).await.unwrap().closed_by.as_deref(), Some("minh"));
    let anew = index.open_shift(commune.id, (lan, "lan"), at(10)).await.unwrap();

    let served = index.remove_place(hamlet.id, hamlet.version).await.unwrap_err();
    assert!(matches!(&served, IndexError::InUse { by, .. } if by.contains("on duty")), "{served}");

    let mut query = ShiftQuery { visible: Visibility::All, limit: 3, ..ShiftQuery::default() };
    let page = index.shifts(&query).await.unwrap();
    assert_eq!(page.shifts, [anew.clone(), other, below.clone()], "the latest first");
    query.cursor = page.next;
    assert_eq!(index.shifts(&query).await.unwrap().shifts, [closed]);
    let here = ShiftQuery { places: vec![hamlet.id], open: true, cursor: None, ..query.clone() };
    assert_eq!(index.shifts(&here).await.unwrap().shifts, [below]);
    let nothing = ShiftQuery { visible: Visibility::Nothing, cursor: None, ..query };
    assert!(index.shifts(&nothing).await.unwrap().shifts.is_empty());
}

#[tokio::test]
async fn a_report_says_what_came_how_fast_it_was_answered_and_what_is_open() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let hamlet = place(&index, "hamlet", Some(&commune)).await;
    let elsewhere = place(&index, "elsewhere", None).await;
    let (gate, far) = (camera(&index, "gate", &hamlet).await, camera(&index, "far", &elsewhere).await);
    let alarm = index.create_rule(commune.id, &spec("Đêm", "alarm")).await.unwrap();
    let alert = index.create_rule(commune.id, &spec("Ngày", "alert")).await.unwrap();
    let began = now() - Duration::from_hours(1);
    let lan = UserId::generate();
    let shift = index.open_shift(commune.id, (lan, "lan"), began).await.unwrap();
    let before = flag(&index, &alert, &gate, began - Duration::from_mins(5)).await;
    let fast = flag(&index, &alert, &gate, began + Duration::from_mins(50)).await;
    let slow = flag(&index, &alert, &gate, began + Duration::from_mins(10)).await;
    let left = flag(&index, &alarm, &gate, began + Duration::from_mins(20)).await;
    flag(&index, &alarm, &far, began + Duration::from_mins(20)).await;
    step(&index, fast, ReviewStep::Dismiss, Some(lan)).await;
    step(&index, slow, ReviewStep::Take, Some(lan)).await;
    // Nobody looked at it in time: that is no answer of an officer.
    step(&index, left, ReviewStep::Escalate, None).await;
    let closed = index.close_shift(shift.id, "lan", None, now()).await.unwrap();
    // What is done after the shift changes nothing of what it handed over.
    step(&index, slow, ReviewStep::Confirm, Some(UserId::generate())).await;

    let report = index.shift_report(closed, now() + Duration::from_hours(9)).await.unwrap();
    let came: Vec<_> = report.came.iter().map(|one| (one.severity, one.state, one.count)).collect();
    let wanted = [
        (Severity::Alarm, ReviewState::Escalated, 1),
        (Severity::Alert, ReviewState::Taken, 1),
        (Severity::Alert, ReviewState::Dismissed, 1),
    ];
    assert_eq!(came, wanted);
    // One after 10 minutes, one after 50.
    let near = |seconds: Option<f64>, wanted: f64| (seconds.unwrap() - wanted).abs() < 60.0;
    assert_eq!((report.until_taken.count, report.until_decided.count), (2, 1));
    assert!(near(report.until_taken.median_seconds, 1800.0), "{:?}", report.until_taken);
    assert!(near(report.until_taken.p90_seconds, 2760.0), "{:?}", report.until_taken);
    assert!(near(report.until_decided.median_seconds, 600.0), "{:?}", report.until_decided);
    let open: Vec<_> = report.open.iter().map(|item| item.id).collect();
    assert_eq!((report.open_count, open), (3, vec![left, before, slow]), "the worst first, then the oldest");
    assert_eq!(report.escalated.iter().map(|one| one.item.id).collect::<Vec<_>>(), [left]);
    assert_eq!((report.place_name.as_str(), report.cameras.len()), ("commune", 1));
}

#[tokio::test]
async fn a_report_says_what_is_missing_cut_to_the_shift() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let (gate, market) = (camera(&index, "gate", &commune).await, camera(&index, "market", &commune).await);
    let lan = UserId::generate();
    let shift = index.open_shift(commune.id, (lan, "lan"), at(1000)).await.unwrap();
    index.open_shift(commune.id, (UserId::generate(), "minh"), at(1500)).await.unwrap();
    let gaps = [
        gap(&gate, GapKind::Recording, at(900), Some(at(1060))),
        gap(&gate, GapKind::Recording, at(1200), Some(at(1210))),
        gap(&gate, GapKind::Analysis, at(1300), Some(at(1320))),
        gap(&gate, GapKind::Recording, at(100), Some(at(200))),
        gap(&market, GapKind::Recording, at(1900), None),
    ];
    write(&index, gaps).await;
    let report = index.shift_report(shift, at(2000)).await.unwrap();
    assert_eq!(report.others.iter().map(|other| other.username.as_str()).collect::<Vec<_>>(), ["minh"]);
    let [one, other] = report.cameras.as_slice() else { panic!("{:?}", report.cameras) };
    assert_eq!((one.name.as_str(), other.name.as_str()), ("gate", "market"));
    assert_eq!(
        (one.recording.gaps, one.recording.longest_seconds, one.recording.total_seconds),
        (2, 60.0, 70.0)
    );
    assert_eq!((one.analysis.gaps, one.analysis.total_seconds, one.missing_since), (1, 20.0, None));
    assert_eq!(
        (other.missing_since, other.missing_because),
        (Some(at(1900)), Some(GapReason::CameraOffline))
    );
    assert_eq!((other.recording.gaps, other.recording.total_seconds), (1, 100.0));
}
