use std::time::Duration;

use domain::{
    Channel, ChannelId, ChannelSpec, Delivery, DeliveryState, DeliveryTrouble, MessageKind, PlaceId,
    ReviewItemId, ReviewStep, Severity,
};
use index::{DeliveryFailure, DeliveryQuery, Index, IndexError, NewChannel, Record, Settled, Visibility};

use crate::review::{firing, flag, spec, step};
use crate::support::{camera, index, place};
use crate::writer::write;

const LEASE: Duration = Duration::from_mins(1);

fn channel_spec(routing: &str) -> ChannelSpec {
    let settings = r#"{"type": "webhook", "url": "https://example.vn/"}"#;
    let text = format!(r#"{{"name": "Kênh", "settings": {settings}, "routing": {routing}}}"#);
    serde_json::from_str(&text).unwrap()
}

async fn channel(index: &Index, place: PlaceId, routing: &str) -> Channel {
    let (id, spec) = (ChannelId::generate(), channel_spec(routing));
    let new = NewChannel { id, place_id: place, spec, sealed_secrets: Some(vec![1]) };
    index.create_channel(&new).await.unwrap()
}

async fn all(index: &Index, channel: &Channel) -> Vec<Delivery> {
    let visible = Visibility::All;
    let query = DeliveryQuery { channel: Some(channel.id), visible, limit: 100, ..DeliveryQuery::default() };
    index.deliveries(&query).await.unwrap().items
}

async fn claim(index: &Index, channel: &Channel) -> Vec<Delivery> {
    index.claim_deliveries(channel.id, false, 10, LEASE).await.unwrap()
}

fn failure(trouble: DeliveryTrouble, error: &str) -> DeliveryFailure {
    DeliveryFailure { trouble, error: error.to_owned() }
}

#[tokio::test]
async fn an_item_is_told_once_on_each_channel_that_wants_it() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let hamlet = place(&index, "hamlet", Some(&commune)).await;
    let other = place(&index, "other", None).await;
    let camera = camera(&index, "gate", &hamlet).await;
    let rule = index.create_rule(hamlet.id, &spec("Đêm", "alert")).await.unwrap();
    let above = channel(&index, commune.id, "{}").await;
    let here = channel(&index, hamlet.id, &format!(r#"{{"rules": ["{}"]}}"#, rule.id)).await;
    let not_told = [
        channel(&index, other.id, "{}").await,
        channel(&index, hamlet.id, r#"{"least_severity": "alarm"}"#).await,
        channel(&index, hamlet.id, &format!(r#"{{"rules": ["{}"]}}"#, ReviewItemId::generate())).await,
    ];
    let off = channel(&index, hamlet.id, "{}").await;
    let switched_off = ChannelSpec { enabled: false, ..off.spec.clone() };
    let off = index.change_channel(off.id, 1, &switched_off, None).await.unwrap();

    let item = ReviewItemId::generate();
    let (first, second) = (firing(&rule, &camera, item, 10), firing(&rule, &camera, item, 20));
    let records = [first.clone(), second, first].map(|firing| Record::Firing(Box::new(firing)));
    write(&index, records).await;
    for told in [&above, &here] {
        let rows = all(&index, told).await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        let warning = rows[0].warning.as_ref().unwrap();
        assert_eq!(
            (rows[0].kind, rows[0].state, warning.item_id),
            (MessageKind::New, DeliveryState::Pending, item)
        );
        assert_eq!(warning.places, ["commune", "hamlet"]);
        assert_eq!((warning.camera.as_deref(), warning.severity), (Some("gate"), Severity::Alert));
        assert_eq!(
            (warning.at, warning.why.vi.as_str()),
            (crate::support::at(10), "Một đối tượng xuất hiện.")
        );
    }
    for silent in not_told.iter().chain([&off]) {
        assert_eq!(all(&index, silent).await, []);
    }
    let pulses = index.channel_pulses().await.unwrap();
    let due = |channel: &Channel| pulses.iter().find(|pulse| pulse.id == channel.id).unwrap();
    assert!(due(&above).due && due(&above).enabled && !due(&not_told[0]).due);
    assert!(!due(&off).enabled && due(&off).version == 2);
}

#[tokio::test]
async fn what_is_refused_with_its_item_is_not_told() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let camera = camera(&index, "gate", &commune).await;
    let rule = index.create_rule(commune.id, &spec("Đêm", "alarm")).await.unwrap();
    let channel = channel(&index, commune.id, r#"{"resolved": true}"#).await;
    let item = flag(&index, &rule, &camera, 0).await;
    sqlx::query("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$")
        .execute(index.pool())
        .await
        .unwrap();
    // After the outbox was written to: what is told goes with the step that is undone.
    sqlx::query(
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON review_steps DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    .execute(index.pool())
    .await
    .unwrap();
    index.take_review_step(item.id, item.version, &step(ReviewStep::Confirm)).await.unwrap_err();
    let kinds: Vec<_> = all(&index, &channel).await.iter().map(|delivery| delivery.kind).collect();
    assert_eq!(kinds, [MessageKind::New]);
}

#[tokio::test]
async fn escalation_tells_the_place_above_and_a_decision_those_who_were_told() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let hamlet = place(&index, "hamlet", Some(&commune)).await;
    let camera = camera(&index, "gate", &hamlet).await;
    let rule = index.create_rule(hamlet.id, &spec("Đêm", "alarm")).await.unwrap();
    let here = channel(&index, hamlet.id, r#"{"resolved": true}"#).await;
    let above = channel(&index, commune.id, "{}").await;
    let item = flag(&index, &rule, &camera, 0).await;
    let late = channel(&index, hamlet.id, r#"{"resolved": true}"#).await;
    let open = index.open_items_at(hamlet.id).await.unwrap();
    assert_eq!((open[&Severity::Alarm], open[&Severity::Alert]), (1, 0));
    let escalated = index.take_review_step(item.id, item.version, &step(ReviewStep::Escalate)).await.unwrap();
    let decided =
        index.take_review_step(item.id, escalated.version, &step(ReviewStep::Dismiss)).await.unwrap();
    assert_eq!(index.open_items_at(hamlet.id).await.unwrap()[&Severity::Alarm], 0);
    index.take_review_step(item.id, decided.version, &step(ReviewStep::Reopen)).await.unwrap();
    let kinds = async |channel: &Channel| -> Vec<MessageKind> {
        all(&index, channel).await.iter().rev().map(|delivery| delivery.kind).collect()
    };
    assert_eq!(kinds(&here).await, [MessageKind::New, MessageKind::Resolved, MessageKind::Reopened]);
    assert_eq!(kinds(&above).await, [MessageKind::New, MessageKind::Escalated]);
    assert_eq!(kinds(&late).await, [], "it was never told that there is something");
    assert_eq!(index.open_items_at(hamlet.id).await.unwrap()[&Severity::Alarm], 1);
}

#[tokio::test]
async fn what_is_claimed_is_nobody_elses_until_it_is_settled_or_forgotten() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let (one, other) = (channel(&index, commune.id, "{}").await, channel(&index, commune.id, "{}").await);
    let first = index.enqueue_test(one.id).await.unwrap();
    let second = index.enqueue_test(one.id).await.unwrap();
    let (a, b) = tokio::join!(claim(&index, &one), claim(&index, &one));
    let mut taken: Vec<_> = a.iter().chain(&b).map(|delivery| delivery.id).collect();
    taken.sort();
    assert_eq!(taken, [first.id, second.id], "each once");
    assert_eq!(claim(&index, &other).await, [], "a channel's own");
    index.settle_deliveries(&[first.id], &Settled::Sent).await.unwrap();
    let retry = Settled::Retry { after: Duration::ZERO, failure: failure(DeliveryTrouble::Busy, "busy\0") };
    index.settle_deliveries(&[second.id], &retry).await.unwrap();
    let again = claim(&index, &one).await;
    assert_eq!((again.len(), again[0].id, again[0].attempts), (1, second.id, 2));
    assert_eq!(
        (again[0].last_trouble, again[0].last_error.as_deref()),
        (Some(DeliveryTrouble::Busy), Some("busy"))
    );
    // Whoever took it is gone: it is tried again when the lease ends.
    let third = index.enqueue_test(one.id).await.unwrap();
    index.claim_deliveries(one.id, false, 10, Duration::from_millis(1)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(claim(&index, &one).await[0].id, third.id);
    let sent = index.delivery(first.id).await.unwrap();
    assert!(sent.state == DeliveryState::Sent && sent.sent_at.is_some());
    index.settle_deliveries(&[second.id], &Settled::Sent).await.unwrap();
    let sent = index.delivery(second.id).await.unwrap();
    assert_eq!((sent.last_trouble, sent.last_error), (None, None), "what was overcome is forgotten");
}

#[tokio::test]
async fn what_waits_for_others_is_taken_apart_and_does_not_count_as_tried() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let channel = channel(&index, commune.id, "{}").await;
    let one = index.enqueue_test(channel.id).await.unwrap();
    claim(&index, &channel).await;
    let wait = |until| Settled::Wait { until, held: true, failure: None };
    index.settle_deliveries(&[one.id], &wait(one.created_at + LEASE)).await.unwrap();
    assert_eq!(index.claim_deliveries(channel.id, true, 10, LEASE).await.unwrap(), [], "not yet");
    index.settle_deliveries(&[one.id], &wait(one.created_at)).await.unwrap();
    assert_eq!(claim(&index, &channel).await, []);
    let held = index.claim_deliveries(channel.id, true, 10, LEASE).await.unwrap();
    assert_eq!((held.len(), held[0].attempts, held[0].held), (1, 1, true));
}

#[tokio::test]
async fn the_dead_are_kept_sent_again_and_forgotten_at_last() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let other = place(&index, "other", None).await;
    let channel = channel(&index, commune.id, "{}").await;
    let one = index.enqueue_test(channel.id).await.unwrap();
    let refused = index.resend_delivery(one.id).await.unwrap_err();
    assert!(matches!(refused, IndexError::Invalid { field: "delivery_id", .. }), "{refused}");
    claim(&index, &channel).await;
    let dead = Settled::Dead { failure: failure(DeliveryTrouble::Address, "no such chat") };
    index.settle_deliveries(&[one.id], &dead).await.unwrap();
    index.settle_deliveries(&[one.id], &Settled::Sent).await.unwrap();
    assert_eq!(index.delivery(one.id).await.unwrap().state, DeliveryState::Dead, "the dead are not settled");
    let query = DeliveryQuery {
        states: vec![DeliveryState::Dead],
        visible: Visibility::Places(vec![commune.id]),
        limit: 10,
        ..DeliveryQuery::default()
    };
    let given_up = index.deliveries(&query).await.unwrap().items.remove(0);
    let why = (given_up.last_trouble, given_up.last_error.as_deref());
    assert_eq!(why, (Some(DeliveryTrouble::Address), Some("no such chat")));
    let unseen = DeliveryQuery { visible: Visibility::Places(vec![other.id]), ..query.clone() };
    assert_eq!(index.deliveries(&unseen).await.unwrap().items, []);
    let again = index.resend_delivery(one.id).await.unwrap();
    assert_eq!((again.state, again.attempts), (DeliveryState::Pending, 0));
    assert_eq!(again.idempotency_key, one.idempotency_key);
    assert_eq!(claim(&index, &channel).await.len(), 1);
    index.settle_deliveries(&[one.id], &Settled::Sent).await.unwrap();
    assert_eq!(index.forget_deliveries(LEASE, LEASE).await.unwrap(), 0);
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(index.forget_deliveries(Duration::from_millis(1), LEASE).await.unwrap(), 1);
}

#[tokio::test]
async fn what_waits_for_too_long_is_given_up() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let channel = channel(&index, commune.id, "{}").await;
    let one = index.enqueue_test(channel.id).await.unwrap();
    assert_eq!(index.expire_deliveries(LEASE).await.unwrap(), 0);
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(index.expire_deliveries(Duration::from_millis(1)).await.unwrap(), 1);
    let dead = index.delivery(one.id).await.unwrap();
    assert_eq!((dead.state, dead.last_trouble), (DeliveryState::Dead, Some(DeliveryTrouble::Expired)));
    assert_eq!(dead.last_error.as_deref(), Some("it waited for too long"));
}

#[tokio::test]
async fn channels_change_by_version_and_keep_their_secrets_to_themselves() {
    let index = index().await;
    let commune = place(&index, "commune", None).await;
    let one = channel(&index, commune.id, "{}").await;
    let two = channel(&index, commune.id, "{}").await;
    assert!(one.has_secrets);
    let latest = index.latest_secrets(&[one.id, two.id]).await.unwrap();
    assert_eq!(latest[0].0, two.id, "given last");
    index.renew_secrets(&[(one.id, vec![9])]).await.unwrap();
    assert_eq!(index.latest_secrets(&[one.id, two.id]).await.unwrap()[0], (one.id, vec![9]));
    let spec = channel_spec(r#"{"least_severity": "alarm"}"#);
    let changed = index.change_channel(one.id, 1, &spec, None).await.unwrap();
    assert_eq!((changed.version, &changed.spec, changed.has_secrets), (2, &spec, true));
    let late = index.change_channel(one.id, 1, &spec, None).await.unwrap_err();
    assert!(matches!(late, IndexError::Conflict { what: "channel", have: 2 }), "{late}");
    let without = index.change_channel(one.id, 2, &spec, Some(None)).await.unwrap();
    assert!(!without.has_secrets && index.sealed_secrets(one.id).await.unwrap().is_none());
    assert!(matches!(index.remove_place(commune.id, commune.version).await, Err(IndexError::InUse { .. })));
    index.enqueue_test(one.id).await.unwrap();
    index.remove_channel(one.id, 3).await.unwrap();
    assert_eq!(all(&index, &one).await, [], "gone with it");
    assert!(matches!(index.channel(one.id).await, Err(IndexError::NotFound { what: "channel", .. })));
    assert_eq!(index.channels(&Visibility::Places(vec![commune.id])).await.unwrap(), [two]);
}
