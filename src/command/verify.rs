//! `verify`: makes stored runs again and compares.

use std::fmt::Write;
use std::path::PathBuf;

use brownout_sim_core::engine::{self, Happening, Limits};

use super::print;
use crate::exit::{Exit, Failure};
use crate::progress::{Progress, Show};
use crate::store::manifest::Kind;
use crate::store::stored::Stored;
use crate::store::unit::Unit;
use crate::sweep::verify::{self, Origin, Verified};
use crate::{experiment, interrupt};

/// Makes the runs of a results folder again and compares them with what is stored
///
/// The texts in the folder are all it needs. Runs are compared to the last bit: events by their digests, measures, and with
/// `--detail` timelines and changes of state.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  brownout verify out                      all runs\n  \
    brownout verify out --sample 20          twenty of them, spread over all\n  \
    brownout verify out --against new.toml   does the changed file still do the same? If not, from which event on?\n\n\
    Exit codes: 0 all are equal; 3 one differs; 1 reading failed; 2 this is no results folder; 130 interrupted.")]
pub struct Args {
    /// A results folder
    folder: PathBuf,
    /// Make only so many runs again, spread over all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// Compare with this scenario instead of the one in the folder, and name the first event that differs
    #[arg(long, value_name = "FILE")]
    against: Option<String>,
    /// How many threads. Default: one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// How to show how far it is, on standard error
    #[arg(long, value_enum, default_value_t = Show::Bar)]
    progress: Show,
}

/// How many differences are told one by one.
const TOLD: usize = 10;

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let mut stored = Stored::open(&args.folder)?;
    if args.against.is_none() {
        stored.same_engine()?;
    }
    let origin = Origin::of(&stored)?;
    let origin = match &args.against {
        None => origin,
        Some(_) if stored.manifest.experiment.kind == Kind::Sweep => {
            return Err(Failure::usage(
                "`--against` compares the runs of one scenario, not those of a study",
            ));
        }
        Some(path) => {
            let scenario = verify::against(&stored, path)?;
            for name in &stored.manifest.experiment.variants {
                crate::input::variant(&scenario, name)?;
            }
            Origin::Scenario(Box::new(scenario), stored.manifest.experiment.variants.clone())
        }
    };
    let compile = |point: u32, variant: u32| origin.compile(point, variant);
    let length = experiment::length(&compile(0, 0)?);
    let progress = |runs: u32| Progress::new(args.progress, runs, length);
    let threads = args.threads.map(usize::from);
    let sample = args.sample.map(|it| it as usize);
    let found = verify::verify(&mut stored, &compile, sample, threads, interrupt::listen()?, &progress)?;
    let mut text = told(&found, &stored);
    if let (Some(_), Some((unit, seed, _))) = (&args.against, found.different.first()) {
        let before = Origin::of(&stored)?.compile(unit.point, unit.variant)?;
        let after = compile(unit.point, unit.variant)?;
        let event = engine::first_divergence(&before.model, &after.model, *seed, &Limits::default());
        match event {
            Ok(Some(it)) => {
                let _ = writeln!(text, "the first event that differs, with seed {seed}:");
                let _ = writeln!(text, "  stored:  {}", happening(it.first));
                let _ = writeln!(
                    text,
                    "  {}: {}",
                    args.against.as_deref().unwrap_or_default(),
                    happening(it.second)
                );
            }
            Ok(None) => text.push_str("all events are equal: it is the numbers made from them that differ\n"),
            Err(why) => {
                let _ = writeln!(text, "the first event that differs cannot be found: {why}");
            }
        }
    }
    print(&text)?;
    Ok(if !found.different.is_empty() {
        Exit::Differs
    } else if found.interrupted {
        Exit::Interrupted
    } else {
        Exit::Success
    })
}

fn happening(it: Option<Happening>) -> String {
    it.map_or_else(
        || "none, the run has ended".to_owned(),
        |it| format!("number {}, {} at {} s", it.number, it.what, it.at.as_secs_f64()),
    )
}

fn told(found: &Verified, stored: &Stored) -> String {
    let asked = &stored.manifest.experiment;
    let measures: Vec<String> = asked.measures.iter().map(|it| it.name.clone()).collect();
    let mut text = String::new();
    let runs = |it: u64| {
        if it == 1 {
            "1 run".to_owned()
        } else {
            format!("{it} runs")
        }
    };
    if found.interrupted {
        text.push_str("interrupted; of those made until then:\n");
    }
    let _ = writeln!(
        text,
        "{} of {} made again, {} equal",
        found.runs,
        runs(stored.manifest.units.max(found.runs)),
        found.runs - found.different.len() as u64
    );
    for (unit, seed, difference) in found.different.iter().take(TOLD) {
        let Unit { point, variant, .. } = *unit;
        let place = if asked.kind == Kind::Sweep {
            format!("point {point}, ")
        } else {
            String::new()
        };
        let variant = &asked.variants[variant as usize];
        let _ = writeln!(
            text,
            "different: {place}{variant}, seed {seed}: {}",
            difference.tell(&measures)
        );
    }
    if found.different.len() > TOLD {
        let _ = writeln!(text, "and {} more", found.different.len() - TOLD);
    }
    text
}
