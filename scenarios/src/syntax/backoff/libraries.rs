//! The libraries whose back-offs can be named, with their parameters.

use super::LibraryKind;

/// What a parameter may be.
#[derive(Clone, Copy)]
pub(super) enum Kind {
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

/// Parameters: name, what it may be, and what holds without it: a value as it is written, or [`NEEDED`], or words.
pub(super) type Table = &'static [(&'static str, Kind, &'static str)];

/// In place of a default: the parameter has none.
pub(super) const NEEDED: &str = "required";

pub(super) const LIBRARIES: [(&str, LibraryKind, Table); 12] = [
    (
        "grpc",
        LibraryKind::Grpc,
        &[
            ("initial_backoff", Kind::Span, NEEDED),
            ("max_backoff", Kind::Span, NEEDED),
            ("backoff_multiplier", Kind::Growth, NEEDED),
        ],
    ),
    (
        "envoy",
        LibraryKind::Envoy,
        &[
            ("base_interval", Kind::Span, "25ms"),
            ("max_interval", Kind::Span, "ten times the base"),
        ],
    ),
    (
        "polly",
        LibraryKind::Polly,
        &[
            ("delay", Kind::SpanOrZero, "2s"),
            ("max_delay", Kind::Span, "none"),
            (
                "backoff_type",
                Kind::Words(&["constant", "linear", "exponential"]),
                "constant",
            ),
            ("use_jitter", Kind::Words(&["true", "false"]), "false"),
        ],
    ),
    (
        "resilience4j",
        LibraryKind::Resilience4j,
        &[
            ("initial_interval", Kind::Span, "500ms"),
            ("multiplier", Kind::Growth, "1"),
            ("max_interval", Kind::Span, "none"),
            ("randomization_factor", Kind::Fraction, "none"),
        ],
    ),
    (
        "finagle_decorrelated",
        LibraryKind::FinagleDecorrelated,
        &[("start", Kind::Span, NEEDED), ("max", Kind::Span, "none")],
    ),
    (
        "finagle_equal",
        LibraryKind::FinagleEqual,
        &[("start", Kind::Span, NEEDED), ("max", Kind::Span, "none")],
    ),
    (
        "finagle_exponential",
        LibraryKind::FinagleExponential,
        &[("start", Kind::Span, NEEDED), ("max", Kind::Span, "none")],
    ),
    (
        "tower",
        LibraryKind::Tower,
        &[
            ("min", Kind::Span, "50ms"),
            ("max", Kind::Span, "none"),
            ("jitter", Kind::Fraction, "0.99"),
        ],
    ),
    (
        "tenacity",
        LibraryKind::Tenacity,
        &[
            ("multiplier", Kind::Span, "1s"),
            ("exp_base", Kind::Growth, "2"),
            ("min", Kind::SpanOrZero, "0s"),
            ("max", Kind::Span, "none"),
        ],
    ),
    ("aws_classic", LibraryKind::AwsClassic, &[]),
    ("aws_standard", LibraryKind::AwsStandard, &[]),
    ("haproxy", LibraryKind::Haproxy, &[]),
];

pub(super) const LINEAR: Table = &[("base", Kind::Span, NEEDED), ("cap", Kind::Span, "none")];
pub(super) const EXPONENTIAL: Table = &[
    ("base", Kind::Span, NEEDED),
    ("factor", Kind::Growth, "2"),
    ("cap", Kind::Span, "none"),
];
