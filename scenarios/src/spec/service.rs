//! `[service.x]` and its endpoints.

use super::admission::{Admission, Dimmer};
use super::flow::Flow;
use super::queue::Queue;
use super::{At, Limit, Named, Opt};
use crate::fields::*;
use crate::syntax::dist::DistSpec;
use crate::syntax::units::{Bytes, Price, Ratio};

table! {
    /// A service: identical replicas, each with its own workers and queue.
    pub struct Service "service" {
        /// How many replicas.
        replicas: Opt<u32> = count(1, REPLICAS_MAX), default("1").live(), "6";
        /// Calls that one replica handles at once; held while it waits for others if `style = "blocking"`.
        workers: Opt<Limit> = limit(1), default("\"unlimited\"").live(), "64";
        /// How many workers of a replica compute at once; all if absent. A number, or a table that says how they share.
        cores: Opt<Cores> = short::<Cores>("limit"), optional(), "{ limit = 4, sharing = \"ps\" }";
        /// How workers share cores; the same as `cores.sharing`.
        sharing: Opt<Sharing> = words(SHARINGS), default("\"fifo\""), "\"ps\"";
        /// Whether a worker is held while its call waits for others.
        style: Opt<Style> = words(STYLES), default("\"blocking\""), "\"async\"";
        /// Where calls wait for a worker; each replica has its own.
        queue: Opt<Queue> = table::<Queue>(), optional().live(), "{ limit = 256, order = \"fifo\" }";
        /// Whom a replica lets in, before its queue; everybody if absent.
        admission: Opt<Admission> = table::<Admission>(), optional().live(), "{ concurrency = 50 }";
        /// Brownout: takes the optional steps of its flows less often while answers are slow. The target alone, or a table.
        dimmer: Opt<Dimmer> = short::<Dimmer>("setpoint"), optional().live(), "\"500ms\"";
        /// How work slows down with the number of calls in service.
        slowdown: Opt<Slowdown> = table::<Slowdown>(), optional(), "{ kind = \"usl\", sigma = \"5%\", kappa = \"0.1%\" }";
        /// The zones of its replicas, dealt in turn.
        zones: Opt<Vec<At<String>>> = many(name_of("a zone")), optional(), "[\"a\", \"b\"]";
        /// A weight for each replica, for `balance = "weighted"`.
        weights: Opt<Vec<At<u32>>> = many(count(0, 1_000_000)), optional(), "[3, 1]";
        /// What a replica costs for a time, or a call if the service has its only endpoint directly.
        price: Opt<Price> = price(), optional(), "\"0.1 EUR/h\"";
        /// What it answers, by name. A service with one endpoint may say `work`, `flow` ... directly.
        endpoint: Vec<Named<Endpoint>> = named::<Endpoint>("endpoint"), optional().live(), "{ query = { work = \"5ms\" } }";
        /// What its only endpoint does.
        body: Body = inline::<Body>(), optional().live(), "";
        /// Tags, for addresses such as `#edge`.
        tags: Opt<Vec<At<String>>> = many(name_of("a tag")), optional(), "[\"edge\"]";
        /// Whether it may stand unused.
        unused: Opt<bool> = boolean(), default("false"), "true";
    }
}

/// Replicas of one service at most.
pub(crate) const REPLICAS_MAX: u64 = 100_000;

table! {
    /// What one endpoint does.
    pub struct Body "endpoint" {
        /// What a call computes before its flow.
        work: Opt<DistSpec> = dist(), optional().live(), "\"lognormal(median=4ms, p99=25ms)\"";
        /// Whether each attempt of a call draws new work, or all attempts are the same size.
        work_per: Opt<WorkPer> = words(WORK_PERS), default("\"attempt\"").live(), "\"call\"";
        /// How likely a call fails at random.
        errors: Opt<Errors> = short::<Errors>("ratio"), optional().live(), "{ ratio = \"1%\", when = \"before\" }";
        /// What it does after `work`: steps in order.
        flow: Opt<Flow> = flow(), optional().live(), "[\"db.query\", \"work 2ms\", \"mail.send | 8%\"]";
        /// Size of a request, for links with a bandwidth or a price.
        request_size: Opt<Bytes> = bytes(), default("\"0B\"").live(), "\"4kB\"";
        /// Size of a reply, for links with a bandwidth or a price.
        reply_size: Opt<Bytes> = bytes(), default("\"0B\"").live(), "\"64kB\"";
    }
}

table! {
    /// One kind of call that a service answers.
    pub struct Endpoint "endpoint" {
        /// What it does.
        body: Body = inline::<Body>(), optional().live(), "";
        /// What a call costs.
        price: Opt<Price> = price(), optional().live(), "\"0.001 EUR/call\"";
    }
}

table! {
    /// A limit on how many workers of a replica compute at once.
    pub struct Cores "cores" {
        /// At most so many.
        limit: Opt<u32> = count(1, 100_000), required(), "4";
        /// What happens when more want to: one after another, or all at a share of the speed.
        sharing: Opt<Sharing> = words(SHARINGS), default("\"fifo\""), "\"ps\"";
    }
}

/// How workers share cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// One after another, in the order they asked.
    Fifo,
    /// All at once, each at an equal share of the speed.
    Processor,
}

const SHARINGS: &[(&str, Sharing)] = &[
    ("fifo", Sharing::Fifo),
    ("ps", Sharing::Processor),
    ("processor_sharing", Sharing::Processor),
];

/// Whether a worker is held while its call waits for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Held: a thread for each request.
    Blocking,
    /// Freed: only the request is kept.
    Async,
}

const STYLES: &[(&str, Style)] = &[("blocking", Style::Blocking), ("async", Style::Async)];

/// What draws new work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkPer {
    /// Each attempt.
    Attempt,
    /// Each call.
    Call,
}

const WORK_PERS: &[(&str, WorkPer)] = &[("attempt", WorkPer::Attempt), ("call", WorkPer::Call)];

table! {
    /// Random errors.
    pub struct Errors "errors" {
        /// How likely a call fails.
        ratio: Opt<Ratio> = share(), required(), "\"5%\"";
        /// On arrival, before the queue; or after work and flow.
        when: Opt<ErrorsWhen> = words(WHENS), default("\"after\""), "\"before\"";
    }
}

/// When a random error strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorsWhen {
    /// On arrival, before the queue.
    Before,
    /// After work and flow.
    After,
}

const WHENS: &[(&str, ErrorsWhen)] = &[("before", ErrorsWhen::Before), ("after", ErrorsWhen::After)];

kinds! {
    /// How work slows down with `n` calls in service at a replica.
    pub enum Slowdown "slowdown" default "usl" {
        "linear" => Linear(LinearSlowdown),
        "usl" => Usl(UslSlowdown),
    }
}

table! {
    /// Work times `1 + per_call n`, n calls in service, this one included.
    pub struct LinearSlowdown "slowdown" {
        /// What each further call in service adds.
        per_call: Opt<Ratio> = percentage(), required(), "\"1%\"";
    }
}

table! {
    /// Work times `1 + sigma (n - 1) + kappa n (n - 1)`: Gunther's universal scalability law.
    pub struct UslSlowdown "slowdown" {
        /// Contention: what each further call in service adds.
        sigma: Opt<Ratio> = percentage(), default("\"0%\""), "\"5%\"";
        /// Coherence: what each pair of calls in service adds.
        kappa: Opt<Ratio> = percentage(), default("\"0%\""), "\"0.1%\"";
    }
}
