//! `check`: everything that can be said without running.

use std::collections::BTreeMap;

use brownout_scenarios::study::is_study;
use brownout_scenarios::{CapacityRow, Compiled, Scenario};
use brownout_viz::number::{Unit, show};

use super::{parse_override, print};
use crate::exit::{Exit, Failure};
use crate::input::{self, Source};
use crate::report::Style;
use crate::report::grid::{Column, grid};
use crate::report::style::stderr_colour;
use crate::sweep::project::{self, Project};

/// Finds every mistake in a scenario or a study without running it
///
/// Also warns of what is probably not meant, and compares the offered load with the capacity of each service in every phase of
/// the file.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  brownout check shop.toml\n  brownout check shop.toml --variant patient --set load.shoppers.rate=400/s\n\n\
    Mistakes and warnings go to standard error; the exit code is 2 if there is a mistake.\n`brownout explain CODE` says more about one."
)]
pub struct Args {
    /// A scenario or study file, or the name of a shipped one
    file: String,
    /// Show the capacity of this variant only
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Change a value of the file, as often as needed: path=value
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = parse_override)]
    sets: Vec<(String, String)>,
    /// Use ASCII characters only
    #[arg(long)]
    ascii: bool,
}

/// A study: its mistakes and those of its scenario, and how many points it has.
fn study(source: &Source, args: &Args, colour: bool) -> Result<Exit, Failure> {
    let project = Project::load(source, None, &args.sets, colour)?;
    let lints = project.study.lints();
    if !lints.is_empty() {
        eprint!("{}", lints.render(colour));
    }
    print(&format!(
        "{}: no mistakes, {}; {} points of `{}`. `brownout sweep plan {}` tells how much work that is.\n",
        source.shown,
        match lints.len() {
            0 => "no warnings".to_owned(),
            1 => "1 warning".to_owned(),
            more => format!("{more} warnings"),
        },
        project.study.points().len(),
        project.study.scenario().name(),
        args.file
    ))?;
    Ok(Exit::Success)
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let colour = stderr_colour();
    let style = Style::of_stdout(args.ascii);
    let source = project::find_any(&args.file)?;
    if is_study(&source.bytes) {
        return study(&source, args, colour);
    }
    let scenario = input::load(&source, &args.sets, colour)?;
    if let Some(asked) = &args.variant {
        input::variant(&scenario, asked)?;
    }
    let compiled = compile_all(&scenario, colour)?;
    let lints = scenario.lints();
    if !lints.is_empty() {
        eprint!("{}", lints.render(colour));
    }
    let warnings = match lints.len() {
        0 => "no mistakes, no warnings".to_owned(),
        1 => "no mistakes, 1 warning".to_owned(),
        more => format!("no mistakes, {more} warnings"),
    };
    let mut text = format!("{}: {warnings}\n", source.shown);
    match &args.variant {
        Some(asked) => {
            let one = compiled
                .iter()
                .find(|it| it.variant == *asked)
                .expect("the variant was looked up");
            text.push_str(&capacity(one, &one.capacity, &style));
        }
        None => {
            let base = &compiled[0];
            text.push_str(&capacity(base, &base.capacity, &style));
            let place = |it: &CapacityRow| (it.phase.clone(), it.service.clone());
            let before: BTreeMap<_, _> = base.capacity.iter().map(|it| (place(it), it)).collect();
            for variant in &compiled[1..] {
                let is_as_before = |it: &CapacityRow| before.get(&place(it)).is_some_and(|before| *before == it);
                let rows = variant.capacity.iter();
                let changed: Vec<CapacityRow> = rows.filter(|it| !is_as_before(it)).cloned().collect();
                if !changed.is_empty() {
                    text.push_str(&capacity(variant, &changed, &style));
                }
            }
        }
    }
    let most = compiled.iter().map(|it| it.events_estimate).fold(0.0, f64::max);
    text.push_str(&format!(
        "\nA run takes about {} events.\n",
        show(Unit::Count, two_digits(most))
    ));
    print(&text)?;
    Ok(Exit::Success)
}

/// The base and every variant; all their mistakes together.
fn compile_all(scenario: &Scenario, colour: bool) -> Result<Vec<Compiled>, Failure> {
    let names = std::iter::once("base").chain(scenario.variants().iter().map(|it| it.name.as_str()));
    let (mut compiled, mut mistakes) = (Vec::new(), Vec::<String>::new());
    for name in names {
        match scenario.compile(name) {
            Ok(it) => compiled.push(it),
            Err(it) => {
                // A mistake of the base is a mistake of every variant: it is shown once.
                let rendered = it.render(colour);
                if !mistakes.contains(&rendered) {
                    mistakes.push(rendered);
                }
            }
        }
    }
    if mistakes.is_empty() {
        Ok(compiled)
    } else {
        Err(Failure::diagnostics(mistakes.concat()))
    }
}

fn capacity(compiled: &Compiled, rows: &[CapacityRow], style: &Style) -> String {
    let columns = [
        Column::words("from"),
        Column::words("service"),
        Column::numbers("first attempts").rank(2),
        Column::numbers("held for").rank(3),
        Column::numbers("busy workers"),
        Column::numbers("of"),
        Column::numbers("utilization"),
        Column::numbers("all retried").rank(1),
    ];
    let mut phase = "";
    let table: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let shown = if row.phase == phase { "" } else { &row.phase };
            phase = &row.phase;
            let utilization = row
                .utilization
                .map_or_else(|| "-".to_owned(), |it| show(Unit::Ratio, it));
            let overloaded = row.utilization.is_some_and(|it| it >= 1.0);
            vec![
                shown.to_owned(),
                row.service.clone(),
                show(Unit::PerSecond, row.offered_per_s),
                show(Unit::Seconds, row.held_s),
                show(Unit::Plain, row.erlangs),
                row.capacity
                    .map_or_else(|| "unlimited".to_owned(), |it| show(Unit::Count, it)),
                if overloaded {
                    format!("! overloaded {utilization}")
                } else {
                    utilization
                },
                show(Unit::PerSecond, row.worst_per_s),
            ]
        })
        .collect();
    let label = compiled
        .label
        .as_ref()
        .map_or_else(String::new, |it| format!(" ({it})"));
    let title = format!("Offered load against capacity, variant {}{label}", compiled.variant);
    format!("\n{}\n{}", style.paint(1, &title), grid(&columns, &table, style))
}

/// A rough number says so: two digits.
fn two_digits(number: f64) -> f64 {
    format!("{number:.1e}").parse::<f64>().unwrap_or(number).round()
}
