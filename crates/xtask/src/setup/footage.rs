//! The footage that simulated cameras play: public clips, transcoded to what cheap cameras send.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::stamps::hash_recipe;
use super::{Setup, say};
use crate::command;
use crate::layout::Layout;

/// People walking over a square: PETS 2009 S2.L1 view 1, 768x576, 10 frames a second, 79.5 s.
const PEOPLE: &str = "opencv-doc/vtest.avi";
const PEOPLE_SHA256: &str = "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf";
/// Vehicles at a junction, 800x600, 20 frames a second, 3 s each.
const JUNCTION: [(&str, &str); 2] = [
    (
        "otvision/Testvideo_Cars-Cyclist_FR20_2020-01-01_00-00-00.mp4",
        "59fd3c64c545c82d6a033e7015e170e7d23e6df0eb76a92a9b355931c3b3bb6f",
    ),
    (
        "otvision/Testvideo_Cars-Truck_FR20_2020-01-01_00-00-00.mp4",
        "cb2ddf6f751091ea4fe76ae88fb79fdbaabcee8b9886d4aabf9ba0389f0b28a0",
    ),
];
const OTVISION: (&str, &str, &str) =
    ("otvision", "0.6.9", "9781026a459e62eb505b66caa1549cfcf476c98813b4cf3fe3c5f2b8535be1df");

/// Both clips cut to 16:9 where the people or vehicles are, at the frame rate of a cheap camera.
const PEOPLE_VIEW: &str = "[0:v]fps=15,crop=768:432:0:96";
/// Forward, again and again.
const JUNCTION_VIEW: &str =
    "[0:v][1:v]concat=n=2,fps=15,crop=800:450:0:64,loop=loop=-1:size=90,setpts=N/15/TB";
/// The square with nobody on it: each pixel's median over the clip, then the noise of a sensor.
const QUIET_VIEW: &str = "[0:v]fps=1.5,crop=768:432:0:96,tmedian=radius=50,trim=end_frame=1,\
    loop=loop=-1:size=1,settb=1/15,setpts=N,scale=1920:1080:flags=bicubic,format=yuv420p,noise=alls=5:allf=t";
/// The same by night: dark, nearly grey, and strongly noisy.
const NIGHT_VIEW: &str = "[0:v]fps=1.5,crop=768:432:0:96,tmedian=radius=50,trim=end_frame=1,\
    loop=loop=-1:size=1,settb=1/15,setpts=N,scale=1920:1080:flags=bicubic,format=yuv420p,\
    lutyuv=y=16+(val-16)*0.4:u=128+(val-128)*0.3:v=128+(val-128)*0.3,noise=alls=16:allf=t";
/// People by night.
const PEOPLE_NIGHT_VIEW: &str = "[0:v]fps=15,crop=768:432:0:96,scale=1920:1080:flags=bicubic,format=yuv420p,\
    lutyuv=y=16+(val-16)*0.4:u=128+(val-128)*0.3:v=128+(val-128)*0.3,noise=alls=16:allf=t";
/// The junction without vehicles.
const YARD_VIEW: &str = "[0:v][1:v]concat=n=2,crop=800:450:0:64,tmedian=radius=50,trim=end_frame=1,\
    loop=loop=-1:size=1,settb=1/15,setpts=N,scale=1920:1080:flags=bicubic,format=yuv420p,noise=alls=3:allf=t";
/// The square with nobody on it but in one third, where a dozen people come and go, with four stretches of four to
/// ten seconds in which nobody is there: what happens begins from rest. What is beside that third is held.
const GATE_VIEW: &str = "[0:v]fps=1.5,crop=768:432:0:96,tmedian=radius=50,trim=end_frame=1,\
    loop=loop=-1:size=1,settb=1/15,setpts=N[held];[0:v]fps=15,crop=256:432:32:96,copy,setpts=N/15/TB[live];\
    [held][live]overlay=32:0:shortest=1,scale=1920:1080:flags=bicubic,format=yuv420p,noise=alls=4:allf=t";

/// One run of ffmpeg, which makes the files of one camera.
struct Recording {
    name: &'static str,
    clips: &'static [&'static str],
    view: &'static str,
    codec: Codec,
    rate: Rate,
    sound: Option<&'static str>,
}

#[derive(Clone, Copy)]
enum Codec {
    H264,
    H265,
}

/// What the encoder does with the bit rate.
#[derive(Clone, Copy)]
enum Rate {
    /// Keeps to it on average, and never exceeds it for long.
    Average,
    /// Always takes it: the quantiser moves instead, and what is left is filled up.
    Constant,
    /// Keeps to a quality, and takes it only where much happens.
    Quality,
}

const RECORDINGS: &[Recording] = &[
    Recording {
        name: "people",
        clips: &[PEOPLE],
        view: PEOPLE_VIEW,
        codec: Codec::H264,
        rate: Rate::Average,
        sound: Some("sine=frequency=440:sample_rate=16000"),
    },
    Recording {
        name: "people",
        clips: &[PEOPLE],
        view: PEOPLE_VIEW,
        codec: Codec::H265,
        rate: Rate::Average,
        sound: None,
    },
    Recording {
        name: "junction",
        clips: &[JUNCTION[0].0, JUNCTION[1].0],
        view: JUNCTION_VIEW,
        codec: Codec::H264,
        rate: Rate::Average,
        sound: None,
    },
    Recording {
        name: "quiet",
        clips: &[PEOPLE],
        view: QUIET_VIEW,
        codec: Codec::H264,
        rate: Rate::Average,
        sound: None,
    },
    Recording {
        name: "night-cbr",
        clips: &[PEOPLE],
        view: NIGHT_VIEW,
        codec: Codec::H264,
        rate: Rate::Constant,
        sound: None,
    },
    Recording {
        name: "yard-vbr",
        clips: &[JUNCTION[0].0, JUNCTION[1].0],
        view: YARD_VIEW,
        codec: Codec::H264,
        rate: Rate::Quality,
        sound: None,
    },
    Recording {
        name: "people-cbr",
        clips: &[PEOPLE],
        view: PEOPLE_VIEW,
        codec: Codec::H264,
        rate: Rate::Constant,
        sound: None,
    },
    Recording {
        name: "people-night-vbr",
        clips: &[PEOPLE],
        view: PEOPLE_NIGHT_VIEW,
        codec: Codec::H264,
        rate: Rate::Quality,
        sound: None,
    },
    Recording {
        name: "gate-cbr",
        clips: &[PEOPLE],
        view: GATE_VIEW,
        codec: Codec::H264,
        rate: Rate::Constant,
        sound: None,
    },
    Recording {
        name: "gate-vbr",
        clips: &[PEOPLE],
        view: GATE_VIEW,
        codec: Codec::H264,
        rate: Rate::Quality,
        sound: None,
    },
];

/// The published clips, for calibration.
pub(super) fn sources(layout: &Layout) -> Vec<PathBuf> {
    let names = [PEOPLE].into_iter().chain(JUNCTION.map(|(name, _)| name));
    names.map(|name| layout.sources().join(name)).collect()
}

impl Setup<'_> {
    pub(super) fn fetch_footage_sources(&mut self) -> Result<()> {
        let people = self.layout.sources().join(PEOPLE);
        if !self.stamps.holds(&people, PEOPLE_SHA256)? {
            say("footage: fetching PETS 2009 from Debian's opencv-doc (96 MB)");
            let package = self.fetch_deb("opencv-doc")?;
            let unpacked = self.layout.downloads().join("package");
            command::output(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(&unpacked))?;
            let clip = unpacked.join("usr/share/doc/opencv-doc/examples/data/vtest.avi");
            self.keep(&clip, &people, PEOPLE_SHA256)?;
            self.drop_downloads()?;
        }
        let clips = JUNCTION.map(|(name, sha256)| (self.layout.sources().join(name), sha256));
        let mut present = true;
        for (path, sha256) in &clips {
            present &= self.stamps.holds(path, sha256)?;
        }
        if !present {
            let (name, version, sha256) = OTVISION;
            say("footage: fetching a junction from PyPI's otvision (65 MB)");
            let archive = self.fetch_sdist(name, version, sha256)?;
            let unpacked = self.layout.downloads();
            command::output(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&unpacked))?;
            for (path, sha256) in &clips {
                let file = path.file_name().context("a clip without a name")?;
                self.keep(&unpacked.join(format!("{name}-{version}/tests/data")).join(file), path, sha256)?;
            }
            self.drop_downloads()?;
        }
        Ok(())
    }

    pub(super) fn make_footage(&mut self) -> Result<()> {
        let folder = self.layout.footage();
        fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        let mut made = false;
        for recording in RECORDINGS {
            made |= self.transcode(recording)?;
        }
        made |= self.add_alaw()?;
        if !made {
            say("footage: present");
        }
        Ok(())
    }

    /// Makes the main and the sub stream, unless they are there.
    fn transcode(&mut self, recording: &Recording) -> Result<bool> {
        let folder = self.layout.footage();
        let suffix = match recording.codec {
            Codec::H264 => "h264",
            Codec::H265 => "h265",
        };
        let [main, sub] = ["main", "sub"].map(|stream| format!("{}-{stream}-{suffix}.mp4", recording.name));
        let mut arguments = Vec::new();
        for clip in recording.clips {
            arguments.extend(["-i".to_owned(), format!("../sources/{clip}")]);
        }
        if let Some(sound) = recording.sound {
            arguments.extend(["-f", "lavfi", "-i", sound].map(String::from));
        }
        let view = recording.view;
        let graph = format!(
            "{view},split[a][b];[a]scale=1920:1080:flags=bicubic,format=yuv420p[main];\
             [b]scale=640:360:flags=bicubic,format=yuv420p[sub]"
        );
        arguments.extend(["-filter_complex", &graph].map(String::from));
        arguments.extend(["-map", "[main]"].map(String::from));
        if recording.sound.is_some() {
            // Later by the encoder's delay of one frame, which would else shift the pictures after the first.
            let late = ["-af", "asetpts=PTS+1024"];
            arguments.extend(["-map", "1:a"].into_iter().chain(late).map(String::from));
            arguments.extend(["-c:a", "aac", "-b:a", "32k"].map(String::from));
        }
        arguments.extend(encoding(recording, "2M", "main"));
        arguments.push(part(&main));
        arguments.extend(["-map", "[sub]"].map(String::from));
        arguments.extend(encoding(recording, "500k", "baseline"));
        arguments.push(part(&sub));
        self.ffmpeg(&arguments, "", &[&folder.join(main), &folder.join(sub)])
    }

    /// The sub stream of the people with G.711 sound, which MP4 cannot carry.
    fn add_alaw(&mut self) -> Result<bool> {
        let sub = "people-sub-h264.mp4";
        let mut arguments = ["-i", sub].map(String::from).to_vec();
        arguments.extend(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000"].map(String::from));
        arguments
            .extend(["-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "pcm_alaw"].map(String::from));
        arguments.extend(CONTAINER.iter().copied().map(String::from));
        let name = "people-alaw-h264.mov";
        arguments.push(part(name));
        let made_from = self.stamps.digest(&self.layout.footage().join(sub)).to_owned();
        self.ffmpeg(&arguments, &made_from, &[&self.layout.footage().join(name)])
    }

    /// Runs ffmpeg unless it made these files before, with these arguments and from a file of this digest.
    fn ffmpeg(&mut self, arguments: &[String], made_from: &str, files: &[&Path]) -> Result<bool> {
        let recipe = hash_recipe(arguments.iter().map(String::as_str).chain([made_from]).map(str::as_bytes));
        if files.iter().all(|file| self.stamps.is_made(file, &recipe)) {
            return Ok(false);
        }
        let names = files.iter().filter_map(|file| file.file_name()).map(|name| name.to_string_lossy());
        say(&format!("footage: making {}", names.collect::<Vec<_>>().join(", ")));
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-nostdin", "-y"]).args(arguments).current_dir(self.layout.footage());
        command::output(&mut ffmpeg)?;
        for file in files {
            let name = file.file_name().context("a file without a name")?.to_string_lossy();
            fs::rename(file.with_file_name(part(&name)), file)?;
            self.stamps.stamp(file, &recipe)?;
        }
        Ok(true)
    }

    fn keep(&mut self, from: &Path, to: &Path, sha256: &str) -> Result<()> {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
        }
        fs::rename(from, to).with_context(|| format!("take {} out of its archive", from.display()))?;
        self.stamps.verify(to, sha256)
    }
}

/// One minute, a key frame every two seconds, no frame referring to a later one: what cameras send. Without edit lists
/// and B-frames the file's time stamps are the frames' own.
fn encoding(recording: &Recording, bit_rate: &str, profile: &str) -> Vec<String> {
    let mut words = match recording.codec {
        Codec::H264 => vec!["-c:v", "libx264", "-preset", "veryfast", "-profile:v", profile],
        Codec::H265 => {
            let options = "log-level=error:bframes=0:scenecut=0:open-gop=0:keyint=30:min-keyint=30:pools=2";
            vec!["-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params", options]
        }
    };
    match recording.rate {
        Rate::Average => words.extend(["-b:v", bit_rate]),
        Rate::Constant => {
            words.extend(["-b:v", bit_rate, "-minrate", bit_rate]);
            words.extend(["-x264-params", "nal-hrd=cbr:force-cfr=1"]);
        }
        Rate::Quality => words.extend(["-crf", "27"]),
    }
    words.extend(["-maxrate", bit_rate, "-bufsize", bit_rate, "-r", "15", "-threads", "2"]);
    words.extend(["-g", "30", "-keyint_min", "30", "-sc_threshold", "0", "-bf", "0"]);
    words.extend(CONTAINER);
    words.into_iter().map(String::from).collect()
}

const CONTAINER: &[&str] =
    &["-t", "60", "-movflags", "+faststart", "-use_editlist", "0", "-map_metadata", "-1"];

/// The name of a file while ffmpeg writes it.
fn part(name: &str) -> String {
    format!("part-{name}")
}
