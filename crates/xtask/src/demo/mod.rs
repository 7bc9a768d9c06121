//! `cargo xtask demo`: simulated cameras, the server, a small commune, and searches to try.

mod bell;
mod cameras;
mod client;
mod commune;
mod process;
mod receiver;
mod report;
mod server;
mod words;

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::layout::{Layout, Profile};
use crate::{command, setup};
use bell::Broker;
use cameras::Cameras;
use commune::Commune;
use process::Process;
use receiver::Receiver;
use server::Server;

/// How long `--once` records.
const ONCE: Duration = Duration::from_mins(1);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run for a minute without a person, then search, fetch a clip, print a table, and fail if no event was found
    /// or a frame was lost.
    #[arg(long)]
    once: bool,
    /// The cameras, in the format of camsim with their places.
    #[arg(long, default_value = "config/demo/cameras.toml")]
    cameras: PathBuf,
    /// Use the programs of the last build.
    #[arg(long)]
    no_build: bool,
}

pub(crate) fn run(layout: &Layout, arguments: &Arguments) -> Result<()> {
    setup::run(layout)?;
    if !arguments.no_build {
        build(layout)?;
    }
    let stop = listen_for_signals()?;
    let folder = layout.setup.join("demo");
    // Held until the end: two demos would share a database.
    let lock = File::create(layout.setup.join("demo.lock")).context("create demo.lock")?;
    if lock.try_lock().is_err() {
        bail!("another demo of this checkout is running: stop it first");
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;

    let config = layout.root.join(&arguments.cameras);
    let mut cameras = Cameras::start(layout, &config, &folder)?;
    let mut broker = Broker::start(&folder)?;
    let mut server = Server::start(layout, &folder, &broker.url(), &stop)?;
    let (login, client) = server.add_administrator()?;
    println!("demo: adding places and cameras, each camera being tried first");
    let commune = Commune::create(&client, &commune::read(&config)?, &cameras.addresses)?;

    commune.add_rules(&client)?;
    commune.add_bell(&client)?;
    let receiver = Receiver::start(&folder)?;
    receiver.add_channels(&client, &commune)?;

    let outcome = if arguments.once {
        report::Minute::begin(&client, &commune, &mut cameras, &stop).and_then(|minute| {
            println!("demo: recording for {} s", ONCE.as_secs());
            wait(&mut cameras.process, &mut server.process, &stop, Some(Instant::now() + ONCE))?;
            minute.report(&client, &commune, &mut cameras, &folder)?;
            broker.press_and_report(&client, &receiver)
        })
    } else {
        words::print(&server, &login, &client, &commune, &broker.press_command(), &receiver.log);
        wait(&mut cameras.process, &mut server.process, &stop, None)
    };
    println!("demo: stopping");
    let stopped = server.process.stop().and(cameras.process.stop()).and(broker.process.stop());
    outcome.and(stopped)
}

fn build(layout: &Layout) -> Result<()> {
    println!("demo: building (the first time takes some minutes)");
    let packages = ["taimat", "vision", "camsim"].map(|name| format!("--package={name}"));
    command::run(layout.cargo(Profile::Release).args(["build", "--release", "--bins"]).args(packages))
}

/// Ctrl-C and SIGTERM.
fn listen_for_signals() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("listen for signals")?;
    }
    Ok(stop)
}

/// Waits for the time or a signal; a process that ends before is an error.
fn wait(
    cameras: &mut Process,
    server: &mut Process,
    stop: &AtomicBool,
    until: Option<Instant>,
) -> Result<()> {
    while until.is_none_or(|until| Instant::now() < until) {
        if stop.load(Ordering::Relaxed) {
            if until.is_some() {
                bail!("interrupted");
            }
            return Ok(());
        }
        server.check()?;
        cameras.check()?;
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}
