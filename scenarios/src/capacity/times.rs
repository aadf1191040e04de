//! Mean times of calls: from worker to answer, held, and computing.

use brownout_sim_core::ids::{BlockId, EndpointId, SiteId};
use brownout_sim_core::model::{Action, Style, Tables};

use super::solve::shares;
use super::system::System;

/// Mean times of an endpoint in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Time {
    /// From worker to answer.
    pub(super) response: f64,
    /// For which a worker is held.
    pub(super) held: f64,
    /// For which a core is needed.
    pub(super) computed: f64,
}

pub(super) struct Times<'a, 'm> {
    pub(super) system: &'a System<'m>,
    pub(super) slowdowns: &'a [f64],
    pub(super) known: Vec<Option<Time>>,
}

impl Times<'_, '_> {
    /// Recursion ends at the depth limit: what is deeper takes no time.
    pub(super) fn of(&mut self, endpoint: EndpointId, depth: u32) -> Time {
        if let Some(known) = self.known[endpoint.index()] {
            return known;
        }
        // A cycle has no answer of its own before it has been cut once.
        if depth >= self.system.model.depth_max.min(200) {
            return Time::default();
        }
        let system = self.system;
        let row = &system.endpoints[endpoint.index()];
        let service = &system.model.services[row.service.index()];
        let factor = system.factors[endpoint.index()] * self.slowdowns[row.service.index()];
        let mean = |dist: &brownout_sim_core::dist::Dist| dist.mean_ns().unwrap_or(f64::INFINITY) / 1e9;
        let work = row.work.as_ref().map_or(0.0, |it| mean(it) * factor);
        // What is found while this endpoint is open is found under a cut cycle, if at all.
        self.known[endpoint.index()] = Some(Time {
            response: work,
            held: work,
            computed: work,
        });
        let (passed, stepped) = row.flow.map_or((0.0, 0.0), |it| self.block(it, factor, depth));
        let computed = work + stepped;
        let held = match service.style {
            Style::Blocking => work + passed,
            Style::Async => computed,
        };
        let time = Time {
            response: work + passed,
            held,
            computed,
        };
        self.known[endpoint.index()] = Some(time);
        time
    }

    /// Mean time a block takes, and the time it computes.
    pub(super) fn block(&mut self, block: BlockId, factor: f64, depth: u32) -> (f64, f64) {
        let tables: &Tables = self.system.model;
        let steps = tables.blocks[block.index()].steps.clone();
        let (mut passed, mut computed) = (0.0, 0.0);
        for step in &tables.steps[steps.start as usize..steps.end as usize] {
            let mean = |dist: &brownout_sim_core::dist::Dist| dist.mean_ns().unwrap_or(f64::INFINITY) / 1e9;
            let (time, work) = match &step.action {
                Action::Call(site) => (self.site(*site, depth), 0.0),
                Action::Repeat(it) => {
                    let one = self.site(it.site, depth);
                    (if it.parallel { one } else { one * f64::from(it.times) }, 0.0)
                }
                Action::Work(dist) => (mean(dist) * factor, mean(dist) * factor),
                Action::Wait(dist) => (mean(dist), 0.0),
                Action::Sequence(inner) => self.block(*inner, factor, depth),
                Action::Parallel { blocks, need } => {
                    let mut branches: Vec<(f64, f64)> = blocks
                        .clone()
                        .map(|it| self.block(BlockId(it), factor, depth))
                        .collect();
                    branches.sort_by(|a, b| a.0.total_cmp(&b.0));
                    let last = (*need as usize).clamp(1, branches.len().max(1)) - 1;
                    (
                        branches.get(last).map_or(0.0, |it| it.0),
                        branches.iter().map(|it| it.1).sum(),
                    )
                }
                Action::Choose { options } => {
                    let mut sum = (0.0, 0.0);
                    for (share, inner) in shares(tables, options) {
                        let (time, work) = self.block(inner, factor, depth);
                        sum = (sum.0 + share * time, sum.1 + share * work);
                    }
                    sum
                }
            };
            let chance = step.chance.as_f64();
            passed += if step.background || chance == 0.0 {
                0.0
            } else {
                chance * time
            };
            computed += if chance == 0.0 { 0.0 } else { chance * work };
        }
        (passed, computed)
    }

    pub(super) fn site(&mut self, site: SiteId, depth: u32) -> f64 {
        let row = &self.system.model.sites[site.index()];
        self.of(row.callee, depth + 1).response + 2.0 * self.system.ways[row.edge.index()]
    }
}
