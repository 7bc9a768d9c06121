//! What can go wrong, in types that callers branch on.

use std::io;
use std::path::PathBuf;

/// Why the recorder cannot start.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// A setting is out of range.
    #[error("recorder.{setting} is {value}: it must be {remedy}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        remedy: String,
    },
    /// The folder of recordings cannot be used.
    #[error("cannot record into {}: {source}; check that the folder exists and may be written", path.display())]
    Root {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another recorder uses the folder.
    #[error("{} is in use by another recorder; stop it first or choose another folder", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A thread could not be started.
    #[error("cannot start the writer thread: {0}")]
    Thread(#[source] io::Error),
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// It is not there.
    #[error("the file is missing")]
    Missing,
    /// It could not be read.
    #[error("cannot be read: {0}")]
    Io(#[source] io::Error),
    /// It is shorter than what its boxes or its row say.
    #[error("ends at byte {size}, in the middle of what begins at byte {offset}")]
    Truncated {
        /// Where the unfinished part begins.
        offset: u64,
        /// Size of the file.
        size: u64,
    },
    /// It does not begin as a recording of ours does.
    #[error("is no recording of Taimat: {0}")]
    Header(String),
    /// A box makes no sense.
    #[error("damaged at byte {offset}: {detail}")]
    Damaged {
        /// Where.
        offset: u64,
        /// How.
        detail: String,
    },
    /// It holds no picture.
    #[error("holds no picture")]
    Empty,
}

impl From<io::Error> for FileProblem {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Missing } else { Self::Io(error) }
    }
}
