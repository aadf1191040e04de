//! Known right answers: the engine against theory, published simulators and measured systems.
//!
//! Each case is a scenario under `tests/validation/`; `expected.toml` beside them says what must come out and how it is
//! judged. The fast cases run in every test run, all of them with `BROWNOUT_SLOW=1`. `BROWNOUT_TABLE=1` (with
//! `BROWNOUT_SLOW=1`) writes the table of verdicts into the book.

mod formulas;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use brownout_scenarios::{Compiled, Scenario};
use brownout_sim_core::engine::{Limits, run};
use brownout_sim_core::measure::{Check, Evaluator, Measured, Needs, Verdict, Wiring, judge};
use brownout_sim_core::results::RunResult;
use brownout_sim_core::stats::Summary;
use rayon::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    case: BTreeMap<String, Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    set: Set,
    /// Roughly, over all runs: the largest are started first.
    events: u64,
    system: String,
    #[expect(dead_code, reason = "for readers of the file")]
    source: String,
    /// Other cases of the reference that are the same system.
    #[expect(dead_code, reason = "for readers of the file")]
    also: Option<toml::Value>,
    rows: Vec<Row>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Set {
    Fast,
    Slow,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Row {
    metric: String,
    #[serde(default = "base")]
    variant: String,
    measure: Option<String>,
    expect: Option<String>,
    series: Option<String>,
    statistic: Option<String>,
    expected: Option<f64>,
    relative: Option<f64>,
    absolute: Option<f64>,
    kind: String,
    formula: Option<String>,
    args: Option<Vec<f64>>,
    #[expect(dead_code, reason = "for readers of the file")]
    why: Option<String>,
}

fn base() -> String {
    "base".to_owned()
}

/// One line of the verdict table.
struct Line {
    case: String,
    row: Row,
    runs: usize,
    measured: Option<Summary>,
    complaint: Option<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validation")
}

fn table() -> BTreeMap<String, Case> {
    let text = std::fs::read_to_string(folder().join("expected.toml")).expect("the table is there");
    toml::from_str::<Table>(&text)
        .expect("the table is as its head says")
        .case
}

fn compile(case: &str, variant: &str) -> Compiled {
    let path = folder().join(format!("{case}.toml"));
    let bytes = std::fs::read(&path).expect("each case has its scenario");
    let files = |name: &str| std::fs::read(folder().join(name)).map_err(|it| it.to_string());
    let scenario = Scenario::load(case, &format!("{case}.toml"), &bytes, &[], &files)
        .unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    scenario
        .compile(variant)
        .unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)))
}

/// What one run says about each row.
fn observe(compiled: &Compiled, rows: &[&Row], result: &RunResult, wiring: &Wiring) -> Vec<(Measured, Check)> {
    let evaluator = Evaluator::new(result, wiring);
    let of = |row: &&Row| {
        if let Some(name) = &row.measure {
            let measure = compiled.measures.iter().find(|it| it.name == *name);
            let measured = evaluator.measure(measure.unwrap_or_else(|| panic!("there is a measure {name}")));
            return (measured, no_check(measured));
        }
        if let Some(name) = &row.expect {
            let expectation = compiled.expectations.iter().find(|it| it.name == *name);
            let check = evaluator.expectation(expectation.unwrap_or_else(|| panic!("there is an expectation {name}")));
            return (check.left, check);
        }
        let load = row
            .series
            .as_deref()
            .and_then(|it| it.strip_prefix("offered of load "))
            .expect("a known series");
        let load = compiled
            .names
            .loads
            .iter()
            .position(|it| it == load)
            .expect("a load of the file");
        let warmup = (result.measured.0.nanos() / result.timeline.window.nanos()) as usize;
        let counts = (warmup..result.timeline.windows).map(|window| {
            result.timeline.loads[load]
                .iter()
                .map(|item| f64::from(item[window].offered))
                .sum()
        });
        let summary = Summary::of(counts).expect("there are windows");
        assert_eq!(row.statistic.as_deref(), Some("variance_over_mean"));
        let sd = summary.sd.expect("there are many windows");
        let measured = Measured::Number(sd * sd / summary.mean);
        (measured, no_check(measured))
    };
    rows.iter().map(of).collect()
}

/// A figure that is no condition.
fn no_check(left: Measured) -> Check {
    Check {
        left,
        right: left,
        holds: Ok(true),
    }
}

fn run_case(name: &str, case: &Case) -> Vec<Line> {
    let mut variants: Vec<&str> = case.rows.iter().map(|it| it.variant.as_str()).collect();
    variants.sort_unstable();
    variants.dedup();
    let mut lines = Vec::new();
    for variant in variants {
        let compiled = compile(name, variant);
        let rows: Vec<&Row> = case.rows.iter().filter(|it| it.variant == variant).collect();
        let wiring = Wiring::of(&compiled.model);
        let mut needs = compiled
            .measures
            .iter()
            .map(Needs::of_measure)
            .fold(Needs::default(), Needs::and);
        for expectation in &compiled.expectations {
            needs = needs.and(Needs::of_expectation(expectation));
        }
        needs.record.loads |= rows.iter().any(|it| it.series.is_some());
        let observed: Vec<Vec<(Measured, Check)>> = (0..compiled.replications)
            .into_par_iter()
            .map(|replication| {
                let seed = compiled.seed + u64::from(replication);
                let result = run(&compiled.model, seed, &needs.record, &Limits::default(), &mut ());
                let result = result.unwrap_or_else(|error| panic!("{name} ({variant}), seed {seed}: {error}"));
                observe(&compiled, &rows, &result, &wiring)
            })
            .collect();
        for (at, row) in rows.into_iter().enumerate() {
            let values: Vec<(Measured, Check)> = observed.iter().map(|it| it[at]).collect();
            lines.push(verdict(name, row, &values, &compiled));
        }
    }
    lines
}

/// Judges a row by the rules at the top of the table.
fn verdict(case: &str, row: &Row, values: &[(Measured, Check)], compiled: &Compiled) -> Line {
    let numbers: Option<Vec<f64>> = values.iter().map(|it| it.0.number()).collect();
    let measured = numbers.as_ref().and_then(|it| Summary::of(it.iter().copied()));
    let complaint = complaint(row, values, numbers.as_deref(), measured.as_ref(), compiled);
    Line {
        case: case.to_owned(),
        row: row.clone(),
        runs: values.len(),
        measured,
        complaint,
    }
}

fn complaint(
    row: &Row,
    values: &[(Measured, Check)],
    numbers: Option<&[f64]>,
    measured: Option<&Summary>,
    compiled: &Compiled,
) -> Option<String> {
    if let (Some(formula), Some(args), Some(expected)) = (&row.formula, &row.args, row.expected) {
        let Some(value) = formulas::value(formula, args) else {
            return Some(format!("no formula is called {formula}"));
        };
        if (value - expected).abs() > 2e-5 * expected.abs() {
            return Some(format!("{formula} gives {value}, not {expected}"));
        }
    }
    let band = row
        .relative
        .map(|it| it * row.expected.unwrap_or(0.0).abs())
        .or(row.absolute);
    match row.kind.as_str() {
        "every run" => {
            let missing = values.iter().filter(|it| it.1.holds != Ok(true)).count();
            (missing > 0).then(|| format!("does not hold in {missing} of {} runs", values.len()))
        }
        "order" => {
            let name = row.expect.as_ref().expect("an order is an expectation");
            let expectation = compiled
                .expectations
                .iter()
                .find(|it| it.name == *name)
                .expect("it was found before");
            let checks: Vec<Check> = values.iter().map(|it| it.1).collect();
            let judged = judge(expectation, &compiled.variant, &checks);
            (judged.verdict != Verdict::Pass).then(|| format!("the verdict is {}", judged.verdict))
        }
        kind => {
            let Some(numbers) = numbers else {
                let missing = values.iter().find(|it| it.0.number().is_none());
                return Some(format!("not measured: {:?}", missing.map(|it| it.0)));
            };
            let band = band.expect("a number has a band");
            match kind {
                "about zero" => {
                    let worst = numbers.iter().copied().fold(0.0f64, |worst, it| worst.max(it.abs()));
                    (worst > band).then(|| format!("a run has {worst}"))
                }
                "exact" => {
                    let expected = row.expected.expect("an exact row says what");
                    let off = numbers.iter().find(|it| (*it - expected).abs() > band);
                    off.map(|it| format!("a run has {it}"))
                }
                "interval" => {
                    let expected = row.expected.expect("an interval is around something");
                    let summary = measured.expect("there are runs");
                    let halfwidth = summary.interval.as_ref().map_or(f64::INFINITY, |it| it.halfwidth());
                    if (summary.mean - expected).abs() > band {
                        Some(format!("{} is outside {expected} ± {band}", summary.mean))
                    } else if halfwidth >= band / 2.0 && summary.sd != Some(0.0) {
                        Some(format!(
                            "the interval is ± {halfwidth}, the band ± {band}: too few runs"
                        ))
                    } else {
                        None
                    }
                }
                other => Some(format!("no kind is called {other}")),
            }
        }
    }
}

fn run_all(cases: &BTreeMap<String, Case>, wanted: impl Fn(&Case) -> bool + Sync) -> Vec<Line> {
    let only = std::env::var("BROWNOUT_CASE").ok();
    let mut chosen: Vec<(&String, &Case)> = cases
        .iter()
        .filter(|it| wanted(it.1) && only.as_ref().is_none_or(|only| it.0.contains(only.as_str())))
        .collect();
    chosen.sort_by_key(|it| std::cmp::Reverse(it.1.events));
    let mut lines: Vec<Line> = chosen
        .into_par_iter()
        .flat_map_iter(|(name, case)| {
            let begun = std::time::Instant::now();
            let lines = run_case(name, case);
            // Seen with --nocapture: all cases take an hour of a processor.
            println!("{name}: {:.1} s, {} runs", begun.elapsed().as_secs_f64(), lines[0].runs);
            lines
        })
        .collect();
    lines.sort_by(|a, b| (&a.case, &a.row.variant).cmp(&(&b.case, &b.row.variant)));
    lines
}

fn complain(lines: &[Line]) {
    let mut text = String::new();
    for line in lines {
        if let Some(complaint) = &line.complaint {
            let _ = writeln!(
                text,
                "{} ({}), {}: {complaint}",
                line.case, line.row.variant, line.row.metric
            );
        }
    }
    assert!(
        text.is_empty(),
        "{} of {} figures are not right:\n{text}",
        text.lines().count(),
        lines.len()
    );
}

#[test]
fn fast_cases_come_out_right() {
    if std::env::var_os("BROWNOUT_SLOW").is_some() {
        return; // They are part of all cases.
    }
    complain(&run_all(&table(), |case| case.set == Set::Fast));
}

#[test]
fn all_cases_come_out_right() {
    if std::env::var_os("BROWNOUT_SLOW").is_none() {
        println!("only the fast cases run; BROWNOUT_SLOW=1 runs all");
        return;
    }
    let cases = table();
    let lines = run_all(&cases, |_| true);
    if std::env::var_os("BROWNOUT_TABLE").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("book/src/validation-table.md");
        std::fs::write(path, markdown(&cases, &lines)).expect("the book is writable");
    }
    complain(&lines);
}

#[test]
fn every_case_has_its_scenario_and_every_scenario_its_case() {
    let cases = table();
    for entry in std::fs::read_dir(folder()).expect("the folder is there") {
        let name = entry
            .expect("readable")
            .file_name()
            .into_string()
            .expect("file names are text");
        let Some(stem) = name.strip_suffix(".toml") else {
            continue;
        };
        if !matches!(stem, "expected" | "not-yet") {
            assert!(cases.contains_key(stem), "{name} is in no case");
        }
    }
    for name in cases.keys() {
        assert!(folder().join(format!("{name}.toml")).exists(), "{name} has no scenario");
    }
}

fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if !(1e-4..1e7).contains(&size) => format!("{value:.4e}"),
        size => {
            // Six significant digits: as many decimals as keep the value below a million.
            let digits = (0..9)
                .take_while(|digits| size * [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8][*digits] < 100_000.0)
                .count();
            let text = format!("{value:.digits$}");
            if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text
            }
        }
    }
}

fn markdown(cases: &BTreeMap<String, Case>, lines: &[Line]) -> String {
    let wrong = lines.iter().filter(|it| it.complaint.is_some()).count();
    let mut text = String::from(
        "<!-- Written by the tests: BROWNOUT_SLOW=1 BROWNOUT_TABLE=1 cargo test --release --test it all_cases -->\n\n",
    );
    let _ = writeln!(
        text,
        "{} figures of {} cases; {wrong} outside their band.\n",
        lines.len(),
        cases.len()
    );
    text.push_str("| case | metric | expected | band | measured | 95 % interval | runs | verdict |\n|---|---|--:|--:|--:|---|--:|---|\n");
    for line in lines {
        let row = &line.row;
        let case = if row.variant == "base" {
            line.case.clone()
        } else {
            format!("{} ({})", line.case, row.variant)
        };
        let band = match (row.relative, row.absolute) {
            (Some(relative), _) => format!("±{} %", short(relative * 100.0)),
            (None, Some(absolute)) => format!("±{}", short(absolute)),
            (None, None) => row.kind.clone(),
        };
        let interval = line.measured.as_ref().and_then(|it| it.interval.as_ref());
        let _ = writeln!(
            text,
            "| {case} | {} | {} | {band} | {} | {} | {} | {} |",
            row.metric,
            row.expected.map_or("-".to_owned(), short),
            line.measured.as_ref().map_or("-".to_owned(), |it| short(it.mean)),
            interval.map_or("-".to_owned(), |it| format!("{} to {}", short(it.low), short(it.high))),
            line.runs,
            line.complaint
                .as_ref()
                .map_or("right".to_owned(), |it| format!("**{it}**")),
        );
    }
    text.push_str("\n## The systems\n\n");
    for (name, case) in cases {
        let _ = writeln!(text, "- **{name}**: {}", case.system);
    }
    text
}
