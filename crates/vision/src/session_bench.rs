//! The bare session's rate on a prepared tensor: what detection costs with nothing around it.

use std::io::Write;
use std::time::Duration;

use anyhow::Context;

use crate::detector::Detector;

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
        detector.run_bare(20)?;
        for _ in 0..arguments.rounds {
            let before = processor_time()?;
            detector.run_bare(arguments.runs)?;
            writeln!(
                out,
                "{:.2}",
                f64::from(arguments.runs) / processor_time()?.saturating_sub(before).as_secs_f64()
            )?;
        }
    }
    Ok(())
}

/// Processor time of this thread, on which the session runs: first field of `schedstat`, in nanoseconds.
fn processor_time() -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").context("no scheduler statistics")?;
    let first = text.split_whitespace().next().context("empty scheduler statistics")?;
    Ok(Duration::from_nanos(first.parse()?))
}
