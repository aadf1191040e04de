//! Heat maps as text: shaded cells, with their percents where they are probabilities.

use super::Style;
use super::words::{fit, plain, title, widest};
use crate::figure::parts::extent;
use crate::figure::{HeatFacet, HeatMap, Scale, Shading};
use crate::number::{Unit, show, show_exact};
use crate::ruler::Ruler;

/// From nothing to all, in five steps.
fn shades(ascii: bool) -> [char; 5] {
    if ascii {
        ['.', ':', '+', '%', '#']
    } else {
        ['·', '░', '▒', '▓', '█']
    }
}

pub(super) fn render(figure: &HeatMap, style: &Style) -> String {
    let values = || figure.facets.iter().flat_map(|it| figure.values(it)).map(|it| it.2);
    let colours = match figure.shading {
        Shading::Phases => Ruler::new(Scale::Linear, Unit::Ratio, [0.0, 1.0].into_iter(), 5),
        Shading::Range => Ruler::new(figure.value.scale, figure.value.unit, values(), 5),
    };
    let ascii = style.ascii;
    let mut text = title(&figure.title, style);
    for facet in &figure.facets {
        let name = match facet.label.as_str() {
            "" => figure.value.label.clone(),
            label => format!("{}, {label}", figure.value.label),
        };
        text.push_str(&format!("{}\n", plain(&name, ascii)));
        text.push_str(&cells(figure, facet, &colours, style));
    }
    let step = |place: f64| ((place * 5.0) as usize).min(4);
    let mut ends: [Option<(f64, f64)>; 5] = [None; 5];
    for value in values() {
        if let Some(place) = colours.place(value) {
            let known = ends[step(place)];
            ends[step(place)] = extent(
                [Some(value), known.map(|it| it.0), known.map(|it| it.1)]
                    .into_iter()
                    .flatten(),
            );
        }
    }
    let unit = figure.value.unit;
    let keys = shades(ascii).into_iter().zip(ends).filter_map(|(shade, ends)| {
        let (low, high) = ends?;
        let words = if low == high {
            show(unit, low)
        } else {
            format!("{} to {}", show(unit, low), show(unit, high))
        };
        Some(format!("{shade}{shade} {words}"))
    });
    let keys: Vec<String> = keys.collect();
    for line in keys.chunks(3) {
        text.push_str(&format!("  {}\n", line.join("   ")));
    }
    text
}

fn cells(figure: &HeatMap, facet: &HeatFacet, colours: &Ruler, style: &Style) -> String {
    let ascii = style.ascii;
    let (x, y): (Vec<String>, Vec<String>) = (
        figure.columns.iter().map(|it| plain(it, ascii)).collect(),
        figure.rows.iter().map(|it| plain(it, ascii)).collect(),
    );
    let label = widest(y.iter().map(String::as_str), style.width.max(40) / 4);
    let room = style.width.max(40).saturating_sub(label + 2) / x.len().max(1);
    // As wide as the columns' names, if there is room.
    let wide = (widest(x.iter().map(String::as_str), 9) + 1).max(5).min(room).max(1);
    let numbers = figure.value.unit == Unit::Ratio && wide >= 5;
    let mut text = format!("{}\n", plain(&figure.y_label, ascii));
    for (row, name) in y.iter().enumerate().rev() {
        text.push_str(&format!("{:>label$} ", fit(name, label, ascii)));
        for column in 0..x.len() {
            let value = figure.cell(facet, row, column).and_then(|it| it.shown());
            let place = value.and_then(|it| colours.place(it));
            let cell = match (place, value) {
                (Some(place), Some(value)) => {
                    let shade = shades(ascii)[((place * 5.0) as usize).min(4)];
                    let number = if numbers {
                        let percent = show_exact(Unit::Count, (value * 100.0).round());
                        fit(&percent, 3, ascii)
                    } else {
                        String::new()
                    };
                    let long = wide.saturating_sub(1).max(1) - number.chars().count().min(wide - 1);
                    let shaded: String = core::iter::repeat_n(shade, long).collect();
                    shaded + &number
                }
                _ => String::new(),
            };
            text.push_str(&format!("{cell:<wide$}"));
        }
        let end = text.trim_end().len();
        text.truncate(end);
        text.push('\n');
    }
    text.push_str(&" ".repeat(label + 1));
    // Names that do not fit their columns stand at every second, third ... one.
    let longest = widest(x.iter().map(String::as_str), 20);
    let every = (longest + 1).div_ceil(wide).max(1);
    for name in x.iter().step_by(every) {
        let room = wide * every;
        text.push_str(&format!("{:<room$}", fit(name, room.saturating_sub(1).max(1), ascii)));
    }
    let end = text.trim_end().len();
    text.truncate(end);
    text + &format!("\n{}{}\n", " ".repeat(label + 1), plain(&figure.x_label, ascii))
}
