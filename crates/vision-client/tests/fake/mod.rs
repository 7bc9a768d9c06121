//! A worker made of this test program: a script starts it again with the one test `fake_worker`, which then
//! behaves as the script says. Each life of the worker takes the next behaviour; the last one stays.

use std::fmt::Write as _;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use domain::{GreyGrid, LookCost, Searched};
use vision_client::protocol::{self, ModelInfo, Reply, Request, StillPicture};

/// What a worker does with its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Answers everything.
    Good,
    /// Says why it cannot work.
    Refuse,
    /// Writes a line and ends.
    DieAtOnce,
    /// Never says anything.
    Silent,
    /// Writes what is no message.
    Garbage,
    /// Gets ready and reads, and answers nothing.
    Mute,
    /// Answers so many units and dies of the next.
    DieAfter(u32),
    /// Reads so many units and then writes what is no message.
    GarbageAfter(u32),
}

/// A program that lives these lives.
pub(crate) struct Fake {
    folder: tempfile::TempDir,
}

const LIFE: &str = "TAIMAT_FAKE_LIFE";

impl Fake {
    pub(crate) fn new(lives: &[Life]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut cases = String::new();
        for (number, life) in lives.iter().enumerate() {
            let pattern = if number + 1 == lives.len() { "*".to_owned() } else { number.to_string() };
            writeln!(cases, "  {pattern}) {LIFE}={} ;;", life.encode()).unwrap();
        }
        let script = format!(
            "#!/bin/sh\ncount=$(cat '{count}' 2>/dev/null || echo 0)\necho $((count + 1)) > '{count}'\n\
             case $count in\n{cases}esac\nexport {LIFE}\n\
             exec '{program}' --exact fake_worker --nocapture --test-threads=1\n",
            count = folder.path().join("count").display(),
            program = std::env::current_exe().unwrap().display(),
        );
        let path = folder.path().join("worker");
        write_program(&path, &script);
        Self { folder }
    }

    pub(crate) fn program(&self) -> PathBuf {
        self.folder.path().join("worker")
    }
}

/// Writes a program that can be run at once. Another process writes it, for a program cannot be run while any
/// process has it open for writing, and our file handles live on in children that other tests start just then.
fn write_program(path: &Path, text: &str) {
    let mut writer = Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod +x \"$0\""])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    writer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
}

impl Life {
    fn encode(self) -> String {
        match self {
            Self::Good => "good".to_owned(),
            Self::Refuse => "refuse".to_owned(),
            Self::DieAtOnce => "die".to_owned(),
            Self::Silent => "silent".to_owned(),
            Self::Garbage => "garbage".to_owned(),
            Self::Mute => "mute".to_owned(),
            Self::DieAfter(units) => format!("die:{units}"),
            Self::GarbageAfter(units) => format!("garbage:{units}"),
        }
    }

    fn decode(text: &str) -> Option<Self> {
        let units = || text.split_once(':')?.1.parse().ok();
        Some(match text {
            "good" => Self::Good,
            "refuse" => Self::Refuse,
            "die" => Self::DieAtOnce,
            "silent" => Self::Silent,
            "garbage" => Self::Garbage,
            "mute" => Self::Mute,
            other if other.starts_with("die:") => Self::DieAfter(units()?),
            other if other.starts_with("garbage:") => Self::GarbageAfter(units()?),
            _ => return None,
        })
    }
}

/// Lives, where this process was started as a worker.
pub(crate) fn run_if_told() {
    let Ok(life) = std::env::var(LIFE) else { return };
    let life = Life::decode(&life).unwrap();
    let mut socket = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned().unwrap());
    match life {
        Life::DieAtOnce => {
            eprintln!("ERROR I die");
            std::process::exit(3);
        }
        Life::Silent => {
            let end = protocol::read::<Request>(&mut socket);
            assert!(matches!(end, Ok(None)), "{end:?}");
            return;
        }
        Life::Garbage => return socket.write_all(&[0xff; 64]).unwrap(),
        Life::Refuse => {
            let reason = "there is no model here".to_owned();
            return protocol::write(&mut socket, &Reply::Refused { reason }).unwrap();
        }
        Life::Good | Life::Mute | Life::DieAfter(_) | Life::GarbageAfter(_) => {}
    }
    protocol::write(&mut socket, &Reply::Ready(info())).unwrap();
    let mut known = Vec::new();
    let mut units = 0;
    while let Ok(Some(request)) = protocol::read::<Request>(&mut socket) {
        if life == Life::Mute {
            continue;
        }
        let replies = match request {
            Request::Unit(unit) => {
                units += 1;
                match life {
                    Life::DieAfter(most) if units > most => std::process::exit(1),
                    Life::GarbageAfter(most) if units >= most => {
                        return socket.write_all(&[0xff; 64]).unwrap();
                    }
                    _ => {}
                }
                if unit.parameters.is_some() {
                    known.push(unit.feed);
                }
                let (feed, time) = (unit.feed, unit.time);
                let done = Reply::Done { feed, sequence: unit.sequence, held_from: None };
                let answer = if known.contains(&feed) {
                    let (detections, searched) = (Vec::new(), Searched::Whole);
                    Reply::Look {
                        feed,
                        time,
                        detections,
                        searched,
                        motion: 0.0,
                        view: domain::SceneView::default(),
                        cost: LookCost::default(),
                    }
                } else {
                    Reply::Failed { feed, time, detail: "no parameters".to_owned() }
                };
                if unit.look.is_some() { vec![answer, done] } else { vec![done] }
            }
            Request::Close { feed } => vec![Reply::Closed { feed }],
            Request::Grids { id, grids } => {
                let grid = |time| GreyGrid { time, columns: 1, cells: vec![1].into(), whole: vec![2].into() };
                let outcome = Ok(grids.units.iter().map(|unit| grid(unit.time)).collect());
                vec![Reply::Grids { id, outcome }]
            }
            Request::Still { id, still } => {
                let time = still.units.iter().map(|unit| unit.time).filter(|time| *time <= still.at).max();
                let time = time.unwrap_or(still.at);
                let jpeg = b"jpeg".as_slice().into();
                vec![Reply::Still {
                    id,
                    outcome: Ok(StillPicture { jpeg, width: 1, height: 1, time, micros: 1 }),
                }]
            }
        };
        for reply in replies {
            protocol::write(&mut socket, &reply).unwrap();
        }
    }
}

fn info() -> ModelInfo {
    ModelInfo {
        name: "fake".to_owned(),
        version: "1".to_owned(),
        licence: "none".to_owned(),
        source: "here".to_owned(),
        width: 416,
        height: 256,
        classes: Vec::new(),
        provider: "none".to_owned(),
        runtime: "none".to_owned(),
    }
}
