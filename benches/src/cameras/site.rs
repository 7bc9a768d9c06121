//! A server with the cameras of a load, on the measured core.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use blackbox::{Api, Camsim, Server, Settings, eventually, probe, text};
use serde_json::json;

use super::load::{Load, Player};
use crate::usage::Usage;

/// The core of the cameras, and the core of what is measured.
pub(super) const CAMERAS_CORE: &str = "0";
pub(super) const MEASURED_CORE: &str = "1";
/// Time for all streams to be up.
const START_LIMIT: Duration = Duration::from_mins(3);
/// Time for what is on its way to arrive and to be written, once the cameras hung up.
const DRAIN: Duration = Duration::from_secs(3);
/// Pictures a second of all footage.
const FRAME_RATE: f64 = 15.0;
/// Cameras whose files are counted picture by picture; of the others the server's own counts are taken.
const SAMPLE: usize = 8;

/// A server, its cameras, and the simulator that plays them.
pub(super) struct Site<'a> {
    /// The server.
    pub(super) server: Server,
    /// What is played.
    pub(super) load: &'a Load,
    /// The cameras as the server knows them, in the order of the load.
    pub(super) cameras: Vec<Camera>,
    camsim: &'a mut Camsim,
    /// What each camera had sent before.
    sent_before: Vec<u64>,
}

/// A camera at the server.
pub(super) struct Camera {
    /// Its identifier.
    pub(super) id: String,
    folder: String,
}

/// Processor time of the parts of a server, in seconds, and their memory in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parts {
    /// The server itself.
    pub(super) server: Usage,
    /// The vision worker.
    pub(super) worker: Usage,
    /// PostgreSQL.
    pub(super) database: Usage,
}

impl Parts {
    /// Processor time of all, in seconds.
    pub(super) fn seconds(&self) -> f64 {
        (self.server.cpu + self.worker.cpu + self.database.cpu).as_secs_f64()
    }

    /// Memory of all, in bytes.
    pub(super) fn memory(&self) -> u64 {
        self.server.memory + self.worker.memory + self.database.memory
    }
}

/// What was measured in a stretch of time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    /// How long it was, in seconds.
    pub(super) seconds: f64,
    /// What it took.
    pub(super) parts: Parts,
    /// Pictures that the cameras sent, by those that they should have sent.
    pub(super) pace: f64,
}

impl Window {
    /// Share of one core.
    pub(super) fn core(&self) -> f64 {
        self.parts.seconds() / self.seconds
    }
}

/// What became of the pictures of a phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Frames {
    /// Sent by the cameras.
    pub(super) sent: u64,
    /// Received by the server.
    pub(super) received: u64,
    /// Recorded, as the server says.
    pub(super) recorded: u64,
    /// Lost, as the server says.
    pub(super) lost: u64,
    /// Received from the cameras whose files were counted.
    pub(super) sample_received: u64,
    /// Pictures in those files.
    pub(super) sample_in_files: u64,
    /// Sessions that broke off.
    pub(super) reconnects: u64,
}

impl Frames {
    /// Whether all that arrived is recorded. A picture on its way when a stream hangs up is counted on one side
    /// only, so that sent and received may differ by one a stream.
    pub(super) fn are_complete(&self, streams: usize) -> bool {
        self.lost == 0
            && self.recorded == self.received
            && self.sample_in_files == self.sample_received
            && self.sent.abs_diff(self.received) <= streams as u64
    }
}

impl<'a> Site<'a> {
    /// Starts a server on the measured core, adds the cameras, and waits until all streams are up.
    pub(super) async fn start(load: &'a Load, camsim: &'a mut Camsim, vision: bool) -> Result<Self> {
        let sent_before = sent(camsim)?;
        let server = Server::start(Settings {
            vision,
            quiet: true,
            through: ["taskset", "-c", MEASURED_CORE].map(str::to_owned).to_vec(),
            ..Settings::default()
        })
        .await?;
        let place = server.place("Bench", "commune", None).await?;
        let mut cameras = Vec::new();
        for Player { name, .. } in &load.players {
            let mut camera = json!({
                "name": name, "place_id": place, "probe": false, "transport": "tcp",
                "main_url": camsim.main(name)?,
            });
            if load.with_sub
                && let Some(camera) = camera.as_object_mut()
            {
                camera.insert("sub_url".to_owned(), camsim.sub(name)?.into());
            }
            let added = server.api.post("cameras", &camera).await?;
            cameras.push(Camera { id: text(&added, "/camera/id")?, folder: text(&added, "/camera/folder")? });
        }
        let streams = load.streams() as f64;
        eventually(START_LIMIT, || async {
            let online = server.api.metric("taimat_camera_online", &[]).await?;
            ensure!(online >= streams, "{online} of {streams} streams are online");
            Ok(())
        })
        .await?;
        Ok(Self { server, load, cameras, camsim, sent_before })
    }

    /// Its API.
    pub(super) fn api(&self) -> &Api {
        &self.server.api
    }

    /// What the parts took since they were started.
    pub(super) fn parts(&self) -> Parts {
        Parts {
            server: Usage::of(&[self.server.id()]),
            worker: Usage::of(&self.server.processes("taimat-vision")),
            database: Usage::of(&self.server.processes("postgres")),
        }
    }

    /// Measures for a time. Nothing is asked of the server meanwhile.
    pub(super) async fn measure(&mut self, time: Duration) -> Result<Window> {
        let sent_before: u64 = sent(self.camsim)?.iter().sum();
        let (before, started) = (self.parts(), Instant::now());
        tokio::time::sleep(time).await;
        let (after, seconds) = (self.parts(), started.elapsed().as_secs_f64());
        let sent_now: u64 = sent(self.camsim)?.iter().sum();
        let parts = Parts {
            server: after.server.since(before.server),
            worker: after.worker.since(before.worker),
            database: after.database.since(before.database),
        };
        let due = self.load.streams() as f64 * FRAME_RATE * seconds;
        Ok(Window { seconds, parts, pace: (sent_now - sent_before) as f64 / due })
    }

    /// Hangs up at the cameras' end and lets them listen again: what came before is over.
    pub(super) fn reconnect_cameras(&mut self) -> Result<()> {
        for Player { name, .. } in &self.load.players {
            self.camsim.offline(name)?;
        }
        for Player { name, .. } in &self.load.players {
            self.camsim.online(name)?;
        }
        Ok(())
    }

    /// Hangs up at the cameras' end, so that all counters stand still, stops the server and counts pictures.
    pub(super) async fn finish(mut self, keep_log: Option<&Path>) -> Result<Frames> {
        for Player { name, .. } in &self.load.players {
            self.camsim.offline(name)?;
        }
        tokio::time::sleep(DRAIN).await;
        let sent = sent(self.camsim)?;
        let received = self.counts("frames_received").await?;
        let recorded = self.counts("frames_recorded").await?;
        let lost = self.counts("frames_lost").await?;
        let reconnects = self.api().metric("taimat_camera_reconnects_total", &[]).await? as u64;
        let stopped = self.server.stop().await;
        if let Some(file) = keep_log {
            std::fs::write(file, self.server.log()).with_context(|| file.display().to_string())?;
        }
        stopped?;
        for Player { name, .. } in &self.load.players {
            self.camsim.online(name)?;
        }
        let mut frames = Frames {
            sent: sent.iter().zip(&self.sent_before).map(|(now, before)| now - before).sum(),
            received: received.values().sum(),
            recorded: recorded.values().sum(),
            lost: lost.values().sum(),
            reconnects,
            ..Frames::default()
        };
        for camera in self.cameras.iter().step_by(self.cameras.len().div_ceil(SAMPLE).max(1)) {
            frames.sample_received += received.get(&camera.id).copied().unwrap_or_default();
            for file in files(&self.server.recordings().join(&camera.folder))? {
                let path = file.to_str().context("a file name that is not UTF-8")?;
                frames.sample_in_files += probe(path).await?.times.len() as u64;
            }
        }
        Ok(frames)
    }

    /// One of the server's counts, by camera.
    async fn counts(&self, name: &str) -> Result<BTreeMap<String, u64>> {
        let metric = format!("taimat_camera_{name}_total{{");
        let (_, bytes) = self.api().bytes("/metrics").await?;
        let mut counts = BTreeMap::new();
        for line in String::from_utf8_lossy(&bytes).lines().filter(|line| line.starts_with(&metric)) {
            let camera = line.split_once("camera=\"").and_then(|(_, rest)| rest.split('"').next());
            let value = line.rsplit_once(' ').and_then(|(_, value)| value.parse::<f64>().ok());
            let (camera, value) = camera.zip(value).with_context(|| format!("what is {line:?}?"))?;
            *counts.entry(camera.to_owned()).or_default() += value as u64;
        }
        Ok(counts)
    }
}

/// Pictures that each camera sent so far.
fn sent(camsim: &mut Camsim) -> Result<Vec<u64>> {
    let counts = camsim.counts()?.into_iter();
    Ok(counts.map(|(main, sub)| main.units + sub.map_or(0, |sub| sub.units)).collect())
}

/// The MP4 files of a folder and below.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "mp4") {
            found.push(path);
        }
    }
    Ok(found)
}
