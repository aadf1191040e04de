//! `[expect.x]`: what must hold. `[measure]`: what to report.

use super::{At, Opt};
use crate::fields::*;
use crate::syntax::expr::Condition;
use crate::syntax::instant::{During, Within};
use crate::syntax::units::Ratio;
use brownout_sim_core::time::Span;

table! {
    /// A statement that must hold.
    pub struct Expect "expect" {
        /// The statement: a metric compared with a bound.
        that: Opt<Condition> = condition(), required(), "\"success_ratio(web.home) >= 99.9%\"";
        /// Over which span the metric is taken; from the warm-up to the end if absent.
        during: Opt<During> = during(), optional(), "\"2m .. fault.db-slow.start\"";
        /// It holds at some instant within this time, and from then on.
        within: Opt<Within> = within(), optional(), "\"2m after fault.db-slow.end\"";
        /// For which variants it must hold; for all if absent.
        variants: Opt<Vec<At<String>>> = many(name_of("a variant")), optional(), "[\"budget\"]";
        /// In what share of the runs a yes-or-no statement must hold; in every run if absent.
        share: Opt<Ratio> = share(), default("\"100%\""), "\"90%\"";
        /// How long `within` wants it to hold each time.
        over: Opt<Span> = duration(), default("\"10s\""), "\"10s\"";
        /// What tables call it.
        label: Opt<String> = text(), optional(), "\"recovers by itself\"";
    }
}
