//! What happens to a call inside a replica.

pub mod codel;
pub mod folly_codel;
pub mod slowdown;
