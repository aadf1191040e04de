//! `pool`: the connections to a callee.

use crate::fields::*;
use crate::spec::{Limit, Opt};
use brownout_sim_core::time::Span;

kinds! {
    /// How many connections each replica of the caller has to each replica of the callee; an attempt holds one until its answer. A number alone is that many, by default as HikariCP.
    pub enum Pool "pool" default "hikari" {
        "hikari" => Hikari(HikariPool),
        "envoy" => Envoy(EnvoyPool),
    }
}

table! {
    /// By default as HikariCP: 10 connections, and 30 s of patience.
    pub struct HikariPool "pool" {
        /// Connections at most, idle ones and those being opened included.
        size: Opt<u32> = count(1, 1_000_000), default("10"), "10";
        /// How many attempts may wait for one; beyond, they end as `pool_timeout` at once.
        max_pending: Opt<Limit> = limit(0), default("\"unlimited\""), "100";
        /// How long an attempt waits for one.
        acquire_timeout: Opt<Span> = wait(), default("\"30s\""), "\"250ms\"";
        /// How long an unused one is kept.
        idle_timeout: Opt<Span> = wait(), default("\"unlimited\""), "\"10m\"";
        /// How old one may grow.
        max_lifetime: Opt<Span> = wait(), default("\"30m\""), "\"30m\"";
    }
}

table! {
    /// By default as Envoy's to HTTP/1 hosts: 1024 connections, and 1024 requests that wait as long as they like.
    pub struct EnvoyPool "pool" {
        /// Connections at most, idle ones and those being opened included.
        size: Opt<u32> = count(1, 1_000_000), default("1024"), "100";
        /// How many attempts may wait for one; beyond, they end as `pool_timeout` at once.
        max_pending: Opt<Limit> = limit(0), default("1024"), "100";
        /// How long an attempt waits for one.
        acquire_timeout: Opt<Span> = wait(), default("\"unlimited\""), "\"250ms\"";
        /// How long an unused one is kept.
        idle_timeout: Opt<Span> = wait(), default("\"1h\""), "\"10m\"";
        /// How old one may grow.
        max_lifetime: Opt<Span> = wait(), default("\"unlimited\""), "\"30m\"";
    }
}
