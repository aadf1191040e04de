//! House rules that a machine can check: who imports whom, what every shipped scenario says, which links are alive.
//!
//! Each rule is a pure function from texts to complaints; it is run on this repository, and on a text that breaks it, so that
//! we know that it can fail.

mod architecture;
mod layers;
mod library;
mod links;
mod machines;
mod pages;
mod players;
mod purity;
mod releases;
mod sources;

use std::path::{Path, PathBuf};

/// A text file of the repository: its path from the root, with `/` on every system, and what it says.
struct Text {
    path: String,
    text: String,
}

impl Text {
    fn new(path: &str, text: &str) -> Text {
        Text {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The last part of the path.
    fn name(&self) -> &str {
        self.path.rsplit('/').next().expect("a path has a last part")
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Whether a file or folder belongs to no commit: what builds and editors leave behind, and results.
fn is_skipped(name: &str) -> bool {
    name.starts_with("target") || name == "results" || name.starts_with('.') && name != ".ci"
}

/// Every text file below a folder of the repository, in the order of the paths. What is not UTF-8 is no text.
fn texts(folder: &str) -> Vec<Text> {
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "`{folder}` holds no text");
    found
}

fn walk(folder: &Path, found: &mut Vec<Text>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
        if is_skipped(&name) {
            continue;
        }
        if path.is_dir() {
            walk(&path, found);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let inside = path.strip_prefix(root()).expect("below the root");
            let parts: Vec<_> = inside.iter().map(|it| it.to_string_lossy()).collect();
            found.push(Text {
                path: parts.join("/"),
                text,
            });
        }
    }
}

fn with_extension(mut texts: Vec<Text>, extension: &str) -> Vec<Text> {
    texts.retain(|it| it.path.ends_with(extension));
    assert!(!texts.is_empty(), "no text ends with `{extension}`");
    texts
}

fn read(path: &str) -> Text {
    let text = std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    Text::new(path, &text)
}

/// A line of Rust without its comment. Good enough for our code, which has no `//` in strings that name modules.
fn code(line: &str) -> &str {
    line.split("//").next().expect("a split has a first part")
}

/// A Rust file up to its inline tests, which may do what the code itself must not.
fn without_tests(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod tests {").map_or(text, |at| &text[..at])
}

#[track_caller]
fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
