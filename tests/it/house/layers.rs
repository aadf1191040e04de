//! Who imports whom: `sim-core`'s five layers, and the crates among each other.

use std::collections::BTreeMap;

use super::{Text, code, none, read, texts, with_extension};

/// The layer of each top-level module, from the table at the head of `sim-core/src/lib.rs`, and complaints about the table.
fn layers(lib: &str) -> (BTreeMap<String, u32>, Vec<String>) {
    let mut layers = BTreeMap::new();
    let mut complaints = Vec::new();
    for row in lib.lines().filter_map(|it| it.strip_prefix("//! |")) {
        let mut cells = row.split('|').map(str::trim);
        let (Some(layer), Some(modules)) = (cells.next(), cells.next()) else {
            continue;
        };
        let Some(layer) = layer.split(' ').next().and_then(|it| it.parse().ok()) else {
            continue;
        };
        for module in modules.split(['[', ']', '`', ' ']).filter(|it| !it.is_empty()) {
            if layers.insert(module.to_owned(), layer).is_some() {
                complaints.push(format!("`{module}` stands in the table of layers twice"));
            }
        }
    }
    let declared: Vec<&str> = lib.lines().filter_map(declared_module).collect();
    for module in &declared {
        if !layers.contains_key(*module) {
            complaints.push(format!("`{module}` has no layer in the table"));
        }
    }
    for module in layers.keys() {
        if !declared.contains(&module.as_str()) {
            complaints.push(format!("`{module}` is in the table of layers, but no module"));
        }
    }
    (layers, complaints)
}

fn declared_module(line: &str) -> Option<&str> {
    let line = line.trim().trim_start_matches("pub(crate) ").trim_start_matches("pub ");
    line.strip_prefix("mod ")?.strip_suffix(';')
}

/// The words that follow `crate::` (or a chain of `super::` that ends at the root) in a file, groups in braces included.
fn imported(file: &Text) -> Vec<String> {
    let text: String = file.text.lines().map(code).collect::<Vec<_>>().join("\n");
    let parts: Vec<&str> = file.path.trim_end_matches(".rs").split('/').skip(2).collect();
    let depth = parts.iter().filter(|it| **it != "mod").count();
    let mut words = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        heads(&text[at + "crate::".len()..], &mut words);
    }
    let climb = "super::".repeat(depth);
    for (at, _) in text.match_indices(&climb) {
        heads(text[at + climb.len()..].trim_start_matches("super::"), &mut words);
    }
    words
}

/// The first word of a path, or of each path of a group.
fn heads(path: &str, words: &mut Vec<String>) {
    let word = |it: &str| {
        it.chars()
            .take_while(|it| it.is_alphanumeric() || *it == '_')
            .collect::<String>()
    };
    let Some(group) = path.strip_prefix('{') else {
        words.push(word(path));
        return;
    };
    let (mut depth, mut start) = (0, true);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => return,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            _ if start && !letter.is_whitespace() => {
                words.push(word(&group[at..]));
                start = false;
            }
            _ => (),
        }
    }
}

/// Imports from a layer below the importing module's own.
fn wrong_imports(layers: &BTreeMap<String, u32>, files: &[Text]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|it| it.path != "sim-core/src/lib.rs") {
        let module = file
            .path
            .split('/')
            .nth(2)
            .expect("it is below sim-core/src")
            .trim_end_matches(".rs");
        let Some(own) = layers.get(module) else {
            complaints.push(format!("{}: `{module}` has no layer", file.path));
            continue;
        };
        for word in imported(file) {
            if let Some(layer) = layers.get(&word).filter(|it| *it > own) {
                let path = &file.path;
                complaints.push(format!(
                    "{path}: `{module}` (layer {own}) imports `{word}` (layer {layer})"
                ));
            }
        }
    }
    complaints
}

/// Which of our crates a manifest depends on, and should not.
fn wrong_crates(manifest: &Text, allowed: &[&str]) -> Vec<String> {
    let name = |line: &str| line.split(['.', ' ', '=']).next().unwrap_or_default().to_owned();
    let ours = manifest.text.lines().filter(|it| it.starts_with("brownout-")).map(name);
    let wrong = ours.filter(|it| !allowed.contains(&it.as_str()));
    wrong.map(|it| format!("{} depends on {it}", manifest.path)).collect()
}

#[test]
fn a_module_of_sim_core_imports_only_from_layers_above_it() {
    let (layers, complaints) = layers(&read("sim-core/src/lib.rs").text);
    none(complaints);
    none(wrong_imports(&layers, &with_extension(texts("sim-core/src"), ".rs")));
}

#[test]
fn scenarios_and_viz_do_not_know_each_other() {
    none(wrong_crates(&read("sim-core/Cargo.toml"), &[]));
    none(wrong_crates(&read("scenarios/Cargo.toml"), &["brownout-sim-core"]));
    none(wrong_crates(&read("viz/Cargo.toml"), &["brownout-sim-core"]));
}

const TABLE: &str = "//! | layer | modules | what |\n//! | --- | --- | --- |\n//! | 0 ground | [`time`] [`rng`] | |\n\
                     //! | 4 engine | [`engine`] | |\npub mod engine;\npub mod rng;\npub mod time;\n";

#[test]
fn a_wrong_import_is_found_however_it_is_written() {
    let (layers, complaints) = layers(TABLE);
    none(complaints);
    let found = |path: &str, text: &str| wrong_imports(&layers, &[Text::new(path, text)]).len();
    assert_eq!(found("sim-core/src/rng.rs", "use crate::engine::run;"), 1);
    assert_eq!(
        found(
            "sim-core/src/rng.rs",
            "use crate::{\n    time::{SimTime, engine},\n    engine::{run},\n};"
        ),
        1
    );
    assert_eq!(found("sim-core/src/rng.rs", "let it = crate::engine::run();"), 1);
    assert_eq!(found("sim-core/src/rng.rs", "use super::engine::run;"), 1);
    assert_eq!(found("sim-core/src/time/span.rs", "use super::super::engine;"), 1);
    assert_eq!(found("sim-core/src/time/mod.rs", "use super::engine;"), 1);
    assert_eq!(found("sim-core/src/news.rs", ""), 1);
    // What is right, or only said.
    assert_eq!(
        found(
            "sim-core/src/rng.rs",
            "use crate::time::SimTime; // crate::engine asks for it"
        ),
        0
    );
    assert_eq!(found("sim-core/src/rng.rs", "//! See [`run`](crate::engine::run)."), 0);
    assert_eq!(found("sim-core/src/time/span.rs", "use super::engine;"), 0);
    assert_eq!(found("sim-core/src/engine.rs", "use crate::{rng::Key, time::Span};"), 0);
}

#[test]
fn a_table_that_does_not_fit_the_modules_is_found() {
    assert_eq!(layers(&TABLE.replace("pub mod rng;", "pub mod rngs;")).1.len(), 2);
    assert_eq!(layers(&TABLE.replace("[`rng`]", "[`time`]")).1.len(), 2);
}

#[test]
fn a_wrong_dependency_is_found() {
    let manifest = Text::new(
        "viz/Cargo.toml",
        "[dependencies]\nbrownout-scenarios.workspace = true\nlibm = \"0.2\"\n",
    );
    assert_eq!(
        wrong_crates(&manifest, &["brownout-sim-core"]),
        ["viz/Cargo.toml depends on brownout-scenarios"]
    );
}
