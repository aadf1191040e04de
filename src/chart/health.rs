//! When a load or a service is out of its objective, by one rule for all.
//!
//! A load is out in a window if more than 10 % of what it offered there was no goodput. A service is out if more than 10 % of the
//! attempts that came there failed, or if the p99 of their response times was more than five times its usual one: the median of the
//! windows between the warm-up and the first fault (of the first quarter of the run, if there is no fault before its end). It has
//! left its objective when it is out for three windows in a row, and is back when it is not for three in a row. Windows in which
//! nothing came count as the one before.

use super::runs::Scene;
use crate::recorded::Kind;

/// From this share of failures on it is out.
const FAILED: f64 = 0.1;

/// So many times the usual p99, and it is out.
const SLOW: f64 = 5.0;

/// So many windows in a row make it so.
pub const LASTS: usize = 3;

/// A load or a service is out.
#[derive(Clone, Debug, PartialEq)]
pub struct Out {
    /// The first window.
    pub from: usize,
    /// The first window after it; `None` if it was never back.
    pub until: Option<usize>,
    /// The share of failures in the first three windows.
    pub failed_ratio: f64,
    /// The largest p99 in them, in seconds, of a service that was too slow.
    pub slow_s: Option<f64>,
}

/// When it first left its objective; `None` if it never did.
pub fn first_out(scene: &Scene<'_>, kind: Kind, name: &str) -> Option<Out> {
    let windows = scene.windows();
    let number = |series: &str, at: usize| scene.run.number(kind, name, series, at);
    let counts = |at: usize| match kind {
        Kind::Load => (number("offered", at), number("offered", at) - number("goodput", at)),
        Kind::Service | Kind::Edge => (number("offered", at), number("failed", at)),
    };
    let usual = if kind == Kind::Service {
        usual_p99(scene, name)
    } else {
        None
    };
    let p99 = |at: usize| {
        scene
            .run
            .values(kind, name, "response_p99_s")
            .get(at)
            .copied()
            .flatten()
    };
    let slow = |at: usize| p99(at).filter(|it| usual.is_some_and(|usual| *it > SLOW * usual));
    let mut is_out = Vec::with_capacity(windows);
    for at in 0..windows {
        let (count, failed) = counts(at);
        let before = is_out.last().copied().unwrap_or(false);
        is_out.push(if count > 0.0 {
            failed > FAILED * count || slow(at).is_some()
        } else {
            before
        });
    }
    let lasts = |from: usize, wanted: bool| {
        let run = is_out.get(from..from + LASTS);
        run.is_some_and(|it| it.iter().all(|it| *it == wanted))
    };
    let from = (scene.first_measured()..windows).find(|it| lasts(*it, true))?;
    let until = (from + 1..windows).find(|it| lasts(*it, false));
    let first = from..from + LASTS;
    let (count, failed) = first
        .clone()
        .map(counts)
        .fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    Some(Out {
        from,
        until,
        failed_ratio: if count > 0.0 { failed / count } else { 0.0 },
        slow_s: first.filter_map(slow).reduce(f64::max),
    })
}

/// The median p99 of a service in quiet windows.
fn usual_p99(scene: &Scene<'_>, name: &str) -> Option<f64> {
    let quarter = scene.first_measured() + scene.windows().saturating_sub(scene.first_measured()) / 4;
    let fault = scene
        .faults()
        .first()
        .map(|it| (it.from_s / scene.run.window_s()) as usize);
    let to = fault
        .filter(|it| *it > scene.first_measured())
        .unwrap_or(quarter.max(1));
    let values = scene.run.values(Kind::Service, name, "response_p99_s");
    let quiet = values.iter().take(to).skip(scene.first_measured());
    let mut quiet: Vec<f64> = quiet.copied().flatten().collect();
    quiet.sort_by(f64::total_cmp);
    quiet.get(quiet.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::runs::Run;
    use crate::testing::{compiled, result};
    use brownout_sim_core::observe::histogram::Histogram;
    use brownout_sim_core::time::Span;

    fn out(of: impl Fn(usize) -> (u32, u32, u64)) -> Option<Out> {
        let (compiled, mut result) = (compiled(), result(7, 40));
        for (at, point) in result.timeline.services[0].iter_mut().enumerate() {
            let (offered, failed, ms) = of(at);
            let mut times = Histogram::default();
            times.record(Span::from_millis(ms));
            (point.offered, point.failed, point.response) = (offered, failed, times);
        }
        let run = Run::of(&compiled, &result);
        let scene = Scene {
            compiled: &compiled,
            run: &run,
            runs: 1,
        };
        first_out(&scene, Kind::Service, "db")
    }

    #[test]
    fn it_leaves_with_three_windows_in_a_row_and_is_back_with_three() {
        let failing = out(|at| (100, if matches!(at, 50 | 51 | 60..=69 | 71) { 20 } else { 5 }, 10)).unwrap();
        assert_eq!((failing.from, failing.until, failing.slow_s), (60, Some(72), None));
        assert!((failing.failed_ratio - 0.2).abs() < 1e-9);
        assert_eq!(out(|at| (100, if at == 50 { 90 } else { 0 }, 10)), None);
    }

    #[test]
    fn slowness_is_measured_against_the_time_before_the_fault() {
        let slow = out(|at| (100, 0, if at >= 70 { 60 } else { 10 })).unwrap();
        assert_eq!((slow.from, slow.until), (70, None));
        assert!(slow.slow_s.unwrap() > 0.055);
        assert_eq!(out(|at| (100, 0, if at >= 70 { 45 } else { 10 })), None);
    }

    #[test]
    fn where_nothing_comes_nothing_changes() {
        let quiet = out(|at| {
            if at >= 63 {
                (0, 0, 10)
            } else {
                (100, if at >= 60 { 50 } else { 0 }, 10)
            }
        })
        .unwrap();
        assert_eq!((quiet.from, quiet.until), (60, None));
    }

    #[test]
    fn a_load_is_out_when_goodput_lags() {
        let (compiled, result) = (compiled(), result(7, 40));
        let run = Run::of(&compiled, &result);
        let scene = Scene {
            compiled: &compiled,
            run: &run,
            runs: 1,
        };
        let it = first_out(&scene, Kind::Load, "shoppers").unwrap();
        assert_eq!((it.from, it.until, it.failed_ratio), (60, Some(80), 0.6));
    }
}
