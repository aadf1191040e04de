//! What happens to a call inside a replica.

pub mod slowdown;
