//! A camera that does as it is told: an RTSP server with scripted answers.

pub(crate) mod media;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use camera::{Limits, StreamConfig, StreamEvent};
use domain::{CameraId, Credentials, Secret, StreamAddress, StreamKind, SystemClock, Transport};
use md5::{Digest, Md5};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use media::{Packetizer, Video};

pub(crate) const USER: &str = "admin";
pub(crate) const PASSWORD: &str = "Tr0ng-sach";
const REALM: &str = "Login to 7K0";
const NONCE: &str = "9a0364b9e99bb480dd25e1f0284c8555";

/// What is asked of those who want in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auth {
    Open,
    Basic,
    Digest,
}

/// What the camera says to SETUP over TCP.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tcp {
    Taken,
    /// This status.
    Refused(u16),
    /// 200, with a transport that was not asked for.
    Mismatched,
}

/// What the camera does once it plays.
#[derive(Clone)]
pub(crate) enum Step {
    /// An RTP or RTCP packet of the track (0 video, 1 sound).
    Rtp(usize, Vec<u8>),
    Rtcp(usize, Vec<u8>),
    /// Bytes into the connection as they are.
    Raw(Vec<u8>),
    Wait(Duration),
    /// Closes the connection.
    Close,
}

type Play = Arc<dyn Fn(usize) -> Vec<Step> + Send + Sync>;

/// How a camera behaves.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) auth: Auth,
    /// For what it asks a password.
    pub(crate) realm: &'static str,
    /// The paths that it knows, with their queries; `None`: all.
    pub(crate) paths: Option<&'static [&'static str]>,
    /// Status of DESCRIBE for those who are let in.
    pub(crate) describe: u16,
    pub(crate) sdp: String,
    pub(crate) tcp: Tcp,
    /// Status of SETUP of the second track.
    pub(crate) second_track: u16,
    /// Sent on connecting; nothing else then follows.
    pub(crate) greeting: Option<Vec<u8>>,
    /// Whether requests are read and not answered.
    pub(crate) silent: bool,
    /// What each session (numbered from 0) plays. After it the connection stays open.
    pub(crate) play: Play,
}

impl Script {
    pub(crate) fn new(sdp: String, play: impl Fn(usize) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self {
            auth: Auth::Open,
            realm: REALM,
            paths: None,
            describe: 200,
            sdp,
            tcp: Tcp::Taken,
            second_track: 200,
            greeting: None,
            silent: false,
            play: Arc::new(play),
        }
    }

    /// A camera that plays the video.
    pub(crate) fn video(video: &Video) -> Self {
        let played = video.clone();
        Self::new(video.sdp(), move |_| steps(&played, &mut Packetizer::default()))
    }
}

/// Ten milliseconds from picture to picture.
pub(crate) const PACE: Duration = Duration::from_millis(10);

/// The pictures of a video, at the pace of their time stamps.
pub(crate) fn steps(video: &Video, packetizer: &mut Packetizer) -> Vec<Step> {
    let mut steps = Vec::new();
    for picture in &video.pictures {
        steps.extend(packetizer.picture(video.codec, picture).into_iter().map(|packet| Step::Rtp(0, packet)));
        steps.push(Step::Wait(PACE));
    }
    steps
}

/// A running fake camera. It stops when dropped.
pub(crate) struct FakeCamera {
    pub(crate) addr: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    _task: JoinSet<()>,
}

impl FakeCamera {
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let mut task = JoinSet::new();
        let log = Arc::clone(&requests);
        task.spawn(async move {
            let mut connections = JoinSet::new();
            let plays = Arc::new(Mutex::new(0));
            while let Ok((stream, _)) = listener.accept().await {
                let connection =
                    Connection { script: script.clone(), log: Arc::clone(&log), plays: Arc::clone(&plays) };
                connections.spawn(async move {
                    // A client that hangs up ends the connection.
                    let _ = connection.serve(stream).await;
                });
            }
        });
        Self { addr, requests, _task: task }
    }

    /// Methods and transports asked for so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, method: &str) -> usize {
        self.requests().iter().filter(|request| request.starts_with(method)).count()
    }

    pub(crate) fn address(&self) -> StreamAddress {
        StreamAddress {
            url: format!("rtsp://{}/stream1", self.addr).parse().unwrap(),
            credentials: None,
            transport: Transport::Auto,
        }
    }

    pub(crate) fn address_with(&self, password: &str) -> StreamAddress {
        let credentials = Some(Credentials { username: USER.into(), password: Secret::new(password) });
        StreamAddress { credentials, ..self.address() }
    }
}

struct Connection {
    script: Script,
    log: Arc<Mutex<Vec<String>>>,
    plays: Arc<Mutex<usize>>,
}

struct Request {
    method: String,
    uri: String,
    cseq: String,
    headers: Vec<(String, String)>,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// How a track reaches the client.
enum Route {
    Channel(u8),
    Datagrams(UdpSocket, SocketAddr),
}

impl Connection {
    async fn serve(self, stream: TcpStream) -> std::io::Result<()> {
        let client = stream.peer_addr()?;
        let (reader, writer) = stream.into_split();
        let mut reader = BufReader::new(reader);
        let writer: Writer = Arc::new(tokio::sync::Mutex::new(writer));
        let mut playing = JoinSet::new();
        if let Some(greeting) = &self.script.greeting {
            writer.lock().await.write_all(greeting).await?;
            reader.read_to_end(&mut Vec::new()).await?;
            return Ok(());
        }
        let mut routes: Vec<Route> = Vec::new();
        while let Some(request) = read_request(&mut reader).await? {
            let transport = request.header("Transport").unwrap_or_default().to_owned();
            self.log.lock().unwrap().push(format!("{} {transport}", request.method));
            if self.script.silent {
                continue;
            }
            if !self.lets_in(&request) {
                let challenge = match self.script.auth {
                    Auth::Basic => format!("Basic realm=\"{}\"", self.script.realm),
                    _ => format!("Digest realm=\"{}\", nonce=\"{NONCE}\"", self.script.realm),
                };
                let header = format!("WWW-Authenticate: {challenge}\r\n");
                send(&writer, &answer(401, &request.cseq, &header, "")).await?;
                continue;
            }
            let (status, header, body) = match request.method.as_str() {
                "DESCRIBE" if !self.knows(&request.uri) => (404, String::new(), ""),
                "DESCRIBE" if self.script.describe == 200 => {
                    let base = format!("Content-Type: application/sdp\r\nContent-Base: {}/\r\n", request.uri);
                    (200, base, self.script.sdp.as_str())
                }
                "DESCRIBE" => (self.script.describe, String::new(), ""),
                "SETUP" => {
                    let (status, header) = self.setup(&transport, client, &mut routes).await?;
                    (status, format!("{header}Session: 42;timeout=60\r\n"), "")
                }
                _ => (200, "Session: 42\r\n".to_owned(), ""),
            };
            send(&writer, &answer(status, &request.cseq, &header, body)).await?;
            match request.method.as_str() {
                "PLAY" => {
                    let number = {
                        let mut plays = self.plays.lock().unwrap();
                        *plays += 1;
                        *plays - 1
                    };
                    let steps = (self.script.play)(number);
                    playing.spawn(play(Arc::clone(&writer), std::mem::take(&mut routes), steps));
                }
                "TEARDOWN" => playing.abort_all(),
                _ => {}
            }
        }
        Ok(())
    }

    fn knows(&self, uri: &str) -> bool {
        let after_host = uri.splitn(4, '/').nth(3).unwrap_or_default();
        self.script.paths.is_none_or(|paths| paths.iter().any(|path| path[1..] == *after_host))
    }

    async fn setup(
        &self,
        transport: &str,
        client: SocketAddr,
        routes: &mut Vec<Route>,
    ) -> std::io::Result<(u16, String)> {
        if routes.len() == 1 && self.script.second_track != 200 {
            return Ok((self.script.second_track, String::new()));
        }
        if let Some((_, ports)) = transport.split_once("client_port=") {
            let port: u16 = ports.split('-').next().unwrap().parse().unwrap();
            // RTP on an even port, RTCP on the next.
            let (rtp, _rtcp) = loop {
                let rtp = UdpSocket::bind("127.0.0.1:0").await?;
                let next = rtp.local_addr()?.port().wrapping_add(1);
                if let Ok(rtcp) = UdpSocket::bind(("127.0.0.1", next)).await {
                    break (rtp, rtcp);
                }
            };
            let server = rtp.local_addr()?.port();
            routes.push(Route::Datagrams(rtp, SocketAddr::new(client.ip(), port)));
            return Ok((200, format!("Transport: {transport};server_port={server}-{}\r\n", server + 1)));
        }
        match self.script.tcp {
            Tcp::Taken => {
                routes.push(Route::Channel(routes.len() as u8 * 2));
                Ok((200, format!("Transport: {transport}\r\n")))
            }
            Tcp::Refused(status) => Ok((status, String::new())),
            Tcp::Mismatched => Ok((200, "Transport: RTP/AVP;unicast;client_port=0-1\r\n".into())),
        }
    }

    fn lets_in(&self, request: &Request) -> bool {
        let given = request.header("Authorization").unwrap_or_default();
        match self.script.auth {
            Auth::Open => true,
            Auth::Basic => {
                given == format!("Basic {}", media::base64(format!("{USER}:{PASSWORD}").as_bytes()))
            }
            Auth::Digest => {
                let ha1 = md5(&format!("{USER}:{}:{PASSWORD}", self.script.realm));
                let ha2 = md5(&format!("{}:{}", request.method, request.uri));
                given.contains(&format!("response=\"{}\"", md5(&format!("{ha1}:{NONCE}:{ha2}"))))
            }
        }
    }
}

type Writer = Arc<tokio::sync::Mutex<tokio::net::tcp::OwnedWriteHalf>>;

async fn send(writer: &Writer, bytes: &[u8]) -> std::io::Result<()> {
    writer.lock().await.write_all(bytes).await
}

async fn play(writer: Writer, routes: Vec<Route>, steps: Vec<Step>) -> std::io::Result<()> {
    for step in steps {
        let (track, rtcp, packet) = match step {
            Step::Rtp(track, packet) => (track, 0, packet),
            Step::Rtcp(track, packet) => (track, 1, packet),
            Step::Raw(bytes) => {
                send(&writer, &bytes).await?;
                continue;
            }
            Step::Wait(time) => {
                tokio::time::sleep(time).await;
                continue;
            }
            Step::Close => {
                writer.lock().await.shutdown().await?;
                continue;
            }
        };
        match routes.get(track) {
            Some(Route::Channel(channel)) => {
                let mut framed = vec![b'$', channel + rtcp];
                framed.extend_from_slice(&(packet.len() as u16).to_be_bytes());
                framed.extend_from_slice(&packet);
                send(&writer, &framed).await?;
            }
            Some(Route::Datagrams(socket, client)) if rtcp == 0 => {
                socket.send_to(&packet, client).await?;
            }
            _ => {}
        }
    }
    // Nothing more is sent, and the ways stay open until the client leaves.
    std::future::pending().await
}

async fn read_request(
    reader: &mut BufReader<tokio::net::tcp::OwnedReadHalf>,
) -> std::io::Result<Option<Request>> {
    let mut first = String::new();
    while first.trim().is_empty() {
        first.clear();
        if reader.read_line(&mut first).await? == 0 {
            return Ok(None);
        }
    }
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).await? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((key, value)) = line.split_once(':') {
            headers.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    let mut words = first.split_whitespace();
    let mut request = Request {
        method: words.next().unwrap_or_default().to_owned(),
        uri: words.next().unwrap_or_default().to_owned(),
        cseq: String::new(),
        headers,
    };
    request.cseq = request.header("CSeq").unwrap_or_default().to_owned();
    Ok(Some(request))
}

fn answer(status: u16, cseq: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("RTSP/1.0 {status} Whatever\r\nCSeq: {cseq}\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

fn md5(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Limits for which a test does not wait long.
pub(crate) fn short() -> Limits {
    Limits {
        connect: Duration::from_millis(700),
        answer: Duration::from_millis(700),
        stall: Duration::from_millis(400),
        key_frame: Duration::from_millis(400),
        teardown: Duration::from_millis(500),
        backoff_first: Duration::from_millis(20),
        backoff_max: Duration::from_millis(100),
        healthy: Duration::from_mins(1),
    }
}

/// A stream that is being pulled.
pub(crate) struct Pull {
    pub(crate) events: mpsc::Receiver<StreamEvent>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) done: tokio::task::JoinHandle<()>,
}

impl Pull {
    pub(crate) fn start(address: StreamAddress, limits: Limits) -> Self {
        let (sender, events) = mpsc::channel(16);
        let shutdown = CancellationToken::new();
        let config =
            StreamConfig { camera_id: CameraId::generate(), stream: StreamKind::Main, address, limits };
        let run = camera::run(config, Arc::new(SystemClock::default()), sender, shutdown.clone());
        Self { events, shutdown, done: tokio::spawn(run) }
    }

    /// The next event. Panics after ten seconds without one.
    pub(crate) async fn next(&mut self) -> StreamEvent {
        tokio::time::timeout(Duration::from_secs(10), self.events.recv())
            .await
            .expect("an event within ten seconds")
            .expect("the stream goes on")
    }

    /// All events up to and including the first that `last` accepts. Panics after a thousand others.
    pub(crate) async fn until(&mut self, last: impl Fn(&StreamEvent) -> bool) -> Vec<StreamEvent> {
        let mut events = Vec::new();
        loop {
            assert!(events.len() < 1_000, "still going: {:?}", events.last());
            events.push(self.next().await);
            if last(events.last().unwrap()) {
                return events;
            }
        }
    }

    /// Ends it, and waits until it has left.
    pub(crate) async fn stop(mut self) {
        self.shutdown.cancel();
        self.events.close();
        tokio::time::timeout(Duration::from_secs(10), self.done)
            .await
            .expect("it leaves")
            .expect("without a panic");
    }
}
