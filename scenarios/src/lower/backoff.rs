//! Back-offs as written become the mechanisms of `policy::backoff`, with each library's defaults for what is not written.

use core::ops::Range;

use brownout_sim_core::policy::Invalid;
use brownout_sim_core::policy::backoff::{
    Aws, Backoff, Curve, Envoy, Finagle, Grpc, Haproxy, Jitter, Polly, Resilience4j, Tenacity, Tower, finagle, polly,
};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::Span;

use crate::syntax::backoff as written;
use crate::syntax::backoff::{Library, LibraryKind, Params};
use crate::syntax::number::Decimal;
use crate::syntax::units::{Zero, factor};
use crate::syntax::{SyntaxError, either, nearest};

/// The jitters that a textbook curve can have.
const JITTERS: [Jitter; 4] = [Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Decorrelated];

/// HAProxy's turn-around without a `timeout connect` of its own: the most it ever waits (configuration manual, "retries").
const HAPROXY_TURN_AROUND: Span = Span::from_secs(1);

/// Finagle's upper bound where none is written: none (`Backoff` takes `maximum` without a default).
const FINAGLE_MAX: Span = Span::MAX;

/// The jitter called `word`: `none`, `full`, `equal` or `decorrelated`.
pub fn jitter(word: &str) -> Result<Jitter, SyntaxError> {
    if let Some(found) = JITTERS.into_iter().find(|it| it.name() == word) {
        return Ok(found);
    }
    let names = || JITTERS.into_iter().map(Jitter::name);
    let error = SyntaxError::new(0..word.len(), format!("no jitter is called `{word}`"));
    Err(match nearest(word, names()) {
        Some(it) => error.help(format!("did you mean `{it}`?")),
        None => error.help(format!("it is one of {}", either(names()))),
    })
}

/// The back-off that `spec` describes, with `jitter` if it is a textbook curve. It stands at `at` in its string.
///
/// Fails if settings contradict each other, if a library's parameter that has no default is missing, or if a library that has
/// a jitter of its own is given another one. No back-off has nothing to jitter, which is no mistake.
pub fn backoff(spec: &written::Backoff, at: Range<usize>, jitter: Jitter) -> Result<Backoff, SyntaxError> {
    let curve = |curve: Curve| Backoff::Curve { curve, jitter };
    let backoff = match spec {
        written::Backoff::None => Backoff::None,
        written::Backoff::Constant(pause) => curve(Curve::Fixed(*pause)),
        written::Backoff::Linear { base, cap } => {
            let cap = cap.unwrap_or(Span::MAX);
            curve(Curve::Linear { base: *base, cap })
        }
        written::Backoff::Exponential { base, factor, cap } => curve(Curve::Exponential {
            base: *base,
            factor: millionths(*factor, &at)?,
            cap: cap.unwrap_or(Span::MAX),
        }),
        written::Backoff::Library(library) => {
            if jitter != Jitter::None {
                let message = format!("`{}` has a jitter of its own", library.kind.it.name());
                return Err(SyntaxError::new(library.kind.at.clone(), message).help("take `jitter` away"));
            }
            of_library(library)?
        }
    };
    backoff.check().map_err(|Invalid(message)| {
        let error = SyntaxError::new(at, message);
        if message.contains("decorrelated") {
            error.help("add a cap, such as `exponential(50ms, cap=2s)`")
        } else {
            error
        }
    })?;
    Ok(backoff)
}

fn of_library(library: &Library) -> Result<Backoff, SyntaxError> {
    let Library { kind, params } = library;
    let finagle = |shape: finagle::Shape| -> Result<Backoff, SyntaxError> {
        let start = needed(library, "start")?;
        let max = params.span("max").unwrap_or(FINAGLE_MAX);
        Ok(Backoff::Finagle(Finagle { shape, start, max }))
    };
    Ok(match kind.it {
        LibraryKind::Grpc => Backoff::Grpc(Grpc {
            initial: needed(library, "initial_backoff")?,
            multiplier: match growth(params, "backoff_multiplier")? {
                Some(it) => it,
                None => return Err(missing(library, "backoff_multiplier")),
            },
            max: needed(library, "max_backoff")?,
        }),
        LibraryKind::Envoy => {
            let base = params.span("base_interval").unwrap_or(Envoy::DEFAULT.base);
            // Envoy's own rule: ten times the base.
            let max = params.span("max_interval").unwrap_or(base.scale(10, 1));
            Backoff::Envoy(Envoy { base, max })
        }
        LibraryKind::Polly => Backoff::Polly(Polly {
            shape: match params.word("backoff_type") {
                Some("linear") => polly::Shape::Linear,
                Some("exponential") => polly::Shape::Exponential,
                _ => Polly::DEFAULT.shape,
            },
            base: params.span("delay").unwrap_or(Polly::DEFAULT.base),
            jitter: params
                .word("use_jitter")
                .map_or(Polly::DEFAULT.jitter, |it| it == "true"),
            cap: params.span("max_delay").unwrap_or(Polly::DEFAULT.cap),
        }),
        LibraryKind::Resilience4j => Backoff::Resilience4j(Resilience4j {
            initial: params.span("initial_interval").unwrap_or(Resilience4j::DEFAULT.initial),
            multiplier: growth(params, "multiplier")?.unwrap_or(Resilience4j::DEFAULT.multiplier),
            randomization: growth(params, "randomization_factor")?,
            cap: params.span("max_interval").unwrap_or(Resilience4j::DEFAULT.cap),
        }),
        LibraryKind::FinagleDecorrelated => finagle(finagle::Shape::Decorrelated)?,
        LibraryKind::FinagleEqual => finagle(finagle::Shape::Equal)?,
        LibraryKind::FinagleExponential => finagle(finagle::Shape::Exponential)?,
        LibraryKind::Tower => Backoff::Tower(Tower {
            min: params.span("min").unwrap_or(Tower::DEFAULT.min),
            max: params.span("max").unwrap_or(Tower::DEFAULT.max),
            jitter: growth(params, "jitter")?.unwrap_or(Tower::DEFAULT.jitter),
        }),
        LibraryKind::Tenacity => Backoff::Tenacity(Tenacity {
            multiplier: params.span("multiplier").unwrap_or(Tenacity::DEFAULT.multiplier),
            base: growth(params, "exp_base")?.unwrap_or(Tenacity::DEFAULT.base),
            min: params.span("min").unwrap_or(Tenacity::DEFAULT.min),
            max: params.span("max").unwrap_or(Tenacity::DEFAULT.max),
        }),
        LibraryKind::AwsClassic => Backoff::Aws(Aws::CLASSIC),
        LibraryKind::AwsStandard => Backoff::Aws(Aws::STANDARD),
        LibraryKind::Haproxy => Backoff::Haproxy(Haproxy {
            connect: HAPROXY_TURN_AROUND,
            redispatch_at: None,
        }),
    })
}

fn missing(library: &Library, name: &str) -> SyntaxError {
    let kind = library.kind.it;
    let message = format!("`{}` lacks `{name}`, which has no default", kind.name());
    let example = |it: &str| match it {
        "initial_backoff" | "start" => format!("{it}=50ms"),
        "backoff_multiplier" => format!("{it}=2"),
        _ => format!("{it}=2s"),
    };
    let all: Vec<String> = kind.params().map(example).collect();
    SyntaxError::new(library.kind.at.clone(), message).help(format!("write `{}({})`", kind.name(), all.join(", ")))
}

fn needed(library: &Library, name: &str) -> Result<Span, SyntaxError> {
    library.params.span(name).ok_or_else(|| missing(library, name))
}

/// A parameter that is a number, exact to a millionth.
fn growth(params: &Params, name: &str) -> Result<Option<Factor>, SyntaxError> {
    match (params.number(name), params.get(name)) {
        (Some(number), Some(placed)) => millionths(number, &placed.at).map(Some),
        _ => Ok(None),
    }
}

fn millionths(number: Decimal, at: &Range<usize>) -> Result<Factor, SyntaxError> {
    factor(&format!("x{number}"), Zero::Allowed).map_err(|error| SyntaxError {
        at: at.clone(),
        ..error
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use brownout_sim_core::outcome::Outcome;
    use brownout_sim_core::policy::backoff::BackoffState;
    use brownout_sim_core::rng::{Key, Purpose, Streams};

    fn made(text: &str, word: &str) -> Result<Backoff, SyntaxError> {
        let spec = written::parse(text).expect("it is well written");
        backoff(&spec, 0..text.len(), jitter(word).expect("a jitter"))
    }

    /// The pauses before the first four retries under one seed, and their bounds, in milliseconds.
    fn seen(text: &str) -> String {
        let (text, word) = text.split_once(" / ").unwrap_or((text, "none"));
        let it = match made(text, word) {
            Ok(it) => it,
            Err(error) => {
                let help = error.help.map(|it| format!(" ({it})")).unwrap_or_default();
                return format!("{text} / {word}: [{}] {}{help}", &text[error.at], error.message);
            }
        };
        let mut draw = Streams::new(1).stream(Purpose::Jitter, Key::of("test"));
        let mut state = BackoffState::default();
        let ms = |it: Span| it.nanos() / 1_000_000;
        let pauses: Vec<String> = (1..=4)
            .map(|n| {
                let pause = it.next_delay(&mut state, n, Outcome::Error, &mut draw);
                format!("{}/{}", ms(pause), ms(it.delay_max(n)))
            })
            .collect();
        format!("{text} / {word}: {}", pauses.join(" "))
    }

    #[test]
    fn the_defaults_that_are_told_are_those_that_hold() {
        let told = |name: &'static str, defaults: bool| {
            let parameters = written::parameters(name).expect("it was just named");
            let values = parameters
                .into_iter()
                .filter_map(|(parameter, takes, default)| match default {
                    "required" if takes == "a duration" => Some(format!("{parameter}=60ms")),
                    "required" => Some(format!("{parameter}=2")),
                    // The absence of a value cannot be written, nor can a rule.
                    "none" => None,
                    rule if rule.contains(' ') => None,
                    value => defaults.then(|| format!("{parameter}={value}")),
                });
            format!("{name}({})", values.collect::<Vec<_>>().join(", "))
        };
        let mut compared = 0;
        for name in written::names().filter(|it| *it != "none") {
            let (least, whole) = (told(name, false), told(name, true));
            let made_of = |text: &str| made(text, "none").unwrap_or_else(|why| panic!("{text}: {}", why.message));
            assert_eq!(made_of(&least), made_of(&whole), "{least} and {whole}");
            compared += usize::from(least != whole);
        }
        assert!(compared > 4, "{compared}");
        assert_eq!(
            made("envoy(base_interval=30ms)", "none"),
            made("envoy(base_interval=30ms, max_interval=300ms)", "none")
        );
    }

    #[test]
    fn every_kind_waits_as_written_and_by_its_defaults() {
        let texts = [
            "none",
            "none / full",
            "50ms",
            "50ms / full",
            "linear(50ms)",
            "linear(50ms, cap=120ms)",
            "exponential(50ms)",
            "exponential(50ms, factor=1.5, cap=100ms) / equal",
            "exponential(50ms, cap=2s) / decorrelated",
            "exponential(50ms, cap=2s) / full",
            "grpc(initial_backoff=100ms, max_backoff=1s, backoff_multiplier=1.6)",
            "envoy",
            "envoy(base_interval=100ms)",
            "envoy(base_interval=100ms, max_interval=150ms)",
            "polly",
            "polly(delay=100ms, backoff_type=linear)",
            "polly(delay=100ms, backoff_type=exponential, use_jitter=true, max_delay=300ms)",
            "resilience4j",
            "resilience4j(initial_interval=100ms, multiplier=2, randomization_factor=0.5, max_interval=1s)",
            "finagle_decorrelated(start=10ms, max=1s)",
            "finagle_equal(start=10ms, max=1s)",
            "finagle_exponential(start=10ms)",
            "tower",
            "tower(min=10ms, max=20ms, jitter=0)",
            "tenacity",
            "tenacity(multiplier=100ms, exp_base=3, min=200ms, max=500ms)",
            "aws_classic",
            "aws_standard",
            "haproxy",
        ];
        insta::assert_snapshot!(texts.map(seen).join("\n"));
    }

    #[test]
    fn settings_that_make_no_sense_are_refused_with_a_cure() {
        let texts = [
            "exponential(50ms) / decorrelated",
            "50ms / decorrelated",
            "grpc",
            "grpc(initial_backoff=100ms, max_backoff=1s)",
            "grpc(initial_backoff=100ms, max_backoff=1s, backoff_multiplier=2) / full",
            "finagle_equal",
            "envoy(base_interval=1us)",
            "resilience4j(initial_interval=1us)",
            "resilience4j(randomization_factor=1)",
            "exponential(50ms, factor=1.00000001)",
            "polly(delay=2d)",
        ];
        insta::assert_snapshot!(texts.map(seen).join("\n"));
        let error = jitter("ful").expect_err("no such jitter");
        assert_eq!(
            (error.message.as_str(), error.help.as_deref()),
            ("no jitter is called `ful`", Some("did you mean `full`?"))
        );
    }
}
