//! Media in answers: byte ranges, file names, and files of the recordings.

use std::fmt::Write as _;
use std::io::SeekFrom;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use crate::problem::{Answer, Code, Problem};

/// Bytes read from the disk at once.
const CHUNK: usize = 64 * 1024;

/// What is known of a representation before its bytes.
pub(crate) struct Media {
    /// Its media type.
    pub(crate) kind: &'static str,
    /// Its length in bytes.
    pub(crate) length: u64,
    /// Its strong entity tag, with the quotes; `None` while it may still change.
    pub(crate) etag: Option<String>,
    /// How long a browser may keep it, in seconds. Never shared between people.
    pub(crate) keep: u32,
}

/// The part of the representation that the request asks for: `None` for all of it, RFC 9110 §14.2.
///
/// More than one range, another unit or a malformed header is ignored, as the RFC allows; so is a range that
/// belongs to another version (`If-Range`).
pub(crate) fn requested(headers: &HeaderMap, media: &Media) -> Answer<Option<Range<u64>>> {
    if let Some(condition) = headers.get(header::IF_RANGE) {
        let same = media.etag.as_deref().is_some_and(|etag| condition.as_bytes() == etag.as_bytes());
        if !same {
            return Ok(None);
        }
    }
    let Some(text) = headers.get(header::RANGE).and_then(|range| range.to_str().ok()) else {
        return Ok(None);
    };
    match parse_range(text, media.length) {
        Asked::All => Ok(None),
        Asked::Part(range) => Ok(Some(range)),
        Asked::Nothing => Err(Problem::new(
            Code::RangeNotSatisfiable,
            format!("the file has {} bytes, and none of the asked range is among them", media.length),
        )
        .at("Range")
        .remedy("Ask for a range inside the file.")),
    }
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// All of it, or something that this server does not serve in parts.
    All,
    /// Part of it.
    Part(Range<u64>),
    /// A part that lies outside.
    Nothing,
}

fn parse_range(text: &str, length: u64) -> Asked {
    let Some((unit, spec)) = text.split_once('=') else { return Asked::All };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Asked::All;
    }
    let Some((first, last)) = spec.trim().split_once('-') else { return Asked::All };
    let number = |digits: &str| match digits {
        "" => Some(None),
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
            // More digits than fit means "to the end", not an error.
            Some(Some(digits.parse::<u64>().unwrap_or(u64::MAX)))
        }
        _ => None,
    };
    match (number(first), number(last)) {
        (Some(None), Some(Some(0))) => Asked::Nothing,
        (Some(None), Some(Some(suffix))) if length > 0 => Asked::Part(length.saturating_sub(suffix)..length),
        (Some(None), Some(Some(_))) => Asked::Nothing,
        (Some(Some(first)), Some(last)) if last.is_none_or(|last| first <= last) => {
            if first < length {
                Asked::Part(first..last.map_or(length, |last| last.saturating_add(1).min(length)))
            } else {
                Asked::Nothing
            }
        }
        _ => Asked::All,
    }
}

/// An answer with the media, or the asked part of it.
pub(crate) fn answer(media: &Media, part: Option<Range<u64>>, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    let mut put = |name: header::HeaderName, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    let sent = part.clone().unwrap_or(0..media.length);
    put(header::CONTENT_TYPE, media.kind.to_owned());
    put(header::CONTENT_LENGTH, (sent.end - sent.start).to_string());
    put(header::ACCEPT_RANGES, "bytes".to_owned());
    put(header::CACHE_CONTROL, cache_control(media.keep));
    if let Some(etag) = &media.etag {
        put(header::ETAG, etag.clone());
    }
    if let Some(part) = part {
        put(header::CONTENT_RANGE, format!("bytes {}-{}/{}", part.start, part.end - 1, media.length));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

/// Media belongs to one person's browser, and no proxy keeps it.
pub(crate) fn cache_control(keep: u32) -> String {
    if keep == 0 { "private, no-cache".to_owned() } else { format!("private, max-age={keep}, immutable") }
}

/// Joins a path that the index holds to its root; `None` for a row that leads outside: the database may have been edited by
/// hand.
#[must_use]
pub fn inside(root: &Path, relative: &str) -> Option<PathBuf> {
    let relative = Path::new(relative);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    (plain && relative.file_name().is_some()).then(|| root.join(relative))
}

/// The same for an answer.
pub(crate) fn found_inside(root: &Path, relative: &str) -> Answer<PathBuf> {
    inside(root, relative).ok_or_else(|| {
        Problem::internal(&std::io::Error::other(format!("a row names a file outside: {relative}")))
    })
}

/// Bytes of a file. `media.length` may be less than the file has by now, never more.
pub(crate) async fn file(path: &Path, media: &Media, headers: &HeaderMap) -> Answer<Response> {
    let part = requested(headers, media)?;
    let wanted = part.clone().unwrap_or(0..media.length);
    let body = file_body(path, wanted, media.length).await.map_err(|error| {
        tracing::warn!(path = %path.display(), %error, "a file that the index knows cannot be read");
        Problem::new(Code::NoFootage, "the file is gone from the disk or cannot be read")
            .remedy("Ask the operator to run `taimat check`.")
    })?;
    Ok(answer(media, part, body))
}

async fn file_body(path: &Path, wanted: Range<u64>, length: u64) -> std::io::Result<Body> {
    let mut file = tokio::fs::File::open(path).await?;
    let there = file.metadata().await?.len();
    if there < length {
        return Err(std::io::Error::other(format!("it has {there} bytes where {length} are expected")));
    }
    file.seek(SeekFrom::Start(wanted.start)).await?;
    let bytes = file.take(wanted.end - wanted.start);
    Ok(Body::from_stream(ReaderStream::with_capacity(bytes, CHUNK)))
}

/// `Content-Disposition: attachment` with a name for people and one in ASCII for old clients, RFC 6266 and RFC 8187.
pub(crate) fn attachment(ascii: &str, name: &str) -> HeaderValue {
    let ascii: String = ascii.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    let value = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}");
    HeaderValue::try_from(value).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._ ".contains(c)
}

/// A name that every file system takes: no separators, no control characters.
pub(crate) fn file_name(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || "/\\:*?\"<>|".contains(c) { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_a_hundred_bytes() {
        let part = |range| Asked::Part(range);
        for (text, asked) in [
            ("bytes=0-9", part(0..10)),
            ("bytes=90-", part(90..100)),
            ("bytes=-10", part(90..100)),
            ("bytes=-1000", part(0..100)),
            ("bytes=50-1000", part(50..100)),
            ("bytes=99-99", part(99..100)),
            ("bytes=100-", Asked::Nothing),
            ("bytes=-0", Asked::Nothing),
            ("bytes=99999999999999999999999-", Asked::Nothing),
            ("bytes=9-3", Asked::All),
            ("bytes=0-1,5-6", Asked::All),
            ("bytes=a-b", Asked::All),
            ("bytes=+1-2", Asked::All),
            ("bytes=-", Asked::All),
            ("frames=0-9", Asked::All),
            ("", Asked::All),
        ] {
            assert_eq!(parse_range(text, 100), asked, "{text}");
        }
        assert_eq!(parse_range("bytes=-5", 0), Asked::Nothing);
        assert_eq!(parse_range("bytes=0-", 0), Asked::Nothing);
    }

    #[test]
    fn a_range_never_leaves_the_file() {
        bolero::check!().with_type::<(String, u64)>().for_each(|(text, length)| {
            for text in [text.clone(), format!("bytes={text}")] {
                if let Asked::Part(range) = parse_range(&text, *length) {
                    assert!(range.start < range.end && range.end <= *length);
                }
            }
        });
    }

    #[test]
    fn a_row_cannot_lead_out_of_the_recordings() {
        let root = Path::new("/srv/recordings");
        assert_eq!(found_inside(root, "cho/2026/a.mp4").unwrap(), root.join("cho/2026/a.mp4"));
        for path in ["../secret", "/etc/passwd", "a/../../b", "", ".", "a/./.."] {
            assert!(found_inside(root, path).is_err(), "{path}");
        }
    }

    #[test]
    fn names_survive_in_headers() {
        let value = attachment("cho.mp4", &file_name("Chợ \"Đông Ba\"/cổng\r\n.mp4"));
        let text = value.to_str().unwrap();
        assert!(text.contains("filename*=UTF-8''Ch%E1%BB%A3%20-%C4%90%C3%B4ng%20Ba--c"), "{text}");
        assert!(!text.contains('\n'));
    }
}
