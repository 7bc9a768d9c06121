//! Credentials of cameras, keys of devices and secrets of channels at rest: ChaCha20-Poly1305 (RFC 8439) with a key that
//! lies in a file beside the data, not in the database. A copy of the database alone opens nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use chacha20poly1305::aead::{Aead, Generate, Key, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use domain::{CameraId, ChannelId, ChannelSecrets, Credentials, Secret};
use uuid::Uuid;

/// Layout of what is sealed: this byte, 12 bytes of nonce, then the encrypted pair with its tag.
const LAYOUT: u8 = 1;
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

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
        "the stored password of camera {0} does not open with this key: enter it again, or restore the secret.key \
         that belongs to this database"
    )]
    Sealed(CameraId),
    /// The same of the key of a device.
    #[error(
        "the stored key of {0} does not open with this key: add the device again, or restore the secret.key that \
         belongs to this database"
    )]
    SealedKey(Uuid),
    /// The same of a channel.
    #[error(
        "the stored secrets of channel {0} do not open with this key: enter them again, or restore the secret.key \
         that belongs to this database"
    )]
    SealedChannel(ChannelId),
}

/// Seals and opens credentials. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    cipher: ChaCha20Poly1305,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(***)")
    }
}

impl Vault {
    /// Reads the key from the file; makes one (mode 0600) where there is none.
    pub fn open(path: &Path) -> Result<Self, VaultError> {
        let failed = |problem: String| VaultError::Key { path: path.display().to_string(), problem };
        let key = match read_key(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create_key(path).and_then(|()| read_key(path))
            }
            read => read,
        };
        let key = key.map_err(|error| failed(error.to_string()))?;
        let key: [u8; KEY_BYTES] = key.try_into().map_err(|key: Vec<u8>| {
            failed(format!(
                "it holds {} bytes instead of {KEY_BYTES}. Restore it from a backup; or remove it, and enter the \
                 passwords of the cameras again",
                key.len()
            ))
        })?;
        Ok(Self { cipher: ChaCha20Poly1305::new(&Key::<ChaCha20Poly1305>::from(key)) })
    }

    /// Encrypts for this camera.
    pub fn seal(&self, camera: CameraId, credentials: &Credentials) -> Result<Vec<u8>, VaultError> {
        let pair = (credentials.username.as_str(), credentials.password.reveal());
        let plain = postcard::to_stdvec(&pair).map_err(|_| VaultError::Sealed(camera))?;
        self.encrypt(camera.0.as_bytes(), &plain).ok_or(VaultError::Sealed(camera))
    }

    /// Decrypts what was sealed for this camera.
    pub fn unseal(&self, camera: CameraId, sealed: &[u8]) -> Result<Credentials, VaultError> {
        let open = || {
            let plain = self.decrypt(camera.0.as_bytes(), sealed)?;
            let (username, password): (String, String) = postcard::from_bytes(&plain).ok()?;
            Some(Credentials { username, password: Secret::new(password) })
        };
        open().ok_or(VaultError::Sealed(camera))
    }

    /// Encrypts the key of a device, for this device.
    pub fn seal_key(&self, device: Uuid, key: &Secret) -> Result<Vec<u8>, VaultError> {
        self.encrypt(&about("device", device), key.reveal().as_bytes()).ok_or(VaultError::SealedKey(device))
    }

    /// Decrypts the key that was sealed for this device.
    pub fn unseal_key(&self, device: Uuid, sealed: &[u8]) -> Result<Secret, VaultError> {
        let plain = self.decrypt(&about("device", device), sealed);
        let key = plain.and_then(|plain| String::from_utf8(plain).ok());
        key.map(Secret::new).ok_or(VaultError::SealedKey(device))
    }

    /// Encrypts for this channel.
    pub fn seal_secrets(&self, channel: ChannelId, secrets: &ChannelSecrets) -> Result<Vec<u8>, VaultError> {
        let pairs: Vec<_> = secrets.iter().map(|(name, secret)| (name.as_str(), secret.reveal())).collect();
        let plain = postcard::to_stdvec(&pairs).map_err(|_| VaultError::SealedChannel(channel))?;
        self.encrypt(&about("channel", channel.0), &plain).ok_or(VaultError::SealedChannel(channel))
    }

    /// Decrypts what was sealed for this channel.
    pub fn unseal_secrets(&self, channel: ChannelId, sealed: &[u8]) -> Result<ChannelSecrets, VaultError> {
        let open = || {
            let plain = self.decrypt(&about("channel", channel.0), sealed)?;
            let pairs: Vec<(String, String)> = postcard::from_bytes(&plain).ok()?;
            Some(pairs.into_iter().map(|(name, secret)| (name, Secret::new(secret))).collect())
        };
        open().ok_or(VaultError::SealedChannel(channel))
    }

    fn encrypt(&self, aad: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        let nonce = Nonce::generate();
        let sealed = self.cipher.encrypt(&nonce, Payload { msg: plain, aad }).ok()?;
        let mut out = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        out.push(LAYOUT);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Some(out)
    }

    fn decrypt(&self, aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (LAYOUT, rest) = sealed.split_first().map(|(layout, rest)| (*layout, rest))? else {
            return None;
        };
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
        self.cipher.decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad }).ok()
    }
}

/// What secrets of other things are bound to: never what a camera's are, whatever its identifier.
fn about(kind: &str, id: Uuid) -> Vec<u8> {
    [kind.as_bytes(), b" ", id.as_bytes()].concat()
}

fn read_key(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(io::Error::other(format!(
            "others may read it (mode {:o}). Run: chmod 600 {}",
            mode & 0o777,
            path.display()
        )));
    }
    let mut key = Vec::new();
    file.take(KEY_BYTES as u64 + 1).read_to_end(&mut key)?;
    Ok(key)
}

/// Whole or not at all, and never over an existing key: written apart, synced, then linked into place.
fn create_key(path: &Path) -> io::Result<()> {
    let apart = path.with_extension(format!("key-{}", Uuid::now_v7().simple()));
    let result = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&apart)?;
        file.write_all(&Key::<ChaCha20Poly1305>::generate())?;
        file.sync_all()?;
        match fs::hard_link(&apart, path) {
            // Another process was faster: its key counts.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    })();
    let _ = fs::remove_file(&apart);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials { username: "admin".to_owned(), password: Secret::new("mật khẩu") }
    }

    #[test]
    fn opens_for_its_camera_only_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let (camera, other) = (CameraId::generate(), CameraId::generate());
        let vault = Vault::open(&path).unwrap();
        let sealed = vault.seal(camera, &credentials()).unwrap();
        assert!(!sealed.windows(5).any(|window| window == b"admin"));
        let again = Vault::open(&path).unwrap();
        assert_eq!(again.unseal(camera, &sealed).unwrap(), credentials());
        assert!(matches!(again.unseal(other, &sealed), Err(VaultError::Sealed(id)) if id == other));
        let mut damaged = sealed.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert!(again.unseal(camera, &damaged).is_err());
        assert_ne!(sealed, vault.seal(camera, &credentials()).unwrap(), "a nonce is never used twice");
    }

    #[test]
    fn secrets_of_a_channel_open_for_it_and_for_no_camera() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(&folder.path().join("secret.key")).unwrap();
        let channel = ChannelId::generate();
        let secrets: ChannelSecrets = [("token".to_owned(), Secret::new("bí mật"))].into();
        let sealed = vault.seal_secrets(channel, &secrets).unwrap();
        assert_eq!(vault.unseal_secrets(channel, &sealed).unwrap(), secrets);
        assert!(vault.unseal_secrets(ChannelId::generate(), &sealed).is_err());
        assert!(vault.unseal(CameraId(channel.0), &sealed).is_err());
    }

    #[test]
    fn the_key_is_nobody_elses_to_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        Vault::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Vault::open(&path).unwrap_err().to_string().contains("chmod 600"));
    }

    #[test]
    fn a_short_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        fs::write(&path, b"short").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(Vault::open(&path).unwrap_err().to_string().contains("5 bytes instead of 32"));
    }

    #[test]
    fn any_bytes_are_opened_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(&folder.path().join("secret.key")).unwrap();
        bolero::check!().for_each(|bytes: &[u8]| {
            assert!(vault.unseal(CameraId(Uuid::nil()), bytes).is_err());
            assert!(vault.unseal_secrets(ChannelId(Uuid::nil()), bytes).is_err());
        });
    }
}
