//! What of a camera's address may be shown, and what must not.

use domain::{ConnectFailure, StreamAddress};
use url::Url;

use crate::failure;

/// RTSP's own port, RFC 2326 §3.2.
const RTSP_PORT: u16 = 554;

/// An address that was checked, with what messages may say of it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Host name or address.
    pub(crate) host: String,
    /// TCP port.
    pub(crate) port: u16,
    /// The path without what may hold a password.
    pub(crate) path: String,
    /// What must never be shown, wherever it comes from.
    secrets: Vec<String>,
}

impl Target {
    /// Checks the address.
    pub(crate) fn new(address: &StreamAddress) -> Result<Self, ConnectFailure> {
        let url = &address.url;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(failure::password_in_address());
        }
        let host = url.host_str().unwrap_or_default();
        if url.scheme() != "rtsp" || host.is_empty() {
            return Err(failure::no_rtsp_address(&clip(url.scheme())));
        }
        let mut secrets = Vec::new();
        if let Some(credentials) = &address.credentials {
            secrets.push(credentials.password.reveal().to_owned());
        }
        // Some DVRs take user name and password in the path or the query.
        for part in url.path().split(['/', '&']).chain(url.query().unwrap_or_default().split('&')) {
            if let Some((_, value)) = part.split_once('=') {
                secrets.push(value.to_owned());
            }
        }
        secrets.retain(|secret| !secret.is_empty());
        Ok(Self {
            // An IPv6 address stands in brackets in a URL, and without them in a lookup.
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: url.port().unwrap_or(RTSP_PORT),
            path: shown_path(url),
            secrets,
        })
    }

    /// The same host at another port.
    pub(crate) fn at(&self, port: u16) -> Self {
        Self { port, ..self.clone() }
    }

    /// `host:port`, as it is shown.
    pub(crate) fn place(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Text from the camera or from a library, fit to be shown: one short line without secrets. `None` where
    /// that cannot be told.
    pub(crate) fn shown(&self, text: &str) -> Option<String> {
        let line = text.lines().next().unwrap_or_default().trim();
        let lower = line.to_ascii_lowercase();
        let leaks = ["basic ", "authorization", "rtsp://", "password", "passwd"]
            .iter()
            .any(|word| lower.contains(word))
            || self.secrets.iter().any(|secret| line.contains(secret.as_str()));
        let printable: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        (!line.is_empty() && !leaks).then(|| clip(&printable))
    }
}

/// The path of the URL. What has a `=` in it may hold a password, and so may the query.
fn shown_path(url: &Url) -> String {
    let parts: Vec<&str> =
        url.path().split('/').map(|part| if part.contains('=') { "…" } else { part }).collect();
    let query = if url.query().is_some() { "?…" } else { "" };
    clip(&format!("{}{query}", parts.join("/")))
}

fn clip(text: &str) -> String {
    const LONGEST: usize = 160;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use domain::{Credentials, FailureKind, Secret, Transport};

    use super::*;

    fn address(url: &str) -> StreamAddress {
        StreamAddress {
            url: url.parse().unwrap(),
            credentials: Some(Credentials { username: "admin".into(), password: Secret::new("Hue@2026") }),
            transport: Transport::Auto,
        }
    }

    #[test]
    fn passwords_in_an_address_are_refused_without_being_repeated() {
        let failure = Target::new(&address("rtsp://admin:secret123@10.0.0.2/stream1")).unwrap_err();
        assert_eq!(failure.kind, FailureKind::WrongPassword);
        assert!(!format!("{failure:?}").contains("secret123"));
    }

    #[test]
    fn passwords_in_a_path_or_query_are_not_shown() {
        for url in [
            "rtsp://10.0.0.2/user=admin&password=secret123&channel=1&stream=0.sdp",
            "rtsp://10.0.0.2/live?user=admin&pwd=secret123",
        ] {
            let target = Target::new(&address(url)).unwrap();
            assert!(!target.path.contains("secret123"), "{}", target.path);
            assert_eq!(target.shown("bad control secret123"), None);
        }
        let target = Target::new(&address("rtsp://[fe80::1]:8554/a/b")).unwrap();
        assert_eq!((target.place().as_str(), target.path.as_str()), ("[fe80::1]:8554", "/a/b"));
        assert_eq!(target.shown("no such Hue@2026\n\nconn"), None);
        assert_eq!(target.shown("Basic YWRtaW46SHVlQDIwMjY="), None);
        assert_eq!(target.shown("bad\x07 thing\nmore").as_deref(), Some("bad  thing"));
    }

    #[test]
    fn other_schemes_are_refused() {
        for url in ["http://10.0.0.2/", "rtsps://10.0.0.2/", "rtsp:/nohost"] {
            assert_eq!(Target::new(&address(url)).unwrap_err().kind, FailureKind::NotRtsp, "{url}");
        }
    }
}
