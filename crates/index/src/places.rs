//! The place tree. Renaming, moving and merging never lose or hide old footage.

use domain::{GeoPoint, Place, PlaceId, PlaceKind};

use crate::{Index, Result, Visibility};

/// A place to add.
#[derive(Clone, Debug)]
pub struct NewPlace {
    /// The place that it is part of; `None` for a root.
    pub parent_id: Option<PlaceId>,
    /// What kind of place.
    pub kind: PlaceKind,
    /// What it is called.
    pub name: String,
    /// Where its middle is.
    pub point: Option<GeoPoint>,
}

/// What to change of a place; `None` leaves it. A new name keeps the old one among the former names.
#[derive(Clone, Debug, Default)]
pub struct PlaceChange {
    /// What it is to be called.
    pub name: Option<String>,
    /// What kind of place.
    pub kind: Option<PlaceKind>,
    /// Where its middle is; `Some(None)` to forget it.
    pub point: Option<Option<GeoPoint>>,
    /// Where to move it, with everything below it; `Some(None)` to make it a root.
    pub parent_id: Option<Option<PlaceId>>,
}

impl Index {
    /// Adds a place. `Invalid` where the parent does not exist or was merged away.
    pub async fn create_place(&self, new: NewPlace) -> Result<Place> {
        todo!()
    }

    /// One place.
    pub async fn place(&self, id: PlaceId) -> Result<Place> {
        todo!()
    }

    /// Every place that may be seen, parents before children, siblings by name.
    pub async fn places(&self, visible: &Visibility) -> Result<Vec<Place>> {
        todo!()
    }

    /// Places whose present or former name contains the text, whatever its case and diacritics.
    pub async fn find_places(&self, text: &str, visible: &Visibility) -> Result<Vec<Place>> {
        todo!()
    }

    /// The places given and every place below them.
    pub async fn place_descendants(&self, roots: &[PlaceId]) -> Result<Vec<PlaceId>> {
        todo!()
    }

    /// The place and every place above it, nearest first: where a role must be held to count here.
    pub async fn place_ancestors(&self, id: PlaceId) -> Result<Vec<PlaceId>> {
        todo!()
    }

    /// Renames, moves or describes a place anew. `Conflict` unless it has `version`.
    pub async fn change_place(&self, id: PlaceId, version: i64, change: PlaceChange) -> Result<Place> {
        todo!()
    }

    /// Merges a place into another: its cameras and children move to `into`, and it stays below `into`
    /// as a retired place that keeps its events and its names. Returns the retired place.
    pub async fn merge_place(&self, id: PlaceId, version: i64, into: PlaceId) -> Result<Place> {
        todo!()
    }

    /// Removes a place. `InUse` while it has children, cameras or events.
    pub async fn remove_place(&self, id: PlaceId, version: i64) -> Result<()> {
        todo!()
    }
}
