//! The configuration: one TOML file, then environment variables over it.
//!
//! A variable is named after its key: `TAIMAT_SERVER_LISTEN` sets `listen` of `[server]`. Unknown keys are errors
//! that name the nearest known one. Cameras, places and people are not here: they live in the database.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use bells::Source;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Everything that can be set.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Config {
    /// The HTTP server.
    pub(crate) server: Server,
    /// Where things are kept.
    pub(crate) data: Data,
    /// Recording and how long footage is kept.
    pub(crate) recording: Recording,
    /// Analysis.
    pub(crate) vision: Vision,
    /// Video for browsers that cannot play what a camera sends.
    pub(crate) transcoding: Transcoding,
    /// What was flagged, and who looks at it.
    pub(crate) review: Review,
    /// The MQTT broker of alarm bells and sounders.
    pub(crate) mqtt: Mqtt,
    /// Warnings that go out.
    pub(crate) notify: Notify,
    /// PostgreSQL.
    pub(crate) database: Database,
}

/// `[server]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Server {
    /// Address and port to listen at.
    pub(crate) listen: SocketAddr,
    /// Whether browsers reach the server through HTTPS, so that cookies are marked secure.
    pub(crate) https: bool,
    /// Addresses of reverse proxies whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Vec<IpAddr>,
    /// Other sites, such as `https://portal.example`, whose pages may use the server.
    pub(crate) trusted_origins: Vec<String>,
}

/// `[data]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Data {
    /// Database, snapshots, exports of cases, keys and waiting rows.
    pub(crate) folder: PathBuf,
}

/// `[recording]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Recording {
    /// Where footage goes; beside the data where it is not given.
    pub(crate) folder: Option<PathBuf>,
    /// Footage older than this is removed.
    pub(crate) keep_days: u32,
    /// So much of the disk is left free; the oldest footage makes room.
    pub(crate) keep_free_gib: f64,
    /// All footage together takes no more than this; 0 for no limit.
    pub(crate) max_gib: f64,
    /// Files are forced to the disk this often.
    pub(crate) sync_seconds: f64,
}

/// `[vision]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Vision {
    /// Whether pictures are analysed at all.
    pub(crate) enabled: bool,
    /// The worker's program; beside this one where it is not given.
    pub(crate) worker: Option<PathBuf>,
    /// The detector: a manifest.
    pub(crate) model: PathBuf,
    /// Folder of model files that manifests name.
    pub(crate) models: Option<PathBuf>,
    /// The ONNX Runtime library.
    pub(crate) runtime: PathBuf,
    /// ONNX Runtime execution provider.
    pub(crate) provider: String,
    /// Threads of the detector.
    pub(crate) threads: usize,
    /// How often a camera is looked at while something happens.
    pub(crate) looks_per_second: f32,
}

/// `[transcoding]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Transcoding {
    /// Pieces of recordings that are transcoded at the same time; 0: none ever.
    pub(crate) at_once: usize,
    /// Streams that are transcoded as they come in at the same time; 0: none ever.
    pub(crate) live_at_once: usize,
    /// What is kept of transcoded pieces.
    pub(crate) cache_gib: f64,
}

/// `[review]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Review {
    /// An alarm that nobody looks at for so long goes to the place above; 0: never.
    pub(crate) escalate_alarm_minutes: f64,
    /// The same of an alert.
    pub(crate) escalate_alert_minutes: f64,
    /// Dismissals of the like of it after which a camera does not flag something any more; 0: never.
    pub(crate) quiet_after: u32,
}

/// `[mqtt]`
#[derive(Clone, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Mqtt {
    /// `mqtt://…`; without one, bells are heard and rung over HTTP only.
    pub(crate) broker: Option<String>,
    /// Which messages are about bells.
    pub(crate) sources: Vec<Source>,
}

impl std::fmt::Debug for Mqtt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let broker = self.broker.as_ref().map(|_| "***");
        f.debug_struct("Mqtt").field("broker", &broker).field("sources", &self.sources).finish()
    }
}

/// `[notify]`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Notify {
    /// Where people read on, with `{item}` in the place of the review item's identifier; none where it is not given.
    pub(crate) link: Option<String>,
}

/// `[database]`
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Database {
    /// `postgres://…`; without one, Taimat runs a private PostgreSQL in its data folder.
    pub(crate) url: Option<String>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("url", &self.url.as_ref().map(|_| "***")).finish()
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            https: false,
            trusted_proxies: Vec::new(),
            trusted_origins: Vec::new(),
        }
    }
}

impl Default for Data {
    fn default() -> Self {
        Self { folder: PathBuf::from("/var/lib/taimat") }
    }
}

impl Default for Recording {
    fn default() -> Self {
        Self { folder: None, keep_days: 60, keep_free_gib: 5.0, max_gib: 0.0, sync_seconds: 5.0 }
    }
}

impl Default for Vision {
    fn default() -> Self {
        Self {
            enabled: true,
            worker: None,
            model: PathBuf::from("/usr/share/taimat/models/nanodet-g-416-int8.toml"),
            models: None,
            runtime: PathBuf::from("/usr/lib/taimat/libonnxruntime.so"),
            provider: "cpu".to_owned(),
            threads: 1,
            looks_per_second: 5.0,
        }
    }
}

impl Default for Transcoding {
    fn default() -> Self {
        Self { at_once: 2, live_at_once: 2, cache_gib: 2.0 }
    }
}

impl Default for Review {
    fn default() -> Self {
        Self { escalate_alarm_minutes: 3.0, escalate_alert_minutes: 60.0, quiet_after: 3 }
    }
}

impl Default for Mqtt {
    fn default() -> Self {
        Self { broker: None, sources: vec![Source::zigbee2mqtt(), Source::tasmota_rf()] }
    }
}

impl Config {
    /// Reads the file, if one is named, and the environment over it.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self> {
        let text = match file {
            Some(path) => std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the configuration {}", path.display()))?,
            None => String::new(),
        };
        let origin = file.map_or_else(|| "the configuration".to_owned(), |path| path.display().to_string());
        Self::parse(&text, &origin, std::env::vars())
    }

    fn parse(text: &str, origin: &str, vars: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let mut table: toml::Table =
            toml::from_str(text).with_context(|| format!("{origin} is not valid TOML"))?;
        let known = known_keys()?;
        for (section, value) in &table {
            let Some((_, keys)) = known.iter().find(|(name, _)| name == section) else {
                bail!(
                    "{origin}: unknown section [{section}]{}",
                    nearest(section, known.iter().map(|k| &k.0))
                );
            };
            let Some(entries) = value.as_table() else {
                bail!("{origin}: {section} is a section: write [{section}] on a line of its own");
            };
            for key in entries.keys() {
                if !keys.contains(key) {
                    bail!("{origin}: unknown key {key} in [{section}]{}", nearest(key, keys.iter()));
                }
            }
        }
        for (name, value) in vars {
            for (section, keys) in &known {
                let prefix = format!("TAIMAT_{}_", section.to_uppercase());
                let Some(key) = name.strip_prefix(&prefix).map(str::to_lowercase) else { continue };
                if !keys.contains(&key) {
                    bail!("environment: unknown variable {name}{}", nearest(&key, keys.iter()));
                }
                let entries = table
                    .entry(section.clone())
                    .or_insert_with(|| toml::Value::Table(toml::Table::new()))
                    .as_table_mut()
                    .with_context(|| format!("{origin}: {section} is not a section"))?;
                entries.insert(key, from_environment(&value));
            }
        }
        let config: Self =
            table.try_into().with_context(|| format!("{origin} has a value of the wrong kind"))?;
        config.validate().with_context(|| format!("{origin} has a value that cannot work"))?;
        Ok(config)
    }

    fn validate(&self) -> Result<()> {
        let recording = &self.recording;
        for (key, value) in [
            ("recording.keep_free_gib", recording.keep_free_gib),
            ("recording.max_gib", recording.max_gib),
            ("recording.sync_seconds", recording.sync_seconds),
            ("transcoding.cache_gib", self.transcoding.cache_gib),
            ("review.escalate_alarm_minutes", self.review.escalate_alarm_minutes),
            ("review.escalate_alert_minutes", self.review.escalate_alert_minutes),
        ] {
            if !value.is_finite() || value < 0.0 {
                bail!("{key} is {value}: give a number of 0 or more");
            }
        }
        if recording.sync_seconds > 60.0 {
            bail!(
                "recording.sync_seconds is {}: at most 60, or a power cut costs too much",
                recording.sync_seconds
            );
        }
        if recording.keep_days == 0 {
            bail!("recording.keep_days is 0: give at least 1 day");
        }
        if !(0.2..=30.0).contains(&self.vision.looks_per_second) {
            bail!("vision.looks_per_second is {}: give 0.2 to 30", self.vision.looks_per_second);
        }
        let transcoding = &self.transcoding;
        for (key, value) in [
            ("transcoding.at_once", transcoding.at_once),
            ("transcoding.live_at_once", transcoding.live_at_once),
        ] {
            if value > 64 {
                bail!("{key} is {value}: give 0 to 64");
            }
        }
        if !(1..=64).contains(&self.vision.threads) {
            bail!("vision.threads is {}: give 1 to 64", self.vision.threads);
        }
        Ok(())
    }

    /// Where footage goes.
    pub(crate) fn recordings(&self) -> PathBuf {
        self.recording.folder.clone().unwrap_or_else(|| self.data.folder.join("recordings"))
    }

    /// The program that does all that needs a decoder.
    pub(crate) fn worker(&self) -> Result<PathBuf> {
        if let Some(worker) = &self.vision.worker {
            return Ok(worker.clone());
        }
        let own = std::env::current_exe().context("cannot tell where taimat is")?;
        Ok(own.with_file_name("taimat-vision"))
    }

    /// The configuration in force, with passwords left out.
    pub(crate) fn without_secrets(&self) -> Self {
        let mut shown = self.clone();
        shown.database.url = shown.database.url.map(|url| redacted(&url));
        shown.mqtt.broker = shown.mqtt.broker.map(|url| redacted(&url));
        shown
    }

    /// The same as TOML.
    pub(crate) fn shown(&self) -> Result<String> {
        Ok(toml::to_string_pretty(&self.without_secrets())?)
    }
}

fn redacted(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut url) => {
            if url.password().is_some() {
                let _ = url.set_password(Some("***"));
            }
            url.to_string()
        }
        Err(_) => "***".to_owned(),
    }
}

/// Section names with their keys, from the defaults themselves.
fn known_keys() -> Result<Vec<(String, Vec<String>)>> {
    let Value::Object(sections) = serde_json::to_value(Config::default())? else { return Ok(Vec::new()) };
    Ok(sections
        .into_iter()
        .map(|(section, keys)| {
            (section, keys.as_object().map(|keys| keys.keys().cloned().collect()).unwrap_or_default())
        })
        .collect())
}

fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a String>) -> String {
    known
        .map(|name| (strsim::jaro_winkler(given, name), name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, name)| format!("; the nearest known one is {name}"))
}

/// A variable's text as the TOML value it looks like: `8`, `true`, `["a"]`, or else a string.
fn from_environment(text: &str) -> toml::Value {
    toml::from_str::<toml::Table>(&format!("value = {text}"))
        .ok()
        .and_then(|mut table| table.remove("value"))
        .filter(|value| value.is_integer() || value.is_float() || value.is_bool() || value.is_array())
        .unwrap_or_else(|| toml::Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        format!("{:#}", Config::parse(text, "taimat.toml", []).unwrap_err())
    }

    #[test]
    fn unknown_keys_name_the_nearest_known_one() {
        assert!(error("[server]\nlisten_at = \"x\"").contains("nearest known one is listen"));
        assert!(error("[recoding]\n").contains("nearest known one is recording"));
    }

    #[test]
    fn wrong_values_name_the_key() {
        assert!(error("[recording]\nkeep_days = 0").contains("recording.keep_days"));
        assert!(error("[recording]\nkeep_days = \"x\"").contains("keep_days"));
        assert!(error("[vision]\nthreads = 0").contains("vision.threads"));
    }

    #[test]
    fn the_environment_overrides_the_file_and_is_checked() {
        let vars = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
        let config =
            Config::parse("[server]\nhttps = false", "t", vars("TAIMAT_SERVER_HTTPS", "true")).unwrap();
        assert!(config.server.https);
        let config = Config::parse("", "t", vars("TAIMAT_DATABASE_URL", "postgres://a:b@c/d")).unwrap();
        assert!(!config.shown().unwrap().contains(":b@"), "the password is not shown");
        let wrong = Config::parse("", "t", vars("TAIMAT_SERVER_LISTN", "x")).unwrap_err();
        assert!(wrong.to_string().contains("listen"));
    }

    #[test]
    fn the_example_file_is_valid_and_says_the_defaults() {
        let text = include_str!("../../../config/taimat.toml");
        let example = Config::parse(text, "config/taimat.toml", []).unwrap();
        let defaults = serde_json::to_value(Config::default()).unwrap();
        assert_eq!(serde_json::to_value(&example).unwrap(), defaults);
        for (section, keys) in known_keys().unwrap() {
            assert!(text.contains(&format!("[{section}]")));
            for key in keys {
                assert!(text.contains(&format!("{key} =")), "{section}.{key} is not explained");
            }
        }
    }
}
