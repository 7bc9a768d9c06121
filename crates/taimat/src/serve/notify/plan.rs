//! When to try again, when to give up, and what goes out together.

use std::time::Duration;

use ::notify::SendError;
use domain::{Delivery, DeliveryId, MessageKind, Routing, Timestamp, Warning};
use index::{DeliveryFailure, Settled};

/// The first pause, doubled after each attempt up to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// Pause where secrets are wrong: a person must mend them, which takes a while.
const PAUSE_UNAUTHORISED: Duration = Duration::from_mins(1);
/// Attempts before a delivery is given up: an hour's worth while pauses grow, then one an hour, about a day in all.
const MOST_ATTEMPTS: u32 = 35;

/// What to do with a delivery that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// It goes out now.
    Now,
    /// It waits, to go out with others.
    Hold(Timestamp),
}

/// Whether a delivery goes out now. One that a person asks for does, and one that has waited does.
pub(super) fn due(delivery: &Delivery, routing: &Routing, now: Timestamp) -> Due {
    let severity = delivery.warning.as_ref().map(|warning| warning.severity).filter(|_| !delivery.held);
    match severity.and_then(|severity| routing.held_until(severity, now)) {
        Some(until) => Due::Hold(until),
        None => Due::Now,
    }
}

/// What goes out as one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parcel {
    pub(super) ids: Vec<DeliveryId>,
    pub(super) key: String,
    pub(super) kind: MessageKind,
    pub(super) warnings: Vec<Warning>,
    /// How often it was tried, this time included.
    pub(super) attempts: u32,
    pub(super) held: bool,
}

/// One message of deliveries that go out together; `None` of none. The key stays the same while they do.
pub(super) fn parcel(deliveries: Vec<Delivery>) -> Option<Parcel> {
    let first = deliveries.first()?;
    let (kind, key, held) = match deliveries.len() {
        1 => (first.kind, first.idempotency_key.clone(), first.held),
        count => (MessageKind::Digest, format!("digest/{}/{count}", first.id), true),
    };
    let attempts = deliveries.iter().map(|delivery| delivery.attempts).max().unwrap_or(1);
    let ids = deliveries.iter().map(|delivery| delivery.id).collect();
    let warnings = deliveries.into_iter().filter_map(|delivery| delivery.warning).collect();
    Some(Parcel { ids, key, kind, warnings, attempts, held })
}

/// The name of an outcome in metrics, and what is written down.
pub(super) fn settle(parcel: &Parcel, error: &SendError) -> (&'static str, Settled) {
    let mut pause = back_off(parcel.attempts, fastrand::f64());
    let failure = DeliveryFailure { trouble: error.trouble(), error: error.to_string() };
    let outcome = match error {
        SendError::Refused { .. } => return ("refused", Settled::Dead { failure }),
        SendError::Quota { until, .. } => {
            return ("quota", Settled::Wait { until: *until, held: parcel.held, failure: Some(failure) });
        }
        SendError::Retry { after, .. } => {
            pause = pause.max(after.unwrap_or_default());
            "retry"
        }
        SendError::Unauthorised { .. } => {
            pause = pause.max(PAUSE_UNAUTHORISED);
            "unauthorised"
        }
    };
    if parcel.attempts >= MOST_ATTEMPTS {
        return ("given_up", Settled::Dead { failure });
    }
    (outcome, Settled::Retry { after: pause, failure })
}

/// The pause after so many attempts, of which `chance`, 0 to 1, leaves between a half and the whole: what failed
/// together is not tried again together.
fn back_off(attempts: u32, chance: f64) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << attempts.saturating_sub(1).min(16));
    doubled.min(LONGEST_PAUSE).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ChannelId, DeliveryState, DeliveryTrouble, PlaceId, ReviewItemId, Sentence, Severity};
    use proptest::prelude::*;

    fn delivery(severity: Severity, held: bool) -> Delivery {
        let warning = Warning {
            item_id: ReviewItemId::generate(),
            place_id: PlaceId::generate(),
            places: Vec::new(),
            camera_id: None,
            camera: None,
            rule: "Q".to_owned(),
            severity,
            at: Timestamp::default(),
            why: Sentence { vi: String::new(), en: String::new() },
        };
        let id = DeliveryId::generate();
        Delivery {
            id,
            channel_id: ChannelId::generate(),
            idempotency_key: format!("item/{id}"),
            kind: MessageKind::New,
            warning: Some(warning),
            state: DeliveryState::Pending,
            held,
            attempts: 1,
            next_attempt_at: Timestamp::default(),
            last_trouble: None,
            last_error: None,
            created_at: Timestamp::default(),
            sent_at: None,
        }
    }

    #[test]
    fn what_has_waited_goes_out_and_a_test_never_waits() {
        let gathering = Routing { digest_minutes: Some(10), ..Routing::default() };
        let now = Timestamp::from_micros(1);
        let until = Timestamp::from_micros(600_000_000);
        assert_eq!(due(&delivery(Severity::Alert, false), &gathering, now), Due::Hold(until));
        assert_eq!(due(&delivery(Severity::Alert, true), &gathering, now), Due::Now);
        assert_eq!(due(&delivery(Severity::Alarm, false), &gathering, now), Due::Now);
        let test = Delivery { kind: MessageKind::Test, warning: None, ..delivery(Severity::Alert, false) };
        assert_eq!(due(&test, &gathering, now), Due::Now);
    }

    #[test]
    fn several_make_a_digest_and_one_stays_what_it_is() {
        assert_eq!(parcel(Vec::new()), None);
        let one = delivery(Severity::Alert, true);
        let alone = parcel(vec![one.clone()]).unwrap();
        assert_eq!((alone.kind, &alone.key), (MessageKind::New, &one.idempotency_key));
        let both =
            parcel(vec![one.clone(), Delivery { attempts: 4, ..delivery(Severity::Alert, true) }]).unwrap();
        assert_eq!((both.kind, both.attempts, both.warnings.len()), (MessageKind::Digest, 4, 2));
        assert_eq!(both.key, format!("digest/{}/2", one.id));
    }

    #[test]
    fn refusals_die_at_once_and_the_rest_after_about_a_day() {
        let at = |attempts| Parcel { attempts, ..parcel(vec![delivery(Severity::Alert, false)]).unwrap() };
        let after = Duration::from_secs(90);
        let retry =
            SendError::Retry { after: Some(after), trouble: DeliveryTrouble::Busy, why: "x".to_owned() };
        let refused = SendError::Refused { trouble: DeliveryTrouble::Address, why: "x".to_owned() };
        assert!(matches!(settle(&at(1), &refused), ("refused", Settled::Dead { .. })));
        let (_, settled) = settle(&at(1), &retry);
        let failure = DeliveryFailure { trouble: DeliveryTrouble::Busy, error: "x".to_owned() };
        assert_eq!(settled, Settled::Retry { after, failure });
        assert!(matches!(settle(&at(MOST_ATTEMPTS), &retry), ("given_up", Settled::Dead { .. })));
        let until = Timestamp::from_micros(5);
        let quota = SendError::Quota { until, why: "x".to_owned() };
        let (_, settled) = settle(&at(MOST_ATTEMPTS), &quota);
        assert!(matches!(settled, Settled::Wait { until: there, .. } if there == until));
        let whole: Duration = (1..MOST_ATTEMPTS).map(|attempts| back_off(attempts, 1.0)).sum();
        assert!((20..28).contains(&(whole.as_secs() / 3600)), "{whole:?}");
    }

    proptest! {
        #[test]
        fn pauses_grow_and_stay_within_bounds(attempts: u32, chance in 0.0f64..=1.0) {
            let pause = back_off(attempts, chance);
            prop_assert!(pause >= FIRST_PAUSE / 2 && pause <= LONGEST_PAUSE);
            prop_assert!(back_off(attempts.saturating_add(1), chance) >= pause);
        }
    }
}
