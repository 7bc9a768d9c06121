//! People and their roles.

use std::collections::HashSet;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::{Action, PlaceId, Role, Secret, Timestamp, UserId};
use index::{RoleAt, User, UserChange, Visibility};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::session::hashed;
use crate::app::Server;
use crate::audit::Deed;
use crate::auth::caller::{Caller, forbidden};
use crate::auth::rights::{At, Right, Target, guarded};
use crate::extract::{Json, name, version};
use crate::problem::{Answer, Problem};

const ANYWHERE: Right = Right::At(Action::ManagePeople, At::Somewhere);
const OVER: Right = Right::At(Action::ManagePeople, At::User);
/// The most roles of one account.
const MOST_ROLES: usize = 100;

pub(super) fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::default()
        .routes(guarded(ANYWHERE, routes!(list)))
        .routes(guarded(ANYWHERE, routes!(create)))
        .routes(guarded(OVER, routes!(read)))
        .routes(guarded(OVER, routes!(change)))
        .routes(guarded(OVER, routes!(remove)))
        .routes(guarded(OVER, routes!(roles)))
        .routes(guarded(OVER, routes!(set_roles)))
}

/// A role held at a place and everything below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HeldRole {
    /// Which role.
    role: Role,
    /// Where; absent or null for everywhere.
    place_id: Option<PlaceId>,
}

impl From<RoleAt> for HeldRole {
    fn from(RoleAt { role, place_id }: RoleAt) -> Self {
        Self { role, place_id }
    }
}

impl From<HeldRole> for RoleAt {
    fn from(HeldRole { role, place_id }: HeldRole) -> Self {
        Self { role, place_id }
    }
}

/// An account of a person or machine.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct UserAnswer {
    /// Identifier.
    id: UserId,
    /// What is typed to sign in.
    username: String,
    /// What others see.
    display_name: String,
    /// Whether it may not sign in.
    disabled: bool,
    /// What it is, and where.
    roles: Vec<HeldRole>,
    /// When it was added.
    created_at: Timestamp,
    /// Rises with each change; what a changer must present.
    version: i64,
}

impl From<&User> for UserAnswer {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            username: user.username.clone(),
            display_name: user.display_name.clone(),
            disabled: user.disabled,
            roles: user.roles.iter().copied().map(Into::into).collect(),
            created_at: user.created_at,
            version: user.version,
        }
    }
}

/// Accounts.
#[derive(Serialize, utoipa::ToSchema)]
struct Users {
    /// By name.
    items: Vec<UserAnswer>,
}

/// List users
///
/// Those who hold a role at a place where the caller manages people, and those without a role.
#[utoipa::path(get, path = "/users", operation_id = "listUsers", tag = "users",
    responses((status = 200, body = Users)))]
async fn list(State(server): State<Server>, caller: Caller) -> Answer<axum::Json<Users>> {
    let mut users = server.index.users().await?;
    match caller.visibility(Action::ManagePeople) {
        Visibility::All => {}
        Visibility::Nothing => users.clear(),
        Visibility::Places(places) => {
            let below: HashSet<PlaceId> =
                server.index.place_descendants(&places).await?.into_iter().collect();
            let here = |held: &RoleAt| held.place_id.is_some_and(|place| below.contains(&place));
            users.retain(|user| user.roles.is_empty() || user.roles.iter().any(here));
        }
    }
    Ok(axum::Json(Users { items: users.iter().map(Into::into).collect() }))
}

/// An account to add.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewUser {
    /// What is typed to sign in: letters, digits, `.`, `-`, `_` and `@`.
    #[schema(example = "lan")]
    username: String,
    /// What others see; the user name if absent.
    #[schema(example = "Nguyễn Thị Lan")]
    display_name: Option<String>,
    /// Password: at least 10 characters.
    password: Secret,
    /// What it is, and where.
    #[serde(default)]
    roles: Vec<HeldRole>,
}

/// Add a user
///
/// Roles can be given at places where the caller manages people.
#[utoipa::path(post, path = "/users", operation_id = "createUser", tag = "users", request_body = NewUser,
    responses((status = 201, body = UserAnswer)))]
async fn create(
    State(server): State<Server>,
    caller: Caller,
    Json(new): Json<NewUser>,
) -> Answer<(StatusCode, axum::Json<UserAnswer>)> {
    let username = username(&new.username)?;
    let display_name = name("display_name", new.display_name.as_deref().unwrap_or(&username), 200)?;
    let roles = grantable(&server, &caller, new.roles).await?;
    let hash = hashed("password", &new.password).await?;
    let user = server.index.create_user(&username, &display_name, &hash, &roles).await?;
    account(&server, &caller, "user.create", &user).await;
    Ok((StatusCode::CREATED, axum::Json((&user).into())))
}

/// Read a user
#[utoipa::path(get, path = "/users/{user_id}", operation_id = "readUser", tag = "users",
    params(("user_id" = UserId, Path)), responses((status = 200, body = UserAnswer)))]
async fn read(Target(user): Target<User>) -> axum::Json<UserAnswer> {
    axum::Json(user.as_ref().into())
}

/// What to change of an account; what is absent stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedUser {
    /// The version that was read; or send `If-Match`.
    version: Option<i64>,
    /// What others see.
    display_name: Option<String>,
    /// Whether it may not sign in. Disabling ends its sessions.
    disabled: Option<bool>,
    /// A new password. Ends its sessions.
    password: Option<Secret>,
}

/// Change a user
#[utoipa::path(patch, path = "/users/{user_id}", operation_id = "changeUser", tag = "users",
    params(("user_id" = UserId, Path)), request_body = ChangedUser, responses((status = 200, body = UserAnswer)))]
async fn change(
    State(server): State<Server>,
    caller: Caller,
    Target(user): Target<User>,
    headers: HeaderMap,
    Json(body): Json<ChangedUser>,
) -> Answer<axum::Json<UserAnswer>> {
    let version = version(&headers, body.version)?;
    let change = UserChange {
        display_name: body.display_name.map(|text| name("display_name", &text, 200)).transpose()?,
        disabled: body.disabled,
        password_hash: match &body.password {
            Some(password) => Some(hashed("password", password).await?),
            None => None,
        },
        roles: None,
    };
    let user = server.index.change_user(user.id, version, change).await?;
    account(&server, &caller, "user.change", &user).await;
    Ok(axum::Json((&user).into()))
}

/// Remove a user
///
/// Its sessions and tokens end. The audit log keeps its name. The last administrator everywhere stays.
#[utoipa::path(delete, path = "/users/{user_id}", operation_id = "removeUser", tag = "users",
    params(("user_id" = UserId, Path)), responses((status = 204, description = "It is gone.")))]
async fn remove(
    State(server): State<Server>,
    caller: Caller,
    Target(user): Target<User>,
) -> Answer<StatusCode> {
    server.index.remove_user(user.id).await?;
    account(&server, &caller, "user.remove", &user).await;
    Ok(StatusCode::NO_CONTENT)
}

/// The roles of an account.
#[derive(Serialize, utoipa::ToSchema)]
struct Roles {
    /// What it is, and where.
    roles: Vec<HeldRole>,
    /// Version of the account; what a changer must present.
    version: i64,
}

/// Read the roles of a user
#[utoipa::path(get, path = "/users/{user_id}/roles", operation_id = "readRoles", tag = "users",
    params(("user_id" = UserId, Path)), responses((status = 200, body = Roles)))]
async fn roles(Target(user): Target<User>) -> axum::Json<Roles> {
    axum::Json(Roles { roles: user.roles.iter().copied().map(Into::into).collect(), version: user.version })
}

/// All roles of an account anew.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRoles {
    /// The version that was read; or send `If-Match`.
    version: Option<i64>,
    /// What it shall be, and where.
    roles: Vec<HeldRole>,
}

/// Give and take roles
///
/// Replaces all roles. They can be given and taken at places where the caller manages people.
#[utoipa::path(put, path = "/users/{user_id}/roles", operation_id = "setRoles", tag = "users",
    params(("user_id" = UserId, Path)), request_body = NewRoles, responses((status = 200, body = UserAnswer)))]
async fn set_roles(
    State(server): State<Server>,
    caller: Caller,
    Target(user): Target<User>,
    headers: HeaderMap,
    Json(body): Json<NewRoles>,
) -> Answer<axum::Json<UserAnswer>> {
    let version = version(&headers, body.version)?;
    let roles = Some(grantable(&server, &caller, body.roles).await?);
    let change = UserChange { roles, ..UserChange::default() };
    let user = server.index.change_user(user.id, version, change).await?;
    account(&server, &caller, "user.roles", &user).await;
    Ok(axum::Json((&user).into()))
}

/// Refuses roles at places where the caller does not manage people.
async fn grantable(server: &Server, caller: &Caller, roles: Vec<HeldRole>) -> Answer<Vec<RoleAt>> {
    if roles.len() > MOST_ROLES {
        let detail = format!("{} roles, where {MOST_ROLES} are the most", roles.len());
        return Err(Problem::field("roles", detail, "Give a role at a place above instead."));
    }
    for (number, held) in roles.iter().enumerate() {
        let field = format!("roles[{number}].place_id");
        match held.place_id {
            Some(place) => {
                caller.require_place(&server.index, Action::ManagePeople, place, &field).await?;
            }
            None if caller.everywhere(Action::ManagePeople) => {}
            None => return Err(forbidden(Action::ManagePeople).at(field)),
        }
    }
    Ok(roles.into_iter().map(Into::into).collect())
}

fn username(text: &str) -> Answer<String> {
    let text = name("username", text, 64)?;
    if text.chars().all(|c| c.is_alphanumeric() || ".-_@".contains(c)) {
        return Ok(text);
    }
    Err(Problem::field(
        "username",
        "a user name has letters, digits, '.', '-', '_' and '@'",
        "Correct the field; the display name may be anything.",
    ))
}

async fn account(server: &Server, caller: &Caller, action: &'static str, user: &User) {
    let roles: Vec<HeldRole> = user.roles.iter().copied().map(Into::into).collect();
    let detail = serde_json::json!({"username": user.username, "disabled": user.disabled, "roles": roles});
    let place = user.roles.first().and_then(|held| held.place_id);
    server.audit.change(caller, Deed { action, target: format!("user/{}", user.id), place, detail }).await;
}
