//! Who asks, and what they may do.

pub(crate) mod caller;
pub(crate) mod origin;
pub(crate) mod password;
pub(crate) mod rate;
pub mod rights;
pub(crate) mod session;
pub(crate) mod token;

pub use password::{PasswordError, hash_password};
pub use token::new_token;
