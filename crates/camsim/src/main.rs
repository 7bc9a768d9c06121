//! Simulated cameras: a real RTSP server playing footage, with the faults that cameras have.
mod config;
mod timeline;
fn main() {}
