//! One life of the worker process: from its start to `Ready`.

use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, ChildStderr, Command};

use crate::protocol::{self, ModelInfo, PREFIX, ProtocolError, Reply};
use crate::shared::lock;
use crate::{VisionConfig, VisionError};

/// What the worker sees of our environment: what finds libraries and devices, and nothing else.
const ENVIRONMENT: [&str; 7] =
    ["CUDA_VISIBLE_DEVICES", "HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "RUST_BACKTRACE", "TAIMAT_MODELS"];

/// A worker that is ready.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) child: Child,
    pub(crate) reader: OwnedReadHalf,
    pub(crate) writer: OwnedWriteHalf,
    pub(crate) info: ModelInfo,
    pub(crate) last_line: Arc<Mutex<String>>,
}

impl Worker {
    /// Spawns the process with one end of a socket pair as its standard input, so that nobody else can speak
    /// to it and it learns of our end from the socket. Waits for its `Ready`.
    pub(crate) async fn start(config: &VisionConfig) -> Result<Self, VisionError> {
        let spawn_error = |source| VisionError::Spawn { path: config.worker.clone(), source };
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(spawn_error)?;
        ours.set_nonblocking(true).map_err(spawn_error)?;
        let ours = UnixStream::from_std(ours).map_err(spawn_error)?;
        let mut command = Command::new(&config.worker);
        command
            .arg("--model")
            .arg(&config.model)
            .arg("--runtime")
            .arg(&config.runtime)
            .args(["--threads", &config.threads.max(1).to_string()])
            .args(["--provider", &config.provider])
            .args(["--patience", &config.patience.as_millis().to_string()])
            .args(["--niceness", &config.niceness.to_string()])
            .env_clear()
            .envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .envs(config.models.iter().map(|folder| ("TAIMAT_MODELS", folder)))
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(spawn_error)?;
        // Our copy of the worker's end must go, or its death would not close the socket.
        drop(command);
        let last_line = Arc::new(Mutex::new(String::new()));
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(relay(stderr, Arc::clone(&last_line)));
        }
        let (mut reader, writer) = ours.into_split();
        let first = tokio::time::timeout(config.start_limit, read_reply(&mut reader))
            .await
            .map_err(|_| VisionError::Slow { limit: config.start_limit })?;
        match first {
            Ok(Some(Reply::Ready(info))) => Ok(Self { child, reader, writer, info, last_line }),
            Ok(Some(Reply::Refused { reason })) => Err(VisionError::Refused { reason }),
            Ok(Some(other)) => {
                Err(VisionError::Protocol { detail: format!("its first message is {}", name(&other)) })
            }
            Ok(None) | Err(ProtocolError::Io(_)) => {
                let status = end(&mut child, Duration::from_secs(2)).await;
                let last_line = lock(&last_line).clone();
                Err(VisionError::Died { status, last_line })
            }
            Err(error) => Err(VisionError::Protocol { detail: error.to_string() }),
        }
    }
}

fn name(reply: &Reply) -> &'static str {
    match reply {
        Reply::Ready(_) => "Ready",
        Reply::Refused { .. } => "Refused",
        Reply::Done { .. } => "Done",
        Reply::Look { .. } => "Look",
        Reply::Failed { .. } => "Failed",
        Reply::Closed { .. } => "Closed",
        Reply::Still { .. } => "Still",
        Reply::Grids { .. } => "Grids",
    }
}

/// The next message; `None` where the worker closed the socket.
pub(crate) async fn read_reply(reader: &mut OwnedReadHalf) -> Result<Option<Reply>, ProtocolError> {
    let mut prefix = [0; PREFIX];
    match reader.read_exact(&mut prefix).await {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
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
