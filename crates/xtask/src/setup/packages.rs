//! Debian packages.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::say;
use crate::command;

/// What Taimat is built from and runs with.
const PACKAGES: &[&str] = &[
    // pip and npm fetch over TLS.
    "ca-certificates",
    // The browser of the tests.
    "chromium",
    // ffmpeg-next generates its bindings from the headers.
    "clang",
    "libavcodec-dev",
    "libavformat-dev",
    "libavutil-dev",
    "libclang-dev",
    "libswscale-dev",
    "pkg-config",
    // Vietnamese letters in the browser.
    "fonts-noto-core",
    // The demo footage, and checking that clips play.
    "ffmpeg",
    // The simulated cameras.
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-rtsp",
    "libgstreamer-plugins-base1.0-dev",
    "libgstreamer1.0-dev",
    "libgstrtspserver-1.0-dev",
    // The broker of alarm bells, in the demo and the tests.
    "mosquitto",
    "mosquitto-clients",
    // The index; postgresql-15 has contrib (ltree) in it.
    "postgresql-15",
    "postgresql-15-postgis-3",
    "postgresql-client-15",
    // The virtual environment that converts the models.
    "python3-venv",
];

/// Debian starts a server of its own on port 5432 when PostgreSQL is installed; Taimat runs its own and needs none.
const CREATE_CLUSTER: &str = "/etc/postgresql-common/createcluster.conf";

/// Installs what is missing, or says how.
pub(super) fn install() -> Result<()> {
    let missing = missing()?;
    if missing.is_empty() {
        say("Debian packages: present");
        return Ok(());
    }
    let list = missing.iter().copied().collect::<Vec<_>>().join(" ");
    if !is_root()? {
        bail!(
            "these Debian packages are missing; install them as root and run set-up again:\n\n    \
             sudo apt-get update && sudo apt-get install --no-install-recommends {list}\n"
        );
    }
    say(&format!("Debian packages: installing {list} (takes some minutes)"));
    if missing.contains("postgresql-15") {
        prevent_main_cluster()?;
    }
    command::output(apt_get().arg("update"))?;
    command::output(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(&missing))?;
    Ok(())
}

/// apt-get that asks nothing, keeps configuration files, and waits for another apt to finish.
pub(super) fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(["--quiet=2", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"])
        .args(["-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"])
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

pub(super) fn is_root() -> Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let process = fs::metadata("/proc/self").context("look at /proc/self to see which user this is")?;
    Ok(process.uid() == 0)
}

fn missing() -> Result<BTreeSet<&'static str>> {
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat", "${Package} ${db:Status-Status}\n"]).args(PACKAGES);
    // It fails when a package is unknown, which is what we ask.
    let answer = query.output().map_err(|error| {
        anyhow::anyhow!(
            "dpkg-query cannot be run ({error}): set-up knows Debian 12 only; elsewhere install what these packages \
             have, then build with plain cargo: {}",
            PACKAGES.join(" ")
        )
    })?;
    let answer = String::from_utf8_lossy(&answer.stdout);
    let installed =
        answer.lines().filter_map(|line| line.strip_suffix(" installed")).collect::<BTreeSet<_>>();
    let mut missing =
        PACKAGES.iter().copied().filter(|package| !installed.contains(package)).collect::<BTreeSet<_>>();
    // Often installed from elsewhere, and Debian's own would clash with that.
    if !command::exists("curl") {
        missing.insert("curl");
    }
    Ok(missing)
}

fn prevent_main_cluster() -> Result<()> {
    let path = Path::new(CREATE_CLUSTER);
    if path.exists() {
        return Ok(());
    }
    say(&format!("PostgreSQL: {CREATE_CLUSTER} says to start no server of the machine's own"));
    fs::create_dir_all("/etc/postgresql-common")
        .and_then(|()| fs::write(path, "create_main_cluster = false\n"))
        .with_context(|| format!("write {CREATE_CLUSTER}"))
}
