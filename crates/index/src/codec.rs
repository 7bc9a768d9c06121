//! Compact columns.
