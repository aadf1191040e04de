//! Figures of results in a folder.

use std::collections::BTreeMap;
use std::path::Path;

use brownout_scenarios::Compiled;
use brownout_sim_core::measure::{Measured, Missing};
use brownout_viz::figure::Figure;

use super::Args;
use super::scenario::compared_in;
use crate::chart::cascade::cascade;
use crate::chart::comparison::{Measurements, comparison};
use crate::chart::grid::Swept;
use crate::chart::kind::{self, Kind};
use crate::chart::runs::{Run, Scene};
use crate::chart::sweep;
use crate::chart::timeline::timeline;
use crate::chart::topology::topology;
use crate::chart::traffic::Traffic;
use crate::command::run::quoted;
use crate::comparison::Figures;
use crate::exit::Failure;
use crate::input::nearest;
use crate::store::folder::SCENARIO;
use crate::store::manifest::{Experiment, Kind as Made};
use crate::store::stored::Stored;
use crate::store::unit::{Ended, Number};
use crate::sweep::cells::Cells;
use crate::sweep::verify::Origin;

/// The figure; never `None`, as nothing is run.
pub fn figure(args: &Args) -> Result<Option<Figure>, Failure> {
    for (given, option) in [
        (!args.sets.is_empty(), "--set"),
        (args.replications.is_some(), "--replications"),
    ] {
        if given {
            return Err(Failure::usage(format!(
                "`{option}` is of a scenario, and the runs in `{}` are made",
                args.source
            ))
            .help("leave it out, or draw the scenario instead of the folder"));
        }
    }
    let mut stored = Stored::open(Path::new(&args.source))?;
    let origin = Origin::of(&stored)?;
    let charts: Vec<&str> = match &origin {
        Origin::Study(project) => project.study.charts().iter().map(|it| it.name.as_str()).collect(),
        Origin::Scenario(..) => Vec::new(),
    };
    if let Origin::Study(project) = &origin {
        let is_chart = charts.contains(&args.kind.as_str());
        if is_chart || Kind::find(&args.kind).is_some_and(Kind::is_of_a_sweep) {
            let cells = Cells::of(stored.records()?)?;
            let swept = Swept::of(project, &cells);
            return sweep::figure(&swept, &args.kind, args.measure.as_deref()).map(Some);
        }
    }
    let kind = Kind::find(&args.kind).ok_or_else(|| kind::unknown(&args.kind, &charts))?;
    if kind.is_of_a_sweep() {
        return Err(Failure::usage(format!(
            "`{}` is a figure of a sweep, and `{}` holds none",
            kind.name(),
            args.source
        ))
        .help("`brownout sweep run STUDY -o DIR` makes one"));
    }
    match kind {
        Kind::Timeline => one(args, &mut stored, &origin, |it| Figure::Timeline(timeline(it))),
        Kind::Comparison => compared(args, &mut stored, &origin),
        Kind::Percentiles => Err(Failure::usage(format!(
            "results in folders hold no histograms, which `{}` is made of",
            kind.name()
        ))
        .help(again(args, &stored.manifest.experiment))),
        Kind::Topology => {
            let (compiled, runs, count) = detailed(args, &mut stored, &origin, false)?;
            let scenes = runs.iter().map(|run| Scene {
                compiled: &compiled,
                run,
                runs: count,
            });
            let traffic = Traffic::of_scenes(&compiled, scenes);
            Ok(Figure::Topology(topology(&compiled, &traffic)))
        }
        Kind::Cascade => one(args, &mut stored, &origin, |it| Figure::Cascade(cascade(it))),
        Kind::HeatMap | Kind::Lines | Kind::LoadCurve | Kind::Waterfall => {
            unreachable!("what is no figure of single runs was dealt with before")
        }
    }
    .map(Some)
}

/// How to draw what was run instead of its results.
fn again(args: &Args, asked: &Experiment) -> String {
    let scenario = Path::new(&args.source).join(SCENARIO);
    let mut words = vec!["brownout".to_owned(), "chart".to_owned()];
    words.extend([quoted(&scenario.to_string_lossy()), quoted(&args.kind)]);
    if asked.kind == Made::Sweep {
        let command = words.join(" ");
        return format!(
            "run a point again for the figure: `{command} --set ...` with its values and what the study sets"
        );
    }
    let variant = args.variant.as_ref().or(asked.variants.first());
    if let Some(variant) = variant.filter(|it| *it != "base") {
        words.extend(["--variant".to_owned(), quoted(variant)]);
    }
    for it in &asked.overrides {
        words.extend(["--set".to_owned(), quoted(&format!("{}={}", it.path, it.value))]);
    }
    format!("run it again for the figure: `{}`", words.join(" "))
}

/// How variants differ in a measure: all from the first, or from `--variant`.
fn compared(args: &Args, stored: &mut Stored, origin: &Origin) -> Result<Figure, Failure> {
    let asked = stored.manifest.experiment.clone();
    let point = point(args, &asked)?;
    if asked.variants.len() < 2 {
        return Err(Failure::usage(format!(
            "`{}` holds runs of `{}` alone",
            args.source,
            asked.variants.join("")
        ))
        .help("`brownout compare FILE -o DIR` makes runs of several variants"));
    }
    let first = variant(args, &asked)?;
    let mut order = vec![first];
    order.extend((0..asked.variants.len() as u32).filter(|it| *it != first));
    let compiled: Vec<Compiled> = order
        .iter()
        .map(|it| origin.compile(point, *it))
        .collect::<Result<_, _>>()?;
    let mut figures = Figures::of(&compiled);
    figures.choose(&asked.measures.iter().map(|it| it.name.clone()).collect::<Vec<_>>())?;
    let at = compared_in(&figures.rows, args.measure.as_deref())?;
    // By variant, then seed, what each measure came to.
    let mut found: Vec<BTreeMap<u64, Vec<Measured>>> = vec![BTreeMap::new(); order.len()];
    for record in stored.records()? {
        let record = record?;
        let place = order.iter().position(|it| *it == record.unit.variant);
        if let (Some(place), true, Ended::Done(done)) = (place, record.unit.point == point, record.ended) {
            found[place].insert(record.seed, done.measures.iter().map(measured).collect());
        }
    }
    // Only seeds that every variant has make pairs.
    let whole = |it: &&u64| found.iter().all(|of| of.contains_key(it));
    let seeds: Vec<u64> = found[0].keys().filter(whole).copied().collect();
    let values = found.iter().zip(&figures.values).map(|(runs, has)| {
        let of = |at: usize| has[at].is_some().then(|| seeds.iter().map(|it| runs[it][at]).collect());
        (0..figures.rows.len()).map(of).collect()
    });
    let title = compiled[0].title.as_ref().unwrap_or(&compiled[0].scenario);
    let all = Measurements {
        title: format!("{title}, {} runs of each variant", seeds.len()),
        values: values.collect(),
        variants: order.iter().map(|it| asked.variants[*it as usize].clone()).collect(),
        figures: figures.rows,
    };
    Ok(Figure::Comparison(comparison(&all, at)))
}

/// A stored number; why one is missing does not matter here.
fn measured(number: &Number) -> Measured {
    match number {
        Number::Is(it) => Measured::Number(*it),
        Number::AtLeast(it) => Measured::Censored(*it),
        Number::Missing(_) => Measured::Missing(Missing::NothingThere),
    }
}

/// The point whose runs are drawn.
fn point(args: &Args, asked: &Experiment) -> Result<u32, Failure> {
    match args.point {
        None if asked.points == 1 => Ok(0),
        None => Err(
            Failure::usage(format!("`{}` has runs of {} points", args.source, asked.points))
                .help("`--point N` says which, counted from 0; cells.csv numbers them"),
        ),
        Some(it) if it < asked.points => Ok(it),
        Some(it) => Err(Failure::usage(format!("`{}` has no point {it}", args.source))
            .help(format!("its points are 0 to {}", asked.points - 1))),
    }
}

/// The variant to draw, by its place.
fn variant(args: &Args, asked: &Experiment) -> Result<u32, Failure> {
    let Some(name) = &args.variant else { return Ok(0) };
    if let Some(at) = asked.variants.iter().position(|it| it == name) {
        return Ok(at as u32);
    }
    let failure = Failure::usage(format!("`{}` has no runs of a variant `{name}`", args.source));
    Err(match nearest(name, asked.variants.iter().map(String::as_str)) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help(format!("it has runs of {}", asked.variants.join(", "))),
    })
}

/// A figure of one run: the first, or that of the seed.
fn one(
    args: &Args,
    stored: &mut Stored,
    origin: &Origin,
    draw: impl Fn(&Scene<'_>) -> Figure,
) -> Result<Figure, Failure> {
    let (compiled, runs, count) = detailed(args, stored, origin, true)?;
    let run = &runs[0];
    Ok(draw(&Scene {
        compiled: &compiled,
        run,
        runs: count,
    }))
}

/// The runs of the point and variant that were asked for, at least one, all with timelines; of them only the one to draw if
/// `single`. And how many there are.
fn detailed(
    args: &Args,
    stored: &mut Stored,
    origin: &Origin,
    single: bool,
) -> Result<(Compiled, Vec<Run>, usize), Failure> {
    let asked = stored.manifest.experiment.clone();
    let (point, variant) = (point(args, &asked)?, variant(args, &asked)?);
    if !asked.detail {
        let command = match asked.kind {
            Made::Run => "brownout run",
            Made::Compare => "brownout compare",
            Made::Sweep => "brownout sweep run",
        };
        return Err(Failure::usage(format!(
            "the results in `{}` were written without timelines, which `{}` is made of",
            args.source, args.kind
        ))
        .help(format!(
            "`{command} ... --detail -o DIR` keeps them; or {}",
            again(args, &asked)
        )));
    }
    let (mut runs, mut count) = (Vec::new(), 0);
    let mut seeds = (u64::MAX, 0);
    for record in stored.records()? {
        let record = record?;
        if (record.unit.point, record.unit.variant) != (point, variant) {
            continue;
        }
        let Ended::Done(done) = record.ended else { continue };
        count += 1;
        seeds = (seeds.0.min(record.seed), seeds.1.max(record.seed));
        let wanted = args.seed.map_or(!single || runs.is_empty(), |it| it == record.seed);
        if wanted {
            runs.push(Run::stored(record.seed, done));
        }
    }
    if runs.is_empty() {
        return Err(match args.seed {
            Some(seed) if count > 0 => Failure::usage(format!("`{}` has no run with seed {seed}", args.source))
                .help(format!("its seeds are {} to {}", seeds.0, seeds.1)),
            _ => Failure::usage(format!("`{}` has no finished run to draw", args.source)).help(
                "let the command that makes it finish; `runs.parquet` says of runs that stopped with an error why",
            ),
        });
    }
    Ok((origin.compile(point, variant)?, runs, count))
}
