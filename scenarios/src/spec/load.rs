//! `[load.x]`: where requests come from.

use super::flow::SessionStep;
use super::{At, Opt};
use crate::fields::*;
use crate::syntax::address::Address;
use crate::syntax::dist::{DistSpec, KeySpec};
use crate::syntax::instant::Instant;
use crate::syntax::number::Decimal;
use crate::syntax::units::{Rate, Ratio};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::Span;

table! {
    /// A source of requests, and the first caller of each.
    pub struct Load "load" {
        /// What its requests ask for; either this or `mix`.
        target: Opt<Address> = callee(), optional(), "\"web.home\"";
        /// What its requests ask for, by share; the shares add up to 100 %.
        mix: Opt<Vec<(At<Address>, At<Ratio>)>> = mix(), optional(), "{ \"web.home\" = \"80%\", \"web.cart\" = \"20%\" }";
        /// How requests come: open arrivals at a rate (`poisson`, `deterministic`, `mmpp`), `closed` users who wait for the answer, or recorded instants (`trace`).
        arrival: Opt<Arrival> = words(ARRIVALS), default("\"poisson\""), "\"poisson\"";
        /// Requests per second: one rate, or points in time; a point jumps to its value or, with `ramp`, slopes to it.
        rate: Opt<Vec<RatePoint>> = rate_points(), optional().live(), "[{ at = \"0s\", value = \"900/s\" }, { at = \"8m\", value = \"1200/s\" }]";
        /// A day's wave instead of, or on top of, `rate`.
        diurnal: Opt<Diurnal> = table::<Diurnal>(), optional().live(), "{ mean = \"500/s\", amplitude = \"60%\", period = \"24h\" }";
        /// Short crowds: the rate is multiplied for a while.
        spike: Opt<Vec<At<Spike>>> = one_or_many(table::<Spike>()), optional().live(), "[{ at = \"10m\", for = \"30s\", factor = \"x5\" }]";
        /// The states of bursts, for `arrival = "mmpp"`; each multiplies `rate`.
        mmpp: Opt<Mmpp> = table::<Mmpp>(), optional().live(), "{ states = [{ factor = \"x1\", mean = \"10s\" }, { factor = \"x5\", mean = \"1s\" }] }";
        /// How many users a closed load has.
        users: Opt<u32> = count(1, 10_000_000), optional().live(), "200";
        /// How long a closed load's user thinks between an answer and the next request.
        think: Opt<DistSpec> = dist(), default("\"0s\"").live(), "\"exponential(mean=5s)\"";
        /// A CSV file of recorded requests, relative to this one: `at_s` and, if wanted, `target`.
        trace: Opt<String> = file(), optional(), "\"friday.csv\"";
        /// Each arrival is a user who sends several requests.
        session: Opt<Session> = table::<Session>(), optional(), "{ requests = 5, think = \"exponential(mean=10s)\" }";
        /// A factor on the rate, for variants, axes and changes.
        scale: Opt<Factor> = factor_or_zero(), default("\"x1\"").live(), "\"x1.5\"";
        /// `ok` within this is goodput; any `ok` if absent.
        objective: Opt<Objective> = short::<Objective>("within"), optional(), "{ within = \"1s\", degraded = true }";
        /// Independent open callers with a policy state each. A closed load has one for each user.
        clients: Opt<u32> = count(1, 1_000_000), default("1"), "100";
        /// The zone its clients are in.
        zone: Opt<String> = name_of("a zone"), optional(), "\"a\"";
        /// Class of its requests; results are also told by class.
        class: Opt<String> = name_of("a class"), optional(), "\"checkout\"";
        /// Priority of its requests and of all they cause: lower is more important. A number, or a criticality: `critical_plus` is 0, `critical` 1, `sheddable_plus` 2, `sheddable` 3.
        priority: Opt<u32> = importance(), default("0"), "1";
        /// How the item that a request is about is chosen, for caches and shards.
        key: Opt<KeySpec> = keys(), optional(), "\"zipf(10000, 0.9)\"";
        /// Tags, for addresses such as `#edge`.
        tags: Opt<Vec<At<String>>> = many(name_of("a tag")), optional(), "[\"edge\"]";
        /// Whether it may stand unused.
        unused: Opt<bool> = boolean(), default("false"), "true";
    }
}

/// How requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Independent of each other, at a rate.
    Poisson,
    /// At even gaps.
    Deterministic,
    /// Users who wait for the answer, think, and ask again.
    Closed,
    /// Poisson, with a rate that jumps between states.
    Mmpp,
    /// Recorded instants.
    Trace,
}

const ARRIVALS: &[(&str, Arrival)] = &[
    ("poisson", Arrival::Poisson),
    ("deterministic", Arrival::Deterministic),
    ("closed", Arrival::Closed),
    ("mmpp", Arrival::Mmpp),
    ("trace", Arrival::Trace),
];

table! {
    /// From when on a rate holds.
    pub struct RatePoint "rate point" {
        /// When, since the run's beginning.
        at: Opt<Span> = duration_or_zero(), required(), "\"8m\"";
        /// The rate from then on.
        value: Opt<Rate> = rate_or_zero(), required(), "\"1200/s\"";
        /// How long the slope to it takes, beginning at `at`; a jump if absent.
        ramp: Opt<Span> = duration(), optional(), "\"30s\"";
    }
}

table! {
    /// A wave over the day: `mean * (1 + amplitude * sin(2 pi (t + phase) / period))`.
    pub struct Diurnal "diurnal" {
        /// The mean rate; without it `rate` is the mean.
        mean: Opt<Rate> = rate(), optional(), "\"500/s\"";
        /// How far the rate goes above and below the mean; either this or `peak`.
        amplitude: Opt<Ratio> = share(), optional(), "\"60%\"";
        /// The highest rate, at most twice the mean; either this or `amplitude`.
        peak: Opt<Rate> = rate(), optional(), "\"800/s\"";
        /// How long a wave takes.
        period: Opt<Span> = duration(), default("\"24h\""), "\"24h\"";
        /// How far into its wave the run begins; the mean rises at 0, the peak is at a quarter of the period.
        phase: Opt<Span> = duration_or_zero(), default("\"0s\""), "\"6h\"";
    }
}

table! {
    /// A short crowd.
    pub struct Spike "spike" {
        /// When it comes.
        at: Opt<Instant> = instant(), required(), "\"10m\"";
        /// How long it stays.
        lasts as "for": Opt<Span> = duration(), required(), "\"30s\"";
        /// What the rate is multiplied with.
        factor: Opt<Factor> = factor_or_zero(), required(), "\"x5\"";
    }
}

table! {
    /// Bursts: a Poisson process whose rate jumps between states.
    pub struct Mmpp "mmpp" {
        /// The states, passed through in turn, the first one first.
        states: Opt<Vec<At<MmppState>>> = many(table::<MmppState>()), required(), "[{ factor = \"x1\", mean = \"10s\" }, { factor = \"x5\", mean = \"1s\" }]";
    }
}

table! {
    /// One state of a bursty load.
    pub struct MmppState "mmpp state" {
        /// What the rate is multiplied with.
        factor: Opt<Factor> = factor_or_zero(), required(), "\"x5\"";
        /// How long the state lasts on average; the time is exponential.
        mean: Opt<Span> = duration(), required(), "\"10s\"";
    }
}

table! {
    /// What a user does who comes once and sends several requests.
    pub struct Session "session" {
        /// How many requests on average, each drawn from `mix`; the number is geometric. Either this or `path`.
        requests: Opt<Decimal> = number_from_1(1_000_000), optional(), "5";
        /// The requests in order, each with its chance; either this or `requests`.
        path: Opt<Vec<At<SessionStep>>> = many(session_step()), optional(), "[\"web.home\", \"web.cart | 30%\"]";
        /// Time between an answer and the next request.
        think: Opt<DistSpec> = dist(), default("\"0s\""), "\"exponential(mean=10s)\"";
    }
}

table! {
    /// What counts as goodput.
    pub struct Objective "objective" {
        /// The longest response time that is good.
        within: Opt<Span> = duration(), required(), "\"1s\"";
        /// Whether a degraded answer in time is good, too.
        degraded: Opt<bool> = boolean(), default("false"), "true";
    }
}
