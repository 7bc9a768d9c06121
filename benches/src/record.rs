//! `bench record`: many cameras into the recorder with analysis off, against `ffmpeg -c copy` on the same streams.
//!
//! The cameras run on one core and are not counted. On another core run, one after the other, the server and then
//! one ffmpeg a camera, each with main and sub stream. Both are measured while they only record; both write to the
//! same disk.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use blackbox::{Camsim, Program, Server, Settings, eventually, footage, probe};
use serde_json::json;

use crate::usage::Usage;

/// The core of the cameras, and the core of what is measured.
const CAMERAS_CORE: &str = "0";
const MEASURED_CORE: &str = "1";
/// Time for all streams to be up.
const START_LIMIT: Duration = Duration::from_mins(3);
/// Quiet time before the measurement: connecting costs more than recording.
const SETTLE: Duration = Duration::from_secs(10);
/// A step from one picture to the next that is longer is a hole. The footage has 15 pictures a second.
const HOLE: f64 = 1.5 / 15.0;

/// Settings of the record bench.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many cameras, each with main and sub stream.
    #[arg(long, default_value_t = 64)]
    cameras: u32,
    /// Seconds that are measured of each.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Leave the baseline out.
    #[arg(long)]
    no_baseline: bool,
}

/// Figures of one way to record.
struct Measured {
    /// Share of one core.
    core: f64,
    /// Bytes of memory.
    memory: u64,
    /// Pictures in the files of the measured time and before.
    pictures: u64,
    /// Holes between pictures within files.
    holes: u64,
}

/// What the server says of the frames, and what the cameras say.
struct Frames {
    sent: u64,
    received: u64,
    lost: u64,
    reconnects: u64,
}

/// Runs the bench and prints its table.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism()?.get();
    ensure!(cores > 1, "this bench needs two cores: one for the cameras, one for what is measured");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(measure(arguments))
}

async fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let cameras = format!(
        "[[camera]]\nname = 'load-{{n}}'\ncount = {}\nmain = 'people-main-h264.mp4'\nsub = 'people-sub-h264.mp4'\n",
        arguments.cameras
    );
    println!("record: {} cameras, {} s each", arguments.cameras, arguments.seconds);
    let mut camsim = Camsim::start_with(&cameras, &footage(), &["taskset", "-c", CAMERAS_CORE])?;
    let (taimat, database, frames) = product(arguments, &mut camsim).await?;
    let ffmpeg = if arguments.no_baseline { None } else { Some(baseline(arguments, &camsim).await?) };

    let cameras = f64::from(arguments.cameras);
    println!("\n{:<22}{:>14}{:>14}{:>14}{:>10}", "", "% of a core", "MB", "pictures", "holes");
    println!("{:<22}{:>14}{:>14}", "", "a camera", "a camera");
    let row = |name: &str, measured: &Measured| {
        let core = measured.core * 100.0 / cameras;
        let memory = measured.memory as f64 / cameras / 1e6;
        println!("{name:<22}{core:>14.3}{memory:>14.2}{:>14}{:>10}", measured.pictures, measured.holes);
    };
    row("taimat", &taimat);
    let core = database.core * 100.0 / cameras;
    println!("{:<22}{core:>14.3}{:>14.2}", "  its PostgreSQL", database.memory as f64 / cameras / 1e6);
    if let Some(ffmpeg) = &ffmpeg {
        row("ffmpeg -c copy", ffmpeg);
        println!(
            "{:<22}{:>14.3}{:>14.3}",
            "taimat / ffmpeg",
            taimat.core / ffmpeg.core,
            taimat.memory as f64 / ffmpeg.memory as f64
        );
    }
    println!(
        "\nframes: {} sent, {} received, {} in the files, {} lost, {} reconnects",
        frames.sent, frames.received, taimat.pictures, frames.lost, frames.reconnects
    );
    // A frame on its way when a stream hangs up is counted on one side only.
    let streams = u64::from(arguments.cameras) * 2;
    ensure!(frames.sent.abs_diff(frames.received) <= streams, "frames were lost on their way to the server");
    ensure!(frames.lost == 0 && taimat.pictures == frames.received, "frames were lost in the server");
    ensure!(taimat.holes == 0, "the recordings have holes");
    Ok(())
}

async fn product(arguments: &Arguments, camsim: &mut Camsim) -> anyhow::Result<(Measured, Measured, Frames)> {
    let mut server = Server::start(Settings {
        quiet: true,
        through: ["taskset", "-c", MEASURED_CORE].map(str::to_owned).to_vec(),
        ..Settings::default()
    })
    .await?;
    let api = server.api.clone();
    let place = api.post("places", &json!({ "name": "Bench", "kind": "commune" })).await?;
    for n in 1..=arguments.cameras {
        let name = format!("load-{n}");
        let camera = json!({
            "name": name, "place_id": place.get("id"), "probe": false, "transport": "tcp",
            "main_url": camsim.main(&name)?, "sub_url": camsim.sub(&name)?,
        });
        api.post("cameras", &camera).await?;
    }
    let streams = f64::from(arguments.cameras) * 2.0;
    eventually(START_LIMIT, || async {
        let online = api.metric("taimat_camera_online", &[]).await?;
        ensure!(online >= streams, "{online} of {streams} streams are online");
        Ok(())
    })
    .await?;
    tokio::time::sleep(SETTLE).await;

    println!("taimat: all streams are up, measuring");
    let own = [server.id()];
    let database = server.processes("postgres");
    let before = (Usage::of(&own), Usage::of(&database));
    let started = std::time::Instant::now();
    tokio::time::sleep(Duration::from_secs(arguments.seconds)).await;
    let seconds = started.elapsed().as_secs_f64();
    let after = (Usage::of(&own), Usage::of(&database));

    // Hang up at the cameras' end, so that all counters stand still.
    for n in 1..=arguments.cameras {
        camsim.offline(&format!("load-{n}"))?;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let sent = camsim.counts()?;
    let sent = sent.iter().map(|(main, sub)| main.units + sub.map_or(0, |sub| sub.units)).sum();
    let counted = async |name: &str| -> anyhow::Result<u64> {
        Ok(api.metric(&format!("taimat_camera_{name}_total"), &[]).await? as u64)
    };
    let frames = Frames {
        sent,
        received: counted("frames_received").await?,
        lost: counted("frames_lost").await?,
        reconnects: counted("reconnects").await?,
    };
    server.stop().await?;
    for n in 1..=arguments.cameras {
        camsim.online(&format!("load-{n}"))?;
    }
    let (pictures, holes) = look(&server.recordings()).await?;
    let usage = |after: Usage, before: Usage| after.since(before).cpu.as_secs_f64() / seconds;
    let taimat = Measured { core: usage(after.0, before.0), memory: after.0.memory, pictures, holes };
    let postgres = Measured { core: usage(after.1, before.1), memory: after.1.memory, pictures: 0, holes: 0 };
    Ok((taimat, postgres, frames))
}

async fn baseline(arguments: &Arguments, camsim: &Camsim) -> anyhow::Result<Measured> {
    let folder = tempfile::tempdir()?;
    let mut running = Vec::new();
    for n in 1..=arguments.cameras {
        running.push(ffmpeg(&format!("load-{n}"), camsim, folder.path())?);
    }
    let streams = arguments.cameras as usize * 2;
    eventually(START_LIMIT, || async {
        let growing = files(folder.path())?.iter().filter(|(_, size)| *size > 100_000).count();
        ensure!(growing >= streams, "{growing} of {streams} files grow");
        Ok(())
    })
    .await?;
    tokio::time::sleep(SETTLE).await;

    println!("ffmpeg: all streams are up, measuring");
    let ids: Vec<u32> = running.iter().map(Program::id).collect();
    let before = Usage::of(&ids);
    let started = std::time::Instant::now();
    tokio::time::sleep(Duration::from_secs(arguments.seconds)).await;
    let seconds = started.elapsed().as_secs_f64();
    let after = Usage::of(&ids);
    for program in &mut running {
        program.stop(Duration::from_secs(20)).await?;
    }
    let (pictures, holes) = look(folder.path()).await?;
    let core = after.since(before).cpu.as_secs_f64() / seconds;
    Ok(Measured { core, memory: after.memory, pictures, holes })
}

/// One ffmpeg a camera: files of a minute of each stream, as the server makes them.
fn ffmpeg(name: &str, camsim: &Camsim, folder: &Path) -> anyhow::Result<Program> {
    let mut command = Command::new("taskset");
    command.args(["-c", MEASURED_CORE, "ffmpeg", "-v", "error", "-nostdin"]);
    for url in [camsim.main(name)?, camsim.sub(name)?] {
        command.args(["-rtsp_transport", "tcp", "-i", &url]);
    }
    for (input, stream) in ["main", "sub"].iter().enumerate() {
        command.args(["-map", &input.to_string(), "-c", "copy", "-f", "segment", "-segment_time", "60"]);
        command.args([
            "-segment_format",
            "mp4",
            "-segment_format_options",
            "movflags=+frag_keyframe+empty_moov",
        ]);
        command.arg(folder.join(format!("{name}-{stream}-%03d.mp4")));
    }
    Program::start(&mut command, &folder.join(format!("{name}.log")))
}

/// Pictures in the files of a folder, and holes between them.
async fn look(folder: &Path) -> anyhow::Result<(u64, u64)> {
    let (mut pictures, mut holes) = (0, 0);
    for (file, _) in files(folder)? {
        let found = probe(&file).await?;
        pictures += found.times.len() as u64;
        holes += found.steps().filter(|step| *step > HOLE).count() as u64;
    }
    Ok((pictures, holes))
}

/// The MP4 files of a folder and below, with their sizes.
fn files(folder: &Path) -> anyhow::Result<Vec<(String, u64)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, about) = (entry.path(), entry.metadata()?);
        if about.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "mp4") {
            found.push((path.to_str().context("a file name that is not UTF-8")?.to_owned(), about.len()));
        }
    }
    Ok(found)
}
