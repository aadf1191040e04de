//! Loads.

use brownout_sim_core::time::Span;

use super::fault::beyond;
use super::{Written, place};
use crate::diagnostics::Diagnostics;
use crate::spec::load::{Arrival, Load};
use crate::spec::{Named, Place};

pub(super) fn load(load: &Named<Load>, written: &Written<'_>, ends: Option<Span>, out: &mut Diagnostics) {
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
        let zero = |it: &crate::spec::load::RatePoint| it.value.as_ref().is_some_and(|it| it.micros() == 0);
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
