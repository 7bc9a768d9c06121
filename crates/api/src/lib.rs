//! HTTP: routes, sessions, rights, OpenAPI, live events, media.

pub mod auth;
mod extract;
mod media;
pub mod ports;
pub mod problem;
