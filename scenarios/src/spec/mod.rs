//! What a file says: typed values, each with its place, before names are looked up.
//!
//! A field that the file does not set is `None`; defaults are for the lowering (they stand in the fields' descriptions). A
//! field that could not be read is `None` too, and then there is an error: lower a [`Spec`] to a model only if its decoding
//! left none. Named tables are there even if fields of theirs are wrong, so that their names are known.
//!
//! Each struct is declared by `table!`, which is also the description that the decoder's checks, the JSON
//! Schema, the reference and `explain` come from.

pub mod admission;
pub mod change;
mod check;
mod decode;
pub mod expect;
pub mod external;
pub mod fault;
mod file;
pub mod flow;
pub mod knob;
pub mod link;
pub mod load;
pub mod policy;
pub mod queue;
pub mod run;
pub mod service;
pub mod spread;
pub mod study;
pub mod zone;

pub use crate::document::{At, Place};
pub use decode::decode;
pub(crate) use decode::decode_study;
pub use file::Spec;

/// A setting that may be absent.
pub type Opt<T> = Option<At<T>>;

/// A table with a name of its own: `[service.web]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<T> {
    /// Its name, standing at the key.
    pub name: At<String>,
    /// What it says.
    pub it: T,
    /// The table: its header. A field `at` of the table itself is `it.at`.
    pub at: Place,
}

impl<T> core::ops::Deref for Named<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.it
    }
}

/// A count, or none at all: `"unlimited"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// At most so many.
    Count(u32),
    /// Any number.
    Unlimited,
}

impl Limit {
    /// The count, if there is one.
    pub fn count(self) -> Option<u32> {
        match self {
            Limit::Count(it) => Some(it),
            Limit::Unlimited => None,
        }
    }
}

/// A setting, or `"none"`: switched off where a less specific table has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Switch<T> {
    /// Switched off.
    None,
    /// In force.
    Set(T),
}

impl<T> Switch<T> {
    /// The setting, if it is in force.
    pub fn set(&self) -> Option<&T> {
        match self {
            Switch::None => None,
            Switch::Set(it) => Some(it),
        }
    }
}
