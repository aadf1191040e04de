//! One request as text: aligned bars.

use super::Style;
use super::words::{fit, plain, title, widest};
use crate::figure::parts::shown;
use crate::figure::{Activity, Scale, Segment, Track, Waterfall};
use crate::number::Unit;
use crate::ruler::Ruler;

/// The sign of what time is spent on; of work that nobody waits for, another.
fn sign(activity: Activity, orphaned: bool, ascii: bool) -> char {
    match (activity, orphaned, ascii) {
        (Activity::Work, true, false) => '╳',
        (Activity::Work, true, true) => 'x',
        (Activity::Work, false, false) => '█',
        (Activity::Work, false, true) => '#',
        (Activity::Queue, _, false) => '▒',
        (Activity::Queue, _, true) => ':',
        (Activity::Network, _, false) => '»',
        (Activity::Network, _, true) => '>',
        (Activity::Waiting, _, false) => '─',
        (Activity::Waiting, _, true) => '-',
        (Activity::Backoff, _, _) => '~',
    }
}

pub(super) fn render(figure: &Waterfall, style: &Style) -> String {
    let Some((from_s, to_s)) = figure.span() else {
        return String::new();
    };
    let ascii = style.ascii;
    let width = style.width.max(40);
    let name = |it: &Track| format!("{}{}", "  ".repeat(it.depth.min(8)), plain(&it.label, ascii));
    let names: Vec<String> = figure.tracks.iter().map(name).collect();
    let label = widest(names.iter().map(String::as_str), width / 3);
    let columns = width.saturating_sub(label + 16).max(16);
    let x = Ruler::new(Scale::Linear, Unit::Seconds, [from_s, to_s].into_iter(), columns / 12);
    let column = |at: f64| {
        x.place(at)
            .map_or(0, |it| ((it * columns as f64).round() as usize).min(columns))
    };
    let mut text = title(&figure.title, style);
    text.push_str(&format!("Request ended: {}\n", figure.end_words()));
    for (track, name) in figure.tracks.iter().zip(&names) {
        let mut cells = vec![' '; columns];
        for segment in &track.segments {
            let Some((from, to)) = segment.ends() else { continue };
            let first = column(from).min(columns - 1);
            // Nothing is too short to be seen.
            let last = column(to).clamp(first + 1, columns);
            let orphaned = shown(track.orphaned_s).map_or(columns, column);
            for (at, cell) in cells.iter_mut().enumerate().take(last).skip(first) {
                *cell = sign(segment.activity, at >= orphaned, ascii);
            }
        }
        let bar: String = cells.into_iter().collect();
        let outcome = track.outcome.map_or("unfinished", |it| it.name());
        let name = fit(name, label, ascii);
        text.push_str(&format!("{name:<label$} {bar} {outcome}\n"));
    }
    let has = |activity: Activity| {
        figure
            .tracks
            .iter()
            .flat_map(|it| &it.segments)
            .any(|it: &Segment| it.activity == activity)
    };
    let mut keys: Vec<String> = Activity::ALL
        .into_iter()
        .filter(|it| has(*it))
        .map(|it| format!("{} {}", sign(it, false, ascii), it.word()))
        .collect();
    if figure.orphaned_s() > 0.0 {
        keys.push(format!("{} work nobody waits for", sign(Activity::Work, true, ascii)));
    }
    let blank = " ".repeat(label + 1);
    let mut scale = String::new();
    for tick in x.ticks.iter().filter(|it| !it.label.is_empty()) {
        let begins = column(tick.value).min(columns.saturating_sub(tick.label.chars().count()));
        let written = scale.chars().count();
        if begins >= written + usize::from(written > 0) {
            scale.extend(core::iter::repeat_n(' ', begins - written));
            scale.push_str(&tick.label);
        }
    }
    text.push_str(&format!("{blank}{scale}\n{}\n", keys.join("  ")));
    text
}
