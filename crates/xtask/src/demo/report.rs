//! `cargo xtask demo --once`: searches, fetches a clip, plays it, and prints what came of the minute.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::client::{Client, items, text};
use super::commune::Commune;
use crate::command;

/// How often each search is timed.
const SEARCHES: usize = 20;
/// How long to wait for the first event that has ended, and for its footage.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn run(client: &Client, commune: &Commune, folder: &Path) -> Result<()> {
    let lost = print_cameras(client, commune)?;
    let (events, search_time) = search(client, commune)?;
    print_events(&events, search_time)?;
    let (clip, played) = fetch_clip(client, folder)?;
    println!("\nclip          {clip}, {played}");
    if lost > 0 {
        bail!("{lost} frames were lost");
    }
    Ok(())
}

/// Prints a row a stream; returns how many frames were lost.
fn print_cameras(client: &Client, commune: &Commune) -> Result<u64> {
    let states = client.get("/cameras/states")?;
    println!(
        "\n{:<28} {:<6} {:<16} {:>9} {:>9} {:>5}",
        "camera", "stream", "codec", "received", "recorded", "lost"
    );
    let mut all_lost = 0;
    for camera in &commune.cameras {
        let state = items(&states)?
            .iter()
            .find(|state| state.pointer("/camera_id") == Some(&camera.id.as_str().into()));
        let streams = state.and_then(|state| state.pointer("/streams")).and_then(Value::as_array);
        let streams = streams.with_context(|| format!("no state of {} in {states}", camera.title))?;
        if streams.is_empty() {
            bail!("{} is not pulled", camera.title);
        }
        for stream in streams {
            let count = |key: &str| {
                stream
                    .get(key)
                    .and_then(Value::as_u64)
                    .with_context(|| format!("a stream's state has no {key}: {stream}"))
            };
            let (received, recorded, lost) =
                (count("frames_received")?, count("frames_recorded")?, count("frames_lost")?);
            let shown = |key: &str| {
                stream.get(key).map(|value| value.to_string().replace('"', "")).unwrap_or_default()
            };
            let codec = format!("{} {}x{}", shown("codec"), shown("width"), shown("height"));
            println!(
                "{:<28} {:<6} {codec:<16} {received:>9} {recorded:>9} {lost:>5}",
                camera.title,
                shown("stream")
            );
            if recorded == 0 {
                bail!("{} {} recorded nothing", camera.title, shown("stream"));
            }
            all_lost += lost;
        }
    }
    Ok(all_lost)
}

/// All events of the commune, and the median time of that search.
fn search(client: &Client, commune: &Commune) -> Result<(Vec<Value>, Duration)> {
    let (_, province) = commune.places.first().context("no place was created")?;
    let path = format!("/events?place={province}&limit=1000");
    let mut times = Vec::new();
    let mut events = Vec::new();
    for _ in 0..SEARCHES {
        let started = Instant::now();
        let found = client.get(&path)?;
        times.push(started.elapsed());
        events = items(&found)?.to_vec();
    }
    times.sort();
    if events.is_empty() {
        bail!("no event was found");
    }
    Ok((events, times.get(SEARCHES / 2).copied().unwrap_or_default()))
}

fn print_events(events: &[Value], search_time: Duration) -> Result<()> {
    let mut classes = BTreeMap::new();
    for event in events {
        *classes.entry(text(event, "/class")?).or_insert(0_u32) += 1;
    }
    let classes =
        classes.iter().map(|(class, count)| format!("{count} {class}")).collect::<Vec<_>>().join(", ");
    println!("\nevents        {} ({classes})", events.len());
    println!("search        {:.1} ms (median of {SEARCHES}, over HTTP)", search_time.as_secs_f64() * 1e3);
    Ok(())
}

/// Downloads the clip of an event that has ended and decodes it; returns both in words.
fn fetch_clip(client: &Client, folder: &Path) -> Result<(String, String)> {
    let started = Instant::now();
    let file = folder.join("clip.mp4");
    loop {
        let found = client.get("/events?limit=1000")?;
        let ended = items(&found)?.iter().find(|event| event.get("ongoing") == Some(&Value::Bool(false)));
        let outcome = match ended {
            Some(event) => {
                let path = format!("/events/{}/clip", text(event, "/id")?);
                client.download(&path, &file).map(|bytes| (text(event, "/class").unwrap_or_default(), bytes))
            }
            None => Err(anyhow::anyhow!("no event has ended yet")),
        };
        match outcome {
            Ok((class, bytes)) => {
                let size = format!("{:.2} MB of a {class}", bytes as f64 / 1e6);
                return Ok((size, play(&file)?));
            }
            Err(error) if started.elapsed() > PATIENCE => {
                return Err(error.context("fetch the clip of an event"));
            }
            // Its last second may still be on the way to the disk.
            Err(_) => thread::sleep(Duration::from_millis(500)),
        }
    }
}

/// Decodes every frame of the clip with ffprobe; any complaint is an error.
fn play(file: &Path) -> Result<String> {
    let mut ffprobe = Command::new("ffprobe");
    ffprobe.args(["-v", "error", "-count_frames", "-select_streams", "v:0", "-of", "json", "-show_entries"]);
    ffprobe.arg("stream=codec_name,width,height,nb_read_frames:format=duration").arg(file);
    let output = ffprobe.output().context("could not start ffprobe")?;
    let complaints = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || !complaints.trim().is_empty() {
        bail!("`{}` does not like the clip: {complaints}", command::shown(&ffprobe));
    }
    let found: Value = serde_json::from_slice(&output.stdout).context("ffprobe's answer is not JSON")?;
    let get = |pointer: &str| {
        found.pointer(pointer).map(|value| value.to_string().replace('"', "")).unwrap_or_default()
    };
    let frames = get("/streams/0/nb_read_frames");
    if frames.parse::<u64>().unwrap_or(0) == 0 {
        bail!("the clip {} has no frame", file.display());
    }
    Ok(format!(
        "{} {}x{}, {frames} frames, {} s: plays",
        get("/streams/0/codec_name"),
        get("/streams/0/width"),
        get("/streams/0/height"),
        get("/format/duration"),
    ))
}
