//! The shipped scenarios: each proves its lesson, and each run of it is the same everywhere.

use std::fmt::Write as _;

use brownout_scenarios::{Compiled, Scenario, library};
use brownout_sim_core::engine::{Limits, run, run_on_heap};
use brownout_sim_core::measure::{Check, Evaluator, Needs, Verdict, Wiring, judge};
use brownout_sim_core::observe::Record;
use rayon::prelude::*;

fn load(name: &str, text: &str) -> Scenario {
    let nothing = |path: &str| Err(format!("shipped scenarios name no files, but {path}"));
    let loaded = Scenario::load(name, &format!("{name}.toml"), text.as_bytes(), &[], &nothing);
    loaded.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)))
}

/// Every variant of every shipped scenario, the base first.
fn everything() -> Vec<Compiled> {
    let mut all = Vec::new();
    for shipped in library::all() {
        let scenario = load(shipped.name, shipped.text);
        let names = std::iter::once("base").chain(scenario.variants().iter().map(|it| it.name.as_str()));
        for variant in names {
            all.push(
                scenario
                    .compile(variant)
                    .unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false))),
            );
        }
    }
    all
}

/// The expectations that are about this variant and do not pass, as text.
fn complaints(compiled: &Compiled) -> String {
    let wiring = Wiring::of(&compiled.model);
    let about: Vec<_> = compiled
        .expectations
        .iter()
        .filter(|it| it.is_about(&compiled.variant))
        .collect();
    if about.is_empty() {
        return String::new();
    }
    let needs = about
        .iter()
        .map(|it| Needs::of_expectation(it))
        .fold(Needs::default(), Needs::and);
    let checks: Vec<Vec<Check>> = (0..compiled.replications)
        .into_par_iter()
        .map(|replication| {
            let seed = compiled.seed + u64::from(replication);
            let result = run(&compiled.model, seed, &needs.record, &Limits::default(), &mut ());
            let result = result.unwrap_or_else(|error| panic!("{}, seed {seed}: {error}", compiled.scenario));
            let evaluator = Evaluator::new(&result, &wiring);
            about.iter().map(|it| evaluator.expectation(it)).collect()
        })
        .collect();
    let mut text = String::new();
    for (at, expectation) in about.into_iter().enumerate() {
        let of_runs: Vec<Check> = checks.iter().map(|it| it[at]).collect();
        let judged = judge(expectation, &compiled.variant, &of_runs);
        if judged.verdict != Verdict::Pass {
            let _ = writeln!(
                text,
                "{} ({}), {}: {} (value {:?}, interval {:?}, bound {:?}, held in {:?} of {})",
                compiled.scenario,
                compiled.variant,
                expectation.name,
                judged.verdict,
                judged.value,
                judged.interval,
                judged.bound,
                judged.held,
                judged.runs,
            );
        }
    }
    text
}

#[test]
fn every_shipped_scenario_proves_its_lesson() {
    let only = std::env::var("BROWNOUT_CASE").ok();
    let all = everything();
    let chosen: Vec<&Compiled> = all
        .iter()
        .filter(|it| only.as_ref().is_none_or(|only| it.scenario.contains(only.as_str())))
        .collect();
    let text: String = chosen.into_par_iter().map(complaints).collect();
    assert!(text.is_empty(), "{text}");
}

#[test]
fn every_shipped_scenario_expects_something() {
    for shipped in library::all() {
        let scenario = load(shipped.name, shipped.text);
        let compiled = scenario.compile("base").expect("it compiled before");
        assert!(!compiled.expectations.is_empty(), "{} proves nothing", shipped.name);
    }
}

#[test]
fn there_are_lessons_in_order() {
    let lessons: Vec<u32> = library::all().iter().map(|it| it.lesson).collect();
    assert!(lessons.len() >= 16);
    assert!(lessons.is_sorted(), "{lessons:?}");
}

/// The first run of every variant, as the golden file has it. A change here is explained in the commit message.
#[test]
fn digests_are_the_recorded_ones() {
    let lines: Vec<String> = everything()
        .par_iter()
        .map(|compiled| {
            let result = run(
                &compiled.model,
                compiled.seed,
                &Record::default(),
                &Limits::default(),
                &mut (),
            );
            let result = result.expect("within the limits");
            format!(
                "{} {} {} {}",
                compiled.scenario, compiled.variant, result.digest, result.events
            )
        })
        .collect();
    insta::assert_snapshot!("digests", lines.join("\n"));
}

/// Same file, same seed, same run: whatever is recorded, and on the plain heap that the wheel is tested against.
#[test]
fn recording_and_the_queue_change_nothing() {
    everything()
        .par_iter()
        .filter(|it| it.variant == "base")
        .for_each(|compiled| {
            let bare = run(
                &compiled.model,
                compiled.seed,
                &Record::default(),
                &Limits::default(),
                &mut (),
            )
            .expect("it ran");
            let full = run(
                &compiled.model,
                compiled.seed,
                &Record::ALL,
                &Limits::default(),
                &mut (),
            )
            .expect("it ran");
            let heap =
                run_on_heap(&compiled.model, compiled.seed, &Record::default(), &Limits::default()).expect("it ran");
            assert_eq!(
                (bare.digest, bare.events),
                (full.digest, full.events),
                "{}: recording",
                compiled.scenario
            );
            assert_eq!(
                (bare.digest, bare.events),
                (heap.digest, heap.events),
                "{}: heap",
                compiled.scenario
            );
        });
}
