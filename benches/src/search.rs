//! The search bench.

/// Settings of the search bench.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

/// Runs the bench and prints its table.
#[expect(clippy::unnecessary_wraps, reason = "to be filled")]
pub(crate) fn run(_arguments: &Arguments) -> anyhow::Result<()> {
    Ok(())
}
