//! People and the roles that they hold at places.

use chrono::{DateTime, Utc};
use domain::{PlaceId, Role, Timestamp, UserId};
use sqlx::postgres::PgConnection;
use sqlx::{FromRow, PgExecutor};
use uuid::Uuid;

use crate::columns::parse;
use crate::places::name;
use crate::{Index, IndexError, Result};

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

#[derive(FromRow)]
pub(crate) struct UserRow {
    id: Uuid,
    username: String,
    display_name: String,
    password_hash: String,
    disabled: bool,
    created_at: DateTime<Utc>,
    version: i64,
    roles: Vec<String>,
    role_places: Vec<Option<Uuid>>,
}

/// A user with its roles side by side in two arrays.
pub(crate) const USERS: &str = "SELECT u.*, \
    ARRAY(SELECT r.role FROM roles r WHERE r.user_id = u.id ORDER BY r.role, r.place_id) AS roles, \
    ARRAY(SELECT r.place_id FROM roles r WHERE r.user_id = u.id ORDER BY r.role, r.place_id) AS role_places \
    FROM users u ";

impl UserRow {
    pub(crate) fn into_parts(self) -> Result<(User, String)> {
        let what = format!("user {}", self.id);
        let roles = self.roles.iter().zip(&self.role_places);
        let user = User {
            id: UserId(self.id),
            username: self.username,
            display_name: self.display_name,
            disabled: self.disabled,
            roles: roles
                .map(|(role, place)| Ok(RoleAt { role: parse(&what, role)?, place_id: place.map(PlaceId) }))
                .collect::<Result<_>>()?,
            created_at: Timestamp::from(self.created_at),
            version: self.version,
        };
        Ok((user, self.password_hash))
    }
}

fn not_found(id: UserId) -> IndexError {
    IndexError::NotFound { what: "user", id: id.to_string() }
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
        let username = name("username", username)?;
        let id = UserId::generate();
        let mut transaction = self.pool.begin().await?;
        sqlx::query("INSERT INTO users (id, username, display_name, password_hash) VALUES ($1, $2, $3, $4)")
            .bind(id.0)
            .bind(&username)
            .bind(name("display_name", display_name)?)
            .bind(password_hash)
            .execute(&mut *transaction)
            .await
            .map_err(|error| match error.as_database_error() {
                Some(refusal) if refusal.is_unique_violation() => {
                    IndexError::Duplicate { field: "username", value: username }
                }
                _ => error.into(),
            })?;
        write_roles(&mut transaction, id, roles).await?;
        transaction.commit().await?;
        self.user(id).await
    }

    /// One user.
    pub async fn user(&self, id: UserId) -> Result<User> {
        Ok(fetch(&self.pool, id).await?.into_parts()?.0)
    }

    /// The user of that name with its password hash: for login and `taimat user`. `None` where there is none.
    pub async fn user_by_name(&self, username: &str) -> Result<Option<(User, String)>> {
        if username.contains('\0') {
            return Ok(None);
        }
        let statement = format!("{USERS} WHERE lower(u.username) = lower($1)");
        let row: Option<UserRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(username.trim())
            .fetch_optional(&self.pool)
            .await?;
        row.map(UserRow::into_parts).transpose()
    }

    /// Every user, by name.
    pub async fn users(&self) -> Result<Vec<User>> {
        let statement = format!("{USERS} ORDER BY u.username COLLATE by_name, u.id");
        let rows: Vec<UserRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement)).fetch_all(&self.pool).await?;
        rows.into_iter().map(|row| Ok(row.into_parts()?.0)).collect()
    }

    /// Changes a user. `Conflict` unless it has `version`. `InUse` where nobody would be left who is an
    /// administrator everywhere.
    pub async fn change_user(&self, id: UserId, version: i64, change: UserChange) -> Result<User> {
        let display_name =
            change.display_name.as_deref().map(|text| name("display_name", text)).transpose()?;
        let mut transaction = self.pool.begin().await?;
        lock_people(&mut transaction).await?;
        let (user, _) = fetch(&mut *transaction, id).await?.into_parts()?;
        if user.version != version {
            return Err(IndexError::Conflict { what: "user", have: user.version });
        }
        let had_administrator = has_administrator(&mut transaction).await?;
        sqlx::query(
            "UPDATE users SET display_name = coalesce($2, display_name), disabled = coalesce($3, disabled),
                 password_hash = coalesce($4, password_hash), version = version + 1 WHERE id = $1",
        )
        .bind(id.0)
        .bind(display_name)
        .bind(change.disabled)
        .bind(&change.password_hash)
        .execute(&mut *transaction)
        .await?;
        if let Some(roles) = &change.roles {
            sqlx::query("DELETE FROM roles WHERE user_id = $1").bind(id.0).execute(&mut *transaction).await?;
            write_roles(&mut transaction, id, roles).await?;
        }
        if change.disabled == Some(true) || change.password_hash.is_some() {
            sqlx::query("DELETE FROM sessions WHERE user_id = $1")
                .bind(id.0)
                .execute(&mut *transaction)
                .await?;
        }
        require_administrator(&mut transaction, had_administrator).await?;
        transaction.commit().await?;
        self.user(id).await
    }

    /// Removes a user with its roles, sessions and tokens; the audit log keeps its name. `InUse` where nobody
    /// would be left who is an administrator everywhere.
    pub async fn remove_user(&self, id: UserId) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        lock_people(&mut transaction).await?;
        let had_administrator = has_administrator(&mut transaction).await?;
        let done =
            sqlx::query("DELETE FROM users WHERE id = $1").bind(id.0).execute(&mut *transaction).await?;
        if done.rows_affected() == 0 {
            return Err(not_found(id));
        }
        require_administrator(&mut transaction, had_administrator).await?;
        transaction.commit().await?;
        Ok(())
    }
}

async fn fetch(executor: impl PgExecutor<'_>, id: UserId) -> Result<UserRow> {
    let statement = format!("{USERS} WHERE u.id = $1");
    let row: Option<UserRow> =
        sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(id.0).fetch_optional(executor).await?;
    row.ok_or_else(|| not_found(id))
}

/// Changes of people one at a time, so that two administrators cannot remove each other at once.
async fn lock_people(connection: &mut PgConnection) -> Result<()> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('taimat people'))").execute(connection).await?;
    Ok(())
}

async fn has_administrator(connection: &mut PgConnection) -> Result<bool> {
    let found = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM roles r JOIN users u ON u.id = r.user_id
                        WHERE NOT u.disabled AND r.role = $1 AND r.place_id IS NULL)",
    )
    .bind(Role::Administrator.as_str())
    .fetch_one(connection)
    .await?;
    Ok(found)
}

async fn require_administrator(connection: &mut PgConnection, had: bool) -> Result<()> {
    if had && !has_administrator(connection).await? {
        return Err(IndexError::InUse {
            what: "user",
            by: "nobody would be left who is an administrator everywhere. Make somebody else one first"
                .to_owned(),
        });
    }
    Ok(())
}

async fn write_roles(connection: &mut PgConnection, user: UserId, roles: &[RoleAt]) -> Result<()> {
    for RoleAt { role, place_id } in roles {
        sqlx::query("INSERT INTO roles (user_id, role, place_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(user.0)
            .bind(role.as_str())
            .bind(place_id.map(|place| place.0))
            .execute(&mut *connection)
            .await
            .map_err(|error| match (error.as_database_error(), place_id) {
                (Some(refusal), Some(place)) if refusal.is_foreign_key_violation() => {
                    IndexError::Invalid { field: "roles", problem: format!("there is no place {place}") }
                }
                _ => error.into(),
            })?;
    }
    Ok(())
}
