//! The webhook of a Zalo Official Account: what residents write becomes reports.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::{ChannelId, ChannelSettings, PlaceId, Secret};
use index::IndexError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::reports::{Told, take};
use crate::app::Server;
use crate::auth::rights::{Right, guarded};
use crate::extract::Path;
use crate::problem::{Answer, Code, Problem};
use crate::zalo::{self, BadCall};

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default().routes(guarded(Right::Open, routes!(receive)))
}

/// Take what residents write on Zalo
///
/// The webhook of a Zalo Official Account: give its address and have the channel know `oa_secret_key`. Texts, pictures and
/// places that residents send become reports at the channel's place; what one person sends within ten minutes is one item.
#[utoipa::path(post, path = "/channels/{channel_id}/zalo", operation_id = "receiveZalo", tag = "reports",
    params(("channel_id" = ChannelId, Path), ("X-ZEvent-Signature" = String, Header)), request_body = serde_json::Value,
    responses((status = 200, description = "It is taken, or is nothing that is taken.")))]
async fn receive(
    State(server): State<Server>,
    Path(channel): Path<ChannelId>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<StatusCode> {
    let refused = |reason: &'static str| {
        metrics::counter!("taimat_reports_refused_total", "reason" => reason).increment(1);
        tracing::warn!(%channel, reason, "a call of the Zalo webhook is left aside");
    };
    // A channel that is not there is answered as a wrong signature is: nobody learns which there are.
    let forged = || {
        Problem::new(Code::Forbidden, "the call is not signed by this channel's Official Account")
            .at("X-ZEvent-Signature")
            .remedy("Give the channel the secret key of the account's webhook as oa_secret_key.")
    };
    let Some((place_id, app_id, key)) = account(&server, channel).await? else {
        refused("unknown_channel");
        return Err(forged());
    };
    let signature = headers.get("x-zevent-signature").and_then(|signature| signature.to_str().ok());
    let letter = match zalo::read(&app_id, key.reveal(), signature.unwrap_or_default(), &body) {
        Ok(Some(letter)) => letter,
        // Zalo sends again what is not answered well.
        Ok(None) => return Ok(StatusCode::OK),
        Err(BadCall::Forged) => {
            refused("forged");
            return Err(forged());
        }
        Err(BadCall::Malformed) => {
            refused("malformed");
            return Err(Problem::new(Code::InvalidRequest, "the body is no event of Zalo's"));
        }
    };
    if server.residents.take(&letter.sender, server.clock.monotonic()).is_err() {
        refused("too_many");
        return Ok(StatusCode::OK);
    }
    // The account knows people by numbers; the last digits tell them apart for the officer.
    let digits: Vec<char> = letter.sender.chars().rev().take(4).collect();
    let told = Told {
        place_id,
        source: "zalo",
        external_id: Some(format!("{app_id}/{}", letter.message)),
        user_id: None,
        sender: format!("Người dân (Zalo …{})", digits.iter().rev().collect::<String>()),
        sender_id: Some(letter.sender),
        text: letter.text,
        point: letter.point,
        at: server.clock.now(),
    };
    take(&server, told).await?;
    Ok(StatusCode::OK)
}

/// The place, the application and the webhook's key of a Zalo channel that takes messages in.
async fn account(server: &Server, channel: ChannelId) -> Answer<Option<(PlaceId, String, Secret)>> {
    let found = match server.index.channel(channel).await {
        Err(IndexError::NotFound { .. }) => return Ok(None),
        found => found?,
    };
    let ChannelSettings::Zalo { app_id, .. } = found.spec.settings else { return Ok(None) };
    if !found.spec.enabled {
        return Ok(None);
    }
    let Some(sealed) = server.index.sealed_secrets(channel).await? else { return Ok(None) };
    let secrets = server.vault.unseal_secrets(channel, &sealed)?;
    Ok(secrets.get("oa_secret_key").map(|key| (found.place_id, app_id, key.clone())))
}
