//! The simulated cameras, and what they say they sent.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::process::Process;
use crate::layout::{Layout, Profile};

/// The running cameras.
pub(super) struct Cameras {
    pub(super) process: Process,
    pub(super) addresses: Vec<Address>,
}

/// Where a simulated camera can be reached.
#[derive(Deserialize)]
pub(super) struct Address {
    pub(super) name: String,
    pub(super) main: String,
    pub(super) sub: Option<String>,
}

/// What a camera sent since its start, to whoever asked.
#[derive(Deserialize)]
pub(super) struct Sent {
    pub(super) name: String,
    main: Stream,
    sub: Option<Stream>,
}

#[derive(Deserialize)]
struct Stream {
    /// Video frames.
    units: u64,
}

/// What the program says.
#[derive(Deserialize)]
struct Answer<T> {
    cameras: Vec<T>,
}

impl Cameras {
    /// Starts them and waits until all can be reached.
    pub(super) fn start(layout: &Layout, profile: Profile, config: &Path, folder: &Path) -> Result<Self> {
        println!("demo: starting the cameras");
        let mut command = Command::new(layout.programs(profile).join("camsim"));
        command.arg("--exit-with-parent").arg("--config").arg(config).arg("--footage").arg(layout.footage());
        let mut process = Process::start_to_talk("camsim", &mut command, &folder.join("camsim.log"))?;
        let addresses = understand(&process.hear()?)?;
        Ok(Self { process, addresses })
    }

    /// What each sent until now.
    pub(super) fn sent(&mut self) -> Result<Vec<Sent>> {
        understand(&self.process.ask("stats")?)
    }
}

impl Sent {
    /// Frames of the stream of this name.
    pub(super) fn frames(&self, stream: &str) -> u64 {
        let stream = if stream == "sub" { self.sub.as_ref() } else { Some(&self.main) };
        stream.map_or(0, |stream| stream.units)
    }
}

fn understand<T: for<'a> Deserialize<'a>>(line: &str) -> Result<Vec<T>> {
    let answer: Answer<T> =
        serde_json::from_str(line).with_context(|| format!("the cameras said {line:?}"))?;
    Ok(answer.cameras)
}
