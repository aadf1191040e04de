//! All statistics of a run, summed up at its end.

use super::Recorder;
use crate::ids::{ClassId, EdgeId};
use crate::model::Model;
use crate::results::{EdgePart, EdgeResult, LoadPart, LoadResult, ServicePart};
use crate::time::Span;

impl Recorder {
    /// The loads' results. Their requests' response times are handed on to the lanes, for [`Recorder::edges`] later.
    pub fn loads(&mut self, model: &Model) -> Vec<LoadResult> {
        let mut results = Vec::with_capacity(model.loads.len());
        for (row, load) in model.loads.iter().enumerate() {
            let mut result = LoadResult::default();
            for (entry, item) in load.mix.iter().enumerate() {
                let stats = core::mem::take(&mut self.items[self.first_item[row] as usize + entry]);
                let mut response_all = stats.response_not_ok;
                response_all.merge(&stats.response_ok);
                let lane = &mut self.lanes[model.layout().lane(item.site) as usize];
                lane.response.merge(&response_all);
                lane.unsent += stats.unsent;
                response_all.record_many(Span::ZERO, stats.unsent);
                let part = LoadPart {
                    offered: stats.requests.begun[1],
                    outcomes: stats.requests.ended[1],
                    good: stats.good,
                    response_ok: stats.response_ok,
                    response_all,
                };
                result.total.merge(&part);
                result.by_item.push((model.sites[item.site.index()].callee, part));
            }
            result.by_class.push((ClassId(load.class.0), result.total.clone()));
            results.push(result);
        }
        results
    }

    /// The endpoints' parts.
    pub fn endpoints(&mut self) -> Vec<ServicePart> {
        self.endpoints
            .iter_mut()
            .map(|stats| {
                let mut part = core::mem::take(&mut stats.part);
                part.offered = stats.arrivals.begun[1];
                part.outcomes = stats.arrivals.ended[1];
                part.response.merge(&stats.direct);
                part.service.merge(&stats.direct);
                part.waited = part.wait.count();
                part.wait.record_many(Span::ZERO, part.started - part.waited);
                part
            })
            .collect()
    }

    /// The edges' results, after the loads'.
    pub fn edges(&mut self, model: &Model) -> Vec<EdgeResult> {
        let layout = model.layout();
        (0..model.edges.len())
            .map(|row| {
                let mut result = EdgeResult::default();
                for lane in layout.lanes_of(EdgeId::from_index(row)) {
                    let stats = core::mem::take(&mut self.lanes[lane]);
                    let mut part = EdgePart {
                        calls: stats.calls.begun[1],
                        attempts: stats.attempts,
                        covered: stats.covered,
                        outcomes: stats.calls.ended[1],
                        attempt: if stats.single {
                            stats.response.clone()
                        } else {
                            stats.attempt
                        },
                        response: stats.response,
                    };
                    part.response.record_many(Span::ZERO, stats.unsent);
                    result.total.merge(&part);
                    result.endpoints.push((layout.lanes[lane].1, part));
                }
                result
            })
            .collect()
    }
}
