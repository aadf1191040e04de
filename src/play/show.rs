//! The answer for people: what is played, a table of what happened, a strip, and what comes next.

use super::player::{Mark, ms};
use super::session::{Line, Played};
use super::strip::{strip, symbol};
use super::{Mechanism, OUTCOME, Setup, table};
use crate::report::grid::{Column, grid};
use crate::report::{Style, folded, hanging};

/// A script that was played.
pub fn played(mechanism: &Mechanism, setup: &Setup, changed: &[String], played: &Played, style: &Style) -> String {
    let mut text = format!("{}: {}\n", mechanism.name, mechanism.about);
    let mut with: Vec<String> = changed.to_vec();
    if setup.draws()
        && !changed
            .iter()
            .any(|it| it.starts_with("seed") || it.starts_with("draw="))
    {
        with.push("seed 1".to_owned());
    }
    if !with.is_empty() {
        text.push_str(&format!("With {}\n", with.join(", ")));
    }
    text.push('\n');
    let columns = [
        Column::numbers("ms"),
        Column::words("event"),
        Column::words("decision"),
        Column::words("state"),
    ];
    let mut rows = vec![row("", "(begin)", "", &played.start.text())];
    for (at, line) in played.lines.iter().enumerate() {
        let before = if at == 0 {
            &played.start
        } else {
            &played.lines[at - 1].state
        };
        let same = before == &line.state;
        let state = if same {
            if style.ascii { "\"" } else { "″" }.to_owned()
        } else {
            line.state.text()
        };
        rows.push(row(&ms(line.at), &event(line), &decision(line, style.ascii), &state));
    }
    text.push_str(&painted(&grid(&columns, &rows, style), played, style));
    if let Some(next) = &played.next {
        let what = decision(next, style.ascii);
        let state = next.state.text();
        let both = if what.is_empty() {
            state
        } else {
            format!("{what}: {state}")
        };
        text.push_str(&hanging(
            "",
            0,
            &format!("\nThen, by itself at {}: {both}", ms(next.at)),
            style.width,
        ));
    }
    let strip = strip(played, style);
    if !strip.is_empty() {
        text.push_str(&format!("\n{strip}"));
    }
    text
}

fn row(at: &str, event: &str, decision: &str, state: &str) -> Vec<String> {
    [at, event, decision, state].map(str::to_owned).to_vec()
}

fn event(line: &Line) -> String {
    line.event.clone().unwrap_or_else(|| "(by itself)".to_owned())
}

/// A decision with its sign.
fn decision(line: &Line, ascii: bool) -> String {
    if line.said.text.is_empty() {
        return String::new();
    }
    match line.said.mark {
        Mark::Note => line.said.text.clone(),
        mark => format!("{}\u{a0}{}", symbol(mark, ascii).0, line.said.text),
    }
}

/// Colours for the signs, which stand beside a word in any case.
fn painted(table: &str, played: &Played, style: &Style) -> String {
    if !style.colour {
        return table.to_owned();
    }
    let mut text = table.to_owned();
    for mark in [Mark::Pass, Mark::Refuse, Mark::Change] {
        if played.lines.iter().any(|it| it.said.mark == mark) {
            let (sign, colour) = symbol(mark, style.ascii);
            let plain = format!("  {sign} ");
            text = text.replace(&plain, &format!("  {} ", style.paint(colour, &sign.to_string())));
        }
    }
    text
}

/// All mechanisms, by where they stand.
pub fn list(style: &Style) -> String {
    const PLACES: [(&str, &str); 4] = [
        ("policy/", "Around a call"),
        ("server/", "At the server"),
        ("routing/", "Which replica"),
        ("component/", "Parts of a system"),
    ];
    let width = table().iter().map(|it| it.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (place, heading) in PLACES {
        text.push_str(&format!("{heading}\n"));
        for it in table().iter().filter(|it| it.source.starts_with(place)) {
            let first = format!("  {:<width$}  ", it.name);
            text.push_str(&hanging(&first, width + 4, it.about, style.width));
        }
        text.push('\n');
    }
    text.push_str("brownout play MECHANISM             its events, settings and an example\n");
    text.push_str(
        "brownout play MECHANISM 'SCRIPT'    what it does with a script, such as '0:call 1:fail 5000:call'\n",
    );
    text
}

/// What there is to know about one mechanism before its first script.
pub fn page(mechanism: &Mechanism, setup: &Setup, example: &str, style: &Style) -> String {
    let mut text = format!("{}: {}\n\nEvents\n", mechanism.name, mechanism.about);
    let shown = |it: &super::EventKind| match it.name {
        OUTCOME => format!("ok, fail, ...{}", it.args),
        name => format!("{name}{}", it.args),
    };
    let mut events: Vec<(String, &str)> = mechanism.events.iter().map(|it| (shown(it), it.about)).collect();
    events.push(("look".to_owned(), "nothing happens; shows the state"));
    let width = events.iter().map(|it| it.0.chars().count()).max().unwrap_or(0).min(34);
    for (event, about) in events {
        text.push_str(&hanging(
            &format!("  {event:<width$}  "),
            width.max(event.chars().count()) + 4,
            about,
            style.width,
        ));
    }
    if !setup.profiles().is_empty() {
        text.push_str(&folded(
            &format!("\nProfiles (--like): {}", setup.profiles().join(", ")),
            style.width,
        ));
    }
    if !setup.settings().is_empty() {
        text.push_str("\nSettings (--set name=value)\n");
        let name = setup.settings().iter().map(|it| it.name.len()).max().unwrap_or(0);
        for it in setup.settings() {
            let first = format!("  {:<name$}  ", it.name);
            let shown = format!("{} ({})", it.value.replace(' ', "\u{a0}"), it.takes);
            text.push_str(&hanging(&first, name + 4, &shown, style.width));
        }
    }
    text.push_str(&format!("\nExample\n  {example}\n"));
    text
}
