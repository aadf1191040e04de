//! The small languages inside the strings of a scenario: quantities, distributions, addresses, flow steps, instants,
//! back-offs and expressions.
//!
//! Each is a pure function from text to a typed value. It knows nothing of files, of the names that exist, or of the
//! model; every part of what it returns keeps its place, in bytes within the string, so that later layers can point at it.
//! Decimal numbers become integers without passing through a float.

pub mod address;
pub mod backoff;
pub mod call;
mod cursor;
pub mod dist;
pub mod expr;
pub mod goal;
pub mod instant;
pub mod number;
pub mod range;
pub mod rule;
pub mod step;
pub mod units;

use core::ops::Range;

/// One mistake in a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where, in bytes within the string; within its length, on character boundaries, and empty at its end.
    pub at: Range<usize>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The cure, where it is clear.
    pub help: Option<String>,
}

/// Every mistake found in a string; at least one. A single [`SyntaxError`] converts into it.
pub type Errors = Vec<SyntaxError>;

impl SyntaxError {
    /// A mistake without a cure.
    pub fn new(at: Range<usize>, message: impl Into<String>) -> SyntaxError {
        SyntaxError {
            at,
            message: message.into(),
            help: None,
        }
    }

    /// The same mistake with a cure.
    pub fn help(mut self, help: impl Into<String>) -> SyntaxError {
        self.help = Some(help.into());
        self
    }

    /// The same mistake in a longer string, of which the one it was found in starts at `by`.
    pub fn shifted(mut self, by: usize) -> SyntaxError {
        self.at = self.at.start + by..self.at.end + by;
        self
    }
}

impl From<SyntaxError> for Errors {
    fn from(error: SyntaxError) -> Errors {
        vec![error]
    }
}

/// A value and where it stands in the string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub it: T,
    /// Its place, in bytes within the string.
    pub at: Range<usize>,
}

impl<T> Placed<T> {
    /// `it`, standing at `at`.
    pub fn new(it: T, at: Range<usize>) -> Placed<T> {
        Placed { it, at }
    }
}

/// The nearest of `known` to a mistyped `word`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    // One letter makes it the contrary.
    let is_contrary = |it: &str| it.strip_prefix("a").or_else(|| it.strip_prefix("un")) == Some(lower.as_str());
    let scored = known
        .into_iter()
        .filter(|it| !is_contrary(it))
        .map(|it| (strsim::damerau_levenshtein(&lower, &it.to_lowercase()), it));
    let limit = word.chars().count() / 3 + usize::from(word.chars().count() < 3);
    scored
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, it)| it)
}

/// `text` without white space around it, and where that begins.
pub(crate) fn trimmed(text: &str) -> (&str, usize) {
    let start = text.trim_start();
    (start.trim_end(), text.len() - start.len())
}

/// A few words for a message, such as "`a`, `b` or `c`".
pub(crate) fn either<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|it| format!("`{it}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Errors as a reader sees them.
    use super::*;

    /// One line a mistake: the text with the place in brackets, the message, the cure.
    pub fn shown(text: &str, errors: impl Into<Errors>) -> String {
        let one = |it: SyntaxError| {
            let help = it.help.map(|it| format!(" ({it})")).unwrap_or_default();
            let (before, rest) = text.split_at(it.at.start);
            let (at, after) = rest.split_at(it.at.end - it.at.start);
            format!("{before}[{at}]{after}: {}{help}", it.message)
        };
        errors.into().into_iter().map(one).collect::<Vec<_>>().join("\n")
    }

    /// For each text what a parser makes of it: `Debug`, or its errors.
    pub fn table<T: core::fmt::Debug, E: Into<Errors>>(texts: &[&str], parse: impl Fn(&str) -> Result<T, E>) -> String {
        let row = |text: &&str| match parse(text) {
            Ok(it) => format!("{text} => {it:?}\n"),
            Err(it) => format!("{}\n", shown(text, it)),
        };
        texts.iter().map(row).collect()
    }

    /// Asserts that every error points into the text.
    pub fn check_places<T, E: Into<Errors>>(text: &str, result: Result<T, E>) {
        let Err(errors) = result else { return };
        let errors = errors.into();
        assert!(!errors.is_empty(), "an error without a mistake");
        for it in errors {
            assert!(text.get(it.at.clone()).is_some(), "{:?} is outside of {text:?}", it.at);
            let capital = it.message.chars().next().is_none_or(char::is_uppercase);
            assert!(!capital, "{:?} does not begin in lower case", it.message);
        }
    }
}
