//! The binary: command line, configuration, wiring, supervision.
fn main() {}
