//! Archives from package registries, each by its ordinary client, each with a known sha256.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{Setup, packages, stamps};
use crate::command;

impl Setup<'_> {
    /// A wheel from PyPI for CPython 3.11 on Linux, whatever the Python at hand.
    pub(super) fn fetch_wheel(&mut self, requirement: &str, sha256: &str) -> Result<PathBuf> {
        let folder = self.empty_downloads()?;
        command::output(
            self.pip("download")
                .args([
                    "--no-deps",
                    "--only-binary=:all:",
                    "--python-version",
                    "3.11",
                    "--implementation",
                    "cp",
                ])
                .args(["--abi", "cp311", "--platform", "manylinux_2_28_x86_64", "--dest"])
                .arg(&folder)
                .arg(requirement),
        )
        .with_context(|| format!("download {requirement} from PyPI"))?;
        verified(only_file(&folder)?, sha256)
    }

    /// A source archive from PyPI. Its build backend is in the environment, for pip insists on asking it.
    pub(super) fn fetch_sdist(&mut self, name: &str, version: &str, sha256: &str) -> Result<PathBuf> {
        let folder = self.empty_downloads()?;
        command::output(
            self.pip("download")
                .args(["--no-deps", "--no-build-isolation", "--no-binary", name, "--dest"])
                .arg(&folder)
                .arg(format!("{name}=={version}")),
        )
        .with_context(|| format!("download {name} {version} from PyPI"))?;
        verified(only_file(&folder)?, sha256)
    }

    /// A package from npm.
    pub(super) fn fetch_npm(&mut self, package: &str, sha256: &str) -> Result<PathBuf> {
        let folder = self.empty_downloads()?;
        command::output(
            self.layout
                .npm(&folder)
                .args(["pack", "--silent", "--pack-destination"])
                .arg(&folder)
                .arg(package),
        )
        .with_context(|| format!("download {package} from npm"))?;
        verified(only_file(&folder)?, sha256)
    }

    /// A Debian package, not installed. Its own content is checked by the caller, for its version moves with Debian.
    pub(super) fn fetch_deb(&mut self, package: &str) -> Result<PathBuf> {
        let folder = self.empty_downloads()?;
        // Without this, apt warns that its own user cannot write into our folder.
        let sandbox = ["-o", "APT::Sandbox::User=root"];
        let mut download = packages::apt_get();
        download.args(sandbox).args(["download", package]).current_dir(&folder);
        if let Err(error) = command::output(&mut download) {
            if !packages::is_root()? {
                return Err(error.context(format!("download {package}; `sudo apt-get update` may help")));
            }
            command::output(packages::apt_get().arg("update"))?;
            command::output(&mut download)?;
        }
        only_file(&folder)
    }

    /// Removes an archive that has been unpacked.
    pub(super) fn drop_downloads(&self) -> Result<()> {
        let folder = self.layout.downloads();
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("remove {}", folder.display()))
            }
            _ => Ok(()),
        }
    }

    fn empty_downloads(&self) -> Result<PathBuf> {
        self.drop_downloads()?;
        let folder = self.layout.downloads();
        fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        Ok(folder)
    }
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    match (entries.pop(), entries.is_empty()) {
        (Some(entry), true) => Ok(entry.path()),
        _ => bail!("expected one file in {}", folder.display()),
    }
}

fn verified(archive: PathBuf, sha256: &str) -> Result<PathBuf> {
    let actual = stamps::hash_file(&archive)?;
    if actual != sha256 {
        bail!("{} has sha256 {actual}, expected {sha256}: not used", archive.display());
    }
    Ok(archive)
}
