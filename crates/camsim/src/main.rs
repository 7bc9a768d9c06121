//! Simulated cameras: a real RTSP server playing footage, with the faults that cameras have.
fn main() {}
