//! Signed presses: [`domain::signature`] with milliseconds since 1970, as `t=MILLISECONDS,v1=HEX`.

use std::time::Duration;

use domain::signature::{self, Signature};
use domain::{Secret, Timestamp};

/// Signatures that are older or newer than this are refused: a recorded request is no use for long.
pub const VALID_FOR: Duration = Duration::from_mins(5);

/// Why a signature is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// It is not `t=…,v1=…`.
    #[error("the signature is not of the form t=MILLISECONDS,v1=HEX")]
    Malformed,
    /// Its time is too far from now.
    #[error("the signature's time is more than 5 minutes off: set the device's clock")]
    Stale,
    /// It was made with another key, or for another body.
    #[error("the signature does not belong to this key and this body")]
    Forged,
}

impl BadSignature {
    /// The name in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed_signature",
            Self::Stale => "stale_signature",
            Self::Forged => "forged_signature",
        }
    }
}

/// Signs a body.
#[must_use]
pub fn sign(key: &Secret, time: Timestamp, body: &[u8]) -> String {
    signature::sign(key, time.as_micros() / 1000, body)
}

/// Checks a signature, in constant time where it matters, and gives the time that it names.
pub fn verify(key: &Secret, signature: &str, body: &[u8], now: Timestamp) -> Result<Timestamp, BadSignature> {
    let signature = Signature::read(signature).ok_or(BadSignature::Malformed)?;
    let micros = signature.time.checked_mul(1000).ok_or(BadSignature::Malformed)?;
    let time = Timestamp::from_micros(micros);
    if now.since(time) > VALID_FOR || time.since(now) > VALID_FOR {
        return Err(BadSignature::Stale);
    }
    if signature.is_of(key, body) { Ok(time) } else { Err(BadSignature::Forged) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-24T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_was_signed_is_accepted_and_nothing_else() {
        let (key, body) = (Secret::new("khoá"), br#"{"press":"real"}"#);
        let signature = sign(&key, now(), body);
        assert_eq!(verify(&key, &signature, body, now() + Duration::from_mins(4)), Ok(now()));
        assert_eq!(verify(&key, &signature, br#"{"press":"test"}"#, now()), Err(BadSignature::Forged));
        assert_eq!(verify(&Secret::new("khác"), &signature, body, now()), Err(BadSignature::Forged));
        let later = now() + Duration::from_mins(6);
        assert_eq!(verify(&key, &signature, body, later), Err(BadSignature::Stale));
        // The time is signed as well.
        let moved = signature.replace("t=1", "t=2");
        assert!(verify(&key, &moved, body, now()).is_err());
        for wrong in ["", "t=1", "t=x,v1=00", "v1=00,t=1", "t=1,v1=zz", "t=9223372036854775807,v1=00"] {
            assert_eq!(verify(&key, wrong, body, now()), Err(BadSignature::Malformed), "{wrong}");
        }
    }

    #[test]
    fn the_signature_is_hmac_sha256() {
        // printf '1764000000000.x' | openssl dgst -sha256 -hmac key
        let signed = sign(&Secret::new("key"), Timestamp::from_micros(1_764_000_000_000_000), b"x");
        assert_eq!(signed, EXPECTED);
    }

    const EXPECTED: &str =
        "t=1764000000000,v1=644c573b1d880e44d5140fa2542a46cc0c08e7b5446436e1b4d289cd4430203b";

    #[test]
    fn any_header_is_accepted_or_refused() {
        bolero::check!().with_type::<String>().for_each(|header| {
            assert!(verify(&Secret::new("key"), header, b"x", now()).is_err());
        });
    }
}
