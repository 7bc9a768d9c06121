//! Where things lie, and the environment variables that tell programs so.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// Which build of the programs to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

/// Absolute paths of the checkout.
pub(crate) struct Layout {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// What `setup` installs; ignored by git.
    pub(crate) setup: PathBuf,
    target: PathBuf,
}

impl Layout {
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .context("crates/xtask has no grandparent folder")?
            .to_path_buf();
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
        Ok(Self { setup: root.join(".setup"), root, target })
    }

    pub(crate) fn runtime(&self) -> PathBuf {
        self.setup.join("onnxruntime/libonnxruntime.so.1.32.0")
    }

    pub(crate) fn models(&self) -> PathBuf {
        self.setup.join("models")
    }

    pub(crate) fn footage(&self) -> PathBuf {
        self.setup.join("footage")
    }

    pub(crate) fn python(&self) -> PathBuf {
        self.setup.join("venv/bin/python")
    }

    /// Where Node.js and npm are installed.
    pub(crate) fn node_folder(&self) -> PathBuf {
        self.setup.join("node")
    }

    /// The sources of the web application.
    pub(crate) fn web(&self) -> PathBuf {
        self.root.join("crates/web/app")
    }

    /// The tests in a real browser.
    pub(crate) fn browser_tests(&self) -> PathBuf {
        self.root.join("tests/browser")
    }

    /// A file among what is built.
    pub(crate) fn built(&self, name: &str) -> PathBuf {
        self.target.join(name)
    }

    /// Archives on their way from a registry; emptied once unpacked.
    pub(crate) fn downloads(&self) -> PathBuf {
        self.setup.join("downloads")
    }

    /// Files taken from the archives, as published.
    pub(crate) fn sources(&self) -> PathBuf {
        self.setup.join("sources")
    }

    /// The folder of the built programs.
    pub(crate) fn programs(&self, profile: Profile) -> PathBuf {
        self.target.join(match profile {
            Profile::Debug => "debug",
            Profile::Release => "release",
        })
    }

    /// Cargo in the checkout, with the environment that builds, tests and benches share.
    pub(crate) fn cargo(&self, profile: Profile) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root);
        self.set_environment(&mut command, profile);
        command
    }

    /// npm in a folder with a `package.json`.
    pub(crate) fn npm(&self, folder: &Path) -> Command {
        let bin = self.node_folder().join("bin");
        let mut path = bin.clone().into_os_string();
        if let Some(others) = env::var_os("PATH") {
            path.push(":");
            path.push(others);
        }
        let mut command = Command::new(bin.join("node"));
        command
            .arg(self.node_folder().join("lib/node_modules/npm/bin/npm-cli.js"))
            .args(["--no-fund", "--no-audit", "--no-update-notifier"])
            .current_dir(folder)
            .env("PATH", path);
        command
    }

    /// Tells a program where the set-up and the other programs are.
    pub(crate) fn set_environment(&self, command: &mut Command, profile: Profile) {
        command
            .env("TAIMAT_SETUP_DIR", &self.setup)
            .env("TAIMAT_BIN_DIR", self.programs(profile))
            .env("TAIMAT_MODELS", self.models())
            .env("ORT_DYLIB_PATH", self.runtime());
    }
}
