//! The web application: its packages, its types from the API's document, its checks and its build.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::command;
use crate::layout::{Layout, Profile};
use crate::setup::stamps::{hash_file, hash_recipe};

/// Checks everything, also what is written for the browser tests, then builds.
pub(crate) fn check(layout: &Layout, profile: Profile) -> Result<()> {
    let (folder, tests) = (layout.web(), layout.browser_tests());
    prepare(layout, profile)?;
    install(layout, &tests)?;
    for (folder, task) in [(&folder, "lint"), (&tests, "lint"), (&folder, "test")] {
        command::run(layout.npm(folder).args(["run", "--silent", task]))?;
    }
    bundle(layout)
}

/// Builds what is to be embedded, unless it is built already.
pub(crate) fn build(layout: &Layout, profile: Profile) -> Result<()> {
    prepare(layout, profile)?;
    bundle(layout)
}

/// Installs the packages that the lock file names, where they are not there already.
pub(crate) fn install(layout: &Layout, folder: &Path) -> Result<()> {
    let wanted = hash_file(&folder.join("package-lock.json"))?;
    let marker = folder.join("node_modules/.installed");
    if fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!("web: installing the packages of {}", folder.display());
    // The lock file has a hash of each package, and npm checks it.
    command::output(layout.npm(folder).args(["ci", "--ignore-scripts"]))?;
    fs::write(&marker, wanted).with_context(|| format!("write {}", marker.display()))
}

/// Packages and types.
fn prepare(layout: &Layout, profile: Profile) -> Result<()> {
    let folder = layout.web();
    install(layout, &folder)?;
    let mut cargo = layout.cargo(profile);
    cargo.args(["run", "--quiet", "--package", "api", "--example", "openapi"]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    let document = command::output(&mut cargo)?;
    let path = layout.built("openapi.json");
    fs::write(&path, document).with_context(|| format!("write {}", path.display()))?;
    command::output(layout.npm(&folder).args(["run", "--silent", "types", "--"]).arg(&path))?;
    Ok(())
}

fn bundle(layout: &Layout) -> Result<()> {
    let (folder, marker) = (layout.web(), layout.built("web.stamp"));
    let dist = layout.root.join("crates/web/dist");
    let recipe = sources(&folder)?;
    // What is embedded is compiled in: a build for nothing would compile the server for nothing.
    if dist.join("index.html").exists() && fs::read_to_string(&marker).is_ok_and(|made| made == recipe) {
        println!("web: built already");
        return Ok(());
    }
    let started = Instant::now();
    command::output(layout.npm(&folder).args(["run", "--silent", "build"]))?;
    println!("web: built ({:.1} s)", started.elapsed().as_secs_f64());
    fs::write(&marker, recipe).with_context(|| format!("write {}", marker.display()))
}

/// The digest of everything that the application is built from.
fn sources(folder: &Path) -> Result<String> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    let hashes = files
        .iter()
        .map(|file| Ok(format!("{} {}", file.display(), hash_file(file)?)))
        .collect::<Result<Vec<_>>>()?;
    Ok(hash_recipe(hashes.iter().map(String::as_bytes)))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push(entry.path());
        } else if entry.file_name() != "node_modules" {
            collect(&entry.path(), files)?;
        }
    }
    Ok(())
}
