//! Alarm bells and sounders: what their devices say and how they are told, over MQTT and signed HTTP.
//!
//! [`Source`] says which messages are about bells and where in them things stand; [`broker`] keeps the connection to
//! the MQTT broker; [`signature`] tells a press over HTTP from a forgery. What a press leads to is the server's.

pub mod broker;
pub mod signature;
pub mod source;

pub use broker::{Broker, BrokerError, Connection, Message};
pub use source::{BadMessage, Source};
