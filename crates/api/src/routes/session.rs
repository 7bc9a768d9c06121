//! Signing in and out.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Action, PlaceId, Secret, Timestamp};
use index::{UserChange, Visibility};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::users::UserAnswer;
use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::{Caller, Credential};
use crate::auth::rate::neighbourhood;
use crate::auth::rights::{Right, guarded};
use crate::auth::{password, session, token};
use crate::extract::Json;
use crate::problem::{Answer, Code, Problem};

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(Right::Open, routes!(sign_in)))
        .routes(guarded(Right::SignedIn, routes!(who_am_i)))
        .routes(guarded(Right::SignedIn, routes!(sign_out)))
        .routes(guarded(Right::SignedIn, routes!(change_password)))
}

/// What is typed to sign in.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    /// User name; its case does not matter.
    #[schema(example = "lan")]
    username: String,
    /// Password.
    password: Secret,
}

/// Who is signed in, and what they may do.
#[derive(Serialize, utoipa::ToSchema)]
struct SessionAnswer {
    /// The account.
    user: UserAnswer,
    /// What it may do, and where.
    rights: Vec<Allowed>,
    /// When the session or token ends, if it is not used.
    expires_at: Option<Timestamp>,
}

/// An action and where it is allowed.
#[derive(Serialize, utoipa::ToSchema)]
struct Allowed {
    /// What may be done.
    action: Action,
    /// Whether it may be done everywhere.
    everywhere: bool,
    /// Otherwise: at these places and below.
    places: Vec<PlaceId>,
}

impl SessionAnswer {
    fn new(caller: &Caller, expires_at: Option<Timestamp>) -> Self {
        let rights = Action::ALL.into_iter().filter_map(|action| {
            let (everywhere, places) = match caller.visibility(action) {
                Visibility::All => (true, Vec::new()),
                Visibility::Places(places) => (false, places),
                Visibility::Nothing => return None,
            };
            Some(Allowed { action, everywhere, places })
        });
        Self { rights: rights.collect(), user: (&caller.user).into(), expires_at }
    }
}

/// Sign in
///
/// Sets the session's cookie. Attempts are limited by address and by user name; 429 says how long to wait.
#[utoipa::path(post, path = "/session", operation_id = "signIn", tag = "session", request_body = SignIn,
    responses((status = 201, body = SessionAnswer)))]
async fn sign_in(State(server): State<Server>, request: Request) -> Answer<Response> {
    let address = session::address(&server, request.headers(), request.extensions());
    let Json(SignIn { username, password }) = axum::RequestExt::extract(request).await?;
    let username = username.trim().to_owned();
    let now = server.clock.monotonic();
    let (from, at) = (neighbourhood(address), token::digest(&username.to_lowercase()));
    let waits = [server.attempts_from.take(&from, now), server.attempts_at.take(&at, now)];
    if let Some(wait) = waits.into_iter().filter_map(Result::err).max() {
        metrics::counter!("taimat_api_sign_in_total", "outcome" => "limited").increment(1);
        return Err(Problem::new(Code::TooManyAttempts, "too many attempts to sign in")
            .remedy("Wait as long as Retry-After says. Who forgot a password gets a new one from an administrator.")
            .retry_after(wait));
    }
    let (user, hash) = server.index.user_by_name(&username).await?.unzip();
    let fits = password::verify(password.reveal().to_owned(), hash).await;
    let fits = fits.map_err(|error| Problem::internal(&error))?;
    let user = user.filter(|user| fits && !user.disabled);
    let Some(user) = user else {
        metrics::counter!("taimat_api_sign_in_total", "outcome" => "refused").increment(1);
        server.audit.attempt("session.fail", None, &username, address.to_string()).await?;
        return Err(Problem::new(Code::WrongPassword, "the user name or the password is wrong")
            .remedy("Check both, and the Caps Lock key. An administrator can set a new password."));
    };
    server.attempts_from.give_back(&from);
    server.attempts_at.give_back(&at);
    metrics::counter!("taimat_api_sign_in_total", "outcome" => "accepted").increment(1);
    server.audit.attempt("session.start", Some(user.id), &user.username, address.to_string()).await?;
    let secret = token::dated(server.clock.now());
    let credential = Credential::Session(token::digest(&secret));
    let caller = Caller { user, credential, address };
    begin(&server, &caller, secret, StatusCode::CREATED).await
}

/// Stores a session and answers with its cookie.
async fn begin(server: &Server, caller: &Caller, secret: String, status: StatusCode) -> Answer<Response> {
    let ends = session::session_end(server, &secret);
    let address = caller.address.to_string();
    let digest = token::digest(&secret);
    server.index.create_session(&digest, caller.id(), server.clock.now(), ends, &address).await?;
    let cookie = session::cookie(server, secret);
    let answer = axum::Json(SessionAnswer::new(caller, Some(ends)));
    Ok((status, [(header::SET_COOKIE, cookie)], answer).into_response())
}

/// Who is signed in
#[utoipa::path(get, path = "/session", operation_id = "whoAmI", tag = "session",
    responses((status = 200, body = SessionAnswer)))]
async fn who_am_i(State(server): State<Server>, caller: Caller) -> Answer<axum::Json<SessionAnswer>> {
    let known = session::known(&server, caller.credential).await?.ok_or_else(session::not_signed_in)?;
    Ok(axum::Json(SessionAnswer::new(&caller, known.expires_at)))
}

/// Sign out
#[utoipa::path(delete, path = "/session", operation_id = "signOut", tag = "session",
    responses((status = 204, description = "The session has ended.")))]
async fn sign_out(State(server): State<Server>, caller: Caller) -> Answer<Response> {
    let digest = session_of(&caller)?;
    server.index.end_session(&digest).await?;
    let (action, target) = ("session.end", format!("user/{}", caller.id()));
    let detail = serde_json::Value::Null;
    server.audit.change(&caller, Deed { action, target, place: None, detail }).await;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, session::no_cookie(&server))]).into_response())
}

/// The old password and the new.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// The password as it is.
    current: Secret,
    /// The password as it shall be: at least 10 characters.
    new: Secret,
}

/// Change one's own password
///
/// Every session of the account ends; a fresh one is begun for the caller.
#[utoipa::path(put, path = "/session/password", operation_id = "changeOwnPassword", tag = "session",
    request_body = NewPassword, responses((status = 200, body = SessionAnswer)))]
async fn change_password(
    State(server): State<Server>,
    caller: Caller,
    Json(body): Json<NewPassword>,
) -> Answer<Response> {
    session_of(&caller)?;
    let key = token::digest(&caller.user.username.to_lowercase());
    server.attempts_at.take(&key, server.clock.monotonic()).map_err(|wait| {
        Problem::new(Code::TooManyAttempts, "too many attempts with a wrong password").retry_after(wait)
    })?;
    let hash = server.index.user_by_name(&caller.user.username).await?.map(|(_, hash)| hash);
    let fits = password::verify(body.current.reveal().to_owned(), hash).await;
    if !fits.map_err(|error| Problem::internal(&error))? {
        return Err(Problem::field("current", "the present password is another", "Type it again."));
    }
    server.attempts_at.give_back(&key);
    let password_hash = Some(hashed("new", &body.new).await?);
    let change = UserChange { password_hash, ..UserChange::default() };
    let user = server.index.change_user(caller.id(), caller.user.version, change).await?;
    let (action, target) = ("user.password", format!("user/{}", user.id));
    let detail = serde_json::Value::Null;
    server.audit.change(&caller, Deed { action, target, place: None, detail }).await;
    let secret = token::dated(server.clock.now());
    begin(&server, &Caller { user, ..caller }, secret, StatusCode::OK).await
}

/// Hashes a new password, or says which field holds one that will not do.
pub(super) async fn hashed(field: &str, password: &Secret) -> Answer<String> {
    password::hash(password.reveal().to_owned()).await.map_err(|error| match error {
        password::PasswordError::Hash(_) => Problem::internal(&error),
        _ => Problem::field(
            field,
            error.to_string(),
            "Choose one of 10 to 256 characters; three unrelated words are easy to keep in mind.",
        ),
    })
}

/// The session, where the caller has one: passwords and tokens are for people, not for tokens.
pub(super) fn session_of(caller: &Caller) -> Answer<token::Digest> {
    match caller.credential {
        Credential::Session(digest) => Ok(digest),
        Credential::Token(_) => {
            Err(Problem::new(Code::Forbidden, "a token cannot do this, only a person's session")
                .remedy("Sign in with user name and password."))
        }
    }
}
