//! Whether a WebSocket is opened by a page of ours: browsers send cookies along whichever page opens it, and no guard
//! against changing requests looks at a GET.

use axum::http::{HeaderMap, header};
use url::Url;

use crate::problem::{Answer, Code, Problem};

/// Refuses where the browser names another site's page, unless that site is trusted. Programs name none.
pub(crate) fn require_own(headers: &HeaderMap, trusted: &[String]) -> Answer<()> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if is_host(origin, host) || trusted.iter().any(|site| site == origin) {
        return Ok(());
    }
    Err(Problem::new(Code::CrossSite, "the browser says that this request comes from a page of another site")
        .remedy("Use Taimat's own page, or add the other site to the trusted origins of the configuration."))
}

/// Whether the origin is the host that was asked, ports left out where they are the usual ones.
fn is_host(origin: &str, host: &str) -> bool {
    let Ok(origin) = Url::parse(origin) else { return false };
    let Ok(asked) = Url::parse(&format!("{}://{host}/", origin.scheme())) else { return false };
    matches!(origin.scheme(), "http" | "https")
        && origin.host().is_some()
        && (origin.host(), origin.port_or_known_default()) == (asked.host(), asked.port_or_known_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_and_trusted_ones_may() {
        let trusted = ["https://portal.example".to_owned()];
        for (origin, host, allowed) in [
            (None, "taimat.example", true),
            (Some("https://taimat.example"), "taimat.example", true),
            (Some("https://taimat.example:443"), "taimat.example", true),
            (Some("http://192.0.2.7:8080"), "192.0.2.7:8080", true),
            (Some("http://192.0.2.7:8081"), "192.0.2.7:8080", false),
            (Some("https://evil.example"), "taimat.example", false),
            (Some("https://taimat.example.evil.example"), "taimat.example", false),
            (Some("https://portal.example"), "taimat.example", true),
            (Some("null"), "taimat.example", false),
            (Some(""), "", false),
            (Some("file://"), "", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            assert_eq!(require_own(&headers, &trusted).is_ok(), allowed, "{origin:?} at {host}");
        }
    }
}
