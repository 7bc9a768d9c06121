//! One DESCRIBE without credentials, to see who answers. retina does the talking everywhere else; but it tells neither
//! the realm nor the name of the server, which give a camera's brand away.

use std::io;
use std::time::Duration;

use domain::ConnectFailure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::failure::{self, Stage};

/// The longest head of an answer.
const LONGEST: usize = 8 * 1024;
/// The longest realm and server name that are looked at.
const LONGEST_NAME: usize = 120;

/// What an answer says of the camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Banner {
    /// RTSP status code.
    pub(crate) status: u16,
    /// For what it asks a password.
    pub(crate) realm: Option<String>,
    /// The name of its software.
    pub(crate) server: Option<String>,
}

/// Asks at `place` (host and port) for a path. Connecting and answering may each take `limit`.
pub(crate) async fn ask(place: &str, path: &str, limit: Duration) -> Result<Banner, ConnectFailure> {
    let mut stream = match timeout(limit, TcpStream::connect(place)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(failure::unconnected(&error, place)),
        Err(_) => return Err(failure::unreachable(place)),
    };
    let request = format!(
        "DESCRIBE rtsp://{place}{path} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\nUser-Agent: Taimat/{}\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    );
    match timeout(limit, exchange(&mut stream, request.as_bytes())).await {
        Ok(Ok(head)) if head.is_empty() => Err(failure::closed(place, Stage::Describe)),
        Ok(Ok(head)) => parse(&head).ok_or_else(|| failure::not_rtsp(place)),
        Ok(Err(_)) => Err(failure::closed(place, Stage::Describe)),
        Err(_) => Err(failure::silent(place, Stage::Describe, limit)),
    }
}

/// Sends the request and reads the head of the answer.
async fn exchange(stream: &mut TcpStream, request: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(request).await?;
    let mut head = Vec::with_capacity(1024);
    while head.len() < LONGEST {
        if stream.read_buf(&mut head).await? == 0 || ends(&head) {
            break;
        }
    }
    Ok(head)
}

fn ends(head: &[u8]) -> bool {
    head.windows(4).any(|four| four == b"\r\n\r\n")
}

/// Reads the head of an answer; `None` where it is none of RTSP.
fn parse(head: &[u8]) -> Option<Banner> {
    let text = String::from_utf8_lossy(head.get(..LONGEST).unwrap_or(head));
    let mut lines = text.split('\n').map(str::trim_end);
    let mut first = lines.next()?.split_ascii_whitespace();
    first.next()?.strip_prefix("RTSP/1.")?;
    let status = first.next()?.parse().ok().filter(|status| (100..1000).contains(status))?;
    let mut banner = Banner { status, realm: None, server: None };
    for line in lines.take_while(|line| !line.is_empty()) {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("server") {
            banner.server = banner.server.or_else(|| shown(value));
        } else if name.eq_ignore_ascii_case("www-authenticate") {
            banner.realm = banner.realm.or_else(|| realm(value));
        }
    }
    Some(banner)
}

/// The realm of a challenge, quoted or not.
fn realm(challenge: &str) -> Option<String> {
    let at = challenge.to_ascii_lowercase().find("realm=")?;
    let value = challenge.get(at + "realm=".len()..)?;
    match value.strip_prefix('"') {
        Some(quoted) => shown(quoted.split('"').next()?),
        None => shown(value.split([',', ' ']).next()?),
    }
}

fn shown(text: &str) -> Option<String> {
    let text: String = text.trim().chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_cameras_write_them() {
        let answer = "RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nserver: Rtsp Server/3.0\r\nWWW-Authenticate: Digest \
            realm=\"Login to 7K0\", nonce=\"9a\"\r\nWWW-Authenticate: Basic realm=\"other\"\r\n\r\nrealm=\"no\"";
        let banner = parse(answer.as_bytes()).unwrap();
        assert_eq!((banner.status, banner.realm.as_deref()), (401, Some("Login to 7K0")));
        assert_eq!(banner.server.as_deref(), Some("Rtsp Server/3.0"));
        let bare = parse(b"RTSP/1.0 404 Not Found\nWWW-Authenticate: Basic REALM=cam, x=1\n\n").unwrap();
        assert_eq!((bare.status, bare.realm.as_deref(), bare.server), (404, Some("cam"), None));
        for other in ["", "HTTP/1.1 200 OK\r\n\r\n", "RTSP/1.0 abc", "RTSP/1.0 9", "SSH-2.0-x\r\n"] {
            assert_eq!(parse(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn any_answer_is_read_or_refused() {
        bolero::check!().with_type::<(bool, Vec<u8>)>().for_each(|(plausible, bytes)| {
            let mut head =
                if *plausible { b"RTSP/1.0 401 x\r\nWWW-Authenticate: ".to_vec() } else { Vec::new() };
            head.extend(bytes);
            if let Some(banner) = parse(&head) {
                for text in [banner.realm, banner.server].into_iter().flatten() {
                    assert!(!text.is_empty() && text.chars().count() <= LONGEST_NAME);
                    assert!(!text.contains(char::is_control));
                }
            }
        });
    }
}
