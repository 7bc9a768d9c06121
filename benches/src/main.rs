//! Benches: figures with a baseline in the same run. `cargo xtask bench NAME` builds what they need and runs them.

mod accuracy;
mod cameras;
mod detect;
mod footage;
mod live;
mod record;
mod review;
mod search;
mod usage;

use clap::{Parser, Subcommand};

/// Benches that print figures, each against a baseline measured in the same run.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// 64 cameras into the recorder, against `ffmpeg -c copy`.
    Record(record::Arguments),
    /// Decode and detect on one core, against the bare session on prepared tensors.
    Detect(detect::Arguments),
    /// The nine queries on 300,000 events and 700,000 segments.
    Search(search::Arguments),
    /// Tracking and events on labelled footage.
    Accuracy(accuracy::Arguments),
    /// Many cameras, few of them active, analysed on one core, against plain ways to analyse them.
    Cameras(cameras::Arguments),
    /// From a picture, and from the press of a bell, to the officer's screen; and a rule over a week of tracks.
    Review(review::Arguments),
    /// A part of the cameras bench: receives streams and throws them away.
    #[command(hide = true)]
    Receive(cameras::receive::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().bench {
        Bench::Record(arguments) => record::run(&arguments),
        Bench::Detect(arguments) => detect::run(&arguments),
        Bench::Search(arguments) => search::run(&arguments),
        Bench::Accuracy(arguments) => accuracy::run(&arguments),
        Bench::Cameras(arguments) => cameras::run(&arguments),
        Bench::Review(arguments) => review::run(&arguments),
        Bench::Receive(arguments) => cameras::receive::run(&arguments),
    }
}
