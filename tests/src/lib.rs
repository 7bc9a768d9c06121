//! Support for the black-box tests and benches: starts the programs as a user would, and talks to them over HTTP,
//! RTSP and the command line only.

mod api;
mod camsim;
mod media;
mod mosquitto;
mod paths;
mod process;
mod server;
mod site;
mod watch;

pub use api::{Answer, Api, eventually};
pub use camsim::{Camsim, StreamCounts};
pub use media::{Probed, decode_errors, probe};
pub use mosquitto::{Device, Mosquitto};
pub use paths::{footage, program, setup};
pub use process::Program;
pub use server::{Server, Settings};
pub use site::{Clip, Stretch, stamp};
pub use watch::Watcher;

use anyhow::Context;
use serde_json::Value;

/// A member of a JSON value by its pointer (RFC 6901), as text.
pub fn text(value: &Value, pointer: &str) -> anyhow::Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).with_context(|| format!("no text at {pointer} of {value}"))
}

/// A member of a JSON value by its pointer, as a number.
pub fn number(value: &Value, pointer: &str) -> anyhow::Result<f64> {
    let found = value.pointer(pointer).and_then(Value::as_f64);
    found.with_context(|| format!("no number at {pointer} of {value}"))
}

/// A member of a JSON value by its pointer, as a list.
pub fn list(value: &Value, pointer: &str) -> anyhow::Result<Vec<Value>> {
    let found = value.pointer(pointer).and_then(Value::as_array);
    found.cloned().with_context(|| format!("no list at {pointer} of {value}"))
}
