//! Figures of a scenario, which is run for them.

use brownout_scenarios::{Compiled, Scenario};
use brownout_sim_core::results::RunResult;
use brownout_viz::figure::Figure;

use super::Args;
use crate::chart::cascade::cascade;
use crate::chart::comparison::{self, Measurements};
use crate::chart::kind::Kind;
use crate::chart::percentiles::percentiles;
use crate::chart::runs::{Run, Scene};
use crate::chart::timeline::timeline;
use crate::chart::topology::topology;
use crate::chart::traffic::Traffic;
use crate::command::compare;
use crate::command::run::quoted;
use crate::comparison::{Figure as Measure, Figures};
use crate::exit::Failure;
use crate::experiment::{self, Replication, Settings, Subject};
use crate::progress::Progress;
use crate::report::style::stderr_colour;
use crate::sweep::project;
use crate::{input, interrupt};

/// The figure; `None` if the user interrupted.
pub fn figure(args: &Args, kind: Kind) -> Result<Option<Figure>, Failure> {
    let source = project::find_any(&args.source)?;
    if brownout_scenarios::study::is_study(&source.bytes) {
        let study = quoted(&args.source);
        let (detail, point) = match kind {
            Kind::Timeline | Kind::Cascade | Kind::Topology => (" --detail", " --point 0"),
            Kind::Comparison => ("", " --point 0"),
            _ => ("", ""),
        };
        return Err(
            Failure::usage(format!("`{}` is a study: figures are of its results", args.source)).help(format!(
                "`brownout sweep run {study}{detail} -o results`, then `brownout chart results {}{point}`",
                kind.name()
            )),
        );
    }
    if kind.is_of_a_sweep() {
        return Err(Failure::usage(format!(
            "`{}` is a figure of a sweep, and `{}` is a scenario",
            kind.name(),
            args.source
        ))
        .help("write a study, `brownout sweep run STUDY -o DIR`, and draw that folder; `brownout list` names shipped studies"));
    }
    if args.point.is_some() {
        return Err(Failure::usage("`--point` is of a sweep, and a scenario has no points").help("leave it out"));
    }
    let scenario = input::load(&source, &args.sets, stderr_colour())?;
    if kind == Kind::Comparison {
        return compared(args, &scenario);
    }
    let variant = input::variant(&scenario, args.variant.as_deref().unwrap_or("base"))?;
    let compiled = scenario
        .compile(variant)
        .map_err(|it| Failure::diagnostics(it.render(stderr_colour())))?;
    match kind {
        Kind::Timeline => one(args, &compiled, |it| Figure::Timeline(timeline(it))),
        Kind::Percentiles => all(args, &compiled, |it| {
            Figure::Percentiles(percentiles(&compiled, it.iter()))
        }),
        Kind::Topology => all(args, &compiled, |it| {
            Figure::Topology(topology(&compiled, &Traffic::of_results(&compiled, it.iter())))
        }),
        Kind::Cascade => one(args, &compiled, |it| Figure::Cascade(cascade(it))),
        Kind::Comparison | Kind::HeatMap | Kind::Lines | Kind::LoadCurve | Kind::Waterfall => {
            unreachable!("what is no figure of one variant was dealt with before")
        }
    }
}

/// A figure of all runs.
fn all(args: &Args, compiled: &Compiled, draw: impl Fn(&[RunResult]) -> Figure) -> Result<Option<Figure>, Failure> {
    let runs = runs(
        args,
        compiled,
        args.replications.unwrap_or(compiled.replications),
        false,
    )?;
    Ok(runs.map(|it| draw(&it.into_iter().map(|it| it.result).collect::<Vec<_>>())))
}

/// How variants differ in a measure: those that the file declares from the first of them, or from `--variant`.
fn compared(args: &Args, scenario: &Scenario) -> Result<Option<Figure>, Failure> {
    let names = compare::declared(scenario)?;
    let first = match &args.variant {
        Some(name) => input::variant(scenario, name)?.to_owned(),
        None => names[0].clone(),
    };
    let names: Vec<String> = std::iter::once(first.clone())
        .chain(names.into_iter().filter(|it| *it != first))
        .collect();
    let compile = |it: &String| {
        scenario
            .compile(it)
            .map_err(|it| Failure::diagnostics(it.render(stderr_colour())))
    };
    let variants: Vec<Compiled> = names.iter().map(compile).collect::<Result<_, _>>()?;
    let figures = Figures::of(&variants);
    let at = compared_in(&figures.rows, args.measure.as_deref())?;
    let replications = args.replications.unwrap_or(variants[0].replications);
    let settings = settings(args, &variants[0], replications, false)?;
    for compiled in &variants {
        experiment::check_estimate(compiled, &settings)?;
    }
    let pairs = variants.iter().zip(&figures.values);
    let subjects: Vec<Subject<'_>> = pairs.map(|(compiled, values)| Subject { compiled, values }).collect();
    let progress = Progress::new(args.progress, 0, experiment::length(&variants[0]));
    variants
        .iter()
        .for_each(|it| progress.extend(replications, experiment::length(it)));
    let made = experiment::units(&subjects, &settings, 0..replications, interrupt::listen()?, &progress);
    progress.clear();
    let made = made?;
    if made.iter().flatten().any(Option::is_none) {
        return Ok(None);
    }
    let values = made.iter().map(|runs| {
        let of = |figure: usize| runs.iter().flatten().map(|it| it.values[figure]).collect();
        (0..figures.rows.len()).map(of).collect()
    });
    let title = variants[0].title.as_ref().unwrap_or(&variants[0].scenario);
    let all = Measurements {
        title: format!("{title}, {replications} runs of each variant"),
        values: values.collect(),
        figures: figures.rows,
        variants: names,
    };
    Ok(Some(Figure::Comparison(comparison::comparison(&all, at))))
}

/// The place of the measure to compare in: the one asked for, or the first.
pub fn compared_in(figures: &[Measure], asked: Option<&str>) -> Result<usize, Failure> {
    let Some(asked) = asked else { return Ok(0) };
    figures
        .iter()
        .position(|it| it.name == asked || it.key == asked)
        .ok_or_else(|| {
            let names = || figures.iter().map(|it| it.name.as_str());
            let failure = Failure::usage(format!("the variants are not compared in `{asked}`"));
            match input::nearest(asked, names()) {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure.help(format!("they are in {}", names().collect::<Vec<_>>().join(", "))),
            }
        })
}

/// A figure of the run with the first seed.
fn one(args: &Args, compiled: &Compiled, draw: impl Fn(&Scene<'_>) -> Figure) -> Result<Option<Figure>, Failure> {
    let runs = runs(args, compiled, 1, true)?;
    Ok(runs.and_then(|it| {
        let run = Run::of(compiled, &it.first()?.result);
        Some(draw(&Scene {
            compiled,
            run: &run,
            runs: 1,
        }))
    }))
}

fn settings(args: &Args, compiled: &Compiled, replications: u32, detail: bool) -> Result<Settings, Failure> {
    let settings = Settings {
        seed: args.seed.unwrap_or(compiled.seed),
        replications,
        threads: args.threads.map(usize::from),
        events_max: args.max_events,
        live_max: args.max_live,
        detail,
        checkpoints: false,
        columns: 0,
        totals: true,
    };
    experiment::check_seeds(settings.seed, settings.replications)?;
    experiment::check_estimate(compiled, &settings)?;
    Ok(settings)
}

/// Runs of one variant; `None` if the user interrupted.
fn runs(
    args: &Args,
    compiled: &Compiled,
    replications: u32,
    detail: bool,
) -> Result<Option<Vec<Replication>>, Failure> {
    let settings = settings(args, compiled, replications, detail)?;
    let progress = Progress::new(args.progress, settings.replications, experiment::length(compiled));
    let made = experiment::run(compiled, &[], &settings, interrupt::listen()?, &progress)?;
    Ok((!made.interrupted).then_some(made.runs))
}
