//! Pages that hold what the tool says: each is compared with what it says now. `BROWNOUT_BLESS=1` writes them anew.

use std::path::Path;

use crate::pages::with_blocks;

fn compare(path: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let present = std::fs::read_to_string(&path).unwrap_or_default();
    if present == wanted {
        return;
    }
    if std::env::var_os("BROWNOUT_BLESS").is_some() {
        std::fs::write(&path, wanted).expect("the repository is writable");
        return;
    }
    let line = present
        .lines()
        .zip(wanted.lines())
        .take_while(|(present, wanted)| present == wanted)
        .count();
    panic!(
        "{} differs from line {}:\n  there: {}\n  now:   {}\nBROWNOUT_BLESS=1 cargo test --test it generated writes it anew",
        path.display(),
        line + 1,
        present.lines().nth(line).unwrap_or("(its end)"),
        wanted.lines().nth(line).unwrap_or("(its end)"),
    );
}

#[test]
fn the_readme_shows_what_the_command_prints() {
    let path = "README.md";
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("it is there");
    compare(path, &with_blocks(path, &text));
}

/// The paths of all files below a folder of the repository, in order.
fn below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("it is there");
    for entry in entries {
        let entry = entry.expect("readable");
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            found.extend(below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn the_book_shows_what_there_is() {
    let chapters = below("book/src");
    assert!(chapters.len() > 5);
    for path in chapters.iter().filter(|it| it.ends_with(".md")) {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("it is there");
        compare(path, &with_blocks(path, &text));
    }
}

#[test]
fn the_books_reference_is_the_fields_own_description() {
    compare("book/src/reference.md", &brownout_scenarios::reference());
}
