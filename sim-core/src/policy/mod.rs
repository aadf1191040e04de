//! What a caller does around a call: one small pure machine a file.
//!
//! A policy is settings (plain data, shared) and state (its own, per caller instance or per call). `now`, the outcome and a
//! random source come in, a decision comes out; no policy knows the engine. Policies of one edge form a stack, outermost
//! first; [`PolicyKind`] names the kinds and their default order.

pub mod backoff;
pub mod breaker;
pub mod budget;
pub mod bulkhead;
pub mod cache;
pub mod concurrency;
pub mod deadline;
pub mod fallback;
pub mod hedge;
mod order;
pub mod rate_limit;
pub mod retry;
#[cfg(test)]
pub(crate) mod scripted;
pub mod throttle;
pub mod timeout;

pub use order::{Oddity, OrderError, PolicyKind, oddities};

/// A setting outside the range in which its formula means something. The text says which and what would be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub &'static str);

/// `Ok` if `holds`, else `message`.
pub(crate) const fn require(holds: bool, message: &'static str) -> Result<(), Invalid> {
    if holds { Ok(()) } else { Err(Invalid(message)) }
}
