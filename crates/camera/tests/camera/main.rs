//! The camera crate against fake cameras over real sockets.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, and the lints see only the tests themselves"
)]

mod failures;
mod finding;
mod hostile;
mod probing;
mod streams;
mod support;
