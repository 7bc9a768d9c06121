//! `taimat-vision`, the vision worker: decode, scale, detect, and transcode for those who cannot play. Started and fed by the server, on a socket that is
//! its standard input; it ends when that closes.
//!
//! The only program of Taimat that decodes video, and the only crate with C libraries: a hostile stream can at
//! worst end this process.

#[cfg(test)]
mod allocations;
mod annexb;
mod canvas;
mod decoder;
mod detector;
mod encoder;
mod feed;
mod grey;
mod layout;
mod letterbox;
mod manifest;
mod motion;
mod nms;
mod plan;
mod planes;
mod reference;
mod runtime;
mod sampler;
mod scale;
mod schedule;
mod search;
mod serve;
mod session_bench;
mod still;
mod tensor;
mod timing;
mod transcode;
mod view;

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, Subcommand};
use domain::ObjectClass;
use vision_client::protocol::{self, ModelInfo, Reply};

use crate::detector::{Detector, Model};
use crate::runtime::{Provider, Runtime};
use crate::search::Search;

/// The vision worker of Taimat. `taimat serve` starts it; its standard input is the socket between the two.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    model: ModelArguments,
    /// Pictures that are decoded and searched at the same time.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
    /// Milliseconds that a search waits for others, to be done together with them.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u64).range(0..=10_000))]
    patience: u64,
    /// Niceness, 0 to 19: recording goes before analysis.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(i32).range(0..=19))]
    niceness: i32,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Args)]
struct ModelArguments {
    /// Manifest of the model.
    #[arg(long, global = true)]
    model: Option<PathBuf>,
    /// The ONNX Runtime library, `libonnxruntime.so`.
    #[arg(long, global = true)]
    runtime: Option<PathBuf>,
    /// Folder of model files, looked into after the manifest's own.
    #[arg(long, global = true, env = "TAIMAT_MODELS")]
    models: Option<PathBuf>,
    /// What computes: cpu, openvino, cuda or tensorrt.
    #[arg(long, global = true, default_value = "cpu")]
    provider: String,
}

#[derive(Subcommand)]
enum Command {
    /// Turns H.265 into H.264, for browsers that play only that. Needs no model.
    Transcode(transcode::Arguments),
    /// The bare session's rate on a prepared tensor: the baseline of `bench detect`.
    #[command(hide = true)]
    BenchSession(session_bench::Arguments),
    /// What a plain way to analyse a file costs and finds: the references of `bench cameras`.
    #[command(hide = true)]
    BenchReference(reference::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .without_time()
        .with_target(false)
        .with_ansi(false)
        .with_max_level(tracing::Level::INFO)
        .init();
    let outcome = match &arguments.command {
        Some(Command::Transcode(transcode)) => {
            lower_priority(arguments.niceness);
            socket().and_then(|socket| transcode::run(transcode, socket))
        }
        Some(Command::BenchSession(bench)) => {
            load(&arguments.model, 1).and_then(|(detectors, _)| session_bench::run(bench, detectors))
        }
        Some(Command::BenchReference(bench)) => reference::run(bench, &arguments.model),
        None => work(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Serves the server.
fn work(arguments: &Arguments) -> anyhow::Result<()> {
    let mut socket = socket()?;
    lower_priority(arguments.niceness);
    match load(&arguments.model, usize::from(arguments.threads)) {
        Ok((detectors, info)) => {
            let patience = Duration::from_millis(arguments.patience);
            let searches = detectors.into_iter().map(|detector| Search::new(detector, patience)).collect();
            serve::serve(socket, info, searches)
        }
        Err(error) => {
            protocol::write(&mut socket, &Reply::Refused { reason: format!("{error:#}") })?;
            Err(error)
        }
    }
}

fn lower_priority(niceness: i32) {
    if let Err(error) = rustix::process::nice(niceness) {
        tracing::warn!(%error, "cannot lower the priority of the worker");
    }
}

/// Our end of the socket.
fn socket() -> anyhow::Result<UnixStream> {
    let stdin = std::io::stdin().as_fd().try_clone_to_owned().context("there is no standard input")?;
    let socket = UnixStream::from(stdin);
    socket
        .peer_addr()
        .context("standard input is no socket: taimat-vision is started by `taimat serve`, not by hand")?;
    Ok(socket)
}

/// Loads runtime and model, with one session for each thread.
fn load(arguments: &ModelArguments, threads: usize) -> anyhow::Result<(Vec<Detector>, ModelInfo)> {
    ffmpeg_next::init().context("FFmpeg does not start")?;
    // What goes wrong with a stream is reported to the server, once, and not to the log as well.
    ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Quiet);
    let manifest = arguments.model.as_deref().context("--model is missing: give a manifest of `models/`")?;
    let library = arguments.runtime.as_deref().context("--runtime is missing: give libonnxruntime.so")?;
    // Read here and not by clap, so that the server is told what is wrong with its setting.
    let provider: Provider = arguments.provider.parse().map_err(anyhow::Error::msg)?;
    let model = Model::find(manifest, arguments.models.as_deref())?;
    let runtime = Runtime::load(library, provider)?;
    let detectors =
        (0..threads).map(|_| Detector::open(&runtime, &model)).collect::<anyhow::Result<Vec<_>>>()?;
    let manifest = &model.manifest;
    let mut classes: Vec<ObjectClass> =
        manifest.labels().map_err(anyhow::Error::msg)?.into_iter().map(|(_, class)| class).collect();
    classes.sort_unstable();
    classes.dedup();
    let info = ModelInfo {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        licence: manifest.licence.clone(),
        source: manifest.source.clone(),
        width: manifest.input.width,
        height: manifest.input.height,
        classes,
        provider: provider.as_str().to_owned(),
        runtime: runtime.describe(),
    };
    Ok((detectors, info))
}
