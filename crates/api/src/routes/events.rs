//! Events: search by time and place.

use axum::extract::State;
use domain::{
    Action, CameraId, Event, EventId, EventRecord, Firing, ObjectClass, ReviewItemId, Sentence, Severity,
    StreamKind, TimeRange, Timestamp,
};
use index::{Columns, EventQuery};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::{Json, Query};
use crate::problem::{Answer, Code, Problem};
use crate::search::{EventFilter, encode_cursor, within};

/// The most columns in which events are counted.
const MOST_COLUMNS: u32 = 1000;
/// The longest column, in seconds: a year.
const LONGEST_COLUMN: u32 = 366 * 86_400;
const SEARCH: Right = Right::At(Action::Review, At::Somewhere);

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(SEARCH, routes!(list)))
        .routes(guarded(SEARCH, routes!(search)))
        .routes(guarded(SEARCH, routes!(count)))
        .routes(guarded(Right::At(Action::Review, At::Event), routes!(read)))
}

/// An event with the footage that shows it.
#[derive(Serialize, utoipa::ToSchema)]
struct EventAnswer {
    #[serde(flatten)]
    event: Event,
    /// The footage that shows it.
    footage: Footage,
}

/// Which footage shows an event.
#[derive(Serialize, utoipa::ToSchema)]
struct Footage {
    /// The stream that shows it best.
    stream: StreamKind,
    /// First moment to show: some time before the event.
    from: Timestamp,
    /// First moment after it.
    to: Timestamp,
}

impl From<EventRecord> for EventAnswer {
    fn from(record: EventRecord) -> Self {
        let EventRecord { event, stream, footage_from: from, footage_to: to, .. } = record;
        Self { event, footage: Footage { stream, from, to } }
    }
}

/// A page of events.
#[derive(Serialize, utoipa::ToSchema)]
struct EventPage {
    /// Newest first, by first moment.
    items: Vec<EventAnswer>,
    /// Give it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
    /// How many match in all; on the first page only. Null where `zone` or `direction` is given and there are more pages.
    total_estimate: Option<u64>,
    /// Whether they were counted, and not estimated; on the first page only.
    total_is_exact: Option<bool>,
}

/// Search events
///
/// Newest first, at places where the caller may review. Where `zone` or `direction` is given, a page may hold fewer events
/// than its limit, even none, and still have a `next_cursor`: so many were looked at for one answer. Nothing is left out.
#[utoipa::path(get, path = "/events", operation_id = "listEvents", tag = "events", params(EventFilter),
    responses((status = 200, body = EventPage)))]
async fn list(
    State(server): State<Server>,
    caller: Caller,
    Query(filter): Query<EventFilter>,
) -> Answer<axum::Json<EventPage>> {
    find(&server, &caller, &filter).await
}

/// Search events with a long filter
///
/// The same as `GET /events`, with the filter as a body: for areas with many corners.
#[utoipa::path(post, path = "/events/search", operation_id = "searchEvents", tag = "events",
    request_body = EventFilter, responses((status = 200, body = EventPage)))]
async fn search(
    State(server): State<Server>,
    caller: Caller,
    Json(filter): Json<EventFilter>,
) -> Answer<axum::Json<EventPage>> {
    find(&server, &caller, &filter).await
}

/// Which events to count, and by which times.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CountQuery {
    /// Which events: with `from` and `to`, without `zone` and `direction`, whose events only a search finds. `limit` and
    /// `cursor` say nothing here.
    filter: EventFilter,
    /// Where the first column begins: at `filter.from` or before.
    start: Timestamp,
    /// How long each column is, in seconds; up to `filter.to` there are 1000 at most.
    column_seconds: u32,
}

impl CountQuery {
    fn columns(&self, query: &EventQuery) -> Answer<Columns> {
        let length =
            Duration::from_secs(within("column_seconds", self.column_seconds, 1, LONGEST_COLUMN)?.into());
        let columns = Columns { start: self.start, length };
        let Some(TimeRange { from, to }) = query.range else { return Ok(columns) };
        if self.start > from {
            let detail = format!("start ({}) is after from ({from})", self.start);
            return Err(Problem::field("start", detail, "Begin the first column at from or before."));
        }
        if to.since(self.start) > length * MOST_COLUMNS {
            let detail = format!("more than {MOST_COLUMNS} columns lie between start and to");
            return Err(Problem::field("column_seconds", detail, "Give longer columns or a shorter time."));
        }
        Ok(columns)
    }
}

/// How many events there are.
#[derive(Serialize, utoipa::ToSchema)]
struct EventCounts {
    /// By time and class, where there are any. What was there before `from` counts at `from`.
    columns: Vec<ColumnCount>,
    /// By camera, where there are any.
    cameras: Vec<CameraCount>,
}

/// How many events of a class began in a column.
#[derive(Serialize, utoipa::ToSchema)]
struct ColumnCount {
    /// Where the column begins.
    from: Timestamp,
    class: ObjectClass,
    count: u64,
}

/// How many events a camera saw.
#[derive(Serialize, utoipa::ToSchema)]
struct CameraCount {
    camera_id: CameraId,
    count: u64,
}

/// Count events by time, class and camera
///
/// All that a search would find, counted at once; refused as `timed_out` where that would take many seconds.
#[utoipa::path(post, path = "/events/counts", operation_id = "countEvents", tag = "events",
    request_body = CountQuery, responses((status = 200, body = EventCounts)))]
async fn count(
    State(server): State<Server>,
    caller: Caller,
    Json(asked): Json<CountQuery>,
) -> Answer<axum::Json<EventCounts>> {
    let query = asked.filter.query(caller.visibility(Action::Review))?;
    let columns = asked.columns(&query)?;
    let counts = server.index.count_events(&query, columns).await?.ok_or_else(|| {
        Problem::new(Code::TimedOut, "there are more events than can be counted in some seconds")
            .remedy("Ask for a shorter time or fewer cameras.")
    })?;
    Ok(axum::Json(EventCounts {
        columns: (counts.columns.into_iter())
            .map(|(column, class, count)| ColumnCount {
                from: columns.start + columns.length * column,
                class,
                count,
            })
            .collect(),
        cameras: (counts.cameras.into_iter())
            .map(|(camera_id, count)| CameraCount { camera_id, count })
            .collect(),
    }))
}

async fn find(server: &Server, caller: &Caller, filter: &EventFilter) -> Answer<axum::Json<EventPage>> {
    let query = filter.query(caller.visibility(Action::Review))?;
    let deed = Deed {
        action: "event.search",
        target: String::new(),
        place: match query.places.as_slice() {
            [place] => Some(*place),
            _ => None,
        },
        detail: serde_json::json!(filter),
    };
    server.audit.look(caller, deed).await?;
    let page = server.index.search_events(&query).await?;
    Ok(axum::Json(EventPage {
        items: page.events.into_iter().map(Into::into).collect(),
        next_cursor: page.next.map(|next| encode_cursor(next.first_seen, next.id.0)),
        total_estimate: page.total.map(|total| total.count),
        total_is_exact: page.total.map(|total| total.exact),
    }))
}

/// An event with the rules that it met.
#[derive(Serialize, utoipa::ToSchema)]
struct EventDetail {
    #[serde(flatten)]
    event: EventAnswer,
    /// Why it was flagged; empty where it was not.
    flagged: Vec<Flagged>,
}

/// A rule that an event met.
#[derive(Serialize, utoipa::ToSchema)]
struct Flagged {
    /// When.
    at: Timestamp,
    /// The review item that it belongs to.
    item_id: ReviewItemId,
    /// The name of the rule.
    rule_name: String,
    /// How much it matters.
    severity: Severity,
    /// Why, in a sentence.
    why: Sentence,
}

impl From<Firing> for Flagged {
    fn from(firing: Firing) -> Self {
        let why = Sentence::of(&firing.rule, &firing.measured);
        let (rule_name, severity) = (firing.rule.spec.name.clone(), firing.rule.spec.severity);
        Self { at: firing.at, item_id: firing.item_id, rule_name, severity, why }
    }
}

/// Read an event
#[utoipa::path(get, path = "/events/{event_id}", operation_id = "readEvent", tag = "events",
    params(("event_id" = EventId, Path)), responses((status = 200, body = EventDetail)))]
async fn read(
    State(server): State<Server>,
    caller: Caller,
    Target(record): Target<EventRecord>,
) -> Answer<axum::Json<EventDetail>> {
    let deed = Deed {
        action: "event.view",
        target: format!("event/{}", record.event.id),
        place: Some(record.event.place_id),
        detail: serde_json::json!({"camera_id": record.event.camera_id}),
    };
    server.audit.look(&caller, deed).await?;
    let flagged = server.index.firings_of_event(record.event.id).await?;
    Ok(axum::Json(EventDetail {
        event: EventRecord::clone(&record).into(),
        flagged: flagged.into_iter().map(Into::into).collect(),
    }))
}
