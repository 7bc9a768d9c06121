//! What people write into files for commands: TOML, or JSON where the name says so.

use std::path::Path;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

/// Reads a file that holds a thing of this kind. What is wrong with the thing is said by the server as well; the file's
/// line is known here alone.
pub(super) fn read<T: DeserializeOwned>(file: &Path, what: &str) -> Result<T> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let json = file.extension().is_some_and(|extension| extension == "json");
    let read: Result<T> = if json {
        serde_json::from_str(&text).map_err(Into::into)
    } else {
        toml::from_str(&text).map_err(Into::into)
    };
    read.with_context(|| format!("{} holds no {what}", file.display()))
}
