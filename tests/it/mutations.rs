//! Files that were never meant: mutated scenarios give a clear error or a run, never a panic, never a hang.

use brownout_scenarios::{Scenario, library};
use brownout_sim_core::engine::{Limits, run};
use brownout_sim_core::observe::Record;
use proptest::prelude::*;

/// One change to a text.
#[derive(Clone, Debug)]
enum Mutation {
    DropLine(prop::sample::Index),
    RepeatLine(prop::sample::Index),
    SwapLines(prop::sample::Index, prop::sample::Index),
    ReplaceValue(prop::sample::Index, &'static str),
    FlipByte(prop::sample::Index, u8),
    Cut(prop::sample::Index),
}

const VALUES: [&str; 24] = [
    "0",
    "-1",
    "1",
    "18446744073709551615",
    "nan",
    "inf",
    "1e308",
    "true",
    "[]",
    "{}",
    "\"\"",
    "\"0s\"",
    "\"1ns\"",
    "\"99999999d\"",
    "\"150%\"",
    "\"x0\"",
    "\"x1000000\"",
    "\"1000000000/s\"",
    "\"unlimited\"",
    "\"exponential(mean=0ms)\"",
    "\"web -> web\"",
    "\"*\"",
    "[\"web\", [\"web\", \"db\"]]",
    "\"💥\"",
];

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        1 => at().prop_map(Mutation::DropLine),
        1 => at().prop_map(Mutation::RepeatLine),
        1 => (at(), at()).prop_map(|(a, b)| Mutation::SwapLines(a, b)),
        4 => (at(), prop::sample::select(&VALUES[..])).prop_map(|(at, value)| Mutation::ReplaceValue(at, value)),
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::FlipByte(at, byte)),
        1 => at().prop_map(Mutation::Cut),
    ]
}

fn mutate(text: &str, mutations: &[Mutation]) -> Vec<u8> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut bytes = Vec::new();
    for mutation in mutations {
        if lines.is_empty() {
            break;
        }
        match mutation {
            Mutation::DropLine(at) => drop(lines.remove(at.index(lines.len()))),
            Mutation::RepeatLine(at) => {
                let at = at.index(lines.len());
                lines.insert(at, lines[at].clone());
            }
            Mutation::SwapLines(a, b) => {
                let (a, b) = (a.index(lines.len()), b.index(lines.len()));
                lines.swap(a, b);
            }
            Mutation::ReplaceValue(at, value) => {
                let settings: Vec<usize> = (0..lines.len()).filter(|it| lines[*it].contains(" = ")).collect();
                if !settings.is_empty() {
                    let line = &mut lines[settings[at.index(settings.len())]];
                    let end = line.find(" = ").expect("it was found above") + 3;
                    line.truncate(end);
                    line.push_str(value);
                }
            }
            Mutation::FlipByte(..) | Mutation::Cut(_) => (),
        }
    }
    bytes.extend(lines.join("\n").bytes());
    for mutation in mutations {
        match mutation {
            Mutation::FlipByte(at, byte) if !bytes.is_empty() => {
                let at = at.index(bytes.len());
                bytes[at] ^= byte;
            }
            Mutation::Cut(at) if !bytes.is_empty() => bytes.truncate(at.index(bytes.len())),
            _ => (),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_scenario_never_panics_or_hangs(
        which in any::<prop::sample::Index>(),
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let all = library::all();
        let shipped = &all[which.index(all.len())];
        let bytes = mutate(shipped.text, &mutations);
        let nothing = |path: &str| Err(format!("there is no file {path}"));
        match Scenario::load("mutant", "mutant.toml", &bytes, &[], &nothing) {
            Err(mistakes) => prop_assert!(mistakes.has_errors() && !mistakes.render(false).is_empty()),
            Ok(scenario) => {
                let variants: Vec<String> = scenario.variants().iter().map(|it| it.name.clone()).collect();
                for variant in std::iter::once("base").chain(variants.iter().map(String::as_str)) {
                    if let Ok(compiled) = scenario.compile(variant) {
                        let limits = Limits { events: 20_000, live: 20_000 };
                        let _ = run(&compiled.model, 1, &Record::default(), &limits, &mut ());
                    }
                }
            }
        }
    }
}
