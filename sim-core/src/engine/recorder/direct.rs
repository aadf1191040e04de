//! Requests that go the short way: each is its own call, attempt and visit to an endpoint, and is counted once for all four.

use super::Recorder;
use crate::engine::arena::Attempt;
use crate::ids::{EndpointId, LoadId};
use crate::model::{Load, Model};
use crate::observe::histogram::Histogram;
use crate::outcome::Outcome;
use crate::time::{SimTime, Span};

/// Of one load, its requests that went the short way, as far as they did: counts for what is not measured and what is.
#[derive(Clone, Debug)]
pub(in crate::engine) struct DirectStats {
    begun: [u64; 2],
    ok: [u64; 2],
    /// Those that ended while it was measured.
    completed: u64,
    good: u64,
    started: u64,
    /// Response times of those that waited for a worker, and of those that did not, which are their service times, too.
    waited: Histogram,
    unwaited: Histogram,
    /// Of those that waited: how long, and how long they were served then.
    wait: Histogram,
    service: Histogram,
    /// Within this a request is good.
    objective: Span,
    endpoint: EndpointId,
}

impl DirectStats {
    pub fn new(model: &Model, load: &Load) -> DirectStats {
        DirectStats {
            begun: [0; 2],
            ok: [0; 2],
            completed: 0,
            good: 0,
            started: 0,
            waited: Histogram::default(),
            unwaited: Histogram::default(),
            wait: Histogram::default(),
            service: Histogram::default(),
            objective: load.objective.unwrap_or(Span::MAX),
            endpoint: model.sites[load.mix[0].site.index()].callee,
        }
    }

    /// A request gets its worker.
    #[inline(always)]
    pub fn got_worker(&mut self, row: &Attempt, now: SimTime) {
        if row.measured {
            self.started += 1;
            // Those that did not wait are added all together at the end.
            if now > row.arrived {
                self.wait.record(now.since(row.arrived));
            }
        }
    }

    /// Whether a request that is answered now is so in time.
    #[inline(always)]
    pub fn is_good(&self, row: &Attempt, now: SimTime) -> bool {
        now.since(row.arrived) <= self.objective
    }
}

impl Recorder {
    /// What a load's requests that go the short way are counted in.
    #[inline(always)]
    pub fn direct(&mut self, load: LoadId) -> &mut DirectStats {
        &mut self.direct[load.index()]
    }

    /// A request is sent by the short way; gives whether it is measured.
    #[inline(always)]
    pub fn direct_begun(&mut self, load: LoadId) -> bool {
        let measured = self.measuring;
        self.direct[load.index()].begun[usize::from(measured)] += 1;
        measured
    }

    /// A request ends by the short way, and well.
    #[inline(always)]
    pub fn direct_ended(&mut self, load: LoadId, row: &Attempt, now: SimTime) {
        let took = now.since(row.arrived);
        let stats = &mut self.direct[load.index()];
        stats.ok[usize::from(row.measured)] += 1;
        stats.completed += u64::from(self.measuring);
        if row.measured {
            stats.good += u64::from(took <= stats.objective);
            if row.started == row.arrived {
                stats.unwaited.record(took);
            } else {
                stats.waited.record(took);
                stats.service.record(now.since(row.started));
            }
            if row.work > Span::ZERO {
                // Of all who call the endpoint, in the order in which they end: sums of floats depend on it.
                let (sum, count) = &mut self.endpoints[stats.endpoint.index()].part.slowdown;
                *sum += if took == row.work {
                    1.0
                } else {
                    super::float(took) / super::float(row.work)
                };
                *count += 1;
            }
        }
    }

    /// Adds what went the short way to all that it counts for: before anything is summed up.
    pub fn add_direct(&mut self, model: &Model) {
        for (row, load) in model.loads.iter().enumerate() {
            let stats = core::mem::replace(&mut self.direct[row], DirectStats::new(model, load));
            let site = load.mix[0].site;
            let item = &mut self.items[self.first_item[row] as usize];
            let lane = &mut self.lanes[model.layout().lane(site) as usize];
            let endpoint = &mut self.endpoints[model.sites[site.index()].callee.index()];
            for measured in 0..2 {
                for balance in [&mut item.requests, &mut lane.calls, &mut endpoint.arrivals] {
                    balance.begun[measured] += stats.begun[measured];
                    balance.ended[measured].add_many(Outcome::Ok, stats.ok[measured]);
                }
            }
            lane.attempts += stats.begun[1];
            item.good += stats.good;
            for all in [&stats.waited, &stats.unwaited] {
                item.response_ok.merge(all);
                if !lane.single {
                    lane.attempt.merge(all);
                }
            }
            endpoint.part.completed += stats.completed;
            endpoint.part.started += stats.started;
            endpoint.part.wait.merge(&stats.wait);
            endpoint.part.service.merge(&stats.service);
            endpoint.part.response.merge(&stats.waited);
            endpoint.direct.merge(&stats.unwaited);
        }
    }
}
