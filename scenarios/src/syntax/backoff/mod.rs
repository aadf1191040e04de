//! Back-offs: `none`, `50ms`, `linear(50ms, cap=2s)`, `exponential(50ms, factor=2, cap=2s)`, or a library's by its name,
//! `grpc(initial_backoff=100ms, max_backoff=1s)`.
//!
//! A library's parameters have the names they have there, in snake_case; its defaults are the mechanism's to know, so what
//! is not written is not here either.

mod libraries;

use brownout_sim_core::time::Span;

use super::call::{Bound, Call, Value};
use super::number::{Decimal, number};
use super::units::{Zero, duration};
use super::{Errors, Placed, SyntaxError, call, either, nearest};
use libraries::{EXPONENTIAL, Kind, LIBRARIES, LINEAR, Table};

/// How long to wait before a retry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backoff {
    /// Not at all.
    None,
    /// Always the same; above zero.
    Constant(Span),
    /// `base`, twice `base`, three times ...
    Linear {
        /// Above zero.
        base: Span,
        /// The most; at least `base`.
        cap: Option<Span>,
    },
    /// `base`, `base * factor`, `base * factor^2` ...
    Exponential {
        /// Above zero.
        base: Span,
        /// At least 1.
        factor: Decimal,
        /// The most; at least `base`.
        cap: Option<Span>,
    },
    /// As a library does it.
    Library(Library),
}

/// A library's back-off with what was written of its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// Which one.
    pub kind: Placed<LibraryKind>,
    /// Its parameters.
    pub params: Params,
}

/// The parameters that were written, each at most once, in order of writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params(pub Vec<(&'static str, Placed<Param>)>);

impl Params {
    /// A parameter's value and its place.
    pub fn get(&self, name: &str) -> Option<&Placed<Param>> {
        self.0.iter().find(|it| it.0 == name).map(|it| &it.1)
    }

    /// A parameter that is a length of time.
    pub fn span(&self, name: &str) -> Option<Span> {
        if let Param::Span(it) = self.get(name)?.it {
            Some(it)
        } else {
            None
        }
    }

    /// A parameter that is a number.
    pub fn number(&self, name: &str) -> Option<Decimal> {
        if let Param::Number(it) = self.get(name)?.it {
            Some(it)
        } else {
            None
        }
    }

    /// A parameter that is one of a few words.
    pub fn word(&self, name: &str) -> Option<&'static str> {
        if let Param::Word(it) = self.get(name)?.it {
            Some(it)
        } else {
            None
        }
    }
}

/// A parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    /// A length of time.
    Span(Span),
    /// A number.
    Number(Decimal),
    /// One of the words that the parameter knows.
    Word(&'static str),
}

/// The back-offs of libraries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LibraryKind {
    /// gRPC, proposal A6: `initial_backoff`, `max_backoff`, `backoff_multiplier`.
    Grpc,
    /// Envoy: `base_interval`, `max_interval`.
    Envoy,
    /// Polly v8: `delay`, `max_delay`, `backoff_type` (`constant`, `linear`, `exponential`), `use_jitter` (`true`, `false`).
    Polly,
    /// resilience4j: `initial_interval`, `multiplier`, `max_interval`, `randomization_factor`.
    Resilience4j,
    /// Finagle's decorrelated jitter: `start`, `max`.
    FinagleDecorrelated,
    /// Finagle's equal jitter: `start`, `max`.
    FinagleEqual,
    /// Finagle's jittered exponential: `start`, `max`.
    FinagleExponential,
    /// tower and linkerd: `min`, `max`, `jitter`.
    Tower,
    /// tenacity's `wait_exponential`: `multiplier` (a duration), `exp_base`, `min`, `max`.
    Tenacity,
    /// The AWS SDKs before 2026; no parameters.
    AwsClassic,
    /// The AWS SDKs' standard mode of 2026; no parameters.
    AwsStandard,
    /// HAProxy; no parameters.
    Haproxy,
}

impl LibraryKind {
    /// Its name in a scenario.
    pub fn name(self) -> &'static str {
        LIBRARIES.iter().find(|it| it.1 == self).expect("every one is listed").0
    }

    /// The names of its parameters.
    pub fn params(self) -> impl Iterator<Item = &'static str> {
        LIBRARIES
            .iter()
            .filter(move |it| it.1 == self)
            .flat_map(|it| it.2.iter().map(|it| it.0))
    }
}

/// Every name that a back-off can begin with.
pub fn names() -> impl Iterator<Item = &'static str> {
    ["none", "linear", "exponential"]
        .into_iter()
        .chain(LIBRARIES.iter().map(|it| it.0))
}

/// What can be said of the back-off called `name`: each parameter, what it takes, and what holds without it. `None` if there is
/// no such back-off.
pub fn parameters(name: &str) -> Option<Vec<(&'static str, String, &'static str)>> {
    let table = match name {
        "none" => &[],
        "linear" => LINEAR,
        "exponential" => EXPONENTIAL,
        name => LIBRARIES.iter().find(|it| it.0 == name)?.2,
    };
    let takes = |kind: Kind| match kind {
        Kind::Span | Kind::SpanOrZero => "a duration".to_owned(),
        Kind::Growth => "a number of at least 1".to_owned(),
        Kind::Fraction => "a number from 0 to 1".to_owned(),
        Kind::Words(words) => either(words.iter().copied()),
    };
    Some(table.iter().map(|it| (it.0, takes(it.1), it.2)).collect())
}

/// Reads a back-off.
pub fn parse(text: &str) -> Result<Backoff, Errors> {
    if text.trim().is_empty() {
        let error = SyntaxError::new(0..text.len(), "expected a back-off, found nothing");
        return Err(error
            .help("write `none`, a duration, or `exponential(50ms, factor=2, cap=2s)`")
            .into());
    }
    let value = call::parse(text)?;
    let call = match value.it {
        Value::Atom(text) if text.starts_with(char::is_alphabetic) => Call {
            name: Placed::new(text, value.at.clone()),
            args: Vec::new(),
        },
        Value::Atom(text) => {
            let span = duration(&text, Zero::Refused).map_err(|it| {
                let error = it.shifted(value.at.start);
                if error.message.contains("zero") {
                    error.help("write `none`")
                } else {
                    error
                }
            })?;
            return Ok(Backoff::Constant(span));
        }
        Value::Text(_) => return Err(SyntaxError::new(value.at, "expected a back-off, found a text in quotes").into()),
        Value::Call(call) => call,
    };
    let mut errors = Errors::new();
    let backoff = build(&call, &mut errors);
    if errors.is_empty() {
        Ok(backoff.expect("without an error there is a back-off"))
    } else {
        Err(errors)
    }
}

fn build(call: &Call, errors: &mut Errors) -> Option<Backoff> {
    match call.name.it.as_str() {
        "none" => {
            params(call, &[], errors);
            return Some(Backoff::None);
        }
        name @ ("linear" | "exponential") => {
            let linear = name == "linear";
            let given = params(call, if linear { LINEAR } else { EXPONENTIAL }, errors);
            let Some(base) = given.span("base") else {
                if !call
                    .args
                    .iter()
                    .any(|it| it.key.as_ref().is_none_or(|it| it.it == "base"))
                {
                    let error =
                        SyntaxError::new(call.name.at.clone(), format!("`{name}` lacks `base`, its first delay"));
                    errors.push(error.help(format!("write `{name}(50ms, cap=2s)`")));
                }
                return None;
            };
            rising(&given, "base", "cap", errors);
            let cap = given.span("cap");
            let factor = given.number("factor").unwrap_or(Decimal::whole(2));
            return Some(if linear {
                Backoff::Linear { base, cap }
            } else {
                Backoff::Exponential { base, factor, cap }
            });
        }
        _ => {}
    }
    let Some((_, kind, table)) = LIBRARIES.iter().find(|it| it.0 == call.name.it) else {
        let error = SyntaxError::new(
            call.name.at.clone(),
            format!("no back-off is called `{}`", call.name.it),
        );
        let near = match call.name.it.to_lowercase().as_str() {
            "exp" => Some("exponential"),
            "aws" => Some("aws_standard"),
            "finagle" => Some("finagle_decorrelated"),
            "off" | "no" | "zero" | "immediate" => Some("none"),
            other => nearest(other, names()),
        };
        errors.push(match near {
            Some(it) => error.help(format!("did you mean `{it}`?")),
            None => error.help(format!("write a duration, or one of {}", either(names()))),
        });
        return None;
    };
    let library = Library {
        kind: Placed::new(*kind, call.name.at.clone()),
        params: params(call, table, errors),
    };
    let limits = [
        ("initial_backoff", "max_backoff"),
        ("base_interval", "max_interval"),
        ("initial_interval", "max_interval"),
        ("start", "max"),
        ("min", "max"),
        ("delay", "max_delay"),
    ];
    limits
        .into_iter()
        .for_each(|(low, high)| rising(&library.params, low, high, errors));
    Some(Backoff::Library(library))
}

/// An error if `high` is given and below `low`.
fn rising(params: &Params, low: &str, high: &str, errors: &mut Errors) {
    let (Some(least), Some(most)) = (params.span(low), params.span(high)) else {
        return;
    };
    if most < least {
        let at = params.get(high).expect("it was found above").at.clone();
        errors.push(SyntaxError::new(
            at,
            format!("`{high}` must not be below `{low}`, {least}"),
        ));
    }
}

fn params(call: &Call, table: Table, errors: &mut Errors) -> Params {
    let names: Vec<&'static str> = table.iter().map(|it| it.0).collect();
    // Only the first parameter goes without its name: nobody remembers which comes second.
    let bound = Bound::new(call, &names[..names.len().min(1)], |_| false, &names, errors);
    let mut found = Vec::new();
    for key in bound.keys() {
        let Some((name, kind, _)) = table.iter().find(|it| it.0 == key) else {
            continue;
        };
        let value = match kind {
            Kind::Span => bound.read(key, errors, |it| duration(it, Zero::Refused).map(Param::Span)),
            Kind::SpanOrZero => bound.read(key, errors, |it| duration(it, Zero::Allowed).map(Param::Span)),
            Kind::Growth => bound.read(key, errors, |it| {
                bounded(it, key, |it| it.cmp_whole(1).is_ge(), "at least 1")
            }),
            Kind::Fraction => bound.read(key, errors, |it| {
                bounded(it, key, |it| it.cmp_whole(1).is_le(), "at most 1")
            }),
            Kind::Words(words) => bound.read(key, errors, |it| word(it, words)),
        };
        found.extend(value.map(|it| (*name, it)));
    }
    Params(found)
}

fn bounded(text: &str, key: &str, fits: impl Fn(Decimal) -> bool, limit: &str) -> Result<Param, SyntaxError> {
    let value = number(text)?;
    if fits(value) {
        return Ok(Param::Number(value));
    }
    Err(SyntaxError::new(0..text.len(), format!("`{key}` is {limit}")))
}

fn word(text: &str, words: &[&'static str]) -> Result<Param, SyntaxError> {
    let found = words.iter().find(|it| **it == text);
    let error = || {
        SyntaxError::new(
            0..text.len(),
            format!("expected {}, found `{text}`", either(words.iter().copied())),
        )
    };
    found.map(|it| Param::Word(it)).ok_or_else(error)
}

#[cfg(test)]
mod tests;
