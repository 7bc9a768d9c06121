//! A camera watched over a WebSocket.

use std::net::SocketAddr;
use std::time::Duration;

use api::ports::ApiConfig;
use domain::{Action, Role};
use futures::StreamExt as _;
use serde_json::Value;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::world::{Client, World, at, new_camera, run, run_with};

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// The router at a port of its own: an upgrade needs a connection.
async fn listening(world: &World) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = world.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(axum::serve(listener, service).into_future());
    address
}

async fn open(
    address: SocketAddr,
    world: &World,
    client: &Client,
    origin: Option<String>,
) -> Result<Socket, u16> {
    open_with(address, world, client, origin, "").await
}

async fn open_with(
    address: SocketAddr,
    world: &World,
    client: &Client,
    origin: Option<String>,
    query: &str,
) -> Result<Socket, u16> {
    let url = format!("ws://{address}/api/v1/cameras/{}/live?{query}", world.camera.id);
    let mut request = url.into_client_request().unwrap();
    let headers = request.headers_mut();
    if let Some(cookie) = &client.cookie {
        headers.insert("cookie", format!("taimat_session={cookie}").parse().unwrap());
    }
    if let Some(origin) = origin {
        headers.insert("origin", origin.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

async fn next(socket: &mut Socket) -> Option<Message> {
    let next = tokio::time::timeout(Duration::from_secs(20), socket.next()).await.expect("a message");
    next.map(Result::unwrap)
}

#[test]
fn a_watch_starts_and_tells_of_an_absence_until_the_session_ends() {
    let config = ApiConfig { live_recheck: Duration::from_millis(50), ..ApiConfig::default() };
    run_with(config, |world| async move {
        let address = listening(&world).await;
        let client = world.client(&[at(Role::Observer, &world.inside)]).await;
        let mut socket = open(address, &world, &client, Some(format!("http://{address}"))).await.unwrap();
        let text = |message: Option<Message>| -> Value {
            serde_json::from_str(message.unwrap().to_text().unwrap()).unwrap()
        };
        let start = text(next(&mut socket).await);
        assert_eq!((&start["type"], &start["codec"]), (&"start".into(), &"h264".into()), "{start}");
        assert_eq!(&next(&mut socket).await.unwrap().into_data()[4..8], b"ftyp");
        assert_eq!(&next(&mut socket).await.unwrap().into_data()[4..8], b"moof");
        let away = text(next(&mut socket).await);
        assert_eq!(
            (&away["type"], &away["trouble"]["kind"]),
            (&"offline".into(), &"closed".into()),
            "{away}"
        );
        client.delete("/session").await.expect(204);
        let Some(Message::Close(Some(close))) = next(&mut socket).await else { panic!("it is not closed") };
        assert_eq!(u16::from(close.code), 1008);
        let root = world.client(&[crate::world::everywhere(Role::Administrator)]).await;
        let audit = root.get(&format!("/audit?action=camera.watch&target=camera/{}", world.camera.id)).await;
        assert_eq!(audit.expect(200).json()["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn who_may_not_watch_is_refused_before_the_socket_opens() {
    let config = ApiConfig {
        trusted_origins: vec!["https://portal.example".to_owned()],
        video_streams: 1,
        ..ApiConfig::default()
    };
    run_with(config, |world| async move {
        let address = listening(&world).await;
        let client = world.client(&[at(Role::Observer, &world.inside)]).await;
        let refused = |status| move |opened: Result<Socket, u16>| assert_eq!(opened.err(), Some(status));
        refused(401)(open(address, &world, &world.nobody(), None).await);
        assert!(Role::ALL.iter().any(|role| role.allows(Action::Watch)));
        let outsider = world.client(&[at(Role::Observer, &world.outside)]).await;
        refused(404)(open(address, &world, &outsider, None).await);
        // A page of another site is given the cookie by the browser, and nothing by us.
        refused(403)(open(address, &world, &client, Some("https://evil.example".to_owned())).await);
        let trusted = Some("https://portal.example".to_owned());
        let first = open(address, &world, &client, trusted).await.unwrap();
        refused(429)(open(address, &world, &client, None).await);
        drop(first);
        let path = format!("/cameras/{}/live", world.camera.id);
        assert_eq!(client.get(&path).await.expect(400).code(), "invalid_request");
    });
}

#[test]
fn a_stream_that_the_page_cannot_play_is_transcoded_and_that_is_said() {
    run(|mut world| async move {
        let sub_url = Some("rtsp://192.0.2.1/sub".parse().unwrap());
        let new = index::NewCamera { sub_url, ..new_camera("Chùa", world.home.id) };
        world.camera = world.index.create_camera(new).await.unwrap();
        let address = listening(&world).await;
        let client = world.client(&[at(Role::Observer, &world.inside)]).await;
        let watch = async |query: &str| open_with(address, &world, &client, None, query).await;
        let started = async |query: &str| {
            let mut socket = watch(query).await.unwrap();
            let text = next(&mut socket).await.unwrap();
            let start: Value = serde_json::from_str(text.to_text().unwrap()).unwrap();
            (start["codec"].clone(), start["transcoded"].clone())
        };
        assert_eq!(started("stream=sub").await, ("h265".into(), false.into()));
        assert_eq!(started("codec=h264").await, ("h264".into(), false.into()));
        assert_eq!(started("stream=sub&codec=h264").await, ("h264".into(), true.into()));
        // It fails, and then too much is being transcoded: the page reads which by the code.
        for code in [1011, 1013] {
            let mut socket = watch("stream=sub&codec=h264").await.unwrap();
            let Some(Message::Close(Some(close))) = next(&mut socket).await else { panic!("it goes on") };
            assert_eq!(u16::from(close.code), code);
        }
        assert_eq!(watch("codec=h265").await.err(), Some(400));
    });
}

#[test]
fn a_watch_ends_with_the_server() {
    run(|world| async move {
        let address = listening(&world).await;
        let client = world.client(&[at(Role::Observer, &world.inside)]).await;
        let mut socket = open(address, &world, &client, None).await.unwrap();
        next(&mut socket).await;
        world.shutdown.cancel();
        let close = loop {
            match next(&mut socket).await {
                Some(Message::Close(close)) => break close.unwrap(),
                Some(_) => {}
                None => panic!("it is not closed"),
            }
        };
        assert_eq!(u16::from(close.code), 1001);
    });
}
