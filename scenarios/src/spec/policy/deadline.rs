//! `deadline`: bounds a call with all its attempts.

use crate::fields::*;
use crate::spec::Opt;
use brownout_sim_core::time::Span;

table! {
    /// How long a call may take, all its attempts and pauses included.
    pub struct Deadline "deadline" {
        /// Counted from the call's start.
        after: Opt<Span> = duration(), required(), "\"1s\"";
        /// Whether callees get to know it and give up then, too.
        propagate: Opt<bool> = boolean(), default("false"), "true";
        /// What is kept back for the way home when it is passed on.
        margin: Opt<Span> = duration_or_zero(), default("\"0s\""), "\"5ms\"";
    }
}
