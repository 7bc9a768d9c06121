//! The one who asks.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::{Action, PlaceId, UserId};
use index::{Index, User, Visibility};

use super::token::Digest;
use crate::problem::{Answer, Code, Problem};

/// What the caller showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// The cookie of a person's session.
    Session(Digest),
    /// A machine's token.
    Token(Digest),
}

/// The one who asks, as the guard of the route found out.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Account, with the roles that it holds now.
    pub(crate) user: User,
    /// What was shown.
    pub(crate) credential: Credential,
    /// Where the request came from.
    pub(crate) address: IpAddr,
}

impl Caller {
    /// Identifier of the account.
    pub(crate) fn id(&self) -> UserId {
        self.user.id
    }

    /// Whether the action is allowed everywhere, places of the future included.
    pub(crate) fn everywhere(&self, action: Action) -> bool {
        self.user.roles.iter().any(|held| held.place_id.is_none() && held.role.allows(action))
    }

    /// Whether there is any place at all where the action is allowed.
    pub(crate) fn somewhere(&self, action: Action) -> bool {
        self.user.roles.iter().any(|held| held.role.allows(action))
    }

    /// The places at which, and below which, the action is allowed.
    pub(crate) fn visibility(&self, action: Action) -> Visibility {
        if self.everywhere(action) {
            return Visibility::All;
        }
        let held = self.user.roles.iter().filter(|held| held.role.allows(action));
        let places: Vec<PlaceId> = held.filter_map(|held| held.place_id).collect();
        if places.is_empty() { Visibility::Nothing } else { Visibility::Places(places) }
    }

    /// Whether the action is allowed at the place: by a role held there, above it, or everywhere.
    pub(crate) async fn allows(&self, index: &Index, action: Action, place: PlaceId) -> Answer<bool> {
        match self.visibility(action) {
            Visibility::All => Ok(true),
            Visibility::Nothing => Ok(false),
            Visibility::Places(held) => {
                let above = index.place_ancestors(place).await?;
                Ok(above.iter().any(|place| held.contains(place)))
            }
        }
    }

    /// Refuses unless the action is allowed at the place. What may not even be seen does not exist.
    pub(crate) async fn require(
        &self,
        index: &Index,
        action: Action,
        place: PlaceId,
        what: &str,
    ) -> Answer<()> {
        if !self.allows(index, Action::View, place).await? {
            return Err(Problem::not_found(what));
        }
        if self.allows(index, action, place).await? { Ok(()) } else { Err(forbidden(action)) }
    }

    /// The same of a place that a field of the body names.
    pub(crate) async fn require_place(
        &self,
        index: &Index,
        action: Action,
        place: PlaceId,
        field: &str,
    ) -> Answer<()> {
        self.require(index, action, place, "place").await.map_err(|problem| problem.at(field))
    }
}

/// The refusal for want of a right.
pub(crate) fn forbidden(action: Action) -> Problem {
    let name = serde_json::to_value(action).ok();
    let name = name.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
    Problem::new(Code::Forbidden, format!("this needs the right {name:?} there, which you do not have"))
        .remedy("Ask an administrator of that place for a role that has it.")
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(super::session::not_signed_in)
    }
}
