//! Links: the network of each edge, for messages within a zone, between zones and between regions.

use std::collections::BTreeMap;

use brownout_sim_core::ids::LinkId;
use brownout_sim_core::model::{Caller, Link, LinkScope, Zone};
use brownout_sim_core::quantity::{Chance, Nanomoney};
use brownout_sim_core::rng::Key;

use super::Cx;
use super::index::Index;
use super::resolve::{Directory, Specificity};
use crate::document::{At, Place};
use crate::spec::Named;
use crate::spec::link::{Link as Written, LinkScope as Scope};
use crate::syntax::address::EdgeAddress;
use crate::syntax::units::Price;
use brownout_sim_core::ids::ServiceId;

/// The scopes, in the order of an edge's links.
pub(crate) const SCOPES: [(Scope, LinkScope, &str); 3] = [
    (Scope::SameZone, LinkScope::SameZone, "same-zone"),
    (Scope::CrossZone, LinkScope::CrossZone, "cross-zone"),
    (Scope::CrossRegion, LinkScope::CrossRegion, "cross-region"),
];

/// The keys that links set.
pub(crate) const KEYS: [&str; 5] = ["latency", "loss", "bandwidth", "connect", "price"];

/// Where a link sets a key, if it does.
pub(crate) fn place_of(link: &Written, key: usize) -> Option<Place> {
    match key {
        0 => link.latency.as_ref().map(|it| it.at),
        1 => link.loss.as_ref().map(|it| it.at),
        2 => link.bandwidth.as_ref().map(|it| it.at),
        3 => link.connect.as_ref().map(|it| it.at),
        _ => link.price.as_ref().map(|it| it.at),
    }
}

/// Zones in order of their names; regions are numbered in the order of theirs.
pub(crate) fn zones(index: &Index<'_>) -> Vec<Zone> {
    let region = |at: usize| index.zones[at].it.region.as_ref().map(|it| it.value.as_str());
    let mut regions: Vec<Option<&str>> = (0..index.zones.len()).map(region).collect();
    regions.sort();
    regions.dedup();
    let zone = |at: usize| Zone {
        key: Key::of(&format!("zone.{}", index.zones[at].name.value)),
        region: regions.iter().position(|it| *it == region(at)).unwrap_or_default() as u32,
    };
    (0..index.zones.len()).map(zone).collect()
}

/// Whether a link's edge is this one. Endpoints and zones play no part.
fn fits(dir: &Directory, edge: &EdgeAddress, caller: Caller, callee: ServiceId) -> bool {
    let (Ok(from), Ok(to)) = (dir.address(&edge.from), dir.address(&edge.to)) else {
        return false;
    };
    from.has_caller(caller) && to.services.contains(&callee)
}

/// How specific a link is: an edge beats a scope, which beats none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    All,
    Scope,
    Edge(Specificity),
}

/// The link that decides each key for one edge and scope.
pub(crate) fn effective<'s>(
    index: &Index<'s>,
    dir: &Directory,
    caller: Caller,
    callee: ServiceId,
    scope: Scope,
    cx: &mut Cx<'_>,
) -> [Option<&'s Named<Written>>; KEYS.len()] {
    let mut found: [Option<(Rank, &'s Named<Written>)>; KEYS.len()] = [None; KEYS.len()];
    for link in &index.links {
        let rank = match (&link.it.edge, &link.it.scope) {
            (Some(edge), _) if fits(dir, &edge.value, caller, callee) => Rank::Edge(Specificity::of(&edge.value)),
            (Some(_), _) => continue,
            (None, Some(only)) if only.value == scope => Rank::Scope,
            (None, Some(_)) => continue,
            (None, None) => Rank::All,
        };
        cx.used("link", &link.name);
        for (key, best) in found.iter_mut().enumerate() {
            let Some(at) = place_of(&link.it, key) else { continue };
            match best {
                Some((other, _)) if *other > rank => {}
                Some((other, first)) if *other == rank => {
                    let first_at = place_of(&first.it, key).unwrap_or_default();
                    if first_at != at {
                        cx.links_disagree(at, first_at, KEYS[key], &link.name, &first.name);
                    }
                }
                _ => *best = Some((rank, link)),
            }
        }
    }
    found.map(|it| it.map(|it| it.1))
}

/// The row that follows. `None` if a mistake was found.
fn row(
    index: &Index<'_>,
    found: &[Option<&Named<Written>>; KEYS.len()],
    scope: Scope,
    cx: &mut Cx<'_>,
) -> Option<Link> {
    let of = |key: usize| found[key].map(|it| &it.it);
    let latency = match of(0).and_then(|it| it.latency.as_ref()) {
        Some(it) => Some(cx.dist(it)?),
        None => None,
    };
    let connect = match of(3).and_then(|it| it.connect.as_ref()) {
        Some(it) => Some(cx.dist(it)?),
        None => None,
    };
    let price = match of(4).and_then(|it| it.price.as_ref()) {
        Some(it) => per_gb(it, cx),
        None if scope == Scope::SameZone => Nanomoney(0),
        None => zone_price(index, cx),
    };
    Some(Link {
        latency,
        loss: of(1)
            .and_then(|it| it.loss.as_ref())
            .map_or(Chance::NEVER, |it| it.value.chance()),
        bandwidth_bps: of(2).and_then(|it| it.bandwidth.as_ref()).map(|it| it.value.0),
        connect,
        price_per_gb: price,
    })
}

fn per_gb(price: &At<Price>, cx: &mut Cx<'_>) -> Nanomoney {
    cx.currency(price);
    price.value.amount.amount()
}

/// What data that leaves a zone costs; zones with different prices are not modelled.
fn zone_price(index: &Index<'_>, cx: &mut Cx<'_>) -> Nanomoney {
    let prices: Vec<Option<&At<Price>>> = index.zones.iter().map(|it| it.it.price.as_ref()).collect();
    let Some(first) = prices.iter().find_map(|it| *it) else {
        return Nanomoney(0);
    };
    for price in &prices {
        if price.map(|it| &it.value) != Some(&first.value) {
            cx.zones_price_differently(price.unwrap_or(first).at);
        }
    }
    per_gb(first, cx)
}

/// Checks the edges of links.
pub(crate) fn check_edges(index: &Index<'_>, dir: &Directory, cx: &mut Cx<'_>) {
    for link in &index.links {
        let Some(edge) = &link.it.edge else { continue };
        if let Err(error) = dir.edge(&edge.value) {
            cx.unresolved::<()>(edge.at, error);
        }
        for side in [&edge.value.from, &edge.value.to] {
            if let Some(zone) = &side.zone {
                cx.no_zone_here(edge.at.within(zone.at.clone()), "a link");
            }
            if let Some(endpoint) = &side.endpoint {
                cx.no_endpoint_here(edge.at.within(endpoint.at.clone()), "a link");
            }
        }
    }
}

/// The link table: a row for each version, and what the row is called.
#[derive(Default)]
pub(crate) struct Links {
    pub rows: Vec<Vec<Link>>,
    pub names: Vec<String>,
    known: BTreeMap<String, LinkId>,
}

impl Links {
    /// The links of an edge, by scope. `None` if a mistake was found.
    pub(crate) fn of_edge(
        &mut self,
        versions: &[Index<'_>],
        dir: &Directory,
        caller: Caller,
        callee: ServiceId,
        cx: &mut Cx<'_>,
    ) -> Option<[LinkId; 3]> {
        let mut ids = [LinkId(0); 3];
        for (scope, at, word) in SCOPES {
            let (mut rows, mut names) = (Vec::new(), Vec::new());
            for version in versions {
                let found = effective(version, dir, caller, callee, scope, cx);
                names.extend(found.iter().flatten().map(|it| it.name.value.clone()));
                rows.push(row(version, &found, scope, cx)?);
            }
            names.sort();
            names.dedup();
            if names.is_empty() {
                names.push("none".to_owned());
            }
            // Links that differ only by what zones cost are told apart by their scope.
            let mut name = names.join(" + ");
            if self.names.contains(&name) && !self.known.contains_key(&format!("{rows:?}")) {
                name = format!("{name} ({word})");
            }
            let (table, all) = (&mut self.rows, &mut self.names);
            let id = *self.known.entry(format!("{rows:?}")).or_insert_with(|| {
                table.push(rows);
                all.push(name);
                LinkId::from_index(table.len() - 1)
            });
            ids[at as usize] = id;
        }
        Some(ids)
    }
}
