//! Loads: who sends requests, when, and for what.

use brownout_sim_core::dist::Dist;
use brownout_sim_core::ids::{ClassId, EndpointId, LoadId, SiteId};
use brownout_sim_core::model::{Arrival, Load, MixItem, MmppState, Session, SessionStep, TraceRow};
use brownout_sim_core::quantity::{Chance, Factor};
use brownout_sim_core::rng::Key;
use brownout_sim_core::time::{SimTime, Span};

use super::flows::{chance, untils};
use super::index::{Index, listed};
use super::mistakes::WHOLE;
use super::resolve::Directory;
use super::{Cx, dist, rates};
use crate::document::At;
use crate::spec::load::{Arrival as Kind, Load as Written, Mmpp};
use crate::spec::{Named, Opt, Spec};
use crate::syntax::address;
use crate::syntax::units::{Ratio, Zero, duration};

/// The class of loads that name none.
pub(crate) const CLASS: &str = "default";

/// What a load's requests ask for, as far as it could be read.
#[derive(Default)]
pub(crate) struct Items {
    /// The mix: endpoints in order, with the bound of the draw for each.
    pub mix: Vec<(EndpointId, Chance)>,
    /// Entry and chance of each request of a session's path.
    path: Vec<SessionStep>,
    /// Recorded requests.
    trace: Vec<TraceRow>,
    /// Whether no mistake was found, so that this is all.
    pub complete: bool,
}

/// What a request of each load is worth, in the currency of the file.
pub(crate) fn worth(spec: &Spec, index: &Index<'_>, cx: &mut Cx<'_>) -> Vec<Option<f64>> {
    let mut worth = vec![None; index.loads.len()];
    for value in &spec.value {
        let found = index.loads.iter().position(|it| it.name.value == value.name.value);
        let Some(row) = found else {
            cx.unknown_load(&value.name, index.loads.iter().map(|it| it.name.value.as_str()));
            continue;
        };
        if let Some(price) = &value.it {
            cx.currency(price);
            worth[row] = Some(price.value.amount.nano as f64 / 1e9);
        }
    }
    worth
}

/// Finds out what a load asks for.
pub(crate) fn items(load: &Named<Written>, dir: &Directory, cx: &mut Cx<'_>) -> Items {
    let written = &load.it;
    let mut drawn: Vec<(EndpointId, Ratio)> = Vec::new();
    let mut sound = true;
    if let Some(target) = &written.target {
        match cx.callee(dir, target) {
            Some(it) => drawn.push((it, Ratio::ONE)),
            None => sound = false,
        }
    }
    for (target, share) in written.mix.iter().flat_map(|it| &it.value) {
        match cx.callee(dir, target) {
            Some(it) if drawn.iter().any(|other| other.0 == it) => {
                cx.out.conflict(
                    target.at,
                    format!("`{}` stands in the mix twice", dir.endpoint_address(it)),
                );
                sound = false;
            }
            Some(it) => drawn.push((it, share.value)),
            None => sound = false,
        }
    }
    let mut path = Vec::new();
    if let Some(session) = &written.session
        && let Some(steps) = &session.value.path
    {
        for step in &steps.value {
            match cx.callee(dir, &step.value.target) {
                Some(it) => path.push((it, chance(&step.value.chance))),
                None => sound = false,
            }
        }
    }
    let rows = match (&written.trace, kind(written)) {
        (Some(file), Kind::Trace) => trace(file, dir, cx),
        (None, Kind::Trace) => None,
        _ => Some(Vec::new()),
    };
    sound &= rows.is_some();
    let rows = rows.unwrap_or_default();
    // In order of the endpoints, so that the order of the file plays no part; what only a path or a trace asks for is never
    // drawn.
    let mut all: Vec<(EndpointId, Ratio)> = drawn;
    let more = path.iter().map(|it| it.0).chain(rows.iter().filter_map(|it| it.1));
    for endpoint in more {
        if !all.iter().any(|it| it.0 == endpoint) {
            all.push((endpoint, Ratio::ZERO));
        }
    }
    all.sort_by_key(|it| it.0);
    sound &= !all.is_empty();
    if let Some(at) = written.trace.as_ref().map(|it| it.at)
        && written.target.is_none()
        && written.mix.is_none()
        && rows.iter().any(|it| it.1.is_none())
    {
        cx.out.needs(
            at,
            "a trace without a column `target`",
            "a `target` or a `mix`",
            "target = \"web.home\"",
        );
        sound = false;
    }
    let item = |endpoint: EndpointId| all.iter().position(|it| it.0 == endpoint).map(|it| it as u16);
    let path = path
        .iter()
        .filter_map(|(endpoint, chance)| {
            Some(SessionStep {
                item: item(*endpoint)?,
                chance: *chance,
            })
        })
        .collect();
    let trace = rows
        .iter()
        .map(|(at, endpoint)| TraceRow {
            at: *at,
            item: endpoint.and_then(item),
        })
        .collect();
    let bounds = untils(all.iter().map(|it| it.1));
    let mix = all.iter().map(|it| it.0).zip(bounds).collect();
    Items {
        mix,
        path,
        trace,
        complete: sound,
    }
}

fn kind(load: &Written) -> Kind {
    load.arrival.as_ref().map_or(Kind::Poisson, |it| it.value)
}

/// The classes in use, in order; loads that name none are in [`CLASS`].
pub(crate) fn classes(index: &Index<'_>) -> Vec<String> {
    let mut classes: Vec<String> = index.loads.iter().map(|it| class(&it.it).to_owned()).collect();
    classes.sort();
    classes.dedup();
    classes
}

fn class(load: &Written) -> &str {
    load.class.as_ref().map_or(CLASS, |it| it.value.as_str())
}

/// The arrival process of a load in one version of the file. `None` if a mistake was found.
pub(crate) fn arrival(load: &Named<Written>, items: &Items, end: SimTime, cx: &mut Cx<'_>) -> Option<Arrival> {
    let written = &load.it;
    Some(match kind(written) {
        Kind::Poisson => Arrival::Poisson(rates::rate(written, end, cx)?),
        Kind::Deterministic => Arrival::Deterministic(rates::rate(written, end, cx)?),
        Kind::Mmpp => {
            let rate = rates::rate(written, end, cx)?;
            Arrival::Mmpp {
                rate,
                states: states(&written.mmpp.as_ref()?.value)?,
            }
        }
        Kind::Closed => Arrival::Closed {
            users: written.users.as_ref()?.value,
            think: think(&written.think, cx)?,
        },
        Kind::Trace => Arrival::Trace(items.trace.clone()),
    })
}

fn think(think: &Opt<crate::syntax::dist::DistSpec>, cx: &mut Cx<'_>) -> Option<Dist> {
    match think {
        Some(it) => cx.dist(it),
        None => Some(Dist::constant(Span::ZERO)),
    }
}

fn states(mmpp: &Mmpp) -> Option<Vec<MmppState>> {
    let state = |it: &At<crate::spec::load::MmppState>| {
        let mean = it.value.mean.as_ref()?.value;
        Some(MmppState {
            factor: it.value.factor.as_ref()?.value,
            dwell: Dist::exponential(mean).ok()?,
        })
    };
    listed(&mmpp.states).iter().map(state).collect()
}

/// The factor on a load's rate.
pub(crate) fn scale(load: &Written) -> Factor {
    load.scale.as_ref().map_or(Factor::ONE, |it| it.value)
}

/// The row of a load. `site` gives the call site of each entry of its mix. `None` if a mistake was found.
pub(crate) fn load(
    index: &Index<'_>,
    id: LoadId,
    items: &Items,
    arrival: Option<Arrival>,
    classes: &[String],
    site: impl Fn(EndpointId) -> SiteId,
    cx: &mut Cx<'_>,
) -> Option<Load> {
    let load = index.loads[id.index()];
    let written = &load.it;
    let pause = written.session.as_ref().map(|it| think(&it.value.think, cx));
    let keys = written.key.as_ref().map(|it| {
        dist::keys(&it.value, WHOLE)
            .map_err(|error| cx.in_text(it.at, error))
            .ok()
    });
    let zone = written.zone.as_ref().and_then(|it| index.zone_at(it, cx));
    // All mistakes are reported; now only a load without any goes on.
    if !items.complete {
        return None;
    }
    let arrival = arrival?;
    let session = match (&written.session, pause) {
        (Some(it), Some(pause)) => Some(Session {
            path: items.path.clone(),
            requests_mean: it.value.requests.as_ref().map_or(1.0, |it| it.value.as_f64()),
            think: pause?,
        }),
        _ => None,
    };
    let keys = match keys {
        Some(it) => Some(it?),
        None => None,
    };
    let class = classes.iter().position(|it| it == class(written)).unwrap_or_default();
    let objective = written.objective.as_ref().map(|it| &it.value);
    Some(Load {
        key: Key::of(&format!("load.{}", load.name.value)),
        zone,
        clients: match arrival {
            Arrival::Closed { .. } => 1,
            _ => written.clients.as_ref().map_or(1, |it| it.value),
        },
        class: ClassId::from_index(class),
        priority: written.priority.as_ref().map_or(0, |it| it.value.min(255) as u8),
        objective: objective.and_then(|it| Some(it.within.as_ref()?.value)),
        degraded_is_good: objective.is_some_and(|it| it.degraded.as_ref().is_some_and(|it| it.value)),
        arrival,
        scale: scale(written),
        mix: items
            .mix
            .iter()
            .map(|(endpoint, until)| MixItem {
                until: *until,
                site: site(*endpoint),
            })
            .collect(),
        items: keys,
        session,
    })
}

/// Reads a trace: a line for each request, when and (if the file says it) what for. A mistake names file, line and reason.
fn trace(file: &At<String>, dir: &Directory, cx: &mut Cx<'_>) -> Option<Vec<(SimTime, Option<EndpointId>)>> {
    let read = (cx.files)(&file.value).map_err(|why| format!("cannot read `{}`: {why}", file.value));
    match read.and_then(|it| rows(&it, dir).map_err(|it| format!("`{}`, {it}", file.value))) {
        Ok(rows) => Some(rows),
        Err(message) => {
            cx.broken_file(file.at, message);
            cx.calls_missing = true;
            cx.names_missing = true;
            None
        }
    }
}

/// What the first column of a trace is called.
const TIME: [&str; 4] = ["at_s", "time_s", "at", "time"];
/// What the second column of a trace is called.
const TARGET: [&str; 2] = ["target", "endpoint"];

fn rows(bytes: &[u8], dir: &Directory) -> Result<Vec<(SimTime, Option<EndpointId>)>, String> {
    let text = core::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|it| **it == b'\n').count() + 1;
        format!("line {line}: this is not UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rows: Vec<(SimTime, Option<EndpointId>)> = Vec::new();
    let (mut time, mut target) = (0, Some(1));
    let mut begun = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let told = |reason: String| format!("line {}: {reason}", number + 1);
        let cells: Vec<&str> = line
            .split([',', ';', '\t'])
            .map(|it| it.trim().trim_matches('"').trim())
            .collect();
        let is_header =
            !core::mem::replace(&mut begun, true) && cells[0].starts_with(|it: char| it.is_ascii_alphabetic());
        if is_header {
            let column = |names: &[&str]| cells.iter().position(|it| names.contains(it));
            time = column(&TIME).ok_or_else(|| told(format!("expected a column `at_s`, found `{line}`")))?;
            target = column(&TARGET);
            continue;
        }
        let cell = cells.get(time).copied().unwrap_or_default();
        let at = SimTime::ZERO + instant(cell).map_err(told)?;
        if let Some(last) = rows.last().filter(|it| it.0 > at) {
            return Err(told(format!("{at} comes after {}: sort the rows by time", last.0)));
        }
        let endpoint = match target.and_then(|it| cells.get(it)).filter(|it| !it.is_empty()) {
            None => None,
            Some(cell) => {
                let address = address::address(cell).map_err(|it| told(format!("`{cell}`: {}", it.message)))?;
                Some(dir.callee(&address).map_err(|it| told(it.what))?)
            }
        };
        rows.push((at, endpoint));
    }
    if rows.is_empty() {
        return Err("there is no request in it".to_owned());
    }
    Ok(rows)
}

/// Seconds as a plain number, or a duration with its unit. Digits beyond a nanosecond are dropped.
fn instant(cell: &str) -> Result<Span, String> {
    if cell.is_empty() {
        return Err("the time is missing".to_owned());
    }
    let bare = cell.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    let text = match cell.split_once('.') {
        Some((whole, fraction)) if bare => format!("{whole}.{}", &fraction[..fraction.len().min(9)]),
        _ => cell.to_owned(),
    };
    let text = if bare {
        format!("{}s", text.trim_end_matches('.'))
    } else {
        text
    };
    duration(&text, Zero::Allowed).map_err(|it| it.message)
}
