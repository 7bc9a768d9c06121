//! Simulated cameras: a real RTSP server playing footage, with the faults that cameras have.

mod camera;
mod config;
mod feed;
mod footage;
mod packets;
mod stream;
mod timeline;

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Parser;
use gstreamer::glib;
use gstreamer_rtsp_server::prelude::*;
use serde_json::json;

use crate::camera::{Camera, Studio};
use crate::config::Config;

/// Simulated cameras over RTSP. Prints one line of JSON with their addresses when all are ready, then plays
/// until SIGTERM or SIGINT.
///
/// Takes commands on its standard input, one a line: `stats` answers with a line of JSON, `offline NAME` and
/// `online NAME` switch a camera off and on and answer with `{}`.
#[derive(Parser)]
struct Arguments {
    /// What the cameras are.
    #[arg(long)]
    config: PathBuf,
    /// Where the footage lies.
    #[arg(long, default_value = ".setup/footage")]
    footage: PathBuf,
    /// The address to listen at.
    #[arg(long, default_value = "127.0.0.1")]
    address: String,
    /// The port of the first camera; each further camera has the next one. 0: any free ones.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Stop when the standard input is closed, as it is when who started this ends.
    #[arg(long)]
    exit_with_parent: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let config = Config::load(&arguments.config)?;
    gstreamer::init().context("cannot start GStreamer")?;

    let mut studio = Studio::new(&arguments.footage);
    let mut cameras = Vec::new();
    for (n, camera) in config.cameras.iter().enumerate() {
        let port = match arguments.port {
            0 => 0,
            first => {
                let port = u16::try_from(n).ok().and_then(|n| first.checked_add(n));
                port.with_context(|| format!("no ports left for {}", camera.name))?
            }
        };
        cameras.push(Camera::start(&mut studio, camera, &arguments.address, port)?);
    }
    let addresses: Vec<_> = cameras.iter().map(|camera| camera.address()).collect();
    println!("{}", json!({ "cameras": addresses }));

    let main_loop = glib::MainLoop::new(None, false);
    for signal in [SIGINT, SIGTERM] {
        let main_loop = main_loop.clone();
        glib_unix::unix_signal_add_local(signal, move || {
            main_loop.quit();
            glib::ControlFlow::Continue
        });
    }
    // Sessions whose client went away without a word.
    let sessions = studio.sessions();
    glib::timeout_add_seconds_local(2, move || {
        sessions.cleanup();
        glib::ControlFlow::Continue
    });
    let quit = arguments.exit_with_parent.then(|| main_loop.clone());
    std::thread::spawn({
        let cameras = cameras.clone();
        move || take_commands(&cameras, quit.as_ref())
    });
    main_loop.run();
    for camera in &cameras {
        camera.switch_off();
    }
    // Let the farewells go out.
    let context = glib::MainContext::default();
    while context.iteration(false) {}
    std::thread::sleep(Duration::from_millis(100));
    Ok(())
}

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

fn take_commands(cameras: &[Arc<Camera>], quit: Option<&glib::MainLoop>) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let answer = obey(cameras, &line).unwrap_or_else(|error| json!({ "error": format!("{error:#}") }));
        if writeln!(std::io::stdout(), "{answer}").is_err() {
            break;
        }
    }
    if let Some(main_loop) = quit {
        main_loop.quit();
    }
}

fn obey(cameras: &[Arc<Camera>], line: &str) -> anyhow::Result<serde_json::Value> {
    let find = |name: &str| {
        let camera = cameras.iter().find(|camera| camera.name() == name);
        camera.with_context(|| format!("no camera is named {name:?}"))
    };
    match line.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["stats"] => {
            let counts: Vec<_> = cameras.iter().map(|camera| camera.counts()).collect();
            Ok(json!({ "cameras": counts }))
        }
        ["offline", name] => {
            find(name)?.switch_off();
            Ok(json!({}))
        }
        ["online", name] => {
            find(name)?.switch_on()?;
            Ok(json!({}))
        }
        _ => bail!("{line:?} is no command: stats, offline NAME, online NAME"),
    }
}
