//! Compact columns: fragments of a segment, points of a path, scores of a minute.
//!
//! Each starts with a byte that names its layout. Numbers are LEB128; signed ones zigzag first. Decoders take any
//! bytes and answer with an error, never with a panic or a large allocation.

use std::time::Duration;

use domain::{BoundingBox, Fragment, FragmentIndex, Timestamp, TrackPoint};

/// Why bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end in mid-value.
    #[error("it ends too early")]
    Truncated,
    /// Bytes follow the last value.
    #[error("{0} bytes follow its end")]
    Trailing(usize),
    /// The layout is unknown: a newer version wrote it, or it is damaged.
    #[error("its layout {0} is unknown")]
    Layout(u8),
    /// A number does not fit its field.
    #[error("a number in it is out of range")]
    Range,
}

/// Layout of fragments with times in microseconds.
const FRAGMENTS_MICROS: u8 = 1;
/// Layout of fragments with times in nanoseconds, where microseconds would lose something.
const FRAGMENTS_NANOS: u8 = 2;
const POINTS: u8 = 1;
const SCORES: u8 = 1;

/// Encodes fragments, about ten bytes each: they follow one another, so only the surprise is stored.
#[must_use]
pub fn encode_fragments(fragments: &FragmentIndex) -> Vec<u8> {
    let fragments = &fragments.0;
    let whole = |time: Duration| time.subsec_nanos().is_multiple_of(1000);
    let micros = fragments.iter().all(|fragment| whole(fragment.start) && whole(fragment.duration));
    let (layout, unit) = if micros { (FRAGMENTS_MICROS, 1000) } else { (FRAGMENTS_NANOS, 1) };
    let units = |time: Duration| i64::try_from(time.as_nanos() / unit).unwrap_or(i64::MAX);
    let mut out = Vec::with_capacity(4 + fragments.len() * 10);
    out.push(layout);
    put(&mut out, fragments.len() as u64);
    let mut expected = 0_i64;
    for fragment in fragments {
        let (start, duration) = (units(fragment.start), units(fragment.duration));
        put(&mut out, zigzag(start.wrapping_sub(expected)));
        put(&mut out, zigzag(duration));
        put(&mut out, u64::from(fragment.bytes));
        put(&mut out, u64::from(fragment.frames) << 1 | u64::from(fragment.random_access));
        expected = start.wrapping_add(duration);
    }
    out
}

/// Decodes what [`encode_fragments`] made.
pub fn decode_fragments(bytes: &[u8]) -> Result<FragmentIndex, CodecError> {
    let mut input = Input(bytes);
    let unit = match input.byte()? {
        FRAGMENTS_MICROS => 1000,
        FRAGMENTS_NANOS => 1,
        other => return Err(CodecError::Layout(other)),
    };
    let time = |units: i64| {
        let nanos = u128::try_from(units).map_err(|_| CodecError::Range)? * unit;
        let seconds = u64::try_from(nanos / 1_000_000_000).map_err(|_| CodecError::Range)?;
        Ok(Duration::new(seconds, (nanos % 1_000_000_000) as u32))
    };
    let count = input.number()?;
    let mut fragments = Vec::with_capacity(input.at_most(count, 4));
    let mut expected = 0_i64;
    for _ in 0..count {
        let start = expected.wrapping_add(unzigzag(input.number()?));
        let duration = unzigzag(input.number()?);
        let bytes = u32::try_from(input.number()?).map_err(|_| CodecError::Range)?;
        let frames = input.number()?;
        fragments.push(Fragment {
            start: time(start)?,
            duration: time(duration)?,
            bytes,
            frames: u16::try_from(frames >> 1).map_err(|_| CodecError::Range)?,
            random_access: frames & 1 == 1,
        });
        expected = start.wrapping_add(duration);
    }
    input.end()?;
    Ok(FragmentIndex(fragments))
}

/// Encodes the points of a path, about 20 bytes each.
#[must_use]
pub fn encode_points(points: &[TrackPoint]) -> Vec<u8> {
    let mut out = Vec::with_capacity(4 + points.len() * 20);
    out.push(POINTS);
    put(&mut out, points.len() as u64);
    let mut last = 0_i64;
    for point in points {
        let time = point.time.as_micros();
        put(&mut out, zigzag(time - last));
        last = time;
        let BoundingBox { x, y, w, h } = point.bounds;
        for part in [x, y, w, h] {
            out.extend(part.to_le_bytes());
        }
    }
    out
}

/// Decodes what [`encode_points`] made.
pub fn decode_points(bytes: &[u8]) -> Result<Vec<TrackPoint>, CodecError> {
    let mut input = Input(bytes);
    match input.byte()? {
        POINTS => {}
        other => return Err(CodecError::Layout(other)),
    }
    let count = input.number()?;
    let mut points = Vec::with_capacity(input.at_most(count, 17));
    let mut last = 0_i64;
    for _ in 0..count {
        last = last.checked_add(unzigzag(input.number()?)).ok_or(CodecError::Range)?;
        let time = Timestamp::from_micros(last);
        if time.as_micros() != last {
            return Err(CodecError::Range);
        }
        let [x, y, w, h] = [input.float()?, input.float()?, input.float()?, input.float()?];
        points.push(TrackPoint { time, bounds: BoundingBox { x, y, w, h } });
    }
    input.end()?;
    Ok(points)
}

/// Encodes the scores of a minute, three bytes each.
#[must_use]
pub fn encode_scores(scores: &[(u16, u8)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 + scores.len() * 3);
    out.push(SCORES);
    for (millis, score) in scores {
        out.extend(millis.to_le_bytes());
        out.push(*score);
    }
    out
}

/// Decodes what [`encode_scores`] made.
pub fn decode_scores(bytes: &[u8]) -> Result<Vec<(u16, u8)>, CodecError> {
    let (layout, rest) = bytes.split_first().ok_or(CodecError::Truncated)?;
    if *layout != SCORES {
        return Err(CodecError::Layout(*layout));
    }
    let (triples, []) = rest.as_chunks::<3>() else { return Err(CodecError::Truncated) };
    Ok(triples.iter().map(|[low, high, score]| (u16::from_le_bytes([*low, *high]), *score)).collect())
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

const fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Bytes yet to be read.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Result<u8, CodecError> {
        let (first, rest) = self.0.split_first().ok_or(CodecError::Truncated)?;
        self.0 = rest;
        Ok(*first)
    }

    fn float(&mut self) -> Result<f32, CodecError> {
        let (bytes, rest) = self.0.split_first_chunk::<4>().ok_or(CodecError::Truncated)?;
        self.0 = rest;
        Ok(f32::from_le_bytes(*bytes))
    }

    fn number(&mut self) -> Result<u64, CodecError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return Err(CodecError::Range);
            }
            number |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(CodecError::Range)
    }

    /// How many values to make room for: no more than the bytes left can hold.
    fn at_most(&self, count: u64, bytes_each: usize) -> usize {
        usize::try_from(count).unwrap_or(usize::MAX).min(self.0.len() / bytes_each)
    }

    fn end(&self) -> Result<(), CodecError> {
        if self.0.is_empty() { Ok(()) } else { Err(CodecError::Trailing(self.0.len())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn fragment() -> impl Strategy<Value = Fragment> {
        let nanos = 0..4_000_000_000_000_000_u64;
        (nanos.clone(), nanos, any::<u32>(), any::<u16>(), any::<bool>(), any::<bool>()).prop_map(
            |(start, duration, bytes, frames, random_access, coarse)| {
                let time =
                    |nanos: u64| Duration::from_nanos(if coarse { nanos / 1000 * 1000 } else { nanos });
                Fragment { start: time(start), duration: time(duration), bytes, frames, random_access }
            },
        )
    }

    fn point() -> impl Strategy<Value = TrackPoint> {
        (any::<i64>(), any::<[f32; 4]>()).prop_map(|(micros, [x, y, w, h])| TrackPoint {
            time: Timestamp::from_micros(micros),
            bounds: BoundingBox { x, y, w, h },
        })
    }

    proptest! {
        #[test]
        fn fragments_and_back(fragments in vec(fragment(), 0..80)) {
            let fragments = FragmentIndex(fragments);
            prop_assert_eq!(decode_fragments(&encode_fragments(&fragments)), Ok(fragments));
        }

        #[test]
        fn points_and_back(points in vec(point(), 0..40)) {
            prop_assert_eq!(decode_points(&encode_points(&points)), Ok(points));
        }

        #[test]
        fn scores_and_back(scores in vec(any::<(u16, u8)>(), 0..80)) {
            prop_assert_eq!(decode_scores(&encode_scores(&scores)), Ok(scores));
        }
    }

    #[test]
    fn a_usual_minute_is_small() {
        let fragments = (0..60)
            .map(|second| Fragment {
                start: Duration::from_secs(second),
                duration: Duration::from_secs(1),
                bytes: 250_000,
                frames: 15,
                random_access: second % 2 == 0,
            })
            .collect();
        assert!(encode_fragments(&FragmentIndex(fragments)).len() < 600);
    }

    #[test]
    fn any_bytes_are_read_or_refused() {
        bolero::check!().for_each(|bytes: &[u8]| {
            if let Ok(fragments) = decode_fragments(bytes) {
                assert_eq!(decode_fragments(&encode_fragments(&fragments)), Ok(fragments));
            }
            // Not compared: a point may hold a NaN.
            if let Ok(points) = decode_points(bytes) {
                assert_eq!(decode_points(&encode_points(&points)).map(|back| back.len()), Ok(points.len()));
            }
            if let Ok(scores) = decode_scores(bytes) {
                assert_eq!(encode_scores(&scores), bytes);
            }
        });
    }
}
