//! What happens to a call inside a replica.

pub mod adaptive_lifo;
pub mod codel;
pub mod criticality;
pub mod deadline_drop;
pub mod dimmer;
pub mod folly_codel;
pub mod overflow;
pub mod partition;
pub mod priority;
pub mod queue_timeout;
pub mod red;
pub mod slowdown;
