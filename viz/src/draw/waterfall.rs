//! Draws one request: a bar for each call and attempt, divided by what its time went into.

use super::chart::{BELOW, Chart, Frame, room_across};
use super::page::{Entry, Swatch, hatched, legend};
use super::pen::Pen;
use super::picture::{Anchor, Look, Tags};
use super::series::compact;
use super::text::{MEDIUM, SMALL, fit, fit_bold, width};
use crate::figure::parts::shown;
use crate::figure::{Activity, Scale, Segment, Track, TrackKind, Waterfall};
use crate::number::{Unit, show};
use crate::ruler::Ruler;
use crate::theme::Theme;

pub(super) fn draw(figure: &Waterfall, pen: &Pen, theme: &Theme, frame: Frame) {
    let Some((from_s, to_s)) = figure.span() else { return };
    let head = format!("Request ended: {}", figure.end_words());
    pen.bold(
        &fit_bold(&head, MEDIUM, frame.width()),
        (frame.left, frame.top + 15.0),
        Anchor::Start,
        MEDIUM,
        theme.text,
    );
    let keys = keys(figure, theme);
    let below = legend(pen, theme, &keys, (frame.left, frame.top + 24.0), frame.width());

    let indent = |track: &Track| (track.depth.min(12) as f64) * 16.0;
    let long = figure
        .tracks
        .iter()
        .map(|it| width(&it.label, SMALL) + indent(it))
        .fold(0.0, f64::max)
        + 18.0;
    let area = Frame {
        left: frame.left + long.min(frame.width() * 0.3),
        top: frame.top + 24.0 + below + 26.0,
        right: frame.right - 10.0,
        bottom: frame.bottom - BELOW - 20.0,
    };
    let area = area.at_least(60.0, 20.0);
    let room = room_across(area.width());
    // Room at the right for how the last bars ended.
    let time = Ruler::new(
        Scale::Linear,
        Unit::Seconds,
        [from_s, to_s + (to_s - from_s) * 0.06].into_iter(),
        room,
    );
    let chart = Chart::new(pen, theme, area, time, Ruler::blank());
    chart.axes(true, false);
    chart.title_below("time since the request was sent");

    let drawn = figure.tracks.len().min((area.height() / 18.0) as usize).max(1);
    let each = (area.height() / drawn as f64).min(64.0);
    let middle = |at: usize| area.top + (at as f64 + 0.5) * each;
    if let Some(x) = shown(figure.answered_s).and_then(|it| chart.across(it)) {
        pen.line(
            (x, area.top - 8.0),
            (x, area.bottom),
            Look::stroke(theme.text, 1.6).dashed(&[6.0, 3.0]),
            "answered",
        );
        let words = format!("answered {}", show(Unit::Seconds, figure.answered_s.unwrap_or(0.0)));
        let half = width(&words, SMALL) / 2.0;
        let x = x.clamp(area.left + half, (frame.right - half).max(area.left + half));
        pen.text(&words, (x, area.top - 12.0), Anchor::Middle, SMALL, theme.text);
    }
    for (at, track) in figure.tracks[..drawn].iter().enumerate() {
        let indent = indent(track);
        let room = area.left - frame.left - indent - 10.0;
        let label = fit(&track.label, SMALL, room);
        pen.text(
            &label,
            (frame.left + indent, middle(at) + 5.0),
            Anchor::Start,
            SMALL,
            theme.text,
        );
        bar(track, &chart, pen, middle(at), each);
    }
    if drawn < figure.tracks.len() {
        let more = format!("and {} more", figure.tracks.len() - drawn);
        pen.text(
            &more,
            (frame.left, frame.bottom - 2.0),
            Anchor::Start,
            SMALL,
            theme.muted,
        );
    }
}

fn keys(figure: &Waterfall, theme: &Theme) -> Vec<Entry> {
    let has = |activity: Activity| {
        figure
            .tracks
            .iter()
            .flat_map(|it| &it.segments)
            .any(|it| it.activity == activity)
    };
    let mut keys: Vec<Entry> = Activity::ALL
        .into_iter()
        .filter(|it| has(*it))
        .map(|it| Entry {
            label: it.word().to_owned(),
            swatch: Swatch::Box(look(it, theme)),
        })
        .collect();
    if figure.tracks.iter().any(|it| it.kind == TrackKind::Hedge) {
        keys.push(Entry {
            label: "hedge".to_owned(),
            swatch: Swatch::Box(Look::stroke(theme.text, 1.4).dashed(&[4.0, 3.0])),
        });
    }
    if figure.orphaned_s() > 0.0 {
        keys.push(Entry {
            label: "nobody waits any more".to_owned(),
            swatch: Swatch::Line(Look::stroke(theme.late, 3.0), None),
        });
    }
    keys
}

fn look(activity: Activity, theme: &Theme) -> Look {
    let (colour, hatch) = theme.activity(activity);
    hatched(theme, colour, hatch)
}

/// Half the height of a segment as a share of the bar's: what computes is heaviest.
fn weight(activity: Activity) -> f64 {
    match activity {
        Activity::Work => 1.0,
        Activity::Queue => 0.8,
        Activity::Network => 0.5,
        Activity::Waiting => 0.22,
        Activity::Backoff => 0.4,
    }
}

fn bar(track: &Track, chart: &Chart<'_>, pen: &Pen, middle: f64, each: f64) {
    let theme = chart.theme;
    let half = (each / 2.0 - 3.0).clamp(3.0, 15.0);
    let outcome = track.outcome.map_or("unfinished", |it| it.name());
    let tags = Tags::class("track")
        .data("series", &*track.label)
        .data("kind", track.kind.word());
    pen.open(tags.data("outcome", outcome));
    let ends: Vec<(f64, f64)> = track.segments.iter().filter_map(Segment::ends).collect();
    for segment in &track.segments {
        let Some((from_s, to_s)) = segment.ends() else { continue };
        let (Some(from), Some(to)) = (chart.across(from_s), chart.across(to_s)) else {
            continue;
        };
        let tall = half * weight(segment.activity);
        let words = format!(
            "{}: {} {}",
            track.label,
            segment.activity.word(),
            show(Unit::Seconds, to_s - from_s)
        );
        let tags = Tags::class("segment")
            .data("activity", segment.activity.word())
            .data("from-s", compact(from_s))
            .data("to-s", compact(to_s))
            .hint(words);
        let to = to.max(from + 0.5);
        pen.rect(
            (from, middle - tall),
            (to, middle + tall),
            look(segment.activity, theme),
            tags,
        );
    }
    let first = ends.iter().map(|it| it.0).fold(f64::MAX, f64::min);
    let last = ends.iter().map(|it| it.1).fold(f64::MIN, f64::max);
    if let (Some(from), Some(to), false) = (chart.across(first), chart.across(last), ends.is_empty()) {
        if track.kind == TrackKind::Hedge {
            let look = Look::stroke(theme.text, 1.4).dashed(&[4.0, 3.0]);
            let tags = Tags::class("hedge");
            pen.rect(
                (from - 2.0, middle - half - 2.0),
                (to + 2.0, middle + half + 2.0),
                look,
                tags,
            );
        }
        let orphan = shown(track.orphaned_s).filter(|it| *it < last);
        if let Some(x) = orphan.and_then(|it| chart.across(it.max(first))) {
            // A heavy line below, from the moment on.
            let tags = Tags::class("orphaned").hint(format!("{}: nobody waits any more", track.label));
            let (top, bottom) = (middle + half + 1.0, middle + half + 4.0);
            pen.rect((x, top), (to.max(x + 1.0), bottom), Look::fill(theme.late), tags);
            let gone = Look::stroke(theme.late, 2.0);
            pen.line((x, middle - half - 2.0), (x, middle + half + 4.0), gone, "orphaned");
        }
        end_words(track, chart, pen, (from, to), middle);
    }
    pen.close();
}

/// How it ended, beside its end.
fn end_words(track: &Track, chart: &Chart<'_>, pen: &Pen, ends: (f64, f64), middle: f64) {
    let theme = chart.theme;
    let words = track.outcome.map_or("unfinished", |it| it.name());
    let long = width(words, SMALL);
    let is_failure = track.outcome.is_none_or(|it| it.is_failure());
    let colour = if is_failure { theme.text } else { theme.muted };
    let edge = f64::from(pen.size().width) - 6.0;
    // Failures have the colour and the strokes of their cause before them.
    let key = if is_failure { 16.0 } else { 0.0 };
    let left = if ends.1 + 8.0 + key + long <= edge {
        ends.1 + 8.0
    } else {
        (ends.0 - 8.0 - key - long).max(4.0)
    };
    if let Some(outcome) = track.outcome.filter(|_| is_failure) {
        let (colour, hatch) = theme.outcome(outcome);
        let look = hatched(theme, colour, hatch);
        pen.rect(
            (left, middle - 6.0),
            (left + 12.0, middle + 6.0),
            look,
            Tags::class("outcome"),
        );
    }
    pen.over(
        words,
        (left + key, middle + 5.0),
        Anchor::Start,
        SMALL,
        colour,
        theme.background,
    );
}
