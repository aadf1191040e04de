//! The map names every part of the land, and a mechanism has its place at every level.

use super::{Text, none, read, root, texts, with_extension};

/// Modules and crates that the map does not name in code style. A module counts as named as itself or as a folder.
fn unnamed(map: &str, lib: &Text) -> Vec<String> {
    let modules = lib.text.lines().filter_map(|line| {
        let line = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        line.strip_prefix("mod ")?.strip_suffix(';')
    });
    // What only tests use is no part of the map.
    let missing = modules
        .filter(|it| *it != "testing")
        .filter(|it| !map.contains(&format!("`{it}`")) && !map.contains(&format!("`{it}/")));
    missing
        .map(|it| format!("ARCHITECTURE.md does not name `{it}` of {}", lib.path))
        .collect()
}

/// What is missing of a policy that files can name: its machine, a word in the book, a shipped scenario that sets it.
fn incomplete(policy: &str, exists: impl Fn(&str) -> bool, book: &[Text], library: &[Text]) -> Vec<String> {
    let mut complaints = Vec::new();
    let machine = match policy {
        "balance" => "routing".to_owned(), // A folder of its own, as the engine picks with it without any policy.
        "outlier" | "health" => format!("routing/{policy}"), // They decide among whom.
        "pool" => format!("component/{policy}"), // A part of the system that a caller owns.
        "collapse" => "policy/cache/collapser".to_owned(), // One of the family that answers several calls with one.
        _ => format!("policy/{policy}"),
    };
    let machines = [
        format!("sim-core/src/{machine}.rs"),
        format!("sim-core/src/{machine}/mod.rs"),
    ];
    if !machines.iter().any(|it| exists(it)) {
        complaints.push(format!("policy `{policy}` has no machine {}", machines.join(" or ")));
    }
    if !book.iter().any(|it| it.text.contains(policy)) {
        complaints.push(format!("policy `{policy}` is nowhere in the book"));
    }
    let sets = |line: &str| {
        let code = line.split('#').next().unwrap_or_default();
        [" ", ".", "{ "]
            .iter()
            .any(|before| code.contains(&format!("{before}{policy} =")))
            || code.starts_with(&format!("{policy} ="))
    };
    if !library.iter().any(|it| it.text.lines().any(sets)) {
        complaints.push(format!("no shipped scenario shows `{policy}`"));
    }
    complaints
}

#[test]
fn a_policy_has_its_machine_its_words_and_its_scenario() {
    let (book, library) = (
        with_extension(texts("book/src"), ".md"),
        with_extension(texts("scenarios/library"), ".toml"),
    );
    let tables = with_extension(texts("scenarios/src/spec/policy"), ".rs");
    let policies = tables
        .iter()
        .filter(|it| it.name() != "mod.rs")
        .map(|it| it.name().trim_end_matches(".rs"));
    let complaints = policies.flat_map(|it| incomplete(it, |path| root().join(path).exists(), &book, &library));
    none(complaints.collect());
}

#[test]
fn a_policy_that_lacks_something_is_found() {
    let book = [Text::new("book/src/a.md", "A hedge is a second copy.")];
    let library = [Text::new(
        "scenarios/library/a.toml",
        "set.policy.a.hedge = \"10ms\" # not retry = 3",
    )];
    let exists = |path: &str| path == "sim-core/src/policy/hedge/mod.rs";
    none(incomplete("hedge", exists, &book, &library));
    assert_eq!(incomplete("hedge", |_| false, &book, &library).len(), 1);
    assert_eq!(incomplete("hedge", exists, &[], &library).len(), 1);
    assert_eq!(incomplete("hedge", exists, &book, &[]).len(), 1);
    assert_eq!(incomplete("retry", exists, &book, &library).len(), 3);
}

#[test]
fn the_map_names_every_module() {
    let map = read("ARCHITECTURE.md").text;
    for lib in [
        "src/lib.rs",
        "sim-core/src/lib.rs",
        "scenarios/src/lib.rs",
        "viz/src/lib.rs",
    ] {
        none(unnamed(&map, &read(lib)));
    }
}

#[test]
fn an_unnamed_module_is_found() {
    let lib = Text::new(
        "a/src/lib.rs",
        "pub mod time;\nmod rng;\npub(crate) mod policy;\n#[cfg(test)]\nmod testing;\n",
    );
    none(unnamed("`time`, `rng`, `policy/`", &lib));
    assert_eq!(unnamed("time, `rng` and `policy/retry.rs`", &lib).len(), 1);
}
