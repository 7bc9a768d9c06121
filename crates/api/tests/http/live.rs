//! Live changes.

use std::time::Duration;

use api::ports::ApiConfig;
use axum::body::{Body, BodyDataStream};
use axum::http::header;
use domain::{LiveEvent, Role};
use futures::StreamExt as _;
use tower::ServiceExt as _;

use crate::world::{Client, NOW, at, event_at, root, run, run_with};

/// What a stream of server-sent events sends until it pauses or ends.
pub(crate) async fn read_events(stream: &mut BodyDataStream, until: &str) -> String {
    let mut text = String::new();
    while !text.contains(until) {
        let next = tokio::time::timeout(Duration::from_secs(20), stream.next()).await;
        let Some(chunk) = next.unwrap_or_else(|_| panic!("{until:?} never came: {text}")) else {
            return text + "END";
        };
        text.push_str(&String::from_utf8_lossy(&chunk.unwrap()));
    }
    text
}

pub(crate) async fn open_live(client: &Client) -> BodyDataStream {
    let request = client.request("GET", "/live").body(Body::empty()).unwrap();
    let response = client.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    response.into_body().into_data_stream()
}

#[test]
fn live_changes_reach_those_who_may_watch_until_their_session_ends() {
    let config = ApiConfig { live_recheck: Duration::from_millis(50), ..ApiConfig::default() };
    run_with(config, |world| async move {
        let user = world.user(&[at(Role::Observer, &world.inside)]).await;
        let session = world.session(user).await;
        let member = Client { cookie: Some(session), ..world.nobody() };
        let mut stream = open_live(&member).await;
        assert!(read_events(&mut stream, "\n\n").await.contains("event: resync"));
        let foreign = domain::Event { place_id: world.outside.id, ..event_at(&world.camera, NOW) };
        world.live.send(LiveEvent::EventStarted { event: foreign.clone() }).unwrap();
        world.live.send(LiveEvent::EventStarted { event: world.event.clone() }).unwrap();
        let text = read_events(&mut stream, "event_started").await;
        assert!(
            text.contains(&world.event.id.to_string()) && !text.contains(&foreign.id.to_string()),
            "{text}"
        );
        // More than the channel holds: the client is told to fetch again.
        for _ in 0..20 {
            world.live.send(LiveEvent::EventChanged { event: world.event.clone() }).unwrap();
        }
        assert!(read_events(&mut stream, "resync").await.contains("resync"));
        member.delete("/session").await.expect(204);
        let rest = read_events(&mut stream, "never sent").await;
        assert!(rest.ends_with("END"), "{rest}");
    });
}

#[test]
fn live_streams_end_with_the_server() {
    run(|world| async move {
        let mut stream = open_live(&root(&world).await).await;
        read_events(&mut stream, "resync").await;
        world.shutdown.cancel();
        assert!(read_events(&mut stream, "never sent").await.ends_with("END"));
    });
}
