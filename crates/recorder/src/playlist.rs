//! HLS playlists (RFC 8216, version 7) that play segment files by byte range.

use std::fmt::Write;
use std::time::Duration;

use chrono::SecondsFormat;
use domain::{Fragment, Segment, TimeRange, Timestamp};

/// Fragments of one file that play on their own: from a key frame to the next one at a cut.
struct Entry {
    start: Timestamp,
    duration: Duration,
    offset: u64,
    bytes: u64,
}

/// A media playlist of one stream. `segments`: any order; those outside the range are left out. `url` says where a
/// segment's file is served (with byte ranges). One entry per GOP or so; it is VOD unless the newest segment
/// still grows within the range: then it is EVENT, to be fetched again. `None` where nothing was recorded in the range.
pub fn media_playlist(
    segments: &[Segment],
    range: TimeRange,
    url: impl Fn(&Segment) -> String,
) -> Option<String> {
    let mut segments: Vec<&Segment> =
        segments.iter().filter(|segment| segment.start < range.to && range.from < segment.end).collect();
    segments.sort_by_key(|segment| segment.start);
    let files: Vec<(&Segment, Vec<Entry>)> = segments
        .into_iter()
        .map(|segment| (segment, entries(segment, range)))
        .filter(|(_, entries)| !entries.is_empty())
        .collect();
    let longest = files.iter().flat_map(|(_, entries)| entries).map(|entry| entry.duration).max()?;
    let growing = files.last().is_some_and(|(segment, _)| !segment.closed && segment.end < range.to);
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
    for (number, (segment, entries)) in files.iter().enumerate() {
        let url = url(segment);
        if number > 0 {
            // Times begin anew in every file.
            text.push_str("#EXT-X-DISCONTINUITY\n");
        }
        let _ = writeln!(text, "#EXT-X-MAP:URI=\"{url}\",BYTERANGE=\"{}@0\"", segment.header_bytes);
        for entry in entries {
            let at = entry.start.to_datetime().to_rfc3339_opts(SecondsFormat::Millis, true);
            let _ = write!(
                text,
                "#EXT-X-PROGRAM-DATE-TIME:{at}\n#EXTINF:{:.6},\n#EXT-X-BYTERANGE:{}@{}\n{url}\n",
                entry.duration.as_secs_f64(),
                entry.bytes,
                entry.offset,
            );
        }
    }
    if !growing {
        text.push_str("#EXT-X-ENDLIST\n");
    }
    Some(text)
}

fn entries(segment: &Segment, range: TimeRange) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    for (offset, Fragment { start, duration, bytes, random_access, .. }) in segment.located_fragments() {
        match all.last_mut() {
            Some(entry) if !random_access => {
                entry.bytes += u64::from(*bytes);
                entry.duration += *duration;
            }
            _ => all.push(Entry {
                start: segment.start + *start,
                duration: *duration,
                offset,
                bytes: (*bytes).into(),
            }),
        }
    }
    if !segment.closed && all.len() > 1 {
        // A GOP that is not complete would change under the same place in the list.
        all.pop();
    }
    all.retain(|entry| entry.start < range.to && range.from < entry.start + entry.duration);
    all
}
