//! Deliveries: what went out, what waits, and what a person has to see to.

use axum::extract::State;
use domain::{Action, Channel, ChannelId, Delivery, DeliveryId, DeliveryState, ReviewItemId, Timestamp};
use index::{DeliveryCursor, DeliveryQuery, IndexError};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::Query;
use crate::problem::{Answer, Code, Problem};
use crate::search::limit;

/// Deliveries of a page, where nothing else is asked, and at most.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 500;

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(Right::At(Action::ManageChannels, At::Somewhere), routes!(list)))
        .routes(guarded(Right::At(Action::ManageChannels, At::Delivery), routes!(read)))
        .routes(guarded(Right::At(Action::ManageChannels, At::Delivery), routes!(resend)))
}

/// Which deliveries: all that is given must hold.
#[derive(Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct DeliveryFilter {
    /// In this state; may be repeated.
    state: Vec<DeliveryState>,
    /// On this channel.
    channel: Option<ChannelId>,
    /// About this review item.
    item: Option<ReviewItemId>,
    /// Deliveries of a page, 1 to 500; 50 if not given.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of deliveries.
#[derive(Serialize, utoipa::ToSchema)]
struct Deliveries {
    /// Latest first.
    items: Vec<Delivery>,
    /// Give it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

/// List deliveries
#[utoipa::path(get, path = "/deliveries", operation_id = "listDeliveries", tag = "channels", params(DeliveryFilter),
    responses((status = 200, body = Deliveries)))]
async fn list(
    State(server): State<Server>,
    caller: Caller,
    Query(filter): Query<DeliveryFilter>,
) -> Answer<axum::Json<Deliveries>> {
    let query = DeliveryQuery {
        states: filter.state,
        channel: filter.channel,
        item: filter.item,
        visible: caller.visibility(Action::ManageChannels),
        cursor: filter.cursor.as_deref().map(decode).transpose()?,
        limit: limit(filter.limit, PAGE, LARGEST_PAGE)?,
    };
    let page = server.index.deliveries(&query).await?;
    Ok(axum::Json(Deliveries { items: page.items, next_cursor: page.next.map(encode) }))
}

/// Read a delivery
#[utoipa::path(get, path = "/deliveries/{delivery_id}", operation_id = "readDelivery", tag = "channels",
    params(("delivery_id" = DeliveryId, Path)), responses((status = 200, body = Delivery)))]
async fn read(Target(delivery): Target<Delivery>) -> axum::Json<Delivery> {
    axum::Json(Delivery::clone(&delivery))
}

/// Send a delivery again
///
/// One that was given up is tried anew, under the same key. Mend first what `last_error` says.
#[utoipa::path(post, path = "/deliveries/{delivery_id}/resend", operation_id = "resendDelivery", tag = "channels",
    params(("delivery_id" = DeliveryId, Path)), responses((status = 200, body = Delivery)))]
async fn resend(
    State(server): State<Server>,
    caller: Caller,
    Target(delivery): Target<Delivery>,
    Target(channel): Target<Channel>,
) -> Answer<axum::Json<Delivery>> {
    let delivery = server.index.resend_delivery(delivery.id).await.map_err(|error| match error {
        IndexError::Invalid { field, problem } => Problem::new(Code::Conflict, problem)
            .at(field)
            .remedy("Read the delivery again: it may be on its way already."),
        other => other.into(),
    })?;
    let deed = Deed {
        action: "delivery.resend",
        target: format!("delivery/{}", delivery.id),
        place: Some(channel.place_id),
        detail: serde_json::json!({ "channel_id": channel.id }),
    };
    server.audit.change(&caller, deed).await;
    Ok(axum::Json(delivery))
}

fn encode(cursor: DeliveryCursor) -> String {
    format!("{}.{}", cursor.created_at.as_micros(), cursor.id.0.simple())
}

fn decode(text: &str) -> Answer<DeliveryCursor> {
    let parts = text.split_once('.');
    let cursor = parts.and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    let (at, id) = cursor.ok_or_else(|| {
        Problem::field("cursor", "cursor is none that was given", "Leave it out to start anew.")
    })?;
    Ok(DeliveryCursor { created_at: Timestamp::from_micros(at), id })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let created_at = Timestamp::from_micros(1_795_000_000_123_456);
        let cursor = DeliveryCursor { created_at, id: DeliveryId::generate() };
        assert_eq!(decode(&encode(cursor)).unwrap(), cursor);
        for wrong in ["", "5", "5.x", "x.00000000000000000000000000000000"] {
            assert!(decode(wrong).is_err(), "{wrong}");
        }
    }
}
