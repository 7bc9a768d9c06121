//! Tokens of machines.

use axum::extract::State;
use axum::http::StatusCode;
use domain::{Action, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::session::session_of;
use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::Caller;
use crate::auth::rights::{Right, guarded, require_over};
use crate::auth::token;
use crate::extract::{Json, Path, Query, name};
use crate::problem::{Answer, Problem};

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(Right::SignedIn, routes!(list)))
        .routes(guarded(Right::SignedIn, routes!(create)))
        .routes(guarded(Right::SignedIn, routes!(revoke)))
}

/// A token, without its secret.
#[derive(Serialize, utoipa::ToSchema)]
struct TokenAnswer {
    /// Identifier.
    id: Uuid,
    /// In whose name it acts, with that account's roles.
    user_id: UserId,
    /// What it is for.
    name: String,
    /// When it was made.
    created_at: Timestamp,
    /// When it ends; never if absent.
    expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    last_used_at: Option<Timestamp>,
}

impl From<index::Token> for TokenAnswer {
    fn from(token: index::Token) -> Self {
        let index::Token { id, user_id, name, created_at, expires_at, last_used_at } = token;
        Self { id, user_id, name, created_at, expires_at, last_used_at }
    }
}

/// A fresh token.
#[derive(Serialize, utoipa::ToSchema)]
struct FreshToken {
    /// What is known of it.
    token: TokenAnswer,
    /// What to send as `Authorization: Bearer`. It is shown this once.
    secret: String,
}

/// Tokens.
#[derive(Serialize, utoipa::ToSchema)]
struct Tokens {
    /// Latest first.
    items: Vec<TokenAnswer>,
}

/// Whose tokens.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Whose {
    /// Another account, over which the caller manages people; the caller's own if not given.
    user_id: Option<UserId>,
}

/// List tokens
///
/// One's own, or those of an account that one manages.
#[utoipa::path(get, path = "/tokens", operation_id = "listTokens", tag = "tokens", params(Whose),
    responses((status = 200, body = Tokens)))]
async fn list(
    State(server): State<Server>,
    caller: Caller,
    Query(whose): Query<Whose>,
) -> Answer<axum::Json<Tokens>> {
    let user = whose.user_id.unwrap_or(caller.id());
    manage(&server, &caller, user).await?;
    let items = server.index.tokens(Some(user)).await?;
    Ok(axum::Json(Tokens { items: items.into_iter().map(Into::into).collect() }))
}

/// A token to make.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// What it is for.
    #[schema(example = "commune dashboard")]
    name: String,
    /// When it ends; never if absent.
    expires_at: Option<Timestamp>,
    /// Another account in whose name it acts; the caller's own if absent.
    user_id: Option<UserId>,
}

/// Make a token
///
/// It has the roles of its account. The secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/tokens", operation_id = "createToken", tag = "tokens", request_body = NewToken,
    responses((status = 201, body = FreshToken)))]
async fn create(
    State(server): State<Server>,
    caller: Caller,
    Json(new): Json<NewToken>,
) -> Answer<(StatusCode, axum::Json<FreshToken>)> {
    session_of(&caller)?;
    let user = new.user_id.unwrap_or(caller.id());
    manage(&server, &caller, user).await?;
    let name = name("name", &new.name, 100)?;
    let now = server.clock.now();
    if let Some(ends) = new.expires_at.filter(|ends| *ends <= now) {
        let detail = format!("expires_at ({ends}) has passed");
        return Err(Problem::field("expires_at", detail, "Give a time to come, or leave it out."));
    }
    let (secret, stored) = token::new_token();
    let made = server.index.create_token(&stored, user, &name, now, new.expires_at).await?;
    account(&server, &caller, "token.create", &made).await;
    Ok((
        StatusCode::CREATED,
        axum::Json(FreshToken { token: made.into(), secret: secret.reveal().to_owned() }),
    ))
}

/// Revoke a token
#[utoipa::path(delete, path = "/tokens/{token_id}", operation_id = "revokeToken", tag = "tokens",
    params(("token_id" = Uuid, Path)), responses((status = 204, description = "It no longer works.")))]
async fn revoke(
    State(server): State<Server>,
    caller: Caller,
    Path(id): Path<TokenPath>,
) -> Answer<StatusCode> {
    // Few tokens exist; what others have is looked at only by those who manage people.
    let of = (!caller.somewhere(Action::ManagePeople)).then(|| caller.id());
    let all = server.index.tokens(of).await?;
    let found = all.into_iter().find(|token| token.id == id.token_id);
    let found = found.ok_or_else(|| Problem::not_found("token"))?;
    manage(&server, &caller, found.user_id).await.map_err(|_| Problem::not_found("token"))?;
    server.index.remove_token(found.id, Some(found.user_id)).await?;
    account(&server, &caller, "token.revoke", &found).await;
    Ok(StatusCode::NO_CONTENT)
}

/// The path of a token.
#[derive(Deserialize)]
struct TokenPath {
    token_id: Uuid,
}

async fn manage(server: &Server, caller: &Caller, user: UserId) -> Answer<()> {
    if user == caller.id() {
        return Ok(());
    }
    let user = server.index.user(user).await?;
    require_over(server, caller, Action::ManagePeople, &user).await
}

async fn account(server: &Server, caller: &Caller, action: &'static str, token: &index::Token) {
    let detail =
        serde_json::json!({"name": token.name, "user_id": token.user_id, "expires_at": token.expires_at});
    let target = format!("token/{}", token.id);
    server.audit.change(caller, Deed { action, target, place: None, detail }).await;
}
