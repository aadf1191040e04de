//! Brownout, a deterministic simulator of distributed systems under failure: everything that touches the outside world.
//!
//! A command reads a scenario ([`input`]), runs its replications on all cores ([`experiment`]), puts variants side by side
//! ([`comparison`]), and answers as text
//! ([`report`]), as JSON ([`json`]) or on disk ([`store`]). What a run is, and what a file means, is decided elsewhere:
//! in `brownout-sim-core` and `brownout-scenarios`, which see neither files nor threads nor a clock.

pub mod chart;
pub mod command;
pub mod comparison;
pub mod exit;
pub mod experiment;
pub mod input;
pub mod interrupt;
pub mod json;
pub mod play;
pub mod progress;
pub mod recorded;
pub mod report;
pub mod search;
pub mod store;
pub mod sweep;

#[cfg(test)]
mod testing;
