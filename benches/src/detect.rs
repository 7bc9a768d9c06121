//! The detect bench: frames a second through decode and detect on one core, against the bare session's rate on a
//! prepared tensor on the same core in the same run. Seconds are of processor time, so that what else runs on the
//! machine counts little.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use domain::{AccessUnit, LookAt};
use tokio_util::sync::CancellationToken;
use vision_client::{Vision, VisionConfig, VisionReport, Work};

use crate::footage::Clip;

/// Settings of the detect bench.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Footage to decode and search.
    #[arg(long, value_name = "FILE")]
    footage: Option<PathBuf>,
    /// Model: the name of a manifest in models/.
    #[arg(long, value_name = "NAME", default_value = "nanodet-g-416-int8")]
    model: String,
    /// Pictures in one round.
    #[arg(long, default_value_t = 300)]
    pictures: usize,
    /// Rounds, of which the medians are printed.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

/// Processor time of one picture, in seconds.
struct Round {
    /// Decoded, looked at and reported.
    whole: f64,
    /// Of that, decoding: the median of what the worker reports, which no pause of its thread distorts.
    decode: f64,
}

/// Runs the bench and prints its table.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure(arguments))
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let setup = blackbox::setup();
    let footage = arguments.footage.clone().unwrap_or_else(|| setup.join("footage/people-sub-h264.mp4"));
    let mut clip = Clip::load(&footage).context("no footage: run `cargo xtask setup`")?;
    clip.units.truncate(arguments.pictures.max(1));
    let config = VisionConfig {
        models: Some(setup.join("models")),
        niceness: 0,
        ..VisionConfig::new(
            blackbox::program("taimat-vision"),
            PathBuf::from("models").join(&arguments.model).with_extension("toml"),
            setup.join("onnxruntime/libonnxruntime.so.1.32.0"),
        )
    };
    let core = last_core()?;
    let shutdown = CancellationToken::new();
    let (vision, worker) = Vision::start(config.clone(), shutdown.clone()).await?;
    let pid = vision.worker_pid().context("the worker is gone")?;
    pin(pid, &core)?;
    let (mut bare, mut rounds) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds.max(1) {
        bare.push(bare_rate(&config, &core)?);
        rounds.push(through_worker(&vision, pid, &clip.units).await?);
    }
    let info = vision.info();
    shutdown.cancel();
    worker.await.context("the vision worker's supervisor")?;

    let bare = median(bare);
    let column = |pick: fn(&Round) -> f64| median(rounds.iter().map(pick).collect());
    let detect = column(|round| round.whole - round.decode);
    println!(
        "{} {}x{} on core {core}, {} pictures of {} ({}x{}), medians of {} rounds",
        info.name,
        info.width,
        info.height,
        clip.units.len(),
        clip.name,
        clip.size.0,
        clip.size.1,
        rounds.len()
    );
    println!("{:<48}{:>10}{:>14}", "", "ms/picture", "pictures/s");
    let row = |name: &str, seconds: f64| println!("{name:<48}{:>10.2}{:>14.1}", seconds * 1e3, 1.0 / seconds);
    row("bare session, prepared tensor", 1.0 / bare);
    row("worker, decode and detect", column(|round| round.whole));
    row("of that, decode", column(|round| round.decode));
    row("worker, decode taken off", detect);
    println!("{:<58}{:>13.1}%", "of the bare session's rate (goal: 90 % or more)", 100.0 / (bare * detect));
    Ok(())
}

/// Sends every picture through the worker, all to be looked at.
async fn through_worker(vision: &Vision, pid: u32, units: &[AccessUnit]) -> Result<Round> {
    let (feed, mut reports) = vision.open("bench detect");
    let units = units.to_vec();
    let pictures = units.len();
    let before = processor_time(pid)?;
    let sending = tokio::spawn(async move {
        for unit in units {
            feed.send(Work { unit, look: Some(LookAt::whole()) }).await?;
        }
        anyhow::Ok(())
    });
    let mut decode = Vec::new();
    while let Some(report) = reports.recv().await {
        match report {
            VisionReport::Look { cost, .. } => decode.push(f64::from(cost.decode_micros) / 1e6),
            VisionReport::Failed { detail, .. } => bail!("a picture failed: {detail}"),
            VisionReport::Lost { .. } => bail!("the worker died"),
        }
    }
    let took = processor_time(pid)?.saturating_sub(before);
    sending.await??;
    ensure!(decode.len() == pictures, "{} of {pictures} pictures were looked at", decode.len());
    Ok(Round { whole: took.as_secs_f64() / pictures as f64, decode: median(decode) })
}

/// Processor time of all threads of a process: first field of each `schedstat`, in nanoseconds.
fn processor_time(pid: u32) -> Result<Duration> {
    let mut sum = 0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task")).context("the worker is gone")? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        sum += text.split_whitespace().next().unwrap_or("0").parse::<u64>()?;
    }
    Ok(Duration::from_nanos(sum))
}

/// The bare session's runs a second of processor time, in a process of its own.
fn bare_rate(config: &VisionConfig, core: &str) -> Result<f64> {
    let mut command = Command::new("taskset");
    command.args(["-c", core]).arg(&config.worker).args(["bench-session", "--rounds", "1"]);
    command.arg("--model").arg(&config.model).arg("--runtime").arg(&config.runtime);
    command.arg("--models").args(&config.models);
    let output = command.output().context("cannot run taskset (Debian package util-linux)")?;
    ensure!(output.status.success(), "bench-session: {}", String::from_utf8_lossy(&output.stderr).trim());
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().with_context(|| format!("bench-session printed {text:?}"))
}

/// Number of the last core that this process may use.
fn last_core() -> Result<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let list = list.context("the kernel does not say which cores there are")?.trim();
    Ok(list.rsplit([',', '-']).next().unwrap_or("0").to_owned())
}

/// Ties all threads of a process to one core.
fn pin(pid: u32, core: &str) -> Result<()> {
    let output = Command::new("taskset").args(["-a", "-p", "-c", core, &pid.to_string()]).output()?;
    ensure!(output.status.success(), "taskset: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
