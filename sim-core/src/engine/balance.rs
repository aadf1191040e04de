//! What callers keep from call to call: outstanding attempts, balancers, budgets; and the pick of a replica.

use super::Simulation;
use super::pending::Pending;
use super::site::PlanShape;
use super::slab::NONE;
use crate::ids::{EdgeId, PlanId, SiteId};
use crate::model::{Model, Plan};
use crate::policy::budget::BudgetState;
use crate::policy::retry::Retry;
use crate::rng::{Key, Purpose, Stream, Streams};
use crate::routing::{Balance, BalanceState, View};

/// What callers keep from call to call.
#[derive(Debug)]
pub(super) struct CallerState {
    /// Attempts in flight by edge, caller instance and callee replica; only for edges whose balancer or link asks.
    pub outstanding: Vec<u32>,
    /// Open connections, in the same places; only if some link asks.
    pub connections: Vec<u32>,
    /// Where an edge's counts begin, or [`NONE`].
    pub first_outstanding: Vec<u32>,
    /// Each way an edge's plans balance, and where its states begin: one for each caller instance.
    balancers: Vec<(EdgeId, Balance, u32)>,
    balance: Vec<BalanceState>,
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

impl CallerState {
    pub fn new(model: &Model, plans: &[PlanShape<'_>], streams: &Streams) -> CallerState {
        let layout = model.layout();
        let connects =
            |edge: &crate::model::Edge| edge.links.iter().any(|it| model.links[it.index()].connect.is_some());
        let any_connect = model.edges.iter().any(connects) || super::change::edits_links(model);
        // How each edge is balanced, and whether from the start.
        let mut balances: Vec<Vec<(&Balance, bool)>> = vec![Vec::new(); model.edges.len()];
        let mut counts = vec![false; model.edges.len()];
        let at_start = plans
            .iter()
            .zip(&layout.plan_edge)
            .map(|it| (*it.1, &it.0.plan.balance, true));
        let later = super::change::edited_plans(model);
        let later = later.map(|(plan, row)| (layout.plan_edge[plan.index()], &row.balance, false));
        for (edge, balance, at_start) in at_start.chain(later) {
            let Some(edge) = edge else { continue };
            counts[edge.index()] |= needs_counts(balance);
            if !balances[edge.index()].iter().any(|it| it.0 == balance) {
                balances[edge.index()].push((balance, at_start));
            }
        }
        let mut places = 0usize;
        let mut first_outstanding = Vec::with_capacity(model.edges.len());
        let mut balancers = Vec::with_capacity(model.edges.len());
        let mut balance = Vec::new();
        let mut balance_draws = Vec::with_capacity(model.edges.len());
        for (row, edge) in model.edges.iter().enumerate() {
            let instances = layout.first_instance[row + 1] - layout.first_instance[row];
            let slots = model.services[edge.callee.index()].places.len() as u32;
            let wanted = any_connect || counts[row] && slots > 1;
            first_outstanding.push(if wanted { places as u32 } else { NONE });
            places += if wanted { instances as usize * slots as usize } else { 0 };
            assert!(places < NONE as usize, "callers times callees fit into 32 bits");
            for &(setting, at_start) in &balances[row] {
                balancers.push((EdgeId::from_index(row), *setting, balance.len() as u32));
                if slots > 1 {
                    let key = if at_start { edge.key } else { edge.key.child(1) };
                    let mut draws = streams.stream(Purpose::Balance, key);
                    balance.extend((0..instances).map(|_| setting.start(slots as usize, &mut draws)));
                    balance_draws.push(draws_on(setting).then_some(draws));
                } else {
                    balance.extend((0..instances).map(|_| BalanceState::None));
                    balance_draws.push(None);
                }
            }
        }
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

    /// The row of an edge's balancer with these settings, and where its states begin.
    pub fn balancer(&self, edge: EdgeId, balance: &Balance) -> (u32, u32) {
        let first = self.balancers.partition_point(|it| it.0 < edge);
        let found = self.balancers[first..]
            .iter()
            .position(|it| it.0 == edge && it.1 == *balance);
        let row = first + found.expect("every balancer of a plan, or of a change, is known from the start");
        (row as u32, self.balancers[row].2)
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

/// Whether a balancer looks at the calls outstanding.
fn needs_counts(balance: &Balance) -> bool {
    matches!(balance, Balance::LeastOutstanding | Balance::TwoChoices { .. })
}

/// Whether a balancer draws at each pick.
fn draws_on(balance: &Balance) -> bool {
    !matches!(balance, Balance::RoundRobin { .. } | Balance::Weighted)
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
        let shape = &self.sites[site.index()];
        let active = self.services[shape.service.index()].active;
        if active <= 1 {
            return (active == 1).then_some(shape.first_replica);
        }
        self.pick_one(site, instance, active)
    }

    #[inline(never)]
    fn pick_one(&mut self, site: SiteId, instance: u32, active: u32) -> Option<u32> {
        let site = &self.sites[site.index()];
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
