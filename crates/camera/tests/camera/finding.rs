//! Streams are found where only the host is known.

use std::time::Duration;

use camera::{SearchLimits, find};
use domain::{Credentials, FailureKind, GuessedBy, Secret};
use url::Url;

use crate::support::media::Video;
use crate::support::{Auth, FakeCamera, PASSWORD, Script, USER, short};

const MAIN: &str = "/cam/realmonitor?channel=1&subtype=0";
const SUB: &str = "/cam/realmonitor?channel=1&subtype=1";

fn limits() -> SearchLimits {
    SearchLimits { watch: Duration::from_millis(100), stream: short(), ..SearchLimits::default() }
}

fn host(camera: &FakeCamera) -> Url {
    format!("rtsp://{}/", camera.addr).parse().unwrap()
}

fn knowing(paths: &'static [&'static str]) -> Script {
    Script { auth: Auth::Digest, paths: Some(paths), ..Script::video(&Video::small()) }
}

fn credentials(password: &str) -> Credentials {
    Credentials { username: USER.to_owned(), password: Secret::new(password) }
}

#[tokio::test]
async fn the_realm_leads_to_the_streams_at_once() {
    let camera = FakeCamera::start(knowing(&[MAIN, SUB])).await;
    let found = find(&host(&camera), Some(&credentials(PASSWORD)), limits()).await.unwrap();
    assert_eq!(found.brand.as_deref(), Some("Dahua / KBVision / Imou"));
    assert_eq!(found.guessed_by, Some(GuessedBy::Realm));
    let url = |path: &str| Some(format!("rtsp://{}{path}", camera.addr).parse::<Url>().unwrap());
    assert_eq!((found.main_url, found.sub_url), (url(MAIN), url(SUB)));
    let tried: Vec<_> = found.tried.iter().map(|tried| (tried.path.as_str(), tried.failure)).collect();
    assert_eq!(tried, [(MAIN, None), (SUB, None)]);
    assert_eq!(found.streams.len(), 2);
    assert_eq!((found.streams[0].width, found.streams[0].height), (64, 48));
}

#[tokio::test]
async fn without_a_hint_the_usual_paths_are_tried_in_turn() {
    let script = Script { realm: "camera", ..knowing(&["/stream1"]) };
    let camera = FakeCamera::start(script).await;
    let found = find(&host(&camera), Some(&credentials(PASSWORD)), limits()).await.unwrap();
    assert_eq!(found.guessed_by, Some(GuessedBy::Path));
    assert_eq!(found.brand.as_deref(), Some("Tapo / VIGI"));
    assert!(found.main_url.unwrap().path() == "/stream1" && found.sub_url.is_none());
    let last: Vec<_> = found.tried.iter().rev().take(3).map(|tried| tried.failure).collect();
    assert_eq!(last, [Some(FailureKind::NoSuchPath), None, Some(FailureKind::NoSuchPath)]);
    assert!(found.advice.iter().any(|advice| advice.vi.contains("hai luồng")), "{:?}", found.advice);

    let strange = FakeCamera::start(Script { realm: "camera", ..knowing(&["/somewhere/else"]) }).await;
    let found = find(&host(&strange), Some(&credentials(PASSWORD)), limits()).await.unwrap();
    assert!(found.main_url.is_none() && found.streams.is_empty() && found.tried.len() > 10);
    assert!(found.advice.iter().any(|advice| advice.en.contains("by hand")), "{:?}", found.advice);
}

#[tokio::test]
async fn a_recorder_tells_its_channels() {
    const SECOND: &str = "/cam/realmonitor?channel=2&subtype=0";
    const NONE: &str = "/cam/realmonitor?channel=240&subtype=0";
    const SIXTH: &str = "/cam/realmonitor?channel=6&subtype=0";
    let recorder = FakeCamera::start(knowing(&[MAIN, SUB, SECOND, SIXTH])).await;
    let found = find(&host(&recorder), Some(&credentials(PASSWORD)), limits()).await.unwrap();
    let channels: Vec<_> = found.channels.iter().map(|channel| channel.number).collect();
    assert_eq!(channels, [2, 6], "some channels are not in use");
    let url = |path: &str| format!("rtsp://{}{path}", recorder.addr).parse::<Url>().unwrap();
    assert_eq!(found.channels[1].main_url, url(SIXTH));
    assert_eq!(found.channels[1].sub_url, Some(url("/cam/realmonitor?channel=6&subtype=1")));
    assert_eq!(found.tried.len(), 2, "of the first channel");

    let same = FakeCamera::start(knowing(&[MAIN, SUB, SECOND, NONE])).await;
    let found = find(&host(&same), Some(&credentials(PASSWORD)), limits()).await.unwrap();
    assert_eq!(found.channels, [], "the number means nothing to it");
}

#[tokio::test]
async fn the_first_refused_password_ends_the_search() {
    let camera = FakeCamera::start(knowing(&[MAIN])).await;
    for credentials in [Some(credentials("wrong")), None] {
        let before = camera.count("DESCRIBE");
        let failure = find(&host(&camera), credentials.as_ref(), limits()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::WrongPassword);
        assert!(failure.remedy.vi.contains("mã an toàn"), "{failure:?}");
        // The greeting, the challenge, and one try with the password.
        let asked = camera.count("DESCRIBE") - before;
        assert_eq!(asked, if credentials.is_some() { 3 } else { 2 });
    }
}

#[tokio::test]
async fn a_closed_port_and_another_protocol_are_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let failure = find(&format!("rtsp://{closed}/").parse().unwrap(), None, limits()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
    let other = Script { greeting: Some(b"SSH-2.0-dropbear\r\n\r\n".to_vec()), ..knowing(&[]) };
    let camera = FakeCamera::start(other).await;
    let failure = find(&host(&camera), None, limits()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotRtsp);
}
