//! People and the roles that they hold at places.

use domain::{PlaceId, Role, Timestamp, UserId};

use crate::{Index, Result};

/// A role held at a place and everything below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleAt {
    /// Which role.
    pub role: Role,
    /// Where; `None` for everywhere.
    pub place_id: Option<PlaceId>,
}

/// A person or machine with an account. Its password hash is fetched apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Identifier.
    pub id: UserId,
    /// What is typed to log in; unique whatever its case.
    pub username: String,
    /// What others see.
    pub display_name: String,
    /// Whether it may not log in.
    pub disabled: bool,
    /// What it may do where.
    pub roles: Vec<RoleAt>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Rises with each change.
    pub version: i64,
}

/// What to change of a user; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// What others see.
    pub display_name: Option<String>,
    /// Whether it may not log in. Disabling ends its sessions.
    pub disabled: Option<bool>,
    /// A new password hash, in PHC format. Ends its sessions.
    pub password_hash: Option<String>,
    /// All its roles anew.
    pub roles: Option<Vec<RoleAt>>,
}

impl Index {
    /// Adds a user. `Duplicate` where the name is taken, `Invalid` where a role's place does not exist.
    pub async fn create_user(
        &self,
        username: &str,
        display_name: &str,
        password_hash: &str,
        roles: &[RoleAt],
    ) -> Result<User> {
        todo!()
    }

    /// One user.
    pub async fn user(&self, id: UserId) -> Result<User> {
        todo!()
    }

    /// The user of that name with its password hash: for login and `taimat user`. `None` where there is none.
    pub async fn user_by_name(&self, username: &str) -> Result<Option<(User, String)>> {
        todo!()
    }

    /// Every user, by name.
    pub async fn users(&self) -> Result<Vec<User>> {
        todo!()
    }

    /// Changes a user. `Conflict` unless it has `version`. `InUse` where nobody would be left who is an
    /// administrator everywhere.
    pub async fn change_user(&self, id: UserId, version: i64, change: UserChange) -> Result<User> {
        todo!()
    }

    /// Removes a user with its roles, sessions and tokens; the audit log keeps its name. `InUse` where nobody
    /// would be left who is an administrator everywhere.
    pub async fn remove_user(&self, id: UserId) -> Result<()> {
        todo!()
    }
}
