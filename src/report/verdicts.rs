//! Expectations and measures: one line each.

use brownout_sim_core::measure::{Estimate, Inapplicable, Judgement, Verdict, estimate};
use brownout_viz::number::{Unit, show, show_exact, show_interval};

use super::describe::{Describe, unit_of, unit_of_condition};
use super::{Report, Style, hanging};

/// A statement takes at least so many characters of a line; if they are not there, it begins on the next.
const STATEMENT: usize = 48;

/// The word for a verdict, in JSON and tables.
pub fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive { .. } => "inconclusive",
        Verdict::NotApplicable(_) => "not_applicable",
    }
}

/// The expectations with their verdicts.
pub fn text(report: &Report<'_>, style: &Style) -> String {
    let expectations = &report.compiled.expectations;
    if expectations.is_empty() {
        return "Expectations: the scenario states none.\n\n".to_owned();
    }
    let judgements = report.judgements();
    let describe = Describe {
        model: &report.compiled.model,
        names: &report.compiled.names,
    };
    let width = expectations.iter().map(|it| it.name.chars().count()).max().unwrap_or(0);
    let mut text = style.paint(1, "Expectations");
    text.push('\n');
    for (expectation, judgement) in expectations.iter().zip(&judgements) {
        let (symbol, name, colour) = match (judgement.verdict, style.ascii) {
            (Verdict::Pass, false) => ("✓", "pass", 32),
            (Verdict::Pass, true) => ("+", "pass", 32),
            (Verdict::Fail, false) => ("✗", "fail", 31),
            (Verdict::Fail, true) => ("x", "fail", 31),
            (Verdict::Inconclusive { .. }, _) => ("?", "inconclusive", 33),
            (Verdict::NotApplicable(_), false) => ("–", "not applicable", 0),
            (Verdict::NotApplicable(_), true) => ("-", "not applicable", 0),
        };
        let statement = describe.expectation(expectation);
        let found = found(
            judgement,
            unit_of_condition(&expectation.that),
            expectation.variants.as_deref(),
        );
        let indent = 2 + 16 + 2 + width + 2;
        if style.width >= indent + STATEMENT {
            let verdict = style.paint(colour, &format!("{symbol} {name:<14}"));
            let first = format!("  {verdict}  {:<width$}  ", expectation.name);
            text.push_str(&hanging(&first, indent, &statement, style.width));
            text.push_str(&hanging(&" ".repeat(indent), indent, &found, style.width));
        } else {
            let verdict = style.paint(colour, &format!("{symbol} {name}"));
            text.push_str(&format!("  {verdict}: {}\n", expectation.name));
            text.push_str(&hanging("      ", 6, &statement, style.width));
            text.push_str(&hanging("      ", 6, &found, style.width));
        }
    }
    if judgements
        .iter()
        .all(|it| it.verdict == Verdict::NotApplicable(Inapplicable::OtherVariants))
    {
        text.push_str(&format!(
            "  None of them is about the variant {}; `--variant` chooses another.\n",
            report.compiled.variant
        ));
    }
    text.push('\n');
    text
}

/// What the runs gave, beside what was asked for.
pub(super) fn found(judgement: &Judgement, unit: Unit, variants: Option<&[String]>) -> String {
    match judgement.verdict {
        Verdict::NotApplicable(Inapplicable::OtherVariants) => {
            return format!("only for {}", variants.unwrap_or_default().join(", "));
        }
        Verdict::NotApplicable(why) => return why.to_string(),
        Verdict::Pass | Verdict::Fail | Verdict::Inconclusive { .. } => (),
    }
    let mut parts = Vec::new();
    if judgement.yes_or_no {
        parts.push(if judgement.runs == 1 {
            if judgement.held == 1 {
                "it held".to_owned()
            } else {
                "it did not hold".to_owned()
            }
        } else {
            format!("held in {} of {} runs", judgement.held, judgement.runs)
        });
        // Every run is every run: an interval says something only about a share.
        match judgement.bound {
            Some(bound) if bound < 1.0 => {
                if let Some(interval) = judgement.interval {
                    parts.push(format!(
                        "[{}, {}]",
                        show(Unit::Ratio, interval.low),
                        show(Unit::Ratio, interval.high)
                    ));
                }
                parts.push(format!("asked for {}", show_exact(Unit::Ratio, bound)));
            }
            _ if judgement.runs > 1 => parts.push("asked for in every run".to_owned()),
            _ => (),
        }
    } else {
        if let Some(value) = judgement.value {
            let least = if judgement.censored > 0 { "at least " } else { "" };
            parts.push(format!("{least}{}", show(unit, value)));
        }
        if let Some(interval) = judgement.interval {
            parts.push(format!("[{}, {}]", show(unit, interval.low), show(unit, interval.high)));
        }
        if let Some(bound) = judgement.bound {
            parts.push(format!("bound {}", show_exact(unit, rounded(bound))));
        }
        if judgement.runs == 1 {
            parts.push("a single run, so no interval".to_owned());
        }
    }
    if judgement.censored > 0 {
        parts.push(format!(
            "had not happened in {} when the arrivals stopped",
            count(judgement.censored, "run")
        ));
    }
    if judgement.missing > 0 {
        parts.push(format!("nothing to measure in {}", count(judgement.missing, "run")));
    }
    match judgement.verdict {
        Verdict::Inconclusive { more_runs: Some(more) } => {
            parts.push(format!("about {} would probably decide", count(more, "more run")));
        }
        Verdict::Inconclusive { more_runs: None } => parts.push("more runs alone would not decide".to_owned()),
        Verdict::Pass | Verdict::Fail | Verdict::NotApplicable(_) => (),
    }
    parts.join(", ").replacen(", [", " [", 1)
}

/// A bound to six digits: those of each run (baselines) have all the digits of a division.
fn rounded(bound: f64) -> f64 {
    format!("{bound:.5e}").parse().unwrap_or(bound)
}

fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The scenario's own measures over the runs; nothing if it has none.
pub fn measures(report: &Report<'_>, style: &Style) -> String {
    let measures = &report.compiled.measures;
    if measures.is_empty() {
        return String::new();
    }
    let width = measures.iter().map(|it| it.name.chars().count()).max().unwrap_or(0);
    let mut text = format!("{}\n", style.paint(1, "Measures"));
    for (at, measure) in measures.iter().enumerate() {
        let Estimate {
            summary,
            censored,
            missing,
        } = estimate(report.runs().iter().map(|it| it.measures[at]));
        let unit = unit_of(&measure.value).unwrap_or(Unit::Plain);
        let mut parts = vec![summary.map_or_else(
            || "not measured".to_owned(),
            |it| show_interval(unit, it.mean, it.interval.map(|it| it.halfwidth()), style.ascii),
        )];
        if censored > 0 {
            parts.push(format!(
                "had not happened in {} when the arrivals stopped",
                count(censored, "run")
            ));
        }
        if missing > 0 {
            parts.push(format!("nothing to measure in {}", count(missing, "run")));
        }
        let first = format!("  {:<width$}  ", measure.name);
        text.push_str(&hanging(&first, 2 + width + 2, &parts.join(", "), style.width));
    }
    text.push('\n');
    text
}
