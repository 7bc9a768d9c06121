//! Event search.

use std::time::Duration;

use domain::{CameraId, EventId, EventRecord, GeoPoint, ObjectClass, PlaceId, TimeRange, Timestamp};

use crate::{Index, Result};

/// What somebody may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Visibility {
    /// Everything.
    All,
    /// These places and what is below them. None of them: nothing.
    Places(Vec<PlaceId>),
    /// Nothing.
    #[default]
    Nothing,
}

/// Which events to find. Everything that is set must hold; an empty list does not restrict.
#[derive(Clone, Debug, Default)]
pub struct EventQuery {
    /// The object was there at some moment of this time.
    pub range: Option<TimeRange>,
    /// Seen by one of these cameras.
    pub cameras: Vec<CameraId>,
    /// Seen at one of these places or below, as the camera belonged then.
    pub places: Vec<PlaceId>,
    /// The camera stood within so many metres of the point.
    pub near: Option<(GeoPoint, f64)>,
    /// The camera stood inside this polygon: the outer ring first, then holes; each closed by its first point.
    pub polygon: Option<Vec<Vec<GeoPoint>>>,
    /// One of these classes.
    pub classes: Vec<ObjectClass>,
    /// Score at least this, 0 to 1.
    pub min_score: Option<f32>,
    /// `true` for what moved at some time, `false` for what stood still the whole time.
    pub moving: Option<bool>,
    /// There for at least so long.
    pub min_duration: Option<Duration>,
    /// What the asker may see.
    pub visible: Visibility,
    /// Go on after this event.
    pub cursor: Option<EventCursor>,
    /// Most events to return, 1 to 1000.
    pub limit: u32,
}

/// Where a page of events ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventCursor {
    /// First moment of the page's last event.
    pub first_seen: Timestamp,
    /// Its identifier.
    pub id: EventId,
}

/// How many there are in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// The number.
    pub count: u64,
    /// Whether it was counted; otherwise it is the planner's guess and at least what was counted.
    pub exact: bool,
}

/// Events, newest first by their first moment.
#[derive(Clone, Debug)]
pub struct EventPage {
    /// The events with their footage.
    pub events: Vec<EventRecord>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<EventCursor>,
    /// How many match in all, cursor aside; only on the first page (no cursor).
    pub total: Option<Total>,
}

impl Index {
    /// Finds events, newest first.
    pub async fn search_events(&self, query: &EventQuery) -> Result<EventPage> {
        todo!()
    }

    /// One event. The caller checks the right at `event.place_id`.
    pub async fn event(&self, id: EventId) -> Result<EventRecord> {
        todo!()
    }
}
