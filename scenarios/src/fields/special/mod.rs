//! Readers of the fields that take something of their own.

mod fault;
mod policy;
mod server;
mod study;

use crate::fields::read::Block;
use brownout_sim_core::time::Span;

use super::cx::Cx;
use super::read::{Read, Slot, callee, rate, rate_or_zero, table, wrong_type};
use super::shape::{Shape, TableInfo, lookup};
use crate::diagnostics::Diagnostics;
use crate::document::{At, Node, Place, Table, Value};
use crate::spec::Spec;
use crate::spec::change::Patch;
use crate::spec::external::Quota;
use crate::spec::load::RatePoint;
use crate::spec::study::StudySpec;
use crate::syntax::Errors;
use crate::syntax::address::Address;
use crate::syntax::units::{Rate, Ratio};

pub(crate) use fault::{partition, pick, replica_loss, slow_network};
pub(crate) use policy::{
    budget, bulkhead, cache, hedge, outcome, policy_kind, pool, profile, rate_limit, retry_after, wait,
};
pub(crate) use server::{importance, inside_limit, partitions};
pub(crate) use study::{replications, values};

/// What people write for a field, and what it is called here.
const ALIASES: &[(&str, &str)] = &[
    ("response_size", "reply_size"),
    ("reply_bytes", "reply_size"),
    ("rps", "rate"),
    ("qps", "rate"),
    ("instances", "replicas"),
    ("nodes", "replicas"),
    ("threads", "workers"),
    ("concurrency", "workers"),
    ("cpus", "cores"),
    ("delay", "latency"),
    ("duration", "for"),
    ("start", "at"),
    ("slo", "objective"),
    ("max_attempts", "attempts"),
    ("retries", "retry"),
    ("calls", "flow"),
    ("steps", "flow"),
    ("service_time", "work"),
    ("packet_loss", "loss"),
];

/// Reports a key that a table does not have, with the word it is known by here.
pub(super) fn unknown_key(out: &mut Diagnostics, at: Place, here: &str, info: &TableInfo, key: &str, known: &[&str]) {
    let alias = ALIASES.iter().find(|it| it.0 == key && known.contains(&it.1));
    let owner = || {
        // A field of the file's other tables: `replicas` next to `work`.
        Spec::info().all_fields().into_iter().find_map(|kind| {
            let (_, table) = kind.tables().into_iter().next()?;
            (table.name != info.name && table.field(key).is_some()).then_some(kind.name)
        })
    };
    // A file full of them is not helped by guesses at each.
    let many = out.len() > 500;
    let it = out.unknown_key(at, here, key, if many { &[] } else { known }.iter().copied());
    if many {
        return;
    }
    if info.id == StudySpec::info().id && Spec::info().field(key).is_some() {
        it.help(format!(
            "`{key}` belongs into the scenario; a study changes it with `set.{key}`"
        ));
    } else if info.id == Spec::info().id && StudySpec::info().field(key).is_some() {
        it.help(format!(
            "`{key}` belongs into a study, a file of its own with `scenario = \"this.toml\"`"
        ));
    } else if let Some((_, right)) = alias {
        it.help(format!("it is called `{right}`"));
    } else if it.help.as_ref().is_none_or(|it| !it.starts_with("did you mean"))
        && let Some(kind) = owner()
    {
        let note = format!("`{key}` is a field of `[{kind}.name]`");
        it.note(note);
    }
}

/// A reader made of a shape and a function.
pub(crate) struct Custom<T> {
    shape: fn() -> Shape,
    read: fn(&mut Cx<'_>, &Node) -> Option<T>,
}

impl<T> Read for Custom<T> {
    type Out = T;

    fn shape(&self) -> Shape {
        (self.shape)()
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<T> {
        (self.read)(cx, node)
    }
}

/// A text that a function reads; other values are of the wrong type.
fn text_of<T>(
    cx: &mut Cx<'_>,
    node: &Node,
    shape: fn() -> Shape,
    parse: impl FnOnce(&str) -> Result<T, Errors>,
) -> Option<T> {
    let Some(text) = node.as_str() else {
        wrong_type(cx, node, &shape());
        return None;
    };
    parse(text).map_err(|it| cx.out.bad_value(node.at, it)).ok()
}

/// `mix`: endpoints and their shares.
pub(crate) fn mix() -> Custom<Vec<(At<Address>, At<Ratio>)>> {
    fn shape() -> Shape {
        Shape::Map("endpoint", Box::new(Shape::Text("a percentage", "80%")))
    }
    fn read(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<(At<Address>, At<Ratio>)>> {
        let Some(table) = node.as_table() else {
            wrong_type(cx, node, &shape());
            return None;
        };
        if table.0.is_empty() {
            cx.out
                .empty(node.at, "`mix`")
                .help("say what the load asks for: `{ \"web.home\" = \"100%\" }`");
            return None;
        }
        let mut all = Some(Vec::new());
        for (name, entry) in table.in_order() {
            let key = Node {
                value: Value::String(name.clone()),
                at: entry.key_at,
            };
            let pair = (callee().read(cx, &key), super::share().read(cx, &entry.node));
            match (pair, &mut all) {
                ((Some(target), Some(share)), Some(all)) => {
                    all.push((At::new(target, entry.key_at), At::new(share, entry.node.at)));
                }
                _ => all = None,
            }
        }
        let all = all?;
        whole_share(cx, node.at, "`mix`", all.iter().map(|it| it.1.value)).then_some(all)
    }
    Custom { shape, read }
}

/// Whether shares add up to 100 %; reports it if not.
pub(super) fn whole_share(cx: &mut Cx<'_>, at: Place, what: &str, shares: impl Iterator<Item = Ratio>) -> bool {
    let sum = shares.fold(0_u64, |sum, it| sum.saturating_add(it.0));
    // 33.3333 % three times is meant to be everything.
    let fits = sum.abs_diff(Ratio::ONE.0) <= Ratio::ONE.0 / 1_000_000;
    if !fits {
        cx.out.not_a_whole(at, what, &Ratio(sum).to_string());
    }
    fits
}

/// `rate`: one rate, or points.
pub(crate) fn rate_points() -> Custom<Vec<RatePoint>> {
    fn shape() -> Shape {
        Shape::Either(vec![
            Shape::Text("a rate", "900/s"),
            Shape::List(Box::new(Shape::Table(RatePoint::info()))),
        ])
    }
    fn read(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<RatePoint>> {
        if matches!(node.value, Value::Array(_) | Value::Table(_)) {
            let points = super::one_or_many(table::<RatePoint>()).read(cx, node)?;
            return Some(points.into_iter().map(|it| it.value).collect());
        }
        let value: Rate = rate_or_zero().read(cx, node)?;
        Some(vec![RatePoint {
            at: Some(At::new(Span::ZERO, node.at)),
            value: Some(At::new(value, node.at)),
            ramp: None,
        }])
    }
    Custom { shape, read }
}

/// `quota`: `100/s`, or a table.
pub(crate) fn quota() -> Custom<Quota> {
    fn shape() -> Shape {
        Shape::Either(vec![Shape::Text("a rate", "100/s"), Shape::Table(Quota::info())])
    }
    fn read(cx: &mut Cx<'_>, node: &Node) -> Option<Quota> {
        if node.as_table().is_some() {
            return table::<Quota>().read(cx, node);
        }
        let rate: Rate = rate().read(cx, node)?;
        // As few whole calls in as short a period as the rate is exact in: 0.5/s is 1 in 2 s.
        let (mut a, mut b) = (rate.micros(), 1_000_000);
        while a > 0 {
            (a, b) = (b % a, a);
        }
        let times = 1_000_000 / b.max(1);
        let per = Span::from_nanos(rate.per().nanos().saturating_mul(times));
        Some(Quota {
            limit: Some(At::new(rate.micros() / b.max(1), node.at)),
            per: Some(At::new(per, node.at)),
            burst: None,
        })
    }
    Custom { shape, read }
}

/// `set`: settings by their path.
pub(crate) fn patch() -> Custom<Patch> {
    fn collect(table: &Table, path: &mut Vec<String>, into: &mut Vec<(Vec<String>, Place)>) {
        for (key, entry) in table.in_order() {
            path.push(key.clone());
            match &entry.node.value {
                Value::Table(inner) if !inner.0.is_empty() => collect(inner, path, into),
                _ => into.push((path.clone(), entry.key_at)),
            }
            path.pop();
        }
    }
    fn read(cx: &mut Cx<'_>, node: &Node) -> Option<Patch> {
        let Some(table) = node.as_table() else {
            wrong_type(cx, node, &Shape::Patch);
            return None;
        };
        let mut paths = Vec::new();
        collect(table, &mut Vec::new(), &mut paths);
        Some(Patch {
            tree: node.clone(),
            paths,
        })
    }
    Custom {
        shape: || Shape::Patch,
        read,
    }
}

/// `[defaults]`: settings by kind of table.
pub(crate) struct Defaults;

/// `[defaults]`.
pub(crate) fn defaults() -> Defaults {
    Defaults
}

/// The kinds of tables that can have defaults.
pub(crate) fn kinds_with_defaults() -> Vec<(&'static str, &'static TableInfo)> {
    let mut all = Vec::new();
    for field in Spec::info().fields {
        if [
            "load", "service", "external", "zone", "link", "policy", "fault", "expect",
        ]
        .contains(&field.name)
            && let Some((_, info)) = field.tables().into_iter().next()
        {
            all.push((field.name, info));
        }
    }
    all.push(("endpoint", crate::spec::service::Endpoint::info()));
    all
}

impl Slot for Defaults {
    type Field = ();

    fn shape(&self) -> Shape {
        Shape::Defaults
    }

    fn take(&self, cx: &mut Cx<'_>, table: &Table, key: &str) {
        let Some(node) = table.get(key) else { return };
        let Some(tables) = node.as_table() else {
            wrong_type(cx, node, &Shape::Defaults);
            return;
        };
        let kinds = kinds_with_defaults();
        cx.within(key, |cx| {
            cx.complete = false;
            for (kind, entry) in tables.in_order() {
                let Some((_, info)) = kinds.iter().find(|it| it.0 == kind) else {
                    let here = cx.here();
                    let known: Vec<&str> = kinds.iter().map(|it| it.0).collect();
                    cx.out.unknown_key(entry.key_at, &here, kind, known);
                    continue;
                };
                let Some(table) = entry.node.as_table() else {
                    wrong_type(cx, &entry.node, &Shape::Table(info));
                    continue;
                };
                cx.within(kind, |cx| {
                    cx.check_keys(info, table, entry.node.at, &[]);
                    info.fields.iter().for_each(|it| (it.check)(cx, table));
                });
            }
            cx.complete = true;
        });
    }
}

/// Whether a path can be changed during a run: every field along it that is known can.
pub(crate) fn is_live(path: &[String]) -> bool {
    let keys: Vec<&str> = path.iter().map(String::as_str).collect();
    let Some(fields) = lookup(Spec::info(), &keys) else {
        // What does not exist is reported where the change is merged.
        return true;
    };
    match fields.get(1) {
        Some(field) => field.rule.live,
        // A whole policy or link can be taken away.
        None => path.len() == 2 && ["policy", "link"].contains(&path[0].as_str()),
    }
}

/// The paths a change can set, for messages.
pub(crate) fn live_paths() -> Vec<String> {
    let mut all = Vec::new();
    for kind in Spec::info().fields {
        for (_, info) in kind.tables() {
            let live = info.all_fields().into_iter().filter(|it| it.rule.live);
            let names: Vec<&str> = live.map(|it| it.name).collect();
            if !names.is_empty() {
                all.push(format!("of a {} {}", kind.name, names.join(", ")));
            }
        }
    }
    all
}
