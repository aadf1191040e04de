//! `[knob.x]`: what a lab may turn.

use super::Opt;
use crate::fields::*;
use crate::syntax::units::Quantity;

table! {
    /// What a lab may turn.
    pub struct Knob "knob" {
        /// The setting's path.
        path: Opt<String> = path(), required(), "\"policy.app-to-db.timeout\"";
        /// The least.
        min: Opt<Quantity> = quantity(), required(), "\"50ms\"";
        /// The most.
        max: Opt<Quantity> = quantity(), required(), "\"5s\"";
        /// What it is called.
        label: Opt<String> = text(), optional(), "\"timeout\"";
    }
}
