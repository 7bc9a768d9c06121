//! HTTP: routes, sessions, rights, OpenAPI, live events, media.
