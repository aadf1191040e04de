//! Calls and attempts as their caller sees them: policies, the pick of a replica, and letting go.

use rand_chacha::ChaCha8Rng;

use super::arena::{Attempt, Call, Child, Parent, Phase, Retrying, Task};
use super::event::Event;
use super::pending::{Entry, Pending};
use super::ring::Ring;
use super::slab::NONE;
use super::{Deed, RunError, Simulation, ring_for};
use crate::dist::Dist;
use crate::ids::{EdgeId, EndpointId, PlanId, ServiceId, SiteId};
use crate::model::{Endpoint, Link, Model, Plan, Stage, WorkPer};
use crate::outcome::Outcome;
use crate::policy::budget::{BudgetState, InFlight};
use crate::policy::deadline::{self, Deadline};
use crate::policy::retry::{Ended, PushBack, Retry, Verdict};
use crate::policy::timeout::Cancel;
use crate::rng::{Purpose, Streams, WordThen, mix};
use crate::routing::{Balance, BalanceState, View};
use crate::time::{SimTime, Span};

/// A plan's stages, arranged for the engine.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlanShape<'m> {
    pub plan: &'m Plan,
    /// Ring of the bound on one attempt, or [`NONE`].
    attempt_timeout: u32,
    /// Ring of a timeout around all attempts, or [`NONE`].
    call_timeout: u32,
    deadline: Option<&'m Deadline>,
    /// Ring of the deadline when nothing shorter was handed down, or [`NONE`].
    deadline_ring: u32,
    retry: Option<&'m Retry>,
    cancels: bool,
}

impl<'m> PlanShape<'m> {
    pub fn new(plan: &'m Plan, rings: &mut Vec<Ring>) -> PlanShape<'m> {
        let mut shape = PlanShape {
            plan,
            attempt_timeout: NONE,
            call_timeout: NONE,
            deadline: None,
            deadline_ring: NONE,
            retry: None,
            cancels: plan.cancel == Cancel::Propagate,
        };
        let sees_attempts = |at: usize| {
            let retry = plan.stages.iter().position(|it| matches!(it, Stage::Retry(_)));
            retry.is_none_or(|retry| at > retry)
        };
        for (at, stage) in plan.stages.iter().enumerate() {
            match stage {
                Stage::Timeout(after) if sees_attempts(at) => {
                    shape.attempt_timeout = ring_for(rings, *after, Event::AttemptTimeout);
                }
                Stage::Timeout(after) => shape.call_timeout = ring_for(rings, *after, Event::CallTimeout),
                Stage::Deadline(deadline) => {
                    shape.deadline = Some(deadline);
                    shape.deadline_ring = ring_for(rings, deadline.limit, Event::Deadline);
                }
                Stage::Retry(retry) => shape.retry = Some(retry),
            }
        }
        shape
    }

    pub fn retries(&self) -> bool {
        self.retry.is_some()
    }

    /// Whether every call has exactly one attempt, which ends when the call does.
    pub fn is_single(&self) -> bool {
        self.retry.is_none() && self.deadline.is_none() && self.call_timeout == NONE
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
    pub endpoint: &'m Endpoint,
    links: [&'m Link; 3],
    /// Ring of the bound on one attempt, or [`NONE`].
    attempt_timeout: u32,
    /// The plan does nothing but bound attempts.
    is_single: bool,
    first_replica: u32,
    slots: u32,
    /// The row of its balancer, and where the states of that begin.
    balancer: u32,
    first_balance: u32,
    /// Where its edge's counts begin, or [`NONE`].
    first_outstanding: u32,
}

impl<'m> SiteShape<'m> {
    pub fn all(
        model: &'m Model,
        callers: &CallerState,
        plans: &[PlanShape<'m>],
        endpoints: &[&'m Endpoint],
        links: &[&'m Link],
    ) -> Vec<SiteShape<'m>> {
        let layout = model.layout();
        let of = |(row, site): (usize, &crate::model::Site)| {
            let edge = &model.edges[site.edge.index()];
            SiteShape {
                key: site.key,
                edge: site.edge,
                callee: site.callee,
                plan: site.plan,
                service: edge.callee,
                lane: layout.lane_of[row],
                endpoint: endpoints[site.callee.index()],
                links: edge.links.map(|it| links[it.index()]),
                attempt_timeout: plans[site.plan.index()].attempt_timeout,
                is_single: plans[site.plan.index()].is_single(),
                first_replica: layout.first_replica[edge.callee.index()],
                slots: model.services[edge.callee.index()].places.len() as u32,
                balancer: 0,
                first_balance: 0,
                first_outstanding: callers.first_outstanding[site.edge.index()],
            }
        };
        let mut sites: Vec<SiteShape<'m>> = model.sites.iter().enumerate().map(of).collect();
        for site in &mut sites {
            site.rebalance(callers, &plans[site.plan.index()].plan.balance);
        }
        sites
    }

    /// Its plan balances so from now on.
    fn rebalance(&mut self, callers: &CallerState, balance: &Balance) {
        (self.balancer, self.first_balance) = callers.balancer(self.edge, balance);
    }
}

/// What callers keep from call to call.
#[derive(Debug)]
pub(super) struct CallerState {
    /// Attempts in flight by edge, caller instance and callee replica; only for edges whose balancer or link asks.
    outstanding: Vec<u32>,
    /// Open connections, in the same places; only if some link asks.
    connections: Vec<u32>,
    /// Where an edge's counts begin, or [`NONE`].
    first_outstanding: Vec<u32>,
    /// Each way an edge's plans balance, and where its states begin: one for each caller instance.
    balancers: Vec<(EdgeId, Balance, u32)>,
    balance: Vec<BalanceState>,
    /// By balancer.
    balance_draws: Vec<Option<ChaCha8Rng>>,
    /// By plan state.
    budgets: Vec<BudgetState>,
    /// Attempts out, by plan state; for budgets that look at it.
    active: Vec<u32>,
    jitter: Vec<Option<ChaCha8Rng>>,
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
            budgets.extend((0..states).map(|_| shape.retry.map_or(BudgetState::None, Retry::start)));
            jitter.push(shape.retry.map(|_| streams.stream(Purpose::Jitter, shape.plan.key)));
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
            active: vec![0; budgets.len()],
            budgets,
            jitter,
            party_zone: zones.map(|it| it.map_or(NO_ZONE, |zone| zone.0)).collect(),
            has_zones: model.zones.len() > 1,
            region: model.zones.iter().map(|it| it.region).collect(),
        }
    }

    /// The row of an edge's balancer with these settings, and where its states begin.
    fn balancer(&self, edge: EdgeId, balance: &Balance) -> (u32, u32) {
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
        let retry = before.stages.iter().find_map(|it| match it {
            Stage::Retry(retry) => Some(retry),
            _ => None,
        });
        if retry.and_then(|it| it.budget.as_ref()) != shape.retry.and_then(|it| it.budget.as_ref()) {
            let (first, end) = (
                layout.first_plan_state[plan.index()],
                layout.first_plan_state[plan.index() + 1],
            );
            self.budgets[first as usize..end as usize].fill(shape.retry.map_or(BudgetState::None, Retry::start));
        }
        if shape.retry.is_some() {
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

/// What makes a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewCall {
    pub site: SiteId,
    pub parent: Parent,
    pub instance: u32,
    pub party: u32,
    /// Key of the request or of the attempt that makes it.
    pub parent_key: u64,
    pub repetition: u32,
    /// Handed down by the caller's own caller.
    pub deadline: SimTime,
    pub depth: u16,
    pub class: u16,
    pub priority: u8,
    pub item: u16,
}

/// An attempt about to be sent, with all that its call knows.
#[derive(Clone, Copy, Debug)]
struct Sending {
    call: u32,
    generation: u32,
    /// The call's key.
    key: u64,
    deadline: SimTime,
    site: SiteId,
    instance: u32,
    party: u32,
    /// How many attempts were sent before.
    number: u16,
    depth: u16,
    class: u16,
    priority: u8,
    /// Whether it begins in the measured span.
    measured: bool,
}

/// A length drawn for an attempt, by the word that is kept for it.
#[inline(always)]
fn drawn(dist: &Dist, streams: &Streams, word: u64, key: u64, at: u32) -> Span {
    dist.sample_from(word)
        .unwrap_or_else(|| drawn_by_many_words(dist, streams, word, key, at))
}

#[cold]
#[inline(never)]
fn drawn_by_many_words(dist: &Dist, streams: &Streams, word: u64, key: u64, at: u32) -> Span {
    dist.sample(&mut WordThen::new(word, streams, Purpose::Attempt, key, at))
}

impl<Q: Pending> Simulation<'_, Q> {
    /// Makes a call; its first attempt goes out at once. Gives [`NONE`] if a limit was reached.
    pub(super) fn start_call(&mut self, new: NewCall) -> u32 {
        let site = self.sites[new.site.index()];
        if u32::from(new.depth) > self.model.depth_max {
            self.fail(RunError::TooDeep {
                limit: self.model.depth_max,
                at: self.now,
                site: new.site,
            });
            return NONE;
        }
        if self.calls.reaches(self.limits.live) || self.attempts.reaches(self.limits.live) {
            self.fail(RunError::TooManyLive {
                limit: self.limits.live,
                at: self.now,
                site: new.site,
            });
            return NONE;
        }
        let measured = self.recorder.measures(self.now);
        let mut deadline = new.deadline;
        let mut own_deadline = false;
        if !site.is_single
            && let Some(policy) = self.plans[site.plan.index()].deadline
        {
            deadline = policy.instant(self.now, new.deadline);
            own_deadline = deadline == self.now + policy.limit;
        }
        let now = self.now;
        let key = mix(mix(new.parent_key, site.key), u64::from(new.repetition));
        let (call, generation) = self.calls.insert_with(|generation| Call {
            generation,
            site: new.site,
            key,
            start: now,
            deadline,
            parent: new.parent,
            attempt: NONE,
            instance: new.instance,
            party: new.party,
            next: NONE,
            previous: NONE,
            attempts: 0,
            depth: new.depth,
            class: new.class,
            priority: new.priority,
            measured,
            item: new.item,
        });
        if self.may_retry {
            self.begin_retrying(call);
        }
        self.recorder.call_started(site.lane, measured, self.now);
        if !site.is_single {
            self.begin_stages(call, &new, deadline, own_deadline);
        }
        self.send(
            &site,
            Sending {
                call,
                generation,
                key,
                deadline,
                site: new.site,
                instance: new.instance,
                party: new.party,
                number: 0,
                depth: new.depth,
                class: new.class,
                priority: new.priority,
                measured,
            },
        );
        call
    }

    /// The stages of a plan that look at a whole call see it begin.
    #[inline(never)]
    fn begin_stages(&mut self, call: u32, new: &NewCall, deadline: SimTime, own_deadline: bool) {
        let plan = self.sites[new.site.index()].plan;
        let shape = self.plans[plan.index()];
        let generation = self.calls[call].generation;
        // What is over already needs no timer: sending ends it.
        if shape.deadline.is_some() && !deadline::passed(deadline, self.now) {
            if own_deadline {
                self.start_timer(shape.deadline_ring, 0, call, generation);
            } else {
                self.schedule(deadline, Event::Deadline, 0, call, generation);
            }
        }
        if shape.call_timeout != NONE {
            self.start_timer(shape.call_timeout, 0, call, generation);
        }
        if let Some(retry) = shape.retry {
            let state = self.layout.plan_state(plan, new.instance, shape.plan.shared_state);
            retry.on_call(&mut self.callers.budgets[state], self.now);
        }
    }

    /// A call begins without a retry behind it.
    #[inline(never)]
    fn begin_retrying(&mut self, call: u32) {
        let at = call as usize;
        if at >= self.retrying.len() {
            self.retrying.resize(at + 1, Retrying::default());
        }
        self.retrying[at] = Retrying::default();
    }

    /// Sends the next attempt of a call that has sent before.
    #[inline(never)]
    pub(super) fn launch(&mut self, call: u32) {
        let row = &self.calls[call];
        let site = self.sites[row.site.index()];
        let sending = Sending {
            call,
            generation: row.generation,
            key: row.key,
            deadline: row.deadline,
            site: row.site,
            instance: row.instance,
            party: row.party,
            number: row.attempts,
            depth: row.depth,
            class: row.class,
            priority: row.priority,
            measured: self.recorder.measures(self.now),
        };
        self.send(&site, sending);
    }

    /// Sends an attempt.
    #[inline(always)]
    fn send(&mut self, site: &SiteShape<'_>, of: Sending) {
        if deadline::passed(of.deadline, self.now) {
            // Nothing is left of its time, or of the time handed down to it: nothing is sent.
            self.agenda
                .push(Deed::Settle(of.call, of.generation, Outcome::Deadline));
            return;
        }
        let Some(replica) = self.pick(site, of.instance) else {
            self.agenda
                .push(Deed::Settle(of.call, of.generation, Outcome::Unreachable));
            return;
        };
        let key = mix(of.key, u64::from(of.number));
        self.recorder.attempt_sent(site.lane, of.measured, self.now);

        let endpoint = site.endpoint;
        let scope = self.callers.scope(of.party, replica);
        let link = site.links[scope];
        let words = self.streams.block(Purpose::Attempt, key, 0);
        let streams = &self.streams;
        let work = match &endpoint.work {
            None => Span::ZERO,
            Some(work) if endpoint.work_per == WorkPer::Attempt => drawn(work, streams, words[0], key, 0),
            Some(work) => {
                let word = streams.block(Purpose::Attempt, of.key, 0)[0];
                drawn(work, streams, word, of.key, 0)
            }
        };
        let (mut out, back) = match &link.latency {
            None => (Span::ZERO, Span::ZERO),
            Some(latency) => (
                drawn(latency, streams, words[1], key, 1),
                drawn(latency, streams, words[2], key, 2),
            ),
        };
        let doomed = endpoint.errors.is_some_and(|it| it.ratio.happens(words[3]));
        let lost = link.loss.happens(words[4]);
        let reply_lost = link.loss.happens(words[5]);

        let outstanding = if site.first_outstanding == NONE {
            NONE
        } else {
            let place = site.first_outstanding + of.instance * site.slots + (replica - site.first_replica);
            let count = &mut self.callers.outstanding[place as usize];
            if let Some(connect) = &link.connect
                && *count >= self.callers.connections[place as usize]
            {
                self.callers.connections[place as usize] += 1;
                out += drawn(connect, &self.streams, words[6], key, 6);
            }
            *count += 1;
            place
        };
        let mut vanishes = lost;
        if !self.network_rules.is_empty() {
            let path = self.disturb(of.party, replica, words[4], out);
            out = path.0;
            vanishes |= path.1;
        }
        if endpoint.request_bytes > 0 {
            out += self.transmit(site.edge, scope, false, endpoint.request_bytes);
        }
        let now = self.now;
        let hands_down = site.is_single || self.plans[site.plan.index()].deadline.is_none_or(|it| it.propagate);
        let (attempt, generation) = self.attempts.insert_with(|generation| Attempt {
            generation,
            call: of.call,
            key,
            site: of.site,
            replica,
            outstanding,
            plan_state: NONE,
            party: of.party,
            phase: if vanishes { Phase::Lost } else { Phase::Outbound },
            outcome: Outcome::Ok,
            measured: of.measured,
            measured_at_service: false,
            degraded: false,
            doomed,
            push_back: Span::ZERO,
            has_worker: false,
            reply_lost,
            class: of.class,
            priority: of.priority,
            depth: of.depth,
            sent: now,
            arrived: SimTime::ZERO,
            started: SimTime::MAX,
            deadline: if hands_down { of.deadline } else { SimTime::MAX },
            next: NONE,
            previous: NONE,
            step: 0,
            steps_end: 0,
            child: Child::None,
            task: Task::IDLE,
            work,
            back,
        });
        let row = &mut self.calls[of.call];
        row.attempts = of.number + 1;
        row.attempt = attempt;
        if !site.is_single && self.plans[site.plan.index()].retry.is_some() {
            let shared_state = self.plans[site.plan.index()].plan.shared_state;
            let state = self.layout.plan_state(site.plan, of.instance, shared_state);
            self.callers.active[state] += 1;
            self.attempts[attempt].plan_state = state as u32;
        }
        if site.attempt_timeout != NONE {
            self.start_timer(site.attempt_timeout, 0, attempt, generation);
        }
        if vanishes {
            return;
        }
        if out == Span::ZERO {
            self.agenda.push(Deed::Arrive(attempt, generation));
        } else {
            self.schedule(self.now + out, Event::Delivered, 0, attempt, generation);
        }
    }

    /// Picks a replica of the callee among those in the caller's view.
    #[inline(always)]
    fn pick(&mut self, site: &SiteShape<'_>, instance: u32) -> Option<u32> {
        let active = self.services[site.service.index()].active;
        if active <= 1 {
            return (active == 1).then_some(site.first_replica);
        }
        self.pick_one(site, instance, active)
    }

    #[inline(never)]
    fn pick_one(&mut self, site: &SiteShape<'_>, instance: u32, active: u32) -> Option<u32> {
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
        let at = match &mut self.callers.balance_draws[site.balancer as usize] {
            Some(draws) => balance.pick(state, &view, draws),
            None => balance.pick(state, &view, &mut NoDraw),
        };
        at.map(|at| site.first_replica + at as u32)
    }

    pub(super) fn on_replied(&mut self, entry: Entry) {
        debug_assert_eq!(
            self.attempts[entry.index].generation, entry.generation,
            "a returning attempt stays"
        );
        let row = &self.attempts[entry.index];
        if row.call != NONE && self.waits_for_thaw(row.party, entry) {
            return;
        }
        self.happened(Event::Replied, self.attempts[entry.index].key);
        self.replied(entry.index);
    }

    /// A reply without delay reaches its caller.
    pub(super) fn reply_at_once(&mut self, attempt: u32) {
        let row = &self.attempts[attempt];
        let (party, generation) = (row.party, row.generation);
        if self.frozen > 0 && row.call != NONE {
            let entry = Entry::new(self.now, Event::Replied, 0, 0, attempt, generation);
            if self.waits_for_thaw(party, entry) {
                return;
            }
        }
        self.replied(attempt);
    }

    /// A reply reaches its caller, if there still is one.
    pub(super) fn replied(&mut self, attempt: u32) {
        let row = &self.attempts[attempt];
        let (call, outcome, push_back) = (row.call, row.outcome, row.push_back);
        if call == NONE {
            self.attempts.remove(attempt);
            return;
        }
        self.let_go(attempt, true);
        if self.may_retry {
            self.retrying[call as usize].push_back = push_back;
        }
        self.attempts.remove(attempt);
        self.calls[call].attempt = NONE;
        self.attempt_ended(call, outcome);
    }

    /// The caller's side of an attempt is over: it is no longer outstanding.
    #[inline(always)]
    fn let_go(&mut self, attempt: u32, answered: bool) {
        let row = &mut self.attempts[attempt];
        row.call = NONE;
        if row.plan_state != NONE {
            self.callers.active[row.plan_state as usize] -= 1;
        }
        if row.outstanding != NONE {
            self.callers.outstanding[row.outstanding as usize] -= 1;
            if !answered && let Some(connections) = self.callers.connections.get_mut(row.outstanding as usize) {
                // A connection with an answer still to come is of no use to anybody else.
                *connections = connections.saturating_sub(1);
            }
        }
        let (lane, measured, took) = (
            self.sites[row.site.index()].lane,
            row.measured,
            self.now.since(row.sent),
        );
        self.recorder.attempt_ended(lane, measured, took);
    }

    /// The caller gives up on an attempt; the callee goes on unless the plan cancels.
    fn drop_attempt(&mut self, attempt: u32) {
        self.let_go(attempt, false);
        let row = &self.attempts[attempt];
        match row.phase {
            Phase::Lost => self.attempts.remove(attempt),
            Phase::Returning => (),
            Phase::Outbound | Phase::Held | Phase::Queued | Phase::Inside | Phase::Resuming => {
                let plan = self.sites[row.site.index()].plan;
                if self.plans[plan.index()].cancels {
                    let (party, replica, key) = (row.party, row.replica, row.key);
                    let (mut delay, mut lost, generation) = (row.back, false, row.generation);
                    if !self.network_rules.is_empty() {
                        let word = self.streams.block(Purpose::Attempt, key, 0)[6];
                        (delay, lost) = self.disturb(party, replica, word, delay);
                    }
                    if !lost {
                        self.schedule(self.now + delay, Event::CancelArrived, 0, attempt, generation);
                    }
                }
            }
        }
    }

    pub(super) fn on_attempt_timeout(&mut self, entry: Entry) {
        let attempt = entry.index;
        let row = &self.attempts[attempt];
        if row.generation != entry.generation || row.call == NONE || self.waits_for_thaw(row.party, entry) {
            return;
        }
        self.happened(Event::AttemptTimeout, self.attempts[attempt].key);
        let call = self.attempts[attempt].call;
        self.drop_attempt(attempt);
        self.calls[call].attempt = NONE;
        self.attempt_ended(call, Outcome::Timeout);
    }

    pub(super) fn on_call_timeout(&mut self, entry: Entry) {
        let row = &self.calls[entry.index];
        if row.generation != entry.generation || self.waits_for_thaw(row.party, entry) {
            return;
        }
        self.happened(Event::CallTimeout, self.calls[entry.index].key);
        self.give_up(entry.index, Outcome::Timeout);
    }

    pub(super) fn on_deadline(&mut self, entry: Entry) {
        if self.calls[entry.index].generation != entry.generation {
            return; // The call ended before; only deadlines handed down are scheduled one by one.
        }
        if self.waits_for_thaw(self.calls[entry.index].party, entry) {
            return;
        }
        self.happened(Event::Deadline, self.calls[entry.index].key);
        self.give_up(entry.index, Outcome::Deadline);
    }

    /// A call ends though an attempt may be out; its parent is told.
    fn give_up(&mut self, call: u32, outcome: Outcome) {
        let attempt = core::mem::replace(&mut self.calls[call].attempt, NONE);
        if attempt != NONE {
            self.drop_attempt(attempt);
        }
        self.settle_budget(call);
        self.call_ended(call, outcome);
    }

    /// A call ends otherwise than by an attempt's end: its budget is told.
    fn settle_budget(&mut self, call: u32) {
        let row = &self.calls[call];
        let plan = self.sites[row.site.index()].plan;
        let shape = &self.plans[plan.index()];
        if let Some(retry) = shape.retry {
            let state = self.layout.plan_state(plan, row.instance, shape.plan.shared_state);
            retry.abandon(
                &mut self.retrying[call as usize].state,
                &mut self.callers.budgets[state],
                self.now,
            );
        }
    }

    /// Nobody waits for a call any more: it ends as `cancelled`, and its parent is not told.
    pub(super) fn abandon_call(&mut self, call: u32) {
        let attempt = core::mem::replace(&mut self.calls[call].attempt, NONE);
        if attempt != NONE {
            self.drop_attempt(attempt);
        }
        self.settle_budget(call);
        let row = &self.calls[call];
        self.recorder.call_ended(
            self.sites[row.site.index()].lane,
            false,
            row.measured,
            row.start,
            self.now,
            Outcome::Cancelled,
            row.attempts > 0,
        );
        self.calls.remove(call);
    }

    /// A replica's process is gone, and with it the calls that it made in the background: those with an attempt out first.
    pub(super) fn abandon_background(&mut self, replica: u32) {
        let is_its = |call: &Call| call.party == replica && call.parent == Parent::Nobody;
        for attempt in self.attempts.taken() {
            let call = self.attempts[attempt].call;
            if call != NONE && is_its(&self.calls[call]) {
                self.abandon_call(call);
            }
        }
        for call in self.calls.taken() {
            if is_its(&self.calls[call]) {
                self.abandon_call(call);
            }
        }
    }

    /// What becomes of a call whose attempt has ended: another attempt, or its end.
    #[inline(always)]
    pub(super) fn attempt_ended(&mut self, call: u32, outcome: Outcome) {
        if self.may_retry {
            self.attempt_ended_indeed(call, outcome);
        } else {
            self.call_ended(call, outcome);
        }
    }

    #[inline(never)]
    fn attempt_ended_indeed(&mut self, call: u32, outcome: Outcome) {
        let row = &self.calls[call];
        let plan = self.sites[row.site.index()].plan;
        let shape = &self.plans[plan.index()];
        let Some(retry) = shape.retry else {
            return self.call_ended(call, outcome);
        };
        let state = self.layout.plan_state(plan, row.instance, shape.plan.shared_state);
        let retrying = &mut self.retrying[call as usize];
        let ended = Ended {
            now: self.now,
            outcome,
            push_back: if retrying.push_back == Span::ZERO {
                PushBack::None
            } else {
                PushBack::After(retrying.push_back)
            },
            deadline: row.deadline,
            in_flight: InFlight {
                active: self.callers.active[state],
                pending: 0,
            },
        };
        let draws = self.callers.jitter[plan.index()]
            .as_mut()
            .expect("a plan that retries has a stream");
        let verdict = retry.after(&mut retrying.state, &mut self.callers.budgets[state], &ended, draws);
        match verdict {
            Verdict::GiveUp(_) => self.call_ended(call, outcome),
            Verdict::RetryAfter(Span::ZERO) => self.agenda.push(Deed::Launch(call, self.calls[call].generation)),
            Verdict::RetryAfter(pause) => {
                let (at, generation) = (self.now + pause, row.generation);
                self.schedule(at, Event::Retry, 0, call, generation);
            }
        }
    }

    pub(super) fn on_retry(&mut self, entry: Entry) {
        if self.calls[entry.index].generation != entry.generation {
            return; // The call was given up during the pause.
        }
        if self.waits_for_thaw(self.calls[entry.index].party, entry) {
            return;
        }
        self.happened(Event::Retry, self.calls[entry.index].key);
        self.launch(entry.index);
    }

    /// The final outcome of a call; its parent is told.
    fn call_ended(&mut self, call: u32, outcome: Outcome) {
        let row = &self.calls[call];
        let (site, measured, start, parent) = (row.site, row.measured, row.start, row.parent);
        let sent = row.attempts > 0;
        self.recorder.call_ended(
            self.sites[site.index()].lane,
            matches!(parent, Parent::Load(_)),
            measured,
            start,
            self.now,
            outcome,
            sent,
        );
        match parent {
            Parent::Nobody => (),
            Parent::Load(slot) => self.request_ended(call, slot, outcome),
            Parent::Attempt(attempt) => {
                self.attempts[attempt].child = Child::None;
                self.child_ended(attempt, outcome);
            }
            Parent::Frame(frame) => {
                self.frames[frame].child = Child::None;
                self.frame_child_ended(frame, outcome);
            }
            Parent::Join(join) => {
                self.unlink_call(join, call);
                self.join_child_ended(join, outcome);
            }
        }
        self.calls.remove(call);
    }
}

/// For settings that never draw.
struct NoDraw;

impl crate::rng::Draw for NoDraw {
    fn bits(&mut self) -> u64 {
        unreachable!("a policy that draws has a stream of its own")
    }
}
