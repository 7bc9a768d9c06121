//! Passwords: Argon2id, off the async threads, few at a time.

use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// The fewest characters of a password, NIST SP 800-63B-4 §3.1.1.2 for a password with no second factor
/// asks for 15; 10 keeps the duty officers from writing it on the screen.
pub(crate) const SHORTEST: usize = 10;
/// The most bytes of a password: hashing must not be a way to keep the server busy.
pub(crate) const LONGEST: usize = 256;

/// Hashing takes 19 MiB and tens of milliseconds each: two at a time leave the box its recording.
static PERMITS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(2)));

/// What is verified for a user who does not exist, so that the answer takes as long. The hash of random bytes.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_unchecked(&super::token::random()).ok());

/// Why a password was not hashed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too few characters.
    #[error("the password has fewer than {SHORTEST} characters")]
    TooShort,
    /// Too many bytes.
    #[error("the password has more than {LONGEST} bytes")]
    TooLong,
    /// The hash could not be made or checked.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
}

/// Hashes a password with Argon2id, 19 MiB, two passes (the OWASP setting), into a PHC string. Takes tens of
/// milliseconds: call it from a blocking thread.
pub fn hash_password(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < SHORTEST {
        return Err(PasswordError::TooShort);
    }
    if password.len() > LONGEST {
        return Err(PasswordError::TooLong);
    }
    hash_unchecked(password)
}

fn hash_unchecked(password: &str) -> Result<String, PasswordError> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| PasswordError::Hash(error.to_string()))
}

/// [`hash_password`] on a blocking thread.
pub(crate) async fn hash(password: String) -> Result<String, PasswordError> {
    blocking(move || hash_password(&password)).await?
}

/// Whether the password fits the hash. Without a hash (there is no such user) it takes as long and says no.
pub(crate) async fn verify(password: String, hash: Option<String>) -> Result<bool, PasswordError> {
    if password.len() > LONGEST {
        return Ok(false);
    }
    blocking(move || {
        let known = hash.is_some();
        let Some(hash) = hash.or_else(|| NOBODY.clone()) else { return Ok(false) };
        let hash = PasswordHash::new(&hash).map_err(|error| PasswordError::Hash(error.to_string()))?;
        let fits = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
        Ok(fits && known)
    })
    .await?
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
    let failed = |error: &dyn std::fmt::Display| PasswordError::Hash(error.to_string());
    let permit = PERMITS.clone().acquire_owned().await.map_err(|error| failed(&error))?;
    let work = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(permit);
        done
    });
    work.await.map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let hash = hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert_eq!(verify("correct horse".to_owned(), Some(hash.clone())).await, Ok(true));
        assert_eq!(verify("correct horsf".to_owned(), Some(hash)).await, Ok(false));
        assert_eq!(verify("correct horse".to_owned(), None).await, Ok(false));
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert_eq!(hash_password("mật khẩu"), Err(PasswordError::TooShort));
        assert_eq!(hash_password(&"x".repeat(LONGEST + 1)), Err(PasswordError::TooLong));
    }
}
