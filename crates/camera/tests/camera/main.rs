//! The camera crate against fake cameras over real sockets.

mod failures;
mod hostile;
mod probing;
mod streams;
mod support;
