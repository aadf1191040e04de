//! gRPC's outlier detection: success rates and failure percentages at each interval, nothing at once.
//!
//! As Envoy's, but: the cap is asked *before* an ejection (`100 ejected / endpoints >= max` stops), so one may always
//! be out; a failure percentage has to be strictly above its threshold; a replica comes back strictly after its time;
//! and both algorithms are off unless configured. An error is any status but OK, bad requests included.
//!
//! An endpoint that is out is not judged again, though calls that were under way may have made up the volume.
//!
//! Source: gRPC proposal A50, "Outlier Detection Support" (defaults).

use super::{Cause, Change, Tally, success_rate_threshold};
use crate::outcome::Outcome;
use crate::policy::{Invalid, require};
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of gRPC's outlier detection. Percentages are whole, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grpc {
    /// How often all endpoints are looked at.
    pub interval: Span,
    /// Ejection time, times the multiplier.
    pub base_ejection_time: Span,
    /// The longest ejection time, or the base if that is longer.
    pub max_ejection_time: Span,
    /// From where on nobody more is ejected.
    pub max_ejection_percent: u32,
    /// Ejection of those that succeed less often than the others.
    pub success_rate_ejection: Option<SuccessRate>,
    /// Ejection of those that fail too often.
    pub failure_percentage_ejection: Option<FailurePercentage>,
}

/// `success_rate_ejection`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuccessRate {
    /// Standard deviations below the mean, in thousandths.
    pub stdev_factor: u32,
    /// How likely an ejection is real.
    pub enforcement_percentage: u32,
    /// Endpoints with enough calls without which it says nothing.
    pub minimum_hosts: u32,
    /// What enough calls in an interval are.
    pub request_volume: u32,
}

impl Default for SuccessRate {
    /// gRPC's defaults.
    fn default() -> SuccessRate {
        SuccessRate {
            stdev_factor: 1_900,
            enforcement_percentage: 100,
            minimum_hosts: 5,
            request_volume: 100,
        }
    }
}

/// `failure_percentage_ejection`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailurePercentage {
    /// The percentage above which an endpoint is out.
    pub threshold: u32,
    /// How likely an ejection is real.
    pub enforcement_percentage: u32,
    /// Endpoints with enough calls without which it says nothing.
    pub minimum_hosts: u32,
    /// What enough calls in an interval are.
    pub request_volume: u32,
}

impl Default for FailurePercentage {
    /// gRPC's defaults.
    fn default() -> FailurePercentage {
        FailurePercentage {
            threshold: 85,
            enforcement_percentage: 100,
            minimum_hosts: 5,
            request_volume: 50,
        }
    }
}

impl Default for Grpc {
    /// gRPC's defaults: neither algorithm is on.
    fn default() -> Grpc {
        Grpc {
            interval: Span::from_secs(10),
            base_ejection_time: Span::from_secs(30),
            max_ejection_time: Span::from_secs(300),
            max_ejection_percent: 10,
            success_rate_ejection: None,
            failure_percentage_ejection: None,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Endpoint {
    member: bool,
    current: Tally,
    previous: Tally,
    multiplier: u32,
    ejected: Option<SimTime>,
}

impl Endpoint {
    fn is_in(&self) -> bool {
        self.member && self.ejected.is_none()
    }
}

/// What gRPC knows of each endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    endpoints: Box<[Endpoint]>,
    members: u32,
    ejected: u32,
    next_tick: SimTime,
}

impl State {
    pub(super) fn is_ejected(&self, slot: usize) -> bool {
        self.endpoints[slot].ejected.is_some()
    }

    pub(super) fn ejected(&self) -> u32 {
        self.ejected
    }

    /// How many base ejection times the next ejection of this endpoint lasts, less one.
    pub fn multiplier(&self, slot: usize) -> u32 {
        self.endpoints[slot].multiplier
    }

    pub(super) fn join(&mut self, slot: usize) {
        self.leave(slot);
        self.endpoints[slot].member = true;
        self.members += 1;
    }

    pub(super) fn leave(&mut self, slot: usize) {
        let endpoint = core::mem::take(&mut self.endpoints[slot]);
        self.members -= u32::from(endpoint.member);
        self.ejected -= u32::from(endpoint.ejected.is_some());
    }
}

impl Grpc {
    pub(super) fn start(&self, slots: usize, members: usize, now: SimTime) -> State {
        let mut endpoints: Box<[Endpoint]> = vec![Endpoint::default(); slots].into();
        endpoints[..members].iter_mut().for_each(|it| it.member = true);
        State {
            endpoints,
            members: members as u32,
            ejected: 0,
            next_tick: now + self.interval,
        }
    }

    #[inline]
    pub(super) fn settle(&self, state: &mut State, slot: usize, outcome: Outcome) {
        if outcome != Outcome::Cancelled && !outcome.is_local_rejection() {
            state.endpoints[slot].current.add(!outcome.is_failure());
        }
    }

    pub(super) fn next_tick(&self, state: &State) -> SimTime {
        state.next_tick
    }

    pub(super) fn tick(&self, state: &mut State, now: SimTime, draw: &mut impl Draw, mut tell: impl FnMut(Change)) {
        state.next_tick = now + self.interval;
        for endpoint in &mut state.endpoints {
            endpoint.previous = core::mem::take(&mut endpoint.current);
        }
        if let Some(rule) = &self.success_rate_ejection {
            self.by_success_rate(rule, state, now, draw, &mut tell);
        }
        if let Some(rule) = &self.failure_percentage_ejection {
            self.by_failures(rule, state, now, draw, &mut tell);
        }
        let longest = self.max_ejection_time.max(self.base_ejection_time);
        for (slot, endpoint) in state.endpoints.iter_mut().enumerate() {
            let time = self.base_ejection_time.scale(u64::from(endpoint.multiplier), 1);
            match endpoint.ejected {
                None => endpoint.multiplier = endpoint.multiplier.saturating_sub(1),
                Some(since) if now > since + time.min(longest) => {
                    endpoint.ejected = None;
                    state.ejected -= 1;
                    tell(Change::let_in(slot, Cause::TimeOver));
                }
                Some(_) => (),
            }
        }
    }

    fn by_success_rate(
        &self,
        rule: &SuccessRate,
        state: &mut State,
        now: SimTime,
        draw: &mut impl Draw,
        tell: &mut impl FnMut(Change),
    ) {
        let volume = rule.request_volume.max(1);
        let judged = |it: &&Endpoint| it.is_in() && it.previous.calls >= volume;
        let rates = state.endpoints.iter().filter(judged).map(|it| it.previous.rate());
        let (count, threshold) = success_rate_threshold(rates, rule.stdev_factor);
        if count == 0 || count < rule.minimum_hosts {
            return;
        }
        for slot in 0..state.endpoints.len() {
            if self.is_full(state) {
                return;
            }
            let endpoint = &state.endpoints[slot];
            let outlier = judged(&endpoint) && endpoint.previous.rate() < threshold;
            if outlier && draw.below(100) < u64::from(rule.enforcement_percentage) {
                tell(eject(state, now, slot, Cause::SuccessRate));
            }
        }
    }

    fn by_failures(
        &self,
        rule: &FailurePercentage,
        state: &mut State,
        now: SimTime,
        draw: &mut impl Draw,
        tell: &mut impl FnMut(Change),
    ) {
        let volume = rule.request_volume.max(1);
        let judged = |it: &&Endpoint| it.is_in() && it.previous.calls >= volume;
        let count = state.endpoints.iter().filter(judged).count();
        if count < rule.minimum_hosts as usize {
            return;
        }
        for slot in 0..state.endpoints.len() {
            if self.is_full(state) {
                return;
            }
            let endpoint = &state.endpoints[slot];
            let (calls, successes) = (
                u64::from(endpoint.previous.calls),
                u64::from(endpoint.previous.successes),
            );
            let above = (calls - successes) * 100 > calls * u64::from(rule.threshold);
            if judged(&endpoint) && above && draw.below(100) < u64::from(rule.enforcement_percentage) {
                tell(eject(state, now, slot, Cause::FailurePercentage));
            }
        }
    }

    fn is_full(&self, state: &State) -> bool {
        u64::from(state.ejected) * 100 >= u64::from(state.members) * u64::from(self.max_ejection_percent)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            self.interval >= Span::from_millis(1),
            "gRPC's interval is at least 1ms (default 10s)",
        )?;
        require(
            self.base_ejection_time > Span::ZERO,
            "gRPC's base ejection time is longer than 0 (default 30s)",
        )?;
        let rates = self.success_rate_ejection.map(|it| it.enforcement_percentage);
        let failures = self.failure_percentage_ejection;
        let percentages = [
            Some(self.max_ejection_percent),
            rates,
            failures.map(|it| it.enforcement_percentage),
            failures.map(|it| it.threshold),
        ];
        require(
            percentages.iter().flatten().all(|&it| it <= 100),
            "gRPC's percentages are between 0 and 100 (defaults: 10 ejected, 100 enforced, 85 failures)",
        )
    }
}

fn eject(state: &mut State, now: SimTime, slot: usize, cause: Cause) -> Change {
    let endpoint = &mut state.endpoints[slot];
    endpoint.ejected = Some(now);
    endpoint.multiplier += 1;
    state.ejected += 1;
    Change::eject(slot, cause)
}

#[cfg(test)]
mod tests;
