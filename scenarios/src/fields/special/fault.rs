//! Fields of faults.

use crate::fields::read::Read;
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::Span;

use super::{Custom, text_of};
use crate::document::{Node, Value};
use crate::fields::cx::Cx;
use crate::fields::read::wrong_type;
use crate::fields::shape::Shape;
use crate::spec::fault::{Partition, Pick, ReplicaLoss, SlowNetwork};
use crate::syntax::units::{Ratio, Zero};
use crate::syntax::{Errors, SyntaxError, units};

/// `effect.latency`: `x5`, `+50ms`, or both.
pub(crate) fn slow_network() -> Custom<SlowNetwork> {
    pub(super) fn shape() -> Shape {
        Shape::Text("a slowdown of messages", "x5 +50ms")
    }
    fn parse(text: &str) -> Result<SlowNetwork, Errors> {
        let (mut factor, mut add) = (None, None);
        for part in text.split_whitespace() {
            let from = part.as_ptr() as usize - text.as_ptr() as usize;
            let shift = |it: SyntaxError| it.shifted(from);
            let twice = if let Some(duration) = part.strip_prefix('+') {
                let read = units::duration(duration, Zero::Refused).map_err(|it| it.shifted(from + 1))?;
                add.replace(read).is_some()
            } else if part.starts_with('x') {
                factor
                    .replace(units::factor(part, Zero::Allowed).map_err(shift)?)
                    .is_some()
            } else {
                let error = SyntaxError::new(
                    from..from + part.len(),
                    format!("`{part}` says neither how many times nor how much more"),
                );
                return Err(error.help("write `x5`, `+50ms`, or both: `x5 +50ms`").into());
            };
            if twice {
                return Err(
                    SyntaxError::new(from..from + part.len(), format!("`{part}` comes on top of another one")).into(),
                );
            }
        }
        if factor.is_none() && add.is_none() {
            let error = SyntaxError::new(0..text.len(), "expected a slowdown of messages, found nothing");
            return Err(error.help("write `x5`, `+50ms`, or both: `x5 +50ms`").into());
        }
        Ok(SlowNetwork {
            factor: factor.unwrap_or(Factor::ONE),
            add: add.unwrap_or(Span::ZERO),
        })
    }
    Custom {
        shape,
        read: |cx, node| text_of(cx, node, shape, parse),
    }
}

/// `effect.replicas`: `-2`, or a share.
pub(crate) fn replica_loss() -> Custom<ReplicaLoss> {
    pub(super) fn shape() -> Shape {
        Shape::Either(vec![
            Shape::Negative(-1_000_000),
            Shape::Text("a share of the replicas", "50%"),
        ])
    }
    pub(super) fn read(cx: &mut Cx<'_>, node: &Node) -> Option<ReplicaLoss> {
        match &node.value {
            Value::Integer(Some(it), _) if (-1_000_000..0).contains(it) => {
                Some(ReplicaLoss::Count(u32::try_from(-it).expect("it is small")))
            }
            Value::Integer(it, text) => {
                let what = format!("`{text}` is no number of replicas to lose");
                let help = match it {
                    Some(it) if *it > 0 => format!("write `-{it}` to lose {it} of them"),
                    _ => "write `-2` to lose two".to_owned(),
                };
                cx.out.inconsistent(node.at, what).help(help);
                None
            }
            _ => text_of(cx, node, shape, |text| {
                let (digits, lead) = match text.strip_prefix('-') {
                    Some(rest) => (rest, 1),
                    None => (text, 0),
                };
                match units::share(digits).map_err(|it| it.shifted(lead))? {
                    Ratio::ZERO => Err(SyntaxError::new(0..text.len(), "a share of zero loses nobody").into()),
                    it => Ok(ReplicaLoss::Share(it)),
                }
            }),
        }
    }
    Custom { shape, read }
}

/// `effect.partition`: `true`, `false` or `"one-way"`.
pub(crate) fn partition() -> Custom<Partition> {
    pub(super) fn shape() -> Shape {
        Shape::Either(vec![Shape::Flag, Shape::Words(vec!["one-way"])])
    }
    pub(super) fn read(cx: &mut Cx<'_>, node: &Node) -> Option<Partition> {
        match &node.value {
            Value::Boolean(true) => Some(Partition::BothWays),
            Value::Boolean(false) => Some(Partition::Off),
            Value::String(it) if it == "one-way" => Some(Partition::OneWay),
            _ => {
                wrong_type(cx, node, &shape());
                None
            }
        }
    }
    Custom { shape, read }
}

/// `pick`: `"all"`, a count, a share or `"each"`.
pub(crate) fn pick() -> Custom<Pick> {
    pub(super) fn shape() -> Shape {
        Shape::Either(vec![
            Shape::Words(vec!["all", "each"]),
            Shape::Whole(1, 1_000_000),
            Shape::Text("a share of the replicas", "30%"),
        ])
    }
    pub(super) fn read(cx: &mut Cx<'_>, node: &Node) -> Option<Pick> {
        match &node.value {
            Value::Integer(..) => crate::fields::read::count(1, 1_000_000).read(cx, node).map(Pick::Count),
            Value::String(it) if it == "all" => Some(Pick::All),
            Value::String(it) if it == "each" => Some(Pick::Each),
            Value::String(it) if !it.starts_with(|it: char| it.is_ascii_digit() || it == '-') => {
                wrong_type(cx, node, &shape());
                None
            }
            _ => text_of(cx, node, shape, |text| match units::share(text)? {
                Ratio::ZERO => Err(SyntaxError::new(0..text.len(), "a share of zero hits nobody").into()),
                it => Ok(Pick::Share(it)),
            }),
        }
    }
    Custom { shape, read }
}
