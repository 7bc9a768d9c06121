//! Transcoded pieces on disk, up to a number of bytes: what was not used for longest goes first. It begins empty with
//! each start of the server, and keeps nothing for long: footage that is removed must not live on here.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use api::ports::TranscodedPiece;
use bytes::{Bytes, BytesMut};

/// The pieces that are kept.
pub(crate) struct Cache {
    folder: PathBuf,
    most: u64,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    bytes: u64,
    entries: HashMap<String, Entry>,
}

struct Entry {
    bytes: u64,
    /// Bytes of the init segment, which come first.
    init: usize,
    used: Instant,
}

impl Cache {
    /// An empty cache in a folder of its own.
    pub(crate) fn open(folder: PathBuf, most: u64) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "mp4") {
                std::fs::remove_file(path)?;
            }
        }
        Ok(Self { folder, most, kept: Mutex::default() })
    }

    /// The piece of a name, if it is kept.
    pub(crate) async fn get(&self, name: &str) -> Option<TranscodedPiece> {
        let init = {
            let mut kept = self.lock();
            let entry = kept.entries.get_mut(name)?;
            entry.used = Instant::now();
            entry.init
        };
        match tokio::fs::read(self.path(name)).await {
            Ok(bytes) if bytes.len() > init => {
                let mut media = Bytes::from(bytes);
                let init = media.split_to(init);
                Some(TranscodedPiece { init, media })
            }
            unreadable => {
                let why = unreadable.err().map_or("it is cut short".to_owned(), |error| error.to_string());
                tracing::warn!(name, why, "a transcoded piece cannot be read and is made again");
                self.lock().forget(name);
                None
            }
        }
    }

    /// Keeps a piece, in the place of what was not used for longest.
    pub(crate) async fn put(&self, name: &str, piece: &TranscodedPiece) {
        let bytes = (piece.init.len() + piece.media.len()) as u64;
        if bytes > self.most {
            return;
        }
        let mut whole = BytesMut::with_capacity(piece.init.len() + piece.media.len());
        whole.extend_from_slice(&piece.init);
        whole.extend_from_slice(&piece.media);
        // Not in the map before it is whole: nobody reads it yet.
        if let Err(error) = tokio::fs::write(self.path(name), whole).await {
            tracing::warn!(%error, "a transcoded piece cannot be kept");
            return;
        }
        let gone = {
            let mut kept = self.lock();
            kept.forget(name);
            kept.bytes += bytes;
            let entry = Entry { bytes, init: piece.init.len(), used: Instant::now() };
            kept.entries.insert(name.to_owned(), entry);
            kept.beyond(self.most)
        };
        self.remove(&gone).await;
    }

    /// Removes what nobody used since then.
    pub(crate) async fn expire(&self, since: Option<Instant>) {
        let gone = self.lock().unused_since(since);
        self.remove(&gone).await;
    }

    async fn remove(&self, names: &[String]) {
        for name in names {
            if let Err(error) = tokio::fs::remove_file(self.path(name)).await {
                tracing::warn!(name, %error, "a transcoded piece cannot be removed");
            }
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(Path::new(name).with_extension("mp4"))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn forget(&mut self, name: &str) {
        if let Some(entry) = self.entries.remove(name) {
            self.bytes -= entry.bytes;
        }
    }

    /// Forgets what is too much, oldest use first; gives the names.
    fn beyond(&mut self, most: u64) -> Vec<String> {
        let mut gone = Vec::new();
        while self.bytes > most {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used);
            let Some(name) = oldest.map(|(name, _)| name.clone()) else { break };
            self.forget(&name);
            gone.push(name);
        }
        gone
    }

    fn unused_since(&mut self, since: Option<Instant>) -> Vec<String> {
        let old = |entry: &Entry| since.is_some_and(|since| entry.used < since);
        let gone: Vec<String> =
            self.entries.iter().filter(|(_, entry)| old(entry)).map(|(name, _)| name.clone()).collect();
        for name in &gone {
            self.forget(name);
        }
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(bytes: usize) -> TranscodedPiece {
        TranscodedPiece { init: Bytes::from_static(b"init"), media: vec![7; bytes - 4].into() }
    }

    fn files(folder: &Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[tokio::test]
    async fn the_piece_that_was_not_used_for_longest_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path().to_owned(), 100).unwrap();
        for name in ["a", "b", "c"] {
            cache.put(name, &piece(30)).await;
        }
        let a = cache.get("a").await.unwrap();
        assert_eq!((a.init.as_ref(), a.media.len()), (&b"init"[..], 26));
        cache.put("d", &piece(30)).await;
        assert!(cache.get("b").await.is_none());
        assert!(cache.get("c").await.is_some() && cache.get("d").await.is_some());
        assert_eq!(files(folder.path()), 3);
        cache.put("too large", &piece(101)).await;
        assert!(cache.get("too large").await.is_none());
    }

    #[tokio::test]
    async fn what_nobody_uses_goes_and_a_new_start_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path().to_owned(), 100).unwrap();
        cache.put("a", &piece(30)).await;
        cache.put("b", &piece(30)).await;
        let since = Instant::now();
        cache.expire(Some(since)).await;
        assert_eq!(files(folder.path()), 0);
        cache.put("c", &piece(30)).await;
        cache.expire(Some(since)).await;
        assert!(cache.get("c").await.is_some());
        // What is gone from the disk is made again.
        std::fs::remove_file(folder.path().join("c.mp4")).unwrap();
        assert!(cache.get("c").await.is_none());
        cache.put("d", &piece(30)).await;
        drop(Cache::open(folder.path().to_owned(), 100).unwrap());
        assert_eq!(files(folder.path()), 0);
    }
}
