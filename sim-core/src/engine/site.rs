//! What is in force at each call site, arranged for the engine: all that the path of a call looks at, in one row.

use super::balance::{CallerState, WATCHED};
use super::direct::is_direct;
use super::event::Event;
use super::part::Covers;
use super::ring::Ring;
use super::ring_for;
use super::slab::NONE;
use crate::ids::{EdgeId, EndpointId, PlanId, ServiceId};
use crate::model::{Action, Caller, Cover, Endpoint, Link, Model, Plan, Stage};
use crate::policy::deadline::Deadline;
use crate::policy::retry::Retry;
use crate::policy::timeout::Cancel;
use crate::quantity::{Chance, Nanomoney};

/// A plan's stages, arranged for the engine.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlanShape<'m> {
    pub plan: &'m Plan,
    /// The plan's row; parts below a cover have shapes of their own.
    pub root: PlanId,
    /// The stages of this part.
    pub stages: &'m [Stage],
    /// The cover at its end.
    pub cover: Option<&'m Cover>,
    /// The slot of that cover's states, or [`NONE`].
    pub cover_slot: u32,
    /// The slot of the pools of connections that its attempts go over, or [`NONE`].
    pub pool_slot: u32,
    /// The callee's own calls learn nothing of the deadline.
    pub withholds_deadline: bool,
    /// The way through its stages is bounded, and not an attempt.
    pub is_gated: bool,
    /// Ring of the bound on one attempt, or [`NONE`].
    pub attempt_timeout: u32,
    /// Ring of a timeout around all attempts, or [`NONE`].
    pub call_timeout: u32,
    pub deadline: Option<&'m Deadline>,
    /// Ring of the deadline when nothing shorter was handed down, or [`NONE`].
    pub deadline_ring: u32,
    pub retry: Option<&'m Retry>,
    pub cancels: bool,
    /// The stack of its stages, if there are gates among them, or [`NONE`].
    pub stack: u32,
}

impl<'m> PlanShape<'m> {
    /// The shapes of a plan's parts: at least one.
    pub fn parts(plan: &'m Plan, root: PlanId, rings: &mut Vec<Ring>) -> Vec<PlanShape<'m>> {
        plan.parts()
            .map(|stages| PlanShape::new(plan, root, stages, rings))
            .collect()
    }

    fn new(plan: &'m Plan, root: PlanId, stages: &'m [Stage], rings: &mut Vec<Ring>) -> PlanShape<'m> {
        let cover = match stages.last() {
            Some(Stage::Cover(cover)) => Some(cover),
            _ => None,
        };
        // Where there are gates, a cover, or a wait for a connection, the timeout bounds the way through them.
        let gated = stages.iter().any(|it| matches!(it, Stage::Gate(_)));
        let gated = gated
            || (cover.is_some() || plan.pool.is_some()) && stages.iter().any(|it| matches!(it, Stage::Timeout(_)));
        let withholds = |it: &Stage| matches!(it, Stage::Deadline(it) if !it.propagate);
        let mut shape = PlanShape {
            plan,
            root,
            stages,
            cover,
            cover_slot: NONE,
            pool_slot: NONE,
            withholds_deadline: plan.stages.iter().any(withholds),
            is_gated: gated,
            attempt_timeout: NONE,
            call_timeout: NONE,
            deadline: None,
            deadline_ring: NONE,
            retry: None,
            cancels: plan.cancel == Cancel::Propagate,
            stack: NONE,
        };
        let sees_attempts = |at: usize| {
            let retry = stages.iter().position(|it| matches!(it, Stage::Retry(_)));
            retry.is_none_or(|retry| at > retry)
        };
        for (at, stage) in stages.iter().enumerate() {
            match stage {
                Stage::Timeout(_) if gated => {}
                Stage::Timeout(after) if sees_attempts(at) => {
                    shape.attempt_timeout = ring_for(rings, *after, Event::AttemptTimeout);
                }
                Stage::Timeout(after) => shape.call_timeout = ring_for(rings, *after, Event::CallTimeout),
                Stage::Deadline(deadline) => {
                    shape.deadline = Some(deadline);
                    shape.deadline_ring = ring_for(rings, deadline.limit, Event::Deadline);
                }
                Stage::Retry(retry) => shape.retry = Some(retry),
                Stage::Gate(_) | Stage::Cover(_) => {}
            }
        }
        shape
    }

    pub fn retries(&self) -> bool {
        self.retry.is_some()
    }

    /// Whether every call has exactly one attempt, which ends when the call does.
    pub fn is_single(&self) -> bool {
        self.retry.is_none()
            && self.deadline.is_none()
            && self.call_timeout == NONE
            && self.stack == NONE
            && self.cover.is_none()
            && self.plan.pool.is_none()
    }
}

/// All there is to know of a call site and of what is in force there, in one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct SiteShape<'m> {
    pub key: u64,
    pub edge: EdgeId,
    pub callee: EndpointId,
    pub plan: PlanId,
    pub service: ServiceId,
    pub lane: u32,
    /// The load that sends from here, or [`NONE`].
    pub load: u32,
    /// A part of a call, and no call of its own: it stands below a cover.
    pub is_part: bool,
    /// The site of the part below its cover, or [`NONE`].
    pub beneath: u32,
    /// Where its fallback calls, or [`NONE`].
    pub instead: u32,
    pub endpoint: &'m Endpoint,
    pub links: [&'m Link; 3],
    /// Ring of the bound on one attempt, or [`NONE`].
    pub attempt_timeout: u32,
    /// The plan does nothing but bound attempts, at present.
    pub is_single: bool,
    /// Its requests go the short way, if nothing disturbs them.
    pub is_direct: bool,
    /// It never does more: the one attempt of a call stands for the call, which has no row of its own.
    pub is_lean: bool,
    /// Arrivals may fail or cost something.
    pub is_choosy: bool,
    /// There is work before the flow.
    pub works: bool,
    /// Requests have a size.
    pub sends_bytes: bool,
    /// Answers have a size.
    pub answers_bytes: bool,
    /// The first step of the callee's flow and one past its last.
    pub steps: (u32, u32),
    /// The key of the site of the callee's first call, if its flow begins with one.
    pub calls_first: Option<u64>,
    pub first_replica: u32,
    pub slots: u32,
    /// The row of its balancer, and where the states of that begin.
    pub balancer: u32,
    pub first_balance: u32,
    /// The row of its router, or [`NONE`].
    pub router: u32,
    /// Up to so many active replicas there is nothing to pick.
    pub obvious: u32,
    /// The replica if there is nothing to pick, or [`NONE`].
    pub only_replica: u32,
    /// Where its edge's counts begin, with [`WATCHED`] if it has a router, or [`NONE`].
    pub first_outstanding: u32,
}

impl<'m> SiteShape<'m> {
    pub fn all(
        model: &'m Model,
        callers: &CallerState,
        plans: &[PlanShape<'m>],
        endpoints: &[&'m Endpoint],
        links: &[&'m Link],
        covers: &Covers<'m>,
    ) -> Vec<SiteShape<'m>> {
        let layout = model.layout();
        let needs_rows = super::change::edits_plans(model) || super::item::are_asked_for(model);
        let of = |(row, site): (usize, &crate::model::Site)| {
            let edge = &model.edges[site.edge.index()];
            let endpoint = endpoints[site.callee.index()];
            let is_single = plans[site.plan.index()].is_single();
            SiteShape {
                key: site.key,
                edge: site.edge,
                callee: site.callee,
                plan: site.plan,
                service: edge.callee,
                lane: layout.lane_of[row],
                load: match edge.caller {
                    Caller::Load(load) => load.0,
                    Caller::Service(_) => NONE,
                },
                is_part: false,
                beneath: NONE,
                instead: site.instead.map_or(NONE, |it| it.0),
                endpoint,
                links: edge.links.map(|it| links[it.index()]),
                attempt_timeout: plans[site.plan.index()].attempt_timeout,
                is_single,
                is_lean: is_single && !needs_rows,
                is_direct: false,
                is_choosy: endpoint.errors.is_some() || endpoint.price_per_call != Nanomoney(0),
                works: endpoint.work.is_some(),
                sends_bytes: endpoint.request_bytes > 0,
                answers_bytes: endpoint.response_bytes > 0,
                steps: endpoint.flow.map_or((0, 0), |it| {
                    let steps = &model.blocks[it.index()].steps;
                    (steps.start, steps.end)
                }),
                calls_first: endpoint.flow.and_then(|it| {
                    let steps = &model.blocks[it.index()].steps;
                    let first = model.steps[steps.start as usize..steps.end as usize].first()?;
                    match first.action {
                        Action::Call(site)
                            if first.chance == Chance::ALWAYS && !first.background && !first.optional =>
                        {
                            Some(model.sites[site.index()].key)
                        }
                        _ => None,
                    }
                }),
                first_replica: layout.first_replica[edge.callee.index()],
                slots: model.services[edge.callee.index()].places.len() as u32,
                balancer: 0,
                first_balance: 0,
                router: NONE,
                obvious: 1,
                only_replica: NONE,
                first_outstanding: callers.first_outstanding[site.edge.index()],
            }
        };
        let mut sites: Vec<SiteShape<'m>> = model.sites.iter().enumerate().map(of).collect();
        covers.add_parts(&mut sites, plans);
        for site in &mut sites {
            site.rebalance(callers, plans[site.plan.index()].plan);
            site.is_direct = is_direct(site, model);
        }
        sites
    }

    /// Its plan balances so from now on.
    fn rebalance(&mut self, callers: &CallerState, plan: &Plan) {
        let place = callers.balancer(self.edge, plan);
        (self.balancer, self.first_balance, self.router) = (place.balancer, place.first, place.router);
        if place.router != NONE {
            self.obvious = 0;
            self.first_outstanding |= WATCHED;
        }
    }
}
