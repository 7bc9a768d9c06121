//! One life of the worker process: from its start to `Ready`.

use std::ffi::OsStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::Child;

use crate::process::{self, Process};
use crate::protocol::{ModelInfo, ProtocolError, Reply};
use crate::shared::lock;
use crate::{VisionConfig, VisionError};

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
    /// Spawns the process and waits for its `Ready`.
    pub(crate) async fn start(config: &VisionConfig) -> Result<Self, VisionError> {
        let (threads, patience) =
            (config.threads.max(1).to_string(), config.patience.as_millis().to_string());
        let niceness = config.niceness.to_string();
        let arguments: [&OsStr; 12] = [
            "--model".as_ref(),
            config.model.as_ref(),
            "--runtime".as_ref(),
            config.runtime.as_ref(),
            "--threads".as_ref(),
            threads.as_ref(),
            "--provider".as_ref(),
            config.provider.as_ref(),
            "--patience".as_ref(),
            patience.as_ref(),
            "--niceness".as_ref(),
            niceness.as_ref(),
        ];
        let spawned = Process::spawn(&config.worker, arguments, config.models.as_deref());
        let Process { mut child, socket, last_line, log } =
            spawned.map_err(|source| VisionError::Spawn { path: config.worker.clone(), source })?;
        let (mut reader, writer) = socket.into_split();
        let first = tokio::time::timeout(config.start_limit, process::read(&mut reader))
            .await
            .map_err(|_| VisionError::Slow { limit: config.start_limit })?;
        match first {
            Ok(Some(Reply::Ready(info))) => Ok(Self { child, reader, writer, info, last_line }),
            Ok(Some(Reply::Refused { reason })) => Err(VisionError::Refused { reason }),
            Ok(Some(other)) => {
                Err(VisionError::Protocol { detail: format!("its first message is {}", name(&other)) })
            }
            Ok(None) | Err(ProtocolError::Io(_)) => {
                let status = process::end(&mut child, Duration::from_secs(2)).await;
                if let Some(log) = log {
                    // What it said last may still be on its way; a child of its own could hold the pipe open.
                    let _ = tokio::time::timeout(Duration::from_secs(2), log).await;
                }
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
