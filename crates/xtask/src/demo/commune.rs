//! The example commune: places and cameras from the file that the simulated cameras were started with.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use super::cameras::Address;
use super::client::{Client, text};

/// The place above the communes of the file.
const PROVINCE: &str = "Thành phố Huế";
/// Kinds of places, from the top.
const KINDS: [&str; 4] = ["province", "commune", "hamlet", "group"];

/// A camera of the file: what the demo needs of it.
#[derive(Deserialize)]
pub(super) struct CameraEntry {
    name: String,
    title: Option<String>,
    /// From the commune down.
    #[serde(default)]
    place: Vec<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    bearing: Option<f64>,
    username: Option<String>,
    password: Option<String>,
}

/// A camera as the server knows it.
pub(super) struct Camera {
    pub(super) id: String,
    /// What the simulation calls it.
    pub(super) name: String,
    pub(super) title: String,
}

/// What was created.
pub(super) struct Commune {
    /// Places by their path, top first; names joined by " › ".
    pub(super) places: Vec<(String, String)>,
    /// In the order of the file.
    pub(super) cameras: Vec<Camera>,
    /// Where the first camera with a point stands: latitude, longitude.
    pub(super) middle: Option<(f64, f64)>,
}

pub(super) fn read(path: &Path) -> Result<Vec<CameraEntry>> {
    #[derive(Deserialize)]
    struct File {
        camera: Vec<CameraEntry>,
    }
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let file: File = toml::from_str(&text).with_context(|| format!("parse {}", path.display()))?;
    Ok(file.camera)
}

impl Commune {
    /// Creates the places, then the cameras, all at once: each is tried by the server for some seconds.
    pub(super) fn create(client: &Client, entries: &[CameraEntry], addresses: &[Address]) -> Result<Self> {
        let mut places = Places { client, ids: HashMap::new(), created: Vec::new() };
        let bodies = entries
            .iter()
            .map(|entry| {
                let address = addresses.iter().find(|address| address.name == entry.name);
                let address = address.with_context(|| format!("camera {} is not running", entry.name))?;
                Ok(entry.body(&places.find_or_create(&entry.place)?, address))
            })
            .collect::<Result<Vec<_>>>()?;
        let created = thread::scope(|scope| {
            let threads =
                bodies.iter().map(|body| scope.spawn(|| client.post("/cameras", body))).collect::<Vec<_>>();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|_| anyhow::bail!("a thread panicked")))
                .collect::<Vec<_>>()
        });
        let mut cameras = Vec::new();
        for (entry, created) in entries.iter().zip(created) {
            let created = created.with_context(|| format!("add camera {}", entry.name))?;
            cameras.push(Camera {
                name: entry.name.clone(),
                id: text(&created, "/camera/id")?.to_owned(),
                title: entry.title().to_owned(),
            });
        }
        let middle = entries.iter().find_map(|entry| entry.latitude.zip(entry.longitude));
        Ok(Self { places: places.created, cameras, middle })
    }
}

/// What the demo flags: people wherever they appear, and those who cross the middle of the picture.
const RULES: [(&str, &str, &str); 2] = [
    ("Có người", "notice", r#"{"type": "appears"}"#),
    (
        "Người qua vạch giữa",
        "alert",
        r#"{"type": "crosses", "line": {"name": "Vạch giữa", "from": [0.5, 0.0], "to": [0.5, 1.0]}}"#,
    ),
];

impl Commune {
    /// Adds rules to the province.
    pub(super) fn add_rules(&self, client: &Client) -> Result<()> {
        let (_, province) = self.places.first().context("no place was created")?;
        for (name, severity, condition) in RULES {
            let condition: Value = serde_json::from_str(condition).context("a rule of the demo")?;
            let rule = json!({ "name": name, "severity": severity, "classes": ["person"],
                "cool_down_seconds": 5, "condition": condition });
            client.post("/rules", &json!({ "place_id": province, "rule": rule }))?;
        }
        Ok(())
    }
}

impl CameraEntry {
    fn title(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    fn body(&self, place: &str, address: &Address) -> Value {
        let mut body = json!({ "name": self.title(), "place_id": place, "main_url": address.main });
        if let Some(body) = body.as_object_mut() {
            let mut set =
                |key: &str, value: Option<Value>| body.extend(value.map(|value| (key.to_owned(), value)));
            set("sub_url", address.sub.as_deref().map(Value::from));
            set("bearing", self.bearing.map(Value::from));
            let point = self.latitude.zip(self.longitude);
            set(
                "point",
                point.map(|(latitude, longitude)| json!({ "latitude": latitude, "longitude": longitude })),
            );
            let credentials = self.username.as_ref().zip(self.password.as_ref());
            set("credentials", credentials.map(|(name, word)| json!({ "username": name, "password": word })));
        }
        body
    }
}

/// The place tree as it grows.
struct Places<'a> {
    client: &'a Client,
    ids: HashMap<String, String>,
    created: Vec<(String, String)>,
}

impl Places<'_> {
    /// The place with these names from the commune down, made with all above it where it is new.
    fn find_or_create(&mut self, names: &[String]) -> Result<String> {
        let mut path = String::new();
        let mut parent: Option<String> = None;
        for (name, kind) in [PROVINCE].into_iter().chain(names.iter().map(String::as_str)).zip(KINDS) {
            if !path.is_empty() {
                path.push_str(" › ");
            }
            path.push_str(name);
            let id = if let Some(id) = self.ids.get(&path) {
                id.clone()
            } else {
                let body = json!({ "name": name, "kind": kind, "parent_id": parent });
                let id = text(&self.client.post("/places", &body)?, "/id")?.to_owned();
                self.ids.insert(path.clone(), id.clone());
                self.created.push((path.clone(), id.clone()));
                id
            };
            parent = Some(id);
        }
        parent.context("a camera without a place")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::layout::Layout;

    #[test]
    fn the_cameras_of_the_demo_can_be_registered() {
        let layout = Layout::find().unwrap();
        let entries = read(&layout.root.join("config/demo/cameras.toml")).unwrap();
        let names = entries.iter().map(|entry| &entry.name).collect::<HashSet<_>>();
        assert_eq!(names.len(), entries.len(), "each camera has a name of its own");
        for entry in &entries {
            assert!((1..KINDS.len()).contains(&entry.place.len()), "{} is at {:?}", entry.name, entry.place);
            let address = Address { name: entry.name.clone(), main: "rtsp://host/main".into(), sub: None };
            let body = entry.body("place", &address);
            assert_eq!(body["main_url"], "rtsp://host/main");
            assert!(body["point"]["latitude"].is_number(), "{} has no point to search by", entry.name);
            assert!(body.get("sub_url").is_none());
            assert_eq!(body["credentials"]["username"].as_str(), entry.username.as_deref());
        }
    }
}
