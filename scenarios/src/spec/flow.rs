//! Flows: what an endpoint does after its work, step by step. Steps are strings or tables.

use super::{At, Opt, Place};
use crate::fields::*;
use crate::syntax::address::Address;
use crate::syntax::dist::DistSpec;
use crate::syntax::units::Ratio;

/// Steps that happen one after another; never empty.
pub type Flow = Vec<FlowStep>;

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowStep {
    /// What it does.
    pub action: FlowAction,
    /// How likely it is done; always if absent.
    pub chance: Opt<Ratio>,
    /// Its failure does not fail the flow, only degrades the answer.
    pub optional: bool,
    /// Nobody waits for it.
    pub background: bool,
    /// The whole step.
    pub at: Place,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum FlowAction {
    /// Calls a component, once or many times.
    Call {
        /// What.
        target: At<Address>,
        /// How often; `times = 100`.
        times: Opt<u32>,
        /// All at once, or one after another.
        parallel: bool,
        /// How many have to succeed; all if absent. At most `times`.
        need: Opt<u32>,
    },
    /// Computes.
    Work(At<DistSpec>),
    /// Holds the worker, but no core.
    Wait(At<DistSpec>),
    /// Branches side by side, each a flow.
    Parallel {
        /// The branches; never empty.
        branches: Vec<Flow>,
        /// How many have to succeed; all if absent. At most the number of branches.
        need: Opt<u32>,
    },
    /// One of several flows, by share; the shares add up to 100 %.
    Choose(Vec<(Flow, At<Ratio>)>),
}

/// One request of a session's path.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionStep {
    /// What it asks for.
    pub target: At<Address>,
    /// How likely it is sent; always if absent.
    pub chance: Opt<Ratio>,
}

table! {
    /// A step as a table: exactly one of `call`, `work`, `wait`, `parallel` (a list), `sequence`, `choose`.
    pub struct StepTable "step" {
        /// Calls a component.
        call: Opt<Address> = callee(), optional(), "\"leaf.get\"";
        /// How often it is called.
        times: Opt<u32> = count(1, 1_000_000), default("1"), "100";
        /// With `call`: all at once (`true`). Alone: a list of branches side by side.
        parallel: Opt<ParallelKey> = parallel_key(), default("false"), "true";
        /// How many have to succeed; the flow fails once they cannot be reached. All if absent.
        need: Opt<u32> = count(1, 1_000_000), optional(), "95";
        /// One of several steps, by share.
        choose: Opt<Vec<(Flow, At<Ratio>)>> = choose(), optional(), "[[\"a.x\", \"70%\"], [\"b.x\", \"30%\"]]";
        /// Computes.
        work: Opt<DistSpec> = dist(), optional(), "\"2ms\"";
        /// Holds the worker, but no core.
        wait: Opt<DistSpec> = dist(), optional(), "\"2ms\"";
        /// Steps one after another, as one step; for branches.
        sequence: Opt<Flow> = flow(), optional(), "[\"a.x\", \"b.x\"]";
        /// How likely the step is done.
        chance: Opt<Ratio> = share(), default("\"100%\""), "\"8%\"";
        /// Its failure does not fail the flow, only degrades the answer.
        optional: Opt<bool> = boolean(), default("false"), "true";
        /// Nobody waits for it, and its outcome is nobody's.
        background: Opt<bool> = boolean(), default("false"), "true";
    }
}

/// What `parallel` says in a step.
#[derive(Clone, Debug, PartialEq)]
pub enum ParallelKey {
    /// Whether calls go out at once.
    Flag(bool),
    /// Branches side by side.
    Branches(Vec<Flow>),
}
