//! How often someone may try to sign in: token buckets in bounded memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Buckets of one kind of key.
pub(crate) struct Limiter<K> {
    /// Attempts that may come at once.
    burst: f64,
    /// Time in which one attempt comes back.
    refill: Duration,
    /// The most keys that are remembered.
    capacity: usize,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Duration,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    /// `burst` attempts at once, then one every `refill`; at most `capacity` keys are remembered.
    pub(crate) fn new(burst: u32, refill: Duration, capacity: usize) -> Self {
        Self { burst: f64::from(burst), refill, capacity, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes an attempt, or says how long to wait. `now` comes from a monotonic clock.
    pub(crate) fn take(&self, key: &K, now: Duration) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bucket = buckets.get(key).map_or(Bucket { left: self.burst, at: now }, |bucket| Bucket {
            left: self.filled(*bucket, now),
            at: now,
        });
        if bucket.left < 1.0 {
            buckets.insert(key.clone(), bucket);
            return Err(self.refill.mul_f64(1.0 - bucket.left));
        }
        bucket.left -= 1.0;
        if !buckets.contains_key(key) && buckets.len() >= self.capacity {
            self.make_room(&mut buckets, now);
        }
        buckets.insert(key.clone(), bucket);
        Ok(())
    }

    /// Gives an attempt back: it was a right one.
    pub(crate) fn give_back(&self, key: &K) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(key) {
            bucket.left = (bucket.left + 1.0).min(self.burst);
        }
    }

    fn filled(&self, bucket: Bucket, now: Duration) -> f64 {
        let passed = now.saturating_sub(bucket.at).as_secs_f64() / self.refill.as_secs_f64();
        (bucket.left + passed).min(self.burst)
    }

    /// Forgets full buckets, which say nothing; if all say something, the fullest half.
    fn make_room(&self, buckets: &mut HashMap<K, Bucket>, now: Duration) {
        buckets.retain(|_, bucket| self.filled(*bucket, now) < self.burst);
        if buckets.len() < self.capacity {
            return;
        }
        let mut fills: Vec<f64> = buckets.values().map(|bucket| self.filled(*bucket, now)).collect();
        fills.sort_unstable_by(f64::total_cmp);
        let median = fills.get(fills.len() / 2).copied().unwrap_or_default();
        let mut surplus = buckets.len() - self.capacity / 2;
        buckets.retain(|_, bucket| {
            let forget = surplus > 0 && self.filled(*bucket, now) >= median;
            surplus -= usize::from(forget);
            !forget
        });
    }
}

/// One household or office: an IPv4 address, or the /64 that an IPv6 address belongs to.
pub(crate) fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn attempts_run_out_and_come_back() {
        let limiter = Limiter::new(3, 10 * SECOND, 100);
        for _ in 0..3 {
            assert_eq!(limiter.take(&"a", SECOND), Ok(()));
        }
        assert_eq!(limiter.take(&"a", SECOND), Err(10 * SECOND));
        assert_eq!(limiter.take(&"a", 6 * SECOND), Err(5 * SECOND));
        assert_eq!(limiter.take(&"b", 6 * SECOND), Ok(()), "others are not held up");
        assert_eq!(limiter.take(&"a", 12 * SECOND), Ok(()));
        limiter.give_back(&"a");
        assert_eq!(limiter.take(&"a", 12 * SECOND), Ok(()), "a right attempt does not count");
    }

    #[test]
    fn an_ipv6_customer_is_one_neighbour() {
        let of = |text: &str| neighbourhood(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
    }

    proptest! {
        #[test]
        fn memory_is_bounded_and_the_guilty_stay_known(keys in prop::collection::vec(0_u32..500, 1..400)) {
            let limiter = Limiter::new(2, 1000 * SECOND, 16);
            let guilty = 1_000;
            while limiter.take(&guilty, SECOND).is_ok() {}
            for key in keys {
                let _ = limiter.take(&key, SECOND);
                prop_assert!(limiter.buckets.lock().unwrap().len() <= 16);
            }
            // Only those who used up as much may push it out.
            if let Some(bucket) = limiter.buckets.lock().unwrap().get(&guilty) {
                prop_assert!(bucket.left < 1.0);
            }
        }
    }
}
