//! What must change nothing: the order of a file's tables, a service nobody calls, the number of threads.

use brownout_scenarios::{Scenario, library};
use brownout_sim_core::engine::{Limits, first_divergence, run};
use brownout_sim_core::model::Model;
use brownout_sim_core::observe::Record;

use crate::shell::Shell;

fn model(text: &str) -> (Model, u64) {
    let nothing = |path: &str| Err(format!("shipped scenarios name no files, but {path}"));
    let scenario = Scenario::load("same", "same.toml", text.as_bytes(), &[], &nothing);
    let scenario = scenario.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    let compiled = scenario
        .compile("base")
        .unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    (compiled.model, compiled.seed)
}

/// Both give the same digest; if not, the first event that differs is named.
fn assert_same(name: &str, one: &str, other: &str) {
    let ((one, seed), (other, _)) = (model(one), model(other));
    let digest = |model: &Model| {
        run(model, seed, &Record::default(), &Limits::default(), &mut ())
            .expect("within the limits")
            .digest
    };
    if digest(&one) != digest(&other) {
        panic!(
            "{name}: {:#?}",
            first_divergence(&one, &other, seed, &Limits::default())
        );
    }
}

/// The file with its tables in the opposite order; what stands before the first table stays there.
fn reversed(text: &str) -> String {
    let mut blocks: Vec<Vec<&str>> = vec![Vec::new()];
    for line in text.lines() {
        if line.starts_with('[') {
            blocks.push(Vec::new());
        }
        blocks.last_mut().expect("it begins with one").push(line);
    }
    let tables = blocks.split_off(1);
    let lines = blocks.into_iter().flatten().chain(tables.into_iter().rev().flatten());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_order_of_tables_changes_no_run() {
    for shipped in library::all() {
        assert_same(shipped.name, shipped.text, &reversed(shipped.text));
    }
}

#[test]
fn a_service_nobody_calls_changes_no_run() {
    for shipped in library::all() {
        let idle = "\n[service.aaa-idle]\nreplicas = 3\nworkers = 2\nwork = \"5ms\"\nunused = true\n";
        assert_same(shipped.name, shipped.text, &format!("{}{idle}", shipped.text));
    }
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let shell = Shell::new();
    let answer = |threads| {
        let words = [
            "run",
            "third-party-quota",
            "--replications",
            "6",
            "--format",
            "json",
            "--detail",
            "--threads",
            threads,
        ];
        let output = shell.run(&words);
        assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let one = answer("1");
    assert!(one == answer("2") && one == answer("5"), "the answers differ");
}
