//! Response times by percentile, over all runs: of what ended well, and of everything that ended. With several loads, of the one
//! that offered most.

use brownout_scenarios::Compiled;
use brownout_sim_core::observe::histogram::Histogram;
use brownout_sim_core::results::RunResult;
use brownout_viz::figure::{Axis, PercentileCurve, Percentiles, Reference, Role};
use brownout_viz::number::Unit;

use super::runs::title;

/// From the largest quotient of two times on, the axis goes by powers of ten.
const LOG_FROM: f64 = 20.0;

/// The last percentile drawn has at least so many values above it.
const ABOVE: f64 = 10.0;

/// The curves.
pub fn percentiles<'a>(compiled: &Compiled, results: impl Iterator<Item = &'a RunResult> + Clone) -> Percentiles {
    let offered = |load: usize| -> u64 { results.clone().map(|it| it.loads[load].total.offered).sum() };
    let loads = 0..compiled.names.loads.len();
    let load = loads.rev().max_by_key(|it| offered(*it)).unwrap_or(0);
    let (mut ok, mut all) = (Histogram::default(), Histogram::default());
    for result in results.clone() {
        let part = &result.loads[load].total;
        ok.merge(&part.response_ok);
        all.merge(&part.response_all);
    }
    let mut curves = vec![curve("ended ok", Role::Good, &ok)];
    if all.count() > ok.count() {
        curves.push(curve("all that ended", Role::Muted, &all));
    }
    let times = || curves.iter().flat_map(|it| &it.points).map(|it| it.1);
    let least = times().filter(|it| *it > 0.0).fold(f64::MAX, f64::min);
    let is_log = times().fold(0.0, f64::max) / least >= LOG_FROM;
    let label = format!("response time of {}", compiled.names.loads[load]);
    let objective = compiled.model.loads[load].objective.map(|it| Reference {
        label: "objective".to_owned(),
        at: it.as_secs_f64(),
    });
    let runs = match results.count() {
        1 => "1 run".to_owned(),
        count => format!("{count} runs"),
    };
    Percentiles {
        title: format!("{}, {runs}", title(compiled)),
        axis: if is_log {
            Axis::log(label, Unit::Seconds)
        } else {
            Axis::linear(label, Unit::Seconds)
        },
        curves,
        references: objective.into_iter().collect(),
    }
}

fn curve(label: &str, role: Role, times: &Histogram) -> PercentileCurve {
    let count = times.count();
    let known = |share: &f64| (1.0 - share) * count as f64 >= ABOVE || *share <= 0.5;
    let point = |share: f64| Some((share, times.quantile_s(share)?));
    PercentileCurve {
        label: label.to_owned(),
        role,
        count: Some(count),
        points: shares().filter(known).filter_map(point).collect(),
    }
}

/// What is above the shares of a decade, in percent of it.
const TAILS: [u32; 14] = [100, 90, 80, 70, 60, 50, 40, 30, 25, 20, 17, 15, 13, 11];

/// Fourteen shares for each nine, up to five nines: 0, 0.1, ... 0.5, ... 0.9, ... 0.99, ... 0.99999. Each is a quotient of whole
/// numbers, so that those with names are found by them.
fn shares() -> impl Iterator<Item = f64> {
    let decades = [1e2, 1e3, 1e4, 1e5, 1e6].into_iter();
    let within = decades.flat_map(|whole| TAILS.into_iter().map(move |tail| (whole - f64::from(tail)) / whole));
    within.chain([0.99999])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{compiled, result};

    #[test]
    fn runs_are_merged_and_the_tail_ends_where_too_few_values_are_left() {
        let results = [result(7, 40), result(8, 60)];
        let figure = percentiles(&compiled(), results.iter());
        assert_eq!(figure.title, "A shop and its database, 2 runs");
        let ok = &figure.curves[0];
        let counted: u64 = results.iter().map(|it| it.loads[0].total.response_ok.count()).sum();
        assert_eq!((ok.count, figure.curves.len()), (Some(counted), 2));
        assert!(ok.points.windows(2).all(|it| it[0].0 < it[1].0 && it[0].1 <= it[1].1));
        let last = ok.points.last().unwrap().0;
        assert!((1.0 - last) * counted as f64 >= 10.0 && last > 0.999);
        assert_eq!((figure.references[0].at, figure.curves[0].role), (0.5, Role::Good));
        let shares: Vec<f64> = ok.points.iter().map(|it| it.0).collect();
        assert!(shares.contains(&0.5) && shares.contains(&0.99));
    }
}
