//! What receiving alone takes: the server's own RTSP sessions with all streams, in a process that throws every
//! picture away.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use blackbox::Camsim;
use camera::{Limits, StreamConfig, StreamEvent};
use domain::{CameraId, MediaFrame, StreamAddress, StreamKind, SystemClock, Transport};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::load::{Load, Player};
use super::site::MEASURED_CORE;
use crate::usage::Usage;

/// Pictures that may wait, as in the server.
const QUEUE: usize = 64;
/// Share of the streams that must deliver before anything is measured, and the time that they have.
const START_LIMIT: Duration = Duration::from_mins(2);

/// Settings of the process that receives.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Seconds that are measured.
    #[arg(long)]
    seconds: f64,
    /// A file with an address in each line.
    streams: PathBuf,
}

/// What that process prints.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Received {
    /// Seconds of processor time for each second.
    pub(super) core: f64,
    /// Pictures that came in that time.
    frames: u64,
}

/// Measures what receiving the streams of a load takes.
pub(super) async fn measure(load: &Load, camsim: &Camsim, seconds: f64) -> Result<Received> {
    let folder = tempfile::tempdir()?;
    let mut streams = String::new();
    for Player { name, .. } in &load.players {
        streams += &camsim.main(name)?;
        streams.push('\n');
        if load.with_sub {
            streams += &camsim.sub(name)?;
            streams.push('\n');
        }
    }
    let file = folder.path().join("streams.txt");
    std::fs::write(&file, streams)?;
    let mut command = Command::new("taskset");
    command.args(["-c", MEASURED_CORE]).arg(std::env::current_exe()?);
    command.args(["receive", "--seconds", &seconds.to_string()]).arg(&file);
    let output = tokio::process::Command::from(command).kill_on_drop(true).output().await?;
    ensure!(output.status.success(), "receiving: {}", String::from_utf8_lossy(&output.stderr).trim());
    serde_json::from_slice(&output.stdout).context("the answer of the process that receives")
}

/// The process that receives.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(receive(arguments))
}

async fn receive(arguments: &Arguments) -> Result<()> {
    let text = std::fs::read_to_string(&arguments.streams)
        .with_context(|| arguments.streams.display().to_string())?;
    let clock = Arc::new(SystemClock::default());
    let stop = CancellationToken::new();
    let mut counts = Vec::new();
    for url in text.lines() {
        let address = StreamAddress {
            url: url.parse().context(url.to_owned())?,
            credentials: None,
            transport: Transport::Tcp,
        };
        let (camera_id, stream) = (CameraId::generate(), StreamKind::Main);
        let config = StreamConfig { camera_id, stream, address, limits: Limits::default() };
        let (events, mut session) = mpsc::channel(QUEUE);
        tokio::spawn(camera::run(config, Arc::clone(&clock), events, stop.clone()));
        let count = Arc::new(AtomicU64::new(0));
        counts.push(Arc::clone(&count));
        tokio::spawn(async move {
            while let Some(event) = session.recv().await {
                if matches!(event, StreamEvent::Frame(MediaFrame::Video(_))) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    blackbox::eventually(START_LIMIT, || async {
        let waiting = counts.iter().filter(|count| count.load(Ordering::Relaxed) == 0).count();
        ensure!(waiting == 0, "{waiting} of {} streams deliver nothing", counts.len());
        Ok(())
    })
    .await?;
    let sum = || counts.iter().map(|count| count.load(Ordering::Relaxed)).sum::<u64>();
    let own = [std::process::id()];
    let (before, frames, started) = (Usage::of(&own), sum(), std::time::Instant::now());
    tokio::time::sleep(Duration::from_secs_f64(arguments.seconds)).await;
    let took = Usage::of(&own).since(before).cpu.as_secs_f64();
    let received = Received { core: took / started.elapsed().as_secs_f64(), frames: sum() - frames };
    println!("{}", serde_json::to_string(&received)?);
    Ok(())
}
