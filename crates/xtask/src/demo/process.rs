//! A program in the background: started in a group of its own, so that Ctrl-C reaches only us and things stop in order.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How long a program may take to stop before it is killed.
const STOPPING: Duration = Duration::from_secs(15);
/// How long a program may take to say a line.
const ANSWERING: Duration = Duration::from_secs(30);

/// A running program, killed when dropped.
pub(super) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
    /// Lines of its standard output, where that is not in the log.
    lines: Option<mpsc::Receiver<String>>,
}

impl Process {
    /// Starts it with all its output in a log file.
    pub(super) fn start(name: &'static str, command: &mut Command, log: &Path) -> Result<Self> {
        let file = File::create(log).with_context(|| format!("create {}", log.display()))?;
        command.stdout(file.try_clone()?).stderr(file);
        Self::spawn(name, command, log)
    }

    /// Starts it to be talked to, by lines; its errors go to a log file.
    pub(super) fn start_to_talk(name: &'static str, command: &mut Command, log: &Path) -> Result<Self> {
        let file = File::create(log).with_context(|| format!("create {}", log.display()))?;
        command.stdout(Stdio::piped()).stderr(file);
        let mut process = Self::spawn(name, command, log)?;
        let stdout = process.child.stdout.take().context("no standard output")?;
        let (said, lines) = mpsc::sync_channel(16);
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if said.send(line).is_err() {
                    break;
                }
            }
        });
        process.lines = Some(lines);
        Ok(process)
    }

    /// Waits for the next line that it says.
    pub(super) fn hear(&mut self) -> Result<String> {
        let lines = self.lines.as_ref().context("its output goes to a log file")?;
        let Ok(line) = lines.recv_timeout(ANSWERING) else {
            // It closes its output a moment before it has ended.
            thread::sleep(Duration::from_millis(200));
            self.check()?;
            bail!("{} said nothing for {} s (see {})", self.name, ANSWERING.as_secs(), self.log.display());
        };
        Ok(line)
    }

    /// Says a line to it and waits for its answer.
    pub(super) fn ask(&mut self, line: &str) -> Result<String> {
        let stdin = self.child.stdin.as_mut().context("no standard input")?;
        writeln!(stdin, "{line}").with_context(|| format!("say {line} to {}", self.name))?;
        self.hear()
    }

    fn spawn(name: &'static str, command: &mut Command, log: &Path) -> Result<Self> {
        let child = command
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .with_context(|| format!("could not start {}", crate::command::shown(command)))?;
        Ok(Self { name, child, log: log.to_path_buf(), lines: None })
    }

    /// An error with the end of the log if the program has ended.
    pub(super) fn check(&mut self) -> Result<()> {
        let Some(status) = self.child.try_wait()? else {
            return Ok(());
        };
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines = log.lines().collect::<Vec<_>>();
        let end = lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n");
        bail!("{} ended ({status}); {} ends with:\n{end}", self.name, self.log.display())
    }

    /// Asks it to stop and waits for that.
    pub(super) fn stop(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        let asked = Instant::now();
        self.signal(Signal::TERM)?;
        while asked.elapsed() < STOPPING {
            if let Some(status) = self.child.try_wait()? {
                if !status.success() {
                    bail!("{} stopped with {status} (see {})", self.name, self.log.display());
                }
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        self.child.kill()?;
        self.child.wait()?;
        bail!("{} did not stop within {} s and was killed", self.name, STOPPING.as_secs())
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .context("a process without a number")?;
        kill_process(pid, signal).with_context(|| format!("send a signal to {}", self.name))
    }
}

impl Drop for Process {
    /// On the way out after an error: first politely, for the server has a database to stop.
    fn drop(&mut self) {
        let _ = self.stop();
    }
}
