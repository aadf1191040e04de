//! Every mechanism says where it comes from.

use super::{Text, none, texts, with_extension};

/// An index of a folder, its tests, and what only tests use need no source.
const EXEMPT: [&str; 3] = ["mod.rs", "tests.rs", "scripted.rs"];

fn without_source(files: &[Text]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|it| !EXEMPT.contains(&it.name())) {
        let header: Vec<&str> = file.text.lines().take_while(|it| it.starts_with("//!")).collect();
        let named = header
            .iter()
            .any(|it| it.contains("Source: ") || it.contains("Sources"));
        if header.is_empty() {
            complaints.push(format!("{}: it has no header", file.path));
        } else if !named {
            complaints.push(format!("{}: its header names no source", file.path));
        }
    }
    complaints
}

#[test]
fn every_policy_and_every_other_mechanism_names_its_source() {
    for folder in ["policy", "routing", "server", "component"] {
        let mut files = with_extension(texts(&format!("sim-core/src/{folder}")), ".rs");
        // A pick at which all are equally likely is nobody's idea.
        files.retain(|it| it.path != "sim-core/src/routing/random.rs");
        none(without_source(&files));
    }
}

#[test]
fn a_missing_source_is_found() {
    let found = |text: &str| without_source(&[Text::new("sim-core/src/policy/a.rs", text)]).len();
    assert_eq!(
        found("//! A policy.\n//!\n//! Source: somebody's book.\n\nfn a() {}\n"),
        0
    );
    assert_eq!(found("//! A policy.\n\n// Source: somebody's book.\n"), 1);
    assert_eq!(found("fn a() {}\n"), 1);
    assert_eq!(without_source(&[Text::new("sim-core/src/policy/mod.rs", "")]).len(), 0);
}
