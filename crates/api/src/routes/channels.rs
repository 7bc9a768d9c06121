//! Channels on which warnings go out. Their secrets go in and never out.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono_tz::Tz;
use domain::{
    Action, Channel, ChannelId, ChannelSecrets, ChannelSettings, ChannelSpec, Delivery, Language, PlaceId,
    Routing,
};
use index::NewChannel;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::{Json, Query, Version, tagged, version};
use crate::problem::{Answer, Problem};

const SOMEWHERE: Right = Right::At(Action::ManageChannels, At::Somewhere);
const THIS: Right = Right::At(Action::ManageChannels, At::Channel);

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(SOMEWHERE, routes!(list)))
        .routes(guarded(SOMEWHERE, routes!(create)))
        .routes(guarded(THIS, routes!(read)))
        .routes(guarded(THIS, routes!(change)))
        .routes(guarded(THIS, routes!(remove)))
        .routes(guarded(THIS, routes!(test)))
}

/// Channels.
#[derive(Serialize, utoipa::ToSchema)]
struct Channels {
    /// By name.
    items: Vec<Channel>,
}

/// List channels
#[utoipa::path(get, path = "/channels", operation_id = "listChannels", tag = "channels",
    responses((status = 200, body = Channels)))]
async fn list(State(server): State<Server>, caller: Caller) -> Answer<axum::Json<Channels>> {
    let items = server.index.channels(&caller.visibility(Action::ManageChannels)).await?;
    Ok(axum::Json(Channels { items }))
}

/// A channel to add.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ChannelToAdd {
    /// The place whose channel it is: it is told of what happens there and below.
    place_id: PlaceId,
    /// What it is.
    channel: ChannelSpec,
    /// Its secrets, by name: `secret` of a webhook; `access_token`, `refresh_token`, `secret_key` and, to take messages in,
    /// `oa_secret_key` of Zalo; `token` of Telegram; `auth` and `vapid_key` of Web Push; `username` and `password` of
    /// e-mail and MQTT, where the server asks for them.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    credentials: ChannelSecrets,
}

/// Add a channel
///
/// Warnings go out on it from now on. Try it first: `POST /channels/{channel_id}/test`.
#[utoipa::path(post, path = "/channels", operation_id = "createChannel", tag = "channels",
    request_body = ChannelToAdd, responses((status = 201, body = Channel)))]
async fn create(
    State(server): State<Server>,
    caller: Caller,
    Json(new): Json<ChannelToAdd>,
) -> Answer<Response> {
    caller.require_place(&server.index, Action::ManageChannels, new.place_id, "place_id").await?;
    new.channel.check()?;
    new.channel.settings.check_secrets(&new.credentials)?;
    let id = ChannelId::generate();
    let sealed_secrets = seal(&server, id, &new.credentials)?;
    let new = NewChannel { id, place_id: new.place_id, spec: new.channel, sealed_secrets };
    let channel = server.index.create_channel(&new).await?;
    account(&server, &caller, "channel.create", &channel).await;
    Ok((StatusCode::CREATED, tagged(channel.version, channel)).into_response())
}

/// Read a channel
#[utoipa::path(get, path = "/channels/{channel_id}", operation_id = "readChannel", tag = "channels",
    params(("channel_id" = ChannelId, Path)), responses((status = 200, body = Channel)))]
async fn read(Target(channel): Target<Channel>) -> Response {
    tagged(channel.version, Channel::clone(&channel))
}

/// What to change of a channel; what is absent stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedChannel {
    /// The version that was read; or send `If-Match`.
    version: Option<i64>,
    /// What people call it.
    name: Option<String>,
    /// Where it leads: all of it. Another kind, or another address, needs the secrets anew.
    settings: Option<ChannelSettings>,
    /// What goes out on it, and when: all of it.
    routing: Option<Routing>,
    /// In which language.
    language: Option<Language>,
    /// The clock by which times are told.
    #[schema(value_type = Option<String>)]
    time_zone: Option<Tz>,
    /// Whether those who are written to may see pictures.
    allow_pictures: Option<bool>,
    /// Whether it is on.
    enabled: Option<bool>,
    /// Its secrets: all of them.
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    credentials: Option<ChannelSecrets>,
}

/// Change a channel
#[utoipa::path(patch, path = "/channels/{channel_id}", operation_id = "changeChannel", tag = "channels",
    params(("channel_id" = ChannelId, Path)), request_body = ChangedChannel,
    responses((status = 200, body = Channel)))]
async fn change(
    State(server): State<Server>,
    caller: Caller,
    Target(channel): Target<Channel>,
    headers: HeaderMap,
    Json(body): Json<ChangedChannel>,
) -> Answer<Response> {
    let version = version(&headers, body.version)?;
    let old = channel.spec.clone();
    let spec = ChannelSpec {
        name: body.name.unwrap_or(old.name),
        settings: body.settings.unwrap_or_else(|| old.settings.clone()),
        routing: body.routing.unwrap_or(old.routing),
        language: body.language.unwrap_or(old.language),
        time_zone: body.time_zone.unwrap_or(old.time_zone),
        allow_pictures: body.allow_pictures.unwrap_or(old.allow_pictures),
        enabled: body.enabled.unwrap_or(old.enabled),
    };
    spec.check()?;
    // Secrets are for whom they were given: whoever may turn the address must know them.
    if body.credentials.is_none() && channel.has_secrets && !spec.settings.leads_as(&old.settings) {
        return Err(Problem::field(
            "credentials",
            "the channel leads elsewhere now, and its stored secrets are not shown there",
            "Give the credentials together with the new settings.",
        ));
    }
    let sealed = match &body.credentials {
        Some(secrets) => {
            spec.settings.check_secrets(secrets)?;
            Some(seal(&server, channel.id, secrets)?)
        }
        None => None,
    };
    let channel = server.index.change_channel(channel.id, version, &spec, sealed).await?;
    account(&server, &caller, "channel.change", &channel).await;
    Ok(tagged(channel.version, channel))
}

/// Remove a channel
///
/// What waits to go out on it, and the list of what went out, go with it.
#[utoipa::path(delete, path = "/channels/{channel_id}", operation_id = "removeChannel", tag = "channels",
    params(("channel_id" = ChannelId, Path), Version), responses((status = 204, description = "It is gone.")))]
async fn remove(
    State(server): State<Server>,
    caller: Caller,
    Target(channel): Target<Channel>,
    headers: HeaderMap,
    Query(query): Query<Version>,
) -> Answer<StatusCode> {
    server.index.remove_channel(channel.id, query.read(&headers)?).await?;
    account(&server, &caller, "channel.remove", &channel).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Try a channel
///
/// Sends a message that says that the channel works. The answer is the delivery: read it again to see what became of it.
#[utoipa::path(post, path = "/channels/{channel_id}/test", operation_id = "testChannel", tag = "channels",
    params(("channel_id" = ChannelId, Path)), responses((status = 202, body = Delivery)))]
async fn test(
    State(server): State<Server>,
    caller: Caller,
    Target(channel): Target<Channel>,
) -> Answer<Response> {
    let delivery = server.index.enqueue_test(channel.id).await?;
    account(&server, &caller, "channel.test", &channel).await;
    Ok((StatusCode::ACCEPTED, axum::Json(delivery)).into_response())
}

fn seal(server: &Server, id: ChannelId, secrets: &ChannelSecrets) -> Answer<Option<Vec<u8>>> {
    if secrets.is_empty() {
        return Ok(None);
    }
    Ok(Some(server.vault.seal_secrets(id, secrets)?))
}

/// Accounts for a change. What a channel is holds no secrets.
async fn account(server: &Server, caller: &Caller, action: &'static str, channel: &Channel) {
    let deed = Deed {
        action,
        target: format!("channel/{}", channel.id),
        place: Some(channel.place_id),
        detail: serde_json::json!(channel.spec),
    };
    server.audit.change(caller, deed).await;
}
