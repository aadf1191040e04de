//! A strip of states over time: a row for each state with a name, or a row of bars for a level, and the decisions below.

use brownout_sim_core::time::SimTime;

use super::player::{Mark, State, ms};
use super::session::Played;
use crate::report::Style;

/// More states than this are a list, not a strip.
const ROWS_MAX: usize = 8;

/// Where the strip begins.
const GAP: usize = 2;

/// The strip as text; empty if there is nothing to see in it, because all happens at one instant or the states are many.
pub fn strip(played: &Played, style: &Style) -> String {
    let Some(last) = played.lines.last().map(|it| it.at) else {
        return String::new();
    };
    let first = played.lines[0].at;
    if first == last {
        return String::new();
    }
    let mut points: Vec<(SimTime, &State)> = vec![(first, &played.start)];
    points.extend(played.lines.iter().map(|it| (it.at, &it.state)));
    let mut names: Vec<&'static str> = Vec::new();
    for name in points.iter().filter_map(|it| it.1.name) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let marks = [
        (Mark::Pass, "passed"),
        (Mark::Refuse, "refused"),
        (Mark::Fail, "failed"),
    ];
    let has = |mark: Mark| {
        played
            .lines
            .iter()
            .any(|it| it.said.mark == mark && !it.said.text.is_empty())
    };
    let levels = points.iter().any(|it| it.1.level.is_some());
    if names.len() > ROWS_MAX || names.is_empty() && !levels && !has(Mark::Refuse) {
        return String::new();
    }
    let label = names
        .iter()
        .map(|it| it.len())
        .chain(marks.iter().map(|it| it.1.len()))
        .chain(["level".len()])
        .max()
        .unwrap_or(0);
    let scale = Scale {
        first,
        last,
        columns: style.width.saturating_sub(GAP + label + GAP + GAP).max(10),
    };
    let row = |name: &str, cells: &str| {
        let blanks = label - name.chars().count();
        let line = format!("{}{name}{}{cells}", " ".repeat(GAP), " ".repeat(blanks + GAP));
        format!("{}\n", line.trim_end())
    };
    let mut text = String::new();
    for name in &names {
        text.push_str(&row(name, &presence(name, &points, &scale, style)));
    }
    let bars = bars(&points, &scale, style.ascii);
    if !bars.trim().is_empty() && levels {
        text.push_str(&row("level", &bars));
    }
    for (mark, name) in marks.into_iter().filter(|it| has(it.0)) {
        let (symbol, colour) = symbol(mark, style.ascii);
        let mut cells = vec![' '; scale.columns];
        for line in played
            .lines
            .iter()
            .filter(|it| it.said.mark == mark && !it.said.text.is_empty())
        {
            cells[scale.column(line.at)] = symbol;
        }
        let cells: String = cells.into_iter().collect();
        text.push_str(&row(name, &style.paint(colour, cells.trim_end())));
    }
    text + &axis(label, &scale, style)
}

struct Scale {
    first: SimTime,
    last: SimTime,
    columns: usize,
}

impl Scale {
    fn column(&self, at: SimTime) -> usize {
        let (part, whole) = (at.since(self.first).nanos(), self.last.since(self.first).nanos());
        let column = u128::from(part) * (self.columns as u128 - 1) / u128::from(whole);
        column as usize
    }
}

/// The sign of a decision and its colour.
pub fn symbol(mark: Mark, ascii: bool) -> (char, u8) {
    match (mark, ascii) {
        (Mark::Pass, false) => ('✓', 32),
        (Mark::Pass, true) => ('+', 32),
        (Mark::Refuse, false) => ('✗', 31),
        (Mark::Refuse, true) => ('x', 31),
        (Mark::Fail, false) => ('•', 31),
        (Mark::Fail, true) => ('*', 31),
        (Mark::Change, false) => ('→', 33),
        (Mark::Change, true) => ('>', 33),
        (Mark::Note, false) => ('·', 90),
        (Mark::Note, true) => ('.', 90),
    }
}

/// The cells in which a state is in force, however briefly.
fn presence(name: &str, points: &[(SimTime, &State)], scale: &Scale, style: &Style) -> String {
    let mut cells = vec![false; scale.columns];
    for (at, point) in points.iter().enumerate() {
        if point.1.name != Some(name) {
            continue;
        }
        let from = scale.column(point.0);
        // A state that ends where a later column begins leaves that column to its successor.
        let to = points.get(at + 1).map_or(scale.columns - 1, |it| {
            let to = scale.column(it.0);
            if to > from { to - 1 } else { to }
        });
        cells[from..=to].fill(true);
    }
    let full = if style.ascii { '#' } else { '█' };
    let text: String = cells.iter().map(|it| if *it { full } else { ' ' }).collect();
    style.paint(colour_of(name), text.trim_end())
}

/// Good is green, bad is red, in between is yellow.
fn colour_of(name: &str) -> u8 {
    match name {
        "closed" | "up" | "in" | "calm" | "keeping" | "delivering" | "alive" => 32,
        "open" | "down" | "out" | "ejected" | "dropping" | "overloaded" => 31,
        _ => 33,
    }
}

/// The height of a level in each cell: the last one that is reached there.
fn bars(points: &[(SimTime, &State)], scale: &Scale, ascii: bool) -> String {
    const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    const DIGITS: [char; 9] = ['0', '1', '2', '3', '4', '5', '6', '7', '8'];
    let mut cells: Vec<Option<usize>> = vec![None; scale.columns];
    for (at, state) in points {
        if let Some((value, most)) = state.level {
            let share = if most > 0.0 {
                (value / most).clamp(0.0, 1.0)
            } else {
                0.0
            };
            // Little is not nothing.
            let eighths = if share > 0.0 {
                ((share * 8.0) as usize).max(1)
            } else {
                0
            };
            cells[scale.column(*at)] = Some(eighths);
        }
    }
    let mut last = 0;
    let shown = cells.into_iter().map(|it| {
        last = it.unwrap_or(last);
        if ascii { DIGITS[last] } else { BLOCKS[last] }
    });
    shown.collect()
}

fn axis(label: usize, scale: &Scale, style: &Style) -> String {
    let indent = " ".repeat(GAP + label + GAP);
    let (line, first) = if style.ascii { ('-', '+') } else { ('─', '└') };
    let (begin, end) = (ms(scale.first), format!("{} ms", ms(scale.last)));
    let between = scale.columns.saturating_sub(begin.len() + end.len());
    let rule: String = std::iter::repeat_n(line, scale.columns - 1).collect();
    format!("{indent}{first}{rule}\n{indent}{begin}{}{end}\n", " ".repeat(between))
}
