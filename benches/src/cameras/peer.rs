//! Peer C: Debian's `motion` on the sub streams of a few cameras, with its own defaults and told their size, without
//! which it scales every picture.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use blackbox::{Camsim, Program, eventually};

use super::load::{Load, Player};
use super::site::MEASURED_CORE;
use crate::usage::Usage;

/// Cameras that are measured, at most; the figure for one camera does not depend on how many there are.
const IDLE: usize = 6;
const ACTIVE: usize = 2;
const START_LIMIT: Duration = Duration::from_secs(30);
/// Quiet time before the measurement.
const SETTLE: Duration = Duration::from_secs(3);
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Seconds of processor time for each second of one camera.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    /// Of an idle one.
    pub(super) idle: f64,
    /// Of an active one.
    pub(super) active: f64,
}

/// Measures idle cameras, then active ones.
pub(super) async fn measure(
    load: &Load,
    camsim: &Camsim,
    time: Duration,
    logs: Option<&Path>,
) -> Result<Peer> {
    install()?;
    let of = async |active: bool, most: usize| {
        let players = load.players.iter().filter(|player| player.piece.active == active).take(most);
        run(&players.collect::<Vec<_>>(), camsim, time, logs).await
    };
    Ok(Peer { idle: of(false, IDLE).await?, active: of(true, ACTIVE).await? })
}

/// Installs it where it is missing and we may.
fn install() -> Result<()> {
    if Command::new("motion").arg("-h").output().is_ok() {
        return Ok(());
    }
    println!("peer: installing Debian's motion");
    let output = Command::new("apt-get")
        .args(["install", "--yes", "--quiet", "--no-install-recommends", "motion"])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .output()
        .context("there is no apt-get")?;
    ensure!(output.status.success(), "apt-get: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

/// Runs it on cameras, and gives the processor time of one for each second.
async fn run(players: &[&Player], camsim: &Camsim, time: Duration, logs: Option<&Path>) -> Result<f64> {
    ensure!(!players.is_empty(), "the load has no such camera");
    let folder = tempfile::tempdir()?;
    let mut config = "daemon off\nsetup_mode off\nlog_level 6\nwebcontrol_port 0\nstream_port 0\n".to_owned();
    for (n, Player { name, .. }) in players.iter().enumerate() {
        let file = folder.path().join(format!("camera{n}.conf"));
        let camera = format!(
            "camera_id {}\ncamera_name {name}\nnetcam_url {}\nnetcam_params rtsp_transport=tcp\nwidth 640\nheight 360\n\
             target_dir {}\n",
            n + 1,
            camsim.sub(name)?,
            folder.path().display()
        );
        std::fs::write(&file, camera)?;
        // Writing to a string cannot fail.
        let _ = writeln!(config, "camera {}", file.display());
    }
    let file = folder.path().join("motion.conf");
    std::fs::write(&file, config)?;
    let mut command = Command::new("taskset");
    command.args(["-c", MEASURED_CORE, "motion", "-n", "-c"]).arg(&file);
    let mut motion = Program::start(&mut command, &folder.path().join("motion.log"))?;
    let began = eventually(START_LIMIT, || async {
        let connected = motion.log().matches(") connected").count();
        ensure!(connected >= players.len(), "motion does not connect:\n{}", motion.log());
        Ok(())
    })
    .await;
    if let Some(logs) = logs {
        std::fs::write(logs.join("motion.log"), motion.log())?;
    }
    began?;
    tokio::time::sleep(SETTLE).await;
    let (before, started) = (Usage::of(&[motion.id()]), Instant::now());
    tokio::time::sleep(time).await;
    if motion.ended()?.is_some() {
        bail!("motion ended by itself:\n{}", motion.log());
    }
    let took = Usage::of(&[motion.id()]).since(before).cpu.as_secs_f64();
    let seconds = started.elapsed().as_secs_f64();
    motion.stop(STOP_LIMIT).await?;
    Ok(took / seconds / players.len() as f64)
}
