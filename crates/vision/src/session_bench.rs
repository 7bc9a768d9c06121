//! The bare session's rate on a prepared tensor: what detection costs with nothing around it.

use std::io::Write;

use crate::detector::Detector;
use crate::timing::Stopwatch;

/// Settings of the bench.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Runs of the session in one figure.
    #[arg(long, default_value_t = 200)]
    runs: u32,
    /// Figures.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
}

/// Prints runs a second of processor time, one figure a line.
pub(crate) fn run(arguments: &Arguments, mut detectors: Vec<Detector>) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for detector in &mut detectors {
        let tensor = detector.tensor();
        detector.run_bare(&tensor, 20)?;
        for _ in 0..arguments.rounds {
            let watch = Stopwatch::start();
            detector.run_bare(&tensor, arguments.runs)?;
            writeln!(out, "{:.2}", f64::from(arguments.runs) / watch.spent().as_secs_f64())?;
        }
    }
    Ok(())
}
