//! The client against workers that behave well and badly. The worker is this test program, started again
//! through a script: see [`fake`].

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that goes wrong panics"
)]

mod fake;

use std::sync::Arc;
use std::time::Duration;

use domain::{AccessUnit, BoundingBox, GapReason, LookAt, Timestamp, VideoCodec, VideoParameters};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use vision_client::{
    FeedError, GridRequest, StillError, StillRequest, Vision, VisionConfig, VisionError, VisionFeed,
    VisionReport, Work,
};

use fake::{Fake, Life};

const SOON: Duration = Duration::from_secs(10);

struct Server {
    vision: Vision,
    task: JoinHandle<()>,
    shutdown: CancellationToken,
    _fake: Fake,
}

impl Server {
    async fn start(lives: &[Life], change: impl FnOnce(&mut VisionConfig)) -> Result<Self, VisionError> {
        let fake = Fake::new(lives);
        let mut config = VisionConfig::new(fake.program(), "model.toml", "libonnxruntime.so");
        config.niceness = 0;
        config.restart_first = Duration::from_millis(20);
        change(&mut config);
        let shutdown = CancellationToken::new();
        let (vision, task) = Vision::start(config, shutdown.clone()).await?;
        Ok(Self { vision, task, shutdown, _fake: fake })
    }

    async fn stop(self) {
        self.shutdown.cancel();
        timeout(SOON, self.task).await.expect("the supervisor ends").expect("without panic");
    }
}

async fn refusal(lives: &[Life], change: impl FnOnce(&mut VisionConfig)) -> VisionError {
    match Server::start(lives, change).await {
        Ok(_) => panic!("it started"),
        Err(error) => error,
    }
}

fn work(second: i64, look: bool) -> Work {
    let parameters = Arc::new(VideoParameters {
        codec: VideoCodec::H264,
        width: 640,
        height: 360,
        rfc6381: "avc1.42c01e".to_owned(),
        decoder_configuration: vec![1, 2, 3].into(),
    });
    let unit =
        AccessUnit { time: at(second), random_access: second == 0, data: vec![9; 100].into(), parameters };
    Work { unit, look: look.then(LookAt::whole) }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(second * 1_000_000)
}

async fn next(reports: &mut Receiver<VisionReport>) -> Option<VisionReport> {
    timeout(SOON, reports.recv()).await.expect("a report comes in time")
}

async fn look_time(reports: &mut Receiver<VisionReport>) -> Timestamp {
    match next(reports).await {
        Some(VisionReport::Look { time, .. }) => time,
        other => panic!("not a look: {other:?}"),
    }
}

/// Sends until there is a worker that takes it.
async fn send_when_up(feed: &VisionFeed, work: Work) {
    let sent = async {
        loop {
            feed.up().await;
            if feed.send(work.clone()).await.is_ok() {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, sent).await.expect("the worker comes back");
}

#[tokio::test]
async fn looks_come_back_and_a_dropped_feed_ends_when_all_is_answered() {
    let server = Server::start(&[Life::Good], |_| {}).await.unwrap();
    assert_eq!(server.vision.info().name, "fake");
    let (feed, mut reports) = server.vision.open("a");
    for second in 0..50 {
        feed.send(work(second, second % 2 == 0)).await.unwrap();
    }
    drop(feed);
    for second in (0..50).step_by(2) {
        assert_eq!(look_time(&mut reports).await, at(second));
    }
    assert_eq!(next(&mut reports).await, None);
    server.stop().await;
}

#[tokio::test]
async fn trouble_at_the_start_is_told_clearly() {
    let error = refusal(&[Life::Refuse], |_| {}).await;
    assert!(matches!(&error, VisionError::Refused { reason } if reason.contains("no model")), "{error}");
    let error = refusal(&[Life::DieAtOnce], |_| {}).await;
    assert!(matches!(&error, VisionError::Died { last_line, .. } if last_line.contains("I die")), "{error}");
    let error = refusal(&[Life::Garbage], |_| {}).await;
    assert!(matches!(&error, VisionError::Protocol { .. }), "{error}");
    let error = refusal(&[Life::Silent], |config| config.start_limit = Duration::from_millis(200)).await;
    assert!(matches!(&error, VisionError::Slow { .. }), "{error}");
    let error = refusal(&[Life::Good], |config| config.worker = "/nowhere/taimat-vision".into()).await;
    assert!(matches!(&error, VisionError::Spawn { .. }), "{error}");
    assert!(error.to_string().contains("/nowhere/taimat-vision"), "{error}");
}

#[tokio::test]
async fn a_death_is_told_to_every_feed_and_work_goes_on_with_the_next_worker() {
    let server = Server::start(&[Life::DieAfter(3), Life::Good], |_| {}).await.unwrap();
    let (busy, mut busy_reports) = server.vision.open("busy");
    let (unused, mut unused_reports) = server.vision.open("unused");
    for second in 0..3 {
        busy.send(work(second, true)).await.unwrap();
        assert_eq!(look_time(&mut busy_reports).await, at(second));
    }
    // The worker dies of the fourth unit; the fifth may meet it alive, dying or dead.
    busy.send(work(3, true)).await.unwrap();
    match next(&mut busy_reports).await {
        Some(VisionReport::Lost { from, to, reason }) => {
            assert_eq!((from, to, reason), (at(3), at(3), GapReason::WorkerDied));
        }
        other => panic!("not a loss: {other:?}"),
    }
    // The next worker must be told the parameters again, or it refuses the unit.
    send_when_up(&busy, work(10, true)).await;
    assert_eq!(look_time(&mut busy_reports).await, at(10));
    send_when_up(&unused, work(0, true)).await;
    assert_eq!(look_time(&mut unused_reports).await, at(0), "a feed that sent nothing lost nothing");
    server.stop().await;
}

#[tokio::test]
async fn while_there_is_no_worker_feeds_and_stills_say_so() {
    let server = Server::start(&[Life::DieAfter(0), Life::Good], |config| {
        config.restart_first = Duration::from_mins(10);
        config.restart_max = Duration::from_mins(10);
    })
    .await
    .unwrap();
    let (feed, mut reports) = server.vision.open("a");
    feed.send(work(0, true)).await.unwrap();
    assert!(matches!(next(&mut reports).await, Some(VisionReport::Lost { .. })));
    assert_eq!(feed.try_send(work(1, true)), Err(FeedError::Down));
    assert_eq!(server.vision.still(still()).await, Err(StillError::Down));
    assert!(!server.vision.is_up() && server.vision.worker_pid().is_none());
    drop(feed);
    assert_eq!(next(&mut reports).await, None, "a feed closed meanwhile ends");
    server.stop().await;
}

#[tokio::test]
async fn a_worker_that_hangs_is_killed_and_replaced() {
    let server = Server::start(&[Life::Mute, Life::Good], |config| {
        config.hang_limit = Duration::from_millis(300);
    })
    .await
    .unwrap();
    let first = server.vision.worker_pid();
    let (feed, mut reports) = server.vision.open("a");
    for second in 0..3 {
        feed.send(work(second, true)).await.unwrap();
    }
    match next(&mut reports).await {
        Some(VisionReport::Lost { from, to, .. }) => assert_eq!((from, to), (at(0), at(2))),
        other => panic!("not a loss: {other:?}"),
    }
    send_when_up(&feed, work(10, true)).await;
    assert_eq!(look_time(&mut reports).await, at(10));
    assert_ne!(server.vision.worker_pid(), first);
    server.stop().await;
}

#[tokio::test]
async fn nonsense_from_the_worker_ends_it_and_not_us() {
    let server = Server::start(&[Life::GarbageAfter(1), Life::Good], |_| {}).await.unwrap();
    let (feed, mut reports) = server.vision.open("a");
    feed.send(work(0, true)).await.unwrap();
    assert!(matches!(next(&mut reports).await, Some(VisionReport::Lost { .. })));
    send_when_up(&feed, work(1, true)).await;
    assert_eq!(look_time(&mut reports).await, at(1));
    server.stop().await;
}

#[tokio::test]
async fn a_worker_that_does_not_answer_meets_a_limit_of_units_and_of_bytes() {
    let server = Server::start(&[Life::Mute], |config| {
        config.feed_units = 5;
        config.feed_bytes = 350;
        config.total_bytes = 550;
    })
    .await
    .unwrap();
    let (first, _first_reports) = server.vision.open("first");
    let (second, _second_reports) = server.vision.open("second");
    for time in 0..3 {
        first.try_send(work(time, true)).unwrap();
    }
    assert_eq!(first.try_send(work(3, true)), Err(FeedError::Full), "bytes of the feed");
    for time in 0..2 {
        second.try_send(work(time, true)).unwrap();
    }
    assert_eq!(second.try_send(work(2, true)), Err(FeedError::Full), "bytes of all");
    server.stop().await;
}

#[tokio::test]
async fn a_consumer_that_takes_nothing_stops_its_feed_and_loses_nothing() {
    let server = Server::start(&[Life::Good], |config| config.feed_units = 5).await.unwrap();
    let (feed, mut reports) = server.vision.open("a");
    for second in 0..5 {
        feed.send(work(second, true)).await.unwrap();
    }
    let waiting = timeout(Duration::from_millis(100), feed.send(work(5, true))).await;
    assert!(waiting.is_err(), "there is no room for a sixth report");
    assert_eq!(look_time(&mut reports).await, at(0));
    timeout(SOON, feed.send(work(6, true))).await.expect("now there is").unwrap();
    for second in [1, 2, 3, 4, 6] {
        assert_eq!(look_time(&mut reports).await, at(second));
    }
    server.stop().await;
}

fn still() -> StillRequest {
    let units = (0..5).map(|second| work(second, false).unit).collect();
    StillRequest { units, at: at(3), crop: None, max_width: None, quality: 80 }
}

#[tokio::test]
async fn stills_come_back_or_say_why_not() {
    let server = Server::start(&[Life::Good], |_| {}).await.unwrap();
    let made = server.vision.still(still()).await.unwrap();
    assert_eq!((made.time, made.jpeg.as_ref()), (at(3), b"jpeg".as_slice()));
    let nothing = StillRequest { units: Vec::new(), ..still() };
    assert!(matches!(server.vision.still(nothing).await, Err(StillError::Request(_))));
    server.stop().await;
    let server = Server::start(&[Life::Mute], |config| config.still_limit = Duration::from_millis(100)).await;
    let server = server.unwrap();
    assert_eq!(server.vision.still(still()).await, Err(StillError::TimedOut));
    server.stop().await;
}

#[tokio::test]
async fn grids_come_back_or_say_why_not() {
    let server = Server::start(&[Life::Good], |_| {}).await.unwrap();
    let key_frame = |second| AccessUnit { random_access: true, ..work(second, false).unit };
    let area = BoundingBox { x: 0.0, y: 0.0, w: 1.0, h: 1.0 };
    let request = |units| GridRequest { units, area };
    let grids = server.vision.grids(request((0..3).map(key_frame).collect())).await.unwrap();
    assert_eq!(grids.iter().map(|grid| grid.time).collect::<Vec<_>>(), [at(0), at(1), at(2)]);
    for refused in [
        Vec::new(),
        (0..65).map(key_frame).collect(),
        vec![key_frame(0), AccessUnit { random_access: false, ..key_frame(1) }],
    ] {
        let answer = server.vision.grids(request(refused)).await;
        assert!(matches!(answer, Err(StillError::Request(_))), "{answer:?}");
    }
    server.stop().await;
    let server = Server::start(&[Life::Mute], |config| config.grids_limit = Duration::from_millis(100)).await;
    let server = server.unwrap();
    assert_eq!(server.vision.grids(request(vec![key_frame(0)])).await, Err(StillError::TimedOut));
    server.stop().await;
}

#[tokio::test]
async fn shutdown_ends_the_process() {
    let server = Server::start(&[Life::Good], |_| {}).await.unwrap();
    let pid = server.vision.worker_pid().unwrap();
    let process = format!("/proc/{pid}");
    assert!(std::path::Path::new(&process).exists());
    server.stop().await;
    assert!(!std::path::Path::new(&process).exists());
}

/// Not a test by itself: the worker's side, when a script starts this program again.
#[test]
fn fake_worker() {
    fake::run_if_told();
}
