//! Quantities and states over simulated time.

use super::parts::{Level, Role, Scale, Shade, counted, is_stretch, listed, series_words, shown};
use super::table::{Cell, Table};
use crate::number::{Unit, show_clock};

/// One or more panels over the same stretch of simulated time.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// What stands above it; may be empty.
    pub title: String,
    /// Where the time axis begins, in seconds.
    pub from_s: f64,
    /// Where it ends, in seconds; greater than `from_s`.
    pub to_s: f64,
    /// Drawn below each other.
    pub panels: Vec<Panel>,
    /// Drawn below the panels: what was in which state when.
    pub states: Vec<StateRow>,
    /// Stretches of time to set off, faults for example.
    pub shades: Vec<Shade>,
}

/// Some lines over a common scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What it shows, with what it is taken over.
    pub title: String,
    /// The unit of all its lines.
    pub unit: Unit,
    /// How values become heights.
    pub scale: Scale,
    /// Drawn in this order; later ones cover earlier ones.
    pub lines: Vec<Line>,
}

/// A quantity over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it is.
    pub label: String,
    /// What it stands for.
    pub role: Role,
    /// How it is drawn.
    pub mark: Mark,
    /// Its values over equally wide stretches of the time axis; `None` where there is nothing to show.
    pub values: Vec<Option<f64>>,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Filled from the bottom.
    Area,
    /// Filled from the top of the stacks before it in the same panel. On a linear scale only; elsewhere as `Area`.
    Stack,
    /// A thin line.
    Rule,
    /// Heavy points on a terminal, else a heavy line.
    Dots,
    /// Light points on a terminal, else a light line.
    Points,
}

/// What one part of the system was like over time: a breaker, a service.
#[derive(Clone, Debug, PartialEq)]
pub struct StateRow {
    /// Which part.
    pub label: String,
    /// In the order of time; what lies between is not known.
    pub spans: Vec<StateSpan>,
}

/// A state for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct StateSpan {
    /// From here, in seconds.
    pub from_s: f64,
    /// To here, in seconds.
    pub to_s: f64,
    /// The name of the state: `open`.
    pub state: String,
    /// How good it is.
    pub level: Level,
}

impl Line {
    /// Its values, those that cannot be shown as gaps.
    pub(crate) fn shown(&self) -> Vec<Option<f64>> {
        self.values.iter().map(|it| shown(*it)).collect()
    }
}

impl Timeline {
    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        let no_line = |it: &Line| it.values.iter().all(|it| shown(*it).is_none());
        let no_time = !is_stretch(self.from_s, self.to_s);
        no_time
            || self.panels.iter().flat_map(|it| &it.lines).all(no_line)
                && self.states.iter().all(|it| it.spans.is_empty())
    }

    /// What is to be seen, in a sentence with numbers and units.
    pub fn caption(&self) -> String {
        let mut parts = Vec::new();
        for panel in &self.panels {
            let lines: Vec<String> = panel
                .lines
                .iter()
                .map(|it| {
                    let values: Vec<f64> = it.values.iter().filter_map(|it| shown(*it)).collect();
                    series_words(&it.label, panel.unit, &values)
                })
                .collect();
            parts.push(format!("{}: {}", panel.title, listed(&lines, ", ")));
        }
        for row in &self.states {
            let broken = row.spans.iter().filter(|it| it.level == Level::Broken);
            let (count, length) = broken.fold((0, 0.0), |(count, length), it| {
                (count + 1, length + (it.to_s - it.from_s))
            });
            let state = row
                .spans
                .iter()
                .find(|it| it.level == Level::Broken)
                .map_or("broken", |it| &it.state);
            parts.push(match count {
                0 => format!("{}: never {state}", row.label),
                _ => format!(
                    "{}: {state} {} for {} in all",
                    row.label,
                    counted(count, "time"),
                    show_clock(length)
                ),
            });
        }
        let shades: Vec<String> = self
            .shades
            .iter()
            .map(|it| format!("{} from {} to {}", it.label, show_clock(it.from_s), show_clock(it.to_s)))
            .collect();
        if !shades.is_empty() {
            parts.push(format!("shaded: {}", listed(&shades, ", ")));
        }
        format!(
            "Timeline from {} to {}; {}.",
            show_clock(self.from_s),
            show_clock(self.to_s),
            parts.join("; ")
        )
    }

    /// A row for each value, each state and each shade.
    pub fn to_table(&self) -> Table {
        let mut table = Table::new(&["kind", "panel", "series", "unit", "from_s", "to_s", "value", "state"]);
        for panel in &self.panels {
            for line in &panel.lines {
                let width_s = (self.to_s - self.from_s) / line.values.len() as f64;
                for (at, value) in line.values.iter().enumerate() {
                    let from_s = self.from_s + at as f64 * width_s;
                    table.rows.push(vec![
                        "value".into(),
                        panel.title.as_str().into(),
                        line.label.as_str().into(),
                        panel.unit.name().into(),
                        from_s.into(),
                        (from_s + width_s).into(),
                        shown(*value).into(),
                        Cell::Missing,
                    ]);
                }
            }
        }
        let mut span = |kind: &str, label: &str, from_s: f64, to_s: f64, state: &str| {
            let state = if state.is_empty() { Cell::Missing } else { state.into() };
            let (kind, label) = (kind.into(), label.into());
            table.rows.push(vec![
                kind,
                Cell::Missing,
                label,
                Cell::Missing,
                from_s.into(),
                to_s.into(),
                Cell::Missing,
                state,
            ]);
        };
        for row in &self.states {
            for it in &row.spans {
                span("state", &row.label, it.from_s, it.to_s, &it.state);
            }
        }
        for it in &self.shades {
            span("shade", &it.label, it.from_s, it.to_s, "");
        }
        table
    }
}
