//! What the simulated cameras are and how they misbehave, as written in a TOML file.

use std::path::Path;

use anyhow::{Context, ensure};
use serde::Deserialize;

/// The file: cameras, one table each.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The cameras, in the order of their ports.
    #[serde(rename = "camera")]
    pub(crate) cameras: Vec<Camera>,
}

/// One camera, or `count` alike.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Camera {
    /// First part of the path, `/NAME/main`. Holds `{n}` where `count` makes several.
    pub(crate) name: String,
    /// How many cameras alike, numbered from 1.
    pub(crate) count: Option<u32>,
    /// Footage of the main stream: an MP4 file, relative to the footage folder.
    pub(crate) main: String,
    /// Footage of the sub stream.
    pub(crate) sub: Option<String>,
    /// Who may look; with `password`. Without, everybody may.
    pub(crate) username: Option<String>,
    /// The password that goes with it.
    pub(crate) password: Option<String>,
    /// How to ask for it.
    #[serde(default)]
    pub(crate) auth: Auth,
    /// For what it asks the password: by this, brands are told apart.
    pub(crate) realm: Option<String>,
    /// The path of the main stream, with a slash before it; `/NAME/main` where it is not given.
    pub(crate) main_path: Option<String>,
    /// The path of the sub stream.
    pub(crate) sub_path: Option<String>,
    /// Which transports the camera agrees to.
    #[serde(default)]
    pub(crate) transport: Transport,
    /// Which sound goes with the main stream.
    #[serde(default)]
    pub(crate) audio: Audio,
    /// Seconds by which the loop is ahead of the start of the footage. Cameras made by `count` are spread
    /// over the loop besides.
    #[serde(default)]
    pub(crate) phase: f64,
    /// How far the camera's clock, as told in its sender reports, is ahead of ours, in whole seconds.
    #[serde(default)]
    pub(crate) clock_offset: i32,
    /// Stops listening after that many connections.
    pub(crate) refuse_after: Option<u64>,
    /// Spans in seconds since the start in which the camera does not listen and drops who is connected.
    #[serde(default)]
    pub(crate) offline: Vec<[f64; 2]>,
    /// What goes wrong with its streams.
    #[serde(default)]
    pub(crate) faults: Faults,

    // For those who register the cameras: the demo. Of no meaning to the simulation.
    /// What people call it.
    #[serde(default, rename = "title")]
    _title: Option<String>,
    /// Its place: names from the commune down.
    #[serde(default, rename = "place")]
    _place: Vec<String>,
    /// Degrees north.
    #[serde(default, rename = "latitude")]
    _latitude: Option<f64>,
    /// Degrees east.
    #[serde(default, rename = "longitude")]
    _longitude: Option<f64>,
    /// Where it looks: degrees clockwise from north.
    #[serde(default, rename = "bearing")]
    _bearing: Option<f64>,
}

/// How a camera asks for the password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Auth {
    /// RFC 2617 §3.
    #[default]
    Digest,
    /// RFC 2617 §2.
    Basic,
}

/// Which transports a camera agrees to; what it does not agree to is answered by 461.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Transport {
    /// TCP and UDP.
    #[default]
    Any,
    /// Only interleaved in the RTSP connection.
    Tcp,
    /// Only datagrams.
    Udp,
}

/// Which sound goes with a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Audio {
    /// The AAC of the footage, where it has some.
    #[default]
    File,
    /// A tone in G.711 A-law, as cheap cameras have it.
    Alaw,
    /// None.
    None,
}

/// Faults by stream.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Faults {
    /// Of the main stream.
    pub(crate) main: StreamFaults,
    /// Of the sub stream.
    pub(crate) sub: StreamFaults,
}

/// What goes wrong with a stream, the same way in each session. Seconds count from the session's start.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StreamFaults {
    /// Nothing more is sent, though the session stays.
    pub(crate) stall_after: Option<f64>,
    /// The connection is closed.
    pub(crate) close_after: Option<f64>,
    /// The footage changes, and with it resolution and parameter sets.
    pub(crate) change: Option<Change>,
    /// Bytes are flipped in every packet of each so many-th access unit.
    pub(crate) corrupt_every: Option<u64>,
    /// Each so many-th RTP packet is left out.
    pub(crate) drop_every: Option<u64>,
    /// Key frames are left out.
    pub(crate) no_key_frames: bool,
    /// A session begins with all that was sent since the last key frame, at once, as relays do it; else with the
    /// next key frame.
    pub(crate) burst: bool,
    /// The RTP time stamps jump.
    pub(crate) timestamp_jump: Option<TimestampJump>,
    /// Replaces the decoder configuration record (avcC, hvcC), in hexadecimal: absurd parameters.
    pub(crate) codec_data: Option<String>,
}

/// A change of footage in mid-stream.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    /// When.
    pub(crate) after: f64,
    /// To which file; of the same codec, as the session description stays.
    pub(crate) to: String,
}

/// A jump of the RTP time stamps.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimestampJump {
    /// When.
    pub(crate) after: f64,
    /// By how many seconds; negative is backwards.
    pub(crate) by: f64,
}

impl Config {
    /// Reads and checks a file, and makes the cameras of each `count`.
    pub(crate) fn load(path: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut config: Self = toml::from_str(text)?;
        config.cameras = config.cameras.into_iter().flat_map(Camera::replicate).collect();
        ensure!(!config.cameras.is_empty(), "no [[camera]]");
        let mut names = std::collections::HashSet::new();
        for camera in &config.cameras {
            camera.check()?;
            ensure!(names.insert(&camera.name), "two cameras are named {:?}", camera.name);
        }
        Ok(config)
    }
}

impl Camera {
    fn replicate(self) -> Vec<Self> {
        /// Seconds between replicas: no simple fraction of any loop, so that key frames do not coincide.
        const SPREAD: f64 = 1.618;
        let Some(count) = self.count else { return vec![self] };
        (1..=count)
            .map(|n| Self {
                name: self.name.replace("{n}", &n.to_string()),
                count: None,
                phase: self.phase + f64::from(n) * SPREAD,
                ..self.clone()
            })
            .collect()
    }

    fn check(&self) -> anyhow::Result<()> {
        let name = &self.name;
        ensure!(
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'),
            "name {name:?}: letters, digits, - and _ only"
        );
        ensure!(
            self.username.is_some() == self.password.is_some(),
            "{name}: username and password go together"
        );
        for path in [&self.main_path, &self.sub_path].into_iter().flatten() {
            ensure!(path.starts_with('/'), "{name}: the path {path:?} must begin with a slash");
        }
        ensure!(
            self.phase.is_finite() && self.phase >= 0.0,
            "{name}: phase {} must not be negative",
            self.phase
        );
        for [from, to] in &self.offline {
            ensure!(0.0 <= *from && from < to, "{name}: offline [{from}, {to}] must rise");
        }
        for (stream, faults) in [("main", &self.faults.main), ("sub", &self.faults.sub)] {
            for (fault, every) in [("corrupt_every", faults.corrupt_every), ("drop_every", faults.drop_every)]
            {
                ensure!(every != Some(0), "{name}: faults.{stream}.{fault} must be at least 1");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_camera_needs_little() {
        let config = Config::parse("[[camera]]\nname = 'gate'\nmain = 'a.mp4'").unwrap();
        let camera = &config.cameras[0];
        assert_eq!((camera.name.as_str(), camera.sub.as_deref()), ("gate", None));
        assert_eq!((camera.auth, camera.transport, camera.audio), Default::default());
    }

    #[test]
    fn count_makes_named_cameras_out_of_step() {
        let config =
            Config::parse("[[camera]]\nname = 'load-{n}'\nmain = 'a.mp4'\ncount = 64\nphase = 1.0").unwrap();
        assert_eq!(config.cameras.len(), 64);
        assert_eq!(config.cameras[63].name, "load-64");
        assert!((config.cameras[0].phase - config.cameras[1].phase).abs() > 1.0);
    }

    #[test]
    fn faults_are_read() {
        let config = Config::parse(
            "[[camera]]\nname = 'x'\nmain = 'a.mp4'\nsub = 'b.mp4'\noffline = [[1, 2.5]]\n\
             [camera.faults.main]\nstall_after = 3\nchange = { after = 5, to = 'c.mp4' }\n\
             [camera.faults.sub]\ntimestamp_jump = { after = 2, by = -3600 }",
        )
        .unwrap();
        let faults = &config.cameras[0].faults;
        assert_eq!(faults.main.stall_after, Some(3.0));
        assert_eq!(faults.main.change.as_ref().unwrap().to, "c.mp4");
        assert!(faults.sub.timestamp_jump.unwrap().by < -3599.0);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, word) in [
            ("", "camera"),
            ("camera = []", "no [[camera]]"),
            ("[[camera]]\nname = 'a b'\nmain = 'a.mp4'", "a b"),
            ("[[camera]]\nname = 'a'\nmain = 'a.mp4'\nstal = 1", "stal"),
            ("[[camera]]\nname = 'a'\nmain = 'a.mp4'\nusername = 'u'", "password"),
            ("[[camera]]\nname = 'a'\nmain = 'a.mp4'\nmain_path = '101'", "slash"),
            ("[[camera]]\nname = 'a'\nmain = 'a.mp4'\noffline = [[2, 1]]", "offline"),
            ("[[camera]]\nname = 'a'\nmain = 'a.mp4'\nfaults.main.drop_every = 0", "drop_every"),
            ("[[camera]]\nname = 'a'\nmain = 'a.mp4'\ncount = 2", "two cameras"),
        ] {
            let message = format!("{:#}", Config::parse(text).unwrap_err());
            assert!(message.contains(word), "{text:?}: {message}");
        }
    }

    #[test]
    fn the_demo_cameras_are_valid() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/demo/cameras.toml");
        assert!(Config::load(&path).unwrap().cameras.len() >= 6);
    }
}
