//! `cargo xtask test`: what must pass before a change lands.

use std::time::Instant;

use anyhow::Result;
use clap::ValueEnum;

use crate::layout::{Layout, Profile};
use crate::{browser, command, setup, web};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these steps.
    #[arg(long, value_delimiter = ',', value_name = "STEP")]
    only: Vec<Step>,
    /// Given to `cargo test`: a part of test names, `--package NAME`, `-- --nocapture`, …; with `--only browser`, to
    /// Playwright.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Install what is missing.
    Setup,
    /// Formatting.
    Fmt,
    /// The web application: lints, types, unit tests, build.
    Web,
    /// Lints, warnings being errors.
    Clippy,
    /// The programs, which black-box tests start.
    Build,
    /// Unit, property, fuzz (with its corpus) and black-box tests.
    Test,
    /// The three people's tasks in a real browser on the running demo.
    Browser,
}

pub(crate) fn run(layout: &Layout, arguments: &Arguments) -> Result<()> {
    let mut times = Vec::new();
    for &step in Step::value_variants() {
        if !arguments.only.is_empty() && !arguments.only.contains(&step) {
            continue;
        }
        let started = Instant::now();
        let meant = step != Step::Browser || arguments.only == [step];
        run_step(layout, step, if meant { &arguments.arguments } else { &[] })?;
        times.push((name(step), started.elapsed()));
    }
    println!("\nall passed:");
    for (name, time) in times {
        println!("  {name:<7} {:>6.1} s", time.as_secs_f64());
    }
    Ok(())
}

fn run_step(layout: &Layout, step: Step, arguments: &[String]) -> Result<()> {
    println!("\n== {} ==", name(step));
    let mut cargo = layout.cargo(Profile::Debug);
    match step {
        Step::Setup => return setup::run(layout),
        Step::Web => return web::check(layout, Profile::Debug),
        Step::Browser => return browser::test(layout, Profile::Debug, arguments),
        Step::Fmt => cargo.args(["fmt", "--all", "--check"]),
        Step::Clippy => cargo.args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]),
        Step::Build => cargo.args(["build", "--workspace", "--bins"]),
        Step::Test => cargo.args(["test", "--workspace"]).args(arguments),
    };
    command::run(&mut cargo)
}

fn name(step: Step) -> &'static str {
    match step {
        Step::Setup => "setup",
        Step::Fmt => "fmt",
        Step::Web => "web",
        Step::Clippy => "clippy",
        Step::Build => "build",
        Step::Test => "test",
        Step::Browser => "browser",
    }
}
