//! Camera credentials at rest: ChaCha20-Poly1305 (RFC 8439) with a key that lies in a file beside the data,
//! not in the database.

use std::path::Path;

use domain::{CameraId, Credentials};

/// Why credentials cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key file cannot be read or made.
    #[error("the key file {path} cannot be used: {problem}")]
    Key {
        /// The file.
        path: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// What was stored does not open: another key, another camera, or damage.
    #[error(
        "the stored password of camera {0} does not open with this key: enter it again, or restore the secret.key that belongs to this database"
    )]
    Sealed(CameraId),
}

/// Seals and opens credentials. Cheap to clone.
#[derive(Clone)]
pub struct Vault {}

impl Vault {
    /// Reads the key from the file; makes one (mode 0600) where there is none.
    pub fn open(path: &Path) -> Result<Self, VaultError> {
        todo!()
    }

    /// Encrypts for this camera.
    pub fn seal(&self, camera: CameraId, credentials: &Credentials) -> Result<Vec<u8>, VaultError> {
        todo!()
    }

    /// Decrypts what was sealed for this camera.
    pub fn unseal(&self, camera: CameraId, sealed: &[u8]) -> Result<Credentials, VaultError> {
        todo!()
    }
}
