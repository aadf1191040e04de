//! Readers of flows and sessions.

use super::cx::Cx;
use super::read::{Block, Read, table, wrong_type};
use super::shape::Shape;
use super::special::whole_share;
use crate::document::{At, Node, Place, Value};
use crate::spec::Opt;
use crate::spec::flow::{Flow, FlowAction, FlowStep, ParallelKey, SessionStep, StepTable};
use crate::syntax::step::{Action, Step, step};
use crate::syntax::units::Ratio;

/// Steps within steps at most.
const DEPTH_MAX: usize = 16;

/// A flow: a list of steps, or one step alone.
#[derive(Clone, Copy)]
pub(crate) struct FlowRead {
    depth: usize,
}

/// A flow.
pub(crate) fn flow() -> FlowRead {
    FlowRead { depth: 0 }
}

/// What a step is.
fn step_shape() -> Shape {
    Shape::Either(vec![
        Shape::Text("a step", "db.query | 8%"),
        Shape::List(Box::new(Shape::Text("a step", "db.query"))),
        Shape::Table(StepTable::info()),
    ])
}

impl Read for FlowRead {
    type Out = Flow;

    fn shape(&self) -> Shape {
        Shape::List(Box::new(step_shape()))
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<Flow> {
        let items = match &node.value {
            Value::Array(items) => items.as_slice(),
            Value::String(_) | Value::Table(_) => core::slice::from_ref(node),
            _ => {
                wrong_type(cx, node, &Read::shape(self));
                return None;
            }
        };
        if items.is_empty() {
            cx.out
                .empty(node.at, "the flow")
                .help("leave `flow` out if it does nothing after its work");
            return None;
        }
        let steps: Vec<Option<FlowStep>> = items.iter().map(|it| read_step(cx, it, self.depth)).collect();
        steps.into_iter().collect()
    }
}

fn plain(action: FlowAction, at: Place) -> FlowStep {
    FlowStep {
        action,
        chance: None,
        optional: false,
        background: false,
        at,
    }
}

fn read_step(cx: &mut Cx<'_>, node: &Node, depth: usize) -> Option<FlowStep> {
    if depth > DEPTH_MAX {
        cx.out.too_deep(node.at);
        return None;
    }
    match &node.value {
        Value::String(text) => match step(text) {
            Ok(it) => Some(of_text(it, node.at)),
            Err(errors) => {
                cx.out.bad_value(node.at, errors);
                None
            }
        },
        // An inner list is taken side by side.
        Value::Array(items) => {
            let branches = branches(cx, items, node.at, depth)?;
            Some(plain(FlowAction::Parallel { branches, need: None }, node.at))
        }
        Value::Table(_) => {
            let table = table::<StepTable>().read(cx, node)?;
            of_table(cx, table, node)
        }
        _ => {
            wrong_type(cx, node, &step_shape());
            None
        }
    }
}

fn of_text(it: Step, at: Place) -> FlowStep {
    let action = match it.action {
        Action::Call(target) => FlowAction::Call {
            target: At::new(target.clone(), at.within(target.at)),
            times: None,
            parallel: false,
            need: None,
        },
        Action::Work(dist) => FlowAction::Work(At::new(dist.it, at.within(dist.at))),
        Action::Wait(dist) => FlowAction::Wait(At::new(dist.it, at.within(dist.at))),
    };
    FlowStep {
        chance: it.chance.map(|it| At::new(it.it, at.within(it.at))),
        ..plain(action, at)
    }
}

/// Branches side by side: each item is a step, or a `sequence`.
fn branches(cx: &mut Cx<'_>, items: &[Node], at: Place, depth: usize) -> Option<Vec<Flow>> {
    if items.is_empty() {
        cx.out.empty(at, "the list of branches").help("leave it out");
        return None;
    }
    let all: Vec<Option<Flow>> = items
        .iter()
        .map(|item| {
            if let Value::Table(table) = &item.value
                && table.0.len() == 1
                && let Some(inner) = table.get("sequence")
            {
                return FlowRead { depth: depth + 1 }.read(cx, inner);
            }
            read_step(cx, item, depth + 1).map(|it| vec![it])
        })
        .collect();
    all.into_iter().collect()
}

fn of_table(cx: &mut Cx<'_>, it: StepTable, node: &Node) -> Option<FlowStep> {
    let written = node.as_table()?;
    // `parallel = true` only says how to call.
    let alone = matches!(written.get("parallel").map(|it| &it.value), Some(Value::Array(_)));
    let actions: Vec<&str> = ["call", "work", "wait", "choose", "sequence"]
        .into_iter()
        .filter(|it| written.0.contains_key(*it))
        .chain(alone.then_some("parallel"))
        .collect();
    match actions.as_slice() {
        [] => {
            cx.out
                .needs(node.at, "a step", "something to do", "call = \"db.query\"");
            return None;
        }
        [_] => {}
        [first, second, ..] => {
            let at = written.0[*second].key_at;
            cx.out
                .conflict(at, format!("a step does one thing: `{first}` or `{second}`"))
                .help("write two steps");
            return None;
        }
    }
    let action = actions[0];
    let counts = [
        ("times", action == "call"),
        ("need", action == "call" || action == "parallel"),
    ];
    for (key, fits) in counts.into_iter().chain([("parallel", action == "call" || alone)]) {
        if !fits && let Some(entry) = written.0.get(key) {
            cx.out.no_effect(
                entry.key_at,
                format!("`{key}` has no effect on a step that does `{action}`"),
            );
        }
    }
    let most = match (&it.parallel, action) {
        (
            Some(At {
                value: ParallelKey::Branches(all),
                ..
            }),
            _,
        ) => Some(all.len()),
        (_, "call") => Some(it.times.as_ref().map_or(1, |it| it.value as usize)),
        _ => None,
    };
    if let (Some(need), Some(most)) = (&it.need, most)
        && need.value as usize > most
    {
        let message = format!("{} successes are needed of {most}", need.value);
        cx.out
            .inconsistent(need.at, message)
            .help("`need` is at most the number of calls or branches");
    }
    let parallel = matches!(
        it.parallel,
        Some(At {
            value: ParallelKey::Flag(true),
            ..
        })
    );
    if parallel && it.times.is_none() && action == "call" {
        let at = written.0["parallel"].key_at;
        cx.out
            .no_effect(at, "`parallel` has no effect on a single call")
            .help("say how many with `times`, or write the steps that go side by side as an inner list");
    }
    let action = match action {
        "call" => FlowAction::Call {
            target: it.call?,
            times: it.times,
            parallel,
            need: it.need,
        },
        "work" => FlowAction::Work(it.work?),
        "wait" => FlowAction::Wait(it.wait?),
        "choose" => FlowAction::Choose(it.choose?.value),
        "parallel" => match it.parallel?.value {
            ParallelKey::Branches(branches) => FlowAction::Parallel {
                branches,
                need: it.need,
            },
            ParallelKey::Flag(_) => return None,
        },
        _ => FlowAction::Parallel {
            branches: vec![it.sequence?.value],
            need: None,
        },
    };
    Some(FlowStep {
        chance: it.chance,
        optional: it.optional.is_some_and(|it| it.value),
        background: it.background.is_some_and(|it| it.value),
        ..plain(action, node.at)
    })
}

/// `parallel` in a step: a flag, or branches.
pub(crate) struct ParallelRead;

/// `parallel` in a step.
pub(crate) fn parallel_key() -> ParallelRead {
    ParallelRead
}

impl Read for ParallelRead {
    type Out = ParallelKey;

    fn shape(&self) -> Shape {
        Shape::Either(vec![
            Shape::Flag,
            Shape::List(Box::new(Shape::Text("a step", "db.query"))),
        ])
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<ParallelKey> {
        match &node.value {
            Value::Boolean(it) => Some(ParallelKey::Flag(*it)),
            Value::Array(items) => branches(cx, items, node.at, 0).map(ParallelKey::Branches),
            _ => {
                wrong_type(cx, node, &Read::shape(self));
                None
            }
        }
    }
}

/// `choose` in a step: pairs of a step (or a list of steps) and a share.
pub(crate) struct ChooseRead;

/// `choose` in a step.
pub(crate) fn choose() -> ChooseRead {
    ChooseRead
}

impl Read for ChooseRead {
    type Out = Vec<(Flow, At<Ratio>)>;

    fn shape(&self) -> Shape {
        Shape::List(Box::new(Shape::List(Box::new(Shape::Text(
            "a step or a percentage",
            "70%",
        )))))
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<Self::Out> {
        let Value::Array(items) = &node.value else {
            wrong_type(cx, node, &Read::shape(self));
            return None;
        };
        if items.is_empty() {
            cx.out.empty(node.at, "`choose`");
            return None;
        }
        let mut all = Some(Vec::new());
        for item in items {
            let pair = match &item.value {
                Value::Array(pair) if pair.len() == 2 => Some((&pair[0], &pair[1])),
                _ => None,
            };
            let Some((steps, percent)) = pair else {
                cx.out
                    .wrong_type(item.at, "a step and its share", item.noun())
                    .help("write `[\"a.x\", \"70%\"]`");
                all = None;
                continue;
            };
            let flow = flow().read(cx, steps);
            let share = super::share().read(cx, percent).map(|it| At::new(it, percent.at));
            match (flow, share, &mut all) {
                (Some(flow), Some(share), Some(all)) => all.push((flow, share)),
                _ => all = None,
            }
        }
        let all = all?;
        whole_share(cx, node.at, "`choose`", all.iter().map(|it| it.1.value)).then_some(all)
    }
}

/// One request of a session's path: `"web.cart | 30%"`.
pub(crate) struct SessionStepRead;

/// One request of a session's path.
pub(crate) fn session_step() -> SessionStepRead {
    SessionStepRead
}

impl Read for SessionStepRead {
    type Out = SessionStep;

    fn shape(&self) -> Shape {
        Shape::Text("a request", "web.cart | 30%")
    }

    fn read(&self, cx: &mut Cx<'_>, node: &Node) -> Option<SessionStep> {
        let Some(text) = node.as_str() else {
            wrong_type(cx, node, &Read::shape(self));
            return None;
        };
        match step(text) {
            Ok(Step {
                action: Action::Call(target),
                chance,
                ..
            }) => {
                let chance: Opt<Ratio> = chance.map(|it| At::new(it.it, node.at.within(it.at)));
                let at = node.at.within(target.at.clone());
                Some(SessionStep {
                    target: At::new(target, at),
                    chance,
                })
            }
            Ok(_) => {
                cx.out
                    .wrong_type(node.at, "a request", &format!("the step \"{text}\""))
                    .help("a session's user asks for endpoints; for pauses there is `think`");
                None
            }
            Err(errors) => {
                cx.out.bad_value(node.at, errors);
                None
            }
        }
    }
}
