//! Signed requests, both ways: HMAC-SHA256 (RFC 2104) over a time, a full stop and the body, written `t=TIME,v1=HEX`.
//! What the time counts, and how old it may be, is for whoever signs and reads.

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::Secret;

/// Signs a body.
#[must_use]
pub fn sign(key: &Secret, time: i64, body: &[u8]) -> String {
    // An HMAC takes keys of any length.
    let Some(mac) = mac(key, time, body) else { return String::new() };
    let tag = Bytes::copy_from_slice(&mac.finalize().into_bytes());
    format!("t={time},v1={tag:x}")
}

/// A signature as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The time that it names.
    pub time: i64,
    tag: Vec<u8>,
}

impl Signature {
    /// Reads a signature; `None` where it is not of the form.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (time, tag) = text.split_once(',')?;
        let time = time.strip_prefix("t=")?.parse().ok()?;
        Some(Self { time, tag: from_hex(tag.strip_prefix("v1=")?)? })
    }

    /// Whether it was made with this key for this body, compared in constant time.
    #[must_use]
    pub fn is_of(&self, key: &Secret, body: &[u8]) -> bool {
        mac(key, self.time, body).is_some_and(|mac| mac.verify_slice(&self.tag).is_ok())
    }
}

fn mac(key: &Secret, time: i64, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.reveal().as_bytes()).ok()?;
    mac.update(format!("{time}.").as_bytes());
    mac.update(body);
    Some(mac)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
