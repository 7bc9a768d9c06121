//! H.265 to H.264 for those who cannot play it: a process for each stream, fed and read at the same time.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{AccessUnit, VideoParameters};
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::Child;

use crate::process::{self, Process};
use crate::protocol::{self, CodedUnit, TranscodeReply};
use crate::shared::lock;

/// How long a worker that has nothing more to say may take to end, before it is killed.
const PATIENCE: Duration = Duration::from_millis(500);

/// How a transcoder is run.
#[derive(Clone, Debug)]
pub struct TranscoderConfig {
    /// The worker's binary, `taimat-vision`.
    pub worker: PathBuf,
    /// Widest that the result may be, in pixels; it is never enlarged.
    pub max_width: u32,
    /// Niceness of the worker, 0 to 19: recording goes first.
    pub niceness: i32,
}

/// Why nothing was transcoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TranscodeError {
    /// The binary could not be run.
    #[error("cannot run the transcoder {}: {problem}", path.display())]
    Spawn {
        /// The binary.
        path: PathBuf,
        /// What the system said.
        problem: String,
    },
    /// The pictures cannot be transcoded.
    #[error("the pictures cannot be transcoded: {0}")]
    Failed(String),
    /// The process ended before it was done.
    #[error("the transcoder ended ({status}); last line: {last_line:?}")]
    Died {
        /// How it ended.
        status: String,
        /// The last line that it wrote to its log.
        last_line: String,
    },
    /// It does not speak our language: worker and server are of different versions.
    #[error("the transcoder does not understand this server: {0}; install both from one release")]
    Protocol(String),
}

/// A running transcoder. It is killed when both its halves are dropped.
#[derive(Debug)]
pub struct Transcoder;

impl Transcoder {
    /// Starts one; gives where units of H.265 go in, and where units of H.264 come out.
    pub fn start(config: &TranscoderConfig) -> Result<(TranscoderInput, TranscoderOutput), TranscodeError> {
        let (niceness, width) = (config.niceness.to_string(), config.max_width.to_string());
        let arguments: [&OsStr; 5] = [
            "--niceness".as_ref(),
            niceness.as_ref(),
            "transcode".as_ref(),
            "--max-width".as_ref(),
            width.as_ref(),
        ];
        let Process { child, socket, last_line, .. } = Process::spawn(&config.worker, arguments, None)
            .map_err(|error| TranscodeError::Spawn {
                path: config.worker.clone(),
                problem: error.to_string(),
            })?;
        let (reader, writer) = socket.into_split();
        let output = TranscoderOutput { child, reader, parameters: None, last_line };
        Ok((TranscoderInput { writer, told: None }, output))
    }
}

/// Where units go in. Dropped, it tells the transcoder that no more will come.
#[derive(Debug)]
pub struct TranscoderInput {
    writer: OwnedWriteHalf,
    told: Option<Arc<VideoParameters>>,
}

impl TranscoderInput {
    /// Sends a unit; the first one is a key frame. Waits where the transcoder is behind. `false` where it takes no more: its output says why.
    pub async fn send(&mut self, unit: &AccessUnit) -> bool {
        let known = self.told.as_ref().is_some_and(|told| *told == unit.parameters);
        let message = CodedUnit {
            time: unit.time,
            random_access: unit.random_access,
            parameters: (!known).then(|| VideoParameters::clone(&unit.parameters)),
            data: unit.data.clone(),
        };
        // What is too long for a message is no picture of a camera: it is left out.
        let Ok(bytes) = protocol::encode(&message) else { return true };
        self.told = Some(Arc::clone(&unit.parameters));
        self.writer.write_all(&bytes).await.is_ok()
    }
}

/// Where units come out.
#[derive(Debug)]
pub struct TranscoderOutput {
    child: Child,
    reader: OwnedReadHalf,
    parameters: Option<Arc<VideoParameters>>,
    last_line: Arc<Mutex<String>>,
}

impl TranscoderOutput {
    /// The next unit; `None` where all that went in has come out.
    pub async fn next(&mut self) -> Result<Option<AccessUnit>, TranscodeError> {
        match process::read(&mut self.reader).await {
            Ok(Some(TranscodeReply::Unit(unit))) => {
                if let Some(parameters) = unit.parameters {
                    self.parameters = Some(Arc::new(parameters));
                }
                let parameters = self.parameters.clone().ok_or_else(|| {
                    TranscodeError::Protocol("a unit comes before its parameters".to_owned())
                })?;
                Ok(Some(AccessUnit {
                    time: unit.time,
                    random_access: unit.random_access,
                    data: unit.data,
                    parameters,
                }))
            }
            Ok(Some(TranscodeReply::Done)) => Ok(None),
            Ok(Some(TranscodeReply::Failed { detail })) => Err(TranscodeError::Failed(detail)),
            Ok(None) | Err(protocol::ProtocolError::Io(_)) => {
                let status = process::end(&mut self.child, PATIENCE).await;
                Err(TranscodeError::Died { status, last_line: lock(&self.last_line).clone() })
            }
            Err(error) => Err(TranscodeError::Protocol(error.to_string())),
        }
    }
}
