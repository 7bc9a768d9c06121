//! The index against a real PostgreSQL: one private cluster for the process, one database for each test.
#![cfg(test)]
#![expect(clippy::cloned_ref_to_slice_refs, reason = "what is wanted reads best as a list")]

mod audit;
mod bells;
mod cases;
mod cluster;
mod events;
mod footage;
mod outbox;
mod people;
mod places;
mod plans;
mod quiet;
mod review;
mod schema;
mod shifts;
mod support;
mod writer;
