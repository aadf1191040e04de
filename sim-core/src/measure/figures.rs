//! One metric over one span of one run.
//!
//! A ratio over a span, or over several loads or services, is a ratio of sums. Over several services, gauges' means add up,
//! maxima are the largest, and shares of time are weighted by replicas (`availability` by none: each service counts once).

use super::evaluate::{Evaluator, Missing};
use super::spans::{self, Scope};
use super::sums::{Subject, Tally, Times};
use super::{Metric, Target};
use crate::ids::{FaultId, ServiceId};
use crate::outcome::Outcome;
use crate::results::{Cost, Gauge, ServicePart, ServiceResult};
use crate::time::{SimTime, Span};

impl Evaluator<'_> {
    /// The metric over the span, in its unit.
    pub(super) fn figure(&self, metric: Metric, target: &Target, scope: &Scope) -> Result<f64, Missing> {
        if !metric.applies_to(target) {
            return Err(Missing::NotApplicable);
        }
        if *scope != Scope::Whole && !metric.spans() {
            return Err(Missing::WholeRunOnly);
        }
        if let Target::Fault(fault) = target {
            return self.fault(metric, *fault, scope);
        }
        if let Some(nano) = spent(metric, &self.run.cost) {
            return Ok(nano as f64 / 1e9);
        }
        let subject = self.subject(metric, target)?;
        if let Some((times, statistic)) = Times::of(metric) {
            return statistic
                .of(&*self.times(&subject, times, scope)?)
                .ok_or(Missing::NothingThere);
        }
        match metric {
            Metric::Throughput => {
                let counted = match subject {
                    // The timeline is all there is of when requests finished.
                    Subject::Requests(_) => Scope::Windows(spans::windows_of(self.run, scope)?),
                    _ => scope.clone(),
                };
                self.rate(self.completed(&subject, &counted)?, &counted)
            }
            Metric::QueueLengthMean | Metric::InServiceMean if *scope != Scope::Whole => {
                self.gauge_over_windows(metric, &subject, scope)
            }
            Metric::WaitedRatio | Metric::SlowdownMean | Metric::Wasted | Metric::WastedRatio => {
                of_parts(metric, &self.service_parts(&subject))
            }
            _ => match subject {
                Subject::Services(ids) if is_own(metric) => self.of_services(metric, ids),
                _ => self.of_tally(metric, &self.tally(&subject, scope)?, scope),
            },
        }
    }

    /// The share of responses (of all outcomes) slower than `limit`.
    pub(super) fn share_slower(&self, target: &Target, limit: Span, scope: &Scope) -> Result<f64, Missing> {
        let subject = self.subject(Metric::MeanAll, target)?;
        self.times(&subject, Times::ResponseAll, scope)?
            .share_above(limit)
            .ok_or(Missing::NothingThere)
    }

    fn of_tally(&self, metric: Metric, tally: &Tally, scope: &Scope) -> Result<f64, Missing> {
        let of_offered = |part: u64| ratio(part, tally.offered);
        match metric {
            Metric::Offered => self.rate(tally.offered, scope),
            Metric::OfferedCount => Ok(tally.offered as f64),
            Metric::Goodput => self.rate(tally.good, scope),
            Metric::GoodputCount => Ok(tally.good as f64),
            Metric::GoodputRatio => of_offered(tally.good),
            Metric::SuccessRatio => of_offered(tally.ok),
            Metric::ServedRatio => of_offered(tally.ok + tally.degraded),
            Metric::FailureRatio => of_offered(tally.failed),
            Metric::Count(outcome) => Ok(count(tally, outcome)? as f64),
            Metric::Ratio(outcome) => of_offered(count(tally, outcome)?),
            Metric::Unfinished => Ok((tally.offered - tally.ended()) as f64),
            Metric::Attempts => Ok(tally.attempts as f64),
            Metric::Hedges => Ok(tally.covered.hedges as f64),
            Metric::HedgeWins => Ok(tally.covered.hedge_wins as f64),
            Metric::Fallbacks => Ok(tally.covered.fallbacks as f64),
            Metric::FallbacksFailed => Ok(tally.covered.fallbacks_failed as f64),
            Metric::CacheHits => Ok(tally.covered.cache_hits as f64),
            Metric::CacheMisses => Ok(tally.covered.cache_misses as f64),
            Metric::CacheJoined => Ok(tally.covered.cache_joined as f64),
            Metric::CacheHitRatio => {
                let of = &tally.covered;
                ratio(of.cache_hits, of.cache_hits + of.cache_misses + of.cache_joined)
            }
            Metric::Batches => Ok(tally.covered.batches as f64),
            Metric::Batched => Ok(tally.covered.batched as f64),
            Metric::Amplification => ratio(tally.attempts, tally.offered),
            _ => Err(Missing::NotApplicable),
        }
    }

    fn rate(&self, count: u64, scope: &Scope) -> Result<f64, Missing> {
        let seconds = spans::seconds(self.run, scope);
        if seconds > 0.0 {
            Ok(count as f64 / seconds)
        } else {
            Err(Missing::EmptySpan)
        }
    }

    /// The mean over windows, each weighted by its width (the last may be shorter).
    fn gauge_over_windows(&self, metric: Metric, subject: &Subject, scope: &Scope) -> Result<f64, Missing> {
        let windows = spans::windows_of(self.run, scope)?;
        let mut area = 0.0;
        for window in windows {
            let one = Scope::Windows(window..window + 1);
            let mut value = 0.0;
            self.service_points(subject, &one, |it| {
                value += f64::from(if metric == Metric::QueueLengthMean {
                    it.queue_length
                } else {
                    it.in_service
                });
            })?;
            area += value * spans::seconds(self.run, &one);
        }
        Ok(area / spans::seconds(self.run, scope))
    }

    fn of_services(&self, metric: Metric, ids: &[ServiceId]) -> Result<f64, Missing> {
        let services: Vec<&ServiceResult> = ids.iter().map(|it| &self.run.services[it.index()]).collect();
        let sum = |of: fn(&ServiceResult) -> Gauge| Ok(services.iter().map(|it| of(it).mean).sum());
        let most = |of: fn(&ServiceResult) -> Gauge| {
            services
                .iter()
                .map(|it| of(it).max)
                .max()
                .map(|it| it as f64)
                .ok_or(Missing::NothingThere)
        };
        match metric {
            Metric::Replicas => Ok(services.iter().map(|it| f64::from(it.replicas)).sum()),
            Metric::Utilization => {
                let limited = services
                    .iter()
                    .filter_map(|it| it.utilization.map(|u| (u, f64::from(it.replicas))));
                weighted(limited).ok_or(Missing::Unlimited)
            }
            Metric::Availability => {
                weighted(services.iter().map(|it| (it.availability, 1.0))).ok_or(Missing::NothingThere)
            }
            Metric::ReplicaAvailability => weighted(
                services
                    .iter()
                    .map(|it| (it.replica_availability, f64::from(it.replicas))),
            )
            .ok_or(Missing::NothingThere),
            Metric::QueueLengthMean => sum(|it| it.queue_length),
            Metric::QueueLengthMax => most(|it| it.queue_length),
            Metric::InServiceMean => sum(|it| it.in_service),
            Metric::InServiceMax => most(|it| it.in_service),
            Metric::InSystemMean => sum(|it| it.in_system),
            Metric::InSystemMax => most(|it| it.in_system),
            Metric::TimeShare(n) => self.time_share(&services, |it| exactly(it, usize::from(n))),
            Metric::TimeShareFrom(n) => self.time_share(&services, |it| at_least(it, usize::from(n))),
            _ => Err(Missing::NotApplicable),
        }
    }

    fn time_share(
        &self,
        services: &[&ServiceResult],
        share: impl Fn(&ServiceResult) -> Option<f64>,
    ) -> Result<f64, Missing> {
        let mut shares = Vec::new();
        for service in services {
            shares.push((
                share(service).ok_or(Missing::BeyondTheTable)?,
                f64::from(service.replicas),
            ));
        }
        weighted(shares.into_iter()).ok_or(Missing::NothingThere)
    }

    fn fault(&self, metric: Metric, fault: FaultId, scope: &Scope) -> Result<f64, Missing> {
        let (from, to) = spans::ends(self.run, scope);
        let stretches = || self.run.faults.iter().filter(move |it| it.fault == fault);
        match metric {
            Metric::FaultStart => {
                let first = stretches().map(|it| it.start).min().ok_or(Missing::FaultNeverStarted)?;
                Ok(first.as_secs_f64())
            }
            Metric::FaultEnd => Ok(spans::fault_end(self.run, fault)?.as_secs_f64()),
            Metric::FaultCount => Ok(stretches().filter(|it| from <= it.start && it.start < to).count() as f64),
            Metric::FaultDowntime => {
                let mut inside: Vec<(SimTime, SimTime)> = stretches()
                    .map(|it| (it.start.clamp(from, to), it.end.unwrap_or(SimTime::MAX).clamp(from, to)))
                    .collect();
                inside.sort_unstable();
                // Stretches of several replicas overlap: each instant counts once.
                let (mut total, mut covered) = (Span::ZERO, from);
                for (start, end) in inside {
                    total += start.max(covered).until(end);
                    covered = covered.max(end);
                }
                Ok(total.as_secs_f64())
            }
            _ => Err(Missing::NotApplicable),
        }
    }
}

/// Billionths of the currency, if the metric is of money.
fn spent(metric: Metric, cost: &Cost) -> Option<u128> {
    match metric {
        Metric::Cost => Some(cost.total()),
        Metric::CostReplicas => Some(cost.replicas),
        Metric::CostCalls => Some(cost.calls),
        Metric::CostTraffic => Some(cost.traffic),
        _ => None,
    }
}

fn ratio(part: u64, whole: u64) -> Result<f64, Missing> {
    if whole == 0 {
        Err(Missing::NothingThere)
    } else {
        Ok(part as f64 / whole as f64)
    }
}

fn count(tally: &Tally, outcome: Outcome) -> Result<u64, Missing> {
    match outcome {
        Outcome::Ok => Ok(tally.ok),
        Outcome::Degraded => Ok(tally.degraded),
        // No part at all had any outcome to merge: a total over nobody.
        failure => Ok(tally.outcomes.map_or(0, |it| it.of(failure))),
    }
}

fn of_parts(metric: Metric, parts: &[&ServicePart]) -> Result<f64, Missing> {
    let sum = |of: fn(&ServicePart) -> u64| parts.iter().map(|it| of(it)).sum::<u64>();
    match metric {
        Metric::WaitedRatio => ratio(sum(|it| it.waited), sum(|it| it.started)),
        Metric::Wasted => Ok(sum(|it| it.wasted) as f64),
        Metric::WastedRatio => ratio(sum(|it| it.wasted), sum(|it| it.offered)),
        Metric::SlowdownMean => {
            let total: f64 = parts.iter().map(|it| it.slowdown.0).sum();
            match sum(|it| it.slowdown.1) {
                0 => Err(Missing::NothingThere),
                finished => Ok(total / finished as f64),
            }
        }
        _ => Err(Missing::NotApplicable),
    }
}

/// Whether a metric is of a whole service as such, not of what arrived there.
fn is_own(metric: Metric) -> bool {
    metric.applies_to(&Target::Services(Vec::new())) && !metric.applies_to(&Target::Endpoints(Vec::new()))
}

fn weighted(values: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (sum, weight) = values.fold((0.0, 0.0), |(sum, all), (value, weight)| {
        (sum + value * weight, all + weight)
    });
    (weight > 0.0).then(|| sum / weight)
}

/// The share of time with exactly `n` inside. The last entry of the table is "that many or more", which is exact only if
/// there never were more.
fn exactly(service: &ServiceResult, n: usize) -> Option<f64> {
    if n as u64 > service.in_system.max {
        return Some(0.0);
    }
    let last = service.time_share.len().checked_sub(1)?;
    (n < last || (n == last && service.in_system.max <= n as u64)).then(|| service.time_share[n])
}

/// The share of time with `n` inside or more.
fn at_least(service: &ServiceResult, n: usize) -> Option<f64> {
    if n as u64 > service.in_system.max {
        return Some(0.0);
    }
    service
        .time_share
        .get(n..)
        .filter(|it| !it.is_empty())
        .map(|it| it.iter().sum::<f64>().min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{EdgeId, EndpointId, LoadId};
    use crate::measure::Wiring;
    use crate::measure::testing::{fault, millis, outcomes, run, wiring};
    use crate::results::{Cost, LoadPart, LoadPoint, RunResult, ServicePoint};
    use proptest::prelude::*;

    const ENTRY: (LoadId, u16) = (LoadId(0), 0);

    fn requests() -> Target {
        Target::Requests(vec![ENTRY])
    }

    fn service(id: u32) -> Target {
        Target::Services(vec![ServiceId(id)])
    }

    fn figure(run: &RunResult, metric: Metric, target: &Target, scope: &Scope) -> Result<f64, Missing> {
        let wiring: Wiring = wiring();
        Evaluator::new(run, &wiring).figure(metric, target, scope)
    }

    fn whole(run: &RunResult, metric: Metric, target: &Target) -> Result<f64, Missing> {
        figure(run, metric, target, &Scope::Whole)
    }

    #[test]
    fn requests_are_counted_from_the_totals_of_their_entries() {
        let mut run = run(20, 120);
        let ends = [
            (Outcome::Ok, 700),
            (Outcome::Degraded, 100),
            (Outcome::Timeout, 150),
            (Outcome::Error, 30),
        ];
        let part = LoadPart {
            offered: 1000,
            outcomes: outcomes(&ends),
            good: 600,
            response_ok: millis((1..=700).map(|it| it.min(10))),
            response_all: millis([10, 10, 40]),
        };
        run.loads[0].total = part.clone();
        run.loads[0].by_item[0].1 = part;
        for target in [Target::Everything, requests()] {
            let whole = |metric| whole(&run, metric, &target);
            assert_eq!(whole(Metric::Offered), Ok(10.0));
            assert_eq!(whole(Metric::OfferedCount), Ok(1000.0));
            assert_eq!(whole(Metric::Goodput), Ok(6.0));
            assert_eq!(whole(Metric::GoodputRatio), Ok(0.6));
            assert_eq!(whole(Metric::SuccessRatio), Ok(0.7));
            assert_eq!(whole(Metric::ServedRatio), Ok(0.8));
            assert_eq!(whole(Metric::FailureRatio), Ok(0.18));
            assert_eq!(whole(Metric::Count(Outcome::Timeout)), Ok(150.0));
            assert_eq!(whole(Metric::Ratio(Outcome::Timeout)), Ok(0.15));
            assert_eq!(whole(Metric::Count(Outcome::Shed)), Ok(0.0));
            assert_eq!(whole(Metric::Unfinished), Ok(20.0));
            assert_eq!(whole(Metric::Max), Ok(0.01));
            assert_eq!(whole(Metric::MeanAll), Ok(0.02));
            assert_eq!(whole(Metric::QuantileAll(1.0)), Ok(0.04));
        }
        let nobody = Target::Requests(vec![(LoadId(0), 1)]);
        assert_eq!(whole(&run, Metric::SuccessRatio, &nobody), Err(Missing::NothingThere));
        assert_eq!(whole(&run, Metric::Mean, &nobody), Err(Missing::NothingThere));
        assert_eq!(whole(&run, Metric::Goodput, &nobody), Ok(0.0));
        assert_eq!(
            whole(&run, Metric::Utilization, &requests()),
            Err(Missing::NotApplicable)
        );
    }

    #[test]
    fn over_windows_a_ratio_is_a_ratio_of_sums() {
        let mut run = run(0, 10);
        let point = |offered, ok| LoadPoint {
            offered,
            ok,
            failed: offered - ok,
            good: ok,
            ..LoadPoint::default()
        };
        run.timeline.loads[0][0][2] = point(90, 90);
        run.timeline.loads[0][0][3] = point(10, 0);
        let over = |windows| figure(&run, Metric::SuccessRatio, &requests(), &Scope::Windows(windows));
        // The mean of the two ratios would be 0.5.
        assert_eq!(over(2..4), Ok(0.9));
        assert_eq!(over(3..4), Ok(0.0));
        assert_eq!(over(4..10), Err(Missing::NothingThere));
        let timeouts = figure(
            &run,
            Metric::Count(Outcome::Timeout),
            &requests(),
            &Scope::Windows(2..4),
        );
        assert_eq!(timeouts, Err(Missing::WholeRunOnly));
        assert_eq!(
            figure(&run, Metric::Count(Outcome::Ok), &requests(), &Scope::Windows(2..4)),
            Ok(90.0)
        );
    }

    #[test]
    fn over_windows_a_quantile_is_of_the_merged_times() {
        let mut run = run(0, 4);
        let point = |times: &[u64]| LoadPoint {
            offered: times.len() as u32,
            ok: times.len() as u32,
            response_ok: millis(times.iter().copied()),
            ..LoadPoint::default()
        };
        run.timeline.loads[0][0][0] = point(&[1; 99]);
        run.timeline.loads[0][0][1] = point(&[500]);
        let over = |metric, windows| figure(&run, metric, &requests(), &Scope::Windows(windows));
        assert!(over(Metric::Quantile(0.5), 0..2).unwrap() < 0.0011);
        assert_eq!(over(Metric::Quantile(0.5), 1..2), Ok(0.5));
        assert_eq!(over(Metric::Max, 0..4), Ok(0.5));
        assert_eq!(over(Metric::Mean, 2..4), Err(Missing::NothingThere));
        // Counts without times: they were not recorded.
        assert_eq!(over(Metric::MeanAll, 0..2), Err(Missing::NothingThere));
        run.timeline.loads[0][0][0].response_ok = Default::default();
        assert_eq!(
            figure(&run, Metric::Mean, &requests(), &Scope::Windows(0..1)),
            Err(Missing::NotRecorded)
        );
    }

    #[test]
    fn requests_finish_by_the_timeline_within_the_measured_span() {
        let mut run = run(2, 10);
        run.timeline.loads[0][0].iter_mut().for_each(|it| it.completed = 50);
        run.timeline.loads[0][0][5].completed = 450;
        assert_eq!(whole(&run, Metric::Throughput, &requests()), Ok(100.0));
        assert_eq!(
            figure(&run, Metric::Throughput, &requests(), &Scope::Windows(0..4)),
            Ok(50.0)
        );
        run.services[1].total.completed = 80;
        assert_eq!(whole(&run, Metric::Throughput, &service(1)), Ok(10.0));
        run.timeline.loads.clear();
        assert_eq!(whole(&run, Metric::Throughput, &requests()), Err(Missing::NotRecorded));
    }

    #[test]
    fn attempts_are_counted_over_the_lanes_of_the_target() {
        let mut run = run(0, 10);
        for (edge, at, calls, attempts) in [(0, 0, 10, 20), (0, 1, 10, 10), (1, 0, 5, 15)] {
            let part = &mut run.edges[edge].endpoints[at].1;
            (part.calls, part.attempts) = (calls, attempts);
            part.outcomes = outcomes(&[(Outcome::Ok, calls)]);
        }
        let both = |target: &Target| {
            (
                whole(&run, Metric::Attempts, target).unwrap(),
                whole(&run, Metric::Amplification, target).unwrap(),
            )
        };
        assert_eq!(both(&Target::Everything), (45.0, 1.8));
        assert_eq!(both(&requests()), (20.0, 2.0));
        assert_eq!(both(&service(0)), (30.0, 1.5));
        assert_eq!(both(&Target::Endpoints(vec![EndpointId(1)])), (10.0, 1.0));
        assert_eq!(both(&Target::Edges(vec![EdgeId(1)])), (15.0, 3.0));
        assert_eq!(both(&Target::Lanes(vec![0, 2])), (35.0, 35.0 / 15.0));
        let front = Target::Front {
            requests: vec![ENTRY],
            services: vec![],
            endpoints: vec![EndpointId(2)],
        };
        assert_eq!(both(&front), (15.0, 3.0));
        run.timeline.lanes[2][4].attempts = 7;
        let edge = Target::Edges(vec![EdgeId(1)]);
        assert_eq!(figure(&run, Metric::Attempts, &edge, &Scope::Windows(4..5)), Ok(7.0));
        assert_eq!(
            figure(&run, Metric::AttemptMean, &edge, &Scope::Windows(4..5)),
            Err(Missing::WholeRunOnly)
        );
    }

    #[test]
    fn services_know_their_gauges_and_weights() {
        let mut run = run(0, 10);
        run.services[0].utilization = Some(0.5);
        run.services[0].queue_length = Gauge { mean: 3.0, max: 9 };
        run.services[1].queue_length = Gauge { mean: 1.0, max: 11 };
        run.services[0].total.started = 8;
        run.services[0].total.waited = 2;
        run.services[0].total.slowdown = (6.0, 4);
        let all = Target::Services(vec![ServiceId(0), ServiceId(1)]);
        assert_eq!(whole(&run, Metric::Utilization, &all), Ok(0.5));
        assert_eq!(whole(&run, Metric::Utilization, &service(1)), Err(Missing::Unlimited));
        run.services[1].utilization = Some(0.125);
        assert_eq!(whole(&run, Metric::Utilization, &all), Ok(0.375));
        assert_eq!(whole(&run, Metric::QueueLengthMean, &all), Ok(4.0));
        assert_eq!(whole(&run, Metric::QueueLengthMax, &all), Ok(11.0));
        assert_eq!(whole(&run, Metric::WaitedRatio, &service(0)), Ok(0.25));
        assert_eq!(whole(&run, Metric::SlowdownMean, &service(0)), Ok(1.5));
        assert_eq!(
            whole(&run, Metric::WaitedRatio, &service(1)),
            Err(Missing::NothingThere)
        );
        let both_views = Target::Front {
            requests: vec![ENTRY],
            services: vec![ServiceId(0)],
            endpoints: vec![EndpointId(0)],
        };
        assert_eq!(whole(&run, Metric::Utilization, &both_views), Ok(0.5));
        assert_eq!(whole(&run, Metric::Offered, &both_views), Ok(0.0));
    }

    #[test]
    fn gauges_over_windows_are_weighted_by_width() {
        let mut run = run(0, 10);
        run.measured.1 = SimTime::ZERO + Span::from_millis(9_500);
        let point = |queue_length| ServicePoint {
            queue_length,
            ..ServicePoint::default()
        };
        run.timeline.services[1][8] = point(2.0);
        run.timeline.services[1][9] = point(8.0);
        let over = |target: &Target, windows| figure(&run, Metric::QueueLengthMean, target, &Scope::Windows(windows));
        assert_eq!(over(&service(1), 8..9), Ok(2.0));
        assert_eq!(over(&service(1), 8..10), Ok(4.0));
        assert_eq!(
            figure(&run, Metric::Utilization, &service(1), &Scope::Windows(8..9)),
            Err(Missing::WholeRunOnly)
        );
    }

    #[test]
    fn an_endpoint_has_a_timeline_if_it_is_alone() {
        let mut run = run(0, 10);
        run.timeline.services[1][3] = ServicePoint {
            offered: 4,
            ok: 3,
            failed: 1,
            ..ServicePoint::default()
        };
        let over = |endpoint| {
            let target = Target::Endpoints(vec![EndpointId(endpoint)]);
            figure(&run, Metric::SuccessRatio, &target, &Scope::Windows(3..4))
        };
        assert_eq!(over(2), Ok(0.75));
        assert_eq!(over(0), Err(Missing::NotByEndpoint));
    }

    #[test]
    fn the_last_time_share_is_that_many_or_more() {
        let mut run = run(0, 10);
        run.services[1].time_share = vec![0.5, 0.3, 0.2];
        run.services[1].in_system.max = 7;
        let share = |run: &RunResult, metric| whole(run, metric, &service(1));
        assert_eq!(share(&run, Metric::TimeShare(1)), Ok(0.3));
        assert_eq!(share(&run, Metric::TimeShareFrom(1)), Ok(0.5));
        assert_eq!(share(&run, Metric::TimeShareFrom(2)), Ok(0.2));
        assert_eq!(share(&run, Metric::TimeShare(2)), Err(Missing::BeyondTheTable));
        assert_eq!(share(&run, Metric::TimeShareFrom(3)), Err(Missing::BeyondTheTable));
        assert_eq!(share(&run, Metric::TimeShare(8)), Ok(0.0));
        run.services[1].in_system.max = 2;
        assert_eq!(share(&run, Metric::TimeShare(2)), Ok(0.2));
        assert_eq!(share(&run, Metric::TimeShareFrom(3)), Ok(0.0));
    }

    #[test]
    fn overlapping_stretches_of_a_fault_are_down_once() {
        let mut run = run(10, 100);
        run.faults = vec![
            fault(0, 5, Some(12)),
            fault(0, 30, Some(40)),
            fault(0, 35, Some(45)),
            fault(0, 90, None),
        ];
        let of = |metric, scope| figure(&run, metric, &Target::Fault(FaultId(0)), &scope);
        assert_eq!(of(Metric::FaultDowntime, Scope::Whole), Ok(2.0 + 15.0 + 10.0));
        assert_eq!(of(Metric::FaultDowntime, Scope::Windows(0..36)), Ok(7.0 + 6.0));
        assert_eq!(of(Metric::FaultCount, Scope::Whole), Ok(3.0));
        assert_eq!(of(Metric::FaultStart, Scope::Whole), Ok(5.0));
        assert_eq!(of(Metric::FaultEnd, Scope::Whole), Err(Missing::FaultNeverEnded));
    }

    #[test]
    fn every_metric_is_known_of_whom_its_row_says_and_over_spans_if_it_says_so() {
        let mut run = run(0, 10);
        run.faults = vec![fault(0, 1, Some(2))];
        let targets = [
            Target::Everything,
            requests(),
            service(1),
            Target::Endpoints(vec![EndpointId(2)]),
            Target::Lanes(vec![0]),
            Target::Edges(vec![EdgeId(1)]),
            Target::Front {
                requests: vec![ENTRY],
                services: vec![ServiceId(1)],
                endpoints: vec![EndpointId(2)],
            },
            Target::Fault(FaultId(0)),
        ];
        let mut asked = 0;
        for metric in Metric::all_names().iter().map(|it| Metric::parse(it).unwrap()) {
            for target in targets.iter().filter(|it| metric.applies_to(it)) {
                let known = whole(&run, metric, target);
                assert_ne!(known, Err(Missing::NotApplicable), "{} of {target:?}", metric.name());
                let span = figure(&run, metric, target, &Scope::Windows(0..5));
                let whole_only = span == Err(Missing::WholeRunOnly);
                assert_eq!(whole_only, !metric.spans(), "{} of {target:?}: {span:?}", metric.name());
                assert_ne!(span, Err(Missing::NotApplicable), "{} of {target:?}", metric.name());
                asked += 1;
            }
        }
        assert!(asked > 300, "{asked}");
    }

    #[test]
    fn cost_is_of_the_whole_run() {
        let mut run = run(0, 10);
        run.cost = Cost {
            replicas: 1_000_000_000,
            calls: 500_000_000,
            traffic: 0,
        };
        assert_eq!(whole(&run, Metric::Cost, &Target::Everything), Ok(1.5));
        assert_eq!(
            figure(&run, Metric::Cost, &Target::Everything, &Scope::Windows(0..1)),
            Err(Missing::WholeRunOnly)
        );
    }

    proptest! {
        #[test]
        fn ratios_are_shares_and_add_up(
            points in prop::collection::vec((0u32..50, 0u32..50, 0u32..50, 0u32..50, 0u32..50), 12),
            from in 0usize..12,
            length in 1usize..12,
        ) {
            let mut run = run(0, 12);
            for (at, &(ok, degraded, failed, unfinished, bad)) in points.iter().enumerate() {
                let offered = ok + degraded + failed + unfinished;
                let good = ok.saturating_sub(bad);
                run.timeline.loads[0][0][at] = LoadPoint { offered, ok, degraded, failed, good, ..LoadPoint::default() };
            }
            let scope = Scope::Windows(from..(from + length).min(12));
            let of = |metric| figure(&run, metric, &requests(), &scope);
            let ratios = [
                Metric::GoodputRatio,
                Metric::SuccessRatio,
                Metric::ServedRatio,
                Metric::FailureRatio,
                Metric::Ratio(Outcome::Degraded),
            ];
            if of(Metric::OfferedCount) == Ok(0.0) {
                prop_assert!(ratios.iter().all(|it| of(*it) == Err(Missing::NothingThere)));
            } else {
                prop_assert!(ratios.iter().all(|it| of(*it).is_ok_and(|it| (0.0..=1.0).contains(&it))));
                prop_assert!(of(Metric::GoodputRatio).unwrap() <= of(Metric::SuccessRatio).unwrap());
                prop_assert!(of(Metric::SuccessRatio).unwrap() <= of(Metric::ServedRatio).unwrap());
                let unfinished = of(Metric::Unfinished).unwrap() / of(Metric::OfferedCount).unwrap();
                let all = of(Metric::ServedRatio).unwrap() + of(Metric::FailureRatio).unwrap() + unfinished;
                prop_assert!((all - 1.0).abs() < 1e-12);
            }
        }
    }
}
