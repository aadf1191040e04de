//! `collapse`: one call for several.

use crate::fields::*;
use crate::spec::{Limit, Opt};
use brownout_sim_core::policy::cache::collapser::Scope;
use brownout_sim_core::time::Span;

table! {
    /// Calls wait for a tick of a timer, and one call is made for all of them, as Hystrix's collapser; if it fails all have failed. On average a call waits for half the delay. A batch takes as long as one call. A duration alone is a `timer_delay`.
    pub struct Collapse "collapse" {
        /// How long from tick to tick; the timer begins with the first call.
        timer_delay: Opt<Span> = duration(), default("\"10ms\""), "\"5ms\"";
        /// How many calls a batch takes; the next one sends it at once and begins another.
        max_requests_in_batch: Opt<Limit> = limit(1), default("\"unlimited\""), "100";
        /// Whether calls of a batch that ask for the same are one; if not, the later ones fail as `bad_request`.
        request_cache: Opt<bool> = boolean(), default("true"), "false";
        /// Whose calls are gathered: those that one request makes, or all of the caller.
        scope: Opt<Scope> = words(GATHERED), default("\"request\""), "\"global\"";
    }
}

const GATHERED: &[(&str, Scope)] = &[("request", Scope::Request), ("global", Scope::Global)];
