//! `[zone.x]`: places to fail.

use super::Opt;
use crate::fields::*;
use crate::syntax::units::Price;

table! {
    /// A place to fail: all that is in it and its links. Not called.
    pub struct Zone "zone" {
        /// The region it is in; zones without one are in the same.
        region: Opt<String> = name_of("a region"), optional(), "\"eu\"";
        /// What data that leaves it costs.
        price: Opt<Price> = price(), optional(), "\"0.01 EUR/GB\"";
        /// Whether it may stand unused.
        unused: Opt<bool> = boolean(), default("false"), "true";
    }
}
