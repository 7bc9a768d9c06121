//! Secrets that sessions and machines carry: 244 random bits, of which only the SHA-256 is stored.

use sha2::{Digest, Sha256};

/// A secret as its holder carries it. It does not print.
pub(crate) struct Token(pub(crate) String);

/// A fresh secret: 64 hexadecimal digits.
pub(crate) fn random() -> Token {
    // Two version 4 UUIDs hold 122 bits each from the operating system's generator.
    Token(format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple()))
}

/// What is stored of a secret. A plain hash does for random bits: there is nothing to guess.
pub(crate) fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
