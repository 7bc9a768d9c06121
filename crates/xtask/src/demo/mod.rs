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
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::layout::{Layout, Profile};
use crate::{command, setup, web};
use bell::Broker;
use cameras::Cameras;
use client::Client;
use commune::Commune;
use process::Process;
use receiver::Receiver;
use server::{Login, Server};

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
    let config = layout.root.join(&arguments.cameras);
    let mut demo = Demo::start(layout, Profile::Release, &config, "demo", &stop)?;
    let outcome = if arguments.once { demo.once(&stop) } else { demo.until_stopped(&stop) };
    println!("demo: stopping");
    outcome.and(demo.stop())
}

/// The whole system as it runs.
pub(crate) struct Demo {
    cameras: Cameras,
    broker: Broker,
    server: Server,
    client: Client,
    commune: Commune,
    receiver: Receiver,
    folder: PathBuf,
    /// Held until the end: two demos would share a database.
    _lock: File,
    /// What to type to sign in.
    pub(crate) login: Login,
}

impl Demo {
    /// Starts all of it afresh, in a folder of this name.
    pub(crate) fn start(
        layout: &Layout,
        profile: Profile,
        config: &Path,
        name: &str,
        stop: &AtomicBool,
    ) -> Result<Self> {
        let lock = File::create(layout.setup.join(format!("{name}.lock"))).context("create the lock")?;
        if lock.try_lock().is_err() {
            bail!("another {name} of this checkout is running: stop it first");
        }
        let folder = layout.setup.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
        }
        fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        let cameras = Cameras::start(layout, profile, config, &folder)?;
        let broker = Broker::start(&folder)?;
        let server = Server::start(layout, profile, &folder, &broker.url(), stop)?;
        let (login, client) = server.add_administrator()?;
        println!("demo: adding places and cameras, each camera being tried first");
        let commune = Commune::create(&client, &commune::read(config)?, &cameras.addresses)?;
        commune.add_rules(&client)?;
        commune.add_bell(&client)?;
        let receiver = Receiver::start(&folder)?;
        receiver.add_channels(&client, &commune)?;
        Ok(Self { cameras, broker, server, client, commune, receiver, folder, _lock: lock, login })
    }

    /// Where it is served: `http://…`, without a path.
    pub(crate) fn address(&self) -> &str {
        &self.server.base
    }

    /// Records for a minute, then checks and tells what came of it.
    fn once(&mut self, stop: &AtomicBool) -> Result<()> {
        let minute = report::Minute::begin(&self.client, &self.commune, &mut self.cameras, stop)?;
        println!("demo: recording for {} s", ONCE.as_secs());
        wait(&mut self.cameras.process, &mut self.server.process, stop, Some(Instant::now() + ONCE))?;
        minute.report(&self.client, &self.commune, &mut self.cameras, &self.folder)?;
        self.broker.press_and_report(&self.client, &self.receiver)
    }

    /// Tells where to go, and waits for Ctrl-C.
    fn until_stopped(&mut self, stop: &AtomicBool) -> Result<()> {
        let press = self.broker.press_command();
        words::print(&self.server, &self.login, &self.client, &self.commune, &press, &self.receiver.log);
        wait(&mut self.cameras.process, &mut self.server.process, stop, None)
    }

    /// Ends everything.
    pub(crate) fn stop(&mut self) -> Result<()> {
        self.server.process.stop().and(self.cameras.process.stop()).and(self.broker.process.stop())
    }
}

fn build(layout: &Layout) -> Result<()> {
    println!("demo: building (the first time takes some minutes)");
    web::build(layout, Profile::Release)?;
    let packages = ["taimat", "vision", "camsim"].map(|name| format!("--package={name}"));
    command::run(layout.cargo(Profile::Release).args(["build", "--release", "--bins"]).args(packages))
}

/// Ctrl-C and SIGTERM.
pub(crate) fn listen_for_signals() -> Result<Arc<AtomicBool>> {
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
