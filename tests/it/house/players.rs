//! Every machine of the engine's crate can be played by hand, and every player has its machine.

use brownout::play::{PARTS, table};

use super::{Text, none, texts, with_extension};

const PLACES: [&str; 4] = ["policy/", "server/", "routing/", "component/"];

/// The files that hold machines, below `sim-core/src`: neither tests, nor the matches of a family.
fn machines(files: &[Text]) -> Vec<String> {
    let below = files.iter().filter_map(|it| it.path.strip_prefix("sim-core/src/"));
    below
        .filter(|it| PLACES.iter().any(|place| it.starts_with(place)))
        .filter(|it| !it.ends_with("/mod.rs") && !it.ends_with("tests.rs") && !it.contains("/tests/"))
        .map(str::to_owned)
        .collect()
}

fn complaints(machines: &[String], players: &[&str], parts: &[&str]) -> Vec<String> {
    let unplayed = machines
        .iter()
        .filter(|it| !players.contains(&it.as_str()) && !parts.contains(&it.as_str()))
        .map(|it| format!("sim-core/src/{it}: nobody can play it; give it a row in src/play/table.rs"));
    let gone = players
        .iter()
        .chain(parts)
        .filter(|it| !machines.iter().any(|machine| machine == *it))
        .map(|it| format!("src/play/table.rs: there is no machine in sim-core/src/{it}"));
    let both = parts
        .iter()
        .filter(|it| players.contains(it))
        .map(|it| format!("src/play/table.rs: {it} is both a mechanism and a part"));
    unplayed.chain(gone).chain(both).collect()
}

#[test]
fn every_machine_can_be_played() {
    let machines = machines(&with_extension(texts("sim-core/src"), ".rs"));
    let players: Vec<&str> = table().iter().map(|it| it.source).collect();
    let parts: Vec<&str> = PARTS.iter().map(|it| it.0).collect();
    none(complaints(&machines, &players, &parts));
}

#[test]
fn names_are_those_of_the_files_and_unlike_each_other() {
    let mut names: Vec<&str> = table().iter().map(|it| it.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "two mechanisms have the same name");
    assert!(PARTS.iter().all(|it| !it.1.is_empty()));
}

#[test]
fn machines_without_players_are_found() {
    let files = [
        "policy/new.rs",
        "policy/mod.rs",
        "policy/breaker/tests.rs",
        "model/plan.rs",
        "server/codel.rs",
    ];
    let files: Vec<Text> = files
        .iter()
        .map(|it| Text::new(&format!("sim-core/src/{it}"), ""))
        .collect();
    let machines = machines(&files);
    assert_eq!(machines, ["policy/new.rs", "server/codel.rs"]);
    assert_eq!(complaints(&machines, &["server/codel.rs"], &[]).len(), 1);
    assert_eq!(
        complaints(&machines, &["server/codel.rs", "policy/old.rs"], &["policy/new.rs"]).len(),
        1
    );
    assert_eq!(
        complaints(&machines, &["server/codel.rs", "policy/new.rs"], &["policy/new.rs"]).len(),
        1
    );
}
