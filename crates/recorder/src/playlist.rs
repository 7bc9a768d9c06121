//! HLS playlists (RFC 8216, version 7) that play segment files by byte range, or pieces that are made of them.

use std::fmt::Write;
use std::time::Duration;

use chrono::SecondsFormat;
use domain::{Fragment, Segment, TimeRange};

/// How a file is offered in a playlist. Addresses may be relative to that of the playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// As it is, by byte ranges, at this address.
    Recorded(String),
    /// As its [`pieces`], made of it when they are asked for, in this folder: `NUMBER/init.mp4` and `NUMBER/media.mp4`.
    Pieces(String),
}

/// Part of a file that plays on its own: from a key frame to the next one at a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// From its first picture to the first picture of the next piece.
    pub range: TimeRange,
    /// Where its bytes begin in the file.
    offset: u64,
    bytes: u64,
}

/// Pieces to be made of a recording last so long at least, unless the file ends.
const PIECE: Duration = Duration::from_secs(4);

/// What is made of a file piece by piece: several groups of pictures each, the same for ever. Of a file that still grows,
/// those that are complete.
#[must_use]
pub fn pieces(segment: &Segment) -> Vec<Piece> {
    let mut complete = groups(segment);
    if !segment.closed {
        complete.pop();
    }
    let mut all: Vec<Piece> = Vec::new();
    for group in complete {
        match all.last_mut() {
            Some(piece) if piece.range.duration() < PIECE => {
                piece.range.to = group.range.to;
                piece.bytes += group.bytes;
            }
            _ => all.push(group),
        }
    }
    if !segment.closed {
        all.pop_if(|last| last.range.duration() < PIECE);
    }
    all
}

/// A file in a playlist.
struct Listed<'a> {
    segment: &'a Segment,
    offer: Offer,
    /// With their numbers in the file.
    pieces: Vec<(usize, Piece)>,
}

impl<'a> Listed<'a> {
    fn new(segment: &'a Segment, offer: Offer, range: TimeRange) -> Self {
        let all = match offer {
            Offer::Recorded(_) => recorded(segment),
            Offer::Pieces(_) => pieces(segment),
        };
        let numbered = all.into_iter().enumerate();
        let pieces = numbered.filter(|(_, piece)| piece.range.intersection(range).is_some()).collect();
        Self { segment, offer, pieces }
    }
}

/// A media playlist of one stream. `segments`: any order; those outside the range are left out. `offer` says how and where
/// a segment's file is served. It is VOD unless the newest segment still grows within the range: then it is EVENT, to be
/// fetched again. `None` where nothing was recorded in the range.
pub fn media_playlist(
    segments: &[Segment],
    range: TimeRange,
    offer: impl Fn(&Segment) -> Offer,
) -> Option<String> {
    let mut segments: Vec<&Segment> =
        segments.iter().filter(|segment| segment.start < range.to && range.from < segment.end).collect();
    segments.sort_by_key(|segment| segment.start);
    let files: Vec<Listed<'_>> = segments
        .into_iter()
        .map(|segment| Listed::new(segment, offer(segment), range))
        .filter(|file| !file.pieces.is_empty())
        .collect();
    let longest =
        files.iter().flat_map(|file| &file.pieces).map(|(_, piece)| piece.range.duration()).max()?;
    let growing =
        files.last().is_some_and(|Listed { segment, .. }| !segment.closed && segment.end < range.to);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n\
         #EXT-X-PLAYLIST-TYPE:{}\n#EXT-X-INDEPENDENT-SEGMENTS\n",
        // Rounded, RFC 8216 §4.3.3.1.
        (longest.as_secs_f64().round() as u64).max(1),
        if growing { "EVENT" } else { "VOD" },
    );
    for (number, Listed { segment, offer, pieces }) in files.iter().enumerate() {
        if number > 0 {
            // Times begin anew in every file.
            text.push_str("#EXT-X-DISCONTINUITY\n");
        }
        let _ = match (offer, pieces.first()) {
            (Offer::Recorded(url), _) => {
                writeln!(text, "#EXT-X-MAP:URI=\"{url}\",BYTERANGE=\"{}@0\"", segment.header_bytes)
            }
            // That of any piece fits all of the file; that of the first one is made together with it.
            (Offer::Pieces(folder), Some((first, _))) => {
                writeln!(text, "#EXT-X-MAP:URI=\"{folder}/{first}/init.mp4\"")
            }
            (Offer::Pieces(_), None) => Ok(()),
        };
        for (number, Piece { range, offset, bytes }) in pieces {
            let at = range.from.to_datetime().to_rfc3339_opts(SecondsFormat::Millis, true);
            let seconds = range.duration().as_secs_f64();
            let _ = write!(text, "#EXT-X-PROGRAM-DATE-TIME:{at}\n#EXTINF:{seconds:.6},\n");
            let _ = match offer {
                Offer::Recorded(url) => writeln!(text, "#EXT-X-BYTERANGE:{bytes}@{offset}\n{url}"),
                Offer::Pieces(folder) => writeln!(text, "{folder}/{number}/media.mp4"),
            };
        }
    }
    if !growing {
        text.push_str("#EXT-X-ENDLIST\n");
    }
    Some(text)
}

/// What is played of a file as it is. A group that is not complete is left out, unless there is no other: it would change under
/// the same place in the list.
fn recorded(segment: &Segment) -> Vec<Piece> {
    let mut all = groups(segment);
    if !segment.closed && all.len() > 1 {
        all.pop();
    }
    all
}

/// The groups of pictures of a file, a key frame at a cut first in each. The last one of a file that still grows may not be
/// complete.
fn groups(segment: &Segment) -> Vec<Piece> {
    let mut all: Vec<Piece> = Vec::new();
    for (offset, Fragment { start, duration, bytes, random_access, .. }) in segment.located_fragments() {
        let from = segment.start + *start;
        match all.last_mut() {
            Some(group) if !random_access => {
                group.bytes += u64::from(*bytes);
                group.range.to = group.range.to + *duration;
            }
            last => {
                if let Some(last) = last {
                    // To the microsecond, so that pieces join.
                    last.range.to = from.max(last.range.from);
                }
                let range = TimeRange { from, to: from + *duration };
                all.push(Piece { range, offset, bytes: (*bytes).into() });
            }
        }
    }
    all
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use domain::{CameraId, FragmentIndex, StreamKind, Timestamp, VideoCodec, VideoParameters};

    use super::*;

    /// A file of groups of two seconds, two fragments each.
    fn segment(groups: u64, closed: bool) -> Segment {
        let fragment = |number: u64| Fragment {
            start: Duration::from_secs(number),
            duration: Duration::from_secs(1),
            bytes: 1_000,
            frames: 15,
            random_access: number.is_multiple_of(2),
        };
        let fragments: Vec<Fragment> = (0..2 * groups).map(fragment).collect();
        let start = Timestamp::from_micros(60_000_000);
        Segment {
            camera_id: CameraId::generate(),
            stream: StreamKind::Main,
            start,
            end: start + Duration::from_secs(2 * groups),
            path: String::new(),
            bytes: 0,
            header_bytes: 500,
            frames: 0,
            video: VideoParameters {
                codec: VideoCodec::H265,
                width: 64,
                height: 64,
                rfc6381: String::new(),
                decoder_configuration: bytes::Bytes::new(),
            },
            audio: None,
            fragments: FragmentIndex(fragments),
            closed,
        }
    }

    fn lengths(segment: &Segment) -> Vec<u64> {
        pieces(segment).iter().map(|piece| piece.range.duration().as_secs()).collect()
    }

    #[test]
    fn pieces_of_a_growing_file_stay_as_they_are() {
        assert_eq!(lengths(&segment(5, true)), [4, 4, 2]);
        // The fifth group may not be complete.
        assert_eq!(lengths(&segment(5, false)), [4, 4]);
        assert_eq!(lengths(&segment(4, false)), [4]);
        assert_eq!(lengths(&segment(1, false)), [0; 0]);
        let joined = pieces(&segment(5, true));
        assert!(joined.windows(2).all(|two| two.first().unwrap().range.to == two.last().unwrap().range.from));
    }

    #[test]
    fn a_playlist_of_pieces_begins_with_the_one_that_holds_the_first_moment() {
        let segment = segment(5, true);
        let range = TimeRange::new(segment.start + Duration::from_secs(5), segment.end).unwrap();
        let list = media_playlist(&[segment], range, |_| Offer::Pieces("made/60".to_owned())).unwrap();
        let addresses: Vec<&str> = list.lines().filter(|line| line.contains("made/60")).collect();
        assert_eq!(
            addresses,
            ["#EXT-X-MAP:URI=\"made/60/1/init.mp4\"", "made/60/1/media.mp4", "made/60/2/media.mp4"]
        );
        assert!(list.contains("#EXT-X-TARGETDURATION:4\n") && list.contains("#EXTINF:2.000000,"), "{list}");
    }
}
