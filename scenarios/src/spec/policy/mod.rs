//! `[policy.x]`: what callers do about failures, key by key.

pub mod balance;
pub mod budget;
pub mod deadline;
pub mod retry;
pub mod timeout;

use super::{At, Opt, Switch};
use crate::fields::*;
use crate::syntax::address::EdgeAddress;
use balance::Balance;
use brownout_sim_core::policy::PolicyKind;
use brownout_sim_core::policy::timeout::Cancel;
use brownout_sim_core::time::Span;
use deadline::Deadline;
use retry::Retry;
use timeout::CANCELS;

table! {
    /// What callers on an edge do about failures. All policies whose `edge` fits apply, key by key; the more specific one wins.
    pub struct Policy "policy" {
        /// Whose calls: caller and callee, each a name, an endpoint, a tag or `*`.
        edge: Opt<EdgeAddress> = edge(), required(), "\"app -> db\"";
        /// How long one attempt may take; `"none"` switches it off.
        timeout: Opt<Switch<Span>> = switch(duration()), optional().live(), "\"500ms\"";
        /// How long a call may take, all its attempts and pauses included; `"none"` switches it off.
        deadline: Opt<Switch<Deadline>> = switch(short::<Deadline>("after")), optional().live(), "{ after = \"1s\", propagate = true }";
        /// Whether the callee stops when nobody waits for it any more.
        cancel: Opt<Cancel> = words(CANCELS), default("\"none\"").live(), "\"propagate\"";
        /// Sends again after a failure; `"none"` switches it off.
        retry: Opt<Switch<Retry>> = switch(table::<Retry>()), optional().live(), "{ attempts = 3, backoff = \"exponential(50ms, factor=2, cap=2s)\", jitter = \"full\" }";
        /// How a replica is picked.
        balance: Opt<Balance> = kind_or_table::<Balance>(), default("\"round_robin\"").live(), "\"two_choices\"";
        /// Whose state it is: each replica of the caller has its own, or the service shares one.
        scope: Opt<Scope> = words(SCOPES), default("\"replica\""), "\"service\"";
        /// All kinds of policy in use, outermost first.
        order: Opt<Vec<At<PolicyKind>>> = many(policy_kind()), optional().live(), "[\"deadline\", \"retry\", \"timeout\"]";
        /// A profile to start from: a library's defaults.
        like: Opt<String> = profile(), optional(), "\"envoy-default\"";
        /// Whether it may stand unused.
        unused: Opt<bool> = boolean(), default("false"), "true";
    }
}

/// Whose state a policy's is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Each replica of the caller has its own.
    Replica,
    /// The caller's replicas share one.
    Service,
}

const SCOPES: &[(&str, Scope)] = &[("replica", Scope::Replica), ("service", Scope::Service)];
