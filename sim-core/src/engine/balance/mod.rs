//! What callers keep from call to call: outstanding attempts, balancers, budgets; and the pick of a replica.
//!
//! Most balancers see all active replicas and nothing of them but counts and weights; their pick is here. All others have a
//! `router`, which knows who is eligible: `look` finds that out, `seen` is what it shows the picker, `watch` tells it what
//! becomes of calls, `check` sends health checks, and `report` makes load reports.

mod check;
mod look;
mod report;
mod router;
mod seen;
mod watch;

use super::Simulation;
use super::pending::Pending;
use super::site::PlanShape;
use super::slab::NONE;
use crate::ids::{EdgeId, PlanId, SiteId};
use crate::model::{Model, Plan, Routing};
use crate::policy::budget::BudgetState;
use crate::policy::retry::Retry;
use crate::rng::{Key, Purpose, Stream, Streams};
use crate::routing::{Balance, BalanceState, View};
use report::Gauge;
use router::Router;

/// What callers keep from call to call.
#[derive(Debug)]
pub(super) struct CallerState {
    /// Attempts in flight by edge, caller instance and callee replica; only for edges whose balancer or link asks.
    pub outstanding: Vec<u32>,
    /// Open connections, in the same places; only if some link asks.
    pub connections: Vec<u32>,
    /// Where an edge's counts begin, or [`NONE`].
    pub first_outstanding: Vec<u32>,
    /// Each way an edge's plans balance.
    balancers: Vec<Balancer>,
    balance: Vec<BalanceState>,
    pub routers: Vec<Router>,
    /// By replica, how loaded it is; only if some balancer asks.
    gauges: Vec<Gauge>,
    /// By balancer.
    balance_draws: Vec<Option<Stream>>,
    /// For balancers that never draw.
    no_draws: Stream,
    /// By plan state.
    pub budgets: Vec<BudgetState>,
    /// Attempts out, by plan state; for budgets that look at it.
    pub active: Vec<u32>,
    pub jitter: Vec<Option<Stream>>,
    party_zone: Vec<u32>,
    pub has_zones: bool,
    region: Vec<u32>,
}

const NO_ZONE: u32 = u32::MAX;

/// In the place where an attempt is counted: a router wants to know how it ends.
pub(super) const WATCHED: u32 = 1 << 31;

/// One way in which an edge's plans balance.
#[derive(Debug)]
struct Balancer {
    edge: EdgeId,
    balance: Balance,
    routing: Option<Box<Routing>>,
    /// Where its states begin, one for each caller instance, unless it has a router.
    first: u32,
    /// Its row among the routers, or [`NONE`].
    router: u32,
}

/// Where the balancer of a site is found.
#[derive(Clone, Copy, Debug)]
pub(super) struct BalancerPlace {
    pub balancer: u32,
    pub first: u32,
    pub router: u32,
}

/// Where the rows of a router begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    first_outstanding: u32,
    first_row: u32,
    first_check: u32,
}

/// What has changed for a caller since it last looked who is eligible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stale {
    No,
    /// It has never looked.
    Unseen,
    Changed,
}

/// The plans of a model and those that changes put in place; whether each is there from the start.
fn all_plans<'a>(
    model: &'a Model,
    plans: &'a [PlanShape<'_>],
) -> impl Iterator<Item = (Option<EdgeId>, &'a Plan, bool)> {
    let edges = &model.layout().plan_edge;
    let at_start = plans.iter().zip(edges).map(|it| (*it.1, it.0.plan, true));
    let later = super::change::edited_plans(model).map(|(plan, row)| (edges[plan.index()], row, false));
    at_start.chain(later)
}

impl CallerState {
    pub fn new(model: &Model, plans: &[PlanShape<'_>], streams: &Streams) -> CallerState {
        let layout = model.layout();
        let connects =
            |edge: &crate::model::Edge| edge.links.iter().any(|it| model.links[it.index()].connect.is_some());
        let any_connect = model.edges.iter().any(connects) || super::change::edits_links(model);
        // How each edge is balanced, and whether from the start.
        let mut balances: Vec<Vec<(&Balance, Option<&Routing>, bool)>> = vec![Vec::new(); model.edges.len()];
        let mut counts = vec![false; model.edges.len()];
        let mut routed = vec![false; model.edges.len()];
        for (edge, plan, at_start) in all_plans(model, plans) {
            let Some(edge) = edge else { continue };
            let (balance, routing) = (&plan.balance, plan.routing.as_deref());
            counts[edge.index()] |= balance.counts_outstanding();
            routed[edge.index()] |= routing.is_some() || !balance.is_simple();
            if !balances[edge.index()]
                .iter()
                .any(|it| (it.0, it.1) == (balance, routing))
            {
                balances[edge.index()].push((balance, routing, at_start));
            }
        }
        let mut places = 0usize;
        let mut first_outstanding = Vec::with_capacity(model.edges.len());
        let mut balancers = Vec::with_capacity(model.edges.len());
        let mut balance = Vec::new();
        let mut balance_draws = Vec::with_capacity(model.edges.len());
        let mut routers = Vec::new();
        let (mut rows, mut checks) = (0, 0);
        for (row, edge) in model.edges.iter().enumerate() {
            let instances = layout.first_instance[row + 1] - layout.first_instance[row];
            let slots = model.services[edge.callee.index()].places.len() as u32;
            let wanted = any_connect || counts[row] && slots > 1 || routed[row];
            first_outstanding.push(if wanted { places as u32 } else { NONE });
            let room = Room {
                first_outstanding: places as u32,
                first_row: rows,
                first_check: checks,
            };
            places += if wanted { instances as usize * slots as usize } else { 0 };
            assert!(places < WATCHED as usize, "callers times callees fit into 31 bits");
            for &(setting, routing, at_start) in &balances[row] {
                let key = if at_start { edge.key } else { edge.key.child(1) };
                let id = EdgeId::from_index(row);
                let is_routed = routing.is_some() || !setting.is_simple();
                let place = |it: usize| if is_routed { it as u32 } else { NONE };
                balancers.push(Balancer {
                    edge: id,
                    balance: *setting,
                    routing: routing.cloned().map(Box::new),
                    first: balance.len() as u32,
                    router: place(routers.len()),
                });
                if is_routed {
                    let room = Room {
                        first_row: rows,
                        first_check: checks,
                        ..room
                    };
                    routers.push(Router::new(model, id, *setting, routing, key, room, streams));
                    rows += instances;
                    checks += instances * slots;
                    balance_draws.push(None);
                } else if slots > 1 {
                    let mut draws = streams.stream(Purpose::Balance, key);
                    balance.extend((0..instances).map(|_| setting.start(slots as usize, &mut draws)));
                    balance_draws.push(setting.draws().then_some(draws));
                } else {
                    balance.extend((0..instances).map(|_| BalanceState::None));
                    balance_draws.push(None);
                }
            }
        }
        let reports = routers.iter().any(|it| matches!(it.balance, Balance::ClientSideWrr(_)));
        let mut budgets = Vec::new();
        let mut jitter = Vec::new();
        for (row, shape) in plans.iter().enumerate() {
            let states = layout.first_plan_state[row + 1] - layout.first_plan_state[row];
            budgets.extend((0..states).map(|_| shape.plan.retry().map_or(BudgetState::None, Retry::start)));
            jitter.push(
                shape
                    .plan
                    .retry()
                    .map(|_| streams.stream(Purpose::Jitter, shape.plan.key)),
            );
        }
        let places_of = model.services.iter().flat_map(|it| it.places.iter().copied());
        let zones = places_of.chain(model.loads.iter().map(|it| it.zone));
        CallerState {
            outstanding: vec![0; places],
            connections: if any_connect { vec![0; places] } else { Vec::new() },
            first_outstanding,
            balancers,
            balance,
            routers,
            gauges: vec![Gauge::default(); if reports { layout.replicas() } else { 0 }],
            balance_draws,
            no_draws: streams.stream(Purpose::Balance, Key(0)),
            active: vec![0; budgets.len()],
            budgets,
            jitter,
            party_zone: zones.map(|it| it.map_or(NO_ZONE, |zone| zone.0)).collect(),
            has_zones: model.zones.len() > 1,
            region: model.zones.iter().map(|it| it.region).collect(),
        }
    }

    /// Where an edge's balancer with these settings is.
    pub fn balancer(&self, edge: EdgeId, plan: &Plan) -> BalancerPlace {
        let first = self.balancers.partition_point(|it| it.edge < edge);
        let wanted = (edge, &plan.balance, plan.routing.as_deref());
        let found = self.balancers[first..]
            .iter()
            .position(|it| (it.edge, &it.balance, it.routing.as_deref()) == wanted);
        let row = first + found.expect("every balancer of a plan, or of a change, is known from the start");
        BalancerPlace {
            balancer: row as u32,
            first: self.balancers[row].first,
            router: self.balancers[row].router,
        }
    }

    /// How far it is between two parties; the index into an edge's links.
    #[inline]
    pub fn scope(&self, from: u32, to: u32) -> usize {
        if !self.has_zones {
            return 0;
        }
        let (from, to) = (self.party_zone[from as usize], self.party_zone[to as usize]);
        if from == to || from == NO_ZONE || to == NO_ZONE {
            0
        } else if self.region[from as usize] == self.region[to as usize] {
            1
        } else {
            2
        }
    }

    /// All connections to a replica are gone.
    pub fn disconnect(&mut self, model: &Model, replica: u32) {
        if self.connections.is_empty() {
            return;
        }
        let layout = model.layout();
        let service = layout.service_of[replica as usize];
        let at = (replica - layout.first_replica[service.index()]) as usize;
        let slots = model.services[service.index()].places.len();
        for (row, edge) in model.edges.iter().enumerate() {
            if edge.callee == service && self.first_outstanding[row] != NONE {
                let instances = (layout.first_instance[row + 1] - layout.first_instance[row]) as usize;
                for instance in 0..instances {
                    self.connections[self.first_outstanding[row] as usize + instance * slots + at] = 0;
                }
            }
        }
    }

    /// A change put another plan in place: a budget of other settings begins anew.
    pub fn replace_plan(
        &mut self,
        model: &Model,
        plan: PlanId,
        before: &Plan,
        shape: &PlanShape<'_>,
        streams: &Streams,
    ) {
        let layout = model.layout();
        let (was, is) = (before.retry(), shape.plan.retry());
        if was.and_then(|it| it.budget.as_ref()) != is.and_then(|it| it.budget.as_ref()) {
            let (first, end) = (
                layout.first_plan_state[plan.index()],
                layout.first_plan_state[plan.index() + 1],
            );
            self.budgets[first as usize..end as usize].fill(is.map_or(BudgetState::None, Retry::start));
        }
        if is.is_some() {
            self.jitter[plan.index()].get_or_insert_with(|| streams.stream(Purpose::Jitter, shape.plan.key));
        }
    }
}

/// The replicas a caller may pick from.
struct Eligible<'a> {
    replicas: usize,
    counts: &'a [u32],
    weights: &'a [u32],
}

impl View for Eligible<'_> {
    #[inline]
    fn len(&self) -> usize {
        self.replicas
    }

    #[inline]
    fn slot(&self, at: usize) -> usize {
        at
    }

    #[inline]
    fn outstanding(&self, at: usize) -> u32 {
        self.counts.get(at).copied().unwrap_or(0)
    }

    #[inline]
    fn weight(&self, at: usize) -> u32 {
        self.weights.get(at).copied().unwrap_or(1)
    }
}

impl<Q: Pending> Simulation<'_, Q> {
    /// Picks a replica of a site's callee among those in the caller's view.
    #[inline(always)]
    pub(super) fn pick(&mut self, site: SiteId, instance: u32) -> Option<u32> {
        match self.sites[site.index()].only_replica {
            NONE => self.pick_one(site, instance),
            only => Some(only),
        }
    }

    /// Where there is one replica and nobody to ask, it is the one to pick: after anything about that has changed.
    pub(super) fn note_only_replicas(&mut self) {
        for site in &mut self.sites {
            let is_only = site.obvious > 0 && self.services[site.service.index()].active == 1;
            site.only_replica = if is_only { site.first_replica } else { NONE };
        }
    }

    #[inline(never)]
    fn pick_one(&mut self, site: SiteId, instance: u32) -> Option<u32> {
        let site = &self.sites[site.index()];
        let active = self.services[site.service.index()].active;
        if active <= site.obvious {
            return None; // There is none.
        }
        if site.router != NONE {
            return self.pick_by_router(site.router, instance);
        }
        let balance = &self.plans[site.plan.index()].plan.balance;
        let state = &mut self.callers.balance[(site.first_balance + instance) as usize];
        let counts = match site.first_outstanding {
            NONE => &[][..],
            first => {
                let from = (first + instance * site.slots) as usize;
                &self.callers.outstanding[from..from + active as usize]
            }
        };
        let weights = &self.model.services[site.service.index()].weights;
        let view = Eligible {
            replicas: active as usize,
            counts,
            weights,
        };
        let draws = self.callers.balance_draws[site.balancer as usize].as_mut();
        let at = balance.pick(state, &view, draws.unwrap_or(&mut self.callers.no_draws));
        at.map(|at| site.first_replica + at as u32)
    }
}
