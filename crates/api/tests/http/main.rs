//! The API as its clients meet it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

mod bells;
mod cameras;
mod cases;
mod channels;
mod document;
mod live;
mod media;
mod moved;
mod problems;
mod quiet;
mod reports;
mod review;
mod rights;
mod search;
mod session;
mod shifts;
mod video;
mod world;
