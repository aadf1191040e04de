//! A sentence for each variant: what is better and worse than in the baseline, by how much, how sure.

use brownout_sim_core::measure::{Compared, Difference, Effect, Finding, Measured};
use brownout_sim_core::stats::Summary;
use brownout_viz::number::show_difference;

use super::table::within;
use crate::comparison::{Comparison, Figure};
use crate::report::{Style, hanging};

/// The figures that are told first.
const FIRST: [&str; 6] = [
    "recovery_time",
    "metastable",
    "collapsed",
    "money_lost",
    "goodput_ratio",
    "time_below_objective",
];

/// The column in which a sentence begins.
const INDENT: usize = 17;

/// All variants but the baseline.
pub fn all(comparison: &Comparison<'_>, compared: &[Vec<Option<Compared>>], style: &Style) -> String {
    let baseline = &comparison.variants[comparison.baseline].variant;
    let mut text = format!("{}\n", style.paint(1, &format!("Against {baseline}, pair by pair")));
    for (at, row) in compared.iter().enumerate() {
        if at == comparison.baseline {
            continue;
        }
        let variant = &comparison.variants[at];
        let label = variant.label.as_ref().map_or_else(String::new, |it| format!(" ({it})"));
        text.push_str(&hanging("  ", 2, &format!("{}{label}", variant.variant), style.width));
        if comparison.is_the_same(at) {
            let note = format!("runs event by event as {baseline} does: what it sets makes no difference here");
            text.push_str(&hanging("    the same     ", INDENT, &note, style.width));
            continue;
        }
        let mut findings: Vec<(usize, &Compared)> = row
            .iter()
            .enumerate()
            .filter_map(|(at, it)| Some((at, it.as_ref()?)))
            .collect();
        findings.sort_by_key(|it| place(&comparison.figures.rows[it.0]));
        for (word, colour, of) in [
            ("better", 32, &[Finding::Better][..]),
            ("worse", 31, &[Finding::Worse]),
            ("other", 0, &[Finding::Higher, Finding::Lower]),
            ("equivalent", 0, &[Finding::Equivalent]),
        ] {
            let told: Vec<String> = findings
                .iter()
                .filter(|it| of.contains(&it.1.finding))
                .enumerate()
                .map(|(rank, (figure, compared))| phrase(comparison, (at, *figure), compared, rank == 0))
                .collect();
            if !told.is_empty() {
                let first = format!("    {}", style.paint(colour, &format!("{word:<13}")));
                text.push_str(&hanging(&first, INDENT, &told.join("; "), style.width));
            }
        }
        let open: Vec<String> = findings
            .iter()
            .filter_map(|it| undecided(&comparison.figures.rows[it.0], it.1))
            .collect();
        if !open.is_empty() {
            let line = format!("no difference found in {}", open.join(", "));
            text.push_str(&hanging("    ?            ", INDENT, &line, style.width));
        }
        if findings.iter().all(|it| it.1.finding == Finding::NotCompared) {
            text.push_str("    not compared: there are fewer than two pairs to judge by\n");
        }
    }
    text.push('\n');
    text
}

fn place(figure: &Figure) -> usize {
    FIRST.iter().position(|it| *it == figure.name).unwrap_or(FIRST.len())
}

/// A finding in words.
pub fn finding(finding: Finding) -> &'static str {
    match finding {
        Finding::Better => "better",
        Finding::Worse => "worse",
        Finding::Higher => "higher",
        Finding::Lower => "lower",
        Finding::Equivalent => "equivalent",
        Finding::NoDifference { .. } => "no difference found",
        Finding::NotCompared => "not compared",
    }
}

/// What was found in one figure; `full` with interval and pairs.
fn phrase(comparison: &Comparison<'_>, (variant, at): (usize, usize), compared: &Compared, full: bool) -> String {
    let figure = &comparison.figures.rows[at];
    let difference = &compared.difference;
    if let (Finding::Equivalent, Some(margin)) = (compared.finding, figure.margin) {
        return format!("{} within {}", figure.heading, within(figure.unit, margin));
    }
    let held = |of: usize, counts: fn(&Measured) -> bool| {
        let measured = comparison.measured(of, at).unwrap_or_default();
        let told = measured.iter().filter(|it| !matches!(it, Measured::Missing(_))).count();
        (measured.iter().filter(|it| counts(it)).count(), told)
    };
    let instead = |verb: &str, counts: fn(&Measured) -> bool| {
        let ((mine, runs), (theirs, others)) = (held(variant, counts), held(comparison.baseline, counts));
        format!("{verb} in {mine} of {runs} runs instead of {theirs} of {others}")
    };
    let (size, range) = amount(figure, difference, true);
    let higher = match difference.effect {
        Effect::Mean(summary) => summary.mean > 0.0,
        _ => difference.higher > difference.lower,
    };
    let what = match difference.effect {
        Effect::Order if figure.name == "recovery_time" => instead("recovers", |it| matches!(it, Measured::Number(_))),
        Effect::Order => instead(&format!("{} came", figure.heading), |it| {
            matches!(it, Measured::Number(_))
        }),
        Effect::Shares(_) => instead(&figure.heading, |it| *it == Measured::Number(1.0)),
        // A quantile of what ended ok says little good where less did.
        Effect::Mean(_)
            if figure.name == "p99" && compared.finding == Finding::Better && fewer_ok(comparison, variant) =>
        {
            format!("{} {size} lower, but of fewer that ended ok", figure.heading)
        }
        _ if figure.name == "recovery_time" => format!("recovers {size} {}", if higher { "later" } else { "sooner" }),
        _ => format!("{} {size} {}", figure.heading, if higher { "higher" } else { "lower" }),
    };
    if !full {
        return what;
    }
    let pairs = format!(
        "{} of {} pairs",
        difference.pairs_in_favour(compared.finding),
        difference.pairs
    );
    match difference.effect {
        Effect::Order => format!(
            "{what}, {} in {pairs}",
            if higher { "later or never" } else { "sooner" }
        ),
        Effect::Shares(_) => format!("{what}, 95 % CI of the difference {range} points, {pairs}"),
        _ => format!("{what}, 95 % CI {range}, {pairs}"),
    }
}

/// Whether fewer requests ended ok than in the baseline.
fn fewer_ok(comparison: &Comparison<'_>, variant: usize) -> bool {
    let mean = |of: usize| {
        let figures = comparison.figures.rows.iter().position(|it| it.name == "success_ratio");
        let measured = figures.and_then(|it| comparison.measured(of, it))?;
        Summary::of(measured.into_iter().filter_map(Measured::number)).map(|it| it.mean)
    };
    mean(variant) < mean(comparison.baseline)
}

/// The size of a difference and its interval; `absolute` without the sign, which is told in words then.
pub fn amount(figure: &Figure, difference: &Difference, absolute: bool) -> (String, String) {
    let (mean, interval) = match difference.effect {
        Effect::Mean(summary) => (summary.mean, summary.interval),
        Effect::Shares(shares) => (shares.difference, Some(shares.interval)),
        Effect::None | Effect::Order => return (String::new(), String::new()),
    };
    let (low, high) = interval.map_or((mean, mean), |it| (it.low, it.high));
    if absolute && mean < 0.0 {
        show_difference(figure.unit, -mean, -high, -low)
    } else {
        show_difference(figure.unit, mean, low, high)
    }
}

/// A figure in which nothing was found, with what would help.
fn undecided(figure: &Figure, compared: &Compared) -> Option<String> {
    let Finding::NoDifference { more_runs } = compared.finding else {
        return None;
    };
    Some(match more_runs {
        _ if compared.difference.is_same() => format!("{} (the same in every pair)", figure.heading),
        Some(1) => format!("{} (about one more run might show one)", figure.heading),
        Some(more) => format!("{} (about {more} more runs might show one)", figure.heading),
        None => figure.heading.clone(),
    })
}
