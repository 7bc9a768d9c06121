//! What can go wrong, by what a caller would do about it.

/// The result of anything here.
pub type Result<T> = std::result::Result<T, IndexError>;

/// The name of a field as it is in the API.
pub type Field = &'static str;

/// What can go wrong, by what a caller would do about it.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// There is no such thing.
    #[error("there is no {what} {id}")]
    NotFound {
        /// What kind of thing: `camera`, `place`, `user`, `event`, `hold`, `token`.
        what: &'static str,
        /// Its identifier or name, as it was asked for.
        id: String,
    },
    /// Somebody changed the thing since the caller read it.
    #[error(
        "the {what} was changed by somebody else: it is now at version {have}. Read it again and repeat the change"
    )]
    Conflict {
        /// What kind of thing.
        what: &'static str,
        /// The version that it has now.
        have: i64,
    },
    /// Another thing already has that value.
    #[error("{field} {value:?} is already taken")]
    Duplicate {
        /// The field that must be unique.
        field: Field,
        /// What was given.
        value: String,
    },
    /// The thing cannot be removed or changed while something depends on it.
    #[error("the {what} cannot be removed: {by}")]
    InUse {
        /// What kind of thing.
        what: &'static str,
        /// What depends on it, and what to do first.
        by: String,
    },
    /// What was asked makes no sense.
    #[error("{field}: {problem}")]
    Invalid {
        /// The field at fault.
        field: Field,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
    /// The database cannot be reached, is starting or stopping, or has no connection free. It is worth trying again.
    #[error("the database cannot be reached: {reason}")]
    Unavailable {
        /// What was met.
        reason: String,
    },
    /// A newer Taimat has changed the tables.
    #[error(
        "the database was prepared by a newer Taimat (schema {found}, this one knows up to {known}): install that version or a later one, or restore a backup made before it"
    )]
    NewerSchema {
        /// The newest migration that the database has seen.
        found: i64,
        /// The newest migration that this program knows.
        known: i64,
    },
    /// The tables cannot be prepared.
    #[error("the database cannot be prepared: {problem}. {remedy}")]
    Unprepared {
        /// What is in the way.
        problem: String,
        /// What a person can do.
        remedy: String,
    },
    /// A row holds what this program cannot read.
    #[error("{what} in the database cannot be read: {problem}")]
    Corrupt {
        /// Which row, or which kind.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The database refused a statement.
    #[error("the database refused: {0}")]
    Database(#[source] sqlx::Error),
}

impl IndexError {
    /// Whether the same call may succeed later, unchanged.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// Whether the row is at fault, so that it will be refused whenever it is written. Anything else, such as a table
    /// that is missing because the database is not prepared yet, is a reason to wait.
    pub(crate) fn blames_row(&self) -> bool {
        match self {
            // Cardinality, data, integrity, and program limits (PostgreSQL manual, appendix A).
            Self::Database(sqlx::Error::Database(refusal)) => {
                refusal.code().is_some_and(|code| matches!(code.get(..2), Some("21" | "22" | "23" | "54")))
            }
            Self::Database(sqlx::Error::Encode(_)) => true,
            _ => false,
        }
    }
}

/// SQLSTATE of a statement that ran into its limit of time.
const CANCELED: &str = "57014";

/// SQLSTATE classes and codes that mean "try again later": connection, resources, shutdown, start-up, trouble of the
/// server's system, serialisation and dead-lock (PostgreSQL manual, appendix A).
fn is_transient_code(code: &str) -> bool {
    matches!(code.get(..2), Some("08" | "53" | "57" | "58" | "XX")) && code != CANCELED
        || matches!(code, "40001" | "40P01" | "55P03" | "25006")
}

/// Whether a statement was ended because it took longer than it may.
pub(crate) fn timed_out(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() == Some(CANCELED)
}

impl From<sqlx::Error> for IndexError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Io(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::BeginFailed => {
                Self::Unavailable { reason: error.to_string() }
            }
            E::Database(refusal) if refusal.code().is_some_and(|code| is_transient_code(&code)) => {
                Self::Unavailable { reason: refusal.message().to_owned() }
            }
            _ => Self::Database(error),
        }
    }
}
