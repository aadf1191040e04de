//! What has to hold between the fields of a file, as far as it can be seen without looking up names.

mod fault;
mod idle;
mod load;
mod policy;
mod service;

use brownout_sim_core::time::Span;

use super::expect::Expect;
use super::knob::Knob;
use super::{At, Named, Opt, Place, Spec};
use crate::diagnostics::Diagnostics;
use crate::document::{BASE, BLOCKS_MAX, Node, Table};
use crate::syntax::units::{Per, Ratio};
use fault::{change, fault};
use load::load;
use policy::policy;
use service::{external, price_for, service};

/// Reports everything that does not fit together.
pub(super) fn all(spec: &Spec, root: &Table, out: &mut Diagnostics) {
    run(spec, out);
    names(spec, out);
    if let Some(entry) = root.0.get("load")
        && entry.node.as_table().is_some_and(|it| it.0.is_empty())
    {
        out.missing_tables(entry.key_at, "a scenario", "load");
    }
    for (blocks, what) in [(spec.variant.len(), "variant"), (spec.change.len(), "change")] {
        if let Some(entry) = root.0.get(what).filter(|_| blocks > BLOCKS_MAX) {
            out.too_many(entry.key_at, &format!("{what}s"), BLOCKS_MAX);
        }
    }
    let ends = spec.run.as_ref().and_then(|it| it.duration.as_ref()).map(|it| it.value);
    spec.load
        .iter()
        .for_each(|it| load(it, &Written::of(root, "load", &it.name), ends, out));
    spec.service.iter().for_each(|it| service(it, out));
    spec.external
        .iter()
        .for_each(|it| external(it, &Written::of(root, "external", &it.name), out));
    spec.link.iter().for_each(|it| {
        if let (Some(_), Some(scope)) = (&it.edge, &it.scope) {
            out.conflict(scope.at, "a link is chosen by `edge` or by `scope`, not by both")
                .help("write two links");
        }
        price_for(&it.price, "a link", &[Per::Gigabyte], "0.01 EUR/GB", out);
    });
    spec.zone
        .iter()
        .for_each(|it| price_for(&it.price, "a zone", &[Per::Gigabyte], "0.01 EUR/GB", out));
    spec.policy
        .iter()
        .for_each(|it| policy(it, &Written::of(root, "policy", &it.name), out));
    spec.fault
        .iter()
        .for_each(|it| fault(it, &Written::of(root, "fault", &it.name), ends, out));
    spec.change.iter().for_each(|it| change(it, ends, out));
    spec.expect
        .iter()
        .for_each(|it| expect(spec, it, &Written::of(root, "expect", &it.name), ends, out));
    spec.value
        .iter()
        .for_each(|it| price_for(&it.it, "a request", &[Per::Call], "0.02 EUR/call", out));
    spec.knob.iter().for_each(|it| knob(it, out));
    variants(spec, out);
}

fn run(spec: &Spec, out: &mut Diagnostics) {
    let Some(run) = &spec.run else { return };
    if let (Some(duration), Some(warmup)) = (&run.duration, &run.warmup)
        && warmup.value >= duration.value
    {
        let message = format!(
            "the warm-up of {} leaves nothing of a run of {}",
            warmup.value, duration.value
        );
        out.inconsistent(warmup.at, message)
            .help("a warm-up is shorter than `duration`");
    }
    if let (Some(duration), Some(window)) = (&run.duration, &run.window) {
        if window.value > duration.value {
            let message = format!(
                "a window of {} is longer than the run of {}",
                window.value, duration.value
            );
            out.inconsistent(window.at, message);
        } else if duration.value.nanos() / window.value.nanos().max(1) > 10_000_000 {
            let message = format!(
                "windows of {} cut a run of {} into more than 10 million points",
                window.value, duration.value
            );
            out.inconsistent(window.at, message).help("take a wider `window`");
        }
    }
}

/// What a table says, read or not.
struct Written<'a>(Option<&'a Table>);

impl<'a> Written<'a> {
    fn of(root: &'a Table, kind: &str, name: &str) -> Written<'a> {
        Written(root.find([kind, name]).and_then(Node::as_table))
    }

    /// Whether one of these keys is there, right or wrong.
    fn any(&self, keys: &[&str]) -> bool {
        self.0.is_some_and(|it| keys.iter().any(|key| it.0.contains_key(*key)))
    }

    /// What the table of this key says.
    fn within(&self, key: &str) -> Written<'a> {
        Written(self.0.and_then(|it| it.get(key)?.as_table()))
    }

    /// Whether a key is there but could not be read.
    fn unread(&self, key: &str, read: bool) -> bool {
        self.any(&[key]) && !read
    }
}

/// Names are unique over loads, services, third parties and zones; faults, changes and the rest have spaces of their own.
fn names(spec: &Spec, out: &mut Diagnostics) {
    let mut all: Vec<(&At<String>, &str)> = Vec::new();
    all.extend(spec.load.iter().map(|it| (&it.name, "load")));
    all.extend(spec.service.iter().map(|it| (&it.name, "service")));
    all.extend(spec.external.iter().map(|it| (&it.name, "third party")));
    all.extend(spec.zone.iter().map(|it| (&it.name, "zone")));
    all.sort_by(|a, b| a.0.value.cmp(&b.0.value).then(a.0.at.cmp(&b.0.at)));
    for pair in all.windows(2) {
        let ((first, kind), (second, _)) = (pair[0], pair[1]);
        if first.value == second.value {
            out.duplicate_name(second.at, &second.value, first.at, kind);
        }
    }
}

/// The ends of what a lab may turn.
fn knob(knob: &Named<Knob>, out: &mut Diagnostics) {
    let (Some(min), Some(max)) = (&knob.min, &knob.max) else {
        return;
    };
    if core::mem::discriminant(&min.value) != core::mem::discriminant(&max.value) {
        let message = format!("`min` is {}, but `max` is {}", min.value.noun(), max.value.noun());
        out.inconsistent(max.at, message)
            .help("write both in the unit of the setting");
    } else if min.value.size() >= max.value.size() {
        out.inconsistent(max.at, "`max` is not above `min`, so there is nothing to turn")
            .help("write the smaller one as `min`");
    }
}

fn expect(spec: &Spec, expect: &Named<Expect>, written: &Written<'_>, ends: Option<Span>, out: &mut Diagnostics) {
    if let (Some(during), Some(within)) = (&expect.during, &expect.within) {
        out.conflict(
            during.at.max(within.at),
            "a statement holds `during` a span, or `within` a time, not both",
        );
    }
    if let (Some(over), Some(ends)) = (&expect.over, ends)
        && over.value > ends
    {
        let message = format!("a stretch of {} is longer than the run of {ends}", over.value);
        out.inconsistent(over.at, message)
            .help("shorten `over`, or make `run.duration` longer");
    }
    if let (Some(over), false, Some(_)) = (&expect.over, written.any(&["within"]), &expect.that)
        && !expect
            .that
            .as_ref()
            .is_some_and(|it| format!("{}", it.value).contains("time until"))
    {
        out.no_effect(over.at, "`over` has no effect without `within` or `time until`");
    }
    if let Some(share) = &expect.share
        && share.value == Ratio::ZERO
    {
        out.inconsistent(share.at, "a statement that must hold in 0 % of the runs says nothing");
    }
    let known: Vec<String> = spec.variant.iter().map(|it| it.name.value.clone()).collect();
    for name in expect.variants.iter().flat_map(|it| &it.value) {
        if name.value != BASE && !known.contains(&name.value) {
            out.unknown_variant(name.at, &name.value, &known);
        }
    }
}

fn variants(spec: &Spec, out: &mut Diagnostics) {
    let known: Vec<String> = spec.variant.iter().map(|it| it.name.value.clone()).collect();
    for variant in &spec.variant {
        if variant.name.value == BASE {
            out.inconsistent(
                variant.name.at,
                "`base` is the file without a patch, so no variant is called so",
            )
            .help("give it another name");
        }
        if let Some(from) = &variant.from
            && from.value != BASE
            && !known.contains(&from.value)
        {
            out.unknown_variant(from.at, &from.value, &known);
        }
    }
}

fn place<T>(field: &Opt<T>) -> Option<Place> {
    field.as_ref().map(|it| it.at)
}
