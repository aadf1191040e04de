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

pub(super) type Table = &'static [(&'static str, Kind)];

pub(super) const LIBRARIES: [(&str, LibraryKind, Table); 12] = [
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

pub(super) const LINEAR: Table = &[("base", Kind::Span), ("cap", Kind::Span)];
pub(super) const EXPONENTIAL: Table = &[("base", Kind::Span), ("factor", Kind::Growth), ("cap", Kind::Span)];
