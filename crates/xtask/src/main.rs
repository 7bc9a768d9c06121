//! Chores: set-up, demo, test, bench, audit.
fn main() {}
