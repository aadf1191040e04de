//! `balance`: how a replica is picked.

use crate::fields::*;
use crate::spec::{Opt, Switch};
use crate::syntax::number::Decimal;
use crate::syntax::units::Ratio;
use brownout_sim_core::routing::Start;
use brownout_sim_core::routing::bounded_load::Next;
use brownout_sim_core::routing::least_request::SelectionMethod;
use brownout_sim_core::time::Span;

kinds! {
    /// How a replica is picked.
    pub enum Balance "balance" default "round_robin" {
        "round_robin" => RoundRobin(RoundRobin),
        "random" => Random(Random),
        "least_outstanding" => LeastOutstanding(LeastOutstanding),
        "two_choices" => TwoChoices(TwoChoices),
        "weighted" => Weighted(Weighted),
        "weighted_random" => WeightedRandom(WeightedRandom),
        "edf" => Edf(Edf),
        "client_side_wrr" => ClientSideWrr(ClientSideWrr),
        "least_request" => LeastRequest(LeastRequest),
        "p2c" => P2c(P2c),
        "peak_ewma" => PeakEwma(PeakEwma),
        "random_draws" => RandomDraws(RandomDraws),
        "least_conn" => LeastConn(LeastConn),
        "ring_hash" => RingHash(RingHash),
        "maglev" => Maglev(Maglev),
        "pick_first" => PickFirst(PickFirst),
    }
}

table! {
    /// Each replica in turn.
    pub struct RoundRobin "balance" {
        /// Where the turn begins: at a replica drawn by each caller, or at the first.
        start: Opt<Start> = words(STARTS), default("\"random\""), "\"first\"";
    }
}

table! {
    /// All calls to one, until its connection is refused or breaks; then the next in the list has them, as gRPC without a service config.
    pub struct PickFirst "balance" {
        /// Where a caller's list begins: at a replica drawn by each caller, as a resolver shuffles them, or at the first.
        start: Opt<Start> = words(STARTS), default("\"random\""), "\"first\"";
    }
}

const STARTS: &[(&str, Start)] = &[("random", Start::Random), ("first", Start::First)];

table! {
    /// Any replica, all equally likely.
    pub struct Random "balance" {
    }
}

table! {
    /// The one with the fewest calls of this caller outstanding, of all; drawn among equals.
    pub struct LeastOutstanding "balance" {
    }
}

table! {
    /// The less loaded of two drawn at random.
    pub struct TwoChoices "balance" {
        /// Whether both draws may meet the same replica, as in Envoy and gRPC.
        replacement: Opt<bool> = boolean(), default("false"), "true";
    }
}

table! {
    /// Each replica in turn as often as its weight says, evenly spread, as nginx. A weight is its service's affair: `weights`.
    pub struct Weighted "balance" {
    }
}

table! {
    /// Any replica, with chances in proportion to the weights.
    pub struct WeightedRandom "balance" {
    }
}

table! {
    /// Each replica in turn, as often as its weight: earliest deadline first, as Envoy's weighted round robin.
    pub struct Edf "balance" {
        /// Whether each caller skips some turns at first, so that not all begin with the same replica.
        start: Opt<Start> = words(STARTS), default("\"random\""), "\"first\"";
        /// How new replicas gain weight; at once if absent.
        slow_start: Opt<SlowStart> = kind_or_table::<SlowStart>(), optional(), "{ kind = \"envoy\", slow_start_window = \"60s\" }";
    }
}

table! {
    /// The one with the fewest calls for its weight, in turn among equals, as HAProxy's `leastconn`.
    pub struct LeastConn "balance" {
    }
}

kinds! {
    /// How the weight of a replica grows that was added during the run, or that checks found well again.
    pub enum SlowStart "slow_start" default "envoy" {
        "envoy" => Envoy(EnvoySlowStart),
        "haproxy" => Haproxy(HaproxySlowStart),
    }
}

table! {
    /// As Envoy: `(age / slow_start_window) ^ (1 / aggression)`.
    pub struct EnvoySlowStart "slow_start" {
        /// How long it takes.
        slow_start_window: Opt<Span> = duration(), required(), "\"60s\"";
        /// 1 is linear; more begins faster.
        aggression: Opt<Decimal> = number_above_zero(1_000), default("1"), "2";
        /// The share of its weight that it has from the start.
        min_weight_percent: Opt<Ratio> = share(), default("\"10%\""), "\"10%\"";
    }
}

table! {
    /// As HAProxy: linear, in sixteenths of the weight and whole seconds.
    pub struct HaproxySlowStart "slow_start" {
        /// How long it takes.
        slowstart: Opt<Span> = duration(), required(), "\"30s\"";
    }
}

table! {
    /// Each in turn, by weights from the replicas' own load reports, as gRPC's `weighted_round_robin`. A replica reports once a second, in its answers, the calls and errors per second and how busy its cores (or else its workers) are; one without limits of either has nothing to report.
    pub struct ClientSideWrr "balance" {
        /// How long after its first report a replica's weight is not yet used.
        blackout_period: Opt<Span> = duration_or_zero(), default("\"10s\""), "\"10s\"";
        /// How long after its last report it is still used.
        weight_expiration_period: Opt<Span> = duration(), default("\"180s\""), "\"180s\"";
        /// How often weights are looked at.
        weight_update_period: Opt<Span> = duration(), default("\"1s\""), "\"1s\"";
        /// How much of the share of errors counts as utilization; 0 is nothing.
        error_utilization_penalty: Opt<Decimal> = number_or_zero(1_000_000), default("1"), "1";
    }
}

table! {
    /// The one with the fewest calls out of several drawn with replacement, as Envoy and gRPC. Where weights differ, Envoy takes turns by `weight / (outstanding + 1)^bias` instead.
    pub struct LeastRequest "balance" {
        /// How many are drawn; gRPC allows at most 10.
        choice_count: Opt<u32> = count(2, 100_000), default("2"), "2";
        /// Whether the least is sought among those drawn or among all.
        selection_method: Opt<SelectionMethod> = words(SELECTIONS), default("\"n_choices\""), "\"full_scan\"";
        /// How much calls outstanding lower a weight where weights differ; 0 is not at all.
        active_request_bias: Opt<Decimal> = number_or_zero(1_000), default("1"), "1";
        /// How new replicas gain weight; at once if absent.
        slow_start: Opt<SlowStart> = kind_or_table::<SlowStart>(), optional(), "{ kind = \"envoy\", slow_start_window = \"60s\" }";
    }
}

const SELECTIONS: &[(&str, SelectionMethod)] = &[
    ("n_choices", SelectionMethod::NChoices),
    ("full_scan", SelectionMethod::FullScan),
];

table! {
    /// The one with fewer calls of two different ones drawn, as Finagle and tower.
    pub struct P2c "balance" {
        /// Whether one that is not ejected and passes checks is taken before one that is and does not, whatever the load, as in Finagle; nobody is left out then.
        prefer_healthy: Opt<bool> = boolean(), default("true"), "false";
    }
}

table! {
    /// The one with the lower load of two different ones drawn: its response time, which jumps up at once and comes down slowly, times one more than the calls outstanding.
    pub struct PeakEwma "balance" {
        /// Whose numbers and habits the others default to: linkerd's, which are tower's, or Finagle's.
        library: Opt<EwmaLibrary> = words(EWMA_LIBRARIES), default("\"linkerd\""), "\"finagle\"";
        /// In this time an estimate loses all but 1/e of its distance to what is measured.
        decay: Opt<Span> = duration(), default("\"10s\""), "\"10s\"";
        /// What is believed of a replica that has not answered yet; `"none"` is Finagle's: nothing until it is called, and the worst while its first calls are out. By `library` 30 ms or `"none"`.
        default_rtt: Opt<Switch<Span>> = switch(duration()), optional(), "\"30ms\"";
        /// Whether one that is not ejected and passes checks is taken before one that is and does not, whatever the load; nobody is left out then. By `library` `false` or, for Finagle, `true`.
        prefer_healthy: Opt<bool> = boolean(), optional(), "true";
    }
}

/// Whose peak EWMA it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EwmaLibrary {
    /// linkerd's, and tower's.
    Linkerd,
    /// Finagle's `p2cPeakEwma`.
    Finagle,
}

const EWMA_LIBRARIES: &[(&str, EwmaLibrary)] = &[("linkerd", EwmaLibrary::Linkerd), ("finagle", EwmaLibrary::Finagle)];

table! {
    /// The one with the fewest calls for its weight of several drawn by weight, the last one on a tie, as HAProxy's `random`.
    pub struct RandomDraws "balance" {
        /// How many are drawn.
        draws: Opt<u32> = count(1, 100_000), default("2"), "2";
    }
}

table! {
    /// By the request's key on a ring of hashes, as Envoy and gRPC: when a replica leaves, only its own keys move. A request's key is its load's `key`; without one each request has its own.
    pub struct RingHash "balance" {
        /// How many points there are at least.
        minimum_ring_size: Opt<u32> = count(1, 8_388_608), default("1024"), "1024";
        /// How many points there are at most; gRPC has 4096.
        maximum_ring_size: Opt<u32> = count(1, 8_388_608), default("8388608"), "4096";
        /// How many calls a replica may have, in per cent of the mean, before keys go elsewhere; any number if absent.
        hash_balance_factor: Opt<u32> = count(100, 1_000_000), optional(), "125";
        /// Where keys go then: to the others in an order that the key decides, as in Envoy, or on along the ring, as in HAProxy.
        overflow: Opt<Next> = words(OVERFLOWS), default("\"random_jump\""), "\"along_the_ring\"";
    }
}

const OVERFLOWS: &[(&str, Next)] = &[
    ("random_jump", Next::RandomJump),
    ("along_the_ring", Next::AlongTheRing),
];

table! {
    /// By the request's key in a table that is filled evenly, as Envoy's Maglev. A request's key is its load's `key`; without one each request has its own.
    pub struct Maglev "balance" {
        /// How many places the table has: a prime.
        table_size: Opt<u32> = count(2, 5_000_011), default("65537"), "65537";
        /// How many calls a replica may have, in per cent of the mean, before keys go elsewhere; any number if absent.
        hash_balance_factor: Opt<u32> = count(100, 1_000_000), optional(), "125";
    }
}
