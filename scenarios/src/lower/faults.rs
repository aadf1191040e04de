//! Faults: whom they hit, when, and what they do; and the instants of faults and changes.

use brownout_sim_core::ids::{ChangeId, FaultId, ReplicaId};
use brownout_sim_core::model::{Effect, ErrorRule, Fault, Flap, Instant, NetworkScope, Pick, Ramp, Schedule};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::rng::Key;
use brownout_sim_core::time::{SimTime, Span};

use super::index::Index;
use super::resolve::Directory;
use super::{Cx, services};
use crate::document::{At, Place};
use crate::spec::Named;
use crate::spec::fault::{
    Effect as WrittenEffect, Fault as Written, Partition, Pick as WrittenPick, Ramp as WrittenRamp, ReplicaLoss,
};
use crate::syntax::address::Target;
use crate::syntax::instant::{Instant as WrittenInstant, Offset, Origin};

/// Steps of a ramp that does not say how many.
const RAMP_STEPS: u32 = 20;

/// The ramp that a table describes.
pub(crate) fn ramp(ramp: &WrittenRamp) -> Option<Ramp> {
    let steps = ramp.steps.as_ref().map_or(RAMP_STEPS, |it| it.value.max(1));
    Some(Ramp {
        over: ramp.over.as_ref()?.value,
        steps,
    })
}

/// The instant at which a fault or a change begins. `None` if a mistake was found.
pub(crate) fn instant(
    written: &At<WrittenInstant>,
    index: &Index<'_>,
    dir: &Directory,
    cx: &mut Cx<'_>,
) -> Option<Instant> {
    let after = match written.value.offset {
        Offset::After(it) => it,
        Offset::Before(_) => {
            cx.out
                .inconsistent(written.at, "what happens cannot depend on what comes later")
                .help("count from the start of the fault, or from the beginning of the run");
            return None;
        }
    };
    let place = |at: &core::ops::Range<usize>| written.at.within(at.clone());
    match &written.value.origin {
        Origin::Run => Some(Instant::At(SimTime::ZERO + after)),
        Origin::FaultStart(name) => match dir.fault(name) {
            Ok(fault) => Some(Instant::FaultStart(fault, after)),
            Err(error) => cx.unresolved(written.at, error),
        },
        Origin::FaultEnd(name) => match dir.fault(name) {
            Ok(fault) => {
                if index.faults[fault.index()].it.lasts.is_none() {
                    cx.out
                        .inconsistent(place(&name.at), format!("fault `{}` never ends", name.it))
                        .help("give it `for`, or count from its start");
                    return None;
                }
                Some(Instant::FaultEnd(fault, after))
            }
            Err(error) => cx.unresolved(written.at, error),
        },
        Origin::FaultsStart | Origin::FaultsEnd => {
            cx.out
                .inconsistent(written.at, "what happens cannot wait for all faults")
                .help("name one: `fault.NAME.end`");
            None
        }
        Origin::ChangeStart(name) => match dir.change(name) {
            Ok((change, _)) => Some(Instant::Change(change, after)),
            Err(error) => cx.unresolved(written.at, error),
        },
        Origin::ChangeEnd(name) => match dir.change(name) {
            Ok((change, lasts)) => Some(Instant::Change(change, lasts + after)),
            Err(error) => cx.unresolved(written.at, error),
        },
    }
}

/// What an event waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Fault(FaultId),
    Change(ChangeId),
}

fn cause(instant: &Instant) -> Option<Cause> {
    match instant {
        Instant::At(_) => None,
        Instant::FaultStart(it, _) | Instant::FaultEnd(it, _) => Some(Cause::Fault(*it)),
        Instant::Change(it, _) => Some(Cause::Change(*it)),
    }
}

/// Faults and changes that wait for each other never come: a mistake for each circle.
pub(crate) fn check_circles(
    faults: &[(Place, Option<Instant>)],
    changes: &[(Place, Option<Instant>)],
    index: &Index<'_>,
    cx: &mut Cx<'_>,
) {
    let next = |it: Cause| {
        let instant = match it {
            Cause::Fault(it) => &faults[it.index()].1,
            Cause::Change(it) => &changes[it.index()].1,
        };
        instant.as_ref().and_then(cause)
    };
    let name = |it: Cause| match it {
        Cause::Fault(it) => format!("fault.{}", index.faults[it.index()].name.value),
        Cause::Change(it) => format!("change.{}", index.changes[it.index()].name.value),
    };
    let all_faults = (0..faults.len()).map(|it| Cause::Fault(FaultId::from_index(it)));
    let all_changes = (0..changes.len()).map(|it| Cause::Change(ChangeId::from_index(it)));
    for start in all_faults.chain(all_changes) {
        let mut circle = vec![start];
        let mut at = start;
        while let Some(then) = next(at) {
            if then == start {
                // Told once, at the first of its names.
                if circle.iter().all(|it| *it >= start) {
                    let place = match start {
                        Cause::Fault(it) => faults[it.index()].0,
                        Cause::Change(it) => changes[it.index()].0,
                    };
                    let names: Vec<String> = circle.iter().map(|it| name(*it)).collect();
                    cx.wait_for_each_other(place, &names);
                }
                break;
            }
            if circle.contains(&then) {
                break;
            }
            circle.push(then);
            at = then;
        }
    }
}

/// Roughly when something happens, for the order of changes: random lengths count with their means.
pub(crate) fn estimate(
    instant: &Instant,
    faults: &[Option<Instant>],
    changes: &[Option<Instant>],
    lasts: &impl Fn(FaultId) -> Span,
    depth: u32,
) -> SimTime {
    let of = |it: &Option<Instant>| match it {
        Some(it) if depth < 64 => estimate(it, faults, changes, lasts, depth + 1),
        _ => SimTime::ZERO,
    };
    match *instant {
        Instant::At(at) => at,
        Instant::FaultStart(fault, after) => of(&faults[fault.index()]) + after,
        Instant::FaultEnd(fault, after) => of(&faults[fault.index()]) + lasts(fault) + after,
        Instant::Change(change, after) => of(&changes[change.index()]) + after,
    }
}

/// Whom a fault hits.
struct Hit {
    replicas: Vec<ReplicaId>,
    endpoint: Option<brownout_sim_core::ids::EndpointId>,
    /// Senders and receivers of the messages it can hit: both flags of parties.
    from: Vec<bool>,
    to: Vec<bool>,
    edge: bool,
    zones: bool,
}

fn hit(target: &At<Target>, dir: &Directory, cx: &mut Cx<'_>) -> Option<Hit> {
    let rows = |it: Vec<usize>| it.into_iter().map(ReplicaId::from_index).collect();
    match &target.value {
        Target::Node(address) => {
            let found = match dir.address(address) {
                Ok(found) => found,
                Err(error) => return cx.unresolved(target.at, error),
            };
            let to = dir.parties(&found);
            Some(Hit {
                replicas: rows(dir.replicas(&found)),
                endpoint: found.endpoint,
                from: vec![true; to.len()],
                to,
                edge: false,
                zones: !found.zones.is_empty(),
            })
        }
        Target::Edge(edge) => {
            let (from, to) = match dir.edge(edge) {
                Ok(sides) => sides,
                Err(error) => return cx.unresolved(target.at, error),
            };
            match dir.edges(edge) {
                // Where calls are missing, this one may be among them.
                Err(error) if !dir.lists().partial => return cx.unresolved(target.at, error),
                _ => {}
            }
            for side in [&edge.from, &edge.to] {
                if let Some(endpoint) = &side.endpoint {
                    cx.no_endpoint_here(target.at.within(endpoint.at.clone()), "a fault of the network");
                    return None;
                }
            }
            Some(Hit {
                replicas: rows(dir.replicas(&to)),
                endpoint: None,
                from: dir.parties(&from),
                to: dir.parties(&to),
                edge: true,
                zones: false,
            })
        }
    }
}

/// The row of a fault. `None` if a mistake was found.
pub(crate) fn fault(fault: &Named<Written>, start: Option<Instant>, dir: &Directory, cx: &mut Cx<'_>) -> Option<Fault> {
    let written = &fault.it;
    let duration = match &written.lasts {
        Some(it) => Some(cx.dist(it)?),
        None => None,
    };
    let flap = match &written.flap {
        Some(it) => Some(Flap {
            down: cx.dist(it.value.down.as_ref()?)?,
            up: cx.dist(it.value.up.as_ref()?)?,
        }),
        None => None,
    };
    let target = written.target.as_ref()?;
    let hit = hit(target, dir, cx)?;
    let effect = written.effect.as_ref()?;
    let mut pick = pick(written);
    if let Some(loss) = &effect.value.replicas {
        if let Some(pick) = &written.pick {
            cx.out
                .conflict(pick.at, "`effect.replicas` says how many replicas are lost")
                .also(loss.at, "here");
        }
        pick = match loss.value {
            ReplicaLoss::Count(it) => Pick::Count(it),
            ReplicaLoss::Share(it) => Pick::Share(u32::try_from(it.0.div_ceil(1_000_000)).unwrap_or(1_000_000)),
        };
    }
    let effects = effects(&effect.value, effect.at, &hit, cx)?;
    let schedule = match &written.every {
        Some(every) => Schedule::Every(cx.dist(every)?),
        None => Schedule::Once(start?),
    };
    let cuts = effects.iter().any(|it| matches!(it, Effect::Cut));
    let on_network = effects
        .iter()
        .any(|it| matches!(it, Effect::Cut | Effect::Latency { .. } | Effect::Loss(_)));
    let one_way = effect
        .value
        .partition
        .as_ref()
        .is_some_and(|it| it.value == Partition::OneWay);
    let network = on_network.then(|| {
        let outside = |(from, to): (&bool, &bool)| *from && !*to;
        // What is cut off still talks to itself.
        let from = match cuts && !hit.edge {
            true => hit.from.iter().zip(&hit.to).map(outside).collect(),
            false => hit.from.clone(),
        };
        NetworkScope {
            from,
            to: hit.to.clone(),
            both_ways: !one_way,
        }
    });
    Some(Fault {
        key: Key::of(&format!("fault.{}", fault.name.value)),
        schedule,
        duration,
        ramp: written.ramp.as_ref().and_then(|it| ramp(&it.value)),
        flap,
        replicas: hit.replicas,
        pick,
        network,
        effects,
    })
}

fn pick(written: &Written) -> Pick {
    match written.pick.as_ref().map(|it| &it.value) {
        None | Some(WrittenPick::All) => Pick::All,
        Some(WrittenPick::Count(it)) => Pick::Count(*it),
        Some(WrittenPick::Share(it)) => Pick::Share(u32::try_from(it.0.div_ceil(1_000_000)).unwrap_or(1_000_000)),
        Some(WrittenPick::Each) => Pick::Each,
    }
}

fn effects(written: &WrittenEffect, at: Place, hit: &Hit, cx: &mut Cx<'_>) -> Option<Vec<Effect>> {
    let mut effects = Vec::new();
    let mut sound = true;
    let endpoint = hit.endpoint;
    let set = |it: &Option<At<bool>>| it.as_ref().filter(|it| it.value).map(|it| it.at);
    // Of replicas, in part or as a whole.
    let mut on_replicas: Vec<(Place, &str, bool)> = Vec::new();
    let mut on_network: Vec<(Place, &str)> = Vec::new();
    if let Some(work) = &written.work {
        effects.push(Effect::Work {
            endpoint,
            factor: work.value,
        });
        on_replicas.push((work.at, "work", true));
    }
    if let Some(errors) = &written.errors {
        let rule: Option<ErrorRule> = services::errors(&written.errors);
        effects.extend(rule.map(|rule| Effect::Errors { endpoint, rule }));
        on_replicas.push((errors.at, "errors", true));
    }
    let whole = [
        ("crash", set(&written.crash), Effect::Crash),
        ("pause", set(&written.pause), Effect::Pause),
        ("stall", set(&written.stall), Effect::Stall),
        ("blackhole", set(&written.blackhole), Effect::Blackhole),
        ("replicas", written.replicas.as_ref().map(|it| it.at), Effect::Blackhole),
    ];
    let mut gone = false;
    for (word, place, effect) in whole {
        let Some(place) = place else { continue };
        on_replicas.push((place, word, false));
        gone |= matches!(effect, Effect::Blackhole);
        effects.push(effect);
    }
    if let Some(latency) = &written.latency {
        let unchanged = latency.value.factor == Factor::ONE && latency.value.add == Span::ZERO;
        if !unchanged {
            effects.push(Effect::Latency {
                factor: latency.value.factor,
                add: latency.value.add,
            });
        }
        on_network.push((latency.at, "latency"));
    }
    if let Some(loss) = &written.loss {
        effects.push(Effect::Loss(loss.value.chance()));
        on_network.push((loss.at, "loss"));
    }
    if let Some(partition) = written.partition.as_ref().filter(|it| it.value != Partition::Off) {
        effects.push(Effect::Cut);
        on_network.push((partition.at, "partition"));
    } else if gone && hit.zones {
        // A lost zone takes its links and the clients in it along.
        effects.push(Effect::Cut);
    }
    for (place, word, of_endpoint) in on_replicas {
        if hit.edge {
            cx.effect_not_on_edges(place, word);
            sound = false;
        } else if hit.replicas.is_empty() {
            cx.effect_needs_replicas(place, word);
            sound = false;
        } else if endpoint.is_some() && !of_endpoint {
            cx.effect_of_whole_replicas(place, word);
            sound = false;
        }
    }
    for (place, word) in on_network {
        if endpoint.is_some() {
            cx.effect_of_whole_replicas(place, word);
            sound = false;
        }
    }
    if effects.is_empty() && sound {
        cx.out.empty(at, "this effect");
        return None;
    }
    sound.then_some(effects)
}
