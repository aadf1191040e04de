//! A timeline as text: block characters, or plain ASCII.

use crate::figure::{Line, Mark, Panel, Scale, Shade, Timeline};
use crate::number::{Unit, show_clock, show_exact};

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Width of the whole figure in characters; at least 40 are used.
    pub width: usize,
    /// Height of each panel in characters; at least 2 are used.
    pub height: usize,
    /// Only ASCII characters.
    pub ascii: bool,
    /// ANSI colours.
    pub colour: bool,
}

/// Characters at the left that hold the scale.
const GUTTER: usize = 10;

/// The most different shades that are named below the figure.
const SHADES_NAMED: usize = 6;

impl Style {
    /// How many points in time fit side by side: values in this number need no resampling.
    pub fn columns(&self) -> usize {
        self.width.max(40) - GUTTER - 2
    }
}

/// Draws a timeline; each line of the text ends with a newline.
pub fn render(figure: &Timeline, style: &Style) -> String {
    let columns = style.columns();
    let shaded = shaded_columns(figure, columns);
    let mut text = String::new();
    for panel in &figure.panels {
        text.push_str(&panel_text(panel, style, &shaded));
        text.push_str(&time_axis(figure.from_s, figure.to_s, columns, style.ascii));
    }
    text.push_str(&shade_legend(&figure.shades, style.ascii));
    text
}

/// Which columns a shade touches.
fn shaded_columns(figure: &Timeline, columns: usize) -> Vec<bool> {
    let width_s = (figure.to_s - figure.from_s) / columns as f64;
    (0..columns)
        .map(|at| {
            let (from, to) = (
                figure.from_s + at as f64 * width_s,
                figure.from_s + (at + 1) as f64 * width_s,
            );
            figure
                .shades
                .iter()
                .any(|it| it.from_s < to && (it.to_s > from || it.from_s >= from))
        })
        .collect()
}

fn panel_text(panel: &Panel, style: &Style, shaded: &[bool]) -> String {
    let (columns, rows) = (shaded.len(), style.height.max(2));
    let lines: Vec<(Mark, Vec<Option<f64>>)> = panel
        .lines
        .iter()
        .map(|it| (it.mark, resample(&it.values, columns)))
        .collect();
    let axis = Axis::new(panel.scale, lines.iter().flat_map(|it| it.1.iter().flatten().copied()));

    let mut cells: Vec<Vec<(char, Paint)>> = vec![vec![(' ', Paint::Plain); columns]; rows];
    for row in &mut cells {
        for (cell, _) in row.iter_mut().zip(shaded).filter(|it| *it.1) {
            *cell = (if style.ascii { ':' } else { '░' }, Paint::Shade);
        }
    }
    for (mark, values) in &lines {
        for (column, value) in values.iter().enumerate() {
            let Some(height) = value.and_then(|it| axis.height(it)) else {
                continue;
            };
            draw(&mut cells, column, height * rows as f64, *mark, style.ascii);
        }
    }

    let mut text = heading(panel, style);
    let wall = if style.ascii { '|' } else { '│' };
    let labels = axis.labels(panel.unit, rows);
    for (row, label) in labels.iter().enumerate() {
        text.push_str(&format!("{label:>GUTTER$} {wall}"));
        text.push_str(&painted(&cells[row], style.colour));
        text.push('\n');
    }
    text
}

/// Draws one value into its column; `height` is in rows from the bottom.
fn draw(cells: &mut [Vec<(char, Paint)>], column: usize, height: f64, mark: Mark, ascii: bool) {
    let rows = cells.len();
    if mark == Mark::Area {
        // Eighths of a row, at least one for anything above nothing.
        let eighths = (height * 8.0).round().max(if height > 0.0 { 1.0 } else { 0.0 }) as usize;
        for up in 0..rows {
            let filled = eighths.saturating_sub(up * 8).min(8);
            let glyph = match (filled, ascii) {
                (0, _) => continue,
                (1..=3, true) => '_',
                (_, true) => '#',
                (_, false) => ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'][filled - 1],
            };
            cells[rows - 1 - up][column] = (glyph, Paint::Area);
        }
        return;
    }
    // A rule a quarter of a row above an area is taken to lie on it.
    let up = if mark == Mark::Rule {
        (height - 0.25).ceil() as usize - usize::from(height > 0.25)
    } else {
        height as usize
    };
    let up = up.min(rows - 1);
    let cell = &mut cells[rows - 1 - up][column];
    // A rule is drawn only above an area: where it lies on its edge, the area says the same.
    if mark == Mark::Rule && cell.1 == Paint::Area {
        return;
    }
    *cell = (
        glyph(mark, ascii),
        if mark == Mark::Dots { Paint::Dots } else { Paint::Plain },
    );
}

fn glyph(mark: Mark, ascii: bool) -> char {
    match (mark, ascii) {
        (Mark::Area, false) => '█',
        (Mark::Area, true) => '#',
        (Mark::Rule, false) => '─',
        (Mark::Rule, true) => '-',
        (Mark::Dots, false) => '●',
        (Mark::Dots, true) => 'o',
        (Mark::Points, false) => '·',
        (Mark::Points, true) => '.',
    }
}

/// The title and what each mark means; on lines of their own where one is too short.
fn heading(panel: &Panel, style: &Style) -> String {
    let entry = |it: &Line| format!("{} {}", glyph(it.mark, style.ascii), it.label);
    let entries: Vec<String> = panel.lines.iter().map(entry).collect();
    if entries.is_empty() {
        return format!("{}\n", panel.title);
    }
    let line = format!("{}: {}\n", panel.title, entries.join("  "));
    if line.chars().count() <= style.width.max(40) + 1 {
        return line;
    }
    let blank = " ".repeat(GUTTER + 2);
    format!("{}:\n{blank}{}\n", panel.title, entries.join("  "))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Paint {
    Plain,
    Area,
    Dots,
    Shade,
}

/// A row of cells without trailing blanks, coloured where asked.
fn painted(cells: &[(char, Paint)], colour: bool) -> String {
    let end = cells.iter().rposition(|it| it.0 != ' ').map_or(0, |it| it + 1);
    let mut text = String::new();
    let mut current = Paint::Plain;
    for &(glyph, paint) in &cells[..end] {
        if colour && paint != current && glyph != ' ' {
            text.push_str(match paint {
                Paint::Plain => "\x1b[0m",
                Paint::Area => "\x1b[0;32m",
                Paint::Dots => "\x1b[0;33m",
                Paint::Shade => "\x1b[0;31m",
            });
            current = paint;
        }
        text.push(glyph);
    }
    if current != Paint::Plain {
        text.push_str("\x1b[0m");
    }
    text
}

/// The scale of a panel: from `low` to `high`, both in the panel's unit or, if logarithmic, its power of ten.
struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
}

impl Axis {
    fn new(scale: Scale, values: impl Iterator<Item = f64>) -> Axis {
        match scale {
            Scale::Linear => {
                let most = values.filter(|it| it.is_finite()).fold(0.0, f64::max);
                Axis {
                    scale,
                    low: 0.0,
                    high: if most > 0.0 { round_up(most) } else { 1.0 },
                }
            }
            Scale::Log => {
                let logs = values.filter(|it| *it > 0.0 && it.is_finite()).map(libm::log10);
                let (least, most) = logs.fold((f64::MAX, f64::MIN), |(low, high), it| (low.min(it), high.max(it)));
                if least > most {
                    return Axis {
                        scale,
                        low: -3.0,
                        high: 0.0,
                    };
                }
                let (low, high) = (round_log(least, f64::floor), round_log(most, f64::ceil));
                Axis {
                    scale,
                    low,
                    high: if high > low { high } else { low + 1.0 },
                }
            }
        }
    }

    /// Where a value lies, in `0..=1`; `None` if it cannot be shown.
    fn height(&self, value: f64) -> Option<f64> {
        let value = match self.scale {
            Scale::Linear => value,
            Scale::Log if value > 0.0 => libm::log10(value),
            Scale::Log => return None,
        };
        value
            .is_finite()
            .then(|| ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0))
    }

    /// A label for each row, empty for most.
    fn labels(&self, unit: Unit, rows: usize) -> Vec<String> {
        let mut labels = vec![String::new(); rows];
        match self.scale {
            Scale::Linear => {
                labels[0] = show_exact(unit, self.high);
                if rows >= 6 && rows.is_multiple_of(2) {
                    labels[rows / 2] = show_exact(unit, self.high / 2.0);
                }
                labels[rows - 1] = show_exact(unit, 0.0);
            }
            Scale::Log => {
                let mut label = |log: f64| {
                    let up = ((log - self.low) / (self.high - self.low) * rows as f64) as usize;
                    let label = &mut labels[rows - 1 - up.min(rows - 1)];
                    if label.is_empty() {
                        *label = show_exact(unit, number_of(log));
                    }
                };
                // The ends first, then whole powers of ten where they find a row of their own.
                label(self.low);
                label(self.high);
                let mut decade = self.low.ceil();
                while decade < self.high {
                    label(decade);
                    decade += 1.0;
                }
            }
        }
        labels
    }
}

/// The logarithm of the number 1, 2 or 5 times a power of ten that is next to `log`, below or above as `whole` rounds.
fn round_log(log: f64, whole: impl Fn(f64) -> f64) -> f64 {
    let steps = [0.0, libm::log10(2.0), libm::log10(5.0), 1.0];
    let decade = log.floor();
    let up = whole(0.5) > 0.5;
    let near = |step: &f64| {
        if up {
            decade + step >= log - 1e-9
        } else {
            decade + step <= log + 1e-9
        }
    };
    let step = if up {
        steps.into_iter().find(near)
    } else {
        steps.into_iter().rfind(near)
    };
    decade + step.unwrap_or(0.0)
}

/// The number whose logarithm this is, to three digits: what rounding left over is no part of a label.
fn number_of(log: f64) -> f64 {
    let number = libm::pow(10.0, log);
    format!("{number:.2e}").parse().unwrap_or(number)
}

/// The next number of the form 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten.
fn round_up(value: f64) -> f64 {
    let decade = libm::pow(10.0, libm::log10(value).floor());
    let steps = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    // A maximum that lies on a step up to rounding error stays on it.
    let step = steps
        .into_iter()
        .find(|step| value <= step * decade * (1.0 + 1e-9))
        .unwrap_or(10.0);
    step * decade
}

/// The mean of the values that fall into each of `columns` equal stretches; fewer values than columns are repeated.
fn resample(values: &[Option<f64>], columns: usize) -> Vec<Option<f64>> {
    if values.is_empty() {
        return vec![None; columns];
    }
    (0..columns)
        .map(|column| {
            let from = column * values.len() / columns;
            let to = ((column + 1) * values.len() / columns).max(from + 1);
            let here: Vec<f64> = values[from..to].iter().flatten().copied().collect();
            (!here.is_empty()).then(|| here.iter().sum::<f64>() / here.len() as f64)
        })
        .collect()
}

/// The time axis with four to eight labels.
fn time_axis(from_s: f64, to_s: f64, columns: usize, ascii: bool) -> String {
    let steps = [
        0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0,
        600.0, 1_200.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 21_600.0, 43_200.0, 86_400.0, 172_800.0, 604_800.0,
    ];
    let length = to_s - from_s;
    let step = steps
        .into_iter()
        .find(|step| length / step <= 8.0)
        .unwrap_or(length / 4.0);
    let (line, tick, corner) = if ascii { ('-', '+', '+') } else { ('─', '┴', '└') };
    let mut axis: Vec<char> = vec![line; columns];
    let mut labels = String::new();
    let mut at = (from_s / step).ceil();
    while at * step <= to_s * (1.0 + 1e-9) {
        let column = ((at * step - from_s) / length * columns as f64) as usize;
        let label = show_clock(at * step);
        if column < columns {
            axis[column] = tick;
        }
        let written = labels.chars().count();
        // The last label ends where the axis does.
        let begins = column.min(columns.saturating_sub(label.len()));
        if begins >= written + usize::from(written > 0) {
            labels.extend(core::iter::repeat_n(' ', begins - written));
            labels.push_str(&label);
        }
        at += 1.0;
    }
    let blank = " ".repeat(GUTTER + 1);
    format!(
        "{blank}{corner}{}\n{blank} {labels}\n",
        axis.into_iter().collect::<String>()
    )
}

/// A line for each label: the stretch, or how many and the first and last instant.
fn shade_legend(shades: &[Shade], ascii: bool) -> String {
    let mut labels: Vec<&str> = Vec::new();
    for shade in shades {
        if !labels.contains(&shade.label.as_str()) {
            labels.push(&shade.label);
        }
    }
    let mark = if ascii { ':' } else { '░' };
    let blank = " ".repeat(GUTTER);
    let mut text = String::new();
    for label in labels.iter().take(SHADES_NAMED) {
        let stretches: Vec<&Shade> = shades.iter().filter(|it| it.label == **label).collect();
        let first = stretches.iter().map(|it| it.from_s).fold(f64::MAX, f64::min);
        let last = stretches.iter().map(|it| it.to_s).fold(f64::MIN, f64::max);
        let times = if stretches.len() > 1 {
            format!(", {} times", stretches.len())
        } else {
            String::new()
        };
        text.push_str(&format!(
            "{blank} {mark} {label}: {} to {}{times}\n",
            show_clock(first),
            show_clock(last)
        ));
    }
    if labels.len() > SHADES_NAMED {
        text.push_str(&format!("{blank}   and {} more\n", labels.len() - SHADES_NAMED));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storm() -> Timeline {
        let seconds = 0..1200;
        let line = |label: &str, mark, of: &dyn Fn(i32) -> Option<f64>| Line {
            label: label.to_owned(),
            mark,
            values: seconds.clone().map(of).collect(),
        };
        Timeline {
            from_s: 0.0,
            to_s: 1200.0,
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
        insta::assert_snapshot!(render(
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
        let text = render(
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
        let coloured = render(&storm(), &Style { colour: true, ..style });
        let mut stripped = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once('\x1b') {
            stripped.push_str(before);
            rest = after.split_once('m').expect("a colour code ends with m").1;
        }
        stripped.push_str(rest);
        assert_eq!(stripped, render(&storm(), &style));
        assert_ne!(coloured, stripped);
    }

    #[test]
    fn nothing_to_show_is_an_empty_panel() {
        let mut figure = storm();
        figure.shades.clear();
        for line in figure.panels.iter_mut().flat_map(|it| &mut it.lines) {
            line.values.clear();
        }
        let text = render(
            &figure,
            &Style {
                width: 0,
                height: 0,
                ascii: true,
                colour: false,
            },
        );
        assert!(text.lines().all(|it| it.len() <= 60), "{text}");
        assert_eq!(text.lines().count(), 2 * (1 + 2 + 2));
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        for width in [40, 79, 100, 120] {
            let text = render(
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
}
