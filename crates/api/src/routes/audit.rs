//! The audit log, to read.

use std::collections::HashSet;

use axum::extract::State;
use domain::{Action, PlaceId, Timestamp, UserId};
use index::{AuditCursor, AuditEntry, AuditQuery, Visibility};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::Server;
use crate::auth::caller::Caller;
use crate::auth::rights::{At, Right, guarded};
use crate::extract::Query;
use crate::problem::Answer;
use crate::search::{decode_place_in_list, encode_cursor, limit, range};

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default().routes(guarded(Right::At(Action::Audit, At::Somewhere), routes!(list)))
}

/// Which entries.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Done at this time or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Done before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Done by this account.
    user_id: Option<UserId>,
    /// This action; with a dot at the end, all that begin so.
    #[param(example = "camera.")]
    action: Option<String>,
    /// Done to this.
    #[param(example = "camera/0193b5a0-0000-7000-8000-000000000000")]
    target: Option<String>,
    /// Entries of a page, 1 to 1000; 100 if not given.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Something that somebody did.
#[derive(Serialize, utoipa::ToSchema)]
struct Entry {
    /// Identifier.
    id: Uuid,
    /// When.
    at: Timestamp,
    /// Which account; null where nobody was signed in.
    user_id: Option<UserId>,
    /// Its name at that time, or the one that was tried.
    username: String,
    /// What was done.
    #[schema(example = "clip.export")]
    action: String,
    /// To what; empty where there is no one thing.
    target: String,
    /// At which place.
    place_id: Option<PlaceId>,
    /// From which address.
    address: String,
    /// The particulars.
    detail: serde_json::Value,
}

impl From<AuditEntry> for Entry {
    fn from(AuditEntry { id, entry }: AuditEntry) -> Self {
        let index::NewAuditEntry { at, user_id, username, action, target, place_id, address, detail } = entry;
        Self { id, at, user_id, username, action, target, place_id, address, detail }
    }
}

/// A page of entries.
#[derive(Serialize, utoipa::ToSchema)]
struct Entries {
    /// Latest first. Who administers some places sees what was done there; a page may then hold fewer than `limit`.
    items: Vec<Entry>,
    /// Give it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

/// Read the audit log
#[utoipa::path(get, path = "/audit", operation_id = "listAudit", tag = "audit", params(Which),
    responses((status = 200, body = Entries)))]
async fn list(
    State(server): State<Server>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Answer<axum::Json<Entries>> {
    let query = AuditQuery {
        range: range(which.from, which.to)?,
        user_id: which.user_id,
        action: which.action,
        target: which.target,
        cursor: match which.cursor {
            Some(text) => Some(decode_place_in_list(&text).map(|(at, id)| AuditCursor { at, id })?),
            None => None,
        },
        limit: limit(which.limit, 100, 1_000)?,
    };
    let page = server.index.audit(&query).await?;
    let mut entries = page.entries;
    match caller.visibility(Action::Audit) {
        Visibility::All => {}
        Visibility::Nothing => entries.clear(),
        Visibility::Places(places) => {
            let below: HashSet<PlaceId> =
                server.index.place_descendants(&places).await?.into_iter().collect();
            entries.retain(|entry| entry.entry.place_id.is_some_and(|place| below.contains(&place)));
        }
    }
    Ok(axum::Json(Entries {
        items: entries.into_iter().map(Into::into).collect(),
        next_cursor: page.next.map(|next| encode_cursor(next.at, next.id)),
    }))
}
