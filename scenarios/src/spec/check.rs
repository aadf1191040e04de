//! What has to hold between the fields of a file, as far as it can be seen without looking up names.

use super::change::Change;
use super::expect::Expect;
use super::external::External;
use super::fault::{Effect, Fault, Partition};
use super::knob::Knob;
use super::load::{Arrival, Load};
use super::policy::Policy;
use super::policy::budget::Budget;
use super::service::Service;
use super::{At, Limit, Named, Opt, Place, Spec, Switch};
use crate::diagnostics::Diagnostics;
use crate::document::{BASE, BLOCKS_MAX, Node, Table, path};
use crate::fields::{is_live, live_paths};
use crate::syntax::backoff::Backoff;
use crate::syntax::dist::DistSpec;
use crate::syntax::instant::Instant;
use crate::syntax::units::{Per, Ratio};
use brownout_sim_core::policy::backoff::Jitter;
use brownout_sim_core::time::Span;

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

fn load(load: &Named<Load>, written: &Written<'_>, ends: Option<Span>, out: &mut Diagnostics) {
    let name = format!("the load `{}`", load.name.value);
    let has_path = load.session.as_ref().is_some_and(|it| it.path.is_some());
    match (&load.target, &load.mix) {
        (Some(target), Some(mix)) => {
            let at = mix.at.max(target.at);
            out.conflict(at, "a load has a `target` or a `mix`, not both");
        }
        // A trace may say in each line what it asks for.
        (None, None) if !has_path && !written.any(&["target", "mix", "trace"]) => {
            out.needs(load.at, &name, "a target", "target = \"web.home\"")
        }
        _ => {}
    }
    let arrival = load.arrival.as_ref().map_or(Arrival::Poisson, |it| it.value);
    let at = load.arrival.as_ref().map_or(load.at, |it| it.at);
    let open = matches!(arrival, Arrival::Poisson | Arrival::Deterministic | Arrival::Mmpp);
    let mean = load.diurnal.as_ref().is_some_and(|it| it.mean.is_some());
    match arrival {
        Arrival::Closed if !written.any(&["users"]) => out.needs(at, "a closed load", "users", "users = 200"),
        Arrival::Trace if !written.any(&["trace"]) => {
            out.needs(at, "a trace load", "its file", "trace = \"friday.csv\"")
        }
        Arrival::Mmpp if !written.any(&["mmpp"]) => {
            let example =
                "mmpp = { states = [{ factor = \"x1\", mean = \"10s\" }, { factor = \"x5\", mean = \"1s\" }] }";
            out.needs(at, "a bursty load", "its states", example);
        }
        _ => {}
    }
    let mean = mean || written.within("diurnal").any(&["mean"]);
    if open && !mean && !written.any(&["rate"]) && !written.unread("arrival", load.arrival.is_some()) {
        out.needs(load.at, &name, "a rate", "rate = \"100/s\"");
    }
    let only = |present: Option<Place>, key: &str, fits: bool, arrival: &str, out: &mut Diagnostics| {
        if let (Some(at), false) = (present, fits) {
            out.no_effect(at, format!("`{key}` has no effect on this load"))
                .help(format!("it belongs to `arrival = \"{arrival}\"`"));
        }
    };
    let closed = arrival == Arrival::Closed;
    only(place(&load.users), "users", closed, "closed", out);
    only(place(&load.think), "think", closed, "closed", out);
    only(place(&load.trace), "trace", arrival == Arrival::Trace, "trace", out);
    only(place(&load.mmpp), "mmpp", arrival == Arrival::Mmpp, "mmpp", out);
    only(place(&load.rate), "rate", open, "poisson", out);
    only(place(&load.diurnal), "diurnal", open, "poisson", out);
    only(place(&load.spike), "spike", open, "poisson", out);
    only(place(&load.scale), "scale", open, "poisson", out);
    only(place(&load.clients), "clients", !closed, "poisson", out);
    rate(load, written, ends, out);
    for spike in load.spike.iter().flat_map(|it| &it.value) {
        if let (Some(at), Some(ends)) = (&spike.value.at, ends) {
            beyond(at, ends, "the crowd never comes", out);
        }
    }
    if let Some(mmpp) = load.mmpp.as_ref().and_then(|it| it.states.as_ref()) {
        if mmpp.value.len() < 2 {
            out.inconsistent(mmpp.at, "bursts need at least two states")
                .help("use `arrival = \"poisson\"` for a rate that does not jump");
        } else if mmpp
            .value
            .iter()
            .all(|it| it.factor.as_ref().is_some_and(|it| it.value.0 == 0))
        {
            out.inconsistent(mmpp.at, "all states have the factor 0, so nothing ever comes");
        }
    }
    if let Some(session) = &load.session {
        match (&session.requests, &session.path) {
            (Some(requests), Some(path)) => {
                out.conflict(
                    path.at.max(requests.at),
                    "a session has a number of `requests` or a `path`, not both",
                );
            }
            (None, None) if !written.within("session").any(&["requests", "path"]) => {
                out.needs(session.at, "a session", "its requests", "requests = 5");
            }
            _ => {}
        }
        if closed {
            out.conflict(
                session.at,
                "a closed load's users already send one request after another",
            )
            .help("use an open `arrival`, or leave `session` out");
        }
    }
}

fn rate(load: &Named<Load>, written: &Written<'_>, ends: Option<Span>, out: &mut Diagnostics) {
    if let Some(points) = &load.rate {
        if points.value.is_empty() {
            out.empty(points.at, "`rate`");
        }
        let mut last: Option<(Span, Span)> = None;
        for point in &points.value {
            let Some(at) = &point.at else { continue };
            if let Some((begin, end)) = last {
                if at.value < begin || (at.value == begin && at.at != points.at) {
                    out.inconsistent(at.at, "the points of a rate are in order of time, each at its own");
                } else if at.value < end {
                    out.inconsistent(at.at, "the slope before this point is not over yet")
                        .help("shorten its `ramp`");
                }
            }
            if let Some(ends) = ends
                && at.value >= ends
                && at.value > Span::ZERO
            {
                out.inconsistent(at.at, format!("this point lies beyond the run, which takes {ends}"));
            }
            let ramp = point.ramp.as_ref().map_or(Span::ZERO, |it| it.value);
            last = Some((at.value, at.value + ramp));
        }
        let zero = |it: &super::load::RatePoint| it.value.as_ref().is_some_and(|it| it.micros() == 0);
        if !points.value.is_empty() && points.value.iter().all(zero) {
            out.inconsistent(points.at, "a rate of zero: no request ever comes")
                .help("write a rate such as `\"100/s\"`");
        }
    }
    let Some(diurnal) = &load.diurnal else { return };
    match (&diurnal.amplitude, &diurnal.peak) {
        (Some(amplitude), Some(peak)) => {
            out.conflict(
                peak.at.max(amplitude.at),
                "a wave has an `amplitude` or a `peak`, not both",
            );
        }
        (None, None) if !written.within("diurnal").any(&["amplitude", "peak"]) => {
            out.needs(diurnal.at, "a wave", "its height", "amplitude = \"60%\"");
        }
        _ => {}
    }
    if let (Some(mean), Some(rate)) = (&diurnal.mean, &load.rate) {
        out.conflict(
            mean.at.max(rate.at),
            "a load has a `rate` or a wave with a `mean`, not both",
        );
    }
    if let (Some(mean), Some(peak)) = (&diurnal.mean, &diurnal.peak) {
        let (mean, high) = (mean.per_second(), peak.per_second());
        if high < mean || high > 2.0 * mean {
            out.inconsistent(peak.at, "the peak of a wave lies between its mean and twice that")
                .help("a rate cannot go below zero in the valley; use points of `rate` for sharper forms");
        }
    }
}

fn service(service: &Named<Service>, out: &mut Diagnostics) {
    let body = &service.body;
    let direct = [
        (place(&body.work), "work"),
        (place(&body.work_per), "work_per"),
        (place(&body.errors), "errors"),
        (place(&body.flow), "flow"),
        (place(&body.request_size), "request_size"),
        (place(&body.reply_size), "reply_size"),
    ];
    if !service.endpoint.is_empty()
        && let Some((at, key)) = direct.into_iter().find_map(|it| Some((it.0?, it.1)))
    {
        out.conflict(at, format!("a service with endpoints does not say `{key}` itself"))
            .help(format!(
                "move `{key}` into `[service.{}.endpoint.NAME]`",
                service.name.value
            ));
    }
    if let (Some(cores), Some(sharing)) = (&service.cores, &service.sharing)
        && cores.sharing.is_some()
    {
        out.conflict(sharing.at, "`sharing` is already said in `cores`");
    }
    if let (None, Some(sharing)) = (&service.cores, &service.sharing) {
        out.no_effect(sharing.at, "`sharing` has no effect without a limit of `cores`")
            .help("add `cores = 4`");
    }
    if let (
        Some(cores),
        Some(At {
            value: Limit::Count(workers),
            ..
        }),
    ) = (&service.cores, &service.workers)
        && let Some(limit) = &cores.limit
        && limit.value > *workers
    {
        let message = format!(
            "{} cores for {workers} workers: a worker uses one core at a time",
            limit.value
        );
        out.inconsistent(limit.at, message)
            .help("leave `cores` out if they are no limit");
    }
    if let (Some(weights), Some(replicas)) = (&service.weights, &service.replicas)
        && weights.value.len() != replicas.value as usize
    {
        let message = format!("{} weights for {} replicas", weights.value.len(), replicas.value);
        out.inconsistent(weights.at, message)
            .help("give each replica its weight");
    }
    if let Some(weights) = &service.weights
        && weights.value.iter().all(|it| it.value == 0)
    {
        out.inconsistent(weights.at, "all weights are zero, so nothing could be picked");
    }
    if let Some(price) = &service.price {
        match price.per {
            Per::Gigabyte => {
                out.inconsistent(price.at, "a service costs for a time or a call, not for data")
                    .help("a link has a price for data");
            }
            Per::Call if !service.endpoint.is_empty() => {
                out.inconsistent(price.at, "a service with endpoints has no price for a call")
                    .help("give its endpoints a price");
            }
            _ => {}
        }
    }
    for endpoint in &service.endpoint {
        price_for(&endpoint.price, "an endpoint", &[Per::Call], "0.001 EUR/call", out);
    }
}

fn external(external: &Named<External>, written: &Written<'_>, out: &mut Diagnostics) {
    if let Some(price) = &external.price
        && price.per == Per::Gigabyte
    {
        out.inconsistent(
            price.at,
            "a third party costs for a call or a time; a link has a price for data",
        );
    }
    for endpoint in &external.endpoint {
        price_for(&endpoint.price, "an endpoint", &[Per::Call], "0.02 EUR/call", out);
    }
    if !written.any(&["latency"])
        && (external.endpoint.is_empty() || external.endpoint.iter().any(|it| it.latency.is_none()))
    {
        out.needs(
            external.at,
            &format!("the third party `{}`", external.name.value),
            "a latency",
            "latency = \"80ms\"",
        );
    }
}

fn price_for(price: &Opt<crate::syntax::units::Price>, what: &str, fits: &[Per], example: &str, out: &mut Diagnostics) {
    if let Some(price) = price
        && !fits.contains(&price.per)
    {
        let message = format!("{what} has no price for `/{}`", price.per.name());
        out.inconsistent(price.at, message)
            .help(format!("write it like `\"{example}\"`"));
    }
}

fn policy(policy: &Named<Policy>, written: &Written<'_>, out: &mut Diagnostics) {
    if let (
        Some(At {
            value: Switch::Set(timeout),
            at,
        }),
        Some(At {
            value: Switch::Set(deadline),
            ..
        }),
    ) = (&policy.timeout, &policy.deadline)
        && let Some(after) = &deadline.after
        && *timeout > after.value
    {
        let message = format!(
            "an attempt may take {timeout}, longer than the call with its {}",
            after.value
        );
        out.inconsistent(*at, message)
            .help("make `timeout` shorter than `deadline`");
    }
    if let Some(At {
        value: Switch::Set(deadline),
        ..
    }) = &policy.deadline
        && let (Some(margin), Some(after)) = (&deadline.margin, &deadline.after)
        && margin.value >= after.value
    {
        out.inconsistent(margin.at, "the margin leaves nothing of the deadline");
    }
    if let Some(order) = &policy.order {
        for (at, kind) in order.value.iter().enumerate() {
            if order.value[..at].iter().any(|it| it.value == kind.value) {
                out.inconsistent(kind.at, format!("`{}` is listed twice", kind.value.name()));
            }
        }
    }
    let Some(At {
        value: Switch::Set(retry),
        at,
    }) = &policy.retry
    else {
        return;
    };
    if let (Some(jitter), Some(backoff)) = (&retry.jitter, &retry.backoff)
        && jitter.value != Jitter::None
    {
        match &backoff.value {
            Backoff::Library(it) => {
                let message = format!(
                    "`jitter` has no effect on the back-off of a library, `{}`",
                    it.kind.it.name()
                );
                out.no_effect(jitter.at, message).help("it brings its own");
            }
            Backoff::None => {
                out.no_effect(jitter.at, "`jitter` has no effect without a back-off");
            }
            _ => {}
        }
    } else if let (Some(jitter), false) = (&retry.jitter, written.within("retry").any(&["backoff"]))
        && jitter.value != Jitter::None
    {
        out.no_effect(jitter.at, "`jitter` has no effect without a back-off")
            .help("add `backoff = \"exponential(50ms, factor=2, cap=2s)\"`");
    }
    let ends = policy.deadline.is_some() || retry.budget.as_ref().is_some_and(|it| it.set().is_some());
    if matches!(
        retry.attempts,
        Some(At {
            value: Limit::Unlimited,
            ..
        })
    ) && !ends
    {
        let at = retry.attempts.as_ref().map_or(*at, |it| it.at);
        out.inconsistent(at, "unlimited attempts never end if every one fails")
            .help("add a `deadline` or a `budget`, or give a number");
    }
    if let Some(At {
        value: Switch::Set(Budget::Envoy(envoy)),
        ..
    }) = &retry.budget
    {
        match (&envoy.max_retries, &envoy.budget_percent, &envoy.min_retry_concurrency) {
            (Some(max), Some(percent), _) => {
                out.conflict(
                    max.at.max(percent.at),
                    "Envoy has `max_retries` or `budget_percent`, not both",
                );
            }
            (_, None, Some(least)) => {
                out.no_effect(
                    least.at,
                    "`min_retry_concurrency` has no effect without `budget_percent`",
                );
            }
            _ => {}
        }
    }
}

fn fault(fault: &Named<Fault>, written: &Written<'_>, ends: Option<Span>, out: &mut Diagnostics) {
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

fn beyond(instant: &At<Instant>, ends: Span, what: &str, out: &mut Diagnostics) {
    if let Some(at) = instant.fixed()
        && at >= ends
    {
        out.inconsistent(instant.at, format!("{what}: the run takes {ends}"))
            .help("choose an earlier instant, or a longer `run.duration`");
    }
}

fn change(change: &Named<Change>, ends: Option<Span>, out: &mut Diagnostics) {
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
