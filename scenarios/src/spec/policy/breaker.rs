//! `breaker`: stops calling a callee that keeps failing.

use crate::fields::*;
use crate::spec::{At, Opt, Switch};
use crate::syntax::backoff::Backoff;
use crate::syntax::units::{Rate, Ratio};
use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::breaker::Fidelity;
use brownout_sim_core::policy::breaker::resilience4j::{AfterHalfOpen, Mode, WindowType};
use brownout_sim_core::time::Span;

kinds! {
    /// Stops calling a callee that keeps failing, and tries it again with a few calls later on.
    pub enum Breaker "breaker" default "consecutive" {
        "consecutive" => Consecutive(Consecutive),
        "hystrix" => Hystrix(Hystrix),
        "resilience4j" => Resilience4j(Resilience4j),
        "polly" => Polly(Polly),
        "cockatiel" => Cockatiel(Cockatiel),
        "opossum" => Opossum(Opossum),
        "finagle" => Finagle(FailureAccrual),
    }
}

table! {
    /// What a breaker makes of outcomes; what is neither a failure nor ignored is a success.
    pub struct Judge "breaker" {
        /// Which outcomes are failures. By default all but `bad_request`, `cancelled` and `breaker_open`; for Finagle the caller's own rejections are none either.
        on: Opt<Vec<At<Outcome>>> = many(outcome()), optional(), "[\"error\", \"timeout\", \"refused\"]";
        /// Which outcomes do not count at all. By default `cancelled`, `breaker_open` and, but for Polly, opossum and pybreaker, `bad_request`; for Finagle the caller's own rejections too.
        ignore: Opt<Vec<At<Outcome>>> = many(outcome()), optional(), "[\"cancelled\", \"bad_request\"]";
    }
}

const FIDELITIES: &[(&str, Fidelity)] = &[("faithful", Fidelity::Faithful), ("documented", Fidelity::Documented)];

table! {
    /// Opens after so many failures in a row; also as pybreaker and linkerd.
    pub struct Consecutive "breaker" {
        /// Whose numbers and habits the others default to.
        library: Opt<Library> = words(LIBRARIES), default("\"plain\""), "\"linkerd\"";
        /// Failures in a row that open it; by `library` 5, or 7 for linkerd.
        failures: Opt<u32> = count(1, 1_000_000), optional(), "5";
        /// How long it stays open, by how often it has opened in a row; by `library` 30 s, 60 s for pybreaker, or 1 s to 60 s for linkerd.
        wait: Opt<Backoff> = backoff(), optional(), "\"exponential(1s, factor=2, cap=60s)\"";
        /// Opens at too low a share of successes as well (linkerd).
        success_rate: Opt<SuccessRate> = table::<SuccessRate>(), optional(), "{ threshold = \"80%\", window = \"30s\", min_requests = 10 }";
        /// Whether calls from before the opening decide in the half-open state (`faithful`, linkerd's default) or the probe alone.
        late_results: Opt<Fidelity> = words(FIDELITIES), optional(), "\"documented\"";
        /// Whether the call that opens it is itself reported as refused; pybreaker does so.
        mask_tripping_call: Opt<bool> = boolean(), optional(), "true";
        /// What fails a probe besides; for linkerd `quota`.
        also_fail_a_probe: Opt<Vec<At<Outcome>>> = many(outcome()), optional(), "[\"quota\"]";
        /// What counts as a failure.
        judge: Judge = inline::<Judge>(), optional(), "";
    }
}

/// Whose numbers a breaker that counts failures in a row starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// Nobody's: the textbook breaker.
    Plain,
    /// pybreaker's.
    Pybreaker,
    /// linkerd's, for a service that asks for it.
    Linkerd,
}

const LIBRARIES: &[(&str, Library)] = &[
    ("plain", Library::Plain),
    ("pybreaker", Library::Pybreaker),
    ("linkerd", Library::Linkerd),
];

table! {
    /// A share of successes below which it opens.
    pub struct SuccessRate "success_rate" {
        /// The share below which it opens.
        threshold: Opt<Ratio> = share(), required(), "\"80%\"";
        /// How far back it looks.
        window: Opt<Span> = duration(), required(), "\"30s\"";
        /// Results in the window below which it says nothing.
        min_requests: Opt<u32> = count(1, 1_000_000), required(), "10";
    }
}

table! {
    /// As Hystrix: looks at the share of errors twice a second.
    pub struct Hystrix "breaker" {
        /// Whether it ever opens.
        enabled: Opt<bool> = boolean(), default("true"), "false";
        /// Whether it refuses everything.
        force_open: Opt<bool> = boolean(), default("false"), "true";
        /// Whether it lets everything pass.
        force_closed: Opt<bool> = boolean(), default("false"), "true";
        /// Calls in the window below which it does not open.
        request_volume_threshold: Opt<u32> = count(0, 1_000_000_000), default("20"), "20";
        /// The share of errors at which it opens, in whole percent.
        error_threshold_percentage: Opt<Ratio> = share(), default("\"50%\""), "\"50%\"";
        /// How long it stays open before a probe, in whole milliseconds.
        sleep_window: Opt<Span> = duration_or_zero(), default("\"5s\""), "\"5s\"";
        /// How far back it looks.
        rolling_stats_time: Opt<Span> = duration(), default("\"10s\""), "\"10s\"";
        /// How often it looks.
        health_snapshot_interval: Opt<Span> = duration(), default("\"500ms\""), "\"500ms\"";
        /// Whether it looks only at the ends of intervals, as the library does, or at each result.
        health: Opt<Fidelity> = words(FIDELITIES), default("\"faithful\""), "\"documented\"";
        /// Whether any call that ends while a probe is out opens it again, as in the library, or only the probe.
        half_open_interference: Opt<Fidelity> = words(FIDELITIES), default("\"faithful\""), "\"documented\"";
        /// What counts as an error.
        judge: Judge = inline::<Judge>(), optional(), "";
    }
}

table! {
    /// As resilience4j: a share of failed or slow calls of the last calls or seconds.
    pub struct Resilience4j "breaker" {
        /// The share of failures at which it opens.
        failure_rate_threshold: Opt<Ratio> = share(), default("\"50%\""), "\"50%\"";
        /// The share of slow calls at which it opens.
        slow_call_rate_threshold: Opt<Ratio> = share(), default("\"100%\""), "\"100%\"";
        /// What takes longer is slow.
        slow_call_duration_threshold: Opt<Span> = duration(), default("\"60s\""), "\"2s\"";
        /// Whether the window holds calls or seconds.
        sliding_window_type: Opt<WindowType> = words(WINDOWS), default("\"count_based\""), "\"time_based\"";
        /// The window, in calls or seconds.
        sliding_window_size: Opt<u32> = count(1, 100_000), default("100"), "100";
        /// Calls in the window below which it does not open.
        minimum_number_of_calls: Opt<u32> = count(1, 100_000), default("100"), "10";
        /// Probes that pass while it is half-open.
        permitted_number_of_calls_in_half_open_state: Opt<u32> = count(1, 100_000), default("10"), "10";
        /// How long it stays open, by how often it has opened in a row.
        wait_duration_in_open_state: Opt<Backoff> = backoff(), default("\"60s\""), "\"60s\"";
        /// How long it waits for its probes; zero is for ever.
        max_wait_duration_in_half_open_state: Opt<Span> = duration_or_zero(), default("\"0s\""), "\"10s\"";
        /// Where it goes when that has passed.
        transition_to_state_after_wait_duration: Opt<AfterHalfOpen> = words(AFTER_HALF_OPEN), default("\"open\""), "\"closed\"";
        /// Whether a timer ends the open state, rather than the next call.
        automatic_transition_from_open_to_half_open_enabled: Opt<bool> = boolean(), default("false"), "true";
        /// Whether it acts, only counts, or refuses everything.
        mode: Opt<Mode> = words(MODES), default("\"normal\""), "\"metrics_only\"";
        /// Whether calls from before the opening count among the probes, as in the library.
        late_results: Opt<Fidelity> = words(FIDELITIES), default("\"faithful\""), "\"documented\"";
        /// What counts as a failure.
        judge: Judge = inline::<Judge>(), optional(), "";
    }
}

const WINDOWS: &[(&str, WindowType)] = &[
    ("count_based", WindowType::CountBased),
    ("time_based", WindowType::TimeBased),
];

const AFTER_HALF_OPEN: &[(&str, AfterHalfOpen)] = &[("open", AfterHalfOpen::Open), ("closed", AfterHalfOpen::Closed)];

const MODES: &[(&str, Mode)] = &[
    ("normal", Mode::Normal),
    ("disabled", Mode::Disabled),
    ("metrics_only", Mode::MetricsOnly),
    ("forced_open", Mode::ForcedOpen),
];

table! {
    /// As Polly v8: a share of failures of late, and one probe.
    pub struct Polly "breaker" {
        /// The share of failures at which it opens.
        failure_ratio: Opt<Ratio> = share(), default("\"10%\""), "\"50%\"";
        /// Calls in the window below which it does not open.
        minimum_throughput: Opt<u32> = count(2, 1_000_000_000), default("100"), "10";
        /// How far back it looks.
        sampling_duration: Opt<Span> = duration(), default("\"30s\""), "\"10s\"";
        /// How long it stays open, by how many probes have failed.
        break_duration: Opt<Backoff> = backoff(), default("\"5s\""), "\"5s\"";
        /// Whether it refuses everything.
        isolated: Opt<bool> = boolean(), default("false"), "true";
        /// Whether calls from before the opening decide in the half-open state, as in the library, or the probe alone.
        late_results: Opt<Fidelity> = words(FIDELITIES), default("\"faithful\""), "\"documented\"";
        /// What is handled.
        judge: Judge = inline::<Judge>(), optional(), "";
    }
}

table! {
    /// As cockatiel, which has no defaults: what holds here are its documentation's examples.
    pub struct Cockatiel "breaker" {
        /// What opens it.
        rule: Opt<Rule> = kind_or_table::<Rule>(), default("\"consecutive\""), "{ kind = \"sampling\", threshold = \"20%\", duration = \"30s\" }";
        /// How long it stays open, by how often it has opened in a row.
        half_open_after: Opt<Backoff> = backoff(), default("\"10s\""), "\"10s\"";
        /// What is handled.
        judge: Judge = inline::<Judge>(), optional(), "";
    }
}

kinds! {
    /// What opens a cockatiel breaker.
    pub enum Rule "rule" default "consecutive" {
        "consecutive" => Consecutive(RuleConsecutive),
        "sampling" => Sampling(RuleSampling),
    }
}

table! {
    /// So many failures in a row.
    pub struct RuleConsecutive "rule" {
        /// How many.
        threshold: Opt<u32> = count(1, 1_000_000), default("5"), "5";
    }
}

table! {
    /// More than a share of failures of late.
    pub struct RuleSampling "rule" {
        /// The share above which it opens.
        threshold: Opt<Ratio> = share(), default("\"20%\""), "\"20%\"";
        /// How far back it looks, in whole milliseconds, at most a day.
        duration: Opt<Span> = duration(), default("\"30s\""), "\"30s\"";
        /// Calls per second below which it does not open; without it, as many as make five failures a second.
        minimum_rps: Opt<Rate> = rate_or_zero(), optional(), "\"10/s\"";
    }
}

table! {
    /// As opossum: more than a share of errors of late.
    pub struct Opossum "breaker" {
        /// The share of errors above which it opens.
        error_threshold_percentage: Opt<Ratio> = share(), default("\"50%\""), "\"50%\"";
        /// How far back it looks.
        rolling_count_timeout: Opt<Span> = duration(), default("\"10s\""), "\"10s\"";
        /// Into how many parts that is divided.
        rolling_count_buckets: Opt<u32> = count(1, 100_000), default("10"), "10";
        /// How long it stays open.
        reset_timeout: Opt<Span> = duration(), default("\"30s\""), "\"30s\"";
        /// Calls in the window below which it does not open.
        volume_threshold: Opt<u32> = count(0, 1_000_000_000), default("0"), "5";
        /// What counts as an error.
        judge: Judge = inline::<Judge>(), optional(), "";
    }
}

table! {
    /// As Finagle's failure accrual: too low a share of successes, or too many failures in a row.
    pub struct FailureAccrual "breaker" {
        /// The share of successes below which it opens; `"none"` leaves it out.
        success_rate: Opt<Switch<AverageRate>> = switch(table::<AverageRate>()), default("{ required = \"80%\", window = \"30s\", min_requests = 5 }"), "{ required = \"80%\", window = \"30s\", min_requests = 5 }";
        /// Failures in a row that open it; `"none"` leaves them out.
        consecutive_failures: Opt<Switch<u32>> = switch(count(1, 1_000_000)), default("5"), "5";
        /// How long it stays open, by how often it has opened in a row.
        mark_dead_for: Opt<Backoff> = backoff(), default("\"finagle_equal(start=5s, max=300s)\""), "\"finagle_equal(start=5s, max=300s)\"";
        /// What counts as a failure.
        judge: Judge = inline::<Judge>(), optional(), "";
    }
}

table! {
    /// An average of successes that forgets; without the table 80 % over 30 s.
    pub struct AverageRate "success_rate" {
        /// The share below which it opens.
        required: Opt<Ratio> = share(), default("\"80%\""), "\"80%\"";
        /// How fast the average forgets.
        window: Opt<Span> = duration(), default("\"30s\""), "\"30s\"";
        /// Results below which it says nothing.
        min_requests: Opt<u32> = count(0, 1_000_000), default("5"), "5";
    }
}
