//! Simulated cameras.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::process::Program;
use crate::{footage, list, number, program, text};

/// A running `camsim`.
pub struct Camsim {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    cameras: Vec<Value>,
    _program: Program,
    _folder: tempfile::TempDir,
}

/// What was sent of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamCounts {
    /// Sessions opened.
    pub sessions: u64,
    /// Pictures handed to the network, of all sessions.
    pub units: u64,
}

impl Camsim {
    /// Starts cameras, as described in TOML, playing the demo footage.
    pub fn start(cameras: &str) -> anyhow::Result<Self> {
        Self::start_with(cameras, &footage(), &[])
    }

    /// Starts cameras with other footage, and through a program that prepares things, such as `taskset -c 0`.
    pub fn start_with(cameras: &str, footage: &Path, through: &[&str]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("cameras.toml");
        std::fs::write(&config, cameras)?;
        let camsim = program("camsim");
        let mut command = match through {
            [first, rest @ ..] => {
                let mut command = Command::new(first);
                command.args(rest).arg(camsim);
                command
            }
            [] => Command::new(camsim),
        };
        command.arg("--exit-with-parent").arg("--config").arg(config).arg("--footage").arg(footage);
        let mut program = Program::start(&mut command, &folder.path().join("camsim.log"))?;
        let input = program.input()?;
        let mut output = BufReader::new(program.output()?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        ensure!(!line.is_empty(), "camsim did not start: {}", program.log());
        let cameras = list(&serde_json::from_str(&line)?, "/cameras")?;
        Ok(Self { input, output, cameras, _program: program, _folder: folder })
    }

    /// The address of a camera's main stream.
    pub fn main(&self, name: &str) -> anyhow::Result<String> {
        text(self.camera(name)?, "/main")
    }

    /// The address of a camera's sub stream.
    pub fn sub(&self, name: &str) -> anyhow::Result<String> {
        text(self.camera(name)?, "/sub")
    }

    /// Stops a camera from listening and drops who is connected.
    pub fn offline(&mut self, name: &str) -> anyhow::Result<()> {
        self.command(&format!("offline {name}")).map(drop)
    }

    /// Lets it listen again.
    pub fn online(&mut self, name: &str) -> anyhow::Result<()> {
        self.command(&format!("online {name}")).map(drop)
    }

    /// What each camera sent so far: main and sub.
    pub fn counts(&mut self) -> anyhow::Result<Vec<(StreamCounts, Option<StreamCounts>)>> {
        let read = |stream: &Value| -> anyhow::Result<StreamCounts> {
            Ok(StreamCounts {
                sessions: number(stream, "/sessions")? as u64,
                units: number(stream, "/units")? as u64,
            })
        };
        list(&self.command("stats")?, "/cameras")?
            .iter()
            .map(|camera| {
                let main = read(camera.get("main").context("no main stream")?)?;
                let sub = camera.get("sub").filter(|sub| !sub.is_null());
                Ok((main, sub.map(read).transpose()?))
            })
            .collect()
    }

    fn camera(&self, name: &str) -> anyhow::Result<&Value> {
        let found = self.cameras.iter().find(|camera| camera.get("name").is_some_and(|n| n == name));
        found.with_context(|| format!("no camera is named {name}"))
    }

    fn command(&mut self, command: &str) -> anyhow::Result<Value> {
        writeln!(self.input, "{command}")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let answer: Value =
            serde_json::from_str(&line).with_context(|| format!("camsim answers {line:?}"))?;
        ensure!(answer.get("error").is_none(), "camsim: {answer}");
        Ok(answer)
    }
}
