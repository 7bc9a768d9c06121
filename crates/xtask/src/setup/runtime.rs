//! ONNX Runtime, from its Python wheel: Debian has none, and the wheel's library needs no Python.

use std::fs;

use anyhow::{Context, Result};

use super::{Setup, say};
use crate::command;

const REQUIREMENT: &str = "onnxruntime==1.32.0";
const WHEEL_SHA256: &str = "5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d";
const LIBRARY_SHA256: &str = "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f";

impl Setup<'_> {
    pub(super) fn install_runtime(&mut self) -> Result<()> {
        let library = self.layout.runtime();
        if self.stamps.holds(&library, LIBRARY_SHA256)? {
            say("ONNX Runtime: present");
            return Ok(());
        }
        say("ONNX Runtime 1.32.0: fetching it from PyPI (28 MB)");
        let wheel = self.fetch_wheel(REQUIREMENT, WHEEL_SHA256)?;
        let unpacked = self.layout.downloads().join("wheel");
        command::output(self.python().args(["-m", "zipfile", "--extract"]).arg(&wheel).arg(&unpacked))?;
        if let Some(folder) = library.parent() {
            fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
            fs::rename(unpacked.join("onnxruntime/LICENSE"), folder.join("LICENSE"))?;
        }
        fs::rename(unpacked.join("onnxruntime/capi/libonnxruntime.so.1.32.0"), &library)
            .with_context(|| format!("take the library out of {}", wheel.display()))?;
        self.stamps.verify(&library, LIBRARY_SHA256)?;
        self.drop_downloads()
    }
}
