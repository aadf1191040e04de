//! Flows: steps, blocks and call sites.
//!
//! A call site is named by caller endpoint, callee endpoint and its rank among equal ones, a step by endpoint, kind and
//! rank: another step in a flow shifts no draw of the others. Sites are collected from every version of the file first, so
//! that a change during the run finds its sites in the tables.

use std::collections::BTreeMap;

use brownout_sim_core::ids::{BlockId, EdgeId, EndpointId, PlanId, ServiceId, SiteId};
use brownout_sim_core::model::{Action, Block, Caller, ChooseOption, Repeat, Site, Step};
use brownout_sim_core::quantity::Chance;
use brownout_sim_core::rng::{Key, mix};

use super::index::{Endpoints, Index};
use super::resolve::{Directory, Origin};
use super::{Cx, System};
use crate::document::{At, Place};
use crate::spec::Opt;
use crate::spec::flow::{Flow, FlowAction, FlowStep};
use crate::syntax::units::Ratio;

/// A call from one endpoint to another, for the search for circles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallArc {
    pub from: EndpointId,
    pub to: EndpointId,
    /// Whether each run of the flow makes it.
    pub certain: bool,
    pub at: Place,
}

/// Every call site of every version of the file.
#[derive(Default)]
pub(crate) struct Sites {
    /// How many sites each pair has.
    ranks: BTreeMap<(Origin, EndpointId), u32>,
    /// The first site of each pair, once all are known.
    first: BTreeMap<(Origin, EndpointId), usize>,
    /// Whom the fallback of a pair asks.
    instead: BTreeMap<(Origin, EndpointId), EndpointId>,
    pub arcs: Vec<CallArc>,
}

impl Sites {
    /// At least `ranks` sites call from here to there.
    pub(crate) fn add(&mut self, from: Origin, to: EndpointId, ranks: u32) {
        let known = self.ranks.entry((from, to)).or_default();
        *known = (*known).max(ranks);
    }

    /// Collects the calls of one version's flow.
    pub(crate) fn add_flow(&mut self, cx: &mut Cx<'_>, dir: &Directory, from: EndpointId, flow: &At<Flow>) {
        let mut walk = Walk {
            dir,
            from,
            ranks: BTreeMap::new(),
            arcs: Vec::new(),
        };
        walk.flow(cx, &flow.value, true);
        for (to, ranks) in walk.ranks {
            self.add(Origin::Endpoint(from), to, ranks);
        }
        self.arcs.extend(walk.arcs);
    }

    /// The fallback of a pair asks somebody else, by a site that it shares with a flow that calls there. Whether the pair
    /// of caller and other callee is new; `Err` if it asked yet another in an earlier version of the file.
    pub(crate) fn add_instead(&mut self, from: Origin, to: EndpointId, other: &At<EndpointId>) -> Result<bool, ()> {
        let known = *self.instead.entry((from, to)).or_insert(other.value);
        if known != other.value {
            return Err(());
        }
        let is_new = !self.ranks.contains_key(&(from, other.value));
        self.add(from, other.value, 1);
        if let Origin::Endpoint(from) = from {
            self.arcs.push(CallArc {
                from,
                to: other.value,
                certain: false,
                at: other.at,
            });
        }
        Ok(is_new)
    }

    /// All sites are known: gives each its place.
    pub(crate) fn close(&mut self) {
        let mut next = 0;
        for (pair, ranks) in &self.ranks {
            self.first.insert(*pair, next);
            next += *ranks as usize;
        }
    }

    /// The site of a rank.
    pub(crate) fn site(&self, from: Origin, to: EndpointId, rank: u32) -> SiteId {
        SiteId::from_index(self.first[&(from, to)] + rank as usize)
    }

    /// Caller and callee endpoint of every site, in order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (Origin, EndpointId, u32)> + '_ {
        self.ranks
            .iter()
            .flat_map(|(pair, ranks)| (0..*ranks).map(|rank| (pair.0, pair.1, rank)))
    }

    /// The rows of the site table; edge and plan are handed in.
    pub(crate) fn rows(
        &self,
        index: &Index<'_>,
        endpoints: &Endpoints,
        mut place: impl FnMut(Origin, EndpointId) -> (EdgeId, PlanId),
    ) -> Vec<Site> {
        let key = |from: Origin| match from {
            Origin::Load(load) => Key::of(&format!("load.{}", index.loads[load.index()].name.value)),
            Origin::Endpoint(it) => Key::of(&endpoints.key_text(index, it)),
        };
        let site = |(from, callee, rank): (Origin, EndpointId, u32)| {
            let (edge, plan) = place(from, callee);
            let to = Key::of(&endpoints.key_text(index, callee));
            Site {
                key: mix(mix(key(from).0, to.0), u64::from(rank)),
                edge,
                callee,
                plan,
                instead: self.instead.get(&(from, callee)).map(|it| self.site(from, *it, 0)),
            }
        };
        self.pairs().map(site).collect()
    }
}

/// The caller of an edge.
pub(crate) fn caller_of(endpoints: &Endpoints, from: Origin) -> Caller {
    match from {
        Origin::Load(load) => Caller::Load(load),
        Origin::Endpoint(it) => Caller::Service(endpoints.rows[it.index()].0),
    }
}

struct Walk<'w> {
    dir: &'w Directory,
    from: EndpointId,
    ranks: BTreeMap<EndpointId, u32>,
    arcs: Vec<CallArc>,
}

impl Walk<'_> {
    fn flow(&mut self, cx: &mut Cx<'_>, flow: &Flow, certain: bool) {
        for step in flow {
            self.step(cx, step, certain);
        }
    }

    fn step(&mut self, cx: &mut Cx<'_>, step: &FlowStep, certain: bool) {
        let certain = certain && step.chance.as_ref().is_none_or(|it| it.value >= Ratio::ONE);
        if step.background && !matches!(step.action, FlowAction::Call { .. }) {
            cx.only_calls_in_background(step.at);
        }
        match &step.action {
            FlowAction::Call { target, .. } => {
                if let Some(to) = cx.callee(self.dir, target) {
                    if to == self.from {
                        cx.calls_itself(target.at, &self.dir.endpoint_address(to));
                    }
                    *self.ranks.entry(to).or_default() += 1;
                    self.arcs.push(CallArc {
                        from: self.from,
                        to,
                        certain,
                        at: target.at,
                    });
                }
            }
            FlowAction::Work(_) | FlowAction::Wait(_) => {}
            FlowAction::Parallel { branches, .. } => {
                branches.iter().for_each(|it| self.flow(cx, it, certain));
            }
            FlowAction::Choose(options) => {
                for (flow, share) in options {
                    self.flow(cx, flow, certain && share.value >= Ratio::ONE);
                }
            }
        }
    }
}

/// The step tables as they grow.
#[derive(Default)]
pub(crate) struct Steps {
    pub blocks: Vec<Block>,
    pub steps: Vec<Step>,
    pub options: Vec<ChooseOption>,
}

/// Kinds of step that are named by their rank in an endpoint.
const KINDS: [&str; 4] = ["work", "wait", "parallel", "choose"];

/// What is counted while the flow of one endpoint is compiled.
struct Ranks<'w, 's> {
    system: &'w System<'s>,
    sites: &'w Sites,
    from: EndpointId,
    name: String,
    calls: BTreeMap<EndpointId, u32>,
    kinds: [u32; KINDS.len()],
}

impl Ranks<'_, '_> {
    fn key(&mut self, kind: usize) -> u64 {
        let rank = self.kinds[kind];
        self.kinds[kind] += 1;
        Key::of(&format!("{} {} {rank}", self.name, KINDS[kind])).0
    }
}

impl Steps {
    /// Compiles the flow of an endpoint; `None` if a mistake was found in it.
    pub(crate) fn compile(
        &mut self,
        cx: &mut Cx<'_>,
        system: &System<'_>,
        sites: &Sites,
        from: EndpointId,
        flow: &Flow,
    ) -> Option<BlockId> {
        let name = system.endpoints.key_text(&system.versions[0], from);
        let mut ranks = Ranks {
            system,
            sites,
            from,
            name,
            calls: BTreeMap::new(),
            kinds: [0; KINDS.len()],
        };
        let steps = self.steps_of(cx, flow, &mut ranks)?;
        Some(self.push_block(steps))
    }

    fn push_block(&mut self, steps: Vec<Step>) -> BlockId {
        let first = self.steps.len() as u32;
        self.steps.extend(steps);
        self.blocks.push(Block {
            steps: first..self.steps.len() as u32,
        });
        BlockId::from_index(self.blocks.len() - 1)
    }

    /// The rows of one block; what is inside of them is in the tables already.
    fn steps_of(&mut self, cx: &mut Cx<'_>, flow: &Flow, ranks: &mut Ranks<'_, '_>) -> Option<Vec<Step>> {
        let steps: Vec<Option<Step>> = flow.iter().map(|it| self.step(cx, it, ranks)).collect();
        steps
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .filter(|it| !it.is_empty())
    }

    fn step(&mut self, cx: &mut Cx<'_>, step: &FlowStep, ranks: &mut Ranks<'_, '_>) -> Option<Step> {
        let (key, action) = match &step.action {
            FlowAction::Call {
                target,
                times,
                parallel,
                need,
            } => {
                let to = cx.callee(&ranks.system.directory, target)?;
                let rank = ranks.calls.entry(to).or_default();
                let at = *rank;
                *rank += 1;
                let site = ranks.sites.site(Origin::Endpoint(ranks.from), to, at);
                let callee = ranks.system.endpoints.key_text(&ranks.system.versions[0], to);
                let key = Key::of(&format!("{} call {callee} {at}", ranks.name)).0;
                let times = times.as_ref().map_or(1, |it| it.value);
                let need = need.as_ref().map_or(times, |it| it.value);
                let action = match times {
                    1 => Action::Call(site),
                    _ => Action::Repeat(Repeat {
                        site,
                        times,
                        parallel: *parallel,
                        need: need.clamp(1, times),
                    }),
                };
                (key, action)
            }
            FlowAction::Work(work) => (ranks.key(0), Action::Work(cx.dist(work)?)),
            FlowAction::Wait(wait) => (ranks.key(1), Action::Wait(cx.dist(wait)?)),
            FlowAction::Parallel { branches, need } => {
                let key = ranks.key(2);
                let rows: Vec<Option<Vec<Step>>> = branches.iter().map(|it| self.steps_of(cx, it, ranks)).collect();
                let rows = rows
                    .into_iter()
                    .collect::<Option<Vec<_>>>()
                    .filter(|it| !it.is_empty())?;
                let count = rows.len() as u32;
                let first = self.blocks.len() as u32;
                for row in rows {
                    self.push_block(row);
                }
                let need = need.as_ref().map_or(count, |it| it.value).clamp(1, count);
                (
                    key,
                    Action::Parallel {
                        blocks: first..first + count,
                        need,
                    },
                )
            }
            FlowAction::Choose(options) => {
                let key = ranks.key(3);
                let rows: Vec<Option<Vec<Step>>> = options.iter().map(|it| self.steps_of(cx, &it.0, ranks)).collect();
                let rows = rows
                    .into_iter()
                    .collect::<Option<Vec<_>>>()
                    .filter(|it| !it.is_empty())?;
                let untils = untils(options.iter().map(|it| it.1.value));
                let blocks: Vec<BlockId> = rows.into_iter().map(|it| self.push_block(it)).collect();
                let first = self.options.len() as u32;
                let rows = untils
                    .into_iter()
                    .zip(blocks)
                    .map(|(until, block)| ChooseOption { until, block });
                self.options.extend(rows);
                (
                    key,
                    Action::Choose {
                        options: first..self.options.len() as u32,
                    },
                )
            }
        };
        Some(Step {
            key,
            chance: chance(&step.chance),
            optional: step.optional,
            background: step.background,
            action,
        })
    }
}

/// A chance that is certain if absent.
pub(crate) fn chance(ratio: &Opt<Ratio>) -> Chance {
    ratio.as_ref().map_or(Chance::ALWAYS, |it| it.value.chance())
}

/// Bounds of a draw for shares that add up to 100 %: each includes those before it, and the last is certain.
pub(crate) fn untils(shares: impl IntoIterator<Item = Ratio>) -> Vec<Chance> {
    let mut sum = 0u64;
    let mut untils: Vec<Chance> = shares
        .into_iter()
        .map(|it| {
            sum = sum.saturating_add(it.0);
            Ratio(sum).chance()
        })
        .collect();
    if let Some(last) = untils.last_mut() {
        *last = Chance::ALWAYS;
    }
    untils
}

/// Circles of calls: an error if every call of it is certain, since no request would ever end.
pub(crate) fn check_circles(cx: &mut Cx<'_>, index: &Index<'_>, endpoints: &Endpoints, arcs: &[CallArc]) {
    let found = |certain_only: bool| {
        let mut graph = petgraph::Graph::<(), Place>::new();
        let nodes: Vec<_> = (0..endpoints.rows.len()).map(|_| graph.add_node(())).collect();
        for arc in arcs
            .iter()
            .filter(|it| it.from != it.to && (it.certain || !certain_only))
        {
            graph.add_edge(nodes[arc.from.index()], nodes[arc.to.index()], arc.at);
        }
        let mut circles: Vec<Vec<usize>> = petgraph::algo::tarjan_scc(&graph)
            .into_iter()
            .filter(|it| it.len() > 1)
            .map(|it| it.into_iter().map(|it| it.index()).collect())
            .collect();
        circles.iter_mut().for_each(|it| it.sort_unstable());
        circles.sort();
        circles
    };
    let certain = found(true);
    let arc_in = |circle: &[usize]| {
        let inside = |it: EndpointId| circle.contains(&it.index());
        arcs.iter()
            .filter(|it| inside(it.from) && inside(it.to))
            .map(|it| it.at)
            .min()
    };
    let names = |circle: &[usize]| -> Vec<String> {
        circle
            .iter()
            .map(|it| endpoints.address(index, EndpointId::from_index(*it)))
            .collect()
    };
    for circle in &certain {
        if let Some(at) = arc_in(circle) {
            cx.endless_circle(at, &names(circle));
        }
    }
    for circle in found(false) {
        let covered = certain.iter().any(|it| it.iter().any(|it| circle.contains(it)));
        if let Some(at) = arc_in(&circle).filter(|_| !covered) {
            cx.circle(at, &names(&circle));
        }
    }
}

/// Which services a request can reach.
pub(crate) fn reached(sites: &Sites, endpoints: &Endpoints) -> Vec<bool> {
    let mut reached = vec![false; endpoints.rows.len()];
    let mut open: Vec<EndpointId> = Vec::new();
    for (from, to, _) in sites.pairs() {
        if matches!(from, Origin::Load(_)) {
            open.push(to);
        }
    }
    while let Some(endpoint) = open.pop() {
        if core::mem::replace(&mut reached[endpoint.index()], true) {
            continue;
        }
        open.extend(
            sites
                .pairs()
                .filter(|it| it.0 == Origin::Endpoint(endpoint))
                .map(|it| it.1),
        );
    }
    (0..endpoints.services())
        .map(|it| endpoints.range(ServiceId::from_index(it)).any(|it| reached[it]))
        .collect()
}
