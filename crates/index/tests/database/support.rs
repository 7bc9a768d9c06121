//! One private cluster for all tests, and the rows that they share.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use domain::{
    BoundingBox, Camera, CameraId, Event, EventId, EventRecord, Fragment, FragmentIndex, GeoPoint,
    ObjectClass, Place, PlaceId, PlaceKind, Segment, StreamKind, Timestamp, TrackPoint, Transport,
    VideoCodec, VideoParameters,
};
use index::{ClusterSettings, DatabaseConfig, Index, NewCamera, NewPlace, PrivateCluster, Visibility};
use sqlx::{Connection, PgConnection};
use tokio_util::sync::CancellationToken;

pub(crate) struct Shared {
    pub(crate) config: DatabaseConfig,
    pub(crate) socket: PathBuf,
    /// Held until the process ends, however it ends; then the shell at its other end stops the cluster.
    _leash: Child,
}

/// The cluster of this process. It runs on a thread of its own, since each test has its own runtime.
pub(crate) fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap().keep();
        // Where the tests run as root, PostgreSQL's user must get in.
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let data = folder.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let settings = ClusterSettings { data, durable: false };
                let cluster = PrivateCluster::start(settings, CancellationToken::new()).await.unwrap();
                let template = cluster.database().with_database("prepared");
                admin(&cluster.database(), "CREATE DATABASE prepared").await;
                let index = Index::open(template).await.unwrap();
                // Thousands of reference systems that nobody here uses would be copied for each test.
                for statement in
                    ["DELETE FROM spatial_ref_sys WHERE srid <> 4326", "VACUUM FULL spatial_ref_sys"]
                {
                    sqlx::query(statement).execute(index.pool()).await.unwrap();
                }
                index.close().await;
                sender.send((cluster.database(), cluster.folder().to_owned())).unwrap();
                std::future::pending::<()>().await;
            });
        });
        let (config, root) = receiver.recv().unwrap();
        let leash = Command::new("sh")
            .args(["-c", r#"cat; kill -QUIT "$(head -n 1 "$0/cluster/postmaster.pid")"; rm -rf "$0" "$1""#])
            .args([&root, &folder])
            .stdin(Stdio::piped())
            // Ctrl-C must not end it before its work is done.
            .process_group(0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Shared { config, socket: root.join("socket"), _leash: leash }
    })
}

/// Runs a statement in the maintenance database.
async fn admin(config: &DatabaseConfig, statement: &str) {
    let index = Index::lazy(config.clone());
    sqlx::query(sqlx::AssertSqlSafe(statement.to_owned())).execute(index.pool()).await.unwrap();
    index.close().await;
}

/// A fresh database.
pub(crate) async fn database() -> DatabaseConfig {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let shared = tokio::task::spawn_blocking(shared).await.unwrap();
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    admin(&shared.config, &format!("CREATE DATABASE {name} TEMPLATE prepared STRATEGY file_copy")).await;
    shared.config.clone().with_database(&name)
}

/// An index over a fresh database.
pub(crate) async fn index() -> Index {
    let mut config = database().await;
    config.connections = 4;
    Index::open(config).await.unwrap()
}

/// A connection of one's own, for what the index does not offer.
pub(crate) async fn connection(index: &Index) -> PgConnection {
    PgConnection::connect_with(&index.pool().connect_options()).await.unwrap()
}

/// 2026-11-23T07:00:00Z, some seconds later.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_795_417_200_000_000 + seconds * 1_000_000)
}

pub(crate) fn range(from: i64, to: i64) -> domain::TimeRange {
    domain::TimeRange::new(at(from), at(to)).unwrap()
}

pub(crate) fn point(latitude: f64, longitude: f64) -> GeoPoint {
    GeoPoint::new(latitude, longitude).unwrap()
}

pub(crate) async fn place(index: &Index, name: &str, parent: Option<&Place>) -> Place {
    let parent_id = parent.map(|parent| parent.id);
    let new = NewPlace { parent_id, kind: PlaceKind::Hamlet, name: name.to_owned(), point: None };
    index.create_place(new).await.unwrap()
}

pub(crate) fn new_camera(name: &str, place: PlaceId) -> NewCamera {
    NewCamera {
        id: CameraId::generate(),
        name: name.to_owned(),
        place_id: place,
        point: Some(point(16.46, 107.59)),
        bearing: Some(90.0),
        main_url: "rtsp://10.0.0.2:554/main".parse().unwrap(),
        sub_url: Some("rtsp://10.0.0.2:554/sub".parse().unwrap()),
        transport: Transport::Auto,
        sealed_credentials: Some(vec![1, 2, 3]),
        enabled: true,
        analysed: true,
        keep_days: Some(60),
        keep_bytes: None,
    }
}

pub(crate) async fn camera(index: &Index, name: &str, place: &Place) -> Camera {
    index.create_camera(new_camera(name, place.id)).await.unwrap()
}

/// A closed segment of so many seconds.
pub(crate) fn segment(camera: CameraId, start: i64, seconds: u64) -> Segment {
    let fragments = (0..seconds)
        .map(|second| Fragment {
            start: Duration::from_secs(second),
            duration: Duration::from_secs(1),
            bytes: 1000,
            frames: 15,
            random_access: second % 2 == 0,
        })
        .collect();
    Segment {
        camera_id: camera,
        stream: StreamKind::Main,
        start: at(start),
        end: at(start) + Duration::from_secs(seconds),
        path: format!("{camera}/{start}.mp4"),
        bytes: 600 + seconds * 1000,
        header_bytes: 600,
        frames: seconds as u32 * 15,
        video: VideoParameters {
            codec: VideoCodec::H264,
            width: 1920,
            height: 1080,
            rfc6381: "avc1.640028".to_owned(),
            decoder_configuration: Bytes::from_static(&[1, 0x64, 0, 0x28]),
        },
        audio: None,
        fragments: FragmentIndex(fragments),
        closed: true,
    }
}

/// A person walking by for so many seconds.
pub(crate) fn event(camera: &Camera, start: i64, seconds: i64) -> EventRecord {
    let here =
        |second| TrackPoint { time: at(second), bounds: BoundingBox { x: 0.1, y: 0.2, w: 0.3, h: 0.4 } };
    EventRecord {
        event: Event {
            id: EventId::generate(),
            camera_id: camera.id,
            place_id: camera.place_id,
            point: camera.point,
            class: ObjectClass::Person,
            score: 0.75,
            first_seen: at(start),
            last_seen: at(start + seconds),
            ongoing: false,
            stationary: false,
            path: vec![here(start), here(start + seconds)],
            best: here(start),
            detections: 12,
            has_snapshot: true,
        },
        stream: StreamKind::Main,
        footage_from: at(start - 5),
        footage_to: at(start + seconds + 5),
        snapshot: Some(format!("{start}.jpg")),
    }
}

pub(crate) fn everything() -> index::EventQuery {
    index::EventQuery { visible: Visibility::All, limit: 100, ..index::EventQuery::default() }
}
