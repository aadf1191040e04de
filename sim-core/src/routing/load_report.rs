//! Weights from the replicas' own load reports: what they get done for what it costs them.
//!
//! ```text
//! weight = qps / (utilization + eps / qps · error_utilization_penalty)
//! ```
//!
//! A report that says nothing of rate or utilization is ignored. A replica's weight counts only from `blackout_period` after
//! its first report, so that a cold one is not judged by its first second, and no longer if nothing was heard for
//! `weight_expiration_period`; until then and from then on it gets the mean of the others. Every `weight_update_period` the
//! weights are looked at anew, and [`StaticStride`] goes on with them.
//!
//! gRPC does that by a timer; here it is done by the first pick after the time is up, which sees what was reported meanwhile.
//!
//! Source: gRPC proposal A58, "Client-side weighted round robin LB policy"; grpc-go.

use super::View;
use super::static_stride::StaticStride;
use crate::policy::{Invalid, require};
use crate::quantity::Factor;
use crate::rng::Draw;
use crate::time::{SimTime, Span};

/// Settings of gRPC's `weighted_round_robin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientSideWrr {
    /// `blackoutPeriod`: how long after its first report a replica's weight is not yet used.
    pub blackout_period: Span,
    /// `weightExpirationPeriod`: how long after its last report it is still used.
    pub weight_expiration_period: Span,
    /// `weightUpdatePeriod`: how often weights are looked at.
    pub weight_update_period: Span,
    /// `errorUtilizationPenalty`: what share of errors counts as utilization.
    pub error_utilization_penalty: Factor,
}

/// What a replica says of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadReport {
    /// When it was heard.
    pub now: SimTime,
    /// `rps_fractional`: requests per second that it serves.
    pub qps: f64,
    /// `application_utilization`, or else `cpu_utilization`: 1 is full; it may be more.
    pub utilization: f64,
    /// `eps`: errors per second.
    pub eps: f64,
}

/// What one replica has said.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Heard {
    weight: f64,
    /// Of an unbroken series of reports the first.
    since: SimTime,
    last: SimTime,
}

/// What replicas have said, and the schedule made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reports {
    heard: Vec<Option<Heard>>,
    schedule: StaticStride,
    /// The slots of the schedule's backends.
    slots: Vec<u32>,
    weights: Vec<f64>,
    sequence: u32,
    next_update: SimTime,
}

impl Reports {
    pub(super) fn new(slots: usize, draw: &mut impl Draw) -> Reports {
        Reports {
            heard: vec![None; slots],
            schedule: StaticStride::default(),
            slots: Vec::new(),
            weights: Vec::new(),
            sequence: if slots > 1 { draw.below(1 << 32) as u32 } else { 0 },
            next_update: SimTime::ZERO,
        }
    }
}

impl ClientSideWrr {
    /// gRPC's defaults.
    pub const DEFAULT: ClientSideWrr = ClientSideWrr {
        blackout_period: Span::from_secs(10),
        weight_expiration_period: Span::from_secs(180),
        weight_update_period: Span::from_secs(1),
        error_utilization_penalty: Factor::ONE,
    };

    pub(super) fn check(&self) -> Result<(), Invalid> {
        // gRPC takes a shorter period as 100 ms without a word.
        require(
            self.weight_update_period >= Span::from_millis(100),
            "weightUpdatePeriod is at least 100ms; the default is 1s",
        )?;
        require(
            self.weight_expiration_period > Span::ZERO,
            "weightExpirationPeriod is longer than 0; the default is 3m",
        )
    }

    /// The weight by one report; `None` if it says too little.
    pub fn weight(&self, report: &LoadReport) -> Option<f64> {
        let said = report.qps > 0.0 && report.utilization > 0.0;
        let penalty = report.eps / report.qps * self.error_utilization_penalty.as_f64();
        said.then(|| report.qps / (report.utilization + penalty))
    }

    pub(super) fn report(&self, reports: &mut Reports, slot: usize, report: &LoadReport) {
        let Some(weight) = self.weight(report) else { return };
        let since = reports.heard[slot].map_or(report.now, |it| it.since);
        reports.heard[slot] = Some(Heard {
            weight,
            since,
            last: report.now,
        });
    }

    /// What the slot's weight is at `now`; 0 if not known. One that has expired begins again.
    fn known(&self, heard: &mut Option<Heard>, now: SimTime) -> f64 {
        match heard {
            Some(it) if now.since(it.last) >= self.weight_expiration_period => {
                *heard = None;
                0.0
            }
            Some(it) if now.since(it.since) >= self.blackout_period => it.weight,
            _ => 0.0,
        }
    }

    fn build(&self, reports: &mut Reports, view: &impl View) {
        reports.slots.clear();
        reports.weights.clear();
        for at in 0..view.len() {
            let slot = view.slot(at);
            reports.slots.push(slot as u32);
            reports.weights.push(self.known(&mut reports.heard[slot], view.now()));
        }
        reports.schedule.set(&reports.weights);
    }

    /// A new connection has said nothing yet.
    pub(super) fn host_changed(&self, reports: &mut Reports, view: &impl View, slot: usize) {
        reports.heard[slot] = None;
        self.build(reports, view);
    }

    #[inline]
    pub(super) fn pick(&self, reports: &mut Reports, view: &impl View) -> Option<usize> {
        if view.now() >= reports.next_update || reports.slots.is_empty() {
            self.build(reports, view);
            reports.next_update = view.now() + self.weight_update_period;
        }
        // A backend that may not be picked any more is passed over; were all of them gone, the schedule is of another time.
        for _ in 0..reports.slots.len() {
            let backend = reports.schedule.next(&mut reports.sequence);
            if let Some(at) = view.position(reports.slots[backend] as usize) {
                return Some(at);
            }
        }
        self.build(reports, view);
        let backend = reports.schedule.next(&mut reports.sequence);
        view.position(reports.slots[backend] as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::scripted::Scripted;
    use crate::routing::tests::Replicas;

    fn secs(s: u64) -> SimTime {
        SimTime::from_secs(s)
    }

    fn said(at: u64, qps: f64, utilization: f64, eps: f64) -> LoadReport {
        LoadReport {
            now: secs(at),
            qps,
            utilization,
            eps,
        }
    }

    #[test]
    fn a_weight_is_work_done_for_utilization_and_errors() {
        let wrr = ClientSideWrr::DEFAULT;
        assert_eq!(wrr.weight(&said(0, 100.0, 0.5, 0.0)), Some(200.0));
        assert_eq!(wrr.weight(&said(0, 100.0, 0.5, 50.0)), Some(100.0));
        let lenient = ClientSideWrr {
            error_utilization_penalty: Factor(0),
            ..wrr
        };
        assert_eq!(lenient.weight(&said(0, 100.0, 0.5, 50.0)), Some(200.0));
        assert_eq!(wrr.weight(&said(0, 0.0, 0.5, 1.0)), None);
        assert_eq!(wrr.weight(&said(0, 100.0, 0.0, 1.0)), None);
    }

    /// The shares of 100 picks, each slot reporting its qps at full utilization at these seconds.
    fn shares(view: &mut Replicas, state: &mut Reports, now: u64) -> Vec<u32> {
        view.now = secs(now);
        let mut counts = vec![0; view.len()];
        for _ in 0..400 {
            counts[ClientSideWrr::DEFAULT.pick(state, view).unwrap()] += 1;
        }
        counts
    }

    #[test]
    fn weights_count_after_the_blackout_and_until_they_expire() {
        let wrr = ClientSideWrr::DEFAULT;
        let mut view = Replicas::idle(2);
        let mut state = Reports::new(2, &mut Scripted::new(&[0.0]));
        let report = |state: &mut Reports, at| {
            wrr.report(state, 0, &said(at, 30.0, 1.0, 0.0));
            wrr.report(state, 1, &said(at, 10.0, 1.0, 0.0));
        };
        report(&mut state, 5);
        assert_eq!(shares(&mut view, &mut state, 14), [200, 200], "blackout until 15");
        report(&mut state, 14);
        assert_eq!(shares(&mut view, &mut state, 15), [300, 100]);
        assert_eq!(
            shares(&mut view, &mut state, 193),
            [300, 100],
            "the last report counts until 194"
        );
        assert_eq!(shares(&mut view, &mut state, 194), [200, 200]);
        // Who has expired is in the dark for another blackout.
        report(&mut state, 200);
        assert_eq!(shares(&mut view, &mut state, 209), [200, 200]);
        assert_eq!(shares(&mut view, &mut state, 210), [300, 100]);
    }

    #[test]
    fn weights_are_looked_at_once_a_period() {
        let wrr = ClientSideWrr {
            blackout_period: Span::ZERO,
            ..ClientSideWrr::DEFAULT
        };
        let mut view = Replicas::idle(2);
        let mut state = Reports::new(2, &mut Scripted::new(&[0.0]));
        let mut first = |state: &mut Reports, ms: u64| {
            view.now = SimTime::from_nanos(ms * 1_000_000);
            wrr.pick(state, &view).unwrap();
            state.schedule.is_round_robin()
        };
        assert!(first(&mut state, 0));
        wrr.report(&mut state, 0, &said(0, 30.0, 1.0, 0.0));
        wrr.report(&mut state, 1, &said(0, 10.0, 1.0, 0.0));
        assert!(first(&mut state, 999));
        assert!(!first(&mut state, 1_000));
    }

    #[test]
    fn a_replica_without_a_weight_gets_the_mean_and_one_alone_changes_nothing() {
        let wrr = ClientSideWrr {
            blackout_period: Span::ZERO,
            ..ClientSideWrr::DEFAULT
        };
        let mut view = Replicas::idle(3);
        let mut state = Reports::new(3, &mut Scripted::new(&[0.0]));
        wrr.report(&mut state, 0, &said(0, 10.0, 1.0, 0.0));
        wrr.pick(&mut state, &view).unwrap();
        assert!(state.schedule.is_round_robin());
        wrr.report(&mut state, 1, &said(0, 30.0, 1.0, 0.0));
        view.now = secs(1);
        let mut counts = [0; 3];
        for _ in 0..600 {
            counts[wrr.pick(&mut state, &view).unwrap()] += 1;
        }
        assert_eq!(counts, [100, 300, 200]);
        // A replica that comes again has to report again.
        wrr.host_changed(&mut state, &view, 1);
        assert!(state.schedule.is_round_robin());
    }

    #[test]
    fn replicas_that_left_are_passed_over() {
        let view = Replicas::idle(3);
        let mut state = Reports::new(3, &mut Scripted::new(&[0.0]));
        assert_eq!(ClientSideWrr::DEFAULT.pick(&mut state, &view), Some(0));
        let rest = Replicas {
            now: SimTime::ZERO,
            ..Replicas::idle(3).only(&[2])
        };
        assert_eq!(ClientSideWrr::DEFAULT.pick(&mut state, &rest), Some(0));
        assert_eq!(rest.slot(0), 2);
    }

    #[test]
    fn nonsense_is_named_with_its_default() {
        let fast = ClientSideWrr {
            weight_update_period: Span::from_millis(99),
            ..ClientSideWrr::DEFAULT
        };
        assert!(fast.check().unwrap_err().0.starts_with("weightUpdatePeriod"));
        let never = ClientSideWrr {
            weight_expiration_period: Span::ZERO,
            ..ClientSideWrr::DEFAULT
        };
        assert!(never.check().unwrap_err().0.starts_with("weightExpirationPeriod"));
    }
}
