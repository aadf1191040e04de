//! `bulkhead`: at most so many calls at once.

use crate::fields::*;
use crate::spec::{Limit, Opt, Switch};
use brownout_sim_core::component::credits::WhenOut;
use brownout_sim_core::policy::bulkhead::envoy::Protocol;
use brownout_sim_core::time::Span;

kinds! {
    /// Has at most so many calls out at once. A number alone is that many in a semaphore, and nobody waits.
    pub enum Bulkhead "bulkhead" default "semaphore" {
        "semaphore" => Semaphore(Semaphore),
        "thread_pool" => ThreadPool(ThreadPool),
        "haproxy" => Haproxy(Haproxy),
        "envoy" => Envoy(EnvoyCaps),
        "credits" => Credits(CreditWindow),
    }
}

table! {
    /// So many at once, by default as resilience4j; Hystrix's has 10, Polly's 1000.
    pub struct Semaphore "bulkhead" {
        /// Calls at once.
        max_concurrent_calls: Opt<u32> = count(1, 1_000_000_000), default("25"), "10";
        /// How long a call waits for its turn; zero refuses it at once.
        max_wait_duration: Opt<Span> = wait(), default("\"0s\""), "\"100ms\"";
        /// How many may wait.
        queue_limit: Opt<Limit> = limit(0), default("\"unlimited\""), "50";
    }
}

table! {
    /// Threads and a queue, by default as Hystrix's thread isolation.
    pub struct ThreadPool "bulkhead" {
        /// Threads that are started before the queue is used.
        core_size: Opt<u32> = count(1, 1_000_000), default("10"), "10";
        /// Threads at most, if `allow_maximum_size_to_diverge_from_core_size`.
        maximum_size: Opt<u32> = count(1, 1_000_000), default("10"), "20";
        /// Whether `maximum_size` counts.
        allow_maximum_size_to_diverge_from_core_size: Opt<bool> = boolean(), default("false"), "true";
        /// How long a thread beyond the core stays without work.
        keep_alive: Opt<Span> = duration_or_zero(), default("\"1m\""), "\"1m\"";
        /// How many may wait; `"none"` has no queue (Hystrix's -1).
        max_queue_size: Opt<Switch<u32>> = switch(count(0, 1_000_000_000)), default("\"none\""), "100";
        /// How many wait when the next one is refused although the queue has room; `"none"` leaves it to the queue.
        queue_size_rejection_threshold: Opt<Switch<u32>> = switch(count(0, 1_000_000_000)), default("5"), "5";
    }
}

table! {
    /// As a HAProxy server's connections: a limit that may grow with the load, and a queue.
    pub struct Haproxy "bulkhead" {
        /// Calls at once at most; 0 is any number.
        maxconn: Opt<u32> = count(0, 1_000_000_000), default("0"), "100";
        /// Calls at once while there is little load; 0 makes the limit constant.
        minconn: Opt<u32> = count(0, 1_000_000_000), default("0"), "20";
        /// The load at which the limit is `maxconn`.
        fullconn: Opt<u32> = count(0, 1_000_000_000), default("0"), "400";
        /// How many may wait; 0 is any number.
        maxqueue: Opt<u32> = count(0, 1_000_000_000), default("0"), "50";
        /// How long a call waits for its turn.
        timeout_queue: Opt<Span> = wait(), default("\"unlimited\""), "\"5s\"";
    }
}

table! {
    /// Envoy's "circuit breakers": caps of a cluster, without any memory. A request needs a connection; over HTTP/1 it has it for itself. Without a free one, another is made if `max_connections` allows (that takes no time here), else the request waits if `max_pending_requests` allows. What overflows a cap ends as `bulkhead_full` at once (a 503 with `x-envoy-overloaded`) and is not retried. How long connecting takes is `pool`'s affair.
    pub struct EnvoyCaps "bulkhead" {
        /// Connections, all replicas of the callee together.
        max_connections: Opt<u32> = count(1, 1_000_000_000), default("1024"), "100";
        /// Requests that wait for one, for as long as it takes.
        max_pending_requests: Opt<u32> = count(1, 1_000_000_000), default("1024"), "100";
        /// Requests in flight.
        max_requests: Opt<u32> = count(1, 1_000_000_000), default("1024"), "100";
        /// Retries in flight, from the decision to the end of the attempt; what overflows is not retried. The same as a `budget` of kind `envoy`, which is used instead if the retry has one.
        max_retries: Opt<u32> = count(0, 1_000_000_000), default("3"), "10";
        /// Whether a connection carries one request at a time, or any number.
        protocol: Opt<Protocol> = words(&Protocol::NAMES), default("\"http1\""), "\"http2\"";
    }
}

table! {
    /// Backpressure by credits: at most so many calls of a caller unanswered; each answer gives a credit back. Who finds none is blocked until its turn comes, in order and for as long as it takes, so that the queue stands with the caller (a full buffer that blocks its producer is the same thing: its credits are the places in the buffer and at the callee), or is refused as `bulkhead_full`. It differs from a semaphore with an unlimited wait in name and defaults alone.
    pub struct CreditWindow "bulkhead" {
        /// Calls that may be unanswered at once.
        window: Opt<u32> = count(1, 1_000_000_000), required(), "3";
        /// What becomes of a call that finds no credit.
        when_out: Opt<WhenOut> = words(WHEN_OUT), default("\"block\""), "\"refuse\"";
    }
}

const WHEN_OUT: &[(&str, WhenOut)] = &[("block", WhenOut::Block), ("refuse", WhenOut::Refuse)];
