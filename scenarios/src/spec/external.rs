//! `[external.x]`: third parties.

use super::service::{Errors, REPLICAS_MAX};
use super::{At, Named, Opt};
use crate::fields::*;
use crate::syntax::dist::DistSpec;
use crate::syntax::units::{Bytes, Price};
use brownout_sim_core::time::Span;

table! {
    /// A third party: it answers after its latency, never queues, and may fail, refuse and send a bill. Called as `x` or `x.anything`.
    pub struct External "external" {
        /// How long it takes to answer.
        latency: Opt<DistSpec> = dist(), optional().live(), "\"lognormal(median=80ms, p99=400ms)\"";
        /// How likely a call fails at random.
        errors: Opt<Errors> = short::<Errors>("ratio"), optional().live(), "\"0.1%\"";
        /// How many calls it takes; more are refused with `quota`.
        quota: Opt<Quota> = quota(), optional(), "{ limit = 100, per = \"1s\", burst = 20 }";
        /// What a call or a time costs.
        price: Opt<Price> = price(), optional(), "\"0.02 EUR/call\"";
        /// The zone it is in.
        zone: Opt<String> = name_of("a zone"), optional(), "\"a\"";
        /// How many replicas, for faults that hit a share of them.
        replicas: Opt<u32> = count(1, REPLICAS_MAX), default("1").live(), "3";
        /// Size of a request, for links with a bandwidth or a price.
        request_size: Opt<Bytes> = bytes(), default("\"0B\""), "\"4kB\"";
        /// Size of a reply, for links with a bandwidth or a price.
        reply_size: Opt<Bytes> = bytes(), default("\"0B\""), "\"64kB\"";
        /// Operations that differ from the rest, by name.
        endpoint: Vec<Named<ExternalEndpoint>> = named::<ExternalEndpoint>("endpoint"), optional().live(), "{ pay = { latency = \"200ms\" } }";
        /// Tags, for addresses such as `#edge`.
        tags: Opt<Vec<At<String>>> = many(name_of("a tag")), optional(), "[\"edge\"]";
        /// Whether it may stand unused.
        unused: Opt<bool> = boolean(), default("false"), "true";
    }
}

table! {
    /// One operation of a third party; what it does not say is as the third party's own settings.
    pub struct ExternalEndpoint "external endpoint" {
        /// How long it takes to answer.
        latency: Opt<DistSpec> = dist(), optional().live(), "\"200ms\"";
        /// How likely a call fails at random.
        errors: Opt<Errors> = short::<Errors>("ratio"), optional().live(), "\"0.1%\"";
        /// What a call costs.
        price: Opt<Price> = price(), optional(), "\"0.02 EUR/call\"";
        /// Size of a request, for links with a bandwidth or a price.
        request_size: Opt<Bytes> = bytes(), optional(), "\"4kB\"";
        /// Size of a reply, for links with a bandwidth or a price.
        reply_size: Opt<Bytes> = bytes(), optional(), "\"64kB\"";
    }
}

table! {
    /// How many calls a third party takes. Without `burst` a fresh count begins each period; with it, calls take tokens that come back steadily.
    pub struct Quota "quota" {
        /// Calls in each period.
        limit: Opt<u64> = whole(1, 1_000_000_000_000), required(), "100";
        /// How long a period is.
        per: Opt<Span> = duration(), default("\"1s\""), "\"1s\"";
        /// Most tokens held: calls that pass at once after a rest.
        burst: Opt<u32> = count(1, u32::MAX as u64), optional(), "20";
    }
}
