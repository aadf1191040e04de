//! Stretches of time that are set off: bands through all panels, with their names above.

use super::chart::{Chart, Frame};
use super::pen::Pen;
use super::picture::{Anchor, Look, Tags};
use super::text::{SMALL, fit, width};
use crate::figure::Shade;
use crate::figure::parts::shown;
use crate::number::show_clock;
use crate::ruler::Ruler;
use crate::theme::Theme;

/// Names above each other; with more, the rest is counted.
const ROWS: usize = 3;
const ROW: f64 = 18.0;

/// The names over a frame, in rows in which none covers another.
pub(crate) struct Names {
    /// Row, left edge, words.
    placed: Vec<(usize, f64, String)>,
    rows: usize,
}

/// The shade within a scale, if it touches it.
fn within(shade: &Shade, time: &Ruler) -> Option<(f64, f64)> {
    shown(Some(shade.from_s)).and(shown(Some(shade.to_s)))?;
    let touches = shade.to_s >= shade.from_s
        && (time.contains(shade.from_s) || time.contains(shade.to_s) || {
            let first = time.ticks.first().map_or(0.0, |it| it.value);
            shade.from_s < first && shade.to_s > first
        });
    touches.then_some((shade.from_s, shade.to_s))
}

impl Names {
    pub(crate) fn new(shades: &[Shade], time: &Ruler, left: f64, right: f64) -> Names {
        let mut placed: Vec<(usize, f64, String)> = Vec::new();
        let mut ends = [f64::MIN; ROWS];
        let mut said: Vec<&str> = Vec::new();
        let mut left_out = 0;
        for shade in shades {
            let Some((from, to)) = within(shade, time) else {
                continue;
            };
            // What comes back is named once.
            if said.contains(&shade.label.as_str()) {
                continue;
            }
            said.push(&shade.label);
            let words = format!("{} {}\u{2013}{}", shade.label, show_clock(from), show_clock(to));
            let words = fit(&words, SMALL, (right - left) * 0.6);
            let long = width(&words, SMALL);
            let begins = left + time.place(from).unwrap_or(0.0) * (right - left);
            let begins = begins.min(right - long).max(left);
            match ends.iter().position(|it| *it + 12.0 < begins) {
                Some(row) => {
                    ends[row] = begins + long;
                    placed.push((row, begins, words));
                }
                None => left_out += 1,
            }
        }
        if let Some(last) = placed.last_mut().filter(|_| left_out > 0) {
            last.2.push_str(&format!(" (and {left_out} more)"));
        }
        let rows = placed.iter().map(|it| it.0 + 1).max().unwrap_or(0);
        Names { placed, rows }
    }

    pub(crate) fn height(&self) -> f64 {
        self.rows as f64 * ROW
    }

    /// Draws the names; the lowest row stands on `bottom`.
    pub(crate) fn draw(&self, pen: &Pen, theme: &Theme, bottom: f64) {
        for (row, left, words) in &self.placed {
            let y = bottom - *row as f64 * ROW - 5.0;
            pen.text(words, (*left, y), Anchor::Start, SMALL, theme.text);
        }
    }
}

/// The bands behind a chart.
pub(crate) fn bands(chart: &Chart<'_>, shades: &[Shade]) {
    for shade in shades {
        if let Some((from, to)) = within(shade, &chart.x) {
            let tags = Tags::class("shade")
                .data("label", &*shade.label)
                .data("from-s", format!("{from}"))
                .data("to-s", format!("{to}"))
                .hint(format!("{}: {} to {}", shade.label, show_clock(from), show_clock(to)));
            chart.stretch(from, to, Look::fill(chart.theme.shade), tags);
        }
    }
}

/// The edges of the bands, before what is drawn.
pub(crate) fn edges(pen: &Pen, chart: &Chart<'_>, shades: &[Shade]) {
    let Frame { top, bottom, .. } = chart.frame;
    let look = Look::stroke(chart.theme.muted, 1.0).dashed(&[3.0, 3.0]);
    for (from, to) in shades.iter().filter_map(|it| within(it, &chart.x)) {
        for at in [from, to] {
            if let Some(x) = chart.across(at).filter(|_| chart.x.contains(at)) {
                pen.line((x, top), (x, bottom), look, "edge");
            }
        }
    }
}
