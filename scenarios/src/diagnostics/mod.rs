//! Mistakes and lints of a scenario: each with a stable code, a place in the text and, where it is clear, the cure.
//!
//! Every kind of mistake has one constructor and one entry in [`codes`]; `S0xxx` are errors, `L0xxx` are lints. Those about
//! the text and its fields are here in `decoding`; those about names and the model are with the lowering.

pub mod codes;
mod decoding;
mod render;

use crate::document::{Place, Sources};
use codes::Code;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario cannot be run.
    Error,
    /// It can be run, but probably means something else.
    Warning,
}

/// One mistake or lint.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: &'static Code,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// Where.
    pub at: Place,
    /// A few words at the caret.
    pub label: Option<String>,
    /// Other places that matter, each with a few words.
    pub also: Vec<(Place, String)>,
    /// More about it.
    pub note: Option<String>,
    /// The cure, where it is clear.
    pub help: Option<String>,
}

impl Diagnostic {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// A few words at the caret.
    pub fn label(&mut self, label: impl Into<String>) -> &mut Diagnostic {
        self.label = Some(label.into());
        self
    }

    /// Another place that matters.
    pub fn also(&mut self, at: Place, label: impl Into<String>) -> &mut Diagnostic {
        self.also.push((at, label.into()));
        self
    }

    /// More about it.
    pub fn note(&mut self, note: impl Into<String>) -> &mut Diagnostic {
        self.note = Some(note.into());
        self
    }

    /// The cure.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Diagnostic {
        self.help = Some(help.into());
        self
    }
}

/// A diagnostic as a table row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// Stable code: `S0107`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: &'a str,
    /// What the text is called that it stands in.
    pub file: &'a str,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The cure, where it is clear.
    pub help: Option<&'a str>,
}

/// All mistakes and lints found, with the texts they point into.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagnostics {
    sources: Sources,
    list: Vec<Diagnostic>,
    /// How many more there were; the last one of the list stands for them.
    dropped: usize,
}

/// More than so many are only counted.
const KEPT_MAX: usize = 5_000;

impl Diagnostics {
    /// None yet.
    pub fn new(sources: Sources) -> Diagnostics {
        Diagnostics {
            sources,
            list: Vec::new(),
            dropped: 0,
        }
    }

    /// Adds one; the constructors of each kind call this.
    pub fn report(&mut self, code: &'static Code, at: Place, message: impl Into<String>) -> &mut Diagnostic {
        if self.list.len() >= KEPT_MAX {
            // Enough errors stay to know that there are some.
            let last = self.list.iter().rposition(|it| it.severity() >= code.severity());
            self.list.remove(last.unwrap_or(KEPT_MAX - 1));
            self.dropped += 1;
        }
        self.list.push(Diagnostic {
            code,
            message: message.into(),
            at,
            label: None,
            also: Vec::new(),
            note: None,
            help: None,
        });
        self.list.last_mut().expect("it was just pushed")
    }

    /// Adds those of another version of the same file; equal ones stay one.
    pub fn merge(&mut self, other: Diagnostics) {
        if other.sources.len() > self.sources.len() {
            self.sources = other.sources;
        }
        self.list.extend(other.list);
        self.dropped += other.dropped;
        self.sort();
        self.dropped += self.list.len().saturating_sub(KEPT_MAX);
        self.list.truncate(KEPT_MAX);
    }

    /// By place, each once: a key that two tables inherit from the same line is one mistake.
    pub fn sort(&mut self) {
        let key = |it: &Diagnostic| (it.at.source, it.at.start, it.at.end, it.code.id);
        self.list
            .sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message)));
        self.list
            .dedup_by(|a, b| key(a) == key(b) && (a.message == b.message || a.code.id == codes::S0101.id));
    }

    /// Says this of all of them that say nothing else besides.
    pub(crate) fn note_all(&mut self, note: &str) {
        for it in self.list.iter_mut().filter(|it| it.note.is_none()) {
            it.note(note);
        }
    }

    /// Drops what does not fit.
    pub(crate) fn retain(&mut self, fits: impl FnMut(&Diagnostic) -> bool) {
        self.list.retain(fits);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many more were found than are kept.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// How many, errors and warnings.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is an error.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|it| it.severity() == Severity::Error)
    }

    /// The texts they point into.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// All of them, in the order of their places once sorted.
    pub fn all(&self) -> &[Diagnostic] {
        &self.list
    }

    /// All of them as rows.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.list.iter().map(|it| {
            let (line, column) = self.sources.line_column(it.at);
            Row {
                code: it.code.id,
                severity: it.severity(),
                message: &it.message,
                file: self.sources.get(it.at).map_or("", |it| it.name.as_str()),
                line,
                column,
                help: it.help.as_deref(),
            }
        })
    }
}
