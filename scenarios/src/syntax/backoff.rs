//! Back-offs: `none`, `50ms`, `linear(50ms, cap=2s)`, `exponential(50ms, factor=2, cap=2s)`, or a library's by its name,
//! `grpc(initial_backoff=100ms, max_backoff=1s)`.
//!
//! A library's parameters have the names they have there, in snake_case; its defaults are the mechanism's to know, so what
//! is not written is not here either.

use super::call::{self, Bound, Call, Value};
use super::number::{Decimal, number};
use super::units::{Zero, duration};
use super::{Errors, Placed, SyntaxError, either, nearest};
use brownout_sim_core::time::Span;

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

/// What a parameter may be.
#[derive(Clone, Copy)]
enum Kind {
    /// A duration above zero.
    Span,
    /// A duration, zero too.
    SpanOrZero,
    /// A number of at least 1.
    Growth,
    /// A number from 0 to 1.
    Fraction,
    /// One of these.
    Words(&'static [&'static str]),
}

type Table = &'static [(&'static str, Kind)];

const LIBRARIES: [(&str, LibraryKind, Table); 12] = [
    (
        "grpc",
        LibraryKind::Grpc,
        &[
            ("initial_backoff", Kind::Span),
            ("max_backoff", Kind::Span),
            ("backoff_multiplier", Kind::Growth),
        ],
    ),
    (
        "envoy",
        LibraryKind::Envoy,
        &[("base_interval", Kind::Span), ("max_interval", Kind::Span)],
    ),
    (
        "polly",
        LibraryKind::Polly,
        &[
            ("delay", Kind::SpanOrZero),
            ("max_delay", Kind::Span),
            ("backoff_type", Kind::Words(&["constant", "linear", "exponential"])),
            ("use_jitter", Kind::Words(&["true", "false"])),
        ],
    ),
    (
        "resilience4j",
        LibraryKind::Resilience4j,
        &[
            ("initial_interval", Kind::Span),
            ("multiplier", Kind::Growth),
            ("max_interval", Kind::Span),
            ("randomization_factor", Kind::Fraction),
        ],
    ),
    (
        "finagle_decorrelated",
        LibraryKind::FinagleDecorrelated,
        &[("start", Kind::Span), ("max", Kind::Span)],
    ),
    (
        "finagle_equal",
        LibraryKind::FinagleEqual,
        &[("start", Kind::Span), ("max", Kind::Span)],
    ),
    (
        "finagle_exponential",
        LibraryKind::FinagleExponential,
        &[("start", Kind::Span), ("max", Kind::Span)],
    ),
    (
        "tower",
        LibraryKind::Tower,
        &[("min", Kind::Span), ("max", Kind::Span), ("jitter", Kind::Fraction)],
    ),
    (
        "tenacity",
        LibraryKind::Tenacity,
        &[
            ("multiplier", Kind::Span),
            ("exp_base", Kind::Growth),
            ("min", Kind::SpanOrZero),
            ("max", Kind::Span),
        ],
    ),
    ("aws_classic", LibraryKind::AwsClassic, &[]),
    ("aws_standard", LibraryKind::AwsStandard, &[]),
    ("haproxy", LibraryKind::Haproxy, &[]),
];

const LINEAR: Table = &[("base", Kind::Span), ("cap", Kind::Span)];
const EXPONENTIAL: Table = &[("base", Kind::Span), ("factor", Kind::Growth), ("cap", Kind::Span)];

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
        let Some((name, kind)) = table.iter().find(|it| it.0 == key) else {
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
mod tests {
    use super::*;
    use crate::syntax::testing::{check_places, table};
    use proptest::prelude::*;

    #[test]
    fn backoffs_are_read() {
        let texts = [
            "none",
            "50ms",
            "linear(50ms, cap=2s)",
            "linear(50ms)",
            "exponential(50ms, factor=2, cap=2s)",
            "exponential(base=50ms, factor=1.5)",
            "exponential(50ms)",
            "grpc",
            "grpc(initial_backoff=100ms, max_backoff=1s, backoff_multiplier=1.6)",
            "envoy(25ms)",
            "polly(2s, backoff_type=exponential, use_jitter=true)",
            "resilience4j(500ms, multiplier=1.5, randomization_factor=0.5)",
            "tower(min=50ms, jitter=0.99)",
            "tenacity(multiplier=1s, min=0s, max=10s)",
            "aws_classic",
            "aws_standard()",
            "haproxy",
            "finagle_equal(start=5ms, max=1s)",
        ];
        insta::assert_snapshot!(table(&texts, parse), @r#"
none => None
50ms => Constant(Span(50000000))
linear(50ms, cap=2s) => Linear { base: Span(50000000), cap: Some(Span(2000000000)) }
linear(50ms) => Linear { base: Span(50000000), cap: None }
exponential(50ms, factor=2, cap=2s) => Exponential { base: Span(50000000), factor: Decimal { mantissa: 2, decimals: 0 }, cap: Some(Span(2000000000)) }
exponential(base=50ms, factor=1.5) => Exponential { base: Span(50000000), factor: Decimal { mantissa: 15, decimals: 1 }, cap: None }
exponential(50ms) => Exponential { base: Span(50000000), factor: Decimal { mantissa: 2, decimals: 0 }, cap: None }
grpc => Library(Library { kind: Placed { it: Grpc, at: 0..4 }, params: Params([]) })
grpc(initial_backoff=100ms, max_backoff=1s, backoff_multiplier=1.6) => Library(Library { kind: Placed { it: Grpc, at: 0..4 }, params: Params([("initial_backoff", Placed { it: Span(Span(100000000)), at: 21..26 }), ("max_backoff", Placed { it: Span(Span(1000000000)), at: 40..42 }), ("backoff_multiplier", Placed { it: Number(Decimal { mantissa: 16, decimals: 1 }), at: 63..66 })]) })
envoy(25ms) => Library(Library { kind: Placed { it: Envoy, at: 0..5 }, params: Params([("base_interval", Placed { it: Span(Span(25000000)), at: 6..10 })]) })
polly(2s, backoff_type=exponential, use_jitter=true) => Library(Library { kind: Placed { it: Polly, at: 0..5 }, params: Params([("delay", Placed { it: Span(Span(2000000000)), at: 6..8 }), ("backoff_type", Placed { it: Word("exponential"), at: 23..34 }), ("use_jitter", Placed { it: Word("true"), at: 47..51 })]) })
resilience4j(500ms, multiplier=1.5, randomization_factor=0.5) => Library(Library { kind: Placed { it: Resilience4j, at: 0..12 }, params: Params([("initial_interval", Placed { it: Span(Span(500000000)), at: 13..18 }), ("multiplier", Placed { it: Number(Decimal { mantissa: 15, decimals: 1 }), at: 31..34 }), ("randomization_factor", Placed { it: Number(Decimal { mantissa: 5, decimals: 1 }), at: 57..60 })]) })
tower(min=50ms, jitter=0.99) => Library(Library { kind: Placed { it: Tower, at: 0..5 }, params: Params([("min", Placed { it: Span(Span(50000000)), at: 10..14 }), ("jitter", Placed { it: Number(Decimal { mantissa: 99, decimals: 2 }), at: 23..27 })]) })
tenacity(multiplier=1s, min=0s, max=10s) => Library(Library { kind: Placed { it: Tenacity, at: 0..8 }, params: Params([("multiplier", Placed { it: Span(Span(1000000000)), at: 20..22 }), ("min", Placed { it: Span(Span(0)), at: 28..30 }), ("max", Placed { it: Span(Span(10000000000)), at: 36..39 })]) })
aws_classic => Library(Library { kind: Placed { it: AwsClassic, at: 0..11 }, params: Params([]) })
aws_standard() => Library(Library { kind: Placed { it: AwsStandard, at: 0..12 }, params: Params([]) })
haproxy => Library(Library { kind: Placed { it: Haproxy, at: 0..7 }, params: Params([]) })
finagle_equal(start=5ms, max=1s) => Library(Library { kind: Placed { it: FinagleEqual, at: 0..13 }, params: Params([("start", Placed { it: Span(Span(5000000)), at: 20..23 }), ("max", Placed { it: Span(Span(1000000000)), at: 29..31 })]) })
"#);
        for name in names() {
            let text = if ["linear", "exponential"].contains(&name) {
                format!("{name}(1ms)")
            } else {
                name.to_owned()
            };
            assert!(parse(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn mistakes_in_backoffs_name_the_cure() {
        let texts = [
            "",
            "50",
            "0s",
            "-50ms",
            "None",
            "exp(50ms)",
            "exponential",
            "exponential()",
            "exponential(cap=2s)",
            "exponential(50, factor=0.5)",
            "exponential(50ms, 2, 2s)",
            "exponential(50ms, cap=10ms)",
            "exponential(50ms, max=2s)",
            "linear(50ms, factor=2)",
            "none(5ms)",
            "aws",
            "aws_classic(5ms)",
            "polly(backoff_type=expo)",
            "tower(jitter=1.5)",
            "grpc(initial_backof=1ms)",
            "envoy(50ms, max_interval=5ms)",
            "\"none\"",
            "exponential(50ms",
            "fibonacci(1s)",
            "50ms 2s",
        ];
        insta::assert_snapshot!(table(&texts, parse), @r#"
[]: expected a back-off, found nothing (write `none`, a duration, or `exponential(50ms, factor=2, cap=2s)`)
[50]: `50` has no unit (write `50ms` or `50s`)
[0s]: a duration of zero makes no sense here (write `none`)
[-50ms]: a duration cannot be negative
[None]: no back-off is called `None` (did you mean `none`?)
[exp](50ms): no back-off is called `exp` (did you mean `exponential`?)
[exponential]: `exponential` lacks `base`, its first delay (write `exponential(50ms, cap=2s)`)
[exponential](): `exponential` lacks `base`, its first delay (write `exponential(50ms, cap=2s)`)
[exponential](cap=2s): `exponential` lacks `base`, its first delay (write `exponential(50ms, cap=2s)`)
exponential([50], factor=0.5): `50` has no unit (write `50ms` or `50s`)
exponential(50, factor=[0.5]): `factor` is at least 1
exponential(50ms, [2], 2s): `exponential` takes no more parameters without a name
exponential(50ms, 2, [2s]): `exponential` takes no more parameters without a name
exponential(50ms, cap=[10ms]): `cap` must not be below `base`, 50ms
exponential(50ms, [max]=2s): `exponential` has no parameter `max` (it has `base`, `factor` and `cap`)
linear(50ms, [factor]=2): `linear` has no parameter `factor` (it has `base` and `cap`)
none([5ms]): `none` takes no more parameters without a name
[aws]: no back-off is called `aws` (did you mean `aws_standard`?)
aws_classic([5ms]): `aws_classic` takes no more parameters without a name
polly(backoff_type=[expo]): expected `constant`, `linear` or `exponential`, found `expo`
tower(jitter=[1.5]): `jitter` is at most 1
grpc([initial_backof]=1ms): `grpc` has no parameter `initial_backof` (did you mean `initial_backoff`?)
envoy(50ms, max_interval=[5ms]): `max_interval` must not be below `base_interval`, 50ms
["none"]: expected a back-off, found a text in quotes
exponential(50ms[]: expected `,` or `)`, found the end
[fibonacci](1s): no back-off is called `fibonacci` (write a duration, or one of `none`, `linear`, `exponential`, `grpc`, `envoy`, `polly`, `resilience4j`, `finagle_decorrelated`, `finagle_equal`, `finagle_exponential`, `tower`, `tenacity`, `aws_classic`, `aws_standard` or `haproxy`)
50ms [2s]: expected nothing after `50ms`, found `2s`
"#);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*", words in prop::collection::vec(prop::sample::select(vec![
            "exponential", "linear", "none", "grpc", "polly", "tower", "(", "(", ")", ",", "=", "base", "cap", "factor", "min", "max", "50ms", "0s", "2", "é", " ",
        ]), 0..14)) {
            check_places(&text, parse(&text));
            let text = words.concat();
            check_places(&text, parse(&text));
        }
    }
}
