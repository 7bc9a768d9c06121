//! `cargo xtask audit`: licences, sources and advisories of crates, packages, models and footage.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::command;
use crate::layout::{Layout, Profile};

const CARGO_DENY: &str = "0.20.2";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Do not fetch the advisory database: use the copy that is there, or leave advisories out.
    #[arg(long)]
    offline: bool,
}

/// What a model's manifest says about its origin.
#[derive(Deserialize)]
struct Origin {
    name: String,
    licence: String,
    source: String,
}

pub(crate) fn run(layout: &Layout, arguments: &Arguments) -> Result<()> {
    list_models(&layout.root.join("models"))?;
    list_footage();
    packages(layout)?;
    install_cargo_deny(layout)?;
    println!("\ncrates: licences, bans and sources (deny.toml)");
    let declared = deny(layout, &["licenses", "bans", "sources"], arguments.offline);
    println!("\ncrates: advisories");
    let known = advisories(layout, arguments.offline);
    declared.and(known)
}

fn advisories(layout: &Layout, offline: bool) -> Result<()> {
    // Fetching apart from checking tells a missing network from a vulnerable crate.
    if !offline && command::status(layout.cargo(Profile::Debug).args(["deny", "fetch", "db"]))?.success() {
        return deny(layout, &["advisories"], true);
    }
    if !offline {
        bail!(
            "advisories were NOT checked: the advisory database could not be fetched (see above); \
             try again with a network, or leave them out with --offline"
        );
    }
    if deny(layout, &["advisories"], true).is_err() {
        println!(
            "advisories: not clean, or no copy of the database on this machine (see above); not counted, being --offline"
        );
    }
    Ok(())
}

fn deny(layout: &Layout, checks: &[&str], offline: bool) -> Result<()> {
    let mut cargo = layout.cargo(Profile::Debug);
    cargo.args(["deny", "--workspace"]);
    if offline {
        cargo.arg("--offline");
    }
    command::run(cargo.args(["check", "--hide-inclusion-graph"]).args(checks))
}

fn install_cargo_deny(layout: &Layout) -> Result<()> {
    if command::output(layout.cargo(Profile::Debug).args(["deny", "--version"])).is_ok() {
        return Ok(());
    }
    println!("\naudit: installing cargo-deny {CARGO_DENY} (takes some minutes, once)");
    let package = format!("cargo-deny@{CARGO_DENY}");
    command::run(layout.cargo(Profile::Debug).args(["install", "--locked", "--quiet", &package]))
}

fn list_models(folder: &Path) -> Result<()> {
    println!("models (manifests):");
    let mut manifests = fs::read_dir(folder)
        .and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
        })
        .with_context(|| format!("list {}", folder.display()))?;
    manifests.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    manifests.sort();
    for path in manifests {
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let origin: Origin = toml::from_str(&text).with_context(|| format!("parse {}", path.display()))?;
        println!("  {:<20} {:<11} {}", origin.name, origin.licence, origin.source);
    }
    Ok(())
}

/// What set-up fetches for demo and tests. None of it is part of what is built or handed on.
fn list_footage() {
    println!("\nother things that set-up fetches, for this machine only:");
    for (name, licence, source) in [
        ("ONNX Runtime 1.32.0", "MIT", "PyPI onnxruntime; loaded at run time"),
        (
            "PETS 2009 S2.L1",
            "research",
            "Debian opencv-doc, vtest.avi; demo and tests only, not to be redistributed",
        ),
        ("junction clips", "GPL-3.0", "PyPI otvision 0.6.9, tests/data; demo and tests only"),
    ] {
        println!("  {name:<20} {licence:<11} {source}");
    }
}

/// Licences under which a part of the web application may be handed on in binary form.
const PACKAGE_LICENCES: [&str; 8] =
    ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "Unlicense"];

/// Checks the licences of the packages that the web application is made of; tools that only build it are left out.
fn packages(layout: &Layout) -> Result<()> {
    let path = layout.web().join("package-lock.json");
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let lock: Lock = serde_json::from_str(&text).with_context(|| format!("parse {}", path.display()))?;
    let handed_on = lock.packages.iter().filter(|(name, package)| !name.is_empty() && !package.dev);
    let (fit, unfit): (Vec<_>, Vec<_>) = handed_on.partition(|(_, package)| package.may_be_handed_on());
    println!("\nnpm packages of the web application: {} under fitting licences", fit.len());
    match unfit.first() {
        Some((name, package)) => bail!("{name} is under {:?}: is that fit to be handed on?", package.license),
        None => Ok(()),
    }
}

/// What npm's lock file says of packages.
#[derive(Deserialize)]
struct Lock {
    packages: BTreeMap<String, Package>,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    license: Option<String>,
    #[serde(default)]
    dev: bool,
}

impl Package {
    /// Whether its licence (an SPDX expression without nested brackets) is among those that fit.
    fn may_be_handed_on(&self) -> bool {
        let fits = |licence: &str| PACKAGE_LICENCES.contains(&licence.trim());
        self.license.as_deref().is_some_and(|expression| {
            let expression = expression.trim_matches(['(', ')']);
            expression.split(" OR ").any(|choice| choice.split(" AND ").all(fits))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_manifest_says_where_its_weights_come_from() {
        let layout = Layout::find().unwrap();
        list_models(&layout.root.join("models")).unwrap();
    }

    #[test]
    fn the_web_application_may_be_handed_on() {
        packages(&Layout::find().unwrap()).unwrap();
        let fits = |licence: Option<&str>| {
            Package { license: licence.map(str::to_owned), dev: false }.may_be_handed_on()
        };
        assert!(fits(Some("MIT")) && fits(Some("(GPL-3.0 OR MIT)")) && fits(Some("MIT AND ISC")));
        assert!(!fits(None) && !fits(Some("GPL-3.0")) && !fits(Some("MIT AND GPL-3.0")));
    }
}
