//! Channels against local servers that follow the documented APIs, errors, limits and expired tokens included.
#![cfg(test)]

mod email;
mod mqtt;
mod support;
mod telegram;
mod webhook;
mod webpush;
mod zalo;
