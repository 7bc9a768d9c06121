//! One segment file being written. Each step is a fail-point.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use fail::fail_point;

use crate::layout::SegmentPath;

/// `writev` takes no more at once (POSIX: `IOV_MAX`, 1024 on Linux).
const MOST_SLICES: usize = 1024;

#[derive(Debug)]
pub(crate) struct SegmentWriter {
    pub(crate) file: Arc<File>,
    /// Relative to the folder of recordings.
    pub(crate) relative: String,
    path: PathBuf,
    /// Everything before this is whole. What a failed write left after it is cut off or overwritten.
    len: u64,
}

/// A new file, and the folders in which names were added.
pub(crate) struct Created {
    pub(crate) writer: SegmentWriter,
    pub(crate) folders: Vec<PathBuf>,
}

impl SegmentWriter {
    /// Makes a file that was not there, and the folders on the way to it.
    pub(crate) fn create(root: &Path, mut name: SegmentPath) -> io::Result<Created> {
        fail_point!("recorder::create", |kind| Err(injected(kind)));
        loop {
            let relative = name.to_string();
            let path = root.join(&relative);
            let folders = make_folders(root, &path)?;
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    let writer = Self { file: Arc::new(file), relative, path, len: 0 };
                    return Ok(Created { writer, folders });
                }
                // The clock was set back, and the very millisecond is taken.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && name.copy < 99 => {
                    name.copy += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn write_header(&mut self, header: &[u8]) -> io::Result<()> {
        fail_point!("recorder::header", |kind| Err(injected(kind)));
        self.write(header, &[])
    }

    pub(crate) fn append(&mut self, head: &[u8], payload: &[Bytes]) -> io::Result<()> {
        fail_point!("recorder::append", |kind| {
            // As if the disk had taken only a part of it.
            let _ = rustix::io::pwrite(&self.file, head, self.len);
            let error = injected(kind);
            self.cut_off();
            Err(error)
        });
        self.write(head, payload)
    }

    /// One system call, but for what the disk takes only in parts. On an error the file is as it was before.
    fn write(&mut self, head: &[u8], payload: &[Bytes]) -> io::Result<()> {
        let mut slices: Vec<IoSlice<'_>> = Vec::with_capacity(payload.len() + 1);
        slices.push(IoSlice::new(head));
        slices.extend(payload.iter().map(|part| IoSlice::new(part)));
        let mut left = slices.as_mut_slice();
        let mut at = self.len;
        while !left.is_empty() {
            let now = left.get(..left.len().min(MOST_SLICES)).unwrap_or_default();
            match rustix::io::pwritev(&self.file, now, at) {
                Ok(0) => {
                    self.cut_off();
                    return Err(io::ErrorKind::WriteZero.into());
                }
                Ok(written) => {
                    at += written as u64;
                    IoSlice::advance_slices(&mut left, written);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => {
                    self.cut_off();
                    return Err(error.into());
                }
            }
        }
        self.len = at;
        Ok(())
    }

    fn cut_off(&self) {
        if let Err(error) = self.file.set_len(self.len) {
            // Readers stop at what the row says, and the next start cuts it off.
            tracing::warn!(path = %self.path.display(), %error, "cannot cut off an incomplete fragment");
        }
    }

    /// Removes a file in which nothing was recorded.
    pub(crate) fn remove(&self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "cannot remove an empty recording");
        }
    }
}

/// Makes what is missing between `root` and the file; gives the folders in which a name is new.
fn make_folders(root: &Path, path: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(parent) = path.parent() else { return Ok(Vec::new()) };
    let mut changed = vec![parent.to_owned()];
    match std::fs::create_dir(parent) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(changed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::fs::create_dir_all(parent)?,
        Err(error) => return Err(error),
    }
    changed
        .extend(parent.ancestors().skip(1).take_while(|folder| folder.starts_with(root)).map(Path::to_owned));
    Ok(changed)
}

/// What a fail-point is told to fail with: the number of an error (`28` for `ENOSPC`), or `abort` for a kill.
/// Only tests switch fail-points on.
#[cfg_attr(not(test), allow(dead_code, reason = "fail-points are compiled in for tests only"))]
pub(crate) fn injected(kind: Option<String>) -> io::Error {
    let kind = kind.unwrap_or_default();
    if kind == "abort" {
        std::process::abort();
    }
    kind.parse().map_or_else(|_| io::Error::other("injected"), io::Error::from_raw_os_error)
}
