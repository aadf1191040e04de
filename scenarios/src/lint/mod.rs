//! Lints: scenarios that are legal, but probably not what was meant, or a lesson waiting to happen.
//!
//! A lint looks at a compiled model and at arithmetic, never at a run, and says what it found as data; places and looks are
//! for whoever reports it. One lint a file.

mod blind_breaker;
mod endless_hope;
mod endless_queue;
mod endless_wait;
mod grpc_attempts;
mod idle_budget;
mod idle_cache;
mod idle_discipline;
mod idle_hedge;
mod idle_outlier;
mod idle_spread;
mod inverted_timeouts;
mod late;
mod late_shedding;
mod long_wait;
mod many_probes;
mod multiplying_retries;
mod narrow_pool;
mod overload;
mod short_timeout;
mod silent_load;
mod surprising_order;
mod synchronised_retries;
#[cfg(test)]
mod tests;
mod useless_timeout;
mod warmup_span;

use brownout_sim_core::ids::{ChangeId, FaultId, LoadId, PlanId, ServiceId};
use brownout_sim_core::measure::Expectation;
use brownout_sim_core::model::{Gate, Model, Plan, Stage};
use brownout_sim_core::policy::PolicyKind;
use brownout_sim_core::policy::breaker::Breaker;
use brownout_sim_core::policy::deadline::Deadline;
use brownout_sim_core::time::Span;

use crate::capacity::{Outline, outline};
use crate::compiled::Names;
pub use crate::diagnostics::codes::Code;

/// What a lint is about: whoever knows the text knows its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A load.
    Load(LoadId),
    /// A service.
    Service(ServiceId),
    /// The policies in force on some call sites.
    Plan(PlanId),
    /// A fault.
    Fault(FaultId),
    /// A change.
    Change(ChangeId),
    /// An expectation, by its position in [`Input::expectations`].
    Expectation(usize),
}

/// Something to warn about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// Which lint, stable; one of [`CODES`].
    pub code: &'static str,
    /// What was found: lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// Where.
    pub subject: Subject,
    /// What else has part in it, from the caller's side down.
    pub also: Vec<Subject>,
}

/// Every lint of compiled models.
pub static CODES: &[Code] = &[
    multiplying_retries::CODE,
    short_timeout::CODE,
    overload::CODE,
    useless_timeout::CODE,
    inverted_timeouts::CODE,
    endless_queue::CODE,
    synchronised_retries::CODE,
    late::CODE,
    warmup_span::CODE,
    idle_budget::CODE,
    silent_load::CODE,
    surprising_order::CODE,
    many_probes::CODE,
    long_wait::CODE,
    blind_breaker::CODE,
    late_shedding::CODE,
    idle_discipline::CODE,
    idle_hedge::CODE,
    idle_hedge::LONE,
    idle_cache::CODE,
    idle_outlier::CODE,
    idle_spread::CODE,
    endless_wait::CODE,
    narrow_pool::CODE,
    grpc_attempts::CODE,
    endless_hope::CODE,
];

/// What lints look at.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The compiled system of one variant.
    pub model: &'a Model,
    /// What its rows are called.
    pub names: &'a Names,
    /// The statements about it.
    pub expectations: &'a [Expectation],
}

/// Everything to warn about, lint by lint in the order of [`CODES`].
pub fn lints(input: Input<'_>) -> Vec<Lint> {
    let outline = outline(input.model);
    let mut found = multiplying_retries::check(input, &outline);
    found.extend(short_timeout::check(input, &outline));
    found.extend(overload::check(input));
    found.extend(useless_timeout::check(input));
    found.extend(inverted_timeouts::check(input, &outline));
    found.extend(endless_queue::check(input));
    found.extend(synchronised_retries::check(input));
    found.extend(late::check(input));
    found.extend(warmup_span::check(input));
    found.extend(idle_budget::check(input));
    found.extend(silent_load::check(input));
    found.extend(surprising_order::check(input));
    found.extend(many_probes::check(input));
    found.extend(long_wait::check(input));
    found.extend(blind_breaker::check(input));
    found.extend(late_shedding::check(input));
    found.extend(idle_discipline::check(input));
    found.extend(idle_hedge::check(input));
    found.extend(idle_cache::check(input));
    found.extend(idle_outlier::check(input));
    found.extend(idle_spread::check(input));
    found.extend(endless_wait::check(input));
    found.extend(narrow_pool::check(input, &outline));
    found.extend(grpc_attempts::check(input));
    found.extend(endless_hope::check(input));
    found
}

fn timeout_of(plan: &Plan) -> Option<Span> {
    plan.stages.iter().find_map(|it| {
        if let Stage::Timeout(limit) = it {
            Some(*limit)
        } else {
            None
        }
    })
}

fn deadline_of(plan: &Plan) -> Option<Deadline> {
    plan.stages
        .iter()
        .find_map(|it| if let Stage::Deadline(it) = it { Some(*it) } else { None })
}

/// What kind of policy a stage is.
fn kind_of(stage: &Stage) -> PolicyKind {
    match stage {
        Stage::Deadline(_) => PolicyKind::Deadline,
        Stage::Retry(_) => PolicyKind::Retry,
        Stage::Timeout(_) => PolicyKind::Timeout,
        Stage::Gate(it) => it.kind(),
        Stage::Cover(it) => it.kind(),
    }
}

fn breaker_of(plan: &Plan) -> Option<&Breaker> {
    plan.stages.iter().find_map(|it| match it {
        Stage::Gate(Gate::Breaker(it)) => Some(it),
        _ => None,
    })
}

/// The plans that some call site uses at all, with the sites.
fn sites_of(input: Input<'_>, outline: &Outline, plan: PlanId) -> Vec<usize> {
    let sites = input.model.sites.iter().enumerate();
    let used = sites.filter(|(site, row)| row.plan == plan && outline.site_per_s[*site] > 0.0);
    used.map(|it| it.0).collect()
}

/// A length in seconds as a person would write it, to three digits.
fn told(seconds: f64) -> String {
    let (value, unit) = match seconds {
        it if it >= 1.0 => (it, "s"),
        it if it >= 1e-3 => (it * 1e3, "ms"),
        it => (it * 1e6, "us"),
    };
    let digits = match value {
        it if it >= 100.0 => 0,
        it if it >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text}{unit}")
}
