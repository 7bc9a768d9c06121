//! `cargo xtask demo --once`: searches, fetches a clip, plays it, and prints what came of the minute.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::cameras::Cameras;
use super::client::{Client, items, text};
use super::commune::Commune;
use crate::command;

/// Frames between a camera and our counts of them: half a second, and what the counts lag behind each other.
const ON_ITS_WAY: u64 = 15;
/// How often each search is timed.
const SEARCHES: usize = 20;
/// How long to wait for the first event that has ended, and for its footage.
const PATIENCE: Duration = Duration::from_secs(30);

/// A minute of recording, from when every stream was online.
pub(super) struct Minute {
    before: Vec<Counts>,
}

/// Frames of one stream since its start.
struct Counts {
    camera: String,
    title: String,
    stream: String,
    codec: String,
    sent: u64,
    received: u64,
    recorded: u64,
    lost: u64,
}

impl Minute {
    /// Waits until all streams come.
    pub(super) fn begin(
        client: &Client,
        commune: &Commune,
        cameras: &mut Cameras,
        stop: &AtomicBool,
    ) -> Result<Self> {
        let started = Instant::now();
        loop {
            let before = count(client, commune, cameras)?;
            let expected =
                cameras.addresses.iter().map(|address| 1 + usize::from(address.sub.is_some())).sum::<usize>();
            let waiting =
                before.iter().filter(|counts| counts.received == 0).map(|counts| counts.title.as_str());
            let waiting = waiting.collect::<Vec<_>>().join(", ");
            if waiting.is_empty() && before.len() == expected {
                return Ok(Self { before });
            }
            if started.elapsed() > PATIENCE {
                bail!("{} of {expected} streams are pulled; nothing came from: {waiting}", before.len());
            }
            if stop.load(Ordering::Relaxed) {
                bail!("interrupted");
            }
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Prints what came of it. Lost frames and a minute without events are errors, after the table.
    pub(super) fn report(
        &self,
        client: &Client,
        commune: &Commune,
        cameras: &mut Cameras,
        folder: &Path,
    ) -> Result<()> {
        let lost = self.print_cameras(&count(client, commune, cameras)?)?;
        let (events, search_time) = search(client, commune)?;
        print_events(&events, search_time)?;
        print_flagged(client)?;
        let (clip, played) = fetch_clip(client, folder)?;
        println!("clip          {clip}, {played}\n");
        if lost > 0 {
            bail!("{lost} frames were lost");
        }
        Ok(())
    }

    /// Prints a row a stream; returns how many frames were lost.
    fn print_cameras(&self, after: &[Counts]) -> Result<u64> {
        println!(
            "\n{:<28} {:<6} {:<16} {:>6} {:>9} {:>9} {:>5}",
            "camera", "stream", "codec", "sent", "received", "recorded", "lost"
        );
        let mut all_lost = 0;
        for after in after {
            let same = |before: &&Counts| before.camera == after.camera && before.stream == after.stream;
            let before =
                self.before.iter().find(same).with_context(|| format!("{} came late", after.title))?;
            let sent = after.sent.saturating_sub(before.sent);
            let received = after.received.saturating_sub(before.received);
            let recorded = after.recorded.saturating_sub(before.recorded);
            // Lost in the server, and lost on the way to it: more is missing than can be on its way just now.
            let missing = sent.saturating_sub(received);
            let lost =
                after.lost.saturating_sub(before.lost) + if missing > ON_ITS_WAY { missing } else { 0 };
            println!(
                "{:<28} {:<6} {:<16} {sent:>6} {received:>9} {recorded:>9} {lost:>5}",
                after.title, after.stream, after.codec
            );
            if recorded == 0 {
                bail!("{} {} recorded nothing", after.title, after.stream);
            }
            all_lost += lost;
        }
        Ok(all_lost)
    }
}

/// Counts of all streams, of the cameras and of the server, at nearly the same time.
fn count(client: &Client, commune: &Commune, cameras: &mut Cameras) -> Result<Vec<Counts>> {
    let all_sent = cameras.sent()?;
    let states = client.get("/cameras/states")?;
    let mut counts = Vec::new();
    for camera in &commune.cameras {
        let sent = all_sent.iter().find(|sent| sent.name == camera.name);
        let sent = sent.with_context(|| format!("the cameras do not speak of {}", camera.name))?;
        let state = items(&states)?.iter().find(|state| state["camera_id"] == camera.id.as_str());
        for stream in state.and_then(|state| state["streams"].as_array()).into_iter().flatten() {
            let count = |key: &str| {
                stream[key].as_u64().with_context(|| format!("a stream's state has no {key}: {stream}"))
            };
            let kind = text(stream, "/stream")?;
            counts.push(Counts {
                camera: camera.id.clone(),
                title: camera.title.clone(),
                stream: kind.to_owned(),
                codec: format!(
                    "{} {}x{}",
                    stream["codec"].as_str().unwrap_or("?"),
                    stream["width"],
                    stream["height"]
                ),
                sent: sent.frames(kind),
                received: count("frames_received")?,
                recorded: count("frames_recorded")?,
                lost: count("frames_lost")?,
            });
        }
    }
    Ok(counts)
}

/// All events of the commune, and the median time of a search for the latest hundred.
fn search(client: &Client, commune: &Commune) -> Result<(Vec<Value>, Duration)> {
    let (_, province) = commune.places.first().context("no place was created")?;
    let mut times = Vec::new();
    for _ in 0..SEARCHES {
        let started = Instant::now();
        client.get(&format!("/events?place={province}&limit=100"))?;
        times.push(started.elapsed());
    }
    times.sort();
    let events = items(&client.get(&format!("/events?place={province}&limit=1000"))?)?.to_vec();
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
    println!(
        "search        {:.1} ms for the latest 100 (median of {SEARCHES}, over HTTP)",
        search_time.as_secs_f64() * 1e3
    );
    Ok(())
}

/// What rules flagged; an example in words.
fn print_flagged(client: &Client) -> Result<()> {
    let queue = client.get("/review-items?limit=500")?;
    let flagged = items(&queue)?;
    let Some(first) = flagged.first() else { bail!("no rule flagged anything") };
    println!(
        "flagged       {} to review; first: {} ({})",
        flagged.len(),
        text(first, "/why/vi")?,
        text(first, "/why/en")?
    );
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
