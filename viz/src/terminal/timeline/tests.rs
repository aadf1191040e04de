use super::*;
use crate::figure::{Role, Scale};
use crate::number::Unit;

fn storm() -> Timeline {
    let seconds = 0..1200;
    let line = |label: &str, mark, of: &dyn Fn(i32) -> Option<f64>| Line {
        label: label.to_owned(),
        role: Role::Good,
        mark,
        values: seconds.clone().map(of).collect(),
    };
    Timeline {
        title: String::new(),
        from_s: 0.0,
        to_s: 1200.0,
        states: Vec::new(),
        panels: vec![
            Panel {
                title: "Requests".to_owned(),
                unit: Unit::PerSecond,
                scale: Scale::Linear,
                lines: vec![
                    line("goodput", Mark::Area, &|s| {
                        Some(if s < 600 {
                            900.0
                        } else if s < 900 {
                            40.0
                        } else {
                            660.0
                        })
                    }),
                    line("offered", Mark::Rule, &|s| Some(if s < 480 { 900.0 } else { 1200.0 })),
                ],
            },
            Panel {
                title: "Response time of ok requests".to_owned(),
                unit: Unit::Seconds,
                scale: Scale::Log,
                lines: vec![
                    line("p50", Mark::Points, &|s| Some(if s < 600 { 0.03 } else { 0.4 })),
                    line("p99", Mark::Dots, &|s| {
                        (!(700..800).contains(&s)).then_some(if s < 600 { 0.12 } else { 1.8 })
                    }),
                ],
            },
        ],
        shades: vec![Shade {
            label: "db-slow".to_owned(),
            from_s: 600.0,
            to_s: 690.0,
        }],
    }
}

#[test]
fn a_timeline_shows_levels_scale_and_the_fault() {
    insta::assert_snapshot!(timeline(
        &storm(),
        &Style {
            width: 90,
            height: 8,
            ascii: false,
            colour: false
        }
    ));
}

#[test]
fn plain_ascii_says_the_same() {
    let text = timeline(
        &storm(),
        &Style {
            width: 72,
            height: 6,
            ascii: true,
            colour: false,
        },
    );
    assert!(text.is_ascii());
    insta::assert_snapshot!(text);
}

#[test]
fn colours_change_no_character() {
    let style = Style {
        width: 90,
        height: 8,
        ascii: false,
        colour: false,
    };
    let coloured = timeline(&storm(), &Style { colour: true, ..style });
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\x1b') {
        stripped.push_str(before);
        rest = after.split_once('m').expect("a colour code ends with m").1;
    }
    stripped.push_str(rest);
    assert_eq!(stripped, timeline(&storm(), &style));
    assert_ne!(coloured, stripped);
}

#[test]
fn nothing_to_show_is_an_empty_panel() {
    let mut figure = storm();
    figure.shades.clear();
    for line in figure.panels.iter_mut().flat_map(|it| &mut it.lines) {
        line.values.clear();
    }
    let text = timeline(
        &figure,
        &Style {
            width: 0,
            height: 0,
            ascii: true,
            colour: false,
        },
    );
    assert!(text.lines().all(|it| it.len() <= 60), "{text}");
    // In the narrowest figure, the second panel's legend has a line of its own.
    assert_eq!(text.lines().count(), 2 * (1 + 2 + 2) + 1);
}

#[test]
fn no_line_is_wider_than_asked() {
    for width in [40, 79, 100, 120] {
        let text = timeline(
            &storm(),
            &Style {
                width,
                height: 5,
                ascii: false,
                colour: false,
            },
        );
        // The last label of the time axis may stand out by what it needs to be read.
        assert!(text.lines().all(|it| it.chars().count() <= width + 2), "{text}");
    }
}
