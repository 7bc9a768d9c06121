//! The real router over a real private PostgreSQL and a real recorder, with fakes for cameras and pictures.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, Weak};
use std::time::Duration;

use api::ports::{
    ApiConfig, BellPort, CameraPort, Deaf, ExportPort, HealthCheck, HealthPort, LiveFeed, LiveVideo,
    RingOrder, RulePort, Still, StillFailure, StillPort, Stranger, TranscodeFailure, TranscodedPiece,
    VideoPort,
};
use api::{App, Audit};
use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use domain::{
    AccessUnit, BellSignal, BoundingBox, Camera, CameraId, CameraState, CameraWatch, Case, CaseItem,
    CaseItemKind, CaseSpec, CaseState, Channel, ChannelId, ConnectFailure, Event, EventId, EventRecord,
    FailureKind, Firing, FiringId, GreyGrid, LiveEvent, ManualClock, Measured, MediaFrame, ObjectClass,
    Place, PlaceId, PlaceKind, ProbeReport, ReviewItemId, Ring, RingCause, RingId, RingState, Role, Rule,
    RuleSpec, Segment, StreamAddress, StreamKind, Timestamp, TrackPoint, Transport, UserId, VideoCodec,
    VideoParameters,
};
use futures::{StreamExt as _, stream};
use index::{
    Index, NewCamera, NewCaseItem, NewChannel, NewPlace, PrivateCluster, Record, RoleAt, Vault, Writer,
    WriterLimits,
};
use recorder::{Recorder, RecorderConfig, RecorderEvent};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// The password of every user that a test adds.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// When the tests take place.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static CLUSTER: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
static PASSWORD_HASH: LazyLock<String> = LazyLock::new(|| api::auth::hash_password(PASSWORD).unwrap());

/// One PostgreSQL for all tests that run at the same time. It stops with the last of them.
struct Cluster {
    running: Option<PrivateCluster>,
    shutdown: CancellationToken,
    index: Index,
    _data: tempfile::TempDir,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.shutdown.cancel();
        let (running, index) = (self.running.take(), self.index.clone());
        // Tests drop it inside the runtime, which cannot be waited for from within.
        let stopped = std::thread::spawn(move || {
            RUNTIME.block_on(async {
                index.close().await;
                if let Some(running) = running {
                    running.stop().await;
                }
            });
        });
        stopped.join().unwrap();
    }
}

fn cluster() -> Arc<Cluster> {
    let mut shared = CLUSTER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(cluster) = shared.upgrade() {
        return cluster;
    }
    let data = tempfile::tempdir().unwrap();
    let shutdown = CancellationToken::new();
    let settings = index::ClusterSettings { durable: false, ..index::ClusterSettings::new(data.path()) };
    let cluster = RUNTIME.block_on(async {
        let running = PrivateCluster::start(settings, shutdown.clone()).await.unwrap();
        let index = Index::open(running.database()).await.unwrap();
        index.create_user("root", "Root", &PASSWORD_HASH, &[everywhere(Role::Administrator)]).await.unwrap();
        Cluster { running: Some(running), shutdown, index, _data: data }
    });
    let cluster = Arc::new(cluster);
    *shared = Arc::downgrade(&cluster);
    cluster
}

/// Runs a test in a world of its own: its own places, cameras and users, in a database that others use as well.
pub(crate) fn run<F: Future<Output = ()>>(test: impl FnOnce(World) -> F) {
    run_with(ApiConfig::default(), test);
}

/// [`run`], configured.
pub(crate) fn run_with<F: Future<Output = ()>>(config: ApiConfig, test: impl FnOnce(World) -> F) {
    let cluster = cluster();
    RUNTIME.block_on(async {
        let world = World::new(&cluster, config).await;
        let shutdown = world.shutdown.clone();
        test(world).await;
        shutdown.cancel();
    });
}

/// A role that counts everywhere.
pub(crate) fn everywhere(role: Role) -> RoleAt {
    RoleAt { role, place_id: None }
}

/// A role at a place.
pub(crate) fn at(role: Role, place: &Place) -> RoleAt {
    RoleAt { role, place_id: Some(place.id) }
}

/// A server, and something to serve: a commune `inside` with a hamlet `home`, in which `camera` saw `event`; and a commune `outside`.
pub(crate) struct World {
    pub(crate) router: Router,
    pub(crate) index: Index,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) live: broadcast::Sender<LiveEvent>,
    pub(crate) cameras: Arc<FakeCameras>,
    pub(crate) bells: Arc<FakeBells>,
    pub(crate) health: Arc<FakeHealth>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) inside: Place,
    pub(crate) home: Place,
    pub(crate) outside: Place,
    pub(crate) camera: Camera,
    pub(crate) event: Event,
    pub(crate) recorder: Recorder,
    pub(crate) recordings: mpsc::Receiver<RecorderEvent>,
    pub(crate) snapshots: PathBuf,
    pub(crate) export_files: PathBuf,
    writer: index::WriterHandle,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new(cluster: &Arc<Cluster>, config: ApiConfig) -> Self {
        let index = cluster.index.clone();
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(NOW));
        let shutdown = CancellationToken::new();
        let (events, recordings) = mpsc::channel(64);
        let recordings_root = folder.path().join("recordings");
        let (recorder, _task) =
            Recorder::start(RecorderConfig::new(recordings_root), clock.clone(), events).unwrap();
        let (writer, _ended) = Writer::start(
            index.clone(),
            folder.path().join("spool"),
            WriterLimits::default(),
            shutdown.clone(),
        )
        .unwrap();
        let snapshots = folder.path().join("snapshots");
        std::fs::create_dir_all(&snapshots).unwrap();
        let export_files = folder.path().join("exports");
        std::fs::create_dir_all(&export_files).unwrap();
        let (audit, _written) = Audit::start(index.clone(), clock.clone(), shutdown.clone());
        let (live, _) = broadcast::channel(4);
        let cameras = Arc::new(FakeCameras::default());
        let bells = Arc::new(FakeBells::default());
        let health = Arc::new(FakeHealth::default());
        let router = api::router(App {
            index: index.clone(),
            recorder: recorder.clone(),
            vault: Vault::open(&folder.path().join("secret.key")).unwrap(),
            cameras: cameras.clone(),
            rules: Arc::new(FakeRules),
            bells: bells.clone(),
            stills: Arc::new(FakeStills),
            video: Arc::new(FakeVideo::default()),
            exports: Arc::new(FakeExports),
            export_files: export_files.clone(),
            health: health.clone(),
            live: live.clone(),
            snapshots: snapshots.clone(),
            metrics: Arc::new(|| "taimat_up 1\n".to_owned()),
            clock: clock.clone(),
            audit,
            config,
            shutdown: shutdown.clone(),
        });
        let inside = place(&index, None, PlaceKind::Commune, "Phú Hội").await;
        let home = place(&index, Some(inside.id), PlaceKind::Hamlet, "Tổ 5").await;
        let outside = place(&index, None, PlaceKind::Commune, "Vỹ Dạ").await;
        let camera = index.create_camera(new_camera("Cổng chợ", home.id)).await.unwrap();
        let event = event_at(&camera, NOW.plus_micros(-60_000_000));
        let world = Self {
            router,
            index,
            clock,
            live,
            cameras,
            bells,
            health,
            shutdown,
            inside,
            home,
            outside,
            camera,
            event: event.clone(),
            recorder,
            recordings,
            snapshots,
            export_files,
            writer,
            _folder: folder,
        };
        world.store(event, None).await;
        world
    }

    /// Stores an event.
    pub(crate) async fn store(&self, event: Event, snapshot: Option<String>) {
        let record = EventRecord {
            stream: StreamKind::Main,
            footage_from: event.first_seen.plus_micros(-5_000_000),
            footage_to: event.last_seen.plus_micros(5_000_000),
            snapshot,
            event,
        };
        self.write(Record::Event(Box::new(record))).await;
    }

    /// Writes a row and waits until it is in the database.
    pub(crate) async fn write(&self, record: Record) {
        self.writer.send(record).await.unwrap();
        assert!(self.writer.flush().await.unwrap(), "the database is there");
    }

    /// Lets a rule fire once at the camera; the review item.
    pub(crate) async fn flag(&self, rule: &Rule) -> ReviewItemId {
        self.flag_with(rule, Measured::default()).await
    }

    /// The same for the person that the camera saw.
    pub(crate) async fn flag_seen(&self, rule: &Rule) -> ReviewItemId {
        self.flag_with(rule, seen()).await
    }

    async fn flag_with(&self, rule: &Rule, measured: Measured) -> ReviewItemId {
        let item_id = ReviewItemId::generate();
        let firing = Firing {
            id: FiringId::generate(),
            item_id,
            rule: Arc::new(rule.clone()),
            camera_id: Some(self.camera.id),
            place_id: self.camera.place_id,
            at: NOW.plus_micros(-30_000_000),
            event_id: Some(self.event.id),
            measured,
            cameras: Vec::new(),
        };
        self.write(Record::Firing(Box::new(firing))).await;
        item_id
    }

    /// Begins a case at the hamlet without the API.
    pub(crate) async fn case(&self) -> Case {
        let spec = CaseSpec { title: "Mất xe".to_owned(), note: None, state: CaseState::Open };
        self.index.create_case(self.home.id, &spec, (UserId::generate(), "walk")).await.unwrap()
    }

    /// Adds a note to a case without the API.
    pub(crate) async fn case_item(&self, case: &Case) -> CaseItem {
        let kind = CaseItemKind::Note { text: "walk".to_owned() };
        let by = (UserId::generate(), "walk".to_owned());
        let new = NewCaseItem { kind, footage: None, hold: false, note: None, by };
        self.index.add_case_item(case.id, &new).await.unwrap()
    }

    /// Adds a channel at the hamlet without the API.
    pub(crate) async fn channel(&self, name: &str) -> Channel {
        let spec =
            serde_json::json!({"name": name, "settings": {"type": "webhook", "url": "https://example.vn/"}});
        let spec = serde_json::from_value(spec).unwrap();
        let id = ChannelId::generate();
        let new = NewChannel { id, place_id: self.home.id, spec, sealed_secrets: None };
        self.index.create_channel(&new).await.unwrap()
    }

    /// Records ten pictures a second from `from` on, and stores the segment's row.
    pub(crate) async fn record(&mut self, from: Timestamp, pictures: i64) {
        let mut stream = self.recorder.stream(self.camera.id, &self.camera.folder, StreamKind::Main);
        for number in 0..pictures {
            stream.write(picture(from.plus_micros(number * 100_000), number % 10 == 0)).await;
        }
        stream.finish().await;
        loop {
            let event = tokio::time::timeout(Duration::from_secs(20), self.recordings.recv()).await;
            if let RecorderEvent::Segment(segment) = event.expect("the segment is closed").unwrap() {
                let closed = segment.closed;
                self.write(Record::Segment(segment)).await;
                if closed {
                    return;
                }
            }
        }
    }

    /// Adds a user with the roles.
    pub(crate) async fn user(&self, roles: &[RoleAt]) -> UserId {
        let name = format!("u{}", UserId::generate().0.simple());
        self.index.create_user(&name, "Người dùng", &PASSWORD_HASH, roles).await.unwrap().id
    }

    /// A fresh session of the user.
    pub(crate) async fn session(&self, user: UserId) -> String {
        let secret = uuid::Uuid::new_v4().simple().to_string();
        let hash: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        let ends = NOW + Duration::from_hours(24);
        self.index.create_session(&hash, user, NOW, ends, "192.0.2.1").await.unwrap();
        secret
    }

    /// A client that has the roles.
    pub(crate) async fn client(&self, roles: &[RoleAt]) -> Client {
        let cookie = self.session(self.user(roles).await).await;
        Client { router: self.router.clone(), cookie: Some(cookie), bearer: None, peer: None }
    }

    /// A client that is nobody.
    pub(crate) fn nobody(&self) -> Client {
        Client { router: self.router.clone(), cookie: None, bearer: None, peer: None }
    }
}

/// Somebody who asks.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) router: Router,
    pub(crate) cookie: Option<String>,
    pub(crate) bearer: Option<String>,
    pub(crate) peer: Option<&'static str>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Fails the test with the answer unless it has the status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }
}

impl Client {
    /// Below `/api/v1`; a path that begins with two slashes is one from the root.
    pub(crate) fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let uri = match path.strip_prefix('/') {
            Some(rest) if rest.starts_with('/') => rest.to_owned(),
            _ => format!("/api/v1{path}"),
        };
        let mut request = Request::builder().method(method).uri(uri);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, format!("taimat_session={cookie}"));
        }
        if let Some(bearer) = &self.bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
        }
        if let Some(peer) = self.peer {
            request = request.extension(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4711)));
        }
        request
    }

    /// Sends, and reads the whole answer.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// Sends, and reads only the head of the answer, or all of an error.
    pub(crate) async fn head(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = if parts.status.is_success() {
            Bytes::new()
        } else {
            axum::body::to_bytes(body, usize::MAX).await.unwrap()
        };
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.request("GET", path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(self.request("DELETE", path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn json(&self, method: &str, path: &str, body: Value) -> Reply {
        let request = self.request(method, path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.json("POST", path, body).await
    }
}

async fn place(index: &Index, parent_id: Option<PlaceId>, kind: PlaceKind, name: &str) -> Place {
    let name = format!("{name} {}", PlaceId::generate().0.simple());
    index.create_place(NewPlace { parent_id, kind, name, point: None }).await.unwrap()
}

/// A camera to add without the API.
pub(crate) fn new_camera(name: &str, place_id: PlaceId) -> NewCamera {
    NewCamera {
        id: CameraId::generate(),
        name: name.to_owned(),
        place_id,
        point: domain::GeoPoint::new(16.4637, 107.5909),
        bearing: None,
        main_url: "rtsp://192.0.2.7:554/main".parse().unwrap(),
        sub_url: None,
        transport: Transport::Auto,
        sealed_credentials: None,
        enabled: true,
        analysed: true,
        keep_days: None,
        keep_bytes: None,
    }
}

/// A person who walked by for four seconds.
pub(crate) fn event_at(camera: &Camera, from: Timestamp) -> Event {
    let point = |time| TrackPoint { time, bounds: BoundingBox { x: 0.1, y: 0.1, w: 0.1, h: 0.3 } };
    let to = from.plus_micros(4_000_000);
    Event {
        id: EventId::at(from),
        camera_id: camera.id,
        place_id: camera.place_id,
        point: camera.point,
        class: ObjectClass::Person,
        score: 0.8,
        first_seen: from,
        last_seen: to,
        ongoing: false,
        stationary: false,
        path: vec![point(from), point(to)],
        best: point(from.plus_micros(2_000_000)),
        detections: 20,
        has_snapshot: false,
    }
}

/// A grey picture of 64 × 64 pixels.
fn picture(time: Timestamp, random_access: bool) -> MediaFrame {
    let hex = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    let parameters = Arc::new(VideoParameters {
        codec: VideoCodec::H264,
        width: 64,
        height: 64,
        rfc6381: "avc1.42C00A".to_owned(),
        decoder_configuration: hex(
            "0142c00affe100176742c00ad90426c044000003000400000300503c48992001000568cb83cb20",
        )
        .into(),
    });
    let unit = if random_access {
        "000000166588840ff2628000803c9c9c9d75d75d75d75d75d75e"
    } else {
        "00000006419a381de118"
    };
    MediaFrame::Video(AccessUnit { time, random_access, data: hex(unit).into(), parameters })
}

/// Cameras that answer by their path: `/main` works, `/locked` wants another password.
#[derive(Default)]
pub(crate) struct FakeCameras {
    pub(crate) probed: Mutex<Vec<(StreamKind, StreamAddress)>>,
    pub(crate) changed: Mutex<Vec<CameraId>>,
    pub(crate) states: Mutex<Vec<CameraState>>,
    pub(crate) watch: Mutex<Option<CameraWatch>>,
}

#[async_trait]
impl CameraPort for FakeCameras {
    async fn probe(
        &self,
        streams: Vec<(StreamKind, StreamAddress)>,
    ) -> Result<ProbeReport, (StreamKind, ConnectFailure)> {
        self.probed.lock().unwrap().extend(streams.iter().cloned());
        for (kind, address) in streams {
            match address.url.path() {
                "/locked" => {
                    return Err((
                        kind,
                        ConnectFailure {
                            kind: FailureKind::WrongPassword,
                            message: "the camera refuses user name and password".to_owned(),
                            remedy: "Check both on the camera's own page.".to_owned(),
                        },
                    ));
                }
                "/panic" => panic!("a camera that nobody expected"),
                "/slow" => tokio::time::sleep(Duration::from_hours(1)).await,
                _ => {}
            }
        }
        Ok(ProbeReport { streams: Vec::new() })
    }

    async fn configuration_changed(&self, camera: CameraId) {
        self.changed.lock().unwrap().push(camera);
    }

    fn states(&self) -> Vec<CameraState> {
        self.states.lock().unwrap().clone()
    }

    fn watch(&self, camera: CameraId) -> Option<CameraWatch> {
        self.watch.lock().unwrap().clone().filter(|watch| watch.camera_id == camera)
    }
}

/// What is measured of the person that the camera saw.
pub(crate) fn seen() -> Measured {
    let bounds = BoundingBox { x: 0.1, y: 0.1, w: 0.1, h: 0.3 };
    Measured { class: Some(ObjectClass::Person), bounds: Some(bounds), ..Measured::default() }
}

/// A rule that anything meets.
pub(crate) fn rule(name: &str) -> RuleSpec {
    let text = serde_json::json!({"name": name, "severity": "alert", "condition": {"type": "appears"}});
    serde_json::from_value(text).unwrap()
}

/// Bells that remember what they were told.
#[derive(Default)]
pub(crate) struct FakeBells {
    pub(crate) heard: Mutex<Vec<BellSignal>>,
}

#[async_trait]
impl BellPort for FakeBells {
    async fn devices_changed(&self) {}

    fn heard(&self, signal: BellSignal) -> Result<(), Deaf> {
        self.heard.lock().unwrap().push(signal);
        Ok(())
    }

    fn strangers(&self) -> Vec<Stranger> {
        vec![Stranger { device: "7028D3".to_owned(), at: NOW }]
    }

    fn ring(&self, order: RingOrder) -> Option<Ring> {
        Some(Ring {
            id: RingId::generate(),
            sounder_id: order.sounder.id,
            sounder_name: order.sounder.spec.name,
            place_id: order.sounder.place_id,
            asked_at: NOW,
            cause: RingCause::Person,
            username: Some(order.by.1),
            reason: order.reason,
            item_id: order.item_id,
            state: RingState::Asked,
            answered_at: None,
            problem: None,
        })
    }
}

struct FakeRules;

impl RulePort for FakeRules {
    fn rules_changed(&self) {}
}

struct FakeExports;

impl ExportPort for FakeExports {
    fn exports_changed(&self) {}
}

struct FakeStills;

#[async_trait]
impl StillPort for FakeStills {
    async fn still(&self, camera: CameraId, at: Timestamp, _: Option<u32>) -> Result<Still, StillFailure> {
        if at < NOW.plus_micros(-3_600_000_000) {
            return Err(StillFailure::NoFootage { camera, at });
        }
        Ok(Still { jpeg: Bytes::from_static(b"\xff\xd8cut"), time: at })
    }

    /// Something bright stands in the area in every fourth ten seconds.
    async fn grids(&self, frames: Vec<AccessUnit>, _: BoundingBox) -> Result<Vec<GreyGrid>, StillFailure> {
        let grid = |time: Timestamp| {
            let there = time.as_micros() / 10_000_000 % 4 == 3;
            let cells = vec![if there { 200 } else { 20 }; 64].into();
            GreyGrid { time, columns: 8, cells, whole: vec![20; 144].into() }
        };
        Ok(frames.iter().map(|frame| grid(frame.time)).collect())
    }
}

/// A picture, and then the camera is away. The sub stream is H.265; transcoding it works once, then fails, then is too much.
#[derive(Default)]
struct FakeVideo {
    transcoding: Mutex<u32>,
}

#[async_trait]
impl VideoPort for FakeVideo {
    fn watch(&self, _: CameraId, kind: StreamKind) -> LiveFeed {
        let MediaFrame::Video(mut unit) = picture(NOW, true) else { panic!("a picture") };
        if kind == StreamKind::Sub {
            Arc::make_mut(&mut unit.parameters).codec = VideoCodec::H265;
        }
        let away = LiveVideo::Offline { since: NOW, trouble: Some(FailureKind::Closed) };
        stream::iter([LiveVideo::Picture(unit), away]).chain(stream::pending()).boxed()
    }

    fn watch_transcoded(&self, camera: CameraId, _: StreamKind) -> Result<LiveFeed, TranscodeFailure> {
        let mut transcoding = self.transcoding.lock().unwrap();
        *transcoding += 1;
        match *transcoding {
            1 => Ok(self.watch(camera, StreamKind::Main)),
            2 => Ok(stream::empty().boxed()),
            _ => Err(TranscodeFailure::Busy),
        }
    }

    async fn piece(
        &self,
        segment: &Segment,
        number: usize,
    ) -> Result<Option<TranscodedPiece>, TranscodeFailure> {
        assert_eq!(segment.video.codec, VideoCodec::H265);
        match number {
            0 => Ok(Some(TranscodedPiece {
                init: Bytes::from_static(b"the init segment"),
                media: Bytes::from_static(b"the fragment"),
            })),
            1 => Err(TranscodeFailure::Busy),
            2 => Err(TranscodeFailure::Unavailable("it died".to_owned())),
            3 => Err(TranscodeFailure::Failed("no picture came of it".to_owned())),
            _ => Ok(None),
        }
    }
}

/// Parts that work until a test says otherwise.
#[derive(Default)]
pub(crate) struct FakeHealth {
    pub(crate) broken: Mutex<bool>,
}

#[async_trait]
impl HealthPort for FakeHealth {
    async fn checks(&self) -> Vec<HealthCheck> {
        let ok = !*self.broken.lock().unwrap();
        vec![HealthCheck { name: "worker", ok, detail: "as it should be".to_owned() }]
    }
}

/// A time in a query.
pub(crate) fn time(at: Timestamp) -> String {
    url::form_urlencoded::byte_serialize(at.to_string().as_bytes()).collect()
}

/// An administrator of everywhere.
pub(crate) async fn root(world: &World) -> Client {
    world.client(&[everywhere(Role::Administrator)]).await
}
