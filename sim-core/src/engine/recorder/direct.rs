//! Requests that go the short way: each is its own call, attempt and visit to an endpoint, and is counted once for all four.

use super::Recorder;
use crate::ids::{EndpointId, LoadId};
use crate::model::Model;
use crate::observe::histogram::Histogram;
use crate::outcome::Outcome;
use crate::time::{SimTime, Span};

/// Of one load, its requests that went the short way, as far as they did: counts for what is not measured and what is.
#[derive(Clone, Debug, Default)]
pub(super) struct DirectStats {
    begun: [u64; 2],
    ok: [u64; 2],
    good: u64,
    /// Response times of those that waited for a worker, and of those that did not.
    waited: Histogram,
    unwaited: Histogram,
}

/// A request that ends by the short way.
pub(in crate::engine) struct DirectEnd {
    /// When it was sent, which is when it came.
    pub start: SimTime,
    /// When it got its worker.
    pub started: SimTime,
    pub measured: bool,
    /// Its work, as drawn.
    pub work: Span,
    /// Within this it is good.
    pub objective: Option<Span>,
}

impl DirectEnd {
    /// Whether its answer, which comes now, is in time.
    #[inline(always)]
    pub fn is_good(&self, now: SimTime) -> bool {
        self.objective.is_none_or(|it| now.since(self.start) <= it)
    }
}

impl Recorder {
    /// A request is sent by the short way; gives whether it is measured.
    #[inline(always)]
    pub fn direct_begun(&mut self, load: LoadId) -> bool {
        let measured = self.measuring;
        self.direct[load.index()].begun[usize::from(measured)] += 1;
        measured
    }

    /// A request ends by the short way, and well.
    #[inline(always)]
    pub fn direct_ended(&mut self, load: LoadId, endpoint: EndpointId, of: &DirectEnd, now: SimTime) {
        let took = now.since(of.start);
        let stats = &mut self.direct[load.index()];
        stats.ok[usize::from(of.measured)] += 1;
        let part = &mut self.endpoints[endpoint.index()].part;
        part.completed += u64::from(self.measuring);
        if of.measured {
            stats.good += u64::from(of.is_good(now));
            if of.started == of.start {
                stats.unwaited.record(took);
            } else {
                stats.waited.record(took);
                part.service.record(now.since(of.started));
            }
            if of.work > Span::ZERO {
                part.slowdown.0 += if took == of.work {
                    1.0
                } else {
                    super::float(took) / super::float(of.work)
                };
                part.slowdown.1 += 1;
            }
        }
    }

    /// Adds what went the short way to all that it counts for: before anything is summed up.
    pub fn add_direct(&mut self, model: &Model) {
        for (row, load) in model.loads.iter().enumerate() {
            let stats = core::mem::take(&mut self.direct[row]);
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
            endpoint.part.response.merge(&stats.waited);
            endpoint.direct.merge(&stats.unwaited);
        }
    }
}
