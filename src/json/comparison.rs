//! Variants side by side: estimates of each, and differences from the baseline.

use brownout_sim_core::measure::{Compared, Effect, Estimate, Finding, Judgement, estimate};
use brownout_sim_core::stats::{CONFIDENCE, Interval, Proportion};
use serde::Serialize;

use super::{Document, FORMAT, Map, expectations, finite, pretty, run};
use crate::comparison::{self, Figure};

#[derive(Debug, Serialize)]
pub(super) struct Comparison<'a> {
    baseline: &'a str,
    /// How many seeds all variants have run under.
    pairs: usize,
    confidence: f64,
    correction: &'static str,
    /// How many tests were made and corrected together.
    tests: usize,
    /// The chance that all findings together have of being wrong, at this look at the runs.
    level: f64,
    /// How many times the runs were looked at, and how often they might have been; both 1 without `--replications auto`.
    looks: usize,
    looks_max: u32,
    variants: Vec<Variant<'a>>,
}

#[derive(Debug, Serialize)]
struct Variant<'a> {
    variant: &'a str,
    label: Option<&'a str>,
    /// Whether every run is event by event the one of the baseline.
    same_runs: bool,
    estimates: Map<Option<Number>>,
    /// Empty for the baseline.
    differences: Map<Option<Difference>>,
}

#[derive(Debug, Serialize)]
struct Number {
    mean: Option<f64>,
    interval: Option<[f64; 2]>,
    runs: u64,
    censored: u64,
    missing: u64,
}

#[derive(Debug, Serialize)]
struct Difference {
    mean: Option<f64>,
    interval: Option<[f64; 2]>,
    pairs: u64,
    higher: u64,
    lower: u64,
    censored: u64,
    missing: u64,
    better: &'static str,
    margin: Option<f64>,
    p: Option<f64>,
    p_corrected: Option<f64>,
    p_equivalent: Option<f64>,
    verdict: &'static str,
    more_runs: Option<u64>,
}

/// The whole object, indented, with a newline at its end.
pub fn render(comparison: &comparison::Comparison<'_>, judgements: &[Vec<Judgement>], detail: bool) -> String {
    let first = &comparison.variants[comparison.baseline];
    let variants = || comparison.variants.iter().zip(&comparison.runs);
    let document = Document {
        format: FORMAT,
        scenario: &first.scenario,
        engine: env!("CARGO_PKG_VERSION"),
        interrupted: comparison.interrupted,
        replications: comparison.asked,
        runs: variants()
            .flat_map(|(compiled, runs)| runs.iter().map(move |it| run(compiled, it, detail)))
            .collect(),
        comparison: Some(of(comparison)),
        expectations: comparison
            .variants
            .iter()
            .zip(judgements)
            .flat_map(|(compiled, row)| expectations(compiled, row))
            .collect(),
    };
    pretty(&document)
}

fn of<'a>(comparison: &comparison::Comparison<'a>) -> Comparison<'a> {
    let compared = comparison.compared();
    let made = || compared.iter().flatten().flatten();
    let variant = |(at, row): (usize, &Vec<Option<Compared>>)| {
        let figures = || comparison.figures.rows.iter().enumerate();
        let estimates = figures().map(|(figure, it)| (it.key.clone(), number(comparison, at, figure, it)));
        let differences = figures().zip(row).filter(|_| at != comparison.baseline);
        Variant {
            variant: &comparison.variants[at].variant,
            label: comparison.variants[at].label.as_deref(),
            same_runs: at != comparison.baseline && comparison.is_the_same(at),
            estimates: Map(estimates.collect()),
            differences: Map(differences
                .map(|((_, figure), it)| (figure.key.clone(), it.as_ref().map(difference)))
                .collect()),
        }
    };
    Comparison {
        baseline: &comparison.variants[comparison.baseline].variant,
        pairs: comparison.pairs(),
        confidence: CONFIDENCE,
        correction: "holm",
        tests: made().filter(|it| it.p.is_some()).count() + made().filter(|it| it.p_equivalent.is_some()).count(),
        level: comparison.level(),
        looks: comparison.rounds.as_ref().map_or(1, |it| it.made),
        looks_max: comparison.rounds.as_ref().map_or(1, |it| it.looks()),
        variants: compared.iter().enumerate().map(variant).collect(),
    }
}

fn number(comparison: &comparison::Comparison<'_>, variant: usize, at: usize, figure: &Figure) -> Option<Number> {
    let Estimate {
        summary,
        censored,
        missing,
    } = estimate(comparison.measured(variant, at)?);
    let interval = summary.and_then(|it| {
        if figure.yes_or_no {
            let held = (it.mean * it.count as f64).round() as u64;
            Proportion::of(held, it.count).map(|it| it.interval)
        } else {
            it.interval
        }
    });
    Some(Number {
        mean: summary.and_then(|it| finite(it.mean)),
        interval: interval.map(ends),
        runs: comparison.runs[variant].len() as u64,
        censored,
        missing,
    })
}

fn difference(compared: &Compared) -> Difference {
    let it = &compared.difference;
    let (mean, interval) = match it.effect {
        Effect::Mean(summary) => (Some(summary.mean), summary.interval),
        Effect::Shares(shares) => (Some(shares.difference), Some(shares.interval)),
        Effect::None | Effect::Order => (None, None),
    };
    Difference {
        mean: mean.and_then(finite),
        interval: interval.map(ends),
        pairs: it.pairs,
        higher: it.higher,
        lower: it.lower,
        censored: it.censored,
        missing: it.missing,
        better: match it.better {
            brownout_sim_core::measure::Better::More => "more",
            brownout_sim_core::measure::Better::Less => "less",
            brownout_sim_core::measure::Better::Neither => "neither",
        },
        margin: it.margin,
        p: compared.p,
        p_corrected: compared.p_corrected,
        p_equivalent: compared.p_equivalent,
        verdict: compared.finding.name(),
        more_runs: match compared.finding {
            Finding::NoDifference { more_runs } => more_runs,
            _ => None,
        },
    }
}

fn ends(interval: Interval) -> [f64; 2] {
    [interval.low, interval.high]
}
