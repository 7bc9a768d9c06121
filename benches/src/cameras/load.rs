//! What the simulated cameras play.

use std::fmt::Write as _;
use std::path::PathBuf;

/// A piece of footage, installed by set-up as a main and a sub stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// First part of its files' names.
    pub(super) name: &'static str,
    /// Whether somebody or something comes and goes in it.
    pub(super) active: bool,
}

/// Stretches in which nothing happens, held and looped: average, constant and variable bit rate; one by night.
pub(super) const IDLE: [Piece; 3] = [idle("quiet"), idle("night-cbr"), idle("yard-vbr")];
/// Activity, the ones that say most first: constant and variable bit rate, from rest, by night, vehicles.
pub(super) const ACTIVE: [Piece; 6] = [
    active("people-cbr"),
    active("gate-vbr"),
    active("junction"),
    active("people-night-vbr"),
    active("gate-cbr"),
    active("people"),
];
/// One camera in so many plays activity.
const ACTIVE_ONE_IN: f64 = 10.0;

const fn idle(name: &'static str) -> Piece {
    Piece { name, active: false }
}

const fn active(name: &'static str) -> Piece {
    Piece { name, active: true }
}

impl Piece {
    /// Its file for a stream, `main` or `sub`.
    pub(super) fn file(self, stream: &str) -> String {
        format!("{}-{stream}-h264.mp4", self.name)
    }

    /// The same where set-up put it.
    pub(super) fn path(self, stream: &str) -> PathBuf {
        blackbox::footage().join(self.file(stream))
    }
}

/// One simulated camera.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Player {
    /// Its name at the simulator and at the server.
    pub(super) name: String,
    /// What it plays.
    pub(super) piece: Piece,
}

/// Simulated cameras that are measured together.
#[derive(Clone, Debug)]
pub(super) struct Load {
    /// One entry a camera.
    pub(super) players: Vec<Player>,
    /// Whether they have a sub stream.
    pub(super) with_sub: bool,
}

impl Load {
    /// So many cameras, one in ten of them active, the pieces spread evenly.
    pub(super) fn new(cameras: usize, with_sub: bool) -> Self {
        let busy = ((cameras as f64 / ACTIVE_ONE_IN).round() as usize).clamp(1, cameras);
        let busy = ACTIVE.iter().cycle().take(busy);
        let players = busy.chain(IDLE.iter().cycle()).take(cameras).enumerate();
        let players = players.map(|(n, piece)| Player { name: format!("camera-{}", n + 1), piece: *piece });
        Self { players: players.collect(), with_sub }
    }

    /// How many cameras there are.
    pub(super) fn cameras(&self) -> usize {
        self.players.len()
    }

    /// How many of them play activity, or do not.
    pub(super) fn count(&self, active: bool) -> usize {
        self.players.iter().filter(|player| player.piece.active == active).count()
    }

    /// Streams of all cameras.
    pub(super) fn streams(&self) -> usize {
        self.cameras() * if self.with_sub { 2 } else { 1 }
    }

    /// The pieces that are played, each once.
    pub(super) fn pieces(&self) -> Vec<Piece> {
        let played = |piece: &&Piece| self.players.iter().any(|player| player.piece == **piece);
        ACTIVE.iter().chain(&IDLE).filter(played).copied().collect()
    }

    /// The simulator's configuration. `change` turns every camera to activity after so many seconds of a session.
    pub(super) fn config(&self, change: Option<u64>) -> String {
        /// Seconds by which one camera's loop is ahead of the next, so that key frames do not coincide.
        const SPREAD: f64 = 1.618;
        let mut config = String::new();
        for (n, Player { name, piece }) in self.players.iter().enumerate() {
            let phase = n as f64 * SPREAD;
            // Writing to a string cannot fail.
            let _ = writeln!(config, "[[camera]]\nname = '{name}'\nphase = {phase:.3}\naudio = 'none'");
            let streams = if self.with_sub { &["main", "sub"][..] } else { &["main"] };
            for stream in streams {
                let _ = writeln!(config, "{stream} = '{}'", piece.file(stream));
            }
            let Some(after) = change else { continue };
            let to = ACTIVE.get(n % ACTIVE.len()).unwrap_or(piece);
            for stream in streams {
                let _ = writeln!(
                    config,
                    "faults.{stream}.change = {{ after = {after}, to = '{}' }}",
                    to.file(stream)
                );
            }
        }
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_ten_is_active_and_all_pieces_are_played() {
        for (cameras, active) in [(1, 1), (8, 1), (16, 2), (64, 6), (128, 13)] {
            let load = Load::new(cameras, true);
            assert_eq!((load.cameras(), load.count(true)), (cameras, active));
            assert_eq!(load.count(false), cameras - active);
        }
        assert_eq!(Load::new(64, true).pieces().len(), ACTIVE.len() + IDLE.len());
        assert_eq!(Load::new(8, false).streams(), 8);
    }

    #[test]
    fn cameras_without_sub_stream_have_none() {
        assert!(!Load::new(4, false).config(Some(60)).contains("sub"));
        assert_eq!(Load::new(4, true).config(Some(60)).matches("after = 60").count(), 8);
    }
}
