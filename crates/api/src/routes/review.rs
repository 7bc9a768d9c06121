//! Review: the queue of what was flagged, and what officers make of it.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{
    Action, DismissReason, Firing, LiveEvent, PlaceId, ReviewItem, ReviewItemId, ReviewState, ReviewStep,
    Sentence, Severity, Timestamp, UserId,
};
use index::{IndexError, NewStep, ReviewCursor, ReviewQuery, StepTaken};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::{Json, Query, tagged, version, written};
use crate::problem::{Answer, Code, Problem};
use crate::search::limit;

/// Items of a page, where nothing else is asked, and at most.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 500;
/// Firings that an answer lists.
const FIRINGS: u32 = 200;
/// Longest note.
const NOTE: usize = 2_000;

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(Right::At(Action::Review, At::Somewhere), routes!(list)))
        .routes(guarded(Right::At(Action::Review, At::ReviewItem), routes!(read)))
        .routes(guarded(Right::At(Action::Decide, At::ReviewItem), routes!(step)))
}

/// Which review items: all that is given must hold.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
#[derive(Default)]
struct QueueFilter {
    /// In this state; may be repeated. New, taken and escalated where none is given.
    state: Vec<ReviewState>,
    /// Of this severity; may be repeated.
    severity: Vec<Severity>,
    /// Assigned to this place or below; may be repeated.
    place: Vec<PlaceId>,
    /// What comes first among equally bad ones.
    #[param(inline)]
    order: Order,
    /// Items of a page, 1 to 500; 50 if not given.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// What comes first among equally bad items.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Order {
    /// Who waits longest: nothing is left lying.
    #[default]
    Oldest,
    /// What may still go on.
    Newest,
}

/// A page of the queue.
#[derive(Serialize, utoipa::ToSchema)]
struct Queue {
    /// The worst first, then in the order that was asked for.
    items: Vec<ReviewItem>,
    /// Give it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
    /// How many there are in each state, whatever state was asked for.
    counts: HashMap<ReviewState, u64>,
}

/// List review items
#[utoipa::path(get, path = "/review-items", operation_id = "listReviewItems", tag = "review", params(QueueFilter),
    responses((status = 200, body = Queue)))]
async fn list(
    State(server): State<Server>,
    caller: Caller,
    Query(filter): Query<QueueFilter>,
) -> Answer<axum::Json<Queue>> {
    let open = || ReviewState::ALL.iter().copied().filter(|state| state.is_open()).collect();
    let query = ReviewQuery {
        states: if filter.state.is_empty() { open() } else { filter.state },
        severities: filter.severity,
        places: filter.place,
        visible: caller.visibility(Action::Review),
        newest_first: filter.order == Order::Newest,
        cursor: filter.cursor.as_deref().map(decode).transpose()?,
        limit: limit(filter.limit, PAGE, LARGEST_PAGE)?,
    };
    let page = server.index.review_items(&query).await?;
    let counts = server.index.count_review_items(&ReviewQuery { states: Vec::new(), ..query }).await?;
    Ok(axum::Json(Queue { items: page.items, next_cursor: page.next.map(encode), counts }))
}

/// A review item with its whole story.
#[derive(Serialize, utoipa::ToSchema)]
struct ReviewItemAnswer {
    #[serde(flatten)]
    item: ReviewItem,
    /// Each time that its rule fired, in order of time; 200 at most.
    fired: Vec<FiringAnswer>,
    /// What was done with it, in order.
    steps: Vec<StepAnswer>,
}

/// One time that a rule fired.
#[derive(Serialize, utoipa::ToSchema)]
struct FiringAnswer {
    #[serde(flatten)]
    firing: Firing,
    /// Why, in a sentence.
    why: Sentence,
}

/// Something that was done with an item.
#[derive(Serialize, utoipa::ToSchema)]
struct StepAnswer {
    /// When.
    at: Timestamp,
    /// Who; null for the server itself, and where the account is gone.
    user_id: Option<UserId>,
    /// The name, as it was then.
    username: String,
    /// What was done.
    step: ReviewStep,
    /// The state that it led to.
    state: ReviewState,
    /// What was written down.
    note: Option<String>,
    /// Why it was dismissed.
    reason: Option<DismissReason>,
}

impl From<StepTaken> for StepAnswer {
    fn from(taken: StepTaken) -> Self {
        let StepTaken { at, user_id, username, step, state, note, reason } = taken;
        Self { at, user_id, username, step, state, note, reason }
    }
}

/// Read a review item
#[utoipa::path(get, path = "/review-items/{item_id}", operation_id = "readReviewItem", tag = "review",
    params(("item_id" = ReviewItemId, Path)), responses((status = 200, body = ReviewItemAnswer)))]
async fn read(
    State(server): State<Server>,
    caller: Caller,
    Target(item): Target<ReviewItem>,
) -> Answer<Response> {
    server.audit.look(&caller, deed("review.view", &item, serde_json::json!({}))).await?;
    let fired = server.index.firings(item.id, FIRINGS).await?;
    let fired = fired
        .into_iter()
        .map(|firing| FiringAnswer { why: Sentence::of(&firing.rule, &firing.measured), firing });
    let steps = server.index.review_steps(item.id).await?;
    let answer = ReviewItemAnswer {
        item: ReviewItem::clone(&item),
        fired: fired.collect(),
        steps: steps.into_iter().map(Into::into).collect(),
    };
    Ok(tagged(item.version, answer))
}

/// A step to take.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct StepToTake {
    /// The version that was read; or send `If-Match`.
    version: Option<i64>,
    /// What to do.
    step: ReviewStep,
    /// What to write down. Needed for a note, and where an item is dismissed without a reason or for another.
    note: Option<String>,
    /// Why an item is dismissed. All but `duplicate` and `other` teach its camera: after some such dismissals the like of
    /// it is not flagged there at that hour, unless by an alarm. `GET /cameras/{camera_id}/quiet` shows what was learnt.
    reason: Option<DismissReason>,
}

/// Take a step with a review item
///
/// Of two officers who act on the same item, the second is answered 409 with who was faster, and nothing is changed. Footage of
/// an item that is confirmed or escalated is held from removal until the hold is released.
#[utoipa::path(post, path = "/review-items/{item_id}/steps", operation_id = "takeReviewStep", tag = "review",
    params(("item_id" = ReviewItemId, Path)), request_body = StepToTake, responses((status = 200, body = ReviewItem)))]
async fn step(
    State(server): State<Server>,
    caller: Caller,
    Target(item): Target<ReviewItem>,
    headers: HeaderMap,
    Json(body): Json<StepToTake>,
) -> Answer<Response> {
    let version = version(&headers, body.version)?;
    let note = body.note.as_deref().map(note).transpose()?;
    if body.reason.is_some() && body.step != ReviewStep::Dismiss {
        let detail = format!("a reason is given where an item is dismissed, not with the step {}", body.step);
        return Err(Problem::field("reason", detail, "Leave it out, or write it as a note."));
    }
    let says_enough = body.reason.is_some_and(|reason| reason != DismissReason::Other);
    if note.is_none() && (body.step == ReviewStep::Note || (body.step == ReviewStep::Dismiss && !says_enough))
    {
        return Err(Problem::new(Code::MissingField, "note is missing").at("note").remedy(
            "Say why, or give a reason: the next officer, and the rule's keeper, will want to know.",
        ));
    }
    let new = NewStep {
        step: body.step,
        user_id: Some(caller.id()),
        username: caller.user.username.clone(),
        note: note.clone(),
        reason: body.reason,
    };
    match server.index.take_review_step(item.id, version, &new).await {
        Ok(item) => {
            let detail = serde_json::json!(
                {"step": body.step, "state": item.state, "note": note, "reason": body.reason});
            server.audit.change(&caller, deed("review.step", &item, detail)).await;
            if matches!(body.step, ReviewStep::Dismiss | ReviewStep::Reopen) {
                // What its camera has learnt may have changed.
                server.rules.rules_changed();
            }
            // Nobody may be watching.
            let _ = server.live.send(LiveEvent::ReviewItemChanged { item: Box::new(item.clone()) });
            Ok(tagged(item.version, item))
        }
        Err(IndexError::Conflict { .. }) => Err(faster(&server.index.review_item(item.id).await?)),
        Err(IndexError::Invalid { field, problem }) => Err(Problem::new(Code::Conflict, problem)
            .at(field)
            .remedy("Read the item again; reopen it first.")),
        Err(error) => Err(error.into()),
    }
}

/// What officers write down.
pub(super) fn note(text: &str) -> Answer<String> {
    written("note", text, NOTE)
}

/// Somebody else was faster.
fn faster(item: &ReviewItem) -> Problem {
    let by = match &item.officer {
        Some(officer) => format!("{} made it {} at {}", officer.username, item.state, officer.at),
        None => "its rule fired again, or a note was added".to_owned(),
    };
    Problem::new(Code::Conflict, format!("the item was changed in the meantime: {by}"))
        .at("version")
        .remedy("Read the item again before you act on it.")
}

fn deed(action: &'static str, item: &ReviewItem, detail: serde_json::Value) -> Deed {
    Deed { action, target: format!("review-item/{}", item.id), place: Some(item.place_id), detail }
}

fn encode(cursor: ReviewCursor) -> String {
    format!("{}.{}.{}", cursor.severity, cursor.first_at.as_micros(), cursor.id.0.simple())
}

fn decode(text: &str) -> Answer<ReviewCursor> {
    let mut parts = text.splitn(3, '.');
    let mut next = || parts.next().unwrap_or_default();
    let cursor =
        next().parse().ok().zip(next().parse().ok().map(Timestamp::from_micros)).zip(next().parse().ok());
    let ((severity, first_at), id) = cursor.ok_or_else(|| {
        Problem::field("cursor", "cursor is none that was given", "Leave it out to start anew.")
    })?;
    Ok(ReviewCursor { severity, first_at, id })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let cursor = ReviewCursor {
            severity: Severity::Alarm,
            first_at: Timestamp::from_micros(1_795_000_000_123_456),
            id: ReviewItemId::generate(),
        };
        assert_eq!(decode(&encode(cursor)).unwrap(), cursor);
        for wrong in
            ["", "alarm", "alarm.5", "alarm.5.x", "loud.5.0", "alarm.x.00000000000000000000000000000000"]
        {
            assert!(decode(wrong).is_err(), "{wrong}");
        }
    }
}
