//! `taimat`: records neighbourhood security cameras, finds people and vehicles, and finds any clip by time and place.

mod cli;
mod config;
mod serve;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    init_log(arguments.is_server());
    let outcome = runtime.block_on(arguments.run());
    // Blocking work that ignores shutdown must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Logs go to standard error: for people on a terminal, as JSON for machines when `TAIMAT_LOG_FORMAT=json`.
fn init_log(server: bool) {
    let default = if server { "info,sqlx=warn,retina=warn" } else { "warn" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("TAIMAT_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    if std::env::var("TAIMAT_LOG_FORMAT").is_ok_and(|format| format == "json") {
        log.json().init();
    } else {
        log.init();
    }
}
