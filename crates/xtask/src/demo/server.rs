//! The server of the demo: its configuration, its start, its first administrator.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::client::{self, Client};
use super::process::Process;
use crate::layout::{Layout, Profile};

/// How long the server may take to be ready: it makes a database first.
const STARTING: Duration = Duration::from_mins(2);
const MODEL: &str = "models/nanodet-g-416-int8.toml";
const PREFERRED_PORT: u16 = 8080;

/// The server and how to reach it.
pub(super) struct Server {
    pub(super) process: Process,
    /// `http://…`, without a path.
    pub(super) base: String,
    /// The program that runs.
    pub(super) program: PathBuf,
    /// Its configuration.
    pub(super) config: PathBuf,
}

/// What to type to sign in.
pub(crate) struct Login {
    pub(crate) username: &'static str,
    pub(crate) password: String,
}

impl Server {
    /// Starts it and waits until it is ready.
    pub(super) fn start(
        layout: &Layout,
        profile: Profile,
        folder: &Path,
        broker: &str,
        stop: &AtomicBool,
    ) -> Result<Self> {
        println!("demo: starting the server");
        let port = free_port()?;
        let config = folder.join("taimat.toml");
        write_config(layout, profile, folder, &config, port, broker)?;
        let program = layout.programs(profile).join("taimat");
        let mut command = Command::new(&program);
        layout.set_environment(&mut command, profile);
        let process = Process::start(
            "taimat",
            command.arg("--config").arg(&config).arg("serve"),
            &folder.join("taimat.log"),
        )?;
        let mut server = Self { process, base: format!("http://127.0.0.1:{port}"), program, config };
        server.wait_until_ready(stop)?;
        Ok(server)
    }

    /// Adds the first administrator as a person would, by the command line, and signs in.
    pub(super) fn add_administrator(&self) -> Result<(Login, Client)> {
        let login = Login { username: "admin", password: random_password()? };
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(&self.config).args(["user", "add", login.username]);
        command.args(["--name", "Quản trị", "--role", "administrator"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().context("start taimat user add")?;
        let mut stdin = child.stdin.take().context("taimat user add has no standard input")?;
        writeln!(stdin, "{}", login.password)?;
        drop(stdin);
        let status = child.wait()?;
        if !status.success() {
            bail!("`{}` failed ({status})", crate::command::shown(&command));
        }
        let client = Client::sign_in(&self.base, login.username, &login.password)?;
        Ok((login, client))
    }

    fn wait_until_ready(&mut self, stop: &AtomicBool) -> Result<()> {
        let started = Instant::now();
        while let Err(reason) = client::ready(&self.base) {
            self.process.check()?;
            if stop.load(Ordering::Relaxed) {
                bail!("interrupted");
            }
            if started.elapsed() > STARTING {
                bail!("the server was not ready after {} s: {reason}", STARTING.as_secs());
            }
            thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }
}

fn write_config(
    layout: &Layout,
    profile: Profile,
    folder: &Path,
    config: &Path,
    port: u16,
    broker: &str,
) -> Result<()> {
    let text = |path: PathBuf| toml::Value::from(path.to_string_lossy().into_owned());
    let mut tables = toml::Table::new();
    tables.insert("server".into(), toml::toml! { listen = "" }.into());
    tables.insert(
        "data".into(),
        toml::Table::from_iter([("folder".to_owned(), text(folder.join("data")))]).into(),
    );
    tables
        .insert("recording".into(), toml::toml! { keep_days = 1 keep_free_gib = 1.0 max_gib = 20.0 }.into());
    tables.insert("mqtt".into(), toml::Table::from_iter([("broker".to_owned(), broker.into())]).into());
    let vision = [
        ("model", layout.root.join(MODEL)),
        ("models", layout.models()),
        ("runtime", layout.runtime()),
        ("worker", layout.programs(profile).join("taimat-vision")),
    ];
    let vision = vision.into_iter().map(|(key, path)| (key.to_owned(), text(path)));
    tables.insert("vision".into(), vision.collect::<toml::Table>().into());
    if let Some(server) = tables.get_mut("server").and_then(toml::Value::as_table_mut) {
        server.insert("listen".into(), format!("127.0.0.1:{port}").into());
    }
    fs::write(config, toml::to_string(&tables)?).with_context(|| format!("write {}", config.display()))
}

/// The usual port, or any other where that is taken.
fn free_port() -> Result<u16> {
    let listener = match TcpListener::bind(("127.0.0.1", PREFERRED_PORT)) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => TcpListener::bind(("127.0.0.1", 0)),
        bound => bound,
    };
    Ok(listener.and_then(|listener| listener.local_addr()).context("find a free port")?.port())
}

/// Sixteen letters, of 64 random bits.
fn random_password() -> Result<String> {
    let mut bytes = [0; 8];
    fs::File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut bytes))
        .context("read /dev/urandom")?;
    let letter = |half: u8| char::from(b'a' + half);
    Ok(bytes.iter().flat_map(|byte| [letter(byte >> 4), letter(byte & 15)]).collect())
}
