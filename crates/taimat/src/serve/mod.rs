//! `taimat serve`: everything wired together, watched over, and stopped in order.

mod analyse;
mod analysts;
mod bells;
mod board;
mod cameras;
pub(crate) mod database;
mod exports;
mod flag;
mod health;
mod kept;
mod map;
mod meter;
mod metrics;
mod notify;
mod retention;
mod roster;
mod rows;
mod stills;
mod stream;
mod supervise;
mod tap;
mod transcode;
mod trials;
mod video;
mod watches;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use api::ports::{ApiConfig, Keeping};
use api::{App, Audit};
use domain::{LiveEvent, SystemClock};
use index::{Index, Record, Vault, Writer, WriterLimits};
use metrics_exporter_prometheus::PrometheusHandle;
use recorder::{Recorder, RecorderConfig, RecorderEvent, RecorderTask};
use tokio::net::TcpListener;
use tokio::sync::{Notify, broadcast, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use vision_client::{Vision, VisionConfig};

use crate::config::Config;
use analyse::{CatchUp, Snapshots};
use analysts::Analysts;
use bells::{BellDoor, Bells};
use board::Board;
use cameras::{Services, Supervisor};
use database::Database;
use exports::{ExportDoor, Exporter};
use flag::{Escalation, Flagger, Flags, HealthRules, Patience, RuleDoor, RuleKeeper, Rules};
use health::Health;
use metrics::Gauges;
use notify::{Dispatcher, Pictures};
use retention::Retention;
use roster::Roster;
use rows::Rows;
use stills::Stills;
use supervise::Tasks;
use tap::Taps;
use video::Video;
use watches::Watches;

/// Changes that a slow watcher may fall behind.
const LIVE: usize = 1024;
/// Rows that may wait between recorder and index.
const RECORDER_EVENTS: usize = 4096;
/// The files of an earlier run are waited for so long before cameras start.
const RECOVERY: Duration = Duration::from_secs(5);
/// Stopping takes less than 10 s: so long for the cameras, which say goodbye, and what depends on them …
const CAMERAS_STOP: Duration = Duration::from_secs(3);
/// … and so long for each of the six other parts. What is cut short is mended at the next start.
const PART_STOPS: Duration = Duration::from_secs(1);

/// Runs the server until SIGTERM or SIGINT.
///
/// Three layers, each of which starts what the next one needs and stops it after the next one has stopped: the
/// database; the recorder with the way of its rows to the index; everything that feeds and reads these.
pub(crate) async fn run(config: Config) -> Result<()> {
    let metrics = metrics::install()?;
    make_folder(&config.data.folder)?;
    let listener = TcpListener::bind(config.server.listen).await.with_context(|| {
        format!("cannot listen at {} ([server] listen): is another taimat running?", config.server.listen)
    })?;
    let database_stop = CancellationToken::new();
    let database = Database::start(&config, database_stop.clone()).await?;
    let outcome = record(&config, &database.index, listener, metrics).await;
    database_stop.cancel();
    supervise::within(PART_STOPS, "database", database.stop()).await;
    tracing::info!("stopped");
    outcome
}

/// What the recorder and those around it share.
struct Core {
    clock: Arc<SystemClock>,
    index: Index,
    recorder: Recorder,
    rows: Rows,
    /// Warnings and bells go out through it.
    http: reqwest::Client,
    stop: CancellationToken,
}

/// The second layer: recorder and index writer.
async fn record(
    config: &Config,
    index: &Index,
    listener: TcpListener,
    metrics: PrometheusHandle,
) -> Result<()> {
    let (clock, stop) = (Arc::new(SystemClock::default()), CancellationToken::new());
    let http = ::notify::client()
        .context("no HTTP client can be made: are the system's TLS roots (ca-certificates) installed?")?;
    database::prepare(index.clone(), Arc::clone(&clock), stop.clone()).await?;
    let writer_stop = CancellationToken::new();
    let spool = config.data.folder.join("spool");
    let (writer, writer_task) =
        Writer::start(index.clone(), spool, WriterLimits::default(), writer_stop.clone())?;
    let rows = Rows::new(writer);
    let (sender, events) = mpsc::channel(RECORDER_EVENTS);
    let settings = RecorderConfig {
        sync_interval: Duration::from_secs_f64(config.recording.sync_seconds.max(0.1)),
        ..RecorderConfig::new(config.recordings())
    };
    let (recorder, recorder_task) = Recorder::start(settings, clock.clone(), sender)?;
    let indexing = tokio::spawn(index_recordings(events, rows.clone()));

    recovered(&recorder_task, &rows).await;
    let core = Core { clock, index: index.clone(), recorder, rows, http, stop };
    let outcome = attend(config, core, listener, metrics).await;

    supervise::within(PART_STOPS, "recorder", recorder_task.shutdown()).await;
    supervise::within(PART_STOPS, "rows of the recorder", supervise::ended("rows of the recorder", indexing))
        .await;
    writer_stop.cancel();
    supervise::within(PART_STOPS, "index writer", supervise::ended("index writer", writer_task)).await;
    outcome
}

/// Waits a little until files that a kill left unfinished are finished and in the index, so that the gap after them
/// begins where they end.
async fn recovered(recorder: &RecorderTask, rows: &Rows) {
    let finished = async {
        while !recorder.recovered() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // The rows are on their way; they are in the index a batch later.
        tokio::time::sleep(Duration::from_millis(50)).await;
        rows.writer().flush().await
    };
    match tokio::time::timeout(RECOVERY, finished).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::error!("rows of the last run: {error}"),
        Err(_) => tracing::warn!("the files of the last run are still being finished"),
    }
}

/// The third layer: cameras, analysis, retention and the API, until the server is told to stop.
async fn attend(config: &Config, core: Core, listener: TcpListener, metrics: PrometheusHandle) -> Result<()> {
    let data = &config.data.folder;
    let mut tasks = Tasks::new(core.stop.clone());
    // Stopped after the cameras, whose last tracks need it.
    let vision_stop = CancellationToken::new();
    let (vision, vision_task) = start_vision(config, vision_stop.clone()).await?.unzip();
    let vault = Vault::open(&data.join("secret.key"))?;
    let (live, _) = broadcast::channel::<LiveEvent>(LIVE);
    let board = Arc::new(Board::new(live.clone()));
    let roster = Arc::new(Roster::open(data.join("cameras.json")));
    let stills = Arc::new(Stills {
        index: core.index.clone(),
        recorder: core.recorder.clone(),
        vision: vision.clone(),
    });
    let watches = Arc::new(Watches::default());
    let taps = Arc::new(Taps::new(Arc::clone(&core.clock)));
    let video = Video::start(config, core.recorder.clone(), Arc::clone(&taps), &mut tasks, &core.stop)?;
    let snapshots = data.join("snapshots");
    make_folder(&snapshots)?;
    let Flagging { rules, flags, rule_door, bell_door } =
        core.flagging(config, &mut tasks, &live, &board, &roster)?;
    let analysts = vision.clone().map(|vision| {
        let (sender, jobs) = mpsc::channel(analyse::SNAPSHOT_QUEUE);
        tasks.spawn_ending("snapshots", core.snapshots(&stills, &snapshots, &live, &watches).run(jobs));
        let looks_per_second = config.vision.looks_per_second;
        let analysts = Analysts {
            vision,
            rows: core.rows.clone(),
            live: live.clone(),
            snapshots: sender,
            rules,
            flags,
            watches: Arc::clone(&watches),
            looks_per_second,
            clock: Arc::clone(&core.clock),
        };
        tasks.spawn("catch-up", core.catch_up(analysts.clone(), Arc::clone(&roster)).run());
        analysts
    });
    let services = Services {
        clock: Arc::clone(&core.clock),
        index: core.index.clone(),
        vault: vault.clone(),
        recorder: core.recorder.clone(),
        rows: core.rows.clone(),
        board: Arc::clone(&board),
        analysts,
        watches,
        taps,
        roster,
    };
    let (supervisor, cameras) = Supervisor::new(services, core.stop.clone());
    tasks.spawn("cameras", supervisor.run());
    tasks.spawn("retention", core.retention(config, snapshots.clone()).run());
    tasks.spawn("metrics", metrics::upkeep(metrics.clone(), core.stop.clone()));
    tasks.spawn("notify", core.dispatcher(config, &vault, &stills, &snapshots).run());
    let export_files = data.join("exports");
    let exports = core.exports(config, &mut tasks, &stills, &snapshots, &export_files)?;
    tasks.spawn("watchdog", supervise::watchdog(core.stop.clone()));

    let (audit, audit_task) = Audit::start(core.index.clone(), core.clock.clone(), core.stop.clone());
    let gauges = core.gauges(metrics, board);
    let app = App {
        index: core.index.clone(),
        recorder: core.recorder.clone(),
        vault,
        cameras: Arc::new(cameras),
        rules: Arc::new(rule_door),
        bells: Arc::new(bell_door),
        stills,
        video: Arc::new(video),
        exports: Arc::new(exports),
        export_files,
        health: Arc::new(core.health(config, vision)),
        live,
        snapshots,
        metrics: Arc::new(move || gauges.render()),
        clock: core.clock.clone(),
        audit,
        config: api_config(config),
        shutdown: core.stop.clone(),
    };
    tracing::info!(address = %listener.local_addr()?, data = %data.display(), "taimat is running");
    tasks.spawn("http", serve_http(listener, app, map::policy(&config.map), core.stop.clone()));
    supervise::notify_ready();

    let outcome = tasks.until_stopped().await;
    tracing::info!("stopping");
    supervise::notify_stopping();
    core.stop.cancel();
    tasks.join(CAMERAS_STOP).await;
    vision_stop.cancel();
    if let Some(task) = vision_task {
        supervise::within(PART_STOPS, "vision", supervise::ended("vision", task)).await;
    }
    supervise::within(PART_STOPS, "audit", supervise::ended("audit", audit_task)).await;
    outcome
}

fn api_config(config: &Config) -> ApiConfig {
    ApiConfig {
        secure_cookies: config.server.https,
        trusted_proxies: config.server.trusted_proxies.clone(),
        trusted_origins: config.server.trusted_origins.clone(),
        quiet_after: config.review.quiet_after,
        keeping: Keeping {
            days: config.recording.keep_days,
            free_bytes: bytes(config.recording.keep_free_gib),
            most_bytes: bytes(config.recording.max_gib),
        },
        map: map::checked(&config.map),
        ..ApiConfig::default()
    }
}

/// What feeds rules and bells, and the API's doors to them.
struct Flagging {
    rules: Rules,
    flags: Flags,
    rule_door: RuleDoor,
    bell_door: BellDoor,
}

impl Core {
    fn snapshots(
        &self,
        stills: &Arc<Stills>,
        folder: &Path,
        live: &broadcast::Sender<LiveEvent>,
        watches: &Arc<Watches>,
    ) -> Snapshots {
        Snapshots {
            stills: Arc::clone(stills),
            folder: folder.to_owned(),
            rows: self.rows.clone(),
            live: live.clone(),
            watches: Arc::clone(watches),
            stop: self.stop.clone(),
        }
    }

    fn catch_up(&self, analysts: Analysts, roster: Arc<Roster>) -> CatchUp {
        CatchUp {
            analysts,
            index: self.index.clone(),
            recorder: self.recorder.clone(),
            roster,
            clock: Arc::clone(&self.clock),
            shutdown: self.stop.clone(),
        }
    }

    /// Starts all that flags: which rules hold, what is heard of bells, who is told of what fires, and the API's doors.
    fn flagging(
        &self,
        config: &Config,
        tasks: &mut Tasks,
        live: &broadcast::Sender<LiveEvent>,
        board: &Arc<Board>,
        roster: &Arc<Roster>,
    ) -> Result<Flagging> {
        let (index, clock) = (self.index.clone(), Arc::clone(&self.clock));
        let bells = Bells::new(&config.mqtt, index, clock, live.clone(), self.http.clone(), &self.stop)?;
        let (keeper, rules, rule_door) =
            RuleKeeper::new(self.index.clone(), config.review.quiet_after, self.stop.clone());
        tasks.spawn("rules", keeper.run());
        let (index, rows) = (self.index.clone(), self.rows.clone());
        let (flagger, flags) = Flagger::new(index, rows, live.clone(), bells.sounding(), rules.afresh());
        tasks.spawn_ending("flagger", flagger.run());
        let health = HealthRules {
            rules: rules.afresh(),
            board: Arc::clone(board),
            roster: Arc::clone(roster),
            clock: Arc::clone(&self.clock),
            flags: flags.clone(),
            recorder: self.recorder.clone(),
            keep_free_bytes: bytes(config.recording.keep_free_gib),
            stop: self.stop.clone(),
        };
        tasks.spawn("health-rules", health.run());
        tasks.spawn("escalation", self.escalation(config, live.clone()).run());
        let bell_door = bells.start(tasks, flags.clone(), Arc::clone(roster), self.stop.clone());
        Ok(Flagging { rules, flags, rule_door, bell_door })
    }

    fn escalation(&self, config: &Config, live: broadcast::Sender<LiveEvent>) -> Escalation {
        let after = |minutes: f64| (minutes > 0.0).then(|| Duration::from_secs_f64(minutes * 60.0));
        let patience = Patience {
            alarm: after(config.review.escalate_alarm_minutes),
            alert: after(config.review.escalate_alert_minutes),
        };
        Escalation { index: self.index.clone(), live, patience, stop: self.stop.clone() }
    }

    /// Starts what makes files of cases; the API's door to it.
    fn exports(
        &self,
        config: &Config,
        tasks: &mut Tasks,
        stills: &Arc<Stills>,
        snapshots: &Path,
        folder: &Path,
    ) -> Result<ExportDoor> {
        make_folder(folder)?;
        let changed = Arc::new(Notify::new());
        let exporter = Exporter {
            index: self.index.clone(),
            recorder: self.recorder.clone(),
            stills: Arc::clone(stills),
            clock: self.clock.clone(),
            folder: folder.to_owned(),
            snapshots: snapshots.to_owned(),
            keep_free_bytes: bytes(config.recording.keep_free_gib),
            changed: Arc::clone(&changed),
            stop: self.stop.clone(),
        };
        tasks.spawn("exports", exporter.run());
        Ok(ExportDoor(changed))
    }

    fn dispatcher(
        &self,
        config: &Config,
        vault: &Vault,
        stills: &Arc<Stills>,
        snapshots: &Path,
    ) -> Dispatcher {
        let pictures = Pictures {
            index: self.index.clone(),
            stills: Arc::clone(stills),
            snapshots: snapshots.to_owned(),
        };
        let (clock, link) = (self.clock.clone(), config.notify.link.clone());
        Dispatcher::new(vault.clone(), clock, pictures, link, self.http.clone(), self.stop.clone())
    }

    fn retention(&self, config: &Config, snapshots: PathBuf) -> Retention {
        Retention {
            index: self.index.clone(),
            recorder: self.recorder.clone(),
            clock: Arc::clone(&self.clock),
            snapshots,
            keep: retention::days(config.recording.keep_days),
            keep_free_bytes: bytes(config.recording.keep_free_gib),
            max_bytes: bytes(config.recording.max_gib),
            shutdown: self.stop.clone(),
        }
    }

    fn gauges(&self, handle: PrometheusHandle, board: Arc<Board>) -> Gauges {
        let (index, rows, recorder) = (self.index.clone(), self.rows.clone(), self.recorder.clone());
        Gauges { handle, board, index, rows, recorder }
    }

    fn health(&self, config: &Config, vision: Option<Vision>) -> Health {
        Health {
            index: self.index.clone(),
            rows: self.rows.clone(),
            recorder: self.recorder.clone(),
            vision,
            keep_free_bytes: bytes(config.recording.keep_free_gib),
        }
    }
}

/// Bytes of so many GiB.
fn bytes(gib: f64) -> u64 {
    (gib * (1u64 << 30) as f64) as u64
}

async fn start_vision(config: &Config, stop: CancellationToken) -> Result<Option<(Vision, JoinHandle<()>)>> {
    if !config.vision.enabled {
        return Ok(None);
    }
    let settings = &config.vision;
    let worker = config.worker()?;
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
    Ok(Some((vision, running)))
}

/// Rows of the recorder on their way to the index, until the recorder has ended.
async fn index_recordings(mut recorded: mpsc::Receiver<RecorderEvent>, rows: Rows) {
    while let Some(event) = recorded.recv().await {
        let record = match event {
            RecorderEvent::Segment(segment) => Record::Segment(segment),
            RecorderEvent::Gap(gap) => Record::Gap(gap),
            RecorderEvent::Flushed(answer) => {
                // Who asked may have stopped waiting.
                let _ = answer.send(());
                continue;
            }
        };
        rows.send(record).await;
    }
}

async fn serve_http(listener: TcpListener, app: App, policy: web::Policy, stop: CancellationToken) {
    let router = web::over(api::router(app), policy);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!("HTTP: {error}");
    }
}

fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make {} ([data] folder)", folder.display()))
}
