//! Which firings belong together: of one rule at cameras of one place, close to each other in time.

use std::collections::HashMap;
use std::time::Duration;

use domain::{PlaceId, ReviewItemId, RuleId, Severity, Timestamp};

/// A firing this soon after the latest of an item belongs to it, …
const TOGETHER: Duration = Duration::from_mins(1);
/// … unless the item has gone on for so long: an officer's answer to it is not one to what happens later.
const LONGEST: Duration = Duration::from_mins(10);

/// What belongs together: a rule that became an alarm begins anew.
pub(super) type Key = (RuleId, PlaceId, Severity);

/// The items that more firings may join.
#[derive(Debug, Default)]
pub(super) struct Bundles {
    open: HashMap<Key, Bundle>,
}

#[derive(Debug)]
struct Bundle {
    item: ReviewItemId,
    first: Timestamp,
    last: Timestamp,
}

impl Bundles {
    /// The item of a firing.
    pub(super) fn item(&mut self, key: Key, at: Timestamp) -> ReviewItemId {
        if let Some(bundle) = self.open.get_mut(&key)
            && at.since(bundle.last) <= TOGETHER
            && bundle.first.since(at) <= TOGETHER
            && at.since(bundle.first) <= LONGEST
        {
            (bundle.first, bundle.last) = (bundle.first.min(at), bundle.last.max(at));
            return bundle.item;
        }
        let item = ReviewItemId::at(at);
        // What nothing can join any more is forgotten.
        self.open.retain(|_, bundle| at.since(bundle.last) <= LONGEST);
        self.open.insert(key, Bundle { item, first: at, last: at });
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_795_000_000_000_000 + seconds * 1_000_000)
    }

    #[test]
    fn firings_within_a_minute_are_one_item_and_none_lasts_for_ever() {
        let (rule, place) = (RuleId::generate(), PlaceId::generate());
        let key = (rule, place, Severity::Alert);
        let mut bundles = Bundles::default();
        let first = bundles.item(key, at(0));
        assert_eq!(bundles.item(key, at(60)), first);
        assert_eq!(bundles.item(key, at(-30)), first, "one that was found later");
        assert_ne!(bundles.item((rule, PlaceId::generate(), Severity::Alert), at(60)), first);
        assert_ne!(bundles.item((RuleId::generate(), place, Severity::Alert), at(60)), first);
        assert_ne!(bundles.item((rule, place, Severity::Alarm), at(60)), first);
        assert_ne!(bundles.item(key, at(121)), first);
        let items: std::collections::HashSet<_> =
            (0..60).map(|minute| bundles.item(key, at(1000 + minute * 60))).collect();
        assert_eq!(items.len(), 6, "an hour of it");
    }
}
