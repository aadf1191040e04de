//! The answer for people: what is played, a table of what happened, a strip, and what comes next.

use super::player::{Mark, ms};
use super::session::{Line, Played};
use super::strip::{strip, symbol};
use super::{Mechanism, OUTCOME, Setup, table};
use crate::report::grid::{Column, grid};
use crate::report::{Style, folded, hanging};

/// A script that was played.
pub fn played(mechanism: &Mechanism, changed: &[String], played: &Played, style: &Style) -> String {
    let mut text = head(mechanism, style);
    if !changed.is_empty() {
        text.push_str(&hanging("With ", 5, &changed.join(", "), style.width));
    }
    text.push('\n');
    let columns = [
        Column::numbers("ms"),
        Column::words("event"),
        Column::words("decision"),
        Column::words("state"),
    ];
    let mut rows = vec![row("", "(begin)", "", &played.start.text())];
    let mut at = 0;
    while let Some(line) = played.lines.get(at) {
        rows.push(shown(played, at, style.ascii));
        let run = played.lines[at..]
            .iter()
            .skip(1)
            .take_while(|it| is_more_of(line, it))
            .count();
        // Of a long run only the ends.
        let alike = (1..=run).all(|more| played.lines[at + more].state == played.lines[at].state);
        if run >= RUN_MIN && alike {
            rows.push(row("...", &format!("({} more)", run - 1), "", ""));
            rows.push(shown(played, at + run, style.ascii));
            at += run;
        }
        at += 1;
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
        text.push('\n');
        text.push_str(&folded(
            &format!("Then, by itself at {}: {both}", ms(next.at)),
            style.width,
        ));
    }
    let strip = strip(played, style);
    if !strip.is_empty() {
        text.push_str(&format!("\n{strip}"));
    }
    text
}

fn head(mechanism: &Mechanism, style: &Style) -> String {
    folded(&format!("{}: {}", mechanism.name, mechanism.about), style.width)
}

/// Lines like the one before them, from which on only the last of them is shown.
const RUN_MIN: usize = 5;

/// The row of a line; what has not changed is not said again.
fn shown(played: &Played, at: usize, ascii: bool) -> Vec<String> {
    let line = &played.lines[at];
    let before = if at == 0 {
        &played.start
    } else {
        &played.lines[at - 1].state
    };
    let same = if ascii { "\"" } else { "″" };
    let state = if *before == line.state {
        same.to_owned()
    } else {
        line.state.text()
    };
    row(&ms(line.at), &event(line), &decision(line, ascii), &state)
}

/// Whether a line says nothing that another has not said, but for numbers of calls.
fn is_more_of(line: &Line, next: &Line) -> bool {
    let words = |text: &str| -> Vec<String> {
        let numberless = |it: &str| if it.starts_with('#') { "#" } else { it }.to_owned();
        text.split(' ').map(numberless).collect()
    };
    line.event.is_some()
        && line.event == next.event
        && line.said.mark == next.said.mark
        && words(&line.said.text) == words(&next.said.text)
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
    for mark in [Mark::Pass, Mark::Refuse, Mark::Fail, Mark::Change] {
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
    let mut text = head(mechanism, style) + "\nEvents\n";
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
        text.push('\n');
        text.push_str(&folded(
            &format!("Profiles (--like): {}", setup.profiles().join(", ")),
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
