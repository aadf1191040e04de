//! The texts that places point into.

use std::sync::Arc;

use super::Place;

/// One text that places point into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What messages call it: the file's name, or `--set`.
    pub name: String,
    /// The text.
    pub text: String,
    /// Where each line begins.
    lines: Vec<u32>,
}

/// All texts that places of a document point into. Cheap to copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources(Vec<Arc<Source>>);

impl Sources {
    /// The text a place points into.
    pub fn get(&self, place: Place) -> Option<&Source> {
        self.0.get(usize::from(place.source)).map(|it| &**it)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Line and column of a place's start, both from 1; columns count characters (bytes in lines above 10 kB).
    pub fn line_column(&self, place: Place) -> (usize, usize) {
        let Some(source) = self.get(place) else { return (1, 1) };
        let mut start = (place.start as usize).min(source.text.len());
        while !source.text.is_char_boundary(start) {
            start -= 1;
        }
        let line = source.lines.partition_point(|it| *it as usize <= start);
        let line_start = source.lines.get(line.saturating_sub(1)).map_or(0, |it| *it as usize);
        let before = &source.text[line_start..start];
        // A line of a megabyte is no line for people: counting bytes there keeps a file full of mistakes from taking ages.
        let column = if before.len() > 10_000 {
            before.len()
        } else {
            before.chars().count()
        };
        (line.max(1), 1 + column)
    }

    pub(super) fn push(&mut self, name: &str, text: &str) -> u16 {
        let breaks = text.bytes().enumerate().filter(|it| it.1 == b'\n');
        self.0.push(Arc::new(Source {
            name: name.to_owned(),
            text: text.to_owned(),
            lines: [0].into_iter().chain(breaks.map(|it| it.0 as u32 + 1)).collect(),
        }));
        u16::try_from(self.0.len() - 1).expect("no more than 65535 texts")
    }
}
