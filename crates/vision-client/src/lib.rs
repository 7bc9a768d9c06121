//! The vision worker seen from the server: messages, spawning, feeding, supervision.
