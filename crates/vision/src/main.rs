//! The vision worker: decode, scale, detect. The only crate with C libraries.
fn main() {}
