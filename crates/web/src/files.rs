//! The files, each in up to three forms: as built, and compressed when it was built.

use std::borrow::Cow;
use std::fmt::Write as _;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

#[derive(Embed)]
#[folder = "dist/"]
// A checkout in which nothing was built yet still compiles.
#[allow_missing = true]
struct Files;

/// The name of the document that is every page.
const DOCUMENT: &str = "index.html";
/// Encodings with their files' endings, the smallest first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// A file by its path, unless it is the document or only a compressed form.
pub(crate) fn find(path: &str) -> Option<EmbeddedFile> {
    let hidden = path == DOCUMENT || ENCODINGS.iter().any(|(_, ending)| path.ends_with(ending));
    if hidden { None } else { Files::get(path) }
}

/// The document, where the application was built.
pub(crate) fn document() -> Option<String> {
    Files::get(DOCUMENT).map(|file| String::from_utf8_lossy(&file.data).into_owned())
}

/// A file, in the smallest form that the browser takes; or 304 where it has it.
pub(crate) fn answer(path: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = tag(&file.metadata.sha256_hash());
    let keep = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response =
        if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            body(path, file, headers)
        };
    let answered = response.headers_mut();
    answered.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    answered.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answered.insert(header::ETAG, tag);
    }
    response
}

fn body(path: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = file.metadata.mimetype().to_owned();
    for (encoding, ending) in ENCODINGS {
        if accepts(accepted, encoding)
            && let Some(compressed) = Files::get(&format!("{path}{ending}"))
        {
            let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_ENCODING, encoding.to_owned())];
            return (headers, bytes(compressed.data)).into_response();
        }
    }
    ([(header::CONTENT_TYPE, kind)], bytes(file.data.clone())).into_response()
}

/// Whether an `Accept-Encoding` (RFC 9110, section 12.5.3) lets an encoding in.
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty());
        name.trim().eq_ignore_ascii_case(encoding) && !refused
    })
}

fn bytes(data: Cow<'static, [u8]>) -> axum::body::Bytes {
    match data {
        Cow::Borrowed(embedded) => axum::body::Bytes::from_static(embedded),
        Cow::Owned(read) => read.into(),
    }
}

fn tag(hash: &[u8; 32]) -> String {
    let mut tag = String::from("\"");
    for byte in hash.iter().take(12) {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_taken_where_it_is_named_and_not_refused() {
        assert!(accepts("gzip, deflate, br", "br") && accepts("BR;q=0.5", "br"));
        assert!(!accepts("gzip", "br") && !accepts("", "br") && !accepts("br;q=0", "br"));
        assert!(!accepts("br;q=0.000, gzip", "br") && accepts("br;q=0, gzip", "gzip"));
    }
}
