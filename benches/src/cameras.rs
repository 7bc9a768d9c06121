//! `bench cameras`: many cameras, few of them active, recorded and analysed on one core, against plain ways to
//! analyse them.
//!
//! The cameras run on one core and are not counted. On the other run, one after the other, the references on each
//! piece of footage, the peer, and for each number of cameras the server: once recording only, once analysing too.
//! What analysis costs is the difference. [`pure`] holds what depends on how the gate and the tracker are called.

mod block;
mod burst;
mod load;
mod peer;
mod phase;
mod pure;
mod recall;
pub(crate) mod receive;
mod reference;
mod site;
mod table;
mod targets;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use blackbox::{Camsim, footage};

use block::Block;
use load::{Load, Piece};
use peer::Peer;
use phase::Times;
use recall::{Product, Recall};
use reference::Both;
use site::CAMERAS_CORE;
use targets::Results;

/// Seconds of footage that tell the references' cost where events are not compared.
const COST_SECONDS: f64 = 15.0;

/// Settings of the cameras bench.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many cameras with sub-streams, one number after the other until the server falls behind
    /// [default: 8,16,32,64,128; with --quick 16].
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..=512))]
    cameras: Vec<u16>,
    /// Sixteen cameras and shorter times: in under three minutes, and with more chance in the figures.
    #[arg(long)]
    quick: bool,
    /// Seconds that are measured of each phase [default: 60; with --quick 20].
    #[arg(long)]
    seconds: Option<u64>,
    /// Cameras of the load without sub-streams; 0 for none [default: 64; with --quick 0].
    #[arg(long)]
    without_sub: Option<u16>,
    /// Leave the peer out.
    #[arg(long)]
    no_peer: bool,
    /// Leave the burst out; --quick does so, too.
    #[arg(long)]
    no_burst: bool,
    /// Length of the burst.
    #[arg(long, default_value_t = 300)]
    burst_seconds: u64,
    /// Folder of labelled footage: NAME.mp4 or NAME.avi, with NAME.gt.mot15.txt (people) beside it
    /// [default: labelled/ in the set-up folder].
    #[arg(long, value_name = "DIR")]
    labelled: Option<PathBuf>,
    /// Keep what the server and the peer log in this folder.
    #[arg(long, value_name = "DIR")]
    keep_log: Option<PathBuf>,
}

impl Arguments {
    fn cameras(&self) -> Vec<usize> {
        let default = if self.quick { &[16][..] } else { &[8, 16, 32, 64, 128] };
        let cameras = if self.cameras.is_empty() { default } else { &self.cameras };
        cameras.iter().copied().map(usize::from).collect()
    }

    fn without_sub(&self) -> usize {
        usize::from(self.without_sub.unwrap_or(if self.quick { 0 } else { 64 }))
    }

    fn times(&self) -> Times {
        let seconds = |quick, full| Duration::from_secs(if self.quick { quick } else { full });
        Times {
            measured: self.seconds.map_or(seconds(20, 60), Duration::from_secs),
            recording: seconds(4, 10),
            analysing: seconds(20, 40),
            receiving: if self.quick { 5.0 } else { 15.0 },
            logs: self.keep_log.clone(),
        }
    }
}

/// Runs the bench and prints its tables.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let cores = std::thread::available_parallelism()?.get();
    ensure!(cores > 1, "this bench needs two cores: one for the cameras, one for what is measured");
    if let Some(folder) = &arguments.keep_log {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(measure(arguments))
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let loads: Vec<Load> = arguments.cameras().into_iter().map(|cameras| Load::new(cameras, true)).collect();
    let subs = references(&pieces(&loads), "sub").await?;
    let (recall, labelled) = find(arguments, &subs).await?;
    let peer = peer(arguments, &loads).await?;
    let mut blocks = Vec::new();
    for load in loads {
        let block = block(load, &subs, arguments).await?;
        table::block(&block, peer);
        let is_behind = block.analysed.is_behind();
        blocks.push(block);
        if is_behind {
            println!("the server has fallen behind: no more cameras are tried");
            break;
        }
    }
    let without_sub = if arguments.without_sub() > 0 {
        let load = Load::new(arguments.without_sub(), false);
        let mains = references(&load.pieces(), "main").await?;
        let block = block(load, &mains, arguments).await?;
        table::block(&block, None);
        Some(block)
    } else {
        None
    };
    let burst = if arguments.no_burst || arguments.quick {
        None
    } else {
        println!("\nburst: idle first");
        let log = arguments.keep_log.as_ref().map(|folder| folder.join("burst.log"));
        let burst = burst::run(arguments.burst_seconds, log.as_deref()).await?;
        table::burst(&burst);
        Some(burst)
    };
    table::recall(&recall, &labelled);
    let (without_sub, burst) = (without_sub.as_ref(), burst.as_ref());
    Results { blocks: &blocks, without_sub, burst, recall: &recall }.print();
    Ok(())
}

/// The pieces of all loads, each once.
fn pieces(loads: &[Load]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for piece in loads.iter().flat_map(Load::pieces) {
        if !pieces.contains(&piece) {
            pieces.push(piece);
        }
    }
    pieces
}

/// Runs the references on a stream of each piece, and prints what they take.
async fn references(pieces: &[Piece], stream: &str) -> Result<Vec<Both>> {
    let mut references = Vec::new();
    for piece in pieces {
        println!("references: {} {stream}", piece.name);
        // Idle footage goes on as it began, and events are compared on sub streams only.
        let whole = piece.active && stream == "sub";
        references.push(reference::both(*piece, stream, (!whole).then_some(COST_SECONDS)).await?);
    }
    table::references(stream, &references);
    Ok(references)
}

/// Compares what is found with what reference A finds, and with labels.
async fn find(arguments: &Arguments, references: &[Both]) -> Result<(Vec<Recall>, Vec<Recall>)> {
    let product = Product::start().await?;
    let mut against_whole = Vec::new();
    for both in references.iter().filter(|both| both.piece.active) {
        println!("recall: {}", both.clip.name);
        against_whole.push(product.against_whole(both).await?);
    }
    let mut against_labels = Vec::new();
    let labelled = arguments.labelled.clone().unwrap_or_else(|| blackbox::setup().join("labelled"));
    for (path, labels) in crate::accuracy::labelled(&labelled) {
        println!("recall: {}", path.display());
        against_labels.push(product.against_labels(&path, &labels).await?);
    }
    product.stop().await?;
    Ok((against_whole, against_labels))
}

/// Measures the peer on the first load's cameras; says why where it cannot.
async fn peer(arguments: &Arguments, loads: &[Load]) -> Result<Option<Peer>> {
    let Some(load) = loads.iter().find(|load| load.count(false) >= 6).or(loads.first()) else {
        return Ok(None);
    };
    if arguments.no_peer {
        return Ok(None);
    }
    println!("peer: motion on {} cameras", load.cameras());
    let camsim = Camsim::start_with(&load.config(None), &footage(), &["taskset", "-c", CAMERAS_CORE])?;
    let time = Duration::from_secs(if arguments.quick { 6 } else { 20 });
    match peer::measure(load, &camsim, time, arguments.keep_log.as_deref()).await {
        Ok(peer) => Ok(Some(peer)),
        Err(error) => {
            println!("peer C could not be measured: {error:#}");
            Ok(None)
        }
    }
}

/// Measures one load.
async fn block(load: Load, references: &[Both], arguments: &Arguments) -> Result<Block> {
    let times = arguments.times();
    let mut camsim = Camsim::start_with(&load.config(None), &footage(), &["taskset", "-c", CAMERAS_CORE])?;
    println!("{} cameras: receiving", load.cameras());
    let received = receive::measure(&load, &camsim, times.receiving).await?;
    println!("{} cameras: recording", load.cameras());
    let recorded = phase::record(&load, &mut camsim, &times).await?;
    println!("{} cameras: analysing", load.cameras());
    let analysed = phase::analyse(&load, &mut camsim, &times).await?;
    for (phase, frames) in [("recording", &recorded.frames), ("analysing", &analysed.frames)] {
        if !frames.are_complete(load.streams()) {
            println!("frames were lost while {phase}: {frames:?}");
        }
    }
    Block::new(load, references, received, recorded, analysed)
}
