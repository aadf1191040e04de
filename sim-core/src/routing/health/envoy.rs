//! Envoy's health checks: thresholds, and an interval for each situation.
//!
//! A host is down until its first check has passed, and one pass is enough for that. A check that fails with an
//! unexpected status takes it down at once, unless that status is listed as retriable; any other failure counts.
//!
//! | the next check comes after | when |
//! | --- | --- |
//! | `no_traffic_interval` (healthy: `no_traffic_healthy_interval`) | the cluster has never been called |
//! | `unhealthy_edge_interval`, `healthy_edge_interval` | this check took the host down, or brought it up |
//! | `unhealthy_interval` | it is down |
//! | `interval` | it is up |
//!
//! The first that fits holds. The interval counts from the end of a check; jitter is added in whole milliseconds, first
//! the share, then the length.
//!
//! Source: Envoy, `HealthCheck` of core API v3 (defaults) and `health_checker_impl.cc`.

use super::{Change, Check, IntervalFrom, State};
use crate::policy::{Invalid, require};
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of Envoy's health checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envoy {
    /// How long a check may take.
    pub timeout: Span,
    /// Between checks.
    pub interval: Span,
    /// Passes in a row that bring a host up.
    pub healthy_threshold: u32,
    /// Failures in a row that take it down.
    pub unhealthy_threshold: u32,
    /// Between checks while the cluster has never been called.
    pub no_traffic_interval: Span,
    /// The same while the host is up; `None` is `no_traffic_interval`.
    pub no_traffic_healthy_interval: Option<Span>,
    /// Between checks of a host that is down; `None` is `interval`.
    pub unhealthy_interval: Option<Span>,
    /// Before the first check after it went down; `None` is `unhealthy_interval`.
    pub unhealthy_edge_interval: Option<Span>,
    /// Before the first check after it came up; `None` is `interval`.
    pub healthy_edge_interval: Option<Span>,
    /// The first check comes up to so much later, in whole milliseconds.
    pub initial_jitter: Span,
    /// Each later one, too.
    pub interval_jitter: Span,
    /// And up to this percentage of the interval.
    pub interval_jitter_percent: u32,
    /// From where the interval counts.
    pub interval_from: IntervalFrom,
}

impl Envoy {
    /// Envoy's defaults for what has one; timeout, interval and thresholds have none.
    pub const fn new(timeout: Span, interval: Span, healthy_threshold: u32, unhealthy_threshold: u32) -> Envoy {
        Envoy {
            timeout,
            interval,
            healthy_threshold,
            unhealthy_threshold,
            no_traffic_interval: Span::from_secs(60),
            no_traffic_healthy_interval: None,
            unhealthy_interval: None,
            unhealthy_edge_interval: None,
            healthy_edge_interval: None,
            initial_jitter: Span::ZERO,
            interval_jitter: Span::ZERO,
            interval_jitter_percent: 0,
            interval_from: IntervalFrom::End,
        }
    }

    pub(super) fn start(&self, now: SimTime, draw: &mut impl Draw) -> State {
        State::new(false, now + jitter(self.initial_jitter, draw))
    }

    pub(super) fn result(
        &self,
        state: &mut State,
        now: SimTime,
        check: Check,
        traffic: bool,
        draw: &mut impl Draw,
    ) -> Option<Change> {
        let first = core::mem::replace(&mut state.first, false);
        let change = match check {
            Check::Passed => state.count(true, if first { 1 } else { self.healthy_threshold }),
            Check::Failed => state.count(false, self.unhealthy_threshold),
            Check::FailedAtOnce => state.count(false, 1),
        };
        let base = self.interval(state.up, change.is_some(), traffic);
        let share = base.scale(u64::from(self.interval_jitter_percent), 100);
        let wait = base + jitter(share, draw) + jitter(self.interval_jitter, draw);
        state.next(now, self.interval_from, wait);
        change
    }

    fn interval(&self, up: bool, changed: bool, traffic: bool) -> Span {
        let unhealthy = self.unhealthy_interval.unwrap_or(self.interval);
        match (up, changed) {
            (true, _) if !traffic => self.no_traffic_healthy_interval.unwrap_or(self.no_traffic_interval),
            (false, _) if !traffic => self.no_traffic_interval,
            (true, true) => self.healthy_edge_interval.unwrap_or(self.interval),
            (true, false) => self.interval,
            (false, true) => self.unhealthy_edge_interval.unwrap_or(unhealthy),
            (false, false) => unhealthy,
        }
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        let lengths = [
            Some(self.timeout),
            Some(self.interval),
            Some(self.no_traffic_interval),
            self.no_traffic_healthy_interval,
            self.unhealthy_interval,
            self.unhealthy_edge_interval,
            self.healthy_edge_interval,
        ];
        require(
            lengths.iter().flatten().all(|&it| it > Span::ZERO),
            "Envoy's intervals and timeout of checks are longer than 0 (default without traffic 60s, otherwise none)",
        )?;
        require(
            self.healthy_threshold >= 1 && self.unhealthy_threshold >= 1,
            "Envoy's thresholds of checks are at least 1 (no default)",
        )
    }
}

/// Uniform in `[0, most)`, in whole milliseconds; nothing, and no draw, for less than one.
fn jitter(most: Span, draw: &mut impl Draw) -> Span {
    match most.nanos() / 1_000_000 {
        0 => Span::ZERO,
        ms => Span::from_millis(draw.below(ms)),
    }
}
