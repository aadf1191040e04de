//! Runs made by hand, for tests.

use super::Wiring;
use crate::ids::{EdgeId, EndpointId, FaultId, ServiceId};
use crate::observe::digest::Digest;
use crate::observe::histogram::Histogram;
use crate::outcome::Outcome;
use crate::results::{
    Cost, EdgePart, EdgeResult, FaultSpan, LanePoint, LoadPart, LoadPoint, LoadResult, Outcomes, RunResult,
    ServicePart, ServicePoint, ServiceResult, Timeline,
};
use crate::time::{SimTime, Span};

/// One load with two entries in its mix, one service with two endpoints and one with one, and three lanes:
///
/// | lane | edge | calls |
/// | --- | --- | --- |
/// | 0 | 0, the load to service 0 | endpoint 0 |
/// | 1 | 0, the load to service 0 | endpoint 1 |
/// | 2 | 1, service 0 to service 1 | endpoint 2 |
pub fn wiring() -> Wiring {
    Wiring {
        lanes: vec![
            (EdgeId(0), EndpointId(0)),
            (EdgeId(0), EndpointId(1)),
            (EdgeId(1), EndpointId(2)),
        ],
        service_of: vec![ServiceId(0), ServiceId(0), ServiceId(1)],
        mix_lanes: vec![vec![0, 1]],
    }
}

/// A run with arrivals up to `duration_s`, measured from `warmup_s`, in which nothing happened; with a timeline of 1 s.
pub fn run(warmup_s: u64, duration_s: u64) -> RunResult {
    let windows = duration_s as usize;
    RunResult {
        seed: 1,
        digest: Digest::EMPTY,
        events: 0,
        measured: (SimTime::from_secs(warmup_s), SimTime::from_secs(duration_s)),
        end: SimTime::from_secs(duration_s),
        interrupted: false,
        faults: vec![],
        changes: vec![],
        loads: vec![LoadResult {
            total: LoadPart::default(),
            by_item: vec![
                (EndpointId(0), LoadPart::default()),
                (EndpointId(1), LoadPart::default()),
            ],
            by_class: vec![],
        }],
        services: vec![
            ServiceResult {
                replicas: 2,
                endpoints: vec![
                    (EndpointId(0), ServicePart::default()),
                    (EndpointId(1), ServicePart::default()),
                ],
                ..ServiceResult::default()
            },
            ServiceResult {
                replicas: 1,
                endpoints: vec![(EndpointId(2), ServicePart::default())],
                ..ServiceResult::default()
            },
        ],
        edges: vec![
            EdgeResult {
                total: EdgePart::default(),
                endpoints: vec![
                    (EndpointId(0), EdgePart::default()),
                    (EndpointId(1), EdgePart::default()),
                ],
            },
            EdgeResult {
                total: EdgePart::default(),
                endpoints: vec![(EndpointId(2), EdgePart::default())],
            },
        ],
        cost: Cost::default(),
        timeline: Timeline {
            window: Span::from_secs(1),
            windows,
            loads: vec![vec![vec![LoadPoint::default(); windows]; 2]],
            services: vec![vec![ServicePoint::default(); windows]; 2],
            lanes: vec![vec![LanePoint::default(); windows]; 3],
            edge_limits: vec![],
        },
        transitions: vec![],
        checkpoints: vec![],
    }
}

/// A run with 100 requests a second for the first entry, of which `good(second)` are goodput and the rest fail.
pub fn run_with_goodput(duration_s: u64, good: impl Fn(u64) -> u32) -> RunResult {
    let mut run = run(0, duration_s);
    let part = &mut run.loads[0].by_item[0].1;
    for (window, point) in run.timeline.loads[0][0].iter_mut().enumerate() {
        let good = good(window as u64);
        *point = LoadPoint {
            offered: 100,
            ok: good,
            failed: 100 - good,
            good,
            completed: good,
            ..LoadPoint::default()
        };
        part.offered += 100;
        part.good += u64::from(good);
        part.outcomes.merge(&outcomes(&[
            (Outcome::Ok, good.into()),
            (Outcome::Timeout, (100 - good).into()),
        ]));
    }
    run.loads[0].total = part.clone();
    run
}

/// One stretch of a fault.
pub fn fault(fault: u32, start_s: u64, end_s: Option<u64>) -> FaultSpan {
    FaultSpan {
        fault: FaultId(fault),
        replica: None,
        start: SimTime::from_secs(start_s),
        end: end_s.map(SimTime::from_secs),
    }
}

/// So many of each outcome.
pub fn outcomes(counts: &[(Outcome, u64)]) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for &(outcome, count) in counts {
        (0..count).for_each(|_| outcomes.add(outcome));
    }
    outcomes
}

/// A histogram of milliseconds.
pub fn millis(values: impl IntoIterator<Item = u64>) -> Histogram {
    let mut histogram = Histogram::default();
    values
        .into_iter()
        .for_each(|it| histogram.record(Span::from_millis(it)));
    histogram
}
