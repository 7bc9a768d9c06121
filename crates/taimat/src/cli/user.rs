//! `taimat user`.

use anyhow::{Context, Result};
use clap::Subcommand;
use domain::{Clock, PlaceId, Role, SystemClock};
use index::{Index, RoleAt, UserChange};
use serde_json::json;

use super::local::with_index;
use super::output::{Output, table};
use super::password;
use crate::config::Config;

/// What to do with people.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a person. The password is asked for, or read from standard input.
    Add {
        /// What is typed to sign in.
        username: String,
        /// What others see; the user name where it is not given.
        #[arg(long)]
        name: Option<String>,
        /// administrator, operator, duty_officer, investigator or observer.
        #[arg(long)]
        role: Role,
        /// Where the role holds: this place and all below; everywhere where it is not given.
        #[arg(long)]
        place: Option<PlaceId>,
    },
    /// List people with their roles.
    List,
    /// Set a new password, asked for or read from standard input. Ends the person's sessions.
    Password {
        /// Who.
        username: String,
    },
    /// Make a token for a program. It has the person's roles, and is shown only now.
    Token {
        /// Whose.
        username: String,
        /// What it is for.
        #[arg(long, default_value = "command line")]
        label: String,
    },
}

impl Command {
    /// Does it.
    pub(super) async fn run(self, config: &Config, out: Output) -> Result<()> {
        with_index(config, async |index| match self {
            Self::Add { username, name, role, place } => {
                let hash = password_hash().await?;
                let role = RoleAt { role, place_id: place };
                let name = name.unwrap_or_else(|| username.clone());
                let user = index.create_user(&username, &name, &hash, &[role]).await?;
                let made = json!({ "id": user.id, "username": user.username });
                out.either(&made, |_| format!("{username} can sign in now"))
            }
            Self::List => list(&index, out).await,
            Self::Password { username } => {
                let (user, _) = find(&index, &username).await?;
                let change =
                    UserChange { password_hash: Some(password_hash().await?), ..UserChange::default() };
                index.change_user(user.id, user.version, change).await?;
                out.either(&json!({ "username": username }), |_| format!("{username} has a new password"))
            }
            Self::Token { username, label } => {
                let (user, _) = find(&index, &username).await?;
                let (token, hash) = api::auth::new_token();
                let now = SystemClock::default().now();
                index.create_token(&hash, user.id, &label, now, None).await?;
                out.either(&json!({ "token": token.reveal() }), |_| token.reveal().to_owned())
            }
        })
        .await
    }
}

async fn list(index: &Index, out: Output) -> Result<()> {
    let users = index.users().await?;
    let role = |role: &RoleAt| match role.place_id {
        Some(place) => format!("{} at {place}", role.role),
        None => format!("{} everywhere", role.role),
    };
    if out.json {
        let rows: Vec<_> = users
            .iter()
            .map(|user| {
                let roles: Vec<_> = user
                    .roles
                    .iter()
                    .map(|role| json!({ "role": role.role, "place_id": role.place_id }))
                    .collect();
                json!({ "id": user.id, "username": user.username, "name": user.display_name,
                    "disabled": user.disabled, "roles": roles })
            })
            .collect();
        return out.json(&rows);
    }
    let mut rows = vec![["user name", "name", "roles"].map(String::from).to_vec()];
    rows.extend(users.iter().map(|user| {
        let roles = user.roles.iter().map(role).collect::<Vec<_>>().join(", ");
        vec![user.username.clone(), user.display_name.clone(), roles]
    }));
    out.text(&table(&rows))
}

async fn find(index: &Index, username: &str) -> Result<(index::User, String)> {
    index
        .user_by_name(username)
        .await?
        .with_context(|| format!("there is no user {username}: `taimat user list` shows all"))
}

/// Reads a password and hashes it, both away from the runtime's threads.
async fn password_hash() -> Result<String> {
    let password = password::read("Password: ").await?;
    Ok(tokio::task::spawn_blocking(move || api::auth::hash_password(password.reveal())).await??)
}
