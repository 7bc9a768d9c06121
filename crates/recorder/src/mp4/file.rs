//! Reading our files piece by piece, without trusting them.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::{FragmentHead, Header, moof};
use crate::FileProblem;

const MOST_HEADER: u64 = 1 << 20;
const MOST_MOOF: u64 = 4 << 20;
/// Enough for the `moof` of an ordinary fragment, and the header of a file.
const GUESS: u64 = 4096;

/// A segment file that is open for reading, as long as it was when it was opened.
#[derive(Debug)]
pub(crate) struct SegmentFile {
    file: File,
    size: u64,
}

impl SegmentFile {
    pub(crate) fn open(path: &std::path::Path) -> Result<Self, FileProblem> {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(FileProblem::Header("it is not an ordinary file".into()));
        }
        Ok(Self { file, size: meta.len() })
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// `len` bytes from `offset` on.
    pub(crate) fn read(&self, offset: u64, len: u64) -> Result<Vec<u8>, FileProblem> {
        if offset.checked_add(len).is_none_or(|end| end > self.size) {
            return Err(FileProblem::Truncated { offset, size: self.size });
        }
        let mut bytes = vec![0; len as usize];
        self.file.read_exact_at(&mut bytes, offset).map_err(|error| {
            if error.kind() == io::ErrorKind::UnexpectedEof {
                FileProblem::Truncated { offset, size: self.size }
            } else {
                error.into()
            }
        })?;
        Ok(bytes)
    }

    /// The header and its size.
    pub(crate) fn header(&self) -> Result<(Header, u32), FileProblem> {
        for len in [GUESS.min(self.size), MOST_HEADER.min(self.size)] {
            match Header::parse(&self.read(0, len)?) {
                Ok(found) => return Ok(found),
                Err(Some(detail)) => return Err(FileProblem::Header(detail)),
                Err(None) => {}
            }
        }
        if self.size < MOST_HEADER {
            Err(FileProblem::Truncated { offset: 0, size: self.size })
        } else {
            Err(FileProblem::Header("the header is too large".into()))
        }
    }

    /// The fragment at `offset`; `None` at the end of the file. The whole fragment lies within the file.
    pub(crate) fn fragment(&self, offset: u64) -> Result<Option<FragmentHead>, FileProblem> {
        let left = self.size.saturating_sub(offset);
        if left == 0 {
            return Ok(None);
        }
        let torn = || FileProblem::Truncated { offset, size: self.size };
        let damaged = |detail: String| FileProblem::Damaged { offset, detail };
        let mut bytes = self.read(offset, left.min(GUESS))?;
        let (kind, moof_bytes) = box_header(&bytes, 0).ok_or_else(torn)?;
        if &kind != b"moof" || !(8..=MOST_MOOF).contains(&moof_bytes) {
            return Err(damaged("moof is expected here".into()));
        }
        // `moof`, and the header of `mdat`.
        let head = moof_bytes + 8;
        if head > left {
            return Err(torn());
        }
        if head > bytes.len() as u64 {
            bytes = self.read(offset, head)?;
        }
        let (kind, mdat_bytes) = box_header(&bytes, moof_bytes as usize).ok_or_else(torn)?;
        if &kind != b"mdat" || mdat_bytes < 8 {
            return Err(damaged("mdat is expected after moof".into()));
        }
        if moof_bytes + mdat_bytes > left {
            return Err(torn());
        }
        let moof = bytes.get(..moof_bytes as usize).unwrap_or_default();
        moof::parse(moof, mdat_bytes).map(Some).map_err(damaged)
    }
}

fn box_header(bytes: &[u8], at: usize) -> Option<([u8; 4], u64)> {
    let size = bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)?;
    let kind = bytes.get(at + 4..at + 8)?.try_into().ok()?;
    Some((kind, size.into()))
}
