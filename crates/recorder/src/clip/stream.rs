//! The bytes of a clip: a head from memory, then slices of segment files.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;

const PIECE: u64 = 256 << 10;

/// What a clip's bytes are made from.
#[derive(Debug)]
pub(super) struct Content {
    /// `ftyp`, `moov` and the header of `mdat`.
    pub(super) head: Bytes,
    pub(super) files: Vec<PathBuf>,
    /// In the order of the clip, without holes.
    pub(super) slices: Vec<Slice>,
    pub(super) length: u64,
}

/// A part of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    /// Where it lies in the clip.
    pub(super) at: u64,
    pub(super) file: usize,
    pub(super) offset: u64,
    pub(super) len: u64,
}

pub(super) fn stream(
    content: Arc<Content>,
    bytes: Range<u64>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let end = bytes.end.min(content.length);
    let state = Reader { content, at: bytes.start, end, open: None };
    futures::stream::try_unfold(state, |mut reader| async move {
        if reader.at >= reader.end {
            return Ok(None);
        }
        tokio::task::spawn_blocking(move || reader.piece().map(|piece| Some((piece, reader))))
            .await
            .map_err(|_| io::Error::other("the server is shutting down"))?
    })
}

struct Reader {
    content: Arc<Content>,
    at: u64,
    end: u64,
    /// The file that was read last.
    open: Option<(usize, File)>,
}

impl Reader {
    fn piece(&mut self) -> io::Result<Bytes> {
        let content = Arc::clone(&self.content);
        let head = content.head.len() as u64;
        if self.at < head {
            let end = self.end.min(head).min(self.at + PIECE);
            let piece = content.head.slice(self.at as usize..end as usize);
            self.at = end;
            return Ok(piece);
        }
        let wanted = (self.end - self.at).min(PIECE);
        let mut piece = vec![0; wanted as usize];
        let mut filled = 0;
        let next = content.slices.partition_point(|slice| slice.at + slice.len <= self.at);
        for slice in content.slices.iter().skip(next) {
            let Some(rest) = piece.get_mut(filled..).filter(|rest| !rest.is_empty()) else { break };
            let within = (self.at - slice.at).min(slice.len);
            let len = (slice.len - within).min(rest.len() as u64);
            let place = rest.get_mut(..len as usize).unwrap_or_default();
            self.file(slice.file)?.read_exact_at(place, slice.offset + within)?;
            filled += len as usize;
            self.at += len;
        }
        piece.truncate(filled);
        if piece.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(piece.into()) }
    }

    fn file(&mut self, number: usize) -> io::Result<&File> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != number) {
            let path = self.content.files.get(number).ok_or(io::ErrorKind::NotFound)?;
            let file = File::open(path)
                .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
            self.open = Some((number, file));
        }
        self.open.as_ref().map(|(_, file)| file).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}
