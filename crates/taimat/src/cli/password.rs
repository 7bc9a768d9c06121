//! Passwords: typed without being shown, or piped in; never an argument, where other users of the machine read it.

use std::io::{BufRead, IsTerminal};

use anyhow::{Context, Result, bail};
use domain::Secret;

/// Reads a secret by its name.
pub(super) async fn read_named(name: &str) -> Result<Secret> {
    read_prompted(format!("{name}: ")).await
}

/// Reads a password away from the runtime's threads.
pub(super) async fn read(prompt: &'static str) -> Result<Secret> {
    read_prompted(prompt.to_owned()).await
}

async fn read_prompted(prompt: String) -> Result<Secret> {
    tokio::task::spawn_blocking(move || {
        let stdin = std::io::stdin();
        let password = if stdin.is_terminal() {
            rpassword::prompt_password(prompt)?
        } else {
            let mut line = String::new();
            stdin.lock().read_line(&mut line)?;
            line
        };
        let password = password.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            bail!("the password is empty: type it, or give it on standard input");
        }
        Ok(Secret::new(password))
    })
    .await?
    .context("no password")
}
