//! HLS playlists (RFC 8216, version 7) that play segment files by byte range.

use domain::{Segment, TimeRange};

/// A media playlist of one stream. `segments`: any order; those outside the range are left out. `url` says where a
/// segment's file is served (with byte ranges). One entry per GOP or so; it is VOD unless the newest segment
/// still grows within the range: then it is EVENT, to be fetched again. `None` where nothing was recorded in the range.
pub fn media_playlist(
    segments: &[Segment],
    range: TimeRange,
    url: impl Fn(&Segment) -> String,
) -> Option<String> {
    let _ = (segments, range, url);
    todo!()
}
