//! Rows that the database will never take, kept for a person to look at.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use chrono::Utc;
use serde_json::json;

use super::Record;
use crate::IndexError;

/// Beyond this, rows are only logged: whatever rejects so many needs mending, not more disk.
const MOST_BYTES: u64 = 64 << 20;

/// The file of rejected rows: one JSON object a line.
#[derive(Debug)]
pub(super) struct Rejected {
    path: PathBuf,
}

impl Rejected {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Sets a row aside, so that it does not block the rest.
    pub(super) fn set_aside(&self, record: &Record, error: &IndexError) {
        metrics::counter!("taimat_index_rows_rejected_total", "table" => record.table()).increment(1);
        let kept = self.append(record, error);
        tracing::error!(
            %error,
            table = record.table(),
            ?record,
            file = %self.path.display(),
            kept = kept.is_ok(),
            "the database refused a row, and it was set aside"
        );
    }

    fn append(&self, record: &Record, error: &IndexError) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        if file.metadata()?.len() > MOST_BYTES {
            return Err(io::Error::other("the file of rejected rows is full"));
        }
        let line = json!({ "at": Utc::now(), "error": error.to_string(), "record": record });
        file.write_all(format!("{line}\n").as_bytes())
    }
}
