//! `taimat place`.

use anyhow::{Result, bail};
use clap::Subcommand;
use domain::{PlaceId, PlaceKind};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::output::{Output, cell, table};

/// What to do with places.
#[derive(Subcommand)]
pub(super) enum Command {
    /// List places; with a name, those that are or were called so.
    List {
        /// Part of a present or former name.
        #[arg(long)]
        name: Option<String>,
    },
    /// Add a place.
    Add {
        /// What it is called.
        name: String,
        /// province, commune, hamlet, group or site.
        #[arg(long)]
        kind: PlaceKind,
        /// The place that it is part of.
        #[arg(long)]
        parent: Option<PlaceId>,
        /// Where its middle is: LATITUDE,LONGITUDE.
        #[arg(long, allow_hyphen_values = true)]
        point: Option<String>,
    },
    /// Give a place another name; it is still found by the old one.
    Rename {
        /// Which place.
        place: PlaceId,
        /// What it is called from now on.
        name: String,
    },
    /// Make a place part of another.
    Move {
        /// Which place.
        place: PlaceId,
        /// What it is part of from now on.
        parent: PlaceId,
    },
    /// Merge a place into another: cameras move, and its footage stays findable under both names.
    Merge {
        /// The place that ends.
        place: PlaceId,
        /// The place that goes on.
        into: PlaceId,
    },
    /// Remove a place that holds nothing.
    Remove {
        /// Which place.
        place: PlaceId,
    },
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, client: &Client, out: Output) -> Result<()> {
        match self {
            Self::List { name } => {
                let query: Vec<_> = name.map(|name| ("q", name)).into_iter().collect();
                let places = client.get("places", &query).await?;
                out.either(&places, list)
            }
            Self::Add { name, kind, parent, point } => {
                let body = json!({
                    "name": name, "kind": kind, "parent_id": parent,
                    "point": point.as_deref().map(parse_point).transpose()?,
                });
                let place = client.change(Method::POST, "places", None, &body).await?;
                out.either(&place, |place| cell(place, "/id"))
            }
            Self::Rename { place, name } => change(client, out, place, &json!({ "name": name })).await,
            Self::Move { place, parent } => change(client, out, place, &json!({ "parent_id": parent })).await,
            Self::Merge { place, into } => {
                let path = format!("places/{place}/merge");
                let merged = client.change(Method::POST, &path, None, &json!({ "into": into })).await?;
                out.either(&merged, |_| format!("{place} is part of {into} now"))
            }
            Self::Remove { place } => {
                client.remove(&format!("places/{place}")).await?;
                out.either(&json!({ "removed": place }), |_| format!("{place} is removed"))
            }
        }
    }
}

async fn change(client: &Client, out: Output, place: PlaceId, body: &Value) -> Result<()> {
    let version = client.version(&format!("places/{place}")).await?;
    let changed = client.change(Method::PATCH, &format!("places/{place}"), Some(version), body).await?;
    out.either(&changed, |place| format!("{} is {}", cell(place, "/id"), cell(place, "/name")))
}

/// A point as the API takes it, from `LATITUDE,LONGITUDE`.
pub(super) fn parse_point(text: &str) -> Result<Value> {
    let parts: Vec<f64> = text.split(',').filter_map(|part| part.trim().parse().ok()).collect();
    match parts[..] {
        [latitude, longitude] if domain::GeoPoint::new(latitude, longitude).is_some() => {
            Ok(json!({ "latitude": latitude, "longitude": longitude }))
        }
        _ => bail!("{text} is no point: give LATITUDE,LONGITUDE in degrees, such as 16.4637,107.5909"),
    }
}

fn list(places: &Value) -> String {
    let mut rows = vec![["place", "kind", "name", "part of"].map(String::from).to_vec()];
    for place in places.get("items").and_then(Value::as_array).into_iter().flatten() {
        rows.push(["/id", "/kind", "/name", "/parent_id"].map(|pointer| cell(place, pointer)).to_vec());
    }
    table(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_checked() {
        assert!(parse_point("16.46, 107.59").is_ok());
        for wrong in ["", "16.46", "160,107", "a,b", "1,2,3"] {
            assert!(parse_point(wrong).is_err(), "{wrong}");
        }
    }
}
