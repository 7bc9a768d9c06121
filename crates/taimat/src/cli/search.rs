//! `taimat search`.

use anyhow::{Context, Result};
use clap::Args;
use domain::{CameraId, EventId, ObjectClass, PlaceId, Timestamp};
use serde_json::{Value, json};

use super::client::Client;
use super::output::{Output, cell, table};

/// What to look for. All conditions must hold.
#[derive(Args)]
#[group(id = "search_arguments")]
pub(super) struct Search {
    /// From this time on, with a zone: 2026-11-23T14:00:00+07:00.
    #[arg(long)]
    from: Option<Timestamp>,
    /// Before this time.
    #[arg(long)]
    to: Option<Timestamp>,
    /// At this camera; may be given more than once.
    #[arg(long)]
    camera: Vec<CameraId>,
    /// At this place or below it; may be given more than once.
    #[arg(long)]
    place: Vec<PlaceId>,
    /// Around this point: LATITUDE,LONGITUDE.
    #[arg(long, requires = "radius", allow_hyphen_values = true)]
    near: Option<String>,
    /// Within so many metres of the point.
    #[arg(long, requires = "near")]
    radius: Option<f64>,
    /// person, bicycle, motorcycle, car, bus or truck; may be given more than once.
    #[arg(long)]
    class: Vec<ObjectClass>,
    /// At least so sure, 0 to 1.
    #[arg(long)]
    min_score: Option<f32>,
    /// Only what moved (true) or stood still (false).
    #[arg(long)]
    moving: Option<bool>,
    /// At least so many seconds long.
    #[arg(long)]
    min_duration: Option<f64>,
    /// At most so many events.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Only this event, with all that is known of it.
    #[arg(long, exclusive = true)]
    event: Option<EventId>,
}

impl Search {
    /// Searches and prints.
    pub(super) async fn run(self, client: &Client, out: Output) -> Result<()> {
        if let Some(event) = self.event {
            return out.json(&client.get(&format!("events/{event}"), &[]).await?);
        }
        let mut items = Vec::new();
        let mut query = self.query()?;
        let mut total = Value::Null;
        while items.len() < self.limit {
            let page = client.get("events", &query).await?;
            if total.is_null() {
                total = page.get("total_estimate").cloned().unwrap_or_default();
            }
            items.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
            let Some(cursor) = page.get("next_cursor").and_then(Value::as_str) else { break };
            query.retain(|(name, _)| *name != "cursor");
            query.push(("cursor", cursor.to_owned()));
        }
        items.truncate(self.limit);
        out.either(&json!({ "items": items, "total_estimate": total }), text)
    }

    fn query(&self) -> Result<Vec<(&'static str, String)>> {
        let mut query = vec![("limit", self.limit.clamp(1, 200).to_string())];
        let mut add = |name, value: Option<String>| query.extend(value.map(|value| (name, value)));
        add("from", self.from.map(|at| at.to_string()));
        add("to", self.to.map(|at| at.to_string()));
        add("min_score", self.min_score.map(|score| score.to_string()));
        add("moving", self.moving.map(|moving| moving.to_string()));
        add("min_duration", self.min_duration.map(|seconds| seconds.to_string()));
        add("radius", self.radius.map(|metres| metres.to_string()));
        if let Some(near) = &self.near {
            let (latitude, longitude) =
                near.split_once(',').with_context(|| format!("--near {near}: give LATITUDE,LONGITUDE"))?;
            add("lat", Some(latitude.trim().to_owned()));
            add("lon", Some(longitude.trim().to_owned()));
        }
        query.extend(self.camera.iter().map(|id| ("camera", id.to_string())));
        query.extend(self.place.iter().map(|id| ("place", id.to_string())));
        query.extend(self.class.iter().map(|class| ("class", class.to_string())));
        Ok(query)
    }
}

fn text(found: &Value) -> String {
    let events = found.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut rows =
        vec![["first seen", "last seen", "class", "score", "camera", "event"].map(String::from).to_vec()];
    rows.extend(events.iter().map(|event| {
        ["/first_seen", "/last_seen", "/class", "/score", "/camera_id", "/id"]
            .map(|pointer| cell(event, pointer))
            .to_vec()
    }));
    format!("{}\n{} shown, about {} in all", table(&rows), events.len(), cell(found, "/total_estimate"))
}
