//! Statistics of a run in the making: counts and histograms by the finest part, summed up at the end.

mod direct;
mod timeline;
mod totals;

pub(super) use direct::DirectStats;

use super::arena::{Attempt, Parent};
use super::caller::Over;
use super::slab::NONE;
use crate::ids::{EndpointId, LoadId, ServiceId};
use crate::model::Model;
use crate::observe::Record;
use crate::observe::histogram::Histogram;
use crate::outcome::Outcome;
use crate::results::{Covered, LanePoint, LoadPoint, Outcomes, ServicePart, ServicePoint, Timeline};
use crate::time::{SimTime, Span};

/// Counts kept apart for what is measured (`[1]`) and what is not (`[0]`): both together must balance.
#[derive(Debug, Default, Clone)]
pub(crate) struct Balance {
    pub begun: [u64; 2],
    pub ended: [Outcomes; 2],
}

impl Balance {
    /// All that began less all that ended, measured or not.
    pub fn open(&self) -> u64 {
        self.begun[0] + self.begun[1] - self.ended[0].total() - self.ended[1].total()
    }
}

/// One entry of a load's mix.
#[derive(Debug, Default)]
pub(crate) struct ItemStats {
    pub requests: Balance,
    good: u64,
    response_ok: Histogram,
    response_not_ok: Histogram,
    /// Those that ended at once, without an attempt; not in the histograms before the end.
    unsent: u64,
}

/// One endpoint.
#[derive(Debug, Default)]
pub(crate) struct EndpointStats {
    pub arrivals: Balance,
    /// Response times of those that did not wait, which are their service times, too; in neither histogram of the part
    /// before the end.
    direct: Histogram,
    pub part: ServicePart,
}

/// Nanoseconds as a number; by way of a signed integer, which takes one instruction.
#[inline(always)]
fn float(span: Span) -> f64 {
    match i64::try_from(span.nanos()) {
        Ok(signed) => signed as f64,
        Err(_) => float_of_centuries(span),
    }
}

/// Apart, or both ways would be taken for one and the same, which takes many instructions.
#[cold]
#[inline(never)]
fn float_of_centuries(span: Span) -> f64 {
    span.nanos() as f64
}

/// How a call is answered by another, or by memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shared {
    Hit,
    Missed,
    Joined,
    /// One that was made for a batch.
    Batch,
    /// One that went into a batch.
    Batched,
}

/// One lane.
#[derive(Debug, Default)]
pub(crate) struct LaneStats {
    pub calls: Balance,
    pub attempts: u64,
    /// What covers did.
    pub covered: Covered,
    /// Of calls that are no requests: those are in the histograms of their item until the end.
    response: Histogram,
    attempt: Histogram,
    /// Calls that ended at once, without an attempt; not in the histogram before the end.
    unsent: u64,
    /// Every call that was sent has one attempt, so that one histogram serves for both.
    single: bool,
}

/// All statistics of a run.
#[derive(Debug)]
pub(crate) struct Recorder {
    record: Record,
    /// What begins now is in the statistics.
    pub measuring: bool,
    duration: SimTime,
    window: u64,
    first_item: Vec<u32>,
    /// By load.
    direct: Vec<DirectStats>,
    /// Some timeline is recorded.
    pub draws: bool,
    pub items: Vec<ItemStats>,
    pub endpoints: Vec<EndpointStats>,
    pub lanes: Vec<LaneStats>,
    pub timeline: Timeline,
}

impl Recorder {
    pub fn new(model: &Model, record: &Record, singles: &[bool]) -> Recorder {
        let clock = model.clock;
        let window = clock.window.nanos().max(1);
        let windows = clock.duration.nanos().div_ceil(window) as usize;
        let mut first_item = vec![0];
        for load in &model.loads {
            first_item.push(first_item.last().expect("it begins with one") + load.mix.len() as u32);
        }
        let lanes = model.layout().lanes.len();
        let timeline = Timeline {
            window: Span::from_nanos(window),
            windows,
            loads: if record.loads {
                model
                    .loads
                    .iter()
                    .map(|load| vec![vec![LoadPoint::default(); windows]; load.mix.len()])
                    .collect()
            } else {
                Vec::new()
            },
            services: if record.services {
                vec![vec![ServicePoint::default(); windows]; model.services.len()]
            } else {
                Vec::new()
            },
            lanes: if record.edges {
                vec![vec![LanePoint::default(); windows]; lanes]
            } else {
                Vec::new()
            },
            edge_limits: if record.edges && record.services {
                vec![vec![None; windows]; model.edges.len()]
            } else {
                Vec::new()
            },
        };
        Recorder {
            record: *record,
            measuring: false,
            duration: clock.duration,
            window,
            items: (0..*first_item.last().expect("it begins with one"))
                .map(|_| ItemStats::default())
                .collect(),
            draws: record.loads || record.services || record.edges,
            direct: model.loads.iter().map(|it| DirectStats::new(model, it)).collect(),
            first_item,
            endpoints: (0..model.endpoints.len()).map(|_| EndpointStats::default()).collect(),
            lanes: singles
                .iter()
                .map(|&single| LaneStats {
                    single,
                    ..LaneStats::default()
                })
                .collect(),
            timeline,
        }
    }

    #[inline(always)]
    fn item(&mut self, load: LoadId, item: u16) -> &mut ItemStats {
        &mut self.items[self.first_item[load.index()] as usize + item as usize]
    }

    #[inline(always)]
    pub fn request_arrived(&mut self, load: LoadId, item: u16, now: SimTime) {
        let measured = self.measuring;
        self.item(load, item).requests.begun[usize::from(measured)] += 1;
        if self.record.loads {
            self.request_arrived_in_timeline(load, item, now);
        }
    }

    #[inline(always)]
    pub fn request_ended(&mut self, load: LoadId, over: &Over, now: SimTime, outcome: Outcome, good: bool) {
        let stats = self.item(load, over.item);
        stats.requests.ended[usize::from(over.measured)].add(outcome);
        if over.measured {
            let took = now.since(over.start);
            stats.good += u64::from(good);
            if !over.sent && took == Span::ZERO && outcome != Outcome::Ok {
                stats.unsent += 1;
            } else if outcome == Outcome::Ok {
                stats.response_ok.record(took);
            } else {
                stats.response_not_ok.record(took);
            }
        }
        if self.record.loads {
            self.request_ended_in_timeline(load, over.item, over.start, now, outcome, good);
        }
    }

    #[inline]
    pub fn call_started(&mut self, lane: u32, measured: bool, now: SimTime) {
        self.lanes[lane as usize].calls.begun[usize::from(measured)] += 1;
        if self.record.edges
            && let Some(window) = self.window_of(now)
        {
            self.timeline.lanes[lane as usize][window].calls += 1;
        }
    }

    /// A call starts with its one attempt.
    #[inline(always)]
    pub fn call_sent(&mut self, lane: u32, measured: bool, now: SimTime) {
        let stats = &mut self.lanes[lane as usize];
        stats.calls.begun[usize::from(measured)] += 1;
        stats.attempts += u64::from(measured);
        if self.record.edges {
            self.call_sent_in_timeline(lane, now);
        }
    }

    #[inline]
    pub fn attempt_sent(&mut self, lane: u32, measured: bool, now: SimTime) {
        if measured {
            self.lanes[lane as usize].attempts += 1;
        }
        if self.record.edges
            && let Some(window) = self.window_of(now)
        {
            self.timeline.lanes[lane as usize][window].attempts += 1;
        }
    }

    #[inline]
    pub fn attempt_ended(&mut self, lane: u32, measured: bool, took: Span) {
        let stats = &mut self.lanes[lane as usize];
        if measured && !stats.single {
            stats.attempt.record(took);
        }
    }

    /// A call ends with its one attempt.
    #[inline(always)]
    pub fn lean_call_ended(&mut self, lane: u32, over: &Over, now: SimTime, outcome: Outcome) {
        let stats = &mut self.lanes[lane as usize];
        stats.calls.ended[usize::from(over.measured)].add(outcome);
        if over.measured {
            let took = now.since(over.start);
            if !matches!(over.parent, Parent::Load(_)) {
                stats.response.record(took);
            }
            if !stats.single {
                stats.attempt.record(took);
            }
        }
        if self.record.edges {
            self.call_ended_in_timeline(lane, over.start, now, outcome);
        }
    }

    #[inline(always)]
    pub fn call_ended(&mut self, lane: u32, over: &Over, now: SimTime, outcome: Outcome) {
        let stats = &mut self.lanes[lane as usize];
        stats.calls.ended[usize::from(over.measured)].add(outcome);
        if over.measured && !matches!(over.parent, Parent::Load(_)) {
            if over.sent || now > over.start {
                stats.response.record(now.since(over.start));
            } else {
                stats.unsent += 1;
            }
        }
        if self.record.edges {
            self.call_ended_in_timeline(lane, over.start, now, outcome);
        }
    }

    /// A hedge sends a further copy.
    pub fn hedged(&mut self, lane: u32, measured: bool) {
        self.lanes[lane as usize].covered.hedges += u64::from(measured);
    }

    /// A further copy of a hedge was the first to answer.
    pub fn hedge_won(&mut self, lane: u32, measured: bool) {
        self.lanes[lane as usize].covered.hedge_wins += u64::from(measured);
    }

    /// A call failed and was answered by its fallback, or that could not help.
    pub fn fell_back(&mut self, lane: u32, measured: bool, answered: bool) {
        let covered = &mut self.lanes[lane as usize].covered;
        covered.fallbacks += u64::from(measured && answered);
        covered.fallbacks_failed += u64::from(measured && !answered);
    }

    /// A call met a cache or a collapser.
    pub fn shared(&mut self, lane: u32, measured: bool, how: Shared) {
        let covered = &mut self.lanes[lane as usize].covered;
        let count = u64::from(measured);
        match how {
            Shared::Hit => covered.cache_hits += count,
            Shared::Missed => covered.cache_misses += count,
            Shared::Joined => covered.cache_joined += count,
            Shared::Batch => covered.batches += count,
            Shared::Batched => covered.batched += count,
        }
    }

    /// An attempt arrives; gives whether it is in the statistics of its service.
    #[inline(always)]
    pub fn arrived_at_service(&mut self, service: ServiceId, endpoint: EndpointId, now: SimTime) -> bool {
        let measured = self.measuring;
        self.endpoints[endpoint.index()].arrivals.begun[usize::from(measured)] += 1;
        if self.record.services {
            self.arrived_at_service_in_timeline(service, now);
        }
        measured
    }

    #[inline(always)]
    pub fn got_worker(
        &mut self,
        service: ServiceId,
        endpoint: EndpointId,
        measured: bool,
        arrived: SimTime,
        now: SimTime,
    ) {
        if measured {
            let part = &mut self.endpoints[endpoint.index()].part;
            part.started += 1;
            // Those that did not wait are added all together at the end.
            if now > arrived {
                part.wait.record(now.since(arrived));
            }
        }
        if self.record.services && self.record.latencies {
            self.got_worker_in_timeline(service, arrived, now);
        }
    }

    /// An attempt leaves its service, so long after it arrived.
    #[inline(always)]
    pub fn left_service(
        &mut self,
        service: ServiceId,
        endpoint: EndpointId,
        row: &Attempt,
        took: Span,
        now: SimTime,
        outcome: Outcome,
    ) {
        let stats = &mut self.endpoints[endpoint.index()];
        stats.arrivals.ended[usize::from(row.measured_at_service)].add(outcome);
        let served = !outcome.is_failure();
        if served && self.measuring {
            stats.part.completed += 1;
        }
        if row.measured_at_service {
            if row.started == row.arrived {
                stats.direct.record(took);
            } else {
                stats.part.response.record(took);
                if row.started != SimTime::MAX {
                    stats.part.service.record(now.since(row.started));
                }
            }
            if served {
                stats.part.wasted += u64::from(row.call == NONE);
                if row.work > Span::ZERO {
                    stats.part.slowdown.0 += if took == row.work {
                        1.0
                    } else {
                        float(took) / float(row.work)
                    };
                    stats.part.slowdown.1 += 1;
                }
            }
        }
        if self.record.services {
            self.left_service_in_timeline(service, row.arrived, now, outcome);
        }
    }
}
