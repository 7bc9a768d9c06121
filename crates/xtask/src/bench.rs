//! `cargo xtask bench NAME`: a release build, then one bench.

use std::process::Command;

use anyhow::Result;

use crate::layout::{Layout, Profile};
use crate::{command, setup};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// record, detect, search, accuracy, cameras or review.
    name: String,
    /// Given to the bench; `--help` lists what it knows.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "BENCH ARGUMENT")]
    arguments: Vec<String>,
}

pub(crate) fn run(layout: &Layout, arguments: &Arguments) -> Result<()> {
    setup::run(layout)?;
    println!("bench: building");
    command::run(layout.cargo(Profile::Release).args(["build", "--release", "--workspace", "--bins"]))?;
    let mut bench = Command::new(layout.programs(Profile::Release).join("bench"));
    layout.set_environment(&mut bench, Profile::Release);
    command::run(bench.arg(&arguments.name).args(&arguments.arguments).current_dir(&layout.root))
}
