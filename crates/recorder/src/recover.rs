//! Files without their rows: after a kill, for reindexing, and for checking.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::{FragmentIndex, Segment, StreamKind};

use crate::layout::{self, SegmentPath};
use crate::mp4::FragmentHead;
use crate::mp4::file::SegmentFile;
use crate::{FileProblem, tree};

/// A file as it was found.
#[derive(Debug)]
pub enum ScannedFile {
    /// A segment; `torn_bytes` at its end belong to no complete fragment.
    Segment {
        /// Its row, as the file alone tells it, `closed`.
        segment: Box<Segment>,
        /// Bytes at the end that no row should count.
        torn_bytes: u64,
    },
    /// A file that is named like a segment and is none.
    Broken {
        /// Relative to the folder of recordings.
        path: String,
        /// What is wrong.
        problem: FileProblem,
    },
    /// A file that is not named like a segment.
    Foreign {
        /// Relative to the folder of recordings.
        path: PathBuf,
    },
}

/// Every file of the folder, camera by camera, oldest first. Reads, changes nothing, blocks on the disk.
#[must_use]
pub fn scan(root: &Path) -> Scan {
    Scan { root: root.to_owned(), folders: tree::folders(root).into(), files: VecDeque::new() }
}

/// See [`scan`].
#[derive(Debug)]
pub struct Scan {
    root: PathBuf,
    /// Cameras, days or hours that are still to be looked into, relative.
    folders: VecDeque<PathBuf>,
    files: VecDeque<PathBuf>,
}

impl Iterator for Scan {
    type Item = ScannedFile;

    fn next(&mut self) -> Option<ScannedFile> {
        loop {
            if let Some(path) = self.files.pop_front() {
                return Some(match path.to_str().filter(|path| SegmentPath::parse(path).is_some()) {
                    Some(path) => scan_file(&self.root, path),
                    None => ScannedFile::Foreign { path },
                });
            }
            let folder = self.folders.pop_front()?;
            let (folders, files) = tree::entries(&self.root, &folder);
            self.files = files.into();
            for folder in folders.into_iter().rev() {
                self.folders.push_front(folder);
            }
        }
    }
}

/// What a file says, fragment by fragment. Reads, changes nothing, blocks on the disk.
#[must_use]
pub fn scan_file(root: &Path, path: &str) -> ScannedFile {
    match examine(root, path, false) {
        Ok((segment, torn_bytes)) => ScannedFile::Segment { segment: Box::new(segment), torn_bytes },
        Err(problem) => ScannedFile::Broken { path: path.to_owned(), problem },
    }
}

/// What became of an unfinished file.
#[derive(Debug)]
pub enum Finished {
    /// It is a closed segment now.
    Segment(Box<Segment>),
    /// It held no complete fragment and was removed.
    Removed,
}

/// Finishes a file that a kill or a power cut left behind: cuts off the torn tail and syncs. Blocks on the disk.
/// The file must not be open in a recorder.
pub fn finish(root: &Path, path: &str) -> Result<Finished, FileProblem> {
    match examine(root, path, true) {
        Ok((segment, 0)) => Ok(Finished::Segment(Box::new(segment))),
        Ok((segment, torn_bytes)) => {
            tracing::info!(%path, torn_bytes, "cut off what a kill left at the end of a recording");
            let file = OpenOptions::new().write(true).open(layout::resolve(root, path)?)?;
            file.set_len(segment.bytes)?;
            file.sync_all()?;
            Ok(Finished::Segment(Box::new(segment)))
        }
        // Killed between the making of the file and its first fragment.
        Err(FileProblem::Empty | FileProblem::Truncated { offset: 0, .. }) => {
            std::fs::remove_file(layout::resolve(root, path)?)?;
            Ok(Finished::Removed)
        }
        Err(problem) => Err(problem),
    }
}

/// A way in which a row and its file differ.
#[derive(Debug, thiserror::Error)]
pub enum Disagreement {
    /// The file cannot be read as a segment.
    #[error("{0}")]
    File(#[source] FileProblem),
    /// A figure differs.
    #[error("{what} is {row} in the index and {file} in the file")]
    Differs {
        /// What differs.
        what: String,
        /// By the row.
        row: String,
        /// By the file.
        file: String,
    },
    /// Bytes after the last complete fragment.
    #[error("{bytes} bytes at the end belong to no fragment")]
    TornTail {
        /// How many.
        bytes: u64,
    },
}

/// Compares a row with its file; empty where they agree. Of an open row it checks only what the row tells,
/// as the file may have grown since. Blocks on the disk.
#[must_use]
pub fn verify(root: &Path, row: &Segment) -> Vec<Disagreement> {
    let (file, torn) = match examine(root, &row.path, false) {
        Ok(found) => found,
        Err(problem) => return vec![Disagreement::File(problem)],
    };
    let mut found = Vec::new();
    let mut compare = |what: &str, row: &dyn std::fmt::Debug, file: &dyn std::fmt::Debug| {
        let (row, file) = (format!("{row:?}"), format!("{file:?}"));
        if row != file {
            found.push(Disagreement::Differs { what: what.to_owned(), row, file });
        }
    };
    compare("the camera", &row.camera_id, &file.camera_id);
    compare("the stream", &row.stream, &file.stream);
    compare("the start", &row.start, &file.start);
    compare("the size of the header", &row.header_bytes, &file.header_bytes);
    compare("the video", &row.video, &file.video);
    compare("the audio", &row.audio, &file.audio);
    for (number, (ours, theirs)) in row.fragments.0.iter().zip(&file.fragments.0).enumerate() {
        compare(&format!("fragment {}", number + 1), ours, theirs);
    }
    if row.closed {
        compare("the end", &row.end, &file.end);
        compare("the size", &row.bytes, &file.bytes);
        compare("the number of pictures", &row.frames, &file.frames);
        compare("the number of fragments", &row.fragments.0.len(), &file.fragments.0.len());
        if torn > 0 {
            found.push(Disagreement::TornTail { bytes: torn });
        }
    } else if row.fragments.0.len() > file.fragments.0.len() {
        compare("the number of fragments", &row.fragments.0.len(), &file.fragments.0.len());
    }
    found
}

/// The newest files of every stream: all that a kill or a power cut can have left unfinished.
pub(crate) fn newest(root: &Path) -> Vec<String> {
    /// The one that was growing, and the one that was being closed.
    const UNFINISHED: usize = 2;
    let mut found = Vec::new();
    for camera in tree::folders(root) {
        let (mut main, mut sub) = (0, 0);
        // Back through the hours until there is enough of each stream, or a day was seen.
        let hours = tree::hours(root, &camera).into_iter().rev();
        for hour in hours.take(24) {
            for path in tree::entries(root, &hour).1.into_iter().rev() {
                let Some(path) = path.to_str() else { continue };
                let Some(parsed) = SegmentPath::parse(path) else { continue };
                let count = match parsed.stream {
                    StreamKind::Main => &mut main,
                    StreamKind::Sub => &mut sub,
                };
                if *count < UNFINISHED {
                    *count += 1;
                    found.push(path.to_owned());
                }
            }
            if main >= UNFINISHED && sub >= UNFINISHED {
                break;
            }
        }
    }
    found
}

/// Data older than this is on the disk, however long a sync takes.
const UNSYNCED: Duration = Duration::from_secs(15);

/// The row of a file and the bytes after its last good fragment. `contents`: looks at the newest pictures too, as
/// a power cut can leave zeros where they should be.
fn examine(root: &Path, path: &str, contents: bool) -> Result<(Segment, u64), FileProblem> {
    let file = SegmentFile::open(&layout::resolve(root, path)?)?;
    let (header, header_bytes) = file.header()?;
    let mut segment = Segment {
        camera_id: header.camera_id,
        stream: header.stream,
        start: header.start,
        end: header.start,
        path: path.to_owned(),
        bytes: header_bytes.into(),
        header_bytes,
        frames: 0,
        video: header.video,
        audio: header.audio,
        fragments: FragmentIndex::default(),
        closed: true,
    };
    loop {
        let head = match file.fragment(segment.bytes) {
            Ok(Some(head)) => head,
            // Whatever is wrong from here on is a tail that was not finished.
            Ok(None) | Err(FileProblem::Truncated { .. } | FileProblem::Damaged { .. }) => break,
            Err(problem) => return Err(problem),
        };
        append(&mut segment, &head);
    }
    if contents {
        cut_unsynced(&file, &mut segment)?;
    }
    if segment.fragments.0.is_empty() {
        return Err(FileProblem::Empty);
    }
    let torn = file.size().saturating_sub(segment.bytes);
    Ok((segment, torn))
}

fn append(segment: &mut Segment, head: &FragmentHead) {
    let (row, end) = head.row();
    segment.frames = segment.frames.saturating_add(row.frames.into());
    segment.end = segment.end.max(segment.start.plus_micros(end));
    segment.bytes += u64::from(head.bytes);
    segment.fragments.0.push(row);
}

/// Takes away what a power cut left as zeros, from the first such fragment on.
fn cut_unsynced(file: &SegmentFile, segment: &mut Segment) -> Result<(), FileProblem> {
    let since = segment.end.since(segment.start).saturating_sub(UNSYNCED);
    let mut whole = Segment { fragments: FragmentIndex::default(), frames: 0, ..segment.clone() };
    whole.end = segment.start;
    whole.bytes = segment.header_bytes.into();
    for (offset, row) in segment.located_fragments() {
        let head = file.fragment(offset)?.ok_or(FileProblem::Truncated { offset, size: file.size() })?;
        if row.start >= since && !holds_pictures(file, offset, &head) {
            break;
        }
        append(&mut whole, &head);
    }
    *segment = whole;
    Ok(())
}

/// Whether each picture begins with a NAL unit that fits it.
fn holds_pictures(file: &SegmentFile, offset: u64, head: &FragmentHead) -> bool {
    let run = &head.video;
    let Ok(bytes) = file.read(offset + u64::from(run.data_offset), run.bytes()) else { return false };
    let mut left = bytes.as_slice();
    run.samples.iter().all(|sample| {
        let Some((picture, rest)) = left.split_at_checked(sample.size as usize) else { return false };
        left = rest;
        let length = picture.first_chunk().map(|length| u32::from_be_bytes(*length));
        length.is_some_and(|length| length > 0 && u64::from(length) + 4 <= u64::from(sample.size))
    })
}
