//! Hystrix: a share of errors over ten seconds that is looked at every half second, and one probe.
//!
//! Health is kept in buckets of `health_snapshot_interval`, `rolling_stats_time / health_snapshot_interval` of them, on
//! a clock that starts with the breaker and again each time it closes. Faithfully, it is judged only at the end of a
//! bucket, over complete buckets; so the circuit opens up to half a second after the call that was one too many,
//! perhaps when no call comes any more. As documented, every result is judged at once, the running bucket included.
//! (Hystrix cuts percentages off to whole numbers. Against a whole threshold that changes what is reported, not what
//! happens.)
//!
//! Half-open is faithful to a flaw: the end of *any* command that did not succeed opens a half-open circuit again, also
//! one that was refused or had begun before the opening, and any success closes it. So under steady traffic it closes
//! only if the probe comes back before the next call ends. As documented, the probe alone decides. A refused command is
//! taken to end at once; with a slow fallback, Hystrix would interfere at the end of that.
//!
//! Sources: Hystrix 1.5.18, `HystrixCircuitBreaker`, `HealthCountsStream`, `BucketedRollingCounterStream`,
//! `HystrixCommandProperties` (defaults).

use super::{Answer, Cause, Circuit, Ended, Fidelity, Judge, Judgement, Permit, Transition};
use crate::policy::{Invalid, require};
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of a Hystrix circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hystrix {
    /// `circuitBreaker.enabled`: without it every call passes.
    pub enabled: bool,
    /// `circuitBreaker.forceOpen`: refuse everything; comes before `force_closed`.
    pub force_open: bool,
    /// `circuitBreaker.forceClosed`: allow everything.
    pub force_closed: bool,
    /// `circuitBreaker.requestVolumeThreshold`: calls below which nothing opens the circuit.
    pub request_volume_threshold: u32,
    /// `circuitBreaker.errorThresholdPercentage`: errors at which it opens, a whole percentage, 1 to 100.
    pub error_threshold_percentage: u32,
    /// `circuitBreaker.sleepWindowInMilliseconds`: how long it stays open before a probe, in whole milliseconds.
    pub sleep_window: Span,
    /// `metrics.rollingStats.timeInMilliseconds`: how far back health reaches.
    pub rolling_stats_time: Span,
    /// `metrics.healthSnapshot.intervalInMilliseconds`: how often it is looked at.
    pub health_snapshot_interval: Span,
    /// Whether health has the library's quirks.
    pub health: Fidelity,
    /// Whether calls that are no probe disturb a half-open circuit.
    pub half_open_interference: Fidelity,
    /// What counts as an error.
    pub judge: Judge,
}

impl Default for Hystrix {
    /// Hystrix's defaults, with all its quirks.
    fn default() -> Hystrix {
        Hystrix {
            enabled: true,
            force_open: false,
            force_closed: false,
            request_volume_threshold: 20,
            error_threshold_percentage: 50,
            sleep_window: Span::from_secs(5),
            rolling_stats_time: Span::from_secs(10),
            health_snapshot_interval: Span::from_millis(500),
            health: Fidelity::Faithful,
            half_open_interference: Fidelity::Faithful,
            judge: Judge::IGNORING_BAD_REQUESTS,
        }
    }
}

const MILLISECOND: u64 = 1_000_000;

/// Calls and errors among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Calls that count.
    pub total: u32,
    /// Those that did not succeed.
    pub errors: u32,
}

impl Health {
    /// Errors of a hundred, cut off.
    pub fn percentage(self) -> u32 {
        (u64::from(self.errors) * 100)
            .checked_div(u64::from(self.total))
            .unwrap_or(0) as u32
    }

    fn plus(self, other: Health) -> Health {
        Health {
            total: self.total + other.total,
            errors: self.errors + other.errors,
        }
    }

    fn less(self, other: Health) -> Health {
        Health {
            total: self.total - other.total,
            errors: self.errors - other.errors,
        }
    }
}

/// Where a Hystrix breaker stands.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    phase: Phase,
    epoch: u32,
    /// The running bucket and the complete ones that count, by their number modulo the length.
    buckets: Box<[Health]>,
    /// The sum of the complete ones.
    complete: Health,
    /// The number of the running bucket since `since`.
    running: u64,
    since: SimTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    Open { since: SimTime },
    HalfOpen,
}

impl State {
    fn slot(&self, bucket: u64) -> usize {
        (bucket % self.buckets.len() as u64) as usize
    }

    /// Ends buckets up to `now`.
    fn roll(&mut self, interval: Span, now: SimTime) {
        let bucket = now.since(self.since).nanos() / interval.nanos();
        // After that many steps nothing old is left, however long the silence was.
        let skipped = (bucket - self.running).saturating_sub(self.buckets.len() as u64);
        if skipped > 0 {
            self.clear(self.since);
            self.running = bucket;
        }
        while self.running < bucket {
            self.complete = self.complete.plus(self.buckets[self.slot(self.running)]);
            self.running += 1;
            let oldest = self.slot(self.running);
            self.complete = self.complete.less(core::mem::take(&mut self.buckets[oldest]));
        }
    }

    fn clear(&mut self, since: SimTime) {
        self.buckets.fill(Health::default());
        self.complete = Health::default();
        self.running = 0;
        self.since = since;
    }

    fn now_running(&self) -> Health {
        self.buckets[self.slot(self.running)]
    }

    /// What was counted in the complete buckets, as Hystrix last looked at it.
    pub fn health(&self) -> Health {
        self.complete
    }
}

impl Hystrix {
    /// What Hystrix's documentation describes, with its default numbers.
    pub fn documented() -> Hystrix {
        Hystrix {
            health: Fidelity::Documented,
            half_open_interference: Fidelity::Documented,
            ..Hystrix::default()
        }
    }

    pub(super) fn start(&self, now: SimTime) -> State {
        let complete = (self.rolling_stats_time.nanos() / self.health_snapshot_interval.nanos()) as usize;
        State {
            phase: Phase::Closed,
            epoch: 0,
            buckets: vec![Health::default(); complete + 1].into(),
            complete: Health::default(),
            running: 0,
            since: now,
        }
    }

    pub(super) fn circuit(&self, state: &State) -> Circuit {
        match state.phase {
            _ if !self.enabled => Circuit::Closed,
            _ if self.force_open => Circuit::Open,
            Phase::Closed => Circuit::Closed,
            Phase::Open { .. } => Circuit::Open,
            Phase::HalfOpen => Circuit::HalfOpen,
        }
    }

    /// The first instant whose millisecond is later than that of the opening and the sleep window.
    fn wakes(&self, since: SimTime) -> SimTime {
        let ms = since.nanos() / MILLISECOND + self.sleep_window.nanos() / MILLISECOND + 1;
        SimTime::from_nanos(ms.saturating_mul(MILLISECOND))
    }

    #[inline]
    pub(super) fn ask(&self, state: &mut State, now: SimTime) -> (Answer, Option<Transition>) {
        let permit = |probe, epoch| Answer::Allowed(Permit { probe, epoch });
        if self.enabled && self.force_open {
            return (Answer::Refused { until: None }, None);
        }
        match state.phase {
            _ if !self.enabled || self.force_closed => (permit(false, state.epoch), None),
            Phase::Closed => (permit(false, state.epoch), None),
            Phase::Open { since } if now < self.wakes(since) => {
                let until = Some(self.wakes(since));
                (Answer::Refused { until }, None)
            }
            Phase::Open { .. } => {
                let transition = self.change(state, Phase::HalfOpen, Cause::WaitOver);
                (permit(true, state.epoch), transition)
            }
            Phase::HalfOpen if self.half_open_interference == Fidelity::Faithful => {
                let transition = self.change(state, Phase::Open { since: now }, Cause::Interference);
                let until = Some(self.wakes(now));
                (Answer::Refused { until }, transition)
            }
            Phase::HalfOpen => (Answer::Refused { until: None }, None),
        }
    }

    #[inline]
    pub(super) fn settle(&self, state: &mut State, ended: &Ended, _: &mut impl Draw) -> Option<Transition> {
        let judgement = self.judge.of(ended.outcome);
        state.roll(self.health_snapshot_interval, ended.now);
        if judgement != Judgement::Ignored {
            let running = state.slot(state.running);
            state.buckets[running].total += 1;
            state.buckets[running].errors += u32::from(judgement == Judgement::Failure);
        }
        let probe = ended.permit.probe && ended.permit.epoch == state.epoch;
        match state.phase {
            Phase::HalfOpen if probe || self.half_open_interference == Fidelity::Faithful => {
                if judgement == Judgement::Success {
                    let cause = if probe {
                        Cause::ProbeSucceeded
                    } else {
                        Cause::LateSuccess
                    };
                    state.clear(ended.now);
                    self.change(state, Phase::Closed, cause)
                } else {
                    let cause = if probe { Cause::ProbeFailed } else { Cause::Interference };
                    self.change(state, Phase::Open { since: ended.now }, cause)
                }
            }
            Phase::Closed if self.health == Fidelity::Documented => {
                let oldest = state.buckets[state.slot(state.running + 1)];
                let seen = state.complete.less(oldest).plus(state.now_running());
                let share =
                    u64::from(seen.errors) * 100 >= u64::from(seen.total) * u64::from(self.error_threshold_percentage);
                self.trip(state, ended.now, seen, share)
            }
            _ => None,
        }
    }

    pub(super) fn next_tick(&self, state: &State) -> Option<SimTime> {
        let waits = self.health == Fidelity::Faithful && state.phase == Phase::Closed && self.acts();
        // A sum of buckets is no more than all of them: below the volume no tick can open the circuit.
        let most = state.complete.plus(state.now_running());
        let might = most.errors > 0 && most.total >= self.request_volume_threshold;
        let elapsed = Span::from_nanos(self.health_snapshot_interval.nanos().saturating_mul(state.running + 1));
        (waits && might).then(|| state.since + elapsed)
    }

    pub(super) fn tick(&self, state: &mut State, now: SimTime, _: &mut impl Draw) -> Option<Transition> {
        if self.health == Fidelity::Documented || state.phase != Phase::Closed {
            return None;
        }
        state.roll(self.health_snapshot_interval, now);
        let seen = state.complete;
        self.trip(state, now, seen, seen.percentage() >= self.error_threshold_percentage)
    }

    /// Whether anything can change at all.
    fn acts(&self) -> bool {
        self.enabled && !self.force_open && !self.force_closed
    }

    fn trip(&self, state: &mut State, now: SimTime, seen: Health, too_many: bool) -> Option<Transition> {
        let trips = self.acts() && seen.errors > 0 && seen.total >= self.request_volume_threshold && too_many;
        if !trips {
            return None;
        }
        self.change(state, Phase::Open { since: now }, Cause::FailureRate)
    }

    fn change(&self, state: &mut State, to: Phase, cause: Cause) -> Option<Transition> {
        let from = self.circuit(state);
        state.phase = to;
        state.epoch = state.epoch.wrapping_add(1);
        Some(Transition::new(from, self.circuit(state), cause))
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        require(
            (1..=100).contains(&self.error_threshold_percentage),
            "Hystrix's error threshold percentage is between 1 and 100 (default 50)",
        )?;
        require(
            self.sleep_window.nanos().is_multiple_of(MILLISECOND),
            "Hystrix's sleep window is a whole number of milliseconds (default 5s)",
        )?;
        require(
            self.health_snapshot_interval >= Span::from_millis(1),
            "Hystrix's health snapshot interval is at least 1ms (default 500ms)",
        )?;
        let buckets = self.rolling_stats_time.nanos() / self.health_snapshot_interval.nanos();
        require(
            (1..=100_000).contains(&buckets),
            "Hystrix's rolling time is between 1 and 100000 health snapshot intervals (default 10s of 500ms)",
        )?;
        self.judge.check()
    }
}

#[cfg(test)]
mod tests;
