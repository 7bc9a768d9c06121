use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use domain::{ActivityMinute, CameraId, StreamKind};
use index::spool::Spool;
use index::{DatabaseConfig, Index, Record, Writer, WriterHandle, WriterLimits};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::support::{at, camera, database, event, everything, index, place, range, segment, shared};

/// Writes rows through a writer and waits until they are in the database.
pub(crate) async fn write(index: &Index, records: impl IntoIterator<Item = Record>) {
    let folder = tempfile::tempdir().unwrap();
    let (handle, task) = start(index.clone(), folder.path());
    for record in records {
        handle.send(record).await.unwrap();
    }
    assert!(handle.flush().await.unwrap(), "the rows are in the spool");
    drop(handle);
    task.await.unwrap();
    assert!(!folder.path().join("rejected.jsonl").exists(), "rows were rejected");
}

fn start(index: Index, folder: &Path) -> (WriterHandle, JoinHandle<()>) {
    let limits = WriterLimits { delay: Duration::from_millis(5), ..WriterLimits::default() };
    Writer::start(index, folder, limits, CancellationToken::new()).unwrap()
}

/// A way to the database that can be cut.
struct Wire {
    folder: tempfile::TempDir,
    real: PathBuf,
    forward: Option<AbortHandle>,
}

impl Wire {
    fn new() -> Self {
        let real = shared().socket.join(".s.PGSQL.5432");
        Self { folder: tempfile::tempdir().unwrap(), real, forward: None }
    }

    fn config(&self, database: &str) -> DatabaseConfig {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        let url = domain::Secret::new(format!("postgres://taimat@{socket}/{database}"));
        let mut config = DatabaseConfig::from_url(&url).unwrap();
        config.patience = Duration::from_millis(500);
        config
    }

    fn mend(&mut self) {
        let path = self.folder.path().join(".s.PGSQL.5432");
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(path).unwrap();
        let real = self.real.clone();
        let forward = tokio::spawn(async move {
            // Dropped with the task, and all connections with it.
            let mut connections = JoinSet::new();
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let mut far = UnixStream::connect(&real).await.unwrap();
                connections.spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
            }
        });
        self.forward = Some(forward.abort_handle());
    }

    fn cut(&mut self) {
        if let Some(forward) = self.forward.take() {
            forward.abort();
        }
        let _ = std::fs::remove_file(self.folder.path().join(".s.PGSQL.5432"));
    }
}

async fn wired() -> (Wire, DatabaseConfig, Index) {
    let direct = database().await;
    let index = Index::open(direct).await.unwrap();
    let name: String =
        sqlx::query_scalar("SELECT current_database()::text").fetch_one(index.pool()).await.unwrap();
    let mut wire = Wire::new();
    let config = wire.config(&name);
    wire.mend();
    (wire, config, index)
}

async fn until_empty(handle: &WriterHandle) {
    let empty = async { while !handle.flush().await.unwrap() {} };
    tokio::time::timeout(Duration::from_secs(20), empty).await.expect("the spool was not emptied");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_wait_out_a_missing_database_and_follow_in_order() {
    let (mut wire, config, direct) = wired().await;
    let place = place(&direct, "place", None).await;
    let camera = camera(&direct, "camera", &place).await;
    let folder = tempfile::tempdir().unwrap();
    let (handle, task) = start(Index::lazy(config), folder.path());
    let mut open = segment(camera.id, 0, 10);
    open.closed = false;
    handle.send(Record::Segment(open)).await.unwrap();
    assert!(handle.flush().await.unwrap());

    wire.cut();
    let walker = event(&camera, 5, 3);
    handle.send(Record::Segment(segment(camera.id, 0, 60))).await.unwrap();
    for seconds in 0..50 {
        let mut record = walker.clone();
        record.event.detections = seconds;
        handle.send(Record::Event(Box::new(record))).await.unwrap();
    }
    assert!(!handle.flush().await.unwrap());
    assert!(handle.spooled_bytes() > 0);
    assert!(direct.search_events(&everything()).await.unwrap().events.is_empty());

    wire.mend();
    until_empty(&handle).await;
    assert_eq!(handle.spooled_bytes(), 0);
    assert_eq!(direct.event(walker.event.id).await.unwrap().event.detections, 49);
    assert!(direct.segments_in(camera.id, StreamKind::Main, range(0, 60)).await.unwrap()[0].closed);
    drop(handle);
    task.await.unwrap();
    assert!(Spool::open(folder.path(), 1 << 20).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_spool_survives_a_restart_and_a_torn_end() {
    let (mut wire, config, direct) = wired().await;
    wire.cut();
    let folder = tempfile::tempdir().unwrap();
    let camera = CameraId::generate();
    let (handle, task) = start(Index::lazy(config.clone()), folder.path());
    for minute in 0..20 {
        handle.send(Record::Segment(segment(camera, minute * 60, 60))).await.unwrap();
    }
    drop(handle);
    task.await.unwrap();
    // As a crash in mid-write leaves it.
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.truncate(bytes.len() - 3);
    std::fs::write(&file, bytes).unwrap();

    wire.mend();
    let (handle, task) = start(Index::lazy(config), folder.path());
    handle.send(Record::Segment(segment(camera, 6000, 60))).await.unwrap();
    until_empty(&handle).await;
    let found = direct.segments_in(camera, StreamKind::Main, range(0, 10_000)).await.unwrap();
    assert_eq!(found.len(), 20, "all but the torn one, and the new one");
    drop(handle);
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_the_database_refuses_does_not_block_the_rest() {
    let index = index().await;
    let folder = tempfile::tempdir().unwrap();
    let camera = CameraId::generate();
    let (handle, task) = start(index.clone(), folder.path());
    let mut poison = segment(camera, 60, 60);
    poison.path = "nul \0".to_owned();
    for segment in [segment(camera, 0, 60), poison, segment(camera, 120, 60)] {
        handle.send(Record::Segment(segment)).await.unwrap();
    }
    assert!(handle.flush().await.unwrap());
    assert_eq!(index.segments_after(None, 10).await.unwrap().len(), 2);
    let rejected = std::fs::read_to_string(folder.path().join("rejected.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(rejected.trim()).unwrap();
    assert_eq!(line.pointer("/record/Segment/path").and_then(serde_json::Value::as_str), Some("nul \0"));
    drop(handle);
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutting_down_keeps_every_row() {
    let (mut wire, config, direct) = wired().await;
    let folder = tempfile::tempdir().unwrap();
    let camera = CameraId::generate();
    let shutdown = CancellationToken::new();
    let limits = WriterLimits { delay: Duration::from_mins(1), ..WriterLimits::default() };
    let (handle, task) =
        Writer::start(Index::lazy(config.clone()), folder.path(), limits, shutdown.clone()).unwrap();
    wire.cut();
    shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(10), task).await.expect("it ends in time").unwrap();
    assert!(handle.send(Record::Segment(segment(camera, 0, 60))).await.is_err());

    let (handle, task) = start(Index::lazy(config), folder.path());
    handle.send(Record::Segment(segment(camera, 0, 60))).await.unwrap();
    drop(handle);
    tokio::time::timeout(Duration::from_secs(10), task).await.expect("it ends in time").unwrap();
    assert!(direct.segments_after(None, 10).await.unwrap().is_empty());
    let mut spool = Spool::open(folder.path(), 1 << 20).unwrap();
    assert_eq!(spool.oldest().unwrap().unwrap(), [Record::Segment(segment(camera, 0, 60))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partition_that_somebody_dropped_is_made_anew() {
    let index = index().await;
    let camera = CameraId::generate();
    let minute =
        |number: i64| ActivityMinute { camera_id: camera, minute: at(number * 60), scores: vec![(0, 9)] };
    let folder = tempfile::tempdir().unwrap();
    let (handle, task) = start(index.clone(), folder.path());
    handle.send(Record::Activity(minute(0))).await.unwrap();
    assert!(handle.flush().await.unwrap());
    let other = Index::lazy(index.config());
    other.drop_partitions(index::Partitioned::Activity, at(1_000_000)).await.unwrap();
    handle.send(Record::Activity(minute(1))).await.unwrap();
    assert!(handle.flush().await.unwrap());
    assert_eq!(index.activity_in(camera, range(0, 600)).await.unwrap(), [minute(1)]);
    drop(handle);
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_wait_for_tables_that_are_not_there_yet() {
    let index = index().await;
    let camera = CameraId::generate();
    let folder = tempfile::tempdir().unwrap();
    let rename = async |statement: &'static str| sqlx::query(statement).execute(index.pool()).await.unwrap();
    rename("ALTER TABLE activity RENAME TO not_yet").await;
    let (handle, task) = start(index.clone(), folder.path());
    let minute = ActivityMinute { camera_id: camera, minute: at(0), scores: vec![(0, 9)] };
    handle.send(Record::Activity(minute.clone())).await.unwrap();
    assert!(!handle.flush().await.unwrap());
    rename("ALTER TABLE not_yet RENAME TO activity").await;
    until_empty(&handle).await;
    assert_eq!(index.activity_in(camera, range(0, 60)).await.unwrap(), [minute]);
    drop(handle);
    task.await.unwrap();
}

fn number() -> i64 {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    i64::from(NUMBER.fetch_add(1, Ordering::Relaxed))
}

#[test]
fn a_full_spool_gives_up_first_what_matters_least() {
    let folder = tempfile::tempdir().unwrap();
    let camera = CameraId::generate();
    let mut spool = Spool::open(folder.path(), 640 << 10).unwrap();
    let gap = domain::Gap {
        camera_id: camera,
        stream: StreamKind::Main,
        kind: domain::GapKind::Recording,
        from: at(0),
        to: Some(at(1)),
        reason: domain::GapReason::DiskFull,
        detail: "x".repeat(200),
        caught_up_at: None,
    };
    let batch = || {
        let mut rows = Vec::new();
        for _ in 0..10 {
            let scores = (0..60).map(|second| (second * 1000, 7)).collect();
            rows.push(Record::Activity(ActivityMinute {
                camera_id: camera,
                minute: at(number() * 60),
                scores,
            }));
            rows.push(Record::Segment(segment(camera, number() * 60, 60)));
        }
        rows.push(Record::Gap(gap.clone()));
        rows
    };
    let mut batches = 0;
    // Four times as much as fits.
    while batches < 200 {
        spool.append(&batch()).unwrap();
        batches += 1;
        assert!(spool.bytes() <= 640 << 10);
    }
    let (mut gaps, mut segments, mut minutes) = (0, 0, 0);
    while let Some(rows) = spool.oldest().unwrap() {
        for row in rows {
            match row {
                Record::Gap(_) => gaps += 1,
                Record::Segment(_) => segments += 1,
                Record::Activity(_) => minutes += 1,
                Record::Event(_) | Record::Firing(_) | Record::Suppressed(_) => {}
            }
        }
        spool.remove_oldest().unwrap();
    }
    assert_eq!(gaps, batches, "no gap is lost while anything else is there to give up");
    assert!(minutes < segments && segments < batches * 10, "{minutes} {segments}");
}
