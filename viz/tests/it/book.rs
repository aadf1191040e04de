//! The page of the book that explains figures: its pictures and its table of colours are what is drawn.
//!
//! `BROWNOUT_BLESS=1 cargo test -p brownout-viz --test it book` writes the pictures anew.

use std::path::PathBuf;
use std::{env, fs};

use brownout_sim_core::outcome::Outcome;
use brownout_viz::svg::{self, Size};
use brownout_viz::theme::{Hatch, Theme};

use crate::samples::all;

fn book() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../book/src")
}

fn page() -> String {
    fs::read_to_string(book().join("figures.md")).expect("the book has a page on figures")
}

/// Lines that a text lacks.
fn missing<'a>(text: &str, lines: &'a [String]) -> Vec<&'a str> {
    let lines = lines.iter().map(String::as_str);
    lines.filter(|it| !text.lines().any(|line| line == *it)).collect()
}

#[test]
fn the_books_pictures_are_what_is_drawn_and_their_words_too() {
    let size = Size {
        width: 800,
        height: 450,
    };
    let mut lines = Vec::new();
    for (name, figure) in all() {
        let name = name.replace('_', "-");
        let path = book().join(format!("figures/{name}.svg"));
        let drawn = svg::render(&figure, &Theme::light(), size);
        if env::var_os("BROWNOUT_BLESS").is_some() {
            fs::write(&path, &drawn).expect("the book can be written");
        }
        let known = fs::read_to_string(&path).unwrap_or_default().replace('\r', "");
        assert!(known == drawn, "{} is not what is drawn now", path.display());
        lines.push(format!("![{}](figures/{name}.svg)", figure.caption()));
    }
    assert_eq!(missing(&page(), &lines), [""; 0]);
}

#[test]
fn the_books_table_has_the_colours_of_outcomes() {
    let (light, dark) = (Theme::light(), Theme::dark());
    let row = |outcome: Outcome| {
        let (in_light, hatch) = light.outcome(outcome);
        let (in_dark, _) = dark.outcome(outcome);
        let strokes = match hatch {
            Hatch::Plain => "none",
            Hatch::Rising => "rising",
            Hatch::Falling => "falling",
            Hatch::Cross => "crossed",
            Hatch::Level => "level",
            Hatch::Upright => "upright",
            Hatch::Dots => "dots",
        };
        format!(
            "| `{}` | `{}` | `{}` | {strokes} |",
            outcome.name(),
            in_light.css(),
            in_dark.css()
        )
    };
    let rows: Vec<String> = Outcome::ALL.map(row).into();
    assert_eq!(missing(&page(), &rows), [""; 0]);
}

#[test]
fn a_line_that_lacks_is_found() {
    let lines = ["a".to_owned(), "b".to_owned()];
    assert_eq!(missing("a\nbb\n", &lines), ["b"]);
}
