//! Chores: set-up, web, test, demo, bench, audit. Run as `cargo xtask TASK`.

mod audit;
mod bench;
mod browser;
mod command;
mod demo;
mod layout;
mod setup;
mod test;
mod web;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::layout::{Layout, Profile};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what this machine lacks: packages, ONNX Runtime, models, demo footage.
    Setup,
    /// Set up, then check, test and build the web application, which the server embeds.
    Web,
    /// Set up, then check format and lints, build, and run every test.
    Test(test::Arguments),
    /// Set up, then run one bench on a release build: record, detect, search or accuracy.
    Bench(bench::Arguments),
    /// Set up, then run the whole system on simulated cameras until Ctrl-C.
    Demo(demo::Arguments),
    /// Check licences, sources and advisories of everything Taimat is made of.
    Audit(audit::Arguments),
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    let layout = Layout::find()?;
    match task {
        Task::Setup => setup::run(&layout),
        Task::Web => setup::run(&layout).and_then(|()| web::check(&layout, Profile::Debug)),
        Task::Test(arguments) => test::run(&layout, &arguments),
        Task::Bench(arguments) => bench::run(&layout, &arguments),
        Task::Demo(arguments) => demo::run(&layout, &arguments),
        Task::Audit(arguments) => audit::run(&layout, &arguments),
    }
}
