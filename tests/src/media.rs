//! What ffmpeg says of a file or a stream.

use std::process::Stdio;

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio::process::Command;

use crate::{list, text};

/// What a player finds in a file.
#[derive(Debug)]
pub struct Probed {
    /// Seconds that the file plays, edit lists heeded.
    pub duration: f64,
    /// Codecs of its streams.
    pub codecs: Vec<String>,
    /// Width and height of the first video stream.
    pub size: (u64, u64),
    /// When each picture is shown, in seconds; what an edit list cuts away is not shown.
    pub times: Vec<f64>,
}

impl Probed {
    /// The times from one picture to the next.
    pub fn steps(&self) -> impl Iterator<Item = f64> {
        self.times.iter().skip(1).zip(&self.times).map(|(next, this)| next - this)
    }
}

/// Opens a file or address as a player would.
pub async fn probe(source: &str) -> anyhow::Result<Probed> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "json", "-show_format", "-show_streams", "-show_entries"])
        .arg("packet=pts_time,flags,stream_index")
        .args(["-select_streams", "v:0"])
        .arg(source)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    ensure!(output.status.success(), "ffprobe {source}: {}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout)?;
    let streams = list(&found, "/streams")?;
    let video = streams.first().context("there is no video")?;
    let dimension = |name| video.get(name).and_then(Value::as_u64).unwrap_or_default();
    let mut times: Vec<f64> = list(&found, "/packets")?
        .iter()
        // Pictures that only help to decode are marked D: discarded.
        .filter(|packet| !text(packet, "/flags").is_ok_and(|flags| flags.contains('D')))
        .filter_map(|packet| text(packet, "/pts_time").ok()?.parse().ok())
        .collect();
    times.sort_by(f64::total_cmp);
    Ok(Probed {
        duration: text(&found, "/format/duration")?.parse()?,
        codecs: streams.iter().map(|stream| text(stream, "/codec_name")).collect::<Result<_, _>>()?,
        size: (dimension("width"), dimension("height")),
        times,
    })
}

/// What a decoder complains about from beginning to end; empty where all is well.
pub async fn decode_errors(source: &str) -> anyhow::Result<String> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i", source, "-map", "0", "-f", "null", "-"])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}
