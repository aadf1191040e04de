//! `health`: active health checks.

use crate::fields::*;
use crate::spec::{At, Opt};
use brownout_sim_core::routing::health::{InitState, IntervalFrom, OnError};
use brownout_sim_core::time::Span;

kinds! {
    /// Checks every replica in the background, and leaves out those that do not pass. A dead process refuses a check, a lost machine or a frozen process does not answer it, a slow one answers it as ever. Each caller checks for itself.
    pub enum Health "health" default "haproxy" {
        "haproxy" => Haproxy(HaproxyHealth),
        "envoy" => Envoy(EnvoyHealth),
    }
}

table! {
    /// As HAProxy: `rise` and `fall`.
    pub struct HaproxyHealth "health" {
        /// Between checks, at least 1 ms.
        inter: Opt<Span> = duration(), default("\"2s\""), "\"2s\"";
        /// Between checks while results speak against the replica's state; `inter` if absent.
        fastinter: Opt<Span> = duration(), optional(), "\"500ms\"";
        /// Between checks of a replica that is down; `inter` if absent.
        downinter: Opt<Span> = duration(), optional(), "\"5s\"";
        /// How long a check may take; `inter` if absent.
        timeout_check: Opt<Span> = duration(), optional(), "\"1s\"";
        /// Passes in a row that bring a replica up.
        rise: Opt<u32> = count(1, 1_000_000), default("2"), "2";
        /// Failures in a row that take it down.
        fall: Opt<u32> = count(1, 1_000_000), default("3"), "3";
        /// What a replica is before its first check: up or down until one result says otherwise, or fully so.
        init_state: Opt<InitState> = words(INIT_STATES), default("\"up\""), "\"fully_up\"";
        /// From which end of a check the interval counts.
        interval_from: Opt<IntervalFrom> = words(INTERVALS_FROM), default("\"start\""), "\"end\"";
        /// Real traffic that counts as well: connections alone (`layer4`), or answers too (`layer7`); none if absent.
        observe: Opt<Layer> = words(LAYERS), optional(), "\"layer7\"";
        /// Errors of real traffic in a row that do what `on_error` says.
        error_limit: Opt<u32> = count(1, 1_000_000), default("10"), "10";
        /// What they do: nothing but an early check, as a failed check, down at the next failure, or down.
        on_error: Opt<OnError> = words(ON_ERRORS), default("\"fail_check\""), "\"mark_down\"";
        /// What the check depends on: it fails if none of a service's replicas answers the one checked.
        depends_on: Opt<Vec<At<String>>> = many(name_of("a service")), optional(), "[\"db\"]";
    }
}

/// Which of real traffic HAProxy observes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Connections.
    Layer4,
    /// Answers, too.
    Layer7,
}

const LAYERS: &[(&str, Layer)] = &[("layer4", Layer::Layer4), ("layer7", Layer::Layer7)];

const INIT_STATES: &[(&str, InitState)] = &[
    ("fully_up", InitState::FullyUp),
    ("up", InitState::Up),
    ("down", InitState::Down),
    ("fully_down", InitState::FullyDown),
];

const INTERVALS_FROM: &[(&str, IntervalFrom)] = &[("start", IntervalFrom::Start), ("end", IntervalFrom::End)];

const ON_ERRORS: &[(&str, OnError)] = &[
    ("fastinter", OnError::Fastinter),
    ("fail_check", OnError::FailCheck),
    ("sudden_death", OnError::SuddenDeath),
    ("mark_down", OnError::MarkDown),
];

table! {
    /// As Envoy: thresholds, and an interval for each situation. A replica is down until its first check has passed.
    pub struct EnvoyHealth "health" {
        /// How long a check may take.
        timeout: Opt<Span> = duration(), required(), "\"1s\"";
        /// Between checks.
        interval: Opt<Span> = duration(), required(), "\"5s\"";
        /// Passes in a row that bring a replica up.
        healthy_threshold: Opt<u32> = count(1, 1_000_000), required(), "2";
        /// Failures in a row that take it down.
        unhealthy_threshold: Opt<u32> = count(1, 1_000_000), required(), "3";
        /// Between checks while the callee has never been called.
        no_traffic_interval: Opt<Span> = duration(), default("\"60s\""), "\"60s\"";
        /// The same while the replica is up; `no_traffic_interval` if absent.
        no_traffic_healthy_interval: Opt<Span> = duration(), optional(), "\"10s\"";
        /// Between checks of a replica that is down; `interval` if absent.
        unhealthy_interval: Opt<Span> = duration(), optional(), "\"10s\"";
        /// Before the first check after it went down; `unhealthy_interval` if absent.
        unhealthy_edge_interval: Opt<Span> = duration(), optional(), "\"1s\"";
        /// Before the first check after it came up; `interval` if absent.
        healthy_edge_interval: Opt<Span> = duration(), optional(), "\"1s\"";
        /// The first check comes up to so much later, in whole milliseconds.
        initial_jitter: Opt<Span> = duration_or_zero(), default("\"0s\""), "\"1s\"";
        /// Each later one, too.
        interval_jitter: Opt<Span> = duration_or_zero(), default("\"0s\""), "\"1s\"";
        /// And up to this share of the interval, in whole percent.
        interval_jitter_percent: Opt<crate::syntax::units::Ratio> = share(), default("\"0%\""), "\"10%\"";
        /// From which end of a check the interval counts.
        interval_from: Opt<IntervalFrom> = words(INTERVALS_FROM), default("\"end\""), "\"start\"";
        /// What the check depends on: it fails if none of a service's replicas answers the one checked.
        depends_on: Opt<Vec<At<String>>> = many(name_of("a service")), optional(), "[\"db\"]";
    }
}
