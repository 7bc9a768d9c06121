//! A ZIP that grows file by file, on a thread of its own. Nothing is compressed: video and pictures are already.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use bytes::Bytes;
use domain::{Timestamp, at_home};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Pieces that wait for the disk; then whoever reads them waits as well.
const PIECES: usize = 8;

/// A file in the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Packed {
    /// Its name.
    pub(super) name: String,
    /// Its size.
    pub(super) bytes: u64,
    /// What its content comes to, in hexadecimal digits.
    pub(super) sha256: String,
}

enum Piece {
    Begin(String),
    Bytes(Bytes),
    End(oneshot::Sender<Packed>),
    Finish,
}

/// The archive as it grows.
pub(super) struct Archive {
    pieces: mpsc::Sender<Piece>,
    writing: Option<JoinHandle<io::Result<u64>>>,
}

impl Archive {
    /// Begins a file on the disk. `made` is the time that its files bear.
    pub(super) fn create(path: &Path, made: Timestamp) -> Self {
        let (pieces, to_write) = mpsc::channel(PIECES);
        let path = path.to_owned();
        let writing = tokio::task::spawn_blocking(move || write(&path, made, to_write));
        Self { pieces, writing: Some(writing) }
    }

    /// Begins the next file in the archive.
    pub(super) async fn begin(&mut self, name: &str) -> io::Result<()> {
        self.push(Piece::Begin(name.to_owned())).await
    }

    /// Adds to the file that was begun last.
    pub(super) async fn add(&mut self, bytes: Bytes) -> io::Result<()> {
        self.push(Piece::Bytes(bytes)).await
    }

    /// Ends that file.
    pub(super) async fn end(&mut self) -> io::Result<Packed> {
        let (sender, packed) = oneshot::channel();
        self.push(Piece::End(sender)).await?;
        match packed.await {
            Ok(packed) => Ok(packed),
            Err(_) => Err(self.failure().await),
        }
    }

    /// Writes the directory at the end, and all to the disk; the size.
    pub(super) async fn finish(mut self) -> io::Result<u64> {
        self.push(Piece::Finish).await?;
        match self.writing.take() {
            Some(writing) => writing.await.map_err(io::Error::other)?,
            None => Err(io::Error::other("the archive has failed")),
        }
    }

    async fn push(&mut self, piece: Piece) -> io::Result<()> {
        match self.pieces.send(piece).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.failure().await),
        }
    }

    /// Why the thread has ended.
    async fn failure(&mut self) -> io::Error {
        match self.writing.take() {
            Some(writing) => match writing.await {
                Ok(Err(error)) => error,
                Ok(Ok(_)) => io::Error::other("the archive has ended"),
                Err(error) => io::Error::other(error),
            },
            None => io::Error::other("the archive has failed"),
        }
    }
}

fn write(path: &Path, made: Timestamp, mut pieces: mpsc::Receiver<Piece>) -> io::Result<u64> {
    let mut zip = ZipWriter::new(File::create(path)?);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(dos_time(made))
        .unix_permissions(0o644)
        .large_file(true);
    let (mut name, mut length, mut hash) = (String::new(), 0_u64, Sha256::new());
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Piece::Begin(next) => {
                zip.start_file(next.as_str(), options).map_err(io::Error::other)?;
                (name, length, hash) = (next, 0, Sha256::new());
            }
            Piece::Bytes(bytes) => {
                zip.write_all(&bytes)?;
                hash.update(&bytes);
                length += bytes.len() as u64;
            }
            Piece::End(told) => {
                let digest = std::mem::take(&mut hash).finalize();
                let mut sha256 = String::with_capacity(64);
                for byte in digest {
                    // Writing to a string cannot fail.
                    let _ = write!(sha256, "{byte:02x}");
                }
                // Who asked may have given up; then the channel closes next.
                let _ = told.send(Packed { name: std::mem::take(&mut name), bytes: length, sha256 });
            }
            Piece::Finish => {
                let file = zip.finish().map_err(io::Error::other)?;
                file.sync_all()?;
                return Ok(file.metadata()?.len());
            }
        }
    }
    Err(io::Error::other("the export was given up"))
}

/// By the clock on the wall, as ZIP has it; ZIP's first day for what it cannot tell.
fn dos_time(at: Timestamp) -> DateTime {
    let text = at_home(at).format("%Y %m %d %H %M %S").to_string();
    let parts: Vec<u16> = text.split(' ').filter_map(|part| part.parse().ok()).collect();
    let [year, month, day, hour, minute, second] = parts[..] else { return DateTime::default() };
    DateTime::from_date_and_time(year, month as u8, day as u8, hour as u8, minute as u8, second as u8)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[tokio::test]
    async fn what_was_packed_comes_out_and_is_what_its_hash_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.part");
        let mut archive = Archive::create(&path, "2026-11-23T07:00:00Z".parse().unwrap());
        archive.begin("01.mp4").await.unwrap();
        archive.add(Bytes::from_static(b"ab")).await.unwrap();
        archive.add(Bytes::from_static(b"c")).await.unwrap();
        let packed = archive.end().await.unwrap();
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
        assert_eq!(packed, Packed { name: "01.mp4".to_owned(), bytes: 3, sha256 });
        archive.begin("empty.txt").await.unwrap();
        assert_eq!(archive.end().await.unwrap().bytes, 0);
        let length = archive.finish().await.unwrap();
        assert_eq!(length, std::fs::metadata(&path).unwrap().len());
        let mut zip = zip::ZipArchive::new(File::open(&path).unwrap()).unwrap();
        assert_eq!(zip.len(), 2);
        let mut file = zip.by_name("01.mp4").unwrap();
        assert_eq!(file.last_modified().map(|time| (time.year(), time.hour())), Some((2026, 14)));
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
    }

    #[tokio::test]
    async fn a_disk_that_fails_is_told() {
        let mut archive = Archive::create(Path::new("/nowhere/a.part"), Timestamp::default());
        archive.begin("a").await.ok();
        let error = archive.end().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound, "{error}");
    }
}
