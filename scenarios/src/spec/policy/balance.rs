//! `balance`: how a replica is picked.

use super::retry::NoSettings;
use crate::fields::*;
use crate::spec::Opt;
use brownout_sim_core::routing::Start;

kinds! {
    /// How a replica is picked.
    pub enum Balance "balance" default "round_robin" {
        "round_robin" => RoundRobin(RoundRobin),
        "random" => Random(NoSettings),
        "least_outstanding" => LeastOutstanding(NoSettings),
        "two_choices" => TwoChoices(TwoChoices),
        "weighted" => Weighted(NoSettings),
        "weighted_random" => WeightedRandom(NoSettings),
    }
}

table! {
    /// Each replica in turn.
    pub struct RoundRobin "balance" {
        /// Where the turn begins: at a replica drawn by each caller, or at the first.
        start: Opt<Start> = words(STARTS), default("\"random\""), "\"first\"";
    }
}

const STARTS: &[(&str, Start)] = &[("random", Start::Random), ("first", Start::First)];

table! {
    /// The less loaded of two drawn at random.
    pub struct TwoChoices "balance" {
        /// Whether both draws may meet the same replica, as in Envoy and gRPC.
        replacement: Opt<bool> = boolean(), default("false"), "true";
    }
}
