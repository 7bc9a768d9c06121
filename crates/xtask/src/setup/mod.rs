//! `cargo xtask setup`: installs what the machine lacks and says what it does.
//!
//! Every step first looks whether its result is there (packages by dpkg, files by [`stamps`]), so a second run takes
//! well under a second and needs no network.

mod download;
mod footage;
mod models;
mod node;
mod packages;
mod python;
mod runtime;
pub(crate) mod stamps;

use std::fs::{self, File};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::layout::Layout;
use stamps::Stamps;

/// What the steps work with.
struct Setup<'a> {
    layout: &'a Layout,
    stamps: Stamps,
}

pub(crate) fn run(layout: &Layout) -> Result<()> {
    let started = Instant::now();
    fs::create_dir_all(&layout.setup).with_context(|| format!("create {}", layout.setup.display()))?;
    let lock_path = layout.setup.join("lock");
    let lock = File::create(&lock_path).with_context(|| format!("create {}", lock_path.display()))?;
    if lock.try_lock().is_err() {
        println!("setup: waiting for another set-up of this checkout");
        lock.lock().with_context(|| format!("lock {}", lock_path.display()))?;
    }
    let mut setup = Setup { layout, stamps: Stamps::load(layout.setup.join("stamps.json"), &layout.setup)? };
    packages::install()?;
    setup.install_python()?;
    setup.install_node()?;
    setup.install_runtime()?;
    setup.fetch_footage_sources()?;
    setup.install_models()?;
    setup.make_footage()?;
    println!("setup: complete ({:.1} s)", started.elapsed().as_secs_f64());
    Ok(())
}

/// Announces a step that has work to do.
fn say(what: &str) {
    println!("setup: {what}");
}
