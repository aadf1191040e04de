//! Envoy's outlier detection: errors in a row at once, success rates and failure percentages at each interval.
//!
//! For each replica: failures in a row of three kinds, successes and calls of this interval and the one before, and a
//! multiplier of its ejection time, which grows with each ejection and shrinks with each interval that it stays in. A
//! count in a row acts when it *equals* its threshold, and starts again then, even if the ejection was refused.
//!
//! An ejection asks in this order: is there room, `100 (ejected + 1) / members <= max_ejection_percent` (or nobody is
//! out and one is always allowed); does the enforcement's draw agree; then the jitter is drawn.
//!
//! Simpler than Envoy: local-origin failures, when split from the others, have no success rate of their own.
//!
//! Source: Envoy, `outlier_detection_impl.cc` and `OutlierDetection` of cluster API v3 (defaults).

use super::{Cause, Change, Tally, success_rate_threshold};
use crate::outcome::Outcome;
use crate::policy::{Invalid, require};
use crate::rng::Draw;
use crate::time::{SimTime, Span};
use class::Class;

mod class;

/// Settings of Envoy's outlier detection. Percentages are whole, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envoy {
    /// Server errors in a row; 0 is never.
    pub consecutive_5xx: u32,
    /// 502, 503 and 504 in a row; 0 is never.
    pub consecutive_gateway_failure: u32,
    /// Failures of local origin in a row, if they are split; 0 is never.
    pub consecutive_local_origin_failure: u32,
    /// How often all replicas are looked at.
    pub interval: Span,
    /// Ejection time, times the multiplier.
    pub base_ejection_time: Span,
    /// The longest ejection time; `None` is the longer of 300 s and the base.
    pub max_ejection_time: Option<Span>,
    /// Up to how much is added at random, in whole milliseconds.
    pub max_ejection_time_jitter: Span,
    /// The most that may be out.
    pub max_ejection_percent: u32,
    /// Whether one may be out in any case.
    pub always_eject_one_host: bool,
    /// How likely an ejection for server errors in a row is real.
    pub enforcing_consecutive_5xx: u32,
    /// The same for gateway failures.
    pub enforcing_consecutive_gateway_failure: u32,
    /// The same for failures of local origin.
    pub enforcing_consecutive_local_origin_failure: u32,
    /// The same for the success rate.
    pub enforcing_success_rate: u32,
    /// The same for the failure percentage.
    pub enforcing_failure_percentage: u32,
    /// Replicas with enough calls without which success rates say nothing.
    pub success_rate_minimum_hosts: u32,
    /// What enough calls in an interval are.
    pub success_rate_request_volume: u32,
    /// Standard deviations below the mean, in thousandths.
    pub success_rate_stdev_factor: u32,
    /// The failure percentage at which a replica is out.
    pub failure_percentage_threshold: u32,
    /// Replicas with enough calls without which it says nothing.
    pub failure_percentage_minimum_hosts: u32,
    /// What enough calls in an interval are.
    pub failure_percentage_request_volume: u32,
    /// Whether failures of local origin count apart, in a row only.
    pub split_external_local_origin_errors: bool,
    /// Whether a passed health check lets a replica back in.
    pub successful_active_health_check_uneject_host: bool,
    /// `healthy_panic_threshold` of the cluster; see [`panics`](super::panics).
    pub healthy_panic_threshold: u32,
}

impl Default for Envoy {
    /// Envoy's defaults.
    fn default() -> Envoy {
        Envoy {
            consecutive_5xx: 5,
            consecutive_gateway_failure: 5,
            consecutive_local_origin_failure: 5,
            interval: Span::from_secs(10),
            base_ejection_time: Span::from_secs(30),
            max_ejection_time: None,
            max_ejection_time_jitter: Span::ZERO,
            max_ejection_percent: 10,
            always_eject_one_host: false,
            enforcing_consecutive_5xx: 100,
            enforcing_consecutive_gateway_failure: 0,
            enforcing_consecutive_local_origin_failure: 100,
            enforcing_success_rate: 100,
            enforcing_failure_percentage: 0,
            success_rate_minimum_hosts: 5,
            success_rate_request_volume: 100,
            success_rate_stdev_factor: 1_900,
            failure_percentage_threshold: 85,
            failure_percentage_minimum_hosts: 5,
            failure_percentage_request_volume: 50,
            split_external_local_origin_errors: false,
            successful_active_health_check_uneject_host: true,
            healthy_panic_threshold: 50,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Host {
    member: bool,
    /// In a row: server errors, gateway failures, failures of local origin.
    row_5xx: u32,
    row_gateway: u32,
    row_local: u32,
    current: Tally,
    previous: Tally,
    multiplier: u32,
    /// Out since, and how much longer than its time.
    ejected: Option<(SimTime, Span)>,
    let_in: Option<SimTime>,
}

impl Host {
    fn is_in(&self) -> bool {
        self.member && self.ejected.is_none()
    }
}

/// What Envoy knows of each replica.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    hosts: Box<[Host]>,
    members: u32,
    ejected: u32,
    overflow: u64,
    next_tick: SimTime,
}

impl State {
    pub(super) fn is_ejected(&self, slot: usize) -> bool {
        self.hosts[slot].ejected.is_some()
    }

    pub(super) fn ejected(&self) -> u32 {
        self.ejected
    }

    /// How many ejections the cap has refused.
    pub fn overflow(&self) -> u64 {
        self.overflow
    }

    /// How many base ejection times the next ejection of this replica lasts, less one.
    pub fn multiplier(&self, slot: usize) -> u32 {
        self.hosts[slot].multiplier
    }

    pub(super) fn join(&mut self, slot: usize) {
        self.leave(slot);
        self.hosts[slot].member = true;
        self.members += 1;
    }

    pub(super) fn leave(&mut self, slot: usize) {
        let host = core::mem::take(&mut self.hosts[slot]);
        self.members -= u32::from(host.member);
        self.ejected -= u32::from(host.ejected.is_some());
    }

    fn let_in(&mut self, slot: usize, now: SimTime) {
        let host = &mut self.hosts[slot];
        host.ejected = None;
        host.let_in = Some(now);
        (host.row_5xx, host.row_gateway, host.row_local) = (0, 0, 0);
        self.ejected -= 1;
    }
}

impl Envoy {
    pub(super) fn start(&self, slots: usize, members: usize, now: SimTime) -> State {
        let mut hosts: Box<[Host]> = vec![Host::default(); slots].into();
        hosts[..members].iter_mut().for_each(|it| it.member = true);
        State {
            hosts,
            members: members as u32,
            ejected: 0,
            overflow: 0,
            next_tick: now + self.interval,
        }
    }

    #[inline]
    pub(super) fn settle(
        &self,
        state: &mut State,
        now: SimTime,
        slot: usize,
        outcome: Outcome,
        draw: &mut impl Draw,
    ) -> Option<Change> {
        let class = Class::of(outcome)?;
        let host = &mut state.hosts[slot];
        if class == Class::Local && self.split_external_local_origin_errors {
            host.row_local += 1;
            if host.row_local == self.consecutive_local_origin_failure && host.is_in() {
                let change = self.eject(state, now, slot, Cause::ConsecutiveLocalOriginFailure, draw);
                state.hosts[slot].row_local = 0;
                return change;
            }
            return None;
        }
        host.row_local = 0;
        host.current.add(class == Class::Success);
        if class == Class::Success {
            (host.row_5xx, host.row_gateway) = (0, 0);
            return None;
        }
        let mut change = None;
        if class == Class::ServerError {
            host.row_gateway = 0;
        } else {
            host.row_gateway += 1;
            if host.row_gateway == self.consecutive_gateway_failure && host.is_in() {
                change = self.eject(state, now, slot, Cause::ConsecutiveGatewayFailure, draw);
                state.hosts[slot].row_gateway = 0;
            }
        }
        let host = &mut state.hosts[slot];
        host.row_5xx += 1;
        if host.row_5xx == self.consecutive_5xx && host.is_in() {
            change = self.eject(state, now, slot, Cause::Consecutive5xx, draw);
            state.hosts[slot].row_5xx = 0;
        }
        change
    }

    const fn enforcing(&self, cause: Cause) -> u32 {
        match cause {
            Cause::Consecutive5xx => self.enforcing_consecutive_5xx,
            Cause::ConsecutiveGatewayFailure => self.enforcing_consecutive_gateway_failure,
            Cause::ConsecutiveLocalOriginFailure => self.enforcing_consecutive_local_origin_failure,
            Cause::SuccessRate => self.enforcing_success_rate,
            Cause::FailurePercentage => self.enforcing_failure_percentage,
            Cause::TimeOver | Cause::HealthCheck => 0,
        }
    }

    fn longest(&self) -> Span {
        let longest = self.max_ejection_time;
        longest.unwrap_or_else(|| Span::from_secs(300).max(self.base_ejection_time))
    }

    fn eject(
        &self,
        state: &mut State,
        now: SimTime,
        slot: usize,
        cause: Cause,
        draw: &mut impl Draw,
    ) -> Option<Change> {
        let after = u64::from(state.ejected + 1);
        let room = after * 100 <= u64::from(state.members) * u64::from(self.max_ejection_percent);
        let first = self.always_eject_one_host && state.ejected == 0;
        if !room && !first {
            state.overflow += 1;
            return None;
        }
        if draw.below(100) >= u64::from(self.enforcing(cause)) {
            return None;
        }
        let jitter_ms = self.max_ejection_time_jitter.nanos() / 1_000_000;
        let jitter = if jitter_ms == 0 { 0 } else { draw.below(jitter_ms + 1) };
        let host = &mut state.hosts[slot];
        host.ejected = Some((now, Span::from_millis(jitter)));
        let (base, grown) = (
            self.base_ejection_time,
            self.base_ejection_time.scale(u64::from(host.multiplier), 1),
        );
        if grown < self.longest() + base {
            host.multiplier += 1;
        }
        state.ejected += 1;
        Some(Change::eject(slot, cause))
    }

    pub(super) fn next_tick(&self, state: &State) -> SimTime {
        state.next_tick
    }

    pub(super) fn tick(&self, state: &mut State, now: SimTime, draw: &mut impl Draw, mut tell: impl FnMut(Change)) {
        state.next_tick = now + self.interval;
        for slot in 0..state.hosts.len() {
            let host = &mut state.hosts[slot];
            host.previous = core::mem::take(&mut host.current);
            if let Some((since, jitter)) = host.ejected {
                let time = self.base_ejection_time.scale(u64::from(host.multiplier), 1);
                if now.since(since) >= time.min(self.longest()) + jitter {
                    state.let_in(slot, now);
                    tell(Change::let_in(slot, Cause::TimeOver));
                }
            }
        }
        // Both judge the replicas that are in when the tick comes, whatever the first does to them.
        let failing = self.judges_failures(state);
        self.by_success_rate(state, now, draw, &mut tell);
        if failing {
            self.by_failures(state, now, draw, &mut tell);
        }
        for host in state.hosts.iter_mut().filter(|it| it.is_in()) {
            let rested = host.let_in.is_some_and(|it| now.since(it) >= self.interval);
            host.multiplier -= u32::from(rested && host.multiplier > 0);
        }
    }

    fn by_success_rate(&self, state: &mut State, now: SimTime, draw: &mut impl Draw, tell: &mut impl FnMut(Change)) {
        let volume = self.success_rate_request_volume.max(1);
        let judged = |it: &&Host| it.is_in() && it.previous.calls >= volume;
        let rates = state.hosts.iter().filter(judged).map(|it| it.previous.rate());
        let (count, threshold) = success_rate_threshold(rates, self.success_rate_stdev_factor);
        if count == 0 || count < self.success_rate_minimum_hosts {
            return;
        }
        for slot in 0..state.hosts.len() {
            let host = &state.hosts[slot];
            if judged(&host)
                && host.previous.rate() < threshold
                && let Some(change) = self.eject(state, now, slot, Cause::SuccessRate, draw)
            {
                tell(change);
            }
        }
    }

    fn judges_failures(&self, state: &State) -> bool {
        let volume = self.failure_percentage_request_volume.max(1);
        let judged = |it: &&Host| it.is_in() && it.previous.calls >= volume;
        let count = state.hosts.iter().filter(judged).count();
        count > 0 && count >= self.failure_percentage_minimum_hosts as usize
    }

    fn by_failures(&self, state: &mut State, now: SimTime, draw: &mut impl Draw, tell: &mut impl FnMut(Change)) {
        let volume = self.failure_percentage_request_volume.max(1);
        for slot in 0..state.hosts.len() {
            let host = &state.hosts[slot];
            if !host.is_in() || host.previous.calls < volume {
                continue;
            }
            let (calls, successes) = (u64::from(host.previous.calls), u64::from(host.previous.successes));
            let reached = (calls - successes) * 100 >= calls * u64::from(self.failure_percentage_threshold);
            if reached && let Some(change) = self.eject(state, now, slot, Cause::FailurePercentage, draw) {
                tell(change);
            }
        }
    }

    pub(super) fn check_passed(&self, state: &mut State, now: SimTime, slot: usize) -> Option<Change> {
        if !self.successful_active_health_check_uneject_host || !state.is_ejected(slot) {
            return None;
        }
        state.let_in(slot, now);
        Some(Change::let_in(slot, Cause::HealthCheck))
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.interval >= Span::from_millis(1),
            "Envoy's interval is at least 1ms (default 10s)",
        )?;
        require(
            self.base_ejection_time > Span::ZERO,
            "Envoy's base ejection time is longer than 0 (default 30s)",
        )?;
        require(
            self.max_ejection_time.is_none_or(|it| it >= self.base_ejection_time),
            "Envoy's max ejection time is at least the base ejection time (default 300s, or the base if longer)",
        )?;
        require(
            self.max_ejection_time_jitter.nanos().is_multiple_of(1_000_000),
            "Envoy's max ejection time jitter is a whole number of milliseconds (default 0)",
        )?;
        let percentages = [
            self.max_ejection_percent,
            self.enforcing_consecutive_5xx,
            self.enforcing_consecutive_gateway_failure,
            self.enforcing_consecutive_local_origin_failure,
            self.enforcing_success_rate,
            self.enforcing_failure_percentage,
            self.failure_percentage_threshold,
            self.healthy_panic_threshold,
        ];
        require(
            percentages.iter().all(|&it| it <= 100),
            "Envoy's percentages are between 0 and 100 (default: 10 ejected, 85 failures, panic at 50)",
        )
    }
}

#[cfg(test)]
mod tests;
