//! Which files have been verified or made, so that nothing is hashed or made twice.
//!
//! A stamp holds a file's size and time of change as they were then: a file that was touched since is looked at again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

#[derive(Serialize, Deserialize, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: (i64, i64),
    /// The sha256 of the content, or of the recipe that made it.
    digest: String,
}

/// The stamps of one set-up folder, saved at every change.
pub(crate) struct Stamps {
    file: PathBuf,
    folder: PathBuf,
    entries: BTreeMap<String, Stamp>,
}

impl Stamps {
    /// `file` keeps the stamps of the files below `folder`.
    pub(crate) fn load(file: PathBuf, folder: &Path) -> Result<Self> {
        let entries = match fs::read(&file) {
            // A damaged file costs time, not correctness: everything is verified again.
            Ok(text) => serde_json::from_slice(&text).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error).with_context(|| format!("read {}", file.display())),
        };
        Ok(Self { file, folder: folder.to_path_buf(), entries })
    }

    /// Whether the file is there with this content. Hashes it only if it changed since it was verified.
    pub(crate) fn holds(&mut self, path: &Path, sha256: &str) -> Result<bool> {
        if self.is_made(path, sha256) {
            return Ok(true);
        }
        if !path.is_file() || hash_file(path)? != sha256 {
            return Ok(false);
        }
        self.stamp(path, sha256)?;
        Ok(true)
    }

    /// Checks the content of a file that was just fetched or made.
    pub(crate) fn verify(&mut self, path: &Path, sha256: &str) -> Result<()> {
        let actual = hash_file(path)?;
        if actual != sha256 {
            bail!("{} has sha256 {actual}, expected {sha256}", path.display());
        }
        self.stamp(path, sha256)
    }

    /// Whether the file is as it was when `stamp` was called with this digest.
    pub(crate) fn is_made(&self, path: &Path, digest: &str) -> bool {
        stamp_of(path, digest).is_ok_and(|stamp| self.entries.get(&self.key(path)) == Some(&stamp))
    }

    /// The digest that the file was last stamped with; empty if never.
    pub(crate) fn digest(&self, path: &Path) -> &str {
        self.entries.get(&self.key(path)).map_or("", |stamp| &stamp.digest)
    }

    /// Remembers the file as it is now.
    pub(crate) fn stamp(&mut self, path: &Path, digest: &str) -> Result<()> {
        let stamp = stamp_of(path, digest).with_context(|| format!("look at {}", path.display()))?;
        self.entries.insert(self.key(path), stamp);
        let text = serde_json::to_vec_pretty(&self.entries)?;
        let unfinished = self.file.with_extension("json.part");
        fs::write(&unfinished, text)
            .and_then(|()| fs::rename(&unfinished, &self.file))
            .with_context(|| format!("write {}", self.file.display()))
    }

    fn key(&self, path: &Path) -> String {
        path.strip_prefix(&self.folder).unwrap_or(path).to_string_lossy().into_owned()
    }
}

fn stamp_of(path: &Path, digest: &str) -> io::Result<Stamp> {
    let metadata = fs::metadata(path)?;
    Ok(Stamp {
        size: metadata.len(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        digest: digest.to_owned(),
    })
}

/// The sha256 of a file, in hexadecimal.
pub(crate) fn hash_file(path: &Path) -> Result<String> {
    let hash = || -> io::Result<String> {
        let mut file = File::open(path)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 20];
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                return Ok(hex(&hasher.finalize()));
            }
            hasher.update(buffer.get(..count).unwrap_or_default());
        }
    };
    hash().with_context(|| format!("read {}", path.display()))
}

/// The sha256 over the parts of a recipe, in hexadecimal.
pub(crate) fn hash_recipe<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hex(&hasher.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn folder() -> PathBuf {
        let folder = std::env::temp_dir().join(format!(
            "xtask-stamps-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_changed_file_is_verified_again() {
        let folder = folder();
        let file = folder.join("file");
        fs::write(&file, "abc").unwrap();
        let mut stamps = Stamps::load(folder.join("stamps.json"), &folder).unwrap();
        stamps.verify(&file, ABC).unwrap();
        let mut loaded = Stamps::load(folder.join("stamps.json"), &folder).unwrap();
        assert!(loaded.is_made(&file, ABC));
        assert!(!loaded.is_made(&file, "another digest"));
        fs::write(&file, "abcd").unwrap();
        assert!(!loaded.holds(&file, ABC).unwrap());
        assert!(loaded.verify(&file, ABC).is_err());
        fs::write(&file, "abc").unwrap();
        assert!(loaded.holds(&file, ABC).unwrap());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_parts_of_a_recipe_do_not_run_together() {
        assert_ne!(hash_recipe([&b"ab"[..], b"c"]), hash_recipe([&b"a"[..], b"bc"]));
    }
}
