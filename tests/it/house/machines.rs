//! No file says on which machine it was written, and every dependency comes from the public registry.

use super::{Text, none, read, texts};

/// Beginnings of paths that are somebody's own. In two pieces, so that this file is clean.
const PRIVATE: [&str; 6] = [
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/tm", "p/"),
    concat!("C:\\Us", "ers"),
];

fn private_paths(files: &[Text]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files {
        for (number, line) in file.text.lines().enumerate() {
            for path in PRIVATE.into_iter().filter(|it| stands_in(line, it)) {
                complaints.push(format!(
                    "{}:{}: a path of somebody's machine: {path}",
                    file.path,
                    number + 1
                ));
            }
        }
    }
    complaints
}

/// Whether a path begins in this line: not as the tail of a longer word, such as an address in the network.
fn stands_in(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|it| !it.is_alphanumeric() && !matches!(it, '_' | '-' | '.' | '}'))
    })
}

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn other_sources(lock: &str) -> Vec<String> {
    let sources = lock.lines().filter_map(|it| it.strip_prefix("source = "));
    let wrong = sources.filter(|it| it.trim_matches('"') != REGISTRY);
    wrong
        .map(|it| format!("Cargo.lock: a dependency comes from {it}"))
        .collect()
}

#[test]
fn no_file_names_a_path_of_somebodys_machine() {
    none(private_paths(&texts("")));
}

#[test]
fn every_dependency_comes_from_the_public_registry() {
    let lock = read("Cargo.lock").text;
    assert!(lock.contains(REGISTRY));
    none(other_sources(&lock));
}

#[test]
fn private_paths_and_other_sources_are_found() {
    for path in PRIVATE {
        let text = format!("fn a() {{}}\nlet path = \"{path}ann/x\";\n");
        assert_eq!(private_paths(&[Text::new("a.rs", &text)]).len(), 1, "{path}");
        assert_eq!(
            private_paths(&[Text::new("a.md", &format!("https://example.com{path}x"))]).len(),
            0,
            "{path}"
        );
    }
    assert_eq!(
        other_sources("source = \"registry+https://mirror.example/index\"\n").len(),
        1
    );
    assert_eq!(other_sources("source = \"git+https://example.com/a\"\n").len(), 1);
}
