//! Fields of policies.

use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::PolicyKind;

use brownout_sim_core::time::Span;

use super::Custom;
use crate::document::{Document, Node, Value};
use crate::fields::cx::Cx;
use crate::fields::read::{Read, duration_or_zero, kind_or_table, short, wrong_type};
use crate::fields::shape::Shape;
use crate::spec::policy::budget::Budget;
use crate::spec::policy::bulkhead::Bulkhead;
use crate::spec::policy::cache::Cache;
use crate::spec::policy::hedge::Hedge;
use crate::spec::policy::pool::Pool;
use crate::spec::policy::rate_limit::RateLimit;
use crate::spec::policy::retry::RetryAfter;

/// A policy's name in `order`.
pub(crate) fn policy_kind() -> Custom<PolicyKind> {
    pub(super) fn shape() -> Shape {
        Shape::Words(PolicyKind::DEFAULT_ORDER.iter().map(|it| it.name()).collect())
    }
    pub(super) fn read(cx: &mut Cx<'_>, node: &Node) -> Option<PolicyKind> {
        let Some(word) = node.as_str() else {
            wrong_type(cx, node, &shape());
            return None;
        };
        let found = PolicyKind::named(word);
        if found.is_none() {
            cx.out
                .unknown_word(node.at, word, PolicyKind::DEFAULT_ORDER.iter().map(|it| it.name()));
        }
        found
    }
    Custom { shape, read }
}

/// Outcomes a retry can act on.
fn retryable() -> impl Iterator<Item = Outcome> + Clone {
    Outcome::ALL.into_iter().filter(|it| it.is_failure())
}

/// A failure, in `on`.
pub(crate) fn outcome() -> Custom<Outcome> {
    pub(super) fn shape() -> Shape {
        Shape::Words(retryable().map(Outcome::name).collect())
    }
    pub(super) fn read(cx: &mut Cx<'_>, node: &Node) -> Option<Outcome> {
        let Some(word) = node.as_str() else {
            wrong_type(cx, node, &shape());
            return None;
        };
        let found = retryable().find(|it| it.name() == word);
        if found.is_none() {
            cx.out.unknown_word(node.at, word, retryable().map(Outcome::name));
        }
        found
    }
    Custom { shape, read }
}

/// A shipped profile. That it exists is checked where it is merged.
pub(crate) fn profile() -> Custom<String> {
    pub(super) fn shape() -> Shape {
        Shape::Words(Document::profiles())
    }
    pub(super) fn read(cx: &mut Cx<'_>, node: &Node) -> Option<String> {
        let name = node.as_str();
        if name.is_none() {
            wrong_type(cx, node, &shape());
        }
        name.map(str::to_owned)
    }
    Custom { shape, read }
}

/// Whether a text is a word, and no quantity.
fn is_word(node: &Node) -> bool {
    node.as_str()
        .is_some_and(|it| it.starts_with(|it: char| it.is_ascii_alphabetic()))
}

/// `budget`: a percentage, or a table.
pub(crate) fn budget() -> Custom<Budget> {
    Custom {
        shape: || Read::shape(&short::<Budget>("deposit")),
        read: |cx, node| match is_word(node) {
            true => kind_or_table::<Budget>().read(cx, node),
            false => short::<Budget>("deposit").read(cx, node),
        },
    }
}

/// `bulkhead`: a number, a kind or a table.
pub(crate) fn bulkhead() -> Custom<Bulkhead> {
    Custom {
        shape: || {
            Shape::Either(vec![
                Shape::Whole(1, 1_000_000_000),
                Read::shape(&kind_or_table::<Bulkhead>()),
            ])
        },
        read: |cx, node| match is_word(node) {
            true => kind_or_table::<Bulkhead>().read(cx, node),
            false => short::<Bulkhead>("max_concurrent_calls").read(cx, node),
        },
    }
}

/// `hedge`: a duration, a kind or a table.
pub(crate) fn hedge() -> Custom<Hedge> {
    Custom {
        shape: || {
            Shape::Either(vec![
                Shape::Text("a duration", "50ms"),
                Read::shape(&kind_or_table::<Hedge>()),
            ])
        },
        read: |cx, node| match is_word(node) {
            true => kind_or_table::<Hedge>().read(cx, node),
            false => short::<Hedge>("delay").read(cx, node),
        },
    }
}

/// `cache`: a duration, a kind or a table.
pub(crate) fn cache() -> Custom<Cache> {
    Custom {
        shape: || {
            Shape::Either(vec![
                Shape::Text("a duration", "30s"),
                Read::shape(&kind_or_table::<Cache>()),
            ])
        },
        read: |cx, node| match is_word(node) {
            true => kind_or_table::<Cache>().read(cx, node),
            false => short::<Cache>("ttl").read(cx, node),
        },
    }
}

/// `pool`: a number, a kind or a table.
pub(crate) fn pool() -> Custom<Pool> {
    Custom {
        shape: || Shape::Either(vec![Shape::Whole(1, 1_000_000), Read::shape(&kind_or_table::<Pool>())]),
        read: |cx, node| match is_word(node) {
            true => kind_or_table::<Pool>().read(cx, node),
            false => short::<Pool>("size").read(cx, node),
        },
    }
}

/// `rate_limit`: a rate, a kind or a table.
pub(crate) fn rate_limit() -> Custom<RateLimit> {
    Custom {
        shape: || {
            Shape::Either(vec![
                Shape::Text("a rate", "100/s"),
                Read::shape(&kind_or_table::<RateLimit>()),
            ])
        },
        read: |cx, node| match is_word(node) {
            true => kind_or_table::<RateLimit>().read(cx, node),
            false => short::<RateLimit>("rate").read(cx, node),
        },
    }
}

/// How long a call waits: a duration, or `"unlimited"`, which is [`Span::MAX`].
pub(crate) fn wait() -> Custom<Span> {
    Custom {
        shape: || {
            Shape::Either(vec![
                Shape::Text("a duration", "250ms"),
                Shape::Words(vec!["unlimited"]),
            ])
        },
        read: |cx, node| match node.as_str() {
            Some("unlimited") => Some(Span::MAX),
            _ => duration_or_zero().read(cx, node),
        },
    }
}

/// `respect_retry_after`: `true`, `false`, a kind or a table.
pub(crate) fn retry_after() -> Custom<RetryAfter> {
    pub(super) fn shape() -> Shape {
        Shape::Either(vec![Shape::Flag, Read::shape(&kind_or_table::<RetryAfter>())])
    }
    pub(super) fn read(cx: &mut Cx<'_>, node: &Node) -> Option<RetryAfter> {
        match &node.value {
            Value::Boolean(yes) => {
                let word = if *yes { "at_least" } else { "ignore" };
                let node = Node {
                    value: Value::String(word.to_owned()),
                    at: node.at,
                };
                kind_or_table::<RetryAfter>().read(cx, &node)
            }
            Value::String(_) | Value::Table(_) => kind_or_table::<RetryAfter>().read(cx, node),
            _ => {
                wrong_type(cx, node, &shape());
                None
            }
        }
    }
    Custom { shape, read }
}
