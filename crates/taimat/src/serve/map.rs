//! The files that maps are drawn of, looked at when the server starts.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use api::ports::MapSettings;

use crate::config::Map;

/// How a PMTiles archive begins.
const PMTILES: &[u8; 7] = b"PMTiles";
/// The largest outline: every browser reads it whole.
const MOST_OUTLINE: u64 = 32 << 20;

/// The settings, less what cannot be used: a map that is missing must not keep cameras from being recorded.
pub(super) fn checked(map: &Map) -> MapSettings {
    let usable = |path: &Option<PathBuf>, key: &str, check: fn(&Path) -> io::Result<()>, remedy: &str| {
        let path = path.clone()?;
        match check(&path) {
            Ok(()) => Some(path),
            Err(error) => {
                tracing::error!("{} ([map] {key}) cannot be used: {error}. {remedy}", path.display());
                None
            }
        }
    };
    MapSettings {
        tiles: map.tiles.clone(),
        pmtiles: usable(
            &map.pmtiles,
            "pmtiles",
            check_pmtiles,
            "Give the path of a PMTiles archive that the server may read, or take the key out.",
        ),
        attribution: map.attribution.clone(),
        geojson: usable(
            &map.geojson,
            "geojson",
            check_geojson,
            "Give the path of a GeoJSON file of at most 32 MiB that the server may read, or take the key out.",
        ),
        max_zoom: map.max_zoom,
    }
}

/// What pages may load beside the server's own: the tiles of the operator's map.
pub(super) fn policy(map: &Map) -> web::Policy {
    let template = map.tiles.as_deref().map(|tiles| tiles.replace(['{', '}'], ""));
    let origin = template.and_then(|tiles| url::Url::parse(&tiles).ok()).map(|url| url.origin());
    let map_origins =
        origin.into_iter().filter(url::Origin::is_tuple).map(|origin| origin.ascii_serialization()).collect();
    web::Policy { map_origins }
}

fn check_pmtiles(path: &Path) -> io::Result<()> {
    let mut start = [0; PMTILES.len()];
    File::open(path)?.read_exact(&mut start)?;
    if start == *PMTILES { Ok(()) } else { Err(io::Error::other("it is no PMTiles archive")) }
}

fn check_geojson(path: &Path) -> io::Result<()> {
    let mut text = Vec::new();
    File::open(path)?.take(MOST_OUTLINE + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MOST_OUTLINE {
        return Err(io::Error::other("it is too large"));
    }
    let json: serde_json::Value = serde_json::from_slice(&text)?;
    match json.get("type").and_then(serde_json::Value::as_str) {
        Some("FeatureCollection") if json.get("features").is_some_and(serde_json::Value::is_array) => Ok(()),
        _ => Err(io::Error::other("it is no FeatureCollection of GeoJSON")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            Some(path)
        };
        let good = checked(&Map {
            pmtiles: file("a.pmtiles", b"PMTiles\x03..."),
            geojson: file("a.geojson", br#"{"type": "FeatureCollection", "features": []}"#),
            ..Map::default()
        });
        assert!(good.pmtiles.is_some() && good.geojson.is_some());
        let bad = checked(&Map {
            pmtiles: file("b.pmtiles", b"PK"),
            geojson: file("b.geojson", b"{\"type\": \"Topology\"}"),
            ..Map::default()
        });
        assert!(bad.pmtiles.is_none() && bad.geojson.is_none());
        let absent = checked(&Map { geojson: Some(folder.path().join("none")), ..Map::default() });
        assert!(absent.geojson.is_none());
    }

    #[test]
    fn the_tiles_of_the_map_are_let_in_and_nothing_else() {
        let with = |tiles: &str| Map { tiles: Some(tiles.to_owned()), ..Map::default() };
        let policy = policy(&with("https://tiles.example:8443/{z}/{x}/{y}.png"));
        assert_eq!(policy.map_origins, ["https://tiles.example:8443"]);
        assert!(super::policy(&with("/tiles/{z}/{x}/{y}.png")).map_origins.is_empty());
        assert!(super::policy(&with("data:{z}{x}{y}")).map_origins.is_empty());
    }

    #[test]
    fn the_map_of_the_demo_is_one() {
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/demo/map.geojson");
        check_geojson(&demo).unwrap();
    }
}
