//! A worker process: spawned, heard and seen out.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::process::{Child, ChildStderr, Command};
use tokio::task::JoinHandle;

use crate::protocol::{self, PREFIX, ProtocolError};
use crate::shared::lock;

/// What the worker sees of our environment: what finds libraries and devices, and nothing else.
const ENVIRONMENT: [&str; 7] =
    ["CUDA_VISIBLE_DEVICES", "HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "RUST_BACKTRACE", "TAIMAT_MODELS"];

/// A process, and our end of the socket that is its standard input.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) socket: UnixStream,
    pub(crate) last_line: Arc<Mutex<String>>,
    /// Ends when the log has been read to its end.
    pub(crate) log: Option<JoinHandle<()>>,
}

impl Process {
    /// Spawns it with one end of a socket pair as its standard input, so that nobody else can speak to it and it
    /// learns of our end from the socket. It is killed when this is dropped.
    pub(crate) fn spawn<'a>(
        program: &Path,
        arguments: impl IntoIterator<Item = &'a OsStr>,
        models: Option<&Path>,
    ) -> io::Result<Self> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let socket = UnixStream::from_std(ours)?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .envs(models.map(|folder| ("TAIMAT_MODELS", folder)))
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn()?;
        // Our copy of the worker's end must go, or its death would not close the socket.
        drop(command);
        let last_line = Arc::new(Mutex::new(String::new()));
        let log = child.stderr.take().map(|stderr| tokio::spawn(relay(stderr, Arc::clone(&last_line))));
        Ok(Self { child, socket, last_line, log })
    }
}

/// The next message; `None` where the worker closed the socket.
pub(crate) async fn read<T: DeserializeOwned>(
    reader: &mut OwnedReadHalf,
) -> Result<Option<T>, ProtocolError> {
    let mut prefix = [0; PREFIX];
    match reader.read_exact(&mut prefix).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    };
    let mut bytes = vec![0; protocol::length(prefix)?];
    reader.read_exact(&mut bytes).await?;
    protocol::decode(&bytes).map(Some)
}

/// Waits for the process to end; kills it where it does not. Gives how it ended.
pub(crate) async fn end(child: &mut Child, patience: Duration) -> String {
    if let Ok(Ok(status)) = tokio::time::timeout(patience, child.wait()).await {
        return status.to_string();
    }
    if let Err(error) = child.start_kill() {
        tracing::warn!(%error, "cannot kill the vision worker");
    }
    match tokio::time::timeout(patience, child.wait()).await {
        Ok(Ok(status)) => format!("killed, {status}"),
        Ok(Err(error)) => format!("its status is not known: {error}"),
        Err(_) => "it does not die".to_owned(),
    }
}

/// Hands the worker's log on to ours.
async fn relay(stderr: ChildStderr, last_line: Arc<Mutex<String>>) {
    /// Longer lines are cut into several.
    const LONGEST: u64 = 4096;
    let mut lines = BufReader::new(stderr);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match (&mut lines).take(LONGEST).read_until(b'\n', &mut bytes).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let (level, text) = line.split_once(' ').unwrap_or(("", line));
        match level {
            "ERROR" => tracing::error!(target: "taimat_vision", "{text}"),
            "WARN" => tracing::warn!(target: "taimat_vision", "{text}"),
            "INFO" => tracing::info!(target: "taimat_vision", "{text}"),
            "DEBUG" | "TRACE" => tracing::debug!(target: "taimat_vision", "{text}"),
            _ => tracing::warn!(target: "taimat_vision", "{line}"),
        }
        line.clone_into(&mut lock(&last_line));
    }
}
