//! HTTP: routes, sessions, rights, OpenAPI, live events, media.
//!
//! [`router`] makes the whole API from an [`App`]. Each route states its right where it is registered, in
//! [`routes`](self), and [`auth::rights`] checks it before the handler runs and writes it into the OpenAPI document; so
//! no route can be without one. What the API needs of the rest of the server are the traits in [`ports`].

mod app;
mod audit;
pub mod auth;
mod camera_address;
mod extract;
mod footage;
mod handover;
mod live;
mod media;
mod moved;
mod openapi;
pub mod ports;
mod presets;
pub mod problem;
mod routes;
mod search;
mod thumbnail;
mod video;
mod zalo;

pub use app::{App, router};
pub use audit::Audit;
pub use media::inside;
pub use openapi::openapi;

impl From<index::IndexError> for problem::Problem {
    fn from(error: index::IndexError) -> Self {
        use index::IndexError as E;
        use problem::Code;
        match error {
            E::NotFound { what, .. } => Self::not_found(what),
            E::Conflict { .. } => Self::new(Code::VersionMismatch, error.to_string())
                .at("version")
                .remedy("Read it again, look at what changed, and repeat your change."),
            E::Duplicate { field, .. } => {
                Self::new(Code::Conflict, error.to_string()).at(field).remedy("Choose another.")
            }
            E::InUse { .. } => {
                Self::new(Code::Conflict, error.to_string()).remedy("Do first what the detail says.")
            }
            E::Invalid { field, ref problem } => {
                Self::field(field, problem.clone(), "Correct the field and try again.")
            }
            E::Unavailable { .. } => {
                tracing::warn!(%error, "a request met no database");
                Self::new(Code::Unavailable, "the database cannot be reached; recording goes on without it")
                    .remedy("Try again in some seconds; GET /readyz says more.")
                    .retry_after(std::time::Duration::from_secs(5))
            }
            E::NewerSchema { .. } | E::Unprepared { .. } | E::Corrupt { .. } | E::Database(_) => {
                Self::internal(&error)
            }
        }
    }
}

impl From<domain::InvalidField> for problem::Problem {
    fn from(invalid: domain::InvalidField) -> Self {
        Self::field(invalid.field, invalid.problem, "Correct the field and try again.")
    }
}

impl From<index::VaultError> for problem::Problem {
    fn from(error: index::VaultError) -> Self {
        Self::internal(&error)
    }
}

#[cfg(test)]
mod tests {
    use crate::problem::{Code, Problem};

    #[test]
    fn what_the_database_says_becomes_what_a_client_can_act_on() {
        use index::IndexError as E;
        let unavailable = E::Unavailable { reason: "postgres://taimat:hunter2@db refused".to_owned() };
        for (error, code) in [
            (E::NotFound { what: "camera", id: "x".to_owned() }, Code::NotFound),
            (E::Conflict { what: "camera", have: 3 }, Code::VersionMismatch),
            (E::Duplicate { field: "username", value: "lan".to_owned() }, Code::Conflict),
            (E::InUse { what: "place", by: "it has cameras".to_owned() }, Code::Conflict),
            (E::Invalid { field: "place_id", problem: "merged away".to_owned() }, Code::InvalidField),
            (unavailable, Code::Unavailable),
            (E::Corrupt { what: "event".to_owned(), problem: "hunter2".to_owned() }, Code::Internal),
        ] {
            let problem = Problem::from(error);
            assert_eq!(problem.code(), code);
            assert!(!format!("{:?}", problem.body()).contains("hunter2"));
        }
    }
}
