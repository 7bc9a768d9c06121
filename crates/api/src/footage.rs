//! What is recorded, as the index and the recorder know it together.

use std::time::Duration;

use domain::{CameraId, Segment, StreamKind, TimeRange, Timestamp};
use index::{RecordedRange, SegmentKey};

use crate::app::Server;
use crate::problem::{Answer, Code, Problem};

/// Segments further apart than this show a gap on a timeline: more than two pictures of a slow camera.
pub(crate) const TOUCHING: Duration = Duration::from_millis(1_500);

/// The segments that overlap the range, in order of time. Of a segment that still grows, or whose last row is on its
/// way, the recorder knows more than the index.
pub(crate) async fn segments(
    server: &Server,
    camera: CameraId,
    stream: StreamKind,
    range: TimeRange,
) -> Answer<Vec<Segment>> {
    let stored = server.index.segments_in(camera, stream, range).await?;
    let growing = growing(server, camera, stream, range);
    Ok(merged(stored, growing))
}

/// One segment.
pub(crate) async fn segment(server: &Server, key: SegmentKey) -> Answer<Segment> {
    let growing = server.recorder.open_segments(key.camera_id, key.stream);
    if let Some(segment) = growing.into_iter().find(|segment| segment.start == key.start) {
        return Ok(segment);
    }
    server.index.segment(key).await.map_err(|error| match error {
        index::IndexError::NotFound { .. } => Problem::not_found("segment"),
        other => other.into(),
    })
}

/// What is recorded in the range, merged into unbroken stretches.
pub(crate) async fn ranges(
    server: &Server,
    camera: CameraId,
    stream: StreamKind,
    range: TimeRange,
) -> Answer<Vec<RecordedRange>> {
    let stored = server.index.recording_ranges(camera, stream, range, TOUCHING).await?;
    Ok(joined(stored, &growing(server, camera, stream, range)))
}

/// What a picture-taker or clip-cutter is told where nothing is recorded.
pub(crate) fn nothing(range: TimeRange) -> Problem {
    Problem::new(Code::NoFootage, format!("nothing is recorded from {} to {}", range.from, range.to))
        .remedy("The camera's timeline shows what is recorded, and why the rest is not.")
}

fn growing(server: &Server, camera: CameraId, stream: StreamKind, range: TimeRange) -> Vec<Segment> {
    let mut open = server.recorder.open_segments(camera, stream);
    open.retain(|segment| segment.range().is_some_and(|covers| covers.intersection(range).is_some()));
    open
}

/// The newer account of each segment, in order of time.
fn merged(mut stored: Vec<Segment>, growing: Vec<Segment>) -> Vec<Segment> {
    stored.retain(|row| !growing.iter().any(|open| open.start == row.start));
    stored.extend(growing);
    stored.sort_by_key(|segment| segment.start);
    stored
}

fn joined(mut stretches: Vec<RecordedRange>, growing: &[Segment]) -> Vec<RecordedRange> {
    for segment in growing {
        let Some(range) = segment.range() else { continue };
        // The row of an open segment may be in the index already: count only the bytes of what it does not cover.
        let known = stretches.iter().any(|stretch| stretch.range.contains(segment.start));
        stretches.push(RecordedRange { range, bytes: if known { 0 } else { segment.bytes } });
    }
    stretches.sort_by_key(|stretch| stretch.range.from);
    let mut whole: Vec<RecordedRange> = Vec::with_capacity(stretches.len());
    for next in stretches {
        match whole.last_mut() {
            Some(last) if next.range.from <= last.range.to + TOUCHING => {
                let to: Timestamp = last.range.to.max(next.range.to);
                last.range.to = to;
                last.bytes = last.bytes.saturating_add(next.bytes);
            }
            _ => whole.push(next),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use domain::{FragmentIndex, VideoCodec, VideoParameters};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    fn segment(from: i64, to: i64, bytes: u64) -> Segment {
        Segment {
            camera_id: CameraId::generate(),
            stream: StreamKind::Main,
            start: at(from),
            end: at(to),
            path: String::new(),
            bytes,
            header_bytes: 0,
            frames: 0,
            video: VideoParameters {
                codec: VideoCodec::H264,
                width: 0,
                height: 0,
                rfc6381: String::new(),
                decoder_configuration: bytes::Bytes::new(),
            },
            audio: None,
            fragments: FragmentIndex::default(),
            closed: false,
        }
    }

    fn stretch(from: i64, to: i64, bytes: u64) -> RecordedRange {
        RecordedRange { range: TimeRange { from: at(from), to: at(to) }, bytes }
    }

    #[test]
    fn a_growing_segment_prolongs_the_stretch_that_it_touches() {
        let both = joined(vec![stretch(0, 60, 5)], &[segment(60, 70, 3)]);
        assert_eq!(both, [stretch(0, 70, 8)]);
        let known = joined(vec![stretch(0, 65, 5)], &[segment(60, 70, 3)]);
        assert_eq!(known, [stretch(0, 70, 5)]);
        let apart = joined(vec![stretch(0, 60, 5)], &[segment(90, 95, 3)]);
        assert_eq!(apart, [stretch(0, 60, 5), stretch(90, 95, 3)]);
    }

    #[test]
    fn the_recorder_knows_better_than_the_row() {
        let rows = vec![segment(0, 60, 9), segment(60, 61, 1)];
        let all = merged(rows, vec![segment(60, 75, 4)]);
        assert_eq!(
            all.iter().map(|s| (s.start, s.end)).collect::<Vec<_>>(),
            [(at(0), at(60)), (at(60), at(75))]
        );
    }
}
