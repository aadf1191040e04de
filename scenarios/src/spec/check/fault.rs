//! Faults and changes.

use brownout_sim_core::time::Span;

use super::Written;
use crate::diagnostics::Diagnostics;
use crate::document::path;
use crate::fields::{is_live, live_paths};
use crate::spec::change::Change;
use crate::spec::fault::{Effect, Fault, Partition};
use crate::spec::{At, Named, Place};
use crate::syntax::dist::DistSpec;
use crate::syntax::instant::Instant;

pub(super) fn fault(fault: &Named<Fault>, written: &Written<'_>, ends: Option<Span>, out: &mut Diagnostics) {
    let name = format!("the fault `{}`", fault.name.value);
    match (&fault.it.at, &fault.every) {
        (Some(at), Some(every)) => {
            out.conflict(
                at.at.max(every.at),
                "a fault comes once, `at` an instant, or `every` so often, not both",
            );
        }
        (None, None) if !written.any(&["at", "every"]) => out.needs(fault.at, &name, "a time", "at = \"10m\""),
        _ => {}
    }
    if let (Some(at), Some(ends)) = (&fault.it.at, ends) {
        beyond(at, ends, "the fault never comes", out);
    }
    if let (Some(every), false) = (&fault.every, written.any(&["for"])) {
        out.needs(
            every.at,
            "a fault that comes again and again",
            "to end",
            "for = \"90s\"",
        );
    }
    if let (Some(ramp), Some(lasts)) = (&fault.ramp, &fault.lasts)
        && let (Some(over), DistSpec::Constant(lasts)) = (&ramp.over, &lasts.value)
        && over.value > *lasts
    {
        let message = format!(
            "full strength is reached after {}, when the fault is over ({lasts})",
            over.value
        );
        out.inconsistent(over.at, message);
    }
    if let Some(effect) = &fault.effect {
        // What could not be read has its own error; that nothing is left then follows from it.
        let table = written.0.and_then(|it| it.get("effect")?.as_table());
        let flags = ["crash", "pause", "stall", "blackhole", "partition"];
        let said = table.is_none_or(|it| it.0.keys().all(|it| flags.contains(&it.as_str())));
        fault_effect(effect, said, out);
        let gradual = written.within("effect").any(&["work", "latency", "errors", "loss"]);
        if let (Some(ramp), false) = (&fault.ramp, gradual) {
            out.no_effect(ramp.at, "`ramp` has no effect: what this fault does has no strength")
                .help("`work`, `latency`, `errors` and `loss` can grow");
        }
    }
}

fn fault_effect(effect: &At<Effect>, said: bool, out: &mut Diagnostics) {
    let flags = [&effect.crash, &effect.pause, &effect.stall, &effect.blackhole];
    let on = flags.iter().filter(|it| it.as_ref().is_some_and(|it| it.value)).count();
    let partition = effect.partition.as_ref().is_some_and(|it| it.value != Partition::Off);
    let other = [
        effect.work.is_some(),
        effect.latency.is_some(),
        effect.errors.is_some(),
        effect.loss.is_some(),
        effect.replicas.is_some(),
        partition,
    ];
    if on == 0 && !other.contains(&true) && said {
        out.empty(effect.at, "the effect")
            .help("say what happens: `effect = { work = \"x8\" }`");
    }
    if on > 1 {
        out.conflict(
            effect.at,
            "a replica is crashed, paused, stalled or gone: one of them at a time",
        );
    }
}

pub(super) fn beyond(instant: &At<Instant>, ends: Span, what: &str, out: &mut Diagnostics) {
    if let Some(at) = instant.fixed()
        && at >= ends
    {
        out.inconsistent(instant.at, format!("{what}: the run takes {ends}"))
            .help("choose an earlier instant, or a longer `run.duration`");
    }
}

pub(super) fn change(change: &Named<Change>, ends: Option<Span>, out: &mut Diagnostics) {
    if let (Some(at), Some(ends)) = (&change.it.at, ends) {
        beyond(at, ends, "the change never comes", out);
    }
    if change.set.is_none() && change.unset.is_none() {
        out.empty(change.at, &format!("the change `{}`", change.name.value))
            .help("say what is different: `set.load.shoppers.scale = \"x0.5\"`");
    }
    let mut paths: Vec<(Vec<String>, Place)> = change.set.iter().flat_map(|it| it.paths.clone()).collect();
    for it in change.unset.iter().flat_map(|it| &it.value) {
        if let Ok(keys) = path::keys(&it.value) {
            paths.push((keys, it.at));
        }
    }
    for (keys, at) in paths {
        if !is_live(&keys) {
            let path = path::print(keys.iter().map(String::as_str));
            out.not_live(at, &path, &live_paths().join("; "));
        }
    }
}
