//! Pictures of stored segments, for catch-up analysis, stills and previews.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{AccessUnit, Fragment, Segment, TimeRange, Timestamp, VideoParameters};
use futures::{Stream, StreamExt};

use crate::mp4::file::SegmentFile;
use crate::{FileProblem, layout};

/// A segment that cannot be read (any further).
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct ReadError {
    /// The file, relative to the folder of recordings.
    pub path: String,
    /// What is wrong.
    #[source]
    pub problem: FileProblem,
}

/// More than this in one fragment is no recording of ours.
const MOST_FRAGMENT: u64 = 256 << 20;

/// The access units of one segment in decoding order, from the last key frame at or before `from` (the first one
/// where there is none, all where `from` is not after the start) to the end of what its row tells. Blocks on the disk: call it where that is allowed.
pub fn units(root: &Path, segment: &Segment, from: Timestamp) -> Result<UnitReader, ReadError> {
    let failed = |problem| ReadError { path: segment.path.clone(), problem };
    let path = layout::resolve(root, &segment.path).map_err(failed)?;
    let file = SegmentFile::open(&path).map_err(failed)?;
    let offsets = offsets_from(segment, from).map(|(offset, _)| offset).collect();
    Ok(UnitReader {
        file,
        path: segment.path.clone(),
        start: segment.start,
        parameters: Arc::new(segment.video.clone()),
        offsets,
        units: VecDeque::new(),
        skip_to: (from > segment.start).then_some(from),
    })
}

/// The fragments of a segment from the one on in which the last key frame at or before `from` is.
pub(crate) fn offsets_from(segment: &Segment, from: Timestamp) -> impl Iterator<Item = (u64, &Fragment)> {
    let since = from.since(segment.start);
    let usable = |fragment: &Fragment| fragment.random_access && fragment.start <= since;
    let first = if from > segment.start { segment.fragments.0.iter().rposition(usable) } else { None };
    segment.located_fragments().skip(first.unwrap_or(0))
}

/// See [`units`].
#[derive(Debug)]
pub struct UnitReader {
    file: SegmentFile,
    path: String,
    start: Timestamp,
    parameters: Arc<VideoParameters>,
    /// Where the fragments lie that are still to be read.
    offsets: VecDeque<u64>,
    /// Of the fragment that was read last.
    units: VecDeque<AccessUnit>,
    /// What lies before the last key frame up to this is left out; once.
    skip_to: Option<Timestamp>,
}

impl UnitReader {
    fn fragment(&mut self, offset: u64) -> Result<(), FileProblem> {
        let damaged = |detail: &str| FileProblem::Damaged { offset, detail: detail.into() };
        let head =
            self.file.fragment(offset)?.ok_or(FileProblem::Truncated { offset, size: self.file.size() })?;
        let run = &head.video;
        if run.bytes() > MOST_FRAGMENT {
            return Err(damaged("a fragment is too large"));
        }
        let mut data = Bytes::from(self.file.read(offset + u64::from(run.data_offset), run.bytes())?);
        let mut decode = run.decode_time as i64;
        for sample in &run.samples {
            if sample.size as usize > data.len() {
                return Err(damaged("a picture lies outside its fragment"));
            }
            self.units.push_back(AccessUnit {
                time: self.start.plus_micros(decode + i64::from(sample.offset)),
                random_access: sample.sync,
                data: data.split_to(sample.size as usize),
                parameters: Arc::clone(&self.parameters),
            });
            decode += i64::from(sample.duration);
        }
        if let Some(from) = self.skip_to.take() {
            let key = self.units.iter().rposition(|unit| unit.random_access && unit.time <= from);
            self.units.drain(..key.unwrap_or(0));
        }
        Ok(())
    }

    /// The next units, a fragment's worth.
    fn batch(&mut self) -> Option<Result<VecDeque<AccessUnit>, ReadError>> {
        while self.units.is_empty() {
            let offset = self.offsets.pop_front()?;
            if let Err(problem) = self.fragment(offset) {
                self.offsets.clear();
                self.units.clear();
                return Some(Err(ReadError { path: self.path.clone(), problem }));
            }
        }
        Some(Ok(std::mem::take(&mut self.units)))
    }
}

impl Iterator for UnitReader {
    type Item = Result<AccessUnit, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.units.is_empty() {
            match self.batch()? {
                Ok(units) => self.units = units,
                Err(error) => return Some(Err(error)),
            }
        }
        self.units.pop_front().map(Ok)
    }
}

/// The key frames of a segment with `range.from <= time < range.to`, in order, at least `apart` from each other. Reads
/// nothing else of the file. Blocks on the disk: call it where that is allowed.
pub fn key_frames(
    root: &Path,
    segment: &Segment,
    range: TimeRange,
    apart: Duration,
) -> Result<KeyFrames, ReadError> {
    let failed = |problem| ReadError { path: segment.path.clone(), problem };
    let path = layout::resolve(root, &segment.path).map_err(failed)?;
    let file = SegmentFile::open(&path).map_err(failed)?;
    let within = |fragment: &Fragment| {
        let from = segment.start + fragment.start;
        from < range.to && from + fragment.duration >= range.from && fragment.random_access
    };
    let offsets = segment.located_fragments().filter(|(_, fragment)| within(fragment));
    Ok(KeyFrames {
        file,
        path: segment.path.clone(),
        start: segment.start,
        parameters: Arc::new(segment.video.clone()),
        offsets: offsets.map(|(offset, _)| offset).collect(),
        found: VecDeque::new(),
        range,
        apart,
    })
}

/// See [`key_frames`].
#[derive(Debug)]
pub struct KeyFrames {
    file: SegmentFile,
    path: String,
    start: Timestamp,
    parameters: Arc<VideoParameters>,
    /// Where the fragments lie that are still to be read.
    offsets: VecDeque<u64>,
    /// Of the fragment that was read last.
    found: VecDeque<AccessUnit>,
    /// What is wanted yet.
    range: TimeRange,
    apart: Duration,
}

impl KeyFrames {
    fn fragment(&mut self, offset: u64) -> Result<(), FileProblem> {
        let head =
            self.file.fragment(offset)?.ok_or(FileProblem::Truncated { offset, size: self.file.size() })?;
        let run = &head.video;
        let (mut place, mut decode) = (offset + u64::from(run.data_offset), run.decode_time as i64);
        for sample in &run.samples {
            let time = self.start.plus_micros(decode + i64::from(sample.offset));
            if sample.sync && self.range.contains(time) {
                let data = Bytes::from(self.file.read(place, u64::from(sample.size))?);
                let parameters = Arc::clone(&self.parameters);
                self.found.push_back(AccessUnit { time, random_access: true, data, parameters });
                self.range.from = time + self.apart;
            }
            place += u64::from(sample.size);
            decode += i64::from(sample.duration);
        }
        Ok(())
    }
}

impl Iterator for KeyFrames {
    type Item = Result<AccessUnit, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.found.is_empty() {
            let offset = self.offsets.pop_front()?;
            if let Err(problem) = self.fragment(offset) {
                self.offsets.clear();
                return Some(Err(ReadError { path: self.path.clone(), problem }));
            }
        }
        self.found.pop_front().map(Ok)
    }
}

/// The access units of several segments of one stream (any order), from the last key frame at or before `range.from`
/// up to (without) the first picture at or after `range.to`, in decoding order. Reads a fragment at a time, on threads for
/// blocking work. A damaged segment gives one error, and the next segment follows.
pub fn stream(
    root: PathBuf,
    mut segments: Vec<Segment>,
    range: TimeRange,
) -> impl Stream<Item = Result<AccessUnit, ReadError>> + Send + 'static {
    segments.retain(|segment| segment.start < range.to && range.from < segment.end);
    segments.sort_by_key(|segment| segment.start);
    let state = (root, VecDeque::from(segments), None::<UnitReader>);
    futures::stream::unfold(state, move |(root, mut segments, mut reader)| async move {
        // An error here: the runtime is shutting down.
        tokio::task::spawn_blocking(move || {
            loop {
                if let Some(batch) = reader.as_mut().and_then(UnitReader::batch) {
                    let units: Vec<_> = match batch {
                        Ok(units) => units.into_iter().map(Ok).collect(),
                        Err(error) => vec![Err(error)],
                    };
                    return Some((units, (root, segments, reader)));
                }
                match units(&root, &segments.pop_front()?, range.from) {
                    Ok(opened) => reader = Some(opened),
                    Err(error) => return Some((vec![Err(error)], (root, segments, None))),
                }
            }
        })
        .await
        .ok()
        .flatten()
    })
    .flat_map(futures::stream::iter)
    .take_while(move |unit| {
        let goes_on = unit.as_ref().map_or(true, |unit| unit.time < range.to);
        futures::future::ready(goes_on)
    })
}
