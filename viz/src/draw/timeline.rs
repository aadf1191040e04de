//! Draws panels over time, states, and what is set off.

use super::chart::{BELOW, Chart, Frame, gutter, room_across, room_upwards};
use super::page::{Entry, Swatch, hatched, heading, legend, legend_height, line_look, surface_look};
use super::pen::Pen;
use super::picture::{Anchor, Look, Tags};
use super::series::compact;
use super::shades::{Names, bands, edges};
use super::text::{SMALL, fit, width};
use crate::figure::{Level, Line, Mark, Panel, Scale, StateRow, StateSpan, Timeline};
use crate::number::{show, show_clock};
use crate::ruler::Ruler;
use crate::theme::Theme;

/// Height of a row of states.
const STATE: f64 = 24.0;

/// The most rows of states that are drawn; a note says how many more there are.
pub(super) const STATES_MAX: usize = 60;

pub(super) fn draw(figure: &Timeline, pen: &Pen, theme: &Theme, frame: Frame) {
    // The gutter is as wide as the widest label, whatever the height will be.
    let trial = |panel: &Panel| gutter(&Ruler::new(panel.scale, panel.unit, heights(panel).into_iter(), 4));
    let names = figure.states.iter().map(|it| width(&it.label, SMALL) + 12.0);
    let widest = figure
        .panels
        .iter()
        .map(trial)
        .chain(names.map(|it| it.min(200.0)))
        .fold(40.0, f64::max);
    let left = frame.left + widest;
    let right = frame.right - 8.0;
    let time = Ruler::time(figure.from_s, figure.to_s, room_across(right - left));
    let above = Names::new(&figure.shades, &time, left, right);

    let state_entries = state_legend(figure, theme);
    let mut states = STATE * figure.states.len().min(STATES_MAX) as f64;
    if !figure.states.is_empty() {
        states += legend_height(&state_entries, right - left) + 10.0;
    }
    let count = figure.panels.len().max(1) as f64;
    let top = frame.top + above.height();
    let all = (frame.bottom - BELOW - states - top).max(count * 40.0);
    let each = all / count;
    above.draw(pen, theme, top);

    for (at, panel) in figure.panels.iter().enumerate() {
        let begin = top + at as f64 * each;
        let head = heading(
            pen,
            theme,
            &panel.title,
            &keys(panel, theme),
            (left, begin),
            right - left,
        );
        let area = Frame {
            left,
            top: begin + head,
            right,
            bottom: begin + each - 14.0,
        };
        let area = area.at_least(60.0, 12.0);
        let y = Ruler::new(
            panel.scale,
            panel.unit,
            heights(panel).into_iter(),
            room_upwards(area.height()),
        );
        let chart = Chart::new(pen, theme, area, time.clone(), y);
        bands(&chart, &figure.shades);
        let last = at + 1 == figure.panels.len() && figure.states.is_empty();
        chart.axes(last, true);
        edges(pen, &chart, &figure.shades);
        lines(panel, figure, &chart, pen);
    }
    if !figure.states.is_empty() {
        let begin = frame.bottom - BELOW - states;
        let head = legend(pen, theme, &state_entries, (left, begin), right - left);
        let area = Frame {
            left,
            top: begin + head + 4.0,
            right,
            bottom: (frame.bottom - BELOW).max(begin + head + 14.0),
        };
        state_rows(figure, pen, theme, area, &time);
        if figure.states.len() > STATES_MAX {
            let more = format!("and {} more", figure.states.len() - STATES_MAX);
            pen.text(&more, (right, begin + 15.0), Anchor::End, SMALL, theme.muted);
        }
    }
}

/// What each line reaches: stacks on top of each other.
fn heights(panel: &Panel) -> Vec<f64> {
    let stacked = stacked(panel);
    stacked
        .iter()
        .flat_map(|it| it.iter().flatten().map(|it| it.1))
        .collect()
}

/// Lower and upper value of each line at each point; the lower one is that of the stacks before it.
fn stacked(panel: &Panel) -> Vec<Vec<Option<(f64, f64)>>> {
    let mut below: Vec<f64> = Vec::new();
    let mut all = Vec::new();
    for line in &panel.lines {
        let values = line.shown();
        let stacks = line.mark == Mark::Stack && panel.scale == Scale::Linear;
        if stacks {
            below.resize(below.len().max(values.len()), 0.0);
        }
        let ends = values.iter().enumerate().map(|(at, value)| {
            let value = (*value)?;
            if !stacks {
                return Some((0.0, value));
            }
            let from = below[at];
            below[at] += value.max(0.0);
            Some((from, below[at]))
        });
        all.push(ends.collect());
    }
    all
}

/// What each line is.
fn keys(panel: &Panel, theme: &Theme) -> Vec<Entry> {
    let entry = |(at, line): (usize, &Line)| Entry {
        label: line.label.clone(),
        swatch: swatch(panel, line, theme, at),
    };
    panel.lines.iter().enumerate().map(entry).collect()
}

fn swatch(panel: &Panel, line: &Line, theme: &Theme, at: usize) -> Swatch {
    match line.mark {
        Mark::Stack if panel.scale == Scale::Linear => Swatch::Box(surface_look(theme, line.role)),
        Mark::Area | Mark::Stack => {
            let colour = theme.colour(line.role);
            Swatch::Box(Look::fill(colour.mixed(theme.background, 0.6)).edged(colour, 1.6))
        }
        _ => Swatch::Line(stroke(line, theme, at), None),
    }
}

fn stroke(line: &Line, theme: &Theme, at: usize) -> Look {
    let mut look = line_look(theme, line.role, at);
    if let Some(stroke) = &mut look.stroke {
        stroke.width = match line.mark {
            Mark::Dots => 2.8,
            Mark::Area | Mark::Stack => 1.6,
            Mark::Rule | Mark::Points => 1.8,
        };
        if matches!(line.mark, Mark::Area | Mark::Stack) {
            stroke.dash = &[];
        }
    }
    look
}

fn lines(panel: &Panel, figure: &Timeline, chart: &Chart<'_>, pen: &Pen) {
    for (at, (line, ends)) in panel.lines.iter().zip(stacked(panel)).enumerate() {
        if ends.is_empty() {
            continue;
        }
        let width_s = (figure.to_s - figure.from_s) / ends.len() as f64;
        let middle = |at: usize| figure.from_s + (at as f64 + 0.5) * width_s;
        let values: Vec<String> = line
            .shown()
            .iter()
            .map(|it| it.map_or("-".to_owned(), compact))
            .collect();
        pen.open(
            Tags::class("series")
                .data("panel", &*panel.title)
                .data("series", &*line.label)
                .data("unit", panel.unit.name())
                .data("from-s", format!("{}", figure.from_s))
                .data("step-s", compact(width_s))
                .data("values", values.join(" "))
                .hint(last_words(panel, line)),
        );
        let columns = chart.frame.width() as usize;
        let stacks = line.mark == Mark::Stack && panel.scale == Scale::Linear;
        let upper: Vec<Option<f64>> = ends.iter().map(|it| it.map(|it| it.1)).collect();
        let kept = thinned(&upper, columns);
        let points: Vec<Option<(f64, f64)>> = kept.iter().map(|it| Some((middle(*it), upper[*it]?))).collect();
        let look = stroke(line, chart.theme, at);
        if stacks {
            let both: Vec<Option<(f64, f64, f64)>> = kept
                .iter()
                .map(|it| ends[*it].map(|(low, high)| (middle(*it), low, high)))
                .collect();
            chart.band(&both, surface_look(chart.theme, line.role), Tags::class("surface"));
        } else if matches!(line.mark, Mark::Area | Mark::Stack) {
            let base = chart.y.ticks.first().map_or(0.0, |it| it.value.max(0.0));
            let surface = Look::faint(chart.theme.colour(line.role), 0.35);
            chart.surface(&points, base, surface, Tags::class("surface"));
        }
        chart.curve(&points, look, Tags::class("line"));
        pen.close();
    }
}

fn last_words(panel: &Panel, line: &Line) -> String {
    let last = line.shown().into_iter().flatten().last();
    last.map_or(line.label.clone(), |it| {
        format!("{}, at last {}", line.label, show(panel.unit, it))
    })
}

/// Which of many values are drawn: the first, least, greatest and last of each column of pixels, and one for each gap;
/// a line through them covers the same pixels as one through all (U. Jugel et al., "M4", VLDB 2014).
fn thinned(values: &[Option<f64>], columns: usize) -> Vec<usize> {
    if values.len() <= 4 * columns.max(1) {
        return (0..values.len()).collect();
    }
    let mut kept = Vec::new();
    for column in 0..columns {
        let (from, to) = (column * values.len() / columns, (column + 1) * values.len() / columns);
        let here = || (from..to).filter(|it| values[*it].is_some());
        let by_value = |a: &usize, b: &usize| values[*a].unwrap_or(0.0).total_cmp(&values[*b].unwrap_or(0.0));
        let gap = (from..to).find(|it| values[*it].is_none());
        let mut these: Vec<usize> = [
            here().next(),
            here().min_by(by_value),
            here().max_by(by_value),
            here().next_back(),
            gap,
        ]
        .into_iter()
        .flatten()
        .collect();
        these.sort_unstable();
        these.dedup();
        kept.extend(these);
    }
    kept
}

/// Each state once, by its name.
fn state_legend(figure: &Timeline, theme: &Theme) -> Vec<Entry> {
    let mut known: Vec<(&str, Level)> = Vec::new();
    for span in figure.states.iter().flat_map(|it| &it.spans) {
        let state = (span.state.as_str(), span.level);
        if !known.contains(&state) && known.len() < 8 {
            known.push(state);
        }
    }
    known.sort_by_key(|it| it.1);
    let entry = |(state, level): (&str, Level)| {
        let (colour, hatch) = theme.level(level);
        Entry {
            label: state.to_owned(),
            swatch: Swatch::Box(hatched(theme, colour, hatch)),
        }
    };
    known.into_iter().map(entry).collect()
}

fn state_rows(figure: &Timeline, pen: &Pen, theme: &Theme, area: Frame, time: &Ruler) {
    let chart = Chart::new(pen, theme, area, time.clone(), Ruler::blank());
    bands(&chart, &figure.shades);
    chart.axes(true, true);
    edges(pen, &chart, &figure.shades);
    for (at, row) in figure.states.iter().take(STATES_MAX).enumerate() {
        let middle = area.top + (at as f64 + 0.5) * STATE;
        let label = fit(&row.label, SMALL, area.left - super::page::MARGIN - 8.0);
        pen.text(
            &label,
            (area.left - 7.0, middle + SMALL * 0.35),
            Anchor::End,
            SMALL,
            theme.text,
        );
        for span in &row.spans {
            state(row, span, pen, &chart, middle);
        }
    }
}

fn state(row: &StateRow, span: &StateSpan, pen: &Pen, chart: &Chart<'_>, middle: f64) {
    let (Some(from), Some(to)) = (chart.across(span.from_s), chart.across(span.to_s)) else {
        return;
    };
    let theme = chart.theme;
    let (colour, hatch) = theme.level(span.level);
    // What is worse is higher, too.
    let half = match span.level {
        Level::Unknown | Level::Normal => 2.5,
        Level::Strained => 6.0,
        Level::Broken => 9.0,
    };
    let words = format!(
        "{}: {} from {} to {}",
        row.label,
        span.state,
        show_clock(span.from_s),
        show_clock(span.to_s)
    );
    let tags = Tags::class("state")
        .data("series", &*row.label)
        .data("state", &*span.state)
        .data("from-s", format!("{}", span.from_s))
        .data("to-s", format!("{}", span.to_s))
        .hint(words);
    let to = to.max(from + 1.0);
    pen.rect(
        (from, middle - half),
        (to, middle + half),
        hatched(theme, colour, hatch),
        tags,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_survive_thinning() {
        let mut values: Vec<Option<f64>> = vec![Some(1.0); 10_000];
        values[5_003] = Some(99.0);
        values[7_001] = None;
        let kept = thinned(&values, 100);
        assert!(kept.contains(&5_003) && kept.contains(&7_001));
        assert!(kept.len() <= 500 && kept.is_sorted());
        assert_eq!(thinned(&values[..50], 100).len(), 50);
    }

    #[test]
    fn stacks_stand_on_each_other() {
        let line = |value: f64| Line {
            label: String::new(),
            role: crate::figure::Role::Good,
            mark: Mark::Stack,
            values: vec![Some(value), None],
        };
        let panel = Panel {
            title: String::new(),
            unit: crate::number::Unit::PerSecond,
            scale: Scale::Linear,
            lines: vec![line(2.0), line(3.0)],
        };
        assert_eq!(stacked(&panel), [[Some((0.0, 2.0)), None], [Some((2.0, 5.0)), None]]);
    }
}
