//! The roster: the configured cameras as they were last read from the database, kept in a file so that recording
//! starts when the database does not. Credentials stay sealed in it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{Camera, CameraId};
use serde::{Deserialize, Serialize};

/// A camera with its credentials as the vault sealed them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RosterEntry {
    /// The camera.
    pub(crate) camera: Camera,
    /// Its user name and password, sealed.
    pub(crate) sealed_credentials: Option<Vec<u8>>,
}

/// The file and what is in it.
pub(crate) struct Roster {
    path: PathBuf,
    entries: Mutex<BTreeMap<CameraId, RosterEntry>>,
}

impl Roster {
    /// Reads the file. One that is missing or cannot be read counts as empty: the database has it all.
    pub(crate) fn open(path: PathBuf) -> Self {
        let entries = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice::<Vec<RosterEntry>>(&bytes).unwrap_or_else(|error| {
                tracing::warn!("{} cannot be read and is written anew: {error}", path.display());
                Vec::new()
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                tracing::warn!("{} cannot be read: {error}", path.display());
                Vec::new()
            }
        };
        let entries = entries.into_iter().map(|entry| (entry.camera.id, entry)).collect();
        Self { path, entries: Mutex::new(entries) }
    }

    /// Every camera of it.
    pub(crate) fn load(&self) -> Vec<RosterEntry> {
        self.lock().values().cloned().collect()
    }

    /// A camera of it.
    pub(crate) fn camera(&self, id: CameraId) -> Option<Camera> {
        self.lock().get(&id).map(|entry| entry.camera.clone())
    }

    /// Makes it hold just these.
    pub(crate) fn replace(&self, entries: &[RosterEntry]) {
        self.change(|all| *all = entries.iter().map(|entry| (entry.camera.id, entry.clone())).collect());
    }

    /// Adds or changes one.
    pub(crate) fn put(&self, entry: &RosterEntry) {
        self.change(|all| {
            all.insert(entry.camera.id, entry.clone());
        });
    }

    /// Takes one out.
    pub(crate) fn remove(&self, id: CameraId) {
        self.change(|all| {
            all.remove(&id);
        });
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<CameraId, RosterEntry>)) {
        let mut entries = self.lock();
        let before = entries.clone();
        change(&mut entries);
        if *entries == before {
            return;
        }
        let part = self.path.with_extension("part");
        let written = serde_json::to_vec(&entries.values().collect::<Vec<_>>())
            .map_err(std::io::Error::other)
            .and_then(|bytes| std::fs::write(&part, bytes))
            .and_then(|()| std::fs::rename(&part, &self.path));
        if let Err(error) = written {
            tracing::warn!("{} cannot be written: {error}", self.path.display());
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<CameraId, RosterEntry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{PlaceId, Timestamp, Transport};

    #[test]
    fn cameras_outlive_the_process_and_damage_is_survived() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cameras.json");
        let camera = Camera {
            id: CameraId::generate(),
            name: "Cổng trường".into(),
            place_id: PlaceId::generate(),
            point: None,
            bearing: None,
            main_url: "rtsp://192.0.2.1/main".parse().unwrap(),
            sub_url: None,
            transport: Transport::Auto,
            has_credentials: true,
            enabled: true,
            analysed: true,
            folder: "Cổng-trường".into(),
            keep_days: None,
            keep_bytes: None,
            created_at: Timestamp::default(),
            version: 1,
        };
        let entry = RosterEntry { camera, sealed_credentials: Some(vec![1, 2, 3]) };
        Roster::open(path.clone()).put(&entry);
        assert_eq!(Roster::open(path.clone()).load(), [entry]);
        std::fs::write(&path, b"[{").unwrap();
        assert!(Roster::open(path).load().is_empty());
    }
}
