//! Brownout's scenario files: text to model, with diagnostics, and the shipped library.
//!
//! Data changes type at every step: text, [`document`] (a tree with places), [`spec`] (typed values with places),
//! [`compiled`] (ids and numbers). Nothing here reads a file or a clock: the root hands in bytes.

pub mod capacity;
pub mod compiled;
pub mod diagnostics;
pub mod document;
mod effective;
mod explain;
pub mod fields;
pub mod library;
pub mod lint;
pub mod lower;
mod scenario;
mod schema;
pub mod spec;
pub mod study;
pub mod syntax;
#[cfg(test)]
pub(crate) mod testing;

pub use compiled::{CapacityRow, Compiled, Names};
pub use diagnostics::{Diagnostics, Severity};
pub use effective::effective;
pub use explain::{backoff_parameters, default_kind, explain, fields as fields_at, reference, topics};
pub use scenario::{Scenario, VariantInfo};
pub use schema::{schema, study_schema};
pub use study::{Study, is_study};
