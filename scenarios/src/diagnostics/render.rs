//! Diagnostics as rustc shows its own: file, line, column, the source line, a caret, the cure.

use super::{Diagnostic, Diagnostics, Severity};
use crate::document::{Place, Source};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use core::ops::Range;

/// More than so many are only counted.
const SHOWN_MAX: usize = 200;

/// A line longer than this is not shown, only named.
const LINE_MAX: usize = 1_000;

impl Diagnostics {
    /// All of them as text, sorted by place, with a line at the end that counts them; empty if there are none.
    pub fn render(&self, colour: bool) -> String {
        if self.is_empty() {
            return String::new();
        }
        let mut sorted = self.clone();
        sorted.sort();
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut text = String::new();
        for diagnostic in sorted.list.iter().take(SHOWN_MAX) {
            text += &renderer.render(&[self.group(diagnostic)]);
            text += "\n\n";
        }
        let errors = sorted
            .list
            .iter()
            .take(SHOWN_MAX)
            .filter(|it| it.severity() == Severity::Error)
            .count();
        text + &count(
            errors,
            sorted.len().min(SHOWN_MAX) - errors,
            sorted.len().saturating_sub(SHOWN_MAX) + sorted.dropped(),
        )
    }

    fn group<'a>(&'a self, diagnostic: &'a Diagnostic) -> Group<'a> {
        let level = match diagnostic.severity() {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = level
            .primary_title(diagnostic.message.as_str())
            .id(diagnostic.code.id)
            .elements(Vec::<Snippet<'a, annotate_snippets::Annotation<'a>>>::new());
        let mut places = vec![(diagnostic.at, diagnostic.label.as_deref(), AnnotationKind::Primary)];
        for (at, label) in &diagnostic.also {
            places.push((*at, Some(label.as_str()), AnnotationKind::Context));
        }
        for (place, label, kind) in places {
            let Some(source) = self.sources.get(place) else {
                continue;
            };
            let (line, column) = self.sources.line_column(place);
            let Some((lines, span)) = excerpt(source, place) else {
                let origin = Origin::path(source.name.as_str()).line(line).char_column(column);
                group = group.element(origin);
                continue;
            };
            let mut annotation = kind.span(span);
            if let Some(label) = label {
                annotation = annotation.label(label);
            }
            let snippet = Snippet::source(lines)
                .line_start(line)
                .path(source.name.as_str())
                .annotation(annotation);
            group = group.element(snippet);
        }
        if let Some(note) = &diagnostic.note {
            group = group.element(Level::NOTE.message(note.as_str()));
        }
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        group
    }
}

/// The line a place begins on, and the place within it; `None` if the line is too long to show.
fn excerpt(source: &Source, place: Place) -> Option<(&str, Range<usize>)> {
    let text = source.text.as_str();
    let boundary = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = boundary(place.start as usize);
    let first = text[..start].rfind('\n').map_or(0, |it| it + 1);
    let last = text[first..].find('\n').map_or(text.len(), |it| first + it);
    let line = text[first..last].trim_end_matches('\r');
    if line.len() > LINE_MAX {
        return None;
    }
    let end = boundary(place.end as usize).clamp(start, (first + line.len()).max(start));
    let start = (start - first).min(line.len());
    Some((line, start..(end - first).min(line.len()).max(start)))
}

/// `2 errors, 1 warning`.
fn count(errors: usize, warnings: usize, unseen: usize) -> String {
    let several = |number: usize, word: &str| match number {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{number} {word}s")),
    };
    let parts: Vec<String> = [several(errors, "error"), several(warnings, "warning")]
        .into_iter()
        .flatten()
        .collect();
    let unseen = if unseen > 0 {
        format!(", and {unseen} that are not shown")
    } else {
        String::new()
    };
    format!("{}{unseen}; `brownout explain CODE` tells more\n", parts.join(", "))
}
