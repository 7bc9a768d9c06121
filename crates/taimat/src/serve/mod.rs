//! `taimat serve`: everything wired together, watched over, and stopped in order.

mod analyse;
mod analysts;
mod board;
mod cameras;
pub(crate) mod database;
mod health;
mod meter;
mod metrics;
mod retention;
mod roster;
mod rows;
mod stills;
mod stream;
mod supervise;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use api::ports::ApiConfig;
use api::{App, Audit};
use domain::{LiveEvent, SystemClock};
use index::{Record, Vault, Writer, WriterLimits};
use recorder::{Recorder, RecorderConfig, RecorderEvent};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use vision_client::{Vision, VisionConfig};

use crate::config::Config;
use analyse::{CatchUp, Snapshots};
use analysts::Analysts;
use board::Board;
use cameras::{Services, Supervisor};
use database::Database;
use health::Health;
use metrics::Gauges;
use retention::Retention;
use roster::Roster;
use rows::Rows;
use stills::Stills;
use supervise::Tasks;

/// Changes that a slow watcher may fall behind.
const LIVE: usize = 1024;
/// Rows that may wait between recorder and index.
const RECORDER_EVENTS: usize = 4096;
/// Each stage of stopping takes at most so long, so that all of it takes less than 10 s.
const STAGE: Duration = Duration::from_secs(3);
const GIB: f64 = (1u64 << 30) as f64;

/// Runs the server until SIGTERM or SIGINT.
pub(crate) async fn run(config: Config) -> Result<()> {
    let metrics = metrics::install()?;
    let clock = Arc::new(SystemClock::default());
    let data = &config.data.folder;
    make_folder(data)?;
    let listener = TcpListener::bind(config.server.listen).await.with_context(|| {
        format!("cannot listen at {} ([server] listen): is another taimat running?", config.server.listen)
    })?;
    // Stopped last: what still writes needs it.
    let database_stop = CancellationToken::new();
    let stop = CancellationToken::new();
    let mut tasks = Tasks::new(stop.clone());

    let vision = start_vision(&config, stop.clone(), &mut tasks).await?;
    let database = Database::start(&config, database_stop.clone()).await?;
    database::prepare(database.index.clone(), Arc::clone(&clock), stop.clone()).await?;
    let index = database.index.clone();
    let vault = Vault::open(&data.join("secret.key"))?;

    let writer_stop = CancellationToken::new();
    let spool = data.join("spool");
    let (writer, writing) =
        Writer::start(index.clone(), spool, WriterLimits::default(), writer_stop.clone())?;
    let rows = Rows::new(writer);

    let (recorder_events, events) = mpsc::channel(RECORDER_EVENTS);
    let recorder_config = RecorderConfig {
        sync_interval: Duration::from_secs_f64(config.recording.sync_seconds.max(0.1)),
        ..RecorderConfig::new(config.recordings())
    };
    let (recorder, recorder_task) = Recorder::start(recorder_config, clock.clone(), recorder_events)?;
    let indexing = tokio::spawn(index_recordings(events, rows.clone()));

    let (live, _) = broadcast::channel::<LiveEvent>(LIVE);
    let board = Arc::new(Board::new(live.clone()));
    let roster = Arc::new(Roster::open(data.join("cameras.json")));
    let stills =
        Arc::new(Stills { index: index.clone(), recorder: recorder.clone(), vision: vision.clone() });
    let snapshots = data.join("snapshots");
    make_folder(&snapshots)?;

    let analysts = vision.clone().map(|vision| {
        let (sender, jobs) = mpsc::channel(analyse::SNAPSHOT_QUEUE);
        let maker = Snapshots {
            stills: Arc::clone(&stills),
            folder: snapshots.clone(),
            rows: rows.clone(),
            live: live.clone(),
        };
        tasks.spawn_ending("snapshots", maker.run(jobs));
        let looks_per_second = config.vision.looks_per_second;
        Analysts { vision, rows: rows.clone(), live: live.clone(), snapshots: sender, looks_per_second }
    });
    if let Some(analysts) = analysts.clone() {
        let catch_up = CatchUp {
            analysts,
            index: index.clone(),
            recorder: recorder.clone(),
            roster: Arc::clone(&roster),
            clock: Arc::clone(&clock),
            shutdown: stop.clone(),
        };
        tasks.spawn("catch-up", catch_up.run());
    }

    let services = Services {
        clock: Arc::clone(&clock),
        index: index.clone(),
        vault: vault.clone(),
        recorder: recorder.clone(),
        board: Arc::clone(&board),
        analysts,
        roster,
    };
    let (supervisor, cameras) = Supervisor::new(services, stop.clone());
    tasks.spawn("cameras", supervisor.run());

    let keep_free_bytes = (config.recording.keep_free_gib * GIB) as u64;
    let retention = Retention {
        index: index.clone(),
        recorder: recorder.clone(),
        clock: Arc::clone(&clock),
        snapshots: snapshots.clone(),
        keep: retention::days(config.recording.keep_days),
        keep_free_bytes,
        max_bytes: (config.recording.max_gib * GIB) as u64,
        shutdown: stop.clone(),
    };
    tasks.spawn("retention", retention.run());
    tasks.spawn("metrics", metrics::upkeep(metrics.clone(), stop.clone()));

    let (audit, auditing) = Audit::start(index.clone(), clock.clone(), stop.clone());
    let gauges = Gauges {
        handle: metrics,
        board,
        index: index.clone(),
        rows: rows.clone(),
        recorder: recorder.clone(),
    };
    let health = Health {
        index: index.clone(),
        rows: rows.clone(),
        recorder: recorder.clone(),
        vision,
        keep_free_bytes,
    };
    let app = App {
        index: index.clone(),
        recorder: recorder.clone(),
        vault,
        cameras: Arc::new(cameras),
        stills,
        health: Arc::new(health),
        live,
        snapshots,
        metrics: Arc::new(move || gauges.render()),
        clock: clock.clone(),
        audit,
        config: ApiConfig { secure_cookies: config.server.https, ..ApiConfig::default() },
        shutdown: stop.clone(),
    };
    let address = listener.local_addr()?;
    tasks.spawn("http", serve_http(listener, app, stop.clone()));
    tasks.spawn("watchdog", supervise::watchdog(stop.clone()));
    tracing::info!(%address, data = %data.display(), "taimat is running");
    supervise::notify_ready();

    let failed = tasks.until_stopped().await;
    tracing::info!("stopping");
    supervise::notify_stopping();
    stop.cancel();
    tasks.join(STAGE).await;
    supervise::within(STAGE, "recorder", recorder_task.shutdown()).await;
    drop(recorder);
    supervise::within(STAGE, "recorded rows", async {
        if let Err(error) = indexing.await {
            tracing::error!("rows of the recorder: {error}");
        }
    })
    .await;
    writer_stop.cancel();
    supervise::within(STAGE, "index writer", supervise::ended("index writer", writing)).await;
    supervise::within(STAGE, "audit", supervise::ended("audit", auditing)).await;
    database_stop.cancel();
    supervise::within(STAGE, "database", database.stop()).await;
    tracing::info!("stopped");
    failed
}

async fn start_vision(config: &Config, stop: CancellationToken, tasks: &mut Tasks) -> Result<Option<Vision>> {
    if !config.vision.enabled {
        return Ok(None);
    }
    let settings = &config.vision;
    let worker = match &settings.worker {
        Some(worker) => worker.clone(),
        None => {
            std::env::current_exe().context("cannot tell where taimat is")?.with_file_name("taimat-vision")
        }
    };
    let vision = VisionConfig {
        models: settings.models.clone(),
        threads: settings.threads,
        provider: settings.provider.clone(),
        ..VisionConfig::new(worker, &settings.model, &settings.runtime)
    };
    let (vision, running) = Vision::start(vision, stop)
        .await
        .context("analysis cannot start; mend it, or set [vision] enabled = false")?;
    tracing::info!(model = vision.info().name, "the vision worker is ready");
    tasks.spawn_ending("vision", supervise::ended("vision", running));
    Ok(Some(vision))
}

/// Rows of the recorder on their way to the index, until the recorder has ended.
async fn index_recordings(mut recorded: mpsc::Receiver<RecorderEvent>, rows: Rows) {
    while let Some(event) = recorded.recv().await {
        let record = match event {
            RecorderEvent::Segment(segment) => Record::Segment(segment),
            RecorderEvent::Gap(gap) => Record::Gap(gap),
        };
        rows.send(record).await;
    }
}

async fn serve_http(listener: TcpListener, app: App, stop: CancellationToken) {
    let service = api::router(app).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!("HTTP: {error}");
    }
}

fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make {} ([data] folder)", folder.display()))
}
