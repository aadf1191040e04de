//! `budget`: how many retries all calls together may make.

use crate::fields::*;
use crate::spec::{Limit, Opt};
use crate::syntax::number::Decimal;
use crate::syntax::units::Ratio;
use brownout_sim_core::time::Span;

kinds! {
    /// How many retries all calls of a caller to a callee together may make. A percentage alone is `{ kind = "bucket", deposit = "10%", burst = 10 }`.
    pub enum Budget "budget" default "bucket" {
        "bucket" => Bucket(Bucket),
        "success_bucket" => SuccessBucket(Bucket),
        "finagle" => Finagle(Finagle),
        "tower" => Tower(Finagle),
        "grpc" => Grpc(Grpc),
        "aws" => Aws(Aws),
        "envoy" => Envoy(Envoy),
        "sre" => Sre(Sre),
        "failure_ratio" => FailureRatio(FailureRatio),
    }
}

table! {
    /// Tokens flow in with calls (`bucket`) or with successes (`success_bucket`); a retry takes one.
    pub struct Bucket "budget" {
        /// What each call (or success) adds, in tokens.
        deposit: Opt<Ratio> = percentage(), default("\"10%\""), "\"10%\"";
        /// Most tokens held, and how many there are at the start.
        burst: Opt<u32> = count(1, 1_000_000), default("10"), "10";
        /// Whether a retry needs more than one token, rather than one or more.
        strict: Opt<bool> = boolean(), default("false"), "true";
    }
}

table! {
    /// As Finagle's `RetryBudget` and tower's `TpsBudget`.
    pub struct Finagle "budget" {
        /// How long a deposit counts.
        ttl: Opt<Span> = duration(), default("\"10s\""), "\"10s\"";
        /// Retries that are always allowed, per second of `ttl`.
        min_retries_per_sec: Opt<u32> = count(0, 1_000_000), default("10"), "10";
        /// Retries allowed for each call.
        percent_can_retry: Opt<Ratio> = percentage(), default("\"20%\""), "\"20%\"";
    }
}

table! {
    /// As gRPC's `retryThrottling`: retries only while more than half of the tokens are there.
    pub struct Grpc "budget" {
        /// Tokens at the start and at most; each failure takes one.
        max_tokens: Opt<u32> = count(1, 1000), default("10"), "10";
        /// What each success gives back, at most three digits after the point.
        token_ratio: Opt<Decimal> = number_above_zero(1_000), default("0.1"), "0.1";
    }
}

table! {
    /// As the AWS SDKs' retry quota.
    pub struct Aws "budget" {
        /// Whose numbers the others default to: `standard` is the 2026 rules, `classic` those before.
        mode: Opt<AwsMode> = words(AWS_MODES), default("\"standard\""), "\"classic\"";
        /// Tokens at the start and at most.
        capacity: Opt<u32> = count(1, 1_000_000), default("500"), "500";
        /// What a retry costs; by `mode` 14 or 5.
        cost: Opt<u32> = count(0, 1_000_000), optional(), "14";
        /// What a retry after a timeout costs; by `mode` 14 or 10.
        timeout_cost: Opt<u32> = count(0, 1_000_000), optional(), "14";
        /// What a retry after a throttling error costs.
        throttling_cost: Opt<u32> = count(0, 1_000_000), default("5"), "5";
        /// What a call gives back that succeeds at once.
        refund: Opt<u32> = count(0, 1_000_000), default("1"), "1";
    }
}

/// Which rules of the AWS SDKs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsMode {
    /// Before 2026.
    Classic,
    /// The 2026 rules.
    Standard,
}

const AWS_MODES: &[(&str, AwsMode)] = &[("classic", AwsMode::Classic), ("standard", AwsMode::Standard)];

table! {
    /// As Envoy: a limit on retries in flight, fixed (`max_retries`) or as a share of what is in flight (`budget_percent`).
    pub struct Envoy "budget" {
        /// Most retries in flight; either this or `budget_percent`.
        max_retries: Opt<Limit> = limit(0), default("3"), "3";
        /// Retries in flight as a share of what is in flight; either this or `max_retries`.
        budget_percent: Opt<Ratio> = percentage(), optional(), "\"20%\"";
        /// Retries in flight that are always allowed, with `budget_percent`.
        min_retry_concurrency: Opt<u32> = count(0, 1_000_000), default("3"), "3";
    }
}

table! {
    /// As Google's SRE book: retries stay a share of all attempts of late.
    pub struct Sre "budget" {
        /// Retries over attempts.
        ratio: Opt<Ratio> = share(), default("\"10%\""), "\"10%\"";
        /// Attempts of a call at most.
        attempts: Opt<u32> = count(1, 1000), default("3"), "3";
        /// How far back attempts are counted.
        window: Opt<Span> = duration(), default("\"2m\""), "\"2m\"";
        /// Retries in a minute at most.
        per_minute: Opt<u32> = count(0, 1_000_000), optional(), "60";
    }
}

table! {
    /// No retries while too much fails.
    pub struct FailureRatio "budget" {
        /// Failed attempts over first tries, up to which retries are allowed.
        ratio: Opt<Ratio> = percentage(), default("\"10%\""), "\"10%\"";
    }
}
