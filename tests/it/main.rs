//! The whole, as its users see it: one binary, one module a topic.

mod bad_input;
mod charts;
mod commands;
mod comparisons;
mod generated;
mod house;
#[cfg(unix)]
mod interrupted;
mod library;
mod mutations;
mod pages;
mod play;
mod sameness;
mod shell;
mod summaries;
mod sweeps;
mod validation;
