//! Secrets that sessions and machines carry: random bits, of which only the SHA-256 is stored.

use domain::{Secret, Timestamp};
use sha2::{Digest as _, Sha256};

/// What is stored of a secret. A plain hash does for random bits: there is nothing to guess.
pub(crate) type Digest = [u8; 32];

/// A fresh secret with 244 random bits from the operating system's generator (two version 4 UUIDs), as
/// hexadecimal digits.
pub(crate) fn random() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

/// A fresh token for a machine: what it presents, and what is stored of it.
#[must_use]
pub fn new_token() -> (Secret, [u8; 32]) {
    let token = format!("taimat_{}", random());
    let stored = digest(&token);
    (Secret::new(token), stored)
}

/// A fresh secret that tells when it was made. What is stored hashes the whole, so nobody can move the time.
pub(crate) fn dated(now: Timestamp) -> String {
    format!("{:x}.{}", now.as_micros().max(0), random())
}

/// When the secret was made.
pub(crate) fn made_at(secret: &str) -> Option<Timestamp> {
    let (micros, _) = secret.split_once('.')?;
    i64::from_str_radix(micros, 16).ok().map(Timestamp::from_micros)
}

/// What is stored of the secret.
pub(crate) fn digest(secret: &str) -> Digest {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_tells_when_it_was_made_and_nothing_else_repeats() {
        let now = Timestamp::from_micros(1_700_000_000_000_000);
        let (one, two) = (dated(now), dated(now));
        assert_ne!(one, two);
        assert_eq!(made_at(&one), Some(now));
        assert_ne!(digest(&one), digest(&two));
        assert_eq!(made_at(&random()), None);
    }
}
