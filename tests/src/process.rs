//! A program that runs beside the test and never outlives it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

/// A running program. Its standard error goes to a file.
pub struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it with pipes for its standard input and output.
    pub fn start(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let program = command.get_program().to_owned();
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(log)?)
            .spawn()
            .with_context(|| format!("cannot start {}: is it built?", program.display()))?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its standard input, once.
    pub fn input(&mut self) -> anyhow::Result<ChildStdin> {
        self.child.stdin.take().context("its standard input is taken")
    }

    /// Its standard output, once.
    pub fn output(&mut self) -> anyhow::Result<ChildStdout> {
        self.child.stdout.take().context("its standard output is taken")
    }

    /// What it logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Whether it ended, and how.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        send(self.child.id(), signal)
    }

    /// Asks it to stop, and says how long it took. An error if it takes longer than the limit.
    pub async fn stop(&mut self, limit: Duration) -> anyhow::Result<Duration> {
        let asked = Instant::now();
        self.signal(Signal::TERM)?;
        while self.ended()?.is_none() {
            if asked.elapsed() > limit {
                bail!("it still runs {limit:?} after SIGTERM");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(asked.elapsed())
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to any process.
pub(crate) fn send(id: u32, signal: Signal) -> anyhow::Result<()> {
    let id = i32::try_from(id).ok().and_then(Pid::from_raw).context("no process has that number")?;
    kill_process(id, signal).with_context(|| format!("cannot signal process {}", id.as_raw_nonzero()))
}

/// The processes that a process started, and theirs.
pub(crate) fn descendants(root: u32) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let parents: Vec<(u32, u32)> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|id: u32| Some((id, parent(id)?)))
        .collect();
    let mut family = vec![root];
    let mut next = 0;
    while let Some(member) = family.get(next).copied() {
        family.extend(parents.iter().filter(|(_, parent)| *parent == member).map(|(id, _)| id));
        next += 1;
    }
    family.split_off(1)
}

/// The name of a process's program, as the kernel keeps it: 15 bytes at most.
pub(crate) fn name(id: u32) -> Option<String> {
    std::fs::read_to_string(format!("/proc/{id}/comm")).ok().map(|name| name.trim().to_owned())
}

fn parent(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // "42 (a name) S 1 …": the name may hold anything.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
