//! One description of every field, from which the decoder's checks, the JSON Schema, the reference and `explain` come.
//!
//! `table!` declares a struct together with its fields' names, readers, defaults and examples; the doc comments are the
//! documentation users see. `kinds!` declares an enum of tables that differ by their `kind`. A *reader* turns a node of
//! the tree into a value and knows what it accepts ([`Shape`]).

mod cx;
mod flow;
mod macros;
mod read;
mod shape;
mod special;

pub(crate) use cx::Cx;
pub(crate) use flow::*;
pub(crate) use macros::{field_name, kinds, table};
pub(crate) use read::*;
pub use shape::{FieldInfo, Rule, Shape, TableInfo, lookup};
pub(crate) use shape::{default, optional, required};
pub(crate) use special::*;
