//! The pictures and the sound of a clip, gathered from the fragments of its segments.

use std::path::Path;

use domain::{Segment, TimeRange, Timestamp};

use super::ClipError;
use crate::mp4::file::SegmentFile;
use crate::mp4::{FragmentHead, Run};
use crate::read::{ReadError, offsets_from};
use crate::{FileProblem, layout};

/// A clip may hold this many pictures: a day at 23 a second. Each costs some 60 bytes of memory while it is planned.
pub(super) const MOST_SAMPLES: usize = 2_000_000;

/// A picture, times in microseconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Picture {
    pub(super) size: u32,
    pub(super) decode: i64,
    pub(super) shown: i64,
    pub(super) duration: u32,
    pub(super) sync: bool,
}

/// Samples of one track whose bytes lie one after another in a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    pub(super) segment: usize,
    pub(super) offset: u64,
    pub(super) bytes: u64,
    pub(super) samples: u32,
}

/// The sound of one fragment.
#[derive(Debug)]
pub(super) struct Sound {
    pub(super) segment: usize,
    /// Where the fragment lies.
    pub(super) offset: u64,
    pub(super) run: Run,
    /// How many pictures' chunks precede it.
    pub(super) after: usize,
}

/// All that a clip decodes.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) pictures: Vec<Picture>,
    pub(super) chunks: Vec<Chunk>,
    pub(super) sounds: Vec<Sound>,
}

/// Gathers from the last key frame at or before `range.from` to the last picture before `range.to`.
/// `segments`: of the range, oldest first.
pub(super) fn gather(root: &Path, segments: &[Segment], range: TimeRange) -> Result<Gathered, ClipError> {
    let mut all = Gathered::default();
    for (number, segment) in segments.iter().enumerate() {
        // Where segments overlap, the later one is shown.
        let to = segments.get(number + 1).map_or(range.to, |next| next.start.min(range.to));
        let failed = |problem| ClipError::Read(ReadError { path: segment.path.clone(), problem });
        let file =
            layout::resolve(root, &segment.path).and_then(|path| SegmentFile::open(&path)).map_err(failed)?;
        one(&mut all, number, segment, &file, (range.from, to)).map_err(failed)?;
        if all.pictures.len() > MOST_SAMPLES {
            return Err(ClipError::TooLong { limit: MOST_SAMPLES });
        }
    }
    Ok(all)
}

fn one(
    all: &mut Gathered,
    number: usize,
    segment: &Segment,
    file: &SegmentFile,
    (from, to): (Timestamp, Timestamp),
) -> Result<(), FileProblem> {
    let mut heads = Vec::new();
    for (offset, fragment) in offsets_from(segment, from) {
        // One more than needed, as with B-frames a picture of it may be shown before.
        let beyond = segment.start + fragment.start >= to;
        let head = file.fragment(offset)?.ok_or(FileProblem::Truncated { offset, size: file.size() })?;
        heads.push((offset, head));
        if beyond {
            break;
        }
    }
    let pictures: Vec<Picture> = heads.iter().flat_map(|(_, head)| pictures(head, segment.start)).collect();
    let micros = |at: Timestamp| at.as_micros();
    let first =
        pictures.iter().rposition(|picture| picture.sync && picture.shown <= micros(from)).unwrap_or(0);
    let end = pictures.iter().rposition(|picture| picture.shown < micros(to)).map_or(0, |last| last + 1);
    let mut place = 0;
    for (offset, head) in heads {
        let run = &head.video;
        let these = place..place + run.samples.len();
        place = these.end;
        let kept = these.start.max(first)..these.end.min(end);
        if !kept.is_empty() {
            let size = |range: std::ops::Range<usize>| {
                pictures
                    .get(range)
                    .unwrap_or_default()
                    .iter()
                    .map(|picture| u64::from(picture.size))
                    .sum::<u64>()
            };
            all.chunks.push(Chunk {
                segment: number,
                offset: offset + u64::from(run.data_offset) + size(these.start..kept.start),
                bytes: size(kept.clone()),
                samples: kept.len() as u32,
            });
            all.pictures.extend(pictures.get(kept).unwrap_or_default());
        }
        if let Some(run) = head.audio {
            all.sounds.push(Sound { segment: number, offset, run, after: all.chunks.len() });
        }
    }
    Ok(())
}

fn pictures(head: &FragmentHead, start: Timestamp) -> impl Iterator<Item = Picture> {
    let mut decode = start.as_micros().saturating_add(head.video.decode_time as i64);
    head.video.samples.iter().map(move |sample| {
        let picture = Picture {
            size: sample.size,
            decode,
            shown: decode.saturating_add(sample.offset.into()),
            duration: sample.duration,
            sync: sample.sync,
        };
        decode = decode.saturating_add(sample.duration.into());
        picture
    })
}
