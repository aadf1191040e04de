//! Pages that hold what the tool says: each is compared with what it says now. `BROWNOUT_BLESS=1` writes them anew.

use std::path::Path;

use crate::shell::Shell;

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

/// The words of a command line; what stands between single quotes is one.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part);
        } else {
            words.extend(part.split(' ').filter(|it| !it.is_empty()));
        }
    }
    words
}

/// The text with what stands between `<!-- output: brownout WORDS -->` and `<!-- /output -->` replaced by what that command
/// prints.
fn with_outputs(text: &str) -> String {
    const BEGIN: &str = "<!-- output: brownout ";
    const END: &str = "<!-- /output -->";
    let shell = Shell::new();
    let mut whole = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let words_at = at + BEGIN.len();
        let words_end = words_at + rest[words_at..].find(" -->").expect("the mark is closed");
        let words = words(&rest[words_at..words_end]);
        let output = shell.run(&words);
        let said = String::from_utf8(output.stdout).expect("output is UTF-8");
        assert!(!said.is_empty(), "brownout {} said nothing", words.join(" "));
        let end = words_end + rest[words_end..].find(END).expect("the output is closed");
        whole.push_str(&rest[..words_end]);
        whole.push_str(" -->\n\n```text\n");
        whole.push_str(said.trim_end());
        whole.push_str("\n```\n\n");
        rest = &rest[end..];
    }
    whole + rest
}

#[test]
fn the_readme_shows_what_the_command_prints() {
    let path = "README.md";
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("it is there");
    compare(path, &with_outputs(&text));
}

#[test]
fn the_book_shows_what_play_prints() {
    let path = "book/src/play.md";
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("it is there");
    compare(path, &with_outputs(&text));
}

#[test]
fn a_script_is_one_word_of_a_command_line() {
    assert_eq!(words("play hedge '0:call 5:ok'"), ["play", "hedge", "0:call 5:ok"]);
}

#[test]
fn the_books_reference_is_the_fields_own_description() {
    compare("book/src/reference.md", &brownout_scenarios::reference());
}
