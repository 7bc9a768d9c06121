//! The server under test: `taimat serve` in a folder of its own, with its private PostgreSQL.

use std::env;
use std::fmt::Write as _;
use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::api::{Api, eventually};
use crate::paths::checkout;
use crate::process::{self, Program};
use crate::{program, setup, text};

/// Servers that run at the same time in one test program: they share the machine's cores.
static SLOTS: Semaphore = Semaphore::const_new(2);

/// How the server starts, and how long it takes to stop.
const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(10);
const GONE_LIMIT: Duration = Duration::from_secs(5);

/// What a test sets.
#[derive(Clone, Default)]
pub struct Settings {
    /// Whether pictures are analysed.
    pub vision: bool,
    /// More configuration: `[section]` and lines.
    pub config: String,
    /// Starts the server through a program that prepares things, such as `taskset -c 1`.
    pub through: Vec<String>,
    /// Keeps the log to itself at the end.
    pub quiet: bool,
    /// Where the data goes, where it is not a folder of its own that vanishes with the server.
    pub folder: Option<PathBuf>,
}

/// A running server.
pub struct Server {
    /// Its API, as an administrator of everything.
    pub api: Api,
    settings: Settings,
    folder: PathBuf,
    program: Program,
    _own_folder: Option<tempfile::TempDir>,
    _slot: SemaphorePermit<'static>,
}

impl Server {
    /// Starts a server that records and does not analyse.
    pub async fn recording() -> anyhow::Result<Self> {
        Self::start(Settings::default()).await
    }

    /// Starts a server that records and analyses.
    pub async fn analysing() -> anyhow::Result<Self> {
        Self::start(Settings { vision: true, ..Settings::default() }).await
    }

    /// Starts a server, and makes its first administrator.
    pub async fn start(settings: Settings) -> anyhow::Result<Self> {
        let slot = SLOTS.acquire().await?;
        // PostgreSQL runs as a user of its own where the tests run as root: let it in.
        let own_folder = || tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir();
        let own_folder = settings.folder.is_none().then(own_folder).transpose()?;
        let folder = settings.folder.clone().or_else(|| Some(own_folder.as_ref()?.path().to_owned()));
        let folder = folder.context("no folder for the data")?;
        write_config(&folder, &settings)?;
        let (program, base) = launch(&folder, &settings).await?;
        let mut server = Self {
            api: Api::new(&base, None)?,
            settings,
            folder,
            program,
            _own_folder: own_folder,
            _slot: slot,
        };
        server.cli_with(&["user", "add", "admin", "--role", "administrator"], "only-for-tests-1\n").await?;
        let token = text(&server.cli(&["user", "token", "admin"]).await?, "/token")?;
        server.api = Api::new(&base, Some(token))?;
        Ok(server)
    }

    /// The name and password of the administrator.
    #[must_use]
    pub fn login(&self) -> Value {
        json!({ "username": "admin", "password": "only-for-tests-1" })
    }

    /// The folder of the recordings.
    #[must_use]
    pub fn recordings(&self) -> PathBuf {
        self.folder.join("data/recordings")
    }

    /// The folder of everything else.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.program.id()
    }

    /// What it logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.program.log()
    }

    /// Its processes of a program, such as `taimat-vision` or `postgres`; the parent of others comes first.
    #[must_use]
    pub fn processes(&self, program: &str) -> Vec<u32> {
        let is = |id: &u32| process::name(*id).is_some_and(|name| name == program);
        process::descendants(self.program.id()).into_iter().filter(is).collect()
    }

    /// Ends the first of those at once.
    pub fn kill_process(&self, program: &str) -> anyhow::Result<()> {
        self.signal(program, Signal::KILL)
    }

    /// Halts the first of those, as if the machine had no time for it, until it is told to go on.
    pub fn halt_process(&self, program: &str) -> anyhow::Result<()> {
        self.signal(program, Signal::STOP)
    }

    /// Lets a halted process go on.
    pub fn continue_process(&self, program: &str) -> anyhow::Result<()> {
        self.signal(program, Signal::CONT)
    }

    fn signal(&self, program: &str, signal: Signal) -> anyhow::Result<()> {
        let found = self.processes(program);
        let id = found.first().with_context(|| format!("no process {program} runs"))?;
        process::send(*id, signal)
    }

    /// Asks it to stop as a service manager would, and says how long it took.
    pub async fn stop(&mut self) -> anyhow::Result<Duration> {
        let took = self.program.stop(STOP_LIMIT).await?;
        ensure!(self.program.ended()?.is_some_and(|status| status.success()), "it failed on leaving");
        Ok(took)
    }

    /// Ends it at once; its PostgreSQL goes on, and the next server takes it over.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.program.kill()
    }

    /// Ends it and everything that it started at once, as a power cut would.
    pub fn kill_all(&mut self) -> anyhow::Result<()> {
        let helpers = process::descendants(self.program.id());
        self.program.kill()?;
        for helper in &helpers {
            // It may have ended by itself.
            let _ = process::send(*helper, Signal::KILL);
        }
        // Nobody but the system waits for them: a moment later they are gone.
        let killed = Instant::now();
        while helpers.iter().any(|id| process::name(*id).is_some()) && killed.elapsed() < GONE_LIMIT {
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Starts it again on the same data.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        let (program, base) = launch(&self.folder, &self.settings).await?;
        self.program = program;
        self.api.base = base;
        Ok(())
    }

    /// Runs SQL in its private PostgreSQL, as its administrator could.
    pub async fn sql(&self, statement: &str) -> anyhow::Result<String> {
        let about = std::fs::read_to_string(self.data().join("postgresql/cluster/postmaster.pid"))?;
        // Process, data folder, start, port, socket folder: PostgreSQL's own order.
        let lines: Vec<_> = about.lines().collect();
        let [_, _, _, port, socket, ..] = lines.as_slice() else { bail!("no socket in {about:?}") };
        let output = tokio::process::Command::new("psql")
            .args(["-X", "-q", "-A", "-t", "-U", "taimat", "-d", "taimat", "-v", "ON_ERROR_STOP=1"])
            .args(["-h", socket.trim(), "-p", port.trim(), "-c", statement])
            .output()
            .await?;
        ensure!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs a command of the command line on this server and its data, with `--json`.
    pub async fn cli(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        self.cli_with(arguments, "").await
    }

    /// The same with text on its standard input.
    pub async fn cli_with(&self, arguments: &[&str], input: &str) -> anyhow::Result<Value> {
        let output = self.run(arguments, input).await?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "taimat {}: {error}", arguments.join(" "));
        Ok(serde_json::from_slice(&output.stdout).unwrap_or_default())
    }

    /// Runs a command and gives all that came of it.
    pub async fn run(&self, arguments: &[&str], input: &str) -> anyhow::Result<Output> {
        let mut command = Command::new(program("taimat"));
        command
            .arg("--config")
            .arg(config_file(&self.folder))
            .arg("--json")
            .args(arguments)
            .env("TAIMAT_SERVER", &self.api.base)
            .env("TAIMAT_TOKEN", self.api.token.as_deref().unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let input = input.to_owned();
        let work = move || -> anyhow::Result<Output> {
            let mut child = command.spawn().context("cannot start taimat: is it built?")?;
            if let Some(mut stdin) = child.stdin.take() {
                // A command that reads nothing closes its end.
                let _ = stdin.write_all(input.as_bytes());
            }
            Ok(child.wait_with_output()?)
        };
        tokio::task::spawn_blocking(work).await?
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Shown only where the test fails.
        if !self.settings.quiet {
            let log = self.log();
            let tail: Vec<_> = log.lines().rev().take(60).collect();
            let tail = tail.into_iter().rev().fold(String::new(), |mut text, line| {
                let _ = writeln!(text, "  {line}");
                text
            });
            eprintln!("the server's last words:\n{tail}");
        }
        let _ = self.kill_all();
    }
}

fn config_file(folder: &Path) -> PathBuf {
    folder.join("taimat.toml")
}

fn write_config(folder: &Path, settings: &Settings) -> anyhow::Result<()> {
    let setup = setup();
    let mut config = toml_section("server", &[("listen", "127.0.0.1:0")]);
    config += &toml_section("data", &[("folder", &folder.join("data").to_string_lossy())]);
    let manifest = checkout().join("models/nanodet-g-416-int8.toml");
    let runtime = env::var_os("ORT_DYLIB_PATH")
        .map_or_else(|| setup.join("onnxruntime/libonnxruntime.so.1.32.0"), PathBuf::from);
    config += &toml_section(
        "vision",
        &[
            ("worker", &program("taimat-vision").to_string_lossy()),
            ("model", &manifest.to_string_lossy()),
            ("models", &setup.join("models").to_string_lossy()),
            ("runtime", &runtime.to_string_lossy()),
        ],
    );
    writeln!(config, "enabled = {}", settings.vision)?;
    config += &settings.config;
    Ok(std::fs::write(config_file(folder), config)?)
}

fn toml_section(name: &str, entries: &[(&str, &str)]) -> String {
    let mut section = format!("\n[{name}]\n");
    for (key, value) in entries {
        let _ = writeln!(section, "{key} = {value:?}");
    }
    section
}

/// Starts the program, and waits until it answers that it is ready.
async fn launch(folder: &Path, settings: &Settings) -> anyhow::Result<(Program, String)> {
    let taimat = program("taimat");
    let mut command = match settings.through.split_first() {
        Some((first, rest)) => {
            let mut command = Command::new(first);
            command.args(rest).arg(taimat);
            command
        }
        None => Command::new(taimat),
    };
    command.arg("--config").arg(config_file(folder)).arg("serve").env("TAIMAT_LOG_FORMAT", "json");
    let log = folder.join("server.log");
    let before = std::fs::metadata(&log).map_or(0, |log| log.len());
    let mut program = Program::start(&mut command, &log)?;
    let started = Instant::now();
    let base = loop {
        let text = program.log();
        if let Some(address) = text.get(before as usize..).and_then(address) {
            break format!("http://{address}");
        }
        if program.ended()?.is_some() || started.elapsed() > START_LIMIT {
            bail!("the server does not start:\n{text}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let api = Api::new(&base, None)?;
    eventually(START_LIMIT, || async { api.get("/readyz").await })
        .await
        .context("the server is not ready")?;
    Ok((program, base))
}

/// The address that the server says it listens at.
fn address(log: &str) -> Option<String> {
    log.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|line| text(&line, "/fields/address").ok())
}
