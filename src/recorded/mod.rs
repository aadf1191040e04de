//! What a run recorded, with names put to it: timelines and changes of state.
//!
//! The JSON answer, results on disk and figures all take it from here.

mod changes;
mod series;

pub use changes::{Change, changes};
pub use series::{Component, Kind, Numbers, Series};
