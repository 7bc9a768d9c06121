//! Who saw, searched, exported or changed what: append-only.

use domain::{PlaceId, TimeRange, Timestamp, UserId};
use serde_json::Value;
use uuid::Uuid;

use crate::{Index, Result};

/// Something that somebody did.
#[derive(Clone, Debug)]
pub struct NewAuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who; `None` for the system or somebody not logged in.
    pub user_id: Option<UserId>,
    /// The name at that time, or the one that was tried.
    pub username: String,
    /// What was done: `event.search`, `clip.export`, `camera.change`, `session.fail` …
    pub action: String,
    /// To what: `camera/…`, `event/…`; empty where there is no one thing.
    pub target: String,
    /// At which place.
    pub place_id: Option<PlaceId>,
    /// From which address.
    pub address: String,
    /// The particulars. Never a secret.
    pub detail: Value,
}

/// An entry as it is stored.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// Identifier.
    pub id: Uuid,
    /// What was done.
    pub entry: NewAuditEntry,
}

/// Where a page of entries ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditCursor {
    /// Time of the page's last entry.
    pub at: Timestamp,
    /// Its identifier.
    pub id: Uuid,
}

/// Which entries to list.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Done in this time.
    pub range: Option<TimeRange>,
    /// Done by this user.
    pub user_id: Option<UserId>,
    /// This action, or with a dot at the end all that start with it (`camera.`).
    pub action: Option<String>,
    /// Done to this.
    pub target: Option<String>,
    /// Go on after this entry.
    pub cursor: Option<AuditCursor>,
    /// Most entries to return, 1 to 1000.
    pub limit: u32,
}

/// Entries, latest first.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<AuditCursor>,
}

impl Index {
    /// Appends an entry.
    pub async fn append_audit(&self, entry: NewAuditEntry) -> Result<Uuid> {
        todo!()
    }

    /// Lists entries, latest first.
    pub async fn audit(&self, query: &AuditQuery) -> Result<AuditPage> {
        todo!()
    }
}
