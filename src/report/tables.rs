//! The tables of loads, services and edges: means over the runs with their 95 % intervals.
//!
//! Where a table is too wide, columns are left out in the order of their rank, the highest first. What stays to the end is
//! the name and the number that says whether all is well: goodput, utilization, the share of calls that ended ok.

use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::results::{EdgePart, LoadPart, Outcomes, RunResult, ServicePart, ServiceResult};
use brownout_sim_core::stats::Summary;
use brownout_viz::number::{Unit, show, show_interval};

use super::grid::{Column, HARD_BLANK, grid};
use super::{Report, Style, folded};

/// Longer tables show only their most telling rows.
const ROWS_MAX: usize = 24;

/// All three tables.
pub fn text(report: &Report<'_>, style: &Style) -> String {
    let over = Over { report, style };
    let mut text = loads(&over);
    text.push_str(&services(&over));
    text.push_str(&edges(&over));
    text.push_str(&folded(&how_to_read(report, style), style.width));
    text.push('\n');
    text
}

/// What newcomers ask about the columns.
fn how_to_read(report: &Report<'_>, style: &Style) -> String {
    let sign = if style.ascii { "+-" } else { "±" };
    let means = match report.runs().len() {
        1 => String::new(),
        runs => format!("Numbers are means of {runs} runs; {sign} is half of the 95 % interval. "),
    };
    format!(
        "{means}goodput: ok within the objective of the load. p50 and p99: half of all, and 99 % of them, took at most this long. \
        wasted: done for a caller that had given up. waiting: calls in the queues, on average. \
        `brownout explain metrics` tells more."
    )
}

/// Numbers over all runs.
struct Over<'a> {
    report: &'a Report<'a>,
    style: &'a Style,
}

impl Over<'_> {
    fn summary(&self, of: impl Fn(&RunResult) -> Option<f64>) -> Option<Summary> {
        Summary::of(self.report.runs().iter().filter_map(|it| of(&it.result)))
    }

    fn show(&self, unit: Unit, of: impl Fn(&RunResult) -> Option<f64>) -> String {
        self.summary(of).map_or_else(
            || "-".to_owned(),
            |it| show_interval(unit, it.mean, it.interval.map(|it| it.halfwidth()), self.style.ascii),
        )
    }

    /// The most frequent kinds of failure, as shares of all.
    fn failures(&self, of: impl Fn(&RunResult) -> (u64, Outcomes)) -> String {
        let share = |outcome: Outcome| {
            self.summary(|run| {
                let (all, outcomes) = of(run);
                ratio(outcomes.of(outcome), all)
            })
        };
        let failures = Outcome::ALL.into_iter().filter(|it| it.is_failure());
        let mut shares: Vec<(Outcome, f64)> = failures.filter_map(|it| Some((it, share(it)?.mean))).collect();
        shares.retain(|it| it.1 > 0.0);
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        let more = if shares.len() > 2 {
            format!(", {} more", shares.len() - 2)
        } else {
            String::new()
        };
        let named = shares.iter().take(2).map(|(outcome, share)| {
            let share = show(Unit::Ratio, *share).replace(' ', &HARD_BLANK.to_string());
            format!("{} {share}", outcome.name())
        });
        match named.collect::<Vec<_>>() {
            none if none.is_empty() => "-".to_owned(),
            some => format!("{}{more}", some.join(", ")),
        }
    }

    /// A table with its title, cut to its most telling rows; `weight` says how telling, more is more.
    fn table(&self, title: &str, columns: &[Column<'_>], mut rows: Vec<(f64, Vec<String>)>) -> String {
        if rows.is_empty() {
            return String::new();
        }
        let all = rows.len();
        if all > ROWS_MAX && !self.report.all_rows {
            // Stable: rows that tell as much stay in the order of their names.
            rows.sort_by(|a, b| b.0.total_cmp(&a.0));
            rows.truncate(ROWS_MAX);
        }
        let rows: Vec<Vec<String>> = rows.into_iter().map(|it| it.1).collect();
        let mut text = format!("{}\n{}", self.style.paint(1, title), grid(columns, &rows, self.style));
        if rows.len() < all {
            text.push_str(&format!(
                "  and {} more; --detail shows every row, --format json holds all numbers\n",
                all - rows.len()
            ));
        }
        text.push('\n');
        text
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn seconds(run: &RunResult) -> f64 {
    run.measured.0.until(run.measured.1).as_secs_f64()
}

fn rate(count: u64, run: &RunResult) -> Option<f64> {
    let seconds = seconds(run);
    (seconds > 0.0).then(|| count as f64 / seconds)
}

fn loads(over: &Over<'_>) -> String {
    let columns = [
        Column::words("load"),
        Column::numbers("offered").rank(2),
        Column::numbers("goodput").rank(5),
        Column::numbers("goodput ratio"),
        Column::numbers("success ratio").rank(6),
        Column::numbers("p50 ok").rank(4),
        Column::numbers("p99 ok").rank(1),
        Column::words("failed as").rank(3),
    ];
    let names = &over.report.compiled.names.loads;
    let rows = names.iter().enumerate().map(|(at, name)| {
        fn part(run: &RunResult, at: usize) -> &LoadPart {
            &run.loads[at].total
        }
        let cells = vec![
            name.clone(),
            over.show(Unit::PerSecond, |run| rate(part(run, at).offered, run)),
            over.show(Unit::PerSecond, |run| rate(part(run, at).good, run)),
            over.show(Unit::Ratio, |run| ratio(part(run, at).good, part(run, at).offered)),
            over.show(Unit::Ratio, |run| {
                ratio(part(run, at).outcomes.of(Outcome::Ok), part(run, at).offered)
            }),
            over.show(Unit::Seconds, |run| part(run, at).response_ok.quantile_s(0.5)),
            over.show(Unit::Seconds, |run| part(run, at).response_ok.quantile_s(0.99)),
            over.failures(|run| (part(run, at).offered, part(run, at).outcomes)),
        ];
        (
            over.summary(|run| Some(part(run, at).offered as f64))
                .map_or(0.0, |it| it.mean),
            cells,
        )
    });
    over.table("Loads: requests as their senders saw them", &columns, rows.collect())
}

fn services(over: &Over<'_>) -> String {
    let columns = [
        Column::words("service"),
        Column::numbers("replicas").rank(5),
        Column::numbers("attempts").rank(3),
        Column::numbers("ok").rank(1),
        Column::numbers("wasted").rank(4),
        Column::numbers("utilization"),
        Column::numbers("waiting").rank(6),
        Column::numbers("wait p99").rank(7),
        Column::numbers("response p99").rank(2),
    ];
    let names = &over.report.compiled.names.services;
    let rows = names.iter().enumerate().map(|(at, name)| {
        fn service(run: &RunResult, at: usize) -> &ServiceResult {
            &run.services[at]
        }
        fn part(run: &RunResult, at: usize) -> &ServicePart {
            &run.services[at].total
        }
        let cells = vec![
            name.clone(),
            over.summary(|run| Some(f64::from(service(run, at).replicas)))
                .map_or_else(String::new, |it| show(Unit::Count, it.mean)),
            over.show(Unit::PerSecond, |run| rate(part(run, at).offered, run)),
            over.show(Unit::Ratio, |run| {
                ratio(part(run, at).outcomes.of(Outcome::Ok), part(run, at).offered)
            }),
            over.show(Unit::Ratio, |run| ratio(part(run, at).wasted, part(run, at).offered)),
            over.show(Unit::Ratio, |run| service(run, at).utilization),
            over.show(Unit::Count, |run| Some(service(run, at).queue_length.mean)),
            over.show(Unit::Seconds, |run| part(run, at).wait.quantile_s(0.99)),
            over.show(Unit::Seconds, |run| part(run, at).response.quantile_s(0.99)),
        ];
        // A service tells most where it is busiest, or else where most does not end well.
        let busy = over
            .summary(|run| service(run, at).utilization)
            .map_or(0.0, |it| it.mean);
        let bad = over
            .summary(|run| ratio(part(run, at).outcomes.failed(), part(run, at).offered))
            .map_or(0.0, |it| it.mean);
        (busy.max(bad), cells)
    });
    over.table(
        "Services: what they did, wasted work included",
        &columns,
        rows.collect(),
    )
}

fn edges(over: &Over<'_>) -> String {
    let columns = [
        Column::words("edge"),
        Column::numbers("calls").rank(4),
        Column::numbers("attempts per call").rank(1),
        Column::numbers("ok"),
        Column::numbers("p50").rank(5),
        Column::numbers("p99").rank(3),
        Column::words("failed as").rank(2),
    ];
    // Only where there is something to tell.
    let any = |of: fn(&EdgePart) -> u64| {
        let runs = over.report.runs();
        runs.iter()
            .any(|run| run.result.edges.iter().any(|it| of(&it.total) > 0))
    };
    let hedged = any(|it| it.covered.hedges);
    let fell_back = any(|it| it.covered.fallbacks + it.covered.fallbacks_failed);
    let cached = any(|it| it.covered.cache_hits + it.covered.cache_joined);
    let batched = any(|it| it.covered.batched);
    let mut columns = Vec::from(columns);
    columns.extend(cached.then(|| Column::numbers("from cache").rank(2)));
    columns.extend(cached.then(|| Column::numbers("joined").rank(2)));
    columns.extend(batched.then(|| Column::numbers("calls per batch").rank(2)));
    columns.extend(hedged.then(|| Column::numbers("copies").rank(2)));
    columns.extend(fell_back.then(|| Column::numbers("fell back").rank(2)));
    let names = &over.report.compiled.names.edges;
    let rows = names.iter().enumerate().map(|(at, name)| {
        fn part(run: &RunResult, at: usize) -> &EdgePart {
            &run.edges[at].total
        }
        let mut cells = vec![
            name.clone(),
            over.show(Unit::PerSecond, |run| rate(part(run, at).calls, run)),
            over.show(Unit::Plain, |run| ratio(part(run, at).attempts, part(run, at).calls)),
            over.show(Unit::Ratio, |run| {
                ratio(part(run, at).outcomes.of(Outcome::Ok), part(run, at).calls)
            }),
            over.show(Unit::Seconds, |run| part(run, at).response.quantile_s(0.5)),
            over.show(Unit::Seconds, |run| part(run, at).response.quantile_s(0.99)),
            over.failures(|run| (part(run, at).calls, part(run, at).outcomes)),
        ];
        if cached {
            cells.push(over.show(Unit::Ratio, |run| {
                ratio(part(run, at).covered.cache_hits, part(run, at).calls)
            }));
            cells.push(over.show(Unit::Ratio, |run| {
                ratio(part(run, at).covered.cache_joined, part(run, at).calls)
            }));
        }
        if batched {
            cells.push(over.show(Unit::Plain, |run| {
                ratio(part(run, at).covered.batched, part(run, at).covered.batches)
            }));
        }
        if hedged {
            cells.push(over.show(Unit::Ratio, |run| {
                ratio(part(run, at).covered.hedges, part(run, at).calls)
            }));
        }
        if fell_back {
            cells.push(over.show(Unit::Ratio, |run| {
                ratio(part(run, at).covered.fallbacks, part(run, at).calls)
            }));
        }
        let bad = over
            .summary(|run| ratio(part(run, at).outcomes.failed(), part(run, at).calls))
            .map_or(0.0, |it| it.mean);
        (bad, cells)
    });
    over.table("Edges: calls as their callers saw them", &columns, rows.collect())
}
