//! Warnings out: a dispatcher that empties the outbox, with one worker a channel, so that a slow or dead channel delays
//! no other.

mod account;
mod dispatcher;
mod pictures;
mod plan;
mod worker;

pub(crate) use dispatcher::Dispatcher;
pub(crate) use pictures::Pictures;
