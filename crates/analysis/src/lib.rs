//! Gate and tracker: pure, deterministic, given time as a value.
