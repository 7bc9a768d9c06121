//! Rows that wait on disk.
