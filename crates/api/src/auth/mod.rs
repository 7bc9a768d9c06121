//! Who asks, and what they may do.

pub(crate) mod password;
pub(crate) mod rate;
pub(crate) mod token;

pub use password::{PasswordError, hash_password};
