//! The command line. `serve`, `check`, `reindex`, `user` and `config` work on the data folder; `camera`, `place`,
//! `rule`, `quiet`, `bell`, `sounder`, `channel`, `delivery`, `search` and `clip` are clients of the HTTP API, like any
//! other.

mod bell;
mod camera;
mod channel;
mod check;
mod client;
mod clip;
mod delivery;
mod file;
mod local;
mod output;
mod password;
mod place;
mod quiet;
mod reindex;
mod rule;
mod search;
mod sounder;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::serve;
use output::Output;

/// Records neighbourhood security cameras, finds people and vehicles as they appear, and finds any clip by
/// time and place.
#[derive(Parser)]
#[command(version, propagate_version = true)]
pub(crate) struct Arguments {
    /// The configuration file; without one, the defaults and the environment hold.
    #[arg(long, global = true, env = "TAIMAT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    /// Print JSON for other programs instead of text for people.
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server: record, analyse, answer.
    Serve,
    /// Add, change, list and remove cameras of a running server.
    Camera {
        #[command(flatten)]
        server: client::ServerArguments,
        #[command(subcommand)]
        command: camera::Command,
    },
    /// Add, rename, move, merge and list places of a running server.
    Place {
        #[command(flatten)]
        server: client::ServerArguments,
        #[command(subcommand)]
        command: place::Command,
    },
    /// Add, test, list and remove rules of a running server: what it flags.
    Rule {
        #[command(flatten)]
        server: client::ServerArguments,
        #[command(subcommand)]
        command: rule::Command,
    },
    /// Add, list and remove alarm bells of a running server: households' buttons.
    Bell {
        #[command(flatten)]
        server: client::ServerArguments,
        #[command(subcommand)]
        command: bell::Command,
    },
    /// Add, ring, list and remove bells, sirens and gongs of a running server.
    Sounder {
        #[command(flatten)]
        server: client::ServerArguments,
        #[command(subcommand)]
        command: sounder::Command,
    },
    /// Show what cameras of a running server have learnt not to flag, and forget it.
    Quiet {
        #[command(flatten)]
        server: client::ServerArguments,
        #[command(subcommand)]
        command: quiet::Command,
    },
    /// Add, test, list and remove channels of a running server: where warnings go out.
    Channel {
        #[command(flatten)]
        server: client::ServerArguments,
        #[command(subcommand)]
        command: channel::Command,
    },
    /// List what went out on channels, and have sent again what was given up.
    Delivery {
        #[command(flatten)]
        server: client::ServerArguments,
        #[command(subcommand)]
        command: delivery::Command,
    },
    /// Add people, give them roles and tokens. Works on the data folder: this makes the first administrator.
    User {
        #[command(subcommand)]
        command: user::Command,
    },
    /// Search events of a running server by time, place, class and more, newest first.
    Search {
        #[command(flatten)]
        server: client::ServerArguments,
        #[command(flatten)]
        search: search::Search,
    },
    /// Download a clip of a camera as MP4, exact to the frame, without re-encoding.
    Clip {
        #[command(flatten)]
        server: client::ServerArguments,
        #[command(flatten)]
        clip: clip::Clip,
    },
    /// Check that recordings and index agree, and list each disagreement.
    Check(check::Check),
    /// Rebuild the index of recordings from the files.
    Reindex,
    /// Show the configuration in force.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Print every key with its value, secrets left out.
    Show,
}

impl Arguments {
    /// Whether this process will be the server.
    pub(crate) fn is_server(&self) -> bool {
        matches!(self.command, Command::Serve)
    }

    /// Does what was asked for.
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let config = Config::load(self.config.as_deref())?;
        let out = Output { json: self.json };
        let done = |()| ExitCode::SUCCESS;
        match self.command {
            Command::Serve => serve::run(config).await.map(done),
            Command::Camera { server, command } => command.run(&server.client(&config)?, out).await.map(done),
            Command::Place { server, command } => command.run(&server.client(&config)?, out).await.map(done),
            Command::Rule { server, command } => command.run(&server.client(&config)?, out).await.map(done),
            Command::Bell { server, command } => command.run(&server.client(&config)?, out).await.map(done),
            Command::Sounder { server, command } => {
                command.run(&server.client(&config)?, out).await.map(done)
            }
            Command::Quiet { server, command } => command.run(&server.client(&config)?, out).await.map(done),
            Command::Channel { server, command } => {
                command.run(&server.client(&config)?, out).await.map(done)
            }
            Command::Delivery { server, command } => {
                command.run(&server.client(&config)?, out).await.map(done)
            }
            Command::User { command } => command.run(&config, out).await.map(done),
            Command::Search { server, search } => search.run(&server.client(&config)?, out).await.map(done),
            Command::Clip { server, clip } => clip.run(&server.client(&config)?, out).await.map(done),
            Command::Check(check) => check.run(&config, out).await,
            Command::Reindex => reindex::run(&config, out).await.map(done),
            Command::Config { command: ConfigCommand::Show } => {
                if out.json { out.json(&config.without_secrets()) } else { out.text(&config.shown()?) }
                    .map(done)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
