//! Which policies are in force on a call site: all whose edge fits, key by key, the more specific one winning.

use std::collections::BTreeMap;

use brownout_sim_core::ids::EndpointId;
use brownout_sim_core::model::{Gate, Plan, Stage};
use brownout_sim_core::policy::budget::{Budget, Envoy};
use brownout_sim_core::policy::bulkhead::Bulkhead;
use brownout_sim_core::policy::deadline::Deadline;
use brownout_sim_core::policy::timeout::Cancel;
use brownout_sim_core::policy::{OrderError, PolicyKind};
use brownout_sim_core::rng::Key;
use brownout_sim_core::time::Span;

use super::gates::{self, Mistaken};
use super::index::Index;
use super::resolve::{Directory, Origin, Specificity};
use super::{Cx, budgets, routing};
use crate::document::{At, Place};
use crate::spec::policy::fallback::Fallback;
use crate::spec::policy::{Policy, Scope};
use crate::spec::{Named, Opt};
use crate::syntax::address::Address;

/// The keys that policies set, in the order in which they are shown.
pub(crate) const KEYS: [&str; 23] = [
    "timeout",
    "deadline",
    "cancel",
    "fallback",
    "cache",
    "collapse",
    "hedge",
    "retry",
    "throttle",
    "rate_limit",
    "breaker",
    "bulkhead",
    "concurrency",
    "balance",
    "outlier",
    "health",
    "panic_threshold",
    "subset",
    "locality",
    "shard",
    "pool",
    "scope",
    "order",
];

/// The position of a key in [`KEYS`].
pub(crate) fn key_of(name: &str) -> usize {
    let found = KEYS.iter().position(|it| *it == name);
    found.expect("policies have this key")
}

/// Where a policy sets a key, if it does.
pub(crate) fn place_of(policy: &Policy, key: usize) -> Option<Place> {
    fn at<T>(it: &Opt<T>) -> Option<Place> {
        it.as_ref().map(|it| it.at)
    }
    match KEYS[key] {
        "timeout" => at(&policy.timeout),
        "deadline" => at(&policy.deadline),
        "cancel" => at(&policy.cancel),
        "fallback" => at(&policy.fallback),
        "cache" => at(&policy.cache),
        "collapse" => at(&policy.collapse),
        "hedge" => at(&policy.hedge),
        "retry" => at(&policy.retry),
        "throttle" => at(&policy.throttle),
        "rate_limit" => at(&policy.rate_limit),
        "breaker" => at(&policy.breaker),
        "bulkhead" => at(&policy.bulkhead),
        "concurrency" => at(&policy.concurrency),
        "balance" => at(&policy.balance),
        "outlier" => at(&policy.outlier),
        "health" => at(&policy.health),
        "panic_threshold" => at(&policy.panic_threshold),
        "subset" => at(&policy.subset),
        "locality" => at(&policy.locality),
        "shard" => at(&policy.shard),
        "pool" => at(&policy.pool),
        "scope" => at(&policy.scope),
        _ => at(&policy.order),
    }
}

/// Where each key is set, if it is.
pub(crate) type Places = [Option<Place>; KEYS.len()];

/// The policy that decides each key on one call site.
#[derive(Clone, Default)]
pub(crate) struct Effective<'s> {
    pub by_key: [Option<&'s Named<Policy>>; KEYS.len()],
    /// Whether any of them is about single endpoints.
    pub of_endpoint: bool,
}

/// Finds what is in force on calls from `from` to `to`. Two policies that are equally specific and set the same key are a
/// mistake.
pub(crate) fn effective<'s>(
    index: &Index<'s>,
    dir: &Directory,
    from: Origin,
    to: EndpointId,
    cx: &mut Cx<'_>,
) -> Effective<'s> {
    let mut found = Effective::default();
    let mut best: [Option<Specificity>; KEYS.len()] = [None; KEYS.len()];
    for policy in &index.policies {
        let Some(edge) = policy.it.edge.as_ref().filter(|it| dir.fits(&it.value, from, to)) else {
            continue;
        };
        cx.used("policy", &policy.name);
        let rank = Specificity::of(&edge.value);
        found.of_endpoint |= edge.value.from.endpoint.is_some() || edge.value.to.endpoint.is_some();
        for key in 0..KEYS.len() {
            let Some(at) = place_of(&policy.it, key) else { continue };
            match (best[key], found.by_key[key]) {
                (Some(other), _) if other > rank => {}
                (Some(other), Some(first)) if other == rank => {
                    // The same default, put into both tables, says nothing twice.
                    let first_at = place_of(&first.it, key).unwrap_or_default();
                    if first_at != at {
                        cx.policies_disagree(at, first_at, KEYS[key], &policy.name, &first.name);
                    }
                }
                _ => {
                    best[key] = Some(rank);
                    found.by_key[key] = Some(policy);
                }
            }
        }
    }
    found
}

/// Whom the fallback in force asks, if it asks somebody.
pub(crate) fn asks_instead<'s>(effective: &Effective<'s>) -> Option<&'s At<Address>> {
    match effective.by_key[key_of("fallback")]?
        .it
        .fallback
        .as_ref()?
        .value
        .set()?
    {
        Fallback::Dependency(it) => it.call.as_ref(),
        _ => None,
    }
}

/// Checks the edge of every policy: both sides exist, and neither is a zone's part.
pub(crate) fn check_edges(index: &Index<'_>, dir: &Directory, cx: &mut Cx<'_>) {
    for policy in &index.policies {
        let Some(edge) = &policy.it.edge else { continue };
        if let Err(error) = dir.edge(&edge.value) {
            cx.unresolved::<()>(edge.at, error);
        }
        for side in [&edge.value.from, &edge.value.to] {
            if let Some(zone) = &side.zone {
                cx.no_zone_here(edge.at.within(zone.at.clone()), "a policy");
            }
        }
    }
}

/// The plan that follows; `key` names it. `None` if a mistake was found.
pub(crate) fn plan(effective: &Effective<'_>, index: &Index<'_>, key: Key, cx: &mut Cx<'_>) -> Option<Plan> {
    let of = |name: &str| effective.by_key[key_of(name)].map(|it| &it.it);
    let mut stages: Vec<(PolicyKind, Stage)> = Vec::new();
    let mut sound = true;
    if let Some(deadline) = of("deadline").and_then(|it| it.deadline.as_ref())
        && let Some(it) = deadline.value.set()
    {
        let stage = Deadline {
            limit: it.after.as_ref().map_or(Span::MAX, |it| it.value),
            propagate: it.propagate.as_ref().is_some_and(|it| it.value),
            margin: it.margin.as_ref().map_or(Span::ZERO, |it| it.value),
        };
        if let Err(error) = stage.check() {
            cx.out.inconsistent(deadline.at, error.0);
            sound = false;
        }
        stages.push((PolicyKind::Deadline, Stage::Deadline(stage)));
    }
    if let Some(retry) = of("retry").and_then(|it| it.retry.as_ref())
        && retry.value.set().is_some()
    {
        match budgets::retry(retry, cx) {
            Some(stage) => stages.push((PolicyKind::Retry, Stage::Retry(stage))),
            None => sound = false,
        }
    }
    if let Some(timeout) = of("timeout").and_then(|it| it.timeout.as_ref())
        && let Some(span) = timeout.value.set()
    {
        stages.push((PolicyKind::Timeout, Stage::Timeout(*span)));
    }
    let gates = [
        of("throttle").map(|it| gates::throttle(it, cx)),
        of("rate_limit").map(|it| gates::rate_limit(it, cx)),
        of("breaker").map(|it| gates::breaker(it, cx)),
        of("bulkhead").map(|it| gates::bulkhead(it, cx)),
        of("concurrency").map(|it| gates::concurrency(it, cx)),
    ];
    for gate in gates.into_iter().flatten() {
        match gate {
            Ok(gate) => stages.extend(gate.map(|it| (it.kind(), Stage::Gate(it)))),
            Err(Mistaken) => sound = false,
        }
    }
    cap_retries(&mut stages);
    let covers = [
        of("fallback").map(|it| (PolicyKind::Fallback, gates::fallback(it, cx))),
        of("cache").map(|it| (PolicyKind::Cache, gates::cache(it, cx))),
        of("collapse").map(|it| (PolicyKind::Collapse, gates::collapse(it, cx))),
        of("hedge").map(|it| (PolicyKind::Hedge, gates::hedge(it, cx))),
    ];
    for (kind, cover) in covers.into_iter().flatten() {
        match cover {
            Ok(cover) => stages.extend(cover.map(|it| (kind, it))),
            Err(Mistaken) => sound = false,
        }
    }
    let pool = match of("pool").map(|it| gates::pool(it, cx)) {
        None => None,
        Some(Ok(pool)) => pool,
        Some(Err(Mistaken)) => {
            sound = false;
            None
        }
    };
    stages.sort_by_key(|it| it.0.rank());
    if let Some(order) = of("order").and_then(|it| it.order.as_ref()) {
        let used: Vec<PolicyKind> = stages.iter().map(|it| it.0).collect();
        let mut wanted: Vec<PolicyKind> = order.value.iter().map(|it| it.value).collect();
        if order.at.in_profile() {
            // A library's order gives places; what is in use the file decides.
            wanted = PolicyKind::complete(&wanted, &used);
            wanted.retain(|it| used.contains(it));
        }
        for error in PolicyKind::check_order(&wanted, &used) {
            // What is switched off keeps its place in the order.
            if matches!(error, OrderError::Unused(kind) if KEYS.contains(&kind.name()) && of(kind.name()).is_some()) {
                continue;
            }
            cx.out.inconsistent(order.at, error.to_string());
            sound = false;
        }
        stages.sort_by_key(|it| wanted.iter().position(|kind| *kind == it.0));
    }
    let balance = routing::balance(of("balance"), cx);
    let routing = routing::routing(of, index, cx);
    if let (Ok(balance), Ok(Some(routing))) = (&balance, &routing) {
        sound &= routing::fit(balance, routing, of, cx);
    }
    let (Ok(balance), Ok(routing)) = (balance, routing) else {
        return None;
    };
    sound.then(|| Plan {
        key,
        stages: stages.into_iter().map(|it| it.1).collect(),
        cancel: of("cancel")
            .and_then(|it| it.cancel.as_ref())
            .map_or(Cancel::None, |it| it.value),
        balance,
        pool,
        routing: routing.map(Box::new),
        shared_state: of("scope")
            .and_then(|it| it.scope.as_ref())
            .is_some_and(|it| it.value == Scope::Service),
    })
}

/// Envoy's cap on retries in flight, if it stands in the plan, is the budget of a retry that has none.
fn cap_retries(stages: &mut [(PolicyKind, Stage)]) {
    let cap = stages.iter().find_map(|(_, stage)| match stage {
        Stage::Gate(Gate::Bulkhead(Bulkhead::Envoy(it))) => Some(it.max_retries),
        _ => None,
    });
    let Some(cap) = cap else { return };
    for (_, stage) in stages {
        if let Stage::Retry(retry) = stage {
            retry.budget.get_or_insert(Budget::Envoy(Envoy::MaxRetries(cap)));
        }
    }
}

/// The plans of one edge's call sites, in every version of the file.
pub(crate) struct EdgePlans {
    /// What each plan is called (`*`, or the endpoints it is for), its row in each version, and where it is set.
    pub plans: Vec<(String, Vec<Plan>, Places)>,
    /// The plan of each site, by caller and callee endpoint.
    pub of_site: BTreeMap<(Origin, EndpointId), usize>,
}

/// Groups the sites of one edge by what is in force there in all versions, since a plan keeps its sites when a change
/// replaces its row. `None` if a mistake was found.
pub(crate) fn plans_of_edge(
    edge: &str,
    pairs: &[(Origin, EndpointId)],
    versions: &[Index<'_>],
    dir: &Directory,
    cx: &mut Cx<'_>,
) -> Option<EdgePlans> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut sound = true;
    for (from, to) in pairs {
        let mut found = Group {
            rows: Vec::new(),
            places: Places::default(),
            sites: Vec::new(),
            of_endpoint: false,
        };
        for version in versions {
            let effective = effective(version, dir, *from, *to, cx);
            found.of_endpoint |= effective.of_endpoint;
            if found.rows.is_empty() {
                found.places = core::array::from_fn(|key| place_of(&effective.by_key[key]?.it, key));
            }
            match plan(&effective, version, Key::of(""), cx) {
                Some(row) => found.rows.push(row),
                None => sound = false,
            }
        }
        let of_endpoint = found.of_endpoint;
        let group = groups.entry(format!("{:?}", found.rows)).or_insert(found);
        group.sites.push((*from, *to));
        group.of_endpoint &= of_endpoint;
    }
    if !sound {
        return None;
    }
    let name = |endpoint: EndpointId| dir.lists().endpoints[endpoint.index()].1.clone();
    let mut named: BTreeMap<String, Group> = BTreeMap::new();
    let general = groups.len() == 1;
    for group in groups.into_values() {
        let mut callees: Vec<String> = group.sites.iter().map(|it| name(it.1)).collect();
        callees.sort();
        callees.dedup();
        let sites = group.sites.iter().map(|it| match it.0 {
            Origin::Load(_) => name(it.1),
            Origin::Endpoint(from) => format!("{} > {}", name(from), name(it.1)),
        });
        let mut label = match general || !group.of_endpoint {
            true => "*".to_owned(),
            false => callees.join("+"),
        };
        if named.contains_key(&label) {
            // The caller's endpoints tell plans apart that serve the same callees.
            label = sites.collect::<Vec<_>>().join("+");
        }
        named.insert(label, group);
    }
    let mut found = EdgePlans {
        plans: Vec::new(),
        of_site: BTreeMap::new(),
    };
    for (row, (label, mut group)) in named.into_iter().enumerate() {
        let key = Key::of(&format!("policy.{edge}.{label}"));
        group.rows.iter_mut().for_each(|it| it.key = key);
        found.plans.push((label, group.rows, group.places));
        found.of_site.extend(group.sites.into_iter().map(|it| (it, row)));
    }
    Some(found)
}

/// Sites of an edge where the same is in force in all versions.
struct Group {
    rows: Vec<Plan>,
    places: Places,
    sites: Vec<(Origin, EndpointId)>,
    /// Whether policies of single endpoints have a part in each of them.
    of_endpoint: bool,
}
