//! Who owns the cluster: whoever holds the lock.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::ClusterError;

/// Held by the process that owns the cluster, until it is dropped or the process ends in any way.
#[derive(Debug)]
pub(super) struct OwnerLock {
    _file: File,
}

impl OwnerLock {
    /// Takes the lock; `None` while another process has it.
    pub(super) fn try_take(path: &Path) -> Result<Option<Self>, ClusterError> {
        let failed = |error: std::io::Error| ClusterError::Folder {
            folder: path.to_owned(),
            problem: format!("the lock cannot be taken: {error}"),
        };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(failed(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("owner.lock");
        let first = OwnerLock::try_take(&path).unwrap();
        assert!(first.is_some());
        assert!(OwnerLock::try_take(&path).unwrap().is_none());
        drop(first);
        assert!(OwnerLock::try_take(&path).unwrap().is_some());
    }
}
