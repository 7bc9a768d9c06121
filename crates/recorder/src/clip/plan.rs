//! From segments and a range to everything that a clip's bytes are made from.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{AudioParameters, Segment, TimeRange, Timestamp, VideoParameters};
use sha2::{Digest, Sha256};

use super::movie::{self, AudioTrack, Movie, VideoTrack};
use super::samples::{Chunk, Gathered, Picture, Sound, gather};
use super::stream::{Content, Slice};
use super::{ClipError, ClipPlan};

/// Less than this between two segments is no gap, but the estimate of how long a last picture lasts.
const SMALLEST_GAP: Duration = Duration::from_millis(200);

pub(super) fn plan(root: &Path, mut segments: Vec<Segment>, range: TimeRange) -> Result<ClipPlan, ClipError> {
    segments.retain(|segment| {
        !segment.fragments.0.is_empty() && segment.start < range.to && range.from < segment.end
    });
    segments.sort_by_key(|segment| segment.start);
    let gathered = gather(root, &segments, range)?;
    let Gathered { pictures, chunks, sounds } = gathered;
    let shown = || {
        pictures
            .iter()
            .filter(|picture| range.contains(Timestamp::from_micros(picture.shown)))
            .map(|picture| picture.shown)
    };
    let (Some(first), Some(last)) = (shown().min(), shown().max()) else {
        return Err(ClipError::Empty { range });
    };
    // The last picture is shown until its segment ends, or the range.
    let until =
        segments.iter().filter(|segment| segment.start.as_micros() <= last).map(|segment| segment.end);
    let end = until.last().unwrap_or(range.to).min(range.to).as_micros().max(last + 1);
    let audio = common_audio(&segments).and_then(|audio| {
        audio_track(
            audio,
            &segments,
            &sounds,
            TimeRange { from: Timestamp::from_micros(first), to: Timestamp::from_micros(end) },
        )
    });
    let (descriptions, description_of) = descriptions(&segments);
    let video = VideoTrack::new(&pictures, &chunks, descriptions, &description_of, first..end);
    let sounded = audio.is_some();
    let slices = slices(&chunks, audio.as_ref().map_or(&[], |audio| &audio.chunks));
    let movie = Movie { start: Timestamp::from_micros(first), duration: (end - first) as u64, video, audio };
    let head = Bytes::from(movie::encode(&movie, &slices)?);
    let media: u64 = slices.iter().map(|slice| slice.chunk.bytes).sum();
    let content = content(root, &segments, head, &slices, media);
    Ok(ClipPlan {
        content_length: content.length,
        etag: etag(&segments, &content),
        start: movie.start,
        duration: Duration::from_micros(movie.duration),
        frames: shown().count() as u32,
        gaps: gaps(&segments, TimeRange { from: movie.start, to: Timestamp::from_micros(end) }),
        audio: sounded,
        content: Arc::new(content),
    })
}

/// A chunk and its place in the clip: of pictures or of sound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) chunk: Chunk,
    pub(super) sound: bool,
}

/// Pictures and sound as they alternate in the clip.
fn slices(video: &[Chunk], audio: &[(usize, Chunk)]) -> Vec<Placed> {
    let mut placed = Vec::with_capacity(video.len() + audio.len());
    let mut sounds = audio.iter().peekable();
    for number in 0..=video.len() {
        while let Some((_, chunk)) = sounds.next_if(|(after, _)| *after <= number) {
            placed.push(Placed { chunk: *chunk, sound: true });
        }
        placed.extend(video.get(number).map(|chunk| Placed { chunk: *chunk, sound: false }));
    }
    placed
}

fn content(root: &Path, segments: &[Segment], head: Bytes, placed: &[Placed], media: u64) -> Content {
    let mut at = head.len() as u64;
    let slices = placed.iter().map(|placed| {
        let slice =
            Slice { at, file: placed.chunk.segment, offset: placed.chunk.offset, len: placed.chunk.bytes };
        at += slice.len;
        slice
    });
    let slices = slices.collect();
    let files = segments.iter().map(|segment| root.join(&segment.path)).collect();
    Content { length: head.len() as u64 + media, head, files, slices }
}

fn etag(segments: &[Segment], content: &Content) -> String {
    use std::fmt::Write;
    let mut hash = Sha256::new();
    hash.update(&content.head);
    for segment in segments {
        hash.update(segment.path.as_bytes());
        hash.update([0]);
    }
    for slice in &content.slices {
        hash.update((slice.file as u64).to_be_bytes());
        hash.update(slice.offset.to_be_bytes());
        hash.update(slice.len.to_be_bytes());
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Each kind of video once, and which of them each segment has.
fn descriptions(segments: &[Segment]) -> (Vec<VideoParameters>, Vec<u32>) {
    let mut all: Vec<VideoParameters> = Vec::new();
    let which = segments.iter().map(|segment| {
        let known = all.iter().position(|video| *video == segment.video);
        let place = known.unwrap_or_else(|| {
            all.push(segment.video.clone());
            all.len() - 1
        });
        place as u32 + 1
    });
    let which = which.collect();
    (all, which)
}

fn common_audio(segments: &[Segment]) -> Option<&AudioParameters> {
    let audio = segments.first()?.audio.as_ref()?;
    segments.iter().all(|segment| segment.audio.as_ref() == Some(audio)).then_some(audio)
}

/// The frames of sound that are heard in the range.
fn audio_track(
    audio: &AudioParameters,
    segments: &[Segment],
    sounds: &[Sound],
    range: TimeRange,
) -> Option<AudioTrack> {
    let rate = i64::from(audio.sample_rate);
    let ticks = |micros: i64| i128::from(micros) * i128::from(rate) / 1_000_000;
    let length = ticks(range.to.micros_since(range.from));
    let mut track = AudioTrack { parameters: audio.clone(), ..AudioTrack::default() };
    let mut starts: Vec<i64> = Vec::new();
    let mut last_duration = 0;
    for sound in sounds {
        let segment = segments.get(sound.segment)?;
        let mut at = ticks(segment.start.micros_since(range.from)) + i128::from(sound.run.decode_time);
        let mut offset = sound.offset + u64::from(sound.run.data_offset);
        let mut chunk: Option<Chunk> = None;
        for sample in &sound.run.samples {
            let free = starts.last().map_or(i128::MIN, |last| i128::from(*last) + i128::from(last_duration));
            // Heard in the range, and not over what an earlier segment has there.
            let heard = at + i128::from(sample.duration) > 0 && at < length;
            if heard && (free == i128::MIN || at + i128::from(sample.duration) / 2 > free) {
                let start = at.max(free.min(at + i128::from(sample.duration)));
                starts.push(i64::try_from(start).ok()?);
                last_duration = sample.duration;
                track.sizes.push(sample.size);
                let new = Chunk { segment: sound.segment, offset, bytes: 0, samples: 0 };
                let own = chunk.get_or_insert(new);
                own.bytes += u64::from(sample.size);
                own.samples += 1;
            } else if let Some(chunk) = chunk.take() {
                track.chunks.push((sound.after, chunk));
            }
            at += i128::from(sample.duration);
            offset += u64::from(sample.size);
        }
        track.chunks.extend(chunk.map(|chunk| (sound.after, chunk)));
    }
    track.first = *starts.first()?;
    let ends = starts.iter().skip(1).copied().chain([starts.last()? + i64::from(last_duration)]);
    for (start, end) in starts.iter().zip(ends) {
        track.durations.push(u32::try_from(end - start).ok()?);
    }
    Some(track)
}

fn gaps(segments: &[Segment], shown: TimeRange) -> Vec<TimeRange> {
    let pairs = segments.windows(2).filter_map(|pair| Some((pair.first()?.end, pair.get(1)?.start)));
    pairs
        .filter_map(|(end, start)| TimeRange::new(end, start)?.intersection(shown))
        .filter(|gap| gap.duration() >= SMALLEST_GAP)
        .collect()
}

impl VideoTrack {
    fn new(
        pictures: &[Picture],
        chunks: &[Chunk],
        descriptions: Vec<VideoParameters>,
        description_of: &[u32],
        shown: std::ops::Range<i64>,
    ) -> Self {
        // Decoding times go on from segment to segment.
        let mut free = i64::MIN;
        let decode: Vec<i64> = pictures
            .iter()
            .map(|picture| {
                let at = picture.decode.max(free);
                free = at.saturating_add(1);
                at
            })
            .collect();
        let base = decode.first().copied().unwrap_or(shown.start);
        let longest =
            decode.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?)).max().unwrap_or(0);
        let timescale = movie::timescale(longest);
        let ticks = |at: i64| movie::ticks(at.saturating_sub(base), timescale);
        let last = pictures.last().map_or(0, |picture| i64::from(picture.duration));
        let ends = decode.iter().skip(1).copied().chain(decode.last().map(|decode| decode + last));
        let durations = decode.iter().zip(ends).map(|(at, end)| ticks(end).saturating_sub(ticks(*at)) as u32);
        let offsets =
            pictures.iter().zip(&decode).map(|(picture, decode)| ticks(picture.shown) - ticks(*decode));
        Self {
            timescale,
            media_time: ticks(shown.start).max(0) as u64,
            durations: durations.collect(),
            offsets: offsets.collect(),
            sizes: pictures.iter().map(|picture| picture.size).collect(),
            sync: (1..).zip(pictures).filter(|(_, picture)| picture.sync).map(|(number, _)| number).collect(),
            chunks: chunks
                .iter()
                .map(|chunk| (chunk.samples, description_of.get(chunk.segment).copied().unwrap_or(1)))
                .collect(),
            descriptions,
        }
    }
}
