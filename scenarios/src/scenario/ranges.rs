//! Every quantity of the reference at its edges: zero, one, negative, too large for its type, and absurdly large.

use brownout_sim_core::engine::{Limits, run};
use brownout_sim_core::observe::Record;

use super::Scenario;
use crate::explain::{documented_defaults, quantities};

/// A file in which every table stands that has a quantity.
const BASE: &str = r#"format = 1
[run]
duration = "10m"
replications = 2
[load.users]
mix = { "web.home" = "60%", db = "40%" }
rate = "100/s"
objective = { within = "1s" }
zone = "a"
[load.waves]
target = "web.home"
diurnal = { mean = "10/s", amplitude = "50%" }
[load.peaks]
target = "web.home"
diurnal = { mean = "10/s", peak = "15/s" }
[load.points]
target = "web.home"
rate = [{ at = "0s", value = "10/s" }, { at = "1m", value = "20/s", ramp = "30s" }]
spike = [{ at = "5m", for = "10s", factor = "x2" }]
[load.bursts]
target = "web.home"
arrival = "mmpp"
rate = "10/s"
mmpp = { states = [{ factor = "x1", mean = "10s" }, { factor = "x5", mean = "1s" }] }
[load.people]
target = "web.home"
arrival = "closed"
users = 10
think = "1s"
[load.sessions]
target = "web.home"
rate = "1/s"
session = { requests = 3, think = "1s" }
[zone.a]
price = "0.01 EUR/GB"
[service.web]
workers = 8
[service.web.endpoint.home]
work = "1ms"
flow = [{ call = "db", times = 2, need = 1 }, "bank.check", "bank.pay"]
price = "0.001 EUR/call"
errors = { ratio = "1%" }
[service.db]
replicas = 2
workers = 8
cores = { limit = 2 }
queue = { limit = 10, timeout = "1s" }
slowdown = { kind = "linear", per_call = "1%" }
weights = [1, 1]
zones = ["a"]
price = "1 EUR/h"
work = "1ms"
errors = "1%"
[external.bank]
latency = "10ms"
errors = "1%"
quota = { limit = 100, per = "1s", burst = 10 }
price = "0.01 EUR/call"
[external.bank.endpoint.pay]
latency = "20ms"
[link.default]
latency = "1ms"
[policy.p]
edge = "web -> db"
timeout = "100ms"
deadline = { after = "1s", propagate = true, margin = "1ms" }
retry = { attempts = 3, backoff = "10ms", budget = "10%" }
[fault.f]
target = "db"
at = "2m"
for = "30s"
pick = "all"
ramp = { over = "1s", steps = 2 }
effect = { work = "x2" }
[fault.g]
target = "bank"
every = "3m"
for = "10s"
effect = { errors = "10%" }
flap = { up = "1s", down = "1s" }
[fault.h]
target = "web -> db"
at = "8m"
effect = { latency = "x2 +1ms", loss = "1%" }
[fault.i]
target = "db"
at = "9m"
effect = { replicas = -1 }
[change.c]
at = "9m"
ramp = { over = "10s", steps = 2 }
set.load.users.scale = "x0.5"
[expect.e]
that = "success_ratio(*) >= 1%"
during = "1m .. 5m"
[expect.w]
that = "success_ratio(*) >= 1%"
within = "1m after fault.f.end"
over = "5s"
share = "50%"
[knob.k]
path = "service.db.replicas"
min = 1
max = 10
"#;

/// What is tried for a kind of quantity: zero, one, negative, too large for its type, absurdly large.
const COUNT: [&str; 5] = ["0", "1", "-1", "99999999999999999999", "4000000000"];
const DURATION: [&str; 5] = ["'0s'", "'1ns'", "'-1s'", "'99999999999999999999s'", "'100000d'"];
const RATE: [&str; 5] = [
    "'0/s'",
    "'1/h'",
    "'-1/s'",
    "'99999999999999999999/s'",
    "'1000000000000/s'",
];
const SHARE: [&str; 5] = ["'0%'", "'100%'", "'-1%'", "'99999999999999999999%'", "'150%'"];
const FACTOR: [&str; 5] = ["'x0'", "'x1'", "'x-1'", "'x99999999999999999999'", "'x1000000'"];
const SIZE: [&str; 5] = ["'0B'", "'1B'", "'-1B'", "'99999999999999999999B'", "'1000000TB'"];
const BANDWIDTH: [&str; 5] = [
    "'0bit/s'",
    "'1bit/s'",
    "'-1bit/s'",
    "'99999999999999999999bit/s'",
    "'1000000Gbit/s'",
];
const NUMBER: [&str; 5] = ["0", "1", "-1", "99999999999999999999", "1000000000"];
const KEYS: [&str; 5] = [
    "'zipf(0, 1)'",
    "'zipf(1, 0)'",
    "'zipf(10, -1)'",
    "'zipf(99999999999999999999, 1)'",
    "'zipf(10, 101)'",
];
const BACKOFF: [&str; 5] = [
    "'0ms'",
    "'exponential(1ns)'",
    "'-1ms'",
    "'99999999999999999999s'",
    "'exponential(1s, factor=1000000)'",
];
const INSTANT: [&str; 5] = ["'0s'", "'1ns'", "'-1s'", "'99999999999999999999s'", "'100000d'"];
const PRICES: [&str; 5] = [
    "'0 EUR/h'",
    "'1 EUR/h'",
    "'-1 EUR/h'",
    "'99999999999999999999 EUR/h'",
    "'1000000000 EUR/h'",
];
const PER_CALL: [&str; 5] = [
    "'0 EUR/call'",
    "'1 EUR/call'",
    "'-1 EUR/call'",
    "'99999999999999999999 EUR/call'",
    "'1000000000 EUR/call'",
];
const PER_DATA: [&str; 5] = [
    "'0 EUR/GB'",
    "'1 EUR/GB'",
    "'-1 EUR/GB'",
    "'99999999999999999999 EUR/GB'",
    "'1000000000 EUR/GB'",
];
const PICK: [&str; 5] = ["0", "1", "'0%'", "'150%'", "99999999999999999999"];
const LOSS: [&str; 5] = ["0", "-3", "'0%'", "'150%'", "-99999999999999999999"];

/// A field as the reference names it; where it is set (`~` for the field itself in a table of the base) and how (`@` is the
/// value); and what is tried.
type Case = (&'static str, &'static str, &'static str, [&'static str; 5]);

#[rustfmt::skip] // A table reads better with a row in one line.
const CASES: &[Case] = &[
    ("lesson", "lesson", "@", COUNT),
    ("run.duration", "run.duration", "@", DURATION),
    ("run.warmup", "run.warmup", "@", DURATION),
    ("run.drain", "run.drain", "@", DURATION),
    ("run.seed", "run.seed", "@", COUNT),
    ("run.replications", "run.replications", "@", COUNT),
    ("run.window", "run.window", "@", DURATION),
    ("load.mix", "load.users.mix", "{ 'web.home' = '100%', db = @ }", SHARE),
    ("load.rate", "load.users.rate", "@", RATE),
    ("load.rate.at", "load.points.rate", "[{ at = '0s', value = '1/s' }, { at = @, value = '2/s' }]", DURATION),
    ("load.rate.value", "load.points.rate", "[{ at = '0s', value = '1/s' }, { at = '1m', value = @ }]", RATE),
    ("load.rate.ramp", "load.points.rate", "[{ at = '0s', value = '1/s' }, { at = '1m', value = '2/s', ramp = @ }]", DURATION),
    ("load.diurnal.mean", "load.waves.diurnal.mean", "@", RATE),
    ("load.diurnal.amplitude", "load.waves.diurnal.amplitude", "@", SHARE),
    ("load.diurnal.peak", "load.peaks.diurnal.peak", "@", RATE),
    ("load.diurnal.period", "load.waves.diurnal.period", "@", DURATION),
    ("load.diurnal.phase", "load.waves.diurnal.phase", "@", DURATION),
    ("load.spike.at", "load.points.spike", "[{ at = @, for = '10s', factor = 'x2' }]", INSTANT),
    ("load.spike.for", "load.points.spike", "[{ at = '1m', for = @, factor = 'x2' }]", DURATION),
    ("load.spike.factor", "load.points.spike", "[{ at = '1m', for = '10s', factor = @ }]", FACTOR),
    ("load.mmpp.states.factor", "load.bursts.mmpp", "{ states = [{ factor = @, mean = '10s' }, { factor = 'x5', mean = '1s' }] }", FACTOR),
    ("load.mmpp.states.mean", "load.bursts.mmpp", "{ states = [{ factor = 'x1', mean = @ }, { factor = 'x5', mean = '1s' }] }", DURATION),
    ("load.users", "load.people.users", "@", COUNT),
    ("load.think", "load.people.think", "@", DURATION),
    ("load.session.requests", "load.sessions.session.requests", "@", NUMBER),
    ("load.session.path", "load.sessions.session", "{ path = ['web.home', 'db | @'] }", ["0%", "100%", "-1%", "99999999999999999999%", "150%"]),
    ("load.session.think", "load.sessions.session.think", "@", DURATION),
    ("load.scale", "load.users.scale", "@", FACTOR),
    ("load.objective", "load.users.objective", "@", DURATION),
    ("load.objective.within", "load.users.objective.within", "@", DURATION),
    ("load.clients", "load.users.clients", "@", COUNT),
    ("load.priority", "load.users.priority", "@", COUNT),
    ("load.key", "load.users.key", "@", KEYS),
    ("service.replicas", "service.web.replicas", "@", COUNT),
    ("service.workers", "service.web.workers", "@", COUNT),
    ("service.cores", "service.web.cores", "@", COUNT),
    ("service.cores.limit", "service.db.cores.limit", "@", COUNT),
    ("service.queue.limit", "service.db.queue.limit", "@", COUNT),
    ("service.queue.timeout", "service.db.queue.timeout", "@", DURATION),
    ("service.queue.timeout.after", "service.db.queue.timeout", "{ after = @ }", DURATION),
    ("service.queue.timeout.short", "service.db.queue.timeout", "{ short = @, long = '1s' }", DURATION),
    ("service.queue.timeout.long", "service.db.queue.timeout", "{ short = '1ms', long = @ }", DURATION),
    ("service.queue.threshold", "service.db.queue", "{ order = 'adaptive_lifo', threshold = @ }", COUNT),
    ("service.queue.codel.target", "service.db.queue.codel", "{ target = @, interval = '1h' }", DURATION),
    ("service.queue.codel.interval", "service.db.queue.codel", "{ target = '1ns', interval = @ }", DURATION),
    ("service.queue.folly_codel.target", "service.db.queue.folly_codel", "{ target = @, interval = '1h' }", DURATION),
    ("service.queue.folly_codel.interval", "service.db.queue.folly_codel", "{ target = '1ns', interval = @ }", DURATION),
    ("service.queue.red.min", "service.db.queue.red", "{ min = @, max = 1000000 }", COUNT),
    ("service.queue.red.max", "service.db.queue.red", "{ min = 0, max = @ }", COUNT),
    ("service.queue.red.max_probability", "service.db.queue.red", "{ max_probability = @ }", SHARE),
    ("service.queue.red.weight", "service.db.queue.red", "{ weight = @ }", NUMBER),
    ("service.queue.deadline_drop", "service.db.queue.deadline_drop", "@", DURATION),
    ("service.queue.deadline_drop.needed", "service.db.queue.deadline_drop", "{ needed = @ }", DURATION),
    ("service.admission.concurrency", "service.db.admission.concurrency", "@", COUNT),
    ("service.admission.criticality.critical_plus", "service.db", "{ workers = 5, work = '5ms', admission = { criticality = { critical_plus = @ } } }", SHARE),
    ("service.admission.criticality.critical", "service.db", "{ workers = 5, work = '5ms', admission = { criticality = { critical = @ } } }", SHARE),
    ("service.admission.criticality.sheddable_plus", "service.db", "{ workers = 5, work = '5ms', admission = { criticality = { sheddable_plus = @ } } }", SHARE),
    ("service.admission.criticality.sheddable", "service.db", "{ workers = 5, work = '5ms', admission = { criticality = { sheddable = @ } } }", SHARE),
    ("service.admission.partition", "service.db.admission", "{ concurrency = 5, partition = { default = @ } }", SHARE),
    ("service.dimmer", "service.db.dimmer", "@", DURATION),
    ("service.dimmer.setpoint", "service.db.dimmer", "{ setpoint = @ }", DURATION),
    ("service.dimmer.pole", "service.db.dimmer", "{ pole = @ }", NUMBER),
    ("service.dimmer.control_period", "service.db.dimmer", "{ control_period = @ }", DURATION),
    ("service.dimmer.initial_theta", "service.db.dimmer", "{ initial_theta = @ }", SHARE),
    ("service.dimmer.gain", "service.db.dimmer", "{ gain = @ }", DURATION),
    ("service.dimmer.forgetting", "service.db.dimmer", "{ forgetting = @ }", NUMBER),
    ("service.slowdown.per_call", "service.db.slowdown.per_call", "@", SHARE),
    ("service.slowdown.sigma", "service.web.slowdown", "{ kind = 'usl', sigma = @ }", SHARE),
    ("service.slowdown.kappa", "service.web.slowdown", "{ kind = 'usl', kappa = @ }", SHARE),
    ("service.weights", "service.db.weights", "[1, @]", COUNT),
    ("value", "value.users", "@", PER_CALL),
    ("service.price", "service.db.price", "@", PRICES),
    ("service.work", "service.db.work", "@", DURATION),
    ("service.errors", "service.db.errors", "@", SHARE),
    ("service.errors.ratio", "service.db.errors", "{ ratio = @ }", SHARE),
    ("service.request_size", "service.db.request_size", "@", SIZE),
    ("service.reply_size", "service.db.reply_size", "@", SIZE),
    ("service.endpoint.work", "service.web.endpoint.home.work", "@", DURATION),
    ("service.endpoint.errors", "service.web.endpoint.home.errors", "@", SHARE),
    ("service.endpoint.errors.ratio", "service.web.endpoint.home.errors.ratio", "@", SHARE),
    ("service.endpoint.request_size", "service.web.endpoint.home.request_size", "@", SIZE),
    ("service.endpoint.reply_size", "service.web.endpoint.home.reply_size", "@", SIZE),
    ("service.endpoint.price", "service.web.endpoint.home.price", "@", PER_CALL),
    ("service.endpoint.flow.times", "service.web.endpoint.home.flow", "['bank.check', 'bank.pay', { call = 'db', times = @ }]", COUNT),
    ("service.endpoint.flow.need", "service.web.endpoint.home.flow", "['bank.check', 'bank.pay', { call = 'db', times = 2, need = @ }]", COUNT),
    ("service.endpoint.flow.work", "service.web.endpoint.home.flow", "['bank.check', 'bank.pay', 'db', { work = @ }]", DURATION),
    ("service.endpoint.flow.wait", "service.web.endpoint.home.flow", "['bank.check', 'bank.pay', 'db', { wait = @ }]", DURATION),
    ("service.endpoint.flow.chance", "service.web.endpoint.home.flow", "['bank.check', 'bank.pay', { call = 'db', chance = @ }]", SHARE),
    ("service.endpoint.flow.choose", "service.web.endpoint.home.flow", "['bank.check', 'bank.pay', { choose = [['db', @], ['bank.check', '100%']] }]", SHARE),
    ("external.latency", "external.bank.latency", "@", DURATION),
    ("external.errors", "external.bank.errors", "@", SHARE),
    ("external.errors.ratio", "external.bank.errors", "{ ratio = @ }", SHARE),
    ("external.quota", "external.bank.quota", "@", RATE),
    ("external.quota.limit", "external.bank.quota.limit", "@", COUNT),
    ("external.quota.per", "external.bank.quota.per", "@", DURATION),
    ("external.quota.burst", "external.bank.quota.burst", "@", COUNT),
    ("external.price", "external.bank.price", "@", PER_CALL),
    ("external.replicas", "external.bank.replicas", "@", COUNT),
    ("external.request_size", "external.bank.request_size", "@", SIZE),
    ("external.reply_size", "external.bank.reply_size", "@", SIZE),
    ("external.endpoint.latency", "external.bank.endpoint.pay.latency", "@", DURATION),
    ("external.endpoint.errors", "external.bank.endpoint.pay.errors", "@", SHARE),
    ("external.endpoint.errors.ratio", "external.bank.endpoint.pay.errors", "{ ratio = @ }", SHARE),
    ("external.endpoint.price", "external.bank.endpoint.pay.price", "@", PER_CALL),
    ("external.endpoint.request_size", "external.bank.endpoint.pay.request_size", "@", SIZE),
    ("external.endpoint.reply_size", "external.bank.endpoint.pay.reply_size", "@", SIZE),
    ("zone.price", "zone.a.price", "@", PER_DATA),
    ("link.latency", "link.default.latency", "@", DURATION),
    ("link.loss", "link.default.loss", "@", SHARE),
    ("link.bandwidth", "link.default.bandwidth", "@", BANDWIDTH),
    ("link.connect", "link.default.connect", "@", DURATION),
    ("link.price", "link.default.price", "@", PER_DATA),
    ("policy.timeout", "policy.p.timeout", "@", DURATION),
    ("policy.deadline", "policy.p.deadline", "@", DURATION),
    ("policy.deadline.after", "policy.p.deadline.after", "@", DURATION),
    ("policy.deadline.margin", "policy.p.deadline.margin", "@", DURATION),
    ("policy.fallback.takes", "policy.p.fallback", "{ kind = 'static', takes = @ }", DURATION),
    ("policy.fallback.max_concurrent_requests", "policy.p.fallback", "{ kind = 'static', max_concurrent_requests = @ }", COUNT),
    ("policy.fallback.max_stale", "policy.p.fallback", "{ kind = 'stale_cache', max_stale = @ }", DURATION),
    ("policy.fallback.keys", "policy.p.fallback", "{ kind = 'stale_cache', max_stale = '1m', keys = @ }", COUNT),
    ("policy.cache", "policy.p.cache", "@", DURATION),
    ("policy.cache.ttl", "policy.p.cache", "{ kind = 'ttl', ttl = @ }", DURATION),
    ("policy.cache.ttl_jitter", "policy.p.cache", "{ kind = 'ttl', ttl_jitter = @ }", SHARE),
    ("policy.cache.limit", "policy.p.cache", "{ kind = 'ttl', limit = @ }", COUNT),
    ("policy.collapse", "policy.p.collapse", "@", DURATION),
    ("policy.collapse.timer_delay", "policy.p.collapse", "{ timer_delay = @ }", DURATION),
    ("policy.collapse.max_requests_in_batch", "policy.p.collapse", "{ max_requests_in_batch = @ }", COUNT),
    ("policy.fallback.takes", "policy.p.fallback", "{ kind = 'stale_cache', max_stale = '1m', takes = @ }", DURATION),
    ("policy.fallback.max_concurrent_requests", "policy.p.fallback", "{ kind = 'stale_cache', max_stale = '1m', max_concurrent_requests = @ }", COUNT),
    ("policy.fallback.max_concurrent_requests", "policy.p.fallback", "{ kind = 'dependency', call = 'bank.pay', max_concurrent_requests = @ }", COUNT),
    ("policy.fallback.takes", "policy.p.fallback", "{ kind = 'fail_silent', takes = @ }", DURATION),
    ("policy.fallback.max_concurrent_requests", "policy.p.fallback", "{ kind = 'fail_silent', max_concurrent_requests = @ }", COUNT),
    ("policy.fallback.limit", "policy.p.fallback", "{ kind = 'enqueue', limit = @ }", COUNT),
    ("policy.fallback.every", "policy.p.fallback", "{ kind = 'enqueue', every = @ }", DURATION),
    ("policy.fallback.takes", "policy.p.fallback", "{ kind = 'enqueue', takes = @ }", DURATION),
    ("policy.hedge", "policy.p.hedge", "@", DURATION),
    ("policy.hedge.delay", "policy.p.hedge", "{ kind = 'fixed', delay = @ }", DURATION),
    ("policy.hedge.attempts", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', attempts = @ }", COUNT),
    ("policy.hedge.budget", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = @ }", SHARE),
    ("policy.hedge.budget.deposit", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'bucket', deposit = @ } }", SHARE),
    ("policy.hedge.budget.burst", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'success_bucket', burst = @ } }", COUNT),
    ("policy.hedge.budget.ttl", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'finagle', ttl = @ } }", DURATION),
    ("policy.hedge.budget.min_retries_per_sec", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'finagle', min_retries_per_sec = @ } }", COUNT),
    ("policy.hedge.budget.percent_can_retry", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'tower', percent_can_retry = @ } }", SHARE),
    ("policy.hedge.budget.max_tokens", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'grpc', max_tokens = @ } }", COUNT),
    ("policy.hedge.budget.token_ratio", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'grpc', token_ratio = @ } }", NUMBER),
    ("policy.hedge.budget.capacity", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'aws', capacity = @ } }", COUNT),
    ("policy.hedge.budget.cost", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'aws', cost = @ } }", COUNT),
    ("policy.hedge.budget.timeout_cost", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'aws', timeout_cost = @ } }", COUNT),
    ("policy.hedge.budget.throttling_cost", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'aws', throttling_cost = @ } }", COUNT),
    ("policy.hedge.budget.refund", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'aws', refund = @ } }", COUNT),
    ("policy.hedge.budget.max_retries", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'envoy', max_retries = @ } }", COUNT),
    ("policy.hedge.budget.budget_percent", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'envoy', budget_percent = @ } }", SHARE),
    ("policy.hedge.budget.min_retry_concurrency", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'envoy', budget_percent = '20%', min_retry_concurrency = @ } }", COUNT),
    ("policy.hedge.budget.ratio", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'sre', ratio = @ } }", SHARE),
    ("policy.hedge.budget.attempts", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'sre', attempts = @ } }", COUNT),
    ("policy.hedge.budget.window", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'sre', window = @ } }", DURATION),
    ("policy.hedge.budget.per_minute", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'sre', per_minute = @ } }", COUNT),
    ("policy.hedge.budget.ratio", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', budget = { kind = 'failure_ratio', ratio = @ } }", SHARE),
    ("policy.hedge.quantile", "policy.p.hedge", "{ kind = 'quantile', quantile = @ }", SHARE),
    ("policy.hedge.num_buckets", "policy.p.hedge", "{ kind = 'quantile', num_buckets = @ }", COUNT),
    ("policy.hedge.bucket_size", "policy.p.hedge", "{ kind = 'quantile', bucket_size = @ }", DURATION),
    ("policy.hedge.refresh_interval", "policy.p.hedge", "{ kind = 'quantile', refresh_interval = @ }", DURATION),
    ("policy.hedge.min_send_backup_after", "policy.p.hedge", "{ kind = 'quantile', min_send_backup_after = @ }", DURATION),
    ("policy.hedge.highest_trackable", "policy.p.hedge", "{ kind = 'quantile', highest_trackable = @ }", DURATION),
    ("policy.hedge.attempts", "policy.p.hedge", "{ kind = 'quantile', attempts = @ }", COUNT),
    ("policy.hedge.times", "policy.p.hedge", "{ kind = 'average', times = @ }", NUMBER),
    ("policy.hedge.plus", "policy.p.hedge", "{ kind = 'average', plus = @ }", DURATION),
    ("policy.hedge.window_size", "policy.p.hedge", "{ kind = 'average', window_size = @ }", COUNT),
    ("policy.hedge.attempts", "policy.p.hedge", "{ kind = 'average', attempts = @ }", COUNT),
    ("policy.hedge.network_delay", "policy.p.hedge", "{ kind = 'tied', network_delay = @ }", DURATION),
    ("policy.hedge.max_attempts", "policy.p.hedge", "{ kind = 'grpc', max_attempts = @ }", COUNT),
    ("policy.hedge.hedging_delay", "policy.p.hedge", "{ kind = 'grpc', max_attempts = 2, hedging_delay = @ }", DURATION),
    ("policy.hedge.max_hedged_attempts", "policy.p.hedge", "{ kind = 'polly', max_hedged_attempts = @ }", COUNT),
    ("policy.hedge.delay", "policy.p.hedge", "{ kind = 'polly', delay = @ }", DURATION),
    ("policy.hedge.per_try_timeout", "policy.p.hedge", "{ kind = 'envoy', per_try_timeout = @ }", DURATION),
    ("policy.hedge.num_retries", "policy.p.hedge", "{ kind = 'envoy', per_try_timeout = '10ms', num_retries = @ }", COUNT),
    ("policy.hedge.max_extra_load", "policy.p.hedge", "{ kind = 'finagle', max_extra_load = @ }", SHARE),
    ("policy.hedge.cutoff", "policy.p.hedge", "{ kind = 'resilience4j', cutoff = @ }", DURATION),
    ("policy.hedge.percentage", "policy.p.hedge", "{ kind = 'resilience4j', percentage = @ }", SHARE),
    ("policy.retry.attempts", "policy.p.retry.attempts", "@", COUNT),
    ("policy.retry.backoff", "policy.p.retry.backoff", "@", BACKOFF),
    ("policy.retry.budget", "policy.p.retry.budget", "@", SHARE),
    ("policy.retry.budget.deposit", "policy.p.retry.budget", "{ kind = 'bucket', deposit = @ }", SHARE),
    ("policy.retry.budget.burst", "policy.p.retry.budget", "{ kind = 'success_bucket', burst = @ }", COUNT),
    ("policy.retry.budget.ttl", "policy.p.retry.budget", "{ kind = 'finagle', ttl = @ }", DURATION),
    ("policy.retry.budget.min_retries_per_sec", "policy.p.retry.budget", "{ kind = 'finagle', min_retries_per_sec = @ }", COUNT),
    ("policy.retry.budget.percent_can_retry", "policy.p.retry.budget", "{ kind = 'tower', percent_can_retry = @ }", SHARE),
    ("policy.retry.budget.max_tokens", "policy.p.retry.budget", "{ kind = 'grpc', max_tokens = @ }", COUNT),
    ("policy.retry.budget.token_ratio", "policy.p.retry.budget", "{ kind = 'grpc', token_ratio = @ }", NUMBER),
    ("policy.retry.budget.capacity", "policy.p.retry.budget", "{ kind = 'aws', capacity = @ }", COUNT),
    ("policy.retry.budget.cost", "policy.p.retry.budget", "{ kind = 'aws', cost = @ }", COUNT),
    ("policy.retry.budget.timeout_cost", "policy.p.retry.budget", "{ kind = 'aws', timeout_cost = @ }", COUNT),
    ("policy.retry.budget.throttling_cost", "policy.p.retry.budget", "{ kind = 'aws', throttling_cost = @ }", COUNT),
    ("policy.retry.budget.refund", "policy.p.retry.budget", "{ kind = 'aws', refund = @ }", COUNT),
    ("policy.retry.budget.max_retries", "policy.p.retry.budget", "{ kind = 'envoy', max_retries = @ }", COUNT),
    ("policy.retry.budget.budget_percent", "policy.p.retry.budget", "{ kind = 'envoy', budget_percent = @ }", SHARE),
    ("policy.retry.budget.min_retry_concurrency", "policy.p.retry.budget", "{ kind = 'envoy', budget_percent = '20%', min_retry_concurrency = @ }", COUNT),
    ("policy.retry.budget.ratio", "policy.p.retry.budget", "{ kind = 'sre', ratio = @ }", SHARE),
    ("policy.retry.budget.attempts", "policy.p.retry.budget", "{ kind = 'sre', attempts = @ }", COUNT),
    ("policy.retry.budget.window", "policy.p.retry.budget", "{ kind = 'sre', window = @ }", DURATION),
    ("policy.retry.budget.per_minute", "policy.p.retry.budget", "{ kind = 'sre', per_minute = @ }", COUNT),
    ("policy.retry.budget.ratio", "policy.p.retry.budget", "{ kind = 'failure_ratio', ratio = @ }", SHARE),
    ("policy.retry.respect_retry_after.max", "policy.p.retry.respect_retry_after", "{ kind = 'jittered', max = @ }", DURATION),
    ("policy.retry.respect_retry_after.stretch", "policy.p.retry.respect_retry_after", "{ kind = 'clamped', stretch = @ }", DURATION),
    ("policy.bulkhead", "policy.p.bulkhead", "@", COUNT),
    ("policy.rate_limit", "policy.p.rate_limit", "@", RATE),
    ("policy.throttle.k", "policy.p.throttle", "{ kind = 'sre', k = @ }", NUMBER),
    ("policy.throttle.window", "policy.p.throttle", "{ kind = 'sre', window = @ }", DURATION),
    ("policy.throttle.sampling_window", "policy.p.throttle", "{ kind = 'envoy', sampling_window = @ }", DURATION),
    ("policy.throttle.sr_threshold", "policy.p.throttle", "{ kind = 'envoy', sr_threshold = @ }", SHARE),
    ("policy.throttle.aggression", "policy.p.throttle", "{ kind = 'envoy', aggression = @ }", NUMBER),
    ("policy.throttle.rps_threshold", "policy.p.throttle", "{ kind = 'envoy', rps_threshold = @ }", COUNT),
    ("policy.throttle.max_rejection_probability", "policy.p.throttle", "{ kind = 'envoy', max_rejection_probability = @ }", SHARE),
    ("policy.rate_limit.rate", "policy.p.rate_limit", "{ kind = 'token_bucket', rate = @ }", RATE),
    ("policy.rate_limit.burst", "policy.p.rate_limit", "{ kind = 'token_bucket', rate = '100/s', burst = @ }", COUNT),
    ("policy.rate_limit.max_wait", "policy.p.rate_limit", "{ kind = 'token_bucket', rate = '100/s', max_wait = @ }", DURATION),
    ("policy.rate_limit.rate", "policy.p.rate_limit", "{ kind = 'leaky_bucket', rate = @ }", RATE),
    ("policy.rate_limit.size", "policy.p.rate_limit", "{ kind = 'leaky_bucket', rate = '100/s', size = @ }", COUNT),
    ("policy.rate_limit.rate", "policy.p.rate_limit", "{ kind = 'gcra', rate = @ }", RATE),
    ("policy.rate_limit.max_burst", "policy.p.rate_limit", "{ kind = 'gcra', rate = '100/s', max_burst = @ }", COUNT),
    ("policy.rate_limit.limit", "policy.p.rate_limit", "{ kind = 'fixed_window', window = '1s', limit = @ }", COUNT),
    ("policy.rate_limit.window", "policy.p.rate_limit", "{ kind = 'fixed_window', limit = 100, window = @ }", DURATION),
    ("policy.rate_limit.limit", "policy.p.rate_limit", "{ kind = 'sliding_window_log', window = '1s', limit = @ }", COUNT),
    ("policy.rate_limit.window", "policy.p.rate_limit", "{ kind = 'sliding_window_log', limit = 100, window = @ }", DURATION),
    ("policy.rate_limit.limit", "policy.p.rate_limit", "{ kind = 'sliding_window_counter', window = '1s', limit = @ }", COUNT),
    ("policy.rate_limit.window", "policy.p.rate_limit", "{ kind = 'sliding_window_counter', limit = 100, window = @ }", DURATION),
    ("policy.rate_limit.limit_for_period", "policy.p.rate_limit", "{ kind = 'resilience4j', limit_for_period = @ }", COUNT),
    ("policy.rate_limit.limit_refresh_period", "policy.p.rate_limit", "{ kind = 'resilience4j', limit_refresh_period = @ }", DURATION),
    ("policy.rate_limit.timeout_duration", "policy.p.rate_limit", "{ kind = 'resilience4j', timeout_duration = @ }", DURATION),
    ("policy.breaker.failures", "policy.p.breaker", "{ kind = 'consecutive', failures = @ }", COUNT),
    ("policy.breaker.wait", "policy.p.breaker", "{ kind = 'consecutive', wait = @ }", BACKOFF),
    ("policy.breaker.success_rate.threshold", "policy.p.breaker", "{ kind = 'consecutive', success_rate = { window = '30s', min_requests = 10, threshold = @ } }", SHARE),
    ("policy.breaker.success_rate.window", "policy.p.breaker", "{ kind = 'consecutive', success_rate = { threshold = '80%', min_requests = 10, window = @ } }", DURATION),
    ("policy.breaker.success_rate.min_requests", "policy.p.breaker", "{ kind = 'consecutive', success_rate = { threshold = '80%', window = '30s', min_requests = @ } }", COUNT),
    ("policy.breaker.request_volume_threshold", "policy.p.breaker", "{ kind = 'hystrix', request_volume_threshold = @ }", COUNT),
    ("policy.breaker.error_threshold_percentage", "policy.p.breaker", "{ kind = 'hystrix', error_threshold_percentage = @ }", SHARE),
    ("policy.breaker.sleep_window", "policy.p.breaker", "{ kind = 'hystrix', sleep_window = @ }", DURATION),
    ("policy.breaker.rolling_stats_time", "policy.p.breaker", "{ kind = 'hystrix', rolling_stats_time = @ }", DURATION),
    ("policy.breaker.health_snapshot_interval", "policy.p.breaker", "{ kind = 'hystrix', health_snapshot_interval = @ }", DURATION),
    ("policy.breaker.failure_rate_threshold", "policy.p.breaker", "{ kind = 'resilience4j', failure_rate_threshold = @ }", SHARE),
    ("policy.breaker.slow_call_rate_threshold", "policy.p.breaker", "{ kind = 'resilience4j', slow_call_rate_threshold = @ }", SHARE),
    ("policy.breaker.slow_call_duration_threshold", "policy.p.breaker", "{ kind = 'resilience4j', slow_call_duration_threshold = @ }", DURATION),
    ("policy.breaker.sliding_window_size", "policy.p.breaker", "{ kind = 'resilience4j', sliding_window_size = @ }", COUNT),
    ("policy.breaker.minimum_number_of_calls", "policy.p.breaker", "{ kind = 'resilience4j', minimum_number_of_calls = @ }", COUNT),
    ("policy.breaker.permitted_number_of_calls_in_half_open_state", "policy.p.breaker", "{ kind = 'resilience4j', permitted_number_of_calls_in_half_open_state = @ }", COUNT),
    ("policy.breaker.wait_duration_in_open_state", "policy.p.breaker", "{ kind = 'resilience4j', wait_duration_in_open_state = @ }", BACKOFF),
    ("policy.breaker.max_wait_duration_in_half_open_state", "policy.p.breaker", "{ kind = 'resilience4j', max_wait_duration_in_half_open_state = @ }", DURATION),
    ("policy.breaker.failure_ratio", "policy.p.breaker", "{ kind = 'polly', failure_ratio = @ }", SHARE),
    ("policy.breaker.minimum_throughput", "policy.p.breaker", "{ kind = 'polly', minimum_throughput = @ }", COUNT),
    ("policy.breaker.sampling_duration", "policy.p.breaker", "{ kind = 'polly', sampling_duration = @ }", DURATION),
    ("policy.breaker.break_duration", "policy.p.breaker", "{ kind = 'polly', break_duration = @ }", BACKOFF),
    ("policy.breaker.rule.threshold", "policy.p.breaker", "{ kind = 'cockatiel', rule = { kind = 'consecutive', threshold = @ } }", COUNT),
    ("policy.breaker.rule.threshold", "policy.p.breaker", "{ kind = 'cockatiel', rule = { kind = 'sampling', threshold = @ } }", SHARE),
    ("policy.breaker.rule.duration", "policy.p.breaker", "{ kind = 'cockatiel', rule = { kind = 'sampling', duration = @ } }", DURATION),
    ("policy.breaker.rule.minimum_rps", "policy.p.breaker", "{ kind = 'cockatiel', rule = { kind = 'sampling', minimum_rps = @ } }", RATE),
    ("policy.breaker.half_open_after", "policy.p.breaker", "{ kind = 'cockatiel', half_open_after = @ }", BACKOFF),
    ("policy.breaker.error_threshold_percentage", "policy.p.breaker", "{ kind = 'opossum', error_threshold_percentage = @ }", SHARE),
    ("policy.breaker.rolling_count_timeout", "policy.p.breaker", "{ kind = 'opossum', rolling_count_timeout = @ }", DURATION),
    ("policy.breaker.rolling_count_buckets", "policy.p.breaker", "{ kind = 'opossum', rolling_count_buckets = @ }", COUNT),
    ("policy.breaker.reset_timeout", "policy.p.breaker", "{ kind = 'opossum', reset_timeout = @ }", DURATION),
    ("policy.breaker.volume_threshold", "policy.p.breaker", "{ kind = 'opossum', volume_threshold = @ }", COUNT),
    ("policy.breaker.success_rate.required", "policy.p.breaker", "{ kind = 'finagle', success_rate = { required = @ } }", SHARE),
    ("policy.breaker.success_rate.window", "policy.p.breaker", "{ kind = 'finagle', success_rate = { window = @ } }", DURATION),
    ("policy.breaker.success_rate.min_requests", "policy.p.breaker", "{ kind = 'finagle', success_rate = { min_requests = @ } }", COUNT),
    ("policy.breaker.consecutive_failures", "policy.p.breaker", "{ kind = 'finagle', consecutive_failures = @ }", COUNT),
    ("policy.breaker.mark_dead_for", "policy.p.breaker", "{ kind = 'finagle', mark_dead_for = @ }", BACKOFF),
    ("policy.bulkhead.max_concurrent_calls", "policy.p.bulkhead", "{ kind = 'semaphore', max_concurrent_calls = @ }", COUNT),
    ("policy.bulkhead.max_wait_duration", "policy.p.bulkhead", "{ kind = 'semaphore', max_wait_duration = @ }", DURATION),
    ("policy.bulkhead.queue_limit", "policy.p.bulkhead", "{ kind = 'semaphore', max_wait_duration = '10ms', queue_limit = @ }", COUNT),
    ("policy.bulkhead.core_size", "policy.p.bulkhead", "{ kind = 'thread_pool', core_size = @ }", COUNT),
    ("policy.bulkhead.maximum_size", "policy.p.bulkhead", "{ kind = 'thread_pool', allow_maximum_size_to_diverge_from_core_size = true, maximum_size = @ }", COUNT),
    ("policy.bulkhead.keep_alive", "policy.p.bulkhead", "{ kind = 'thread_pool', keep_alive = @ }", DURATION),
    ("policy.bulkhead.max_queue_size", "policy.p.bulkhead", "{ kind = 'thread_pool', max_queue_size = @ }", COUNT),
    ("policy.bulkhead.queue_size_rejection_threshold", "policy.p.bulkhead", "{ kind = 'thread_pool', max_queue_size = 10, queue_size_rejection_threshold = @ }", COUNT),
    ("policy.bulkhead.maxconn", "policy.p.bulkhead", "{ kind = 'haproxy', maxconn = @ }", COUNT),
    ("policy.bulkhead.minconn", "policy.p.bulkhead", "{ kind = 'haproxy', maxconn = 100, fullconn = 400, minconn = @ }", COUNT),
    ("policy.bulkhead.fullconn", "policy.p.bulkhead", "{ kind = 'haproxy', maxconn = 100, minconn = 20, fullconn = @ }", COUNT),
    ("policy.bulkhead.maxqueue", "policy.p.bulkhead", "{ kind = 'haproxy', maxconn = 100, maxqueue = @ }", COUNT),
    ("policy.bulkhead.timeout_queue", "policy.p.bulkhead", "{ kind = 'haproxy', maxconn = 100, timeout_queue = @ }", DURATION),
    ("policy.bulkhead.max_connections", "policy.p.bulkhead", "{ kind = 'envoy', max_connections = @ }", COUNT),
    ("policy.bulkhead.max_pending_requests", "policy.p.bulkhead", "{ kind = 'envoy', max_pending_requests = @ }", COUNT),
    ("policy.bulkhead.max_requests", "policy.p.bulkhead", "{ kind = 'envoy', max_requests = @ }", COUNT),
    ("policy.bulkhead.max_retries", "policy.p.bulkhead", "{ kind = 'envoy', max_retries = @ }", COUNT),
    ("policy.bulkhead.window", "policy.p.bulkhead", "{ kind = 'credits', window = @ }", COUNT),
    ("policy.concurrency.initial_limit", "policy.p.concurrency", "{ kind = 'gradient2', initial_limit = @ }", COUNT),
    ("policy.concurrency.min_limit", "policy.p.concurrency", "{ kind = 'gradient2', min_limit = @ }", COUNT),
    ("policy.concurrency.max_limit", "policy.p.concurrency", "{ kind = 'gradient2', max_limit = @ }", COUNT),
    ("policy.concurrency.smoothing", "policy.p.concurrency", "{ kind = 'gradient2', smoothing = @ }", NUMBER),
    ("policy.concurrency.queue_size", "policy.p.concurrency", "{ kind = 'gradient2', queue_size = @ }", COUNT),
    ("policy.concurrency.rtt_tolerance", "policy.p.concurrency", "{ kind = 'gradient2', rtt_tolerance = @ }", NUMBER),
    ("policy.concurrency.long_window", "policy.p.concurrency", "{ kind = 'gradient2', long_window = @ }", COUNT),
    ("policy.concurrency.windowed.min_window_time", "policy.p.concurrency", "{ kind = 'gradient2', windowed = { min_window_time = @ } }", DURATION),
    ("policy.concurrency.windowed.max_window_time", "policy.p.concurrency", "{ kind = 'gradient2', windowed = { max_window_time = @ } }", DURATION),
    ("policy.concurrency.windowed.window_size", "policy.p.concurrency", "{ kind = 'gradient2', windowed = { window_size = @ } }", COUNT),
    ("policy.concurrency.windowed.min_rtt_threshold", "policy.p.concurrency", "{ kind = 'gradient2', windowed = { min_rtt_threshold = @ } }", DURATION),
    ("policy.concurrency.initial_limit", "policy.p.concurrency", "{ kind = 'gradient', initial_limit = @ }", COUNT),
    ("policy.concurrency.min_limit", "policy.p.concurrency", "{ kind = 'gradient', min_limit = @ }", COUNT),
    ("policy.concurrency.max_limit", "policy.p.concurrency", "{ kind = 'gradient', max_limit = @ }", COUNT),
    ("policy.concurrency.smoothing", "policy.p.concurrency", "{ kind = 'gradient', smoothing = @ }", NUMBER),
    ("policy.concurrency.rtt_tolerance", "policy.p.concurrency", "{ kind = 'gradient', rtt_tolerance = @ }", NUMBER),
    ("policy.concurrency.backoff_ratio", "policy.p.concurrency", "{ kind = 'gradient', backoff_ratio = @ }", NUMBER),
    ("policy.concurrency.probe_interval", "policy.p.concurrency", "{ kind = 'gradient', probe_interval = @ }", COUNT),
    ("policy.concurrency.windowed.min_window_time", "policy.p.concurrency", "{ kind = 'gradient', windowed = { min_window_time = @ } }", DURATION),
    ("policy.concurrency.windowed.max_window_time", "policy.p.concurrency", "{ kind = 'gradient', windowed = { max_window_time = @ } }", DURATION),
    ("policy.concurrency.windowed.window_size", "policy.p.concurrency", "{ kind = 'gradient', windowed = { window_size = @ } }", COUNT),
    ("policy.concurrency.windowed.min_rtt_threshold", "policy.p.concurrency", "{ kind = 'gradient', windowed = { min_rtt_threshold = @ } }", DURATION),
    ("policy.concurrency.initial_limit", "policy.p.concurrency", "{ kind = 'vegas', initial_limit = @ }", COUNT),
    ("policy.concurrency.max_limit", "policy.p.concurrency", "{ kind = 'vegas', max_limit = @ }", COUNT),
    ("policy.concurrency.smoothing", "policy.p.concurrency", "{ kind = 'vegas', smoothing = @ }", NUMBER),
    ("policy.concurrency.probe_multiplier", "policy.p.concurrency", "{ kind = 'vegas', probe_multiplier = @ }", COUNT),
    ("policy.concurrency.windowed.min_window_time", "policy.p.concurrency", "{ kind = 'vegas', windowed = { min_window_time = @ } }", DURATION),
    ("policy.concurrency.windowed.max_window_time", "policy.p.concurrency", "{ kind = 'vegas', windowed = { max_window_time = @ } }", DURATION),
    ("policy.concurrency.windowed.window_size", "policy.p.concurrency", "{ kind = 'vegas', windowed = { window_size = @ } }", COUNT),
    ("policy.concurrency.windowed.min_rtt_threshold", "policy.p.concurrency", "{ kind = 'vegas', windowed = { min_rtt_threshold = @ } }", DURATION),
    ("policy.concurrency.initial_limit", "policy.p.concurrency", "{ kind = 'aimd', initial_limit = @ }", COUNT),
    ("policy.concurrency.min_limit", "policy.p.concurrency", "{ kind = 'aimd', min_limit = @ }", COUNT),
    ("policy.concurrency.max_limit", "policy.p.concurrency", "{ kind = 'aimd', max_limit = @ }", COUNT),
    ("policy.concurrency.backoff_ratio", "policy.p.concurrency", "{ kind = 'aimd', backoff_ratio = @ }", NUMBER),
    ("policy.concurrency.timeout", "policy.p.concurrency", "{ kind = 'aimd', timeout = @ }", DURATION),
    ("policy.concurrency.windowed.min_window_time", "policy.p.concurrency", "{ kind = 'aimd', windowed = { min_window_time = @ } }", DURATION),
    ("policy.concurrency.windowed.max_window_time", "policy.p.concurrency", "{ kind = 'aimd', windowed = { max_window_time = @ } }", DURATION),
    ("policy.concurrency.windowed.window_size", "policy.p.concurrency", "{ kind = 'aimd', windowed = { window_size = @ } }", COUNT),
    ("policy.concurrency.windowed.min_rtt_threshold", "policy.p.concurrency", "{ kind = 'aimd', windowed = { min_rtt_threshold = @ } }", DURATION),
    ("policy.concurrency.sample_aggregate_percentile", "policy.p.concurrency", "{ kind = 'envoy', sample_aggregate_percentile = @ }", SHARE),
    ("policy.concurrency.max_concurrency_limit", "policy.p.concurrency", "{ kind = 'envoy', max_concurrency_limit = @ }", COUNT),
    ("policy.concurrency.concurrency_update_interval", "policy.p.concurrency", "{ kind = 'envoy', concurrency_update_interval = @ }", DURATION),
    ("policy.concurrency.min_rtt_interval", "policy.p.concurrency", "{ kind = 'envoy', min_rtt_interval = @ }", DURATION),
    ("policy.concurrency.jitter", "policy.p.concurrency", "{ kind = 'envoy', jitter = @ }", SHARE),
    ("policy.concurrency.request_count", "policy.p.concurrency", "{ kind = 'envoy', request_count = @ }", COUNT),
    ("policy.concurrency.min_concurrency", "policy.p.concurrency", "{ kind = 'envoy', min_concurrency = @ }", COUNT),
    ("policy.concurrency.buffer", "policy.p.concurrency", "{ kind = 'envoy', buffer = @ }", SHARE),
    ("policy.balance.blackout_period", "policy.p.balance", "{ kind = 'client_side_wrr', blackout_period = @ }", DURATION),
    ("policy.balance.weight_expiration_period", "policy.p.balance", "{ kind = 'client_side_wrr', weight_expiration_period = @ }", DURATION),
    ("policy.balance.weight_update_period", "policy.p.balance", "{ kind = 'client_side_wrr', weight_update_period = @ }", DURATION),
    ("policy.balance.error_utilization_penalty", "policy.p.balance", "{ kind = 'client_side_wrr', error_utilization_penalty = @ }", NUMBER),
    ("policy.balance.choice_count", "policy.p.balance", "{ kind = 'least_request', choice_count = @ }", COUNT),
    ("policy.balance.active_request_bias", "policy.p.balance", "{ kind = 'least_request', active_request_bias = @ }", NUMBER),
    ("policy.balance.decay", "policy.p.balance", "{ kind = 'peak_ewma', decay = @ }", DURATION),
    ("policy.balance.default_rtt", "policy.p.balance", "{ kind = 'peak_ewma', default_rtt = @ }", DURATION),
    ("policy.balance.draws", "policy.p.balance", "{ kind = 'random_draws', draws = @ }", COUNT),
    ("policy.balance.minimum_ring_size", "policy.p.balance", "{ kind = 'ring_hash', minimum_ring_size = @ }", COUNT),
    ("policy.balance.maximum_ring_size", "policy.p.balance", "{ kind = 'ring_hash', maximum_ring_size = @ }", COUNT),
    ("policy.balance.hash_balance_factor", "policy.p.balance", "{ kind = 'ring_hash', hash_balance_factor = @ }", COUNT),
    ("policy.balance.table_size", "policy.p.balance", "{ kind = 'maglev', table_size = @ }", COUNT),
    ("policy.balance.hash_balance_factor", "policy.p.balance", "{ kind = 'maglev', hash_balance_factor = @ }", COUNT),
    ("policy.outlier.consecutive_5xx", "policy.p.outlier", "{ kind = 'envoy', consecutive_5xx = @ }", COUNT),
    ("policy.outlier.consecutive_gateway_failure", "policy.p.outlier", "{ kind = 'envoy', enforcing_consecutive_gateway_failure = '100%', consecutive_gateway_failure = @ }", COUNT),
    ("policy.outlier.consecutive_local_origin_failure", "policy.p.outlier", "{ kind = 'envoy', split_external_local_origin_errors = true, consecutive_local_origin_failure = @ }", COUNT),
    ("policy.outlier.interval", "policy.p.outlier", "{ kind = 'envoy', interval = @ }", DURATION),
    ("policy.outlier.base_ejection_time", "policy.p.outlier", "{ kind = 'envoy', base_ejection_time = @ }", DURATION),
    ("policy.outlier.max_ejection_time", "policy.p.outlier", "{ kind = 'envoy', max_ejection_time = @ }", DURATION),
    ("policy.outlier.max_ejection_time_jitter", "policy.p.outlier", "{ kind = 'envoy', max_ejection_time_jitter = @ }", DURATION),
    ("policy.outlier.max_ejection_percent", "policy.p.outlier", "{ kind = 'envoy', max_ejection_percent = @ }", SHARE),
    ("policy.outlier.enforcing_consecutive_5xx", "policy.p.outlier", "{ kind = 'envoy', enforcing_consecutive_5xx = @ }", SHARE),
    ("policy.outlier.enforcing_consecutive_gateway_failure", "policy.p.outlier", "{ kind = 'envoy', enforcing_consecutive_gateway_failure = @ }", SHARE),
    ("policy.outlier.enforcing_consecutive_local_origin_failure", "policy.p.outlier", "{ kind = 'envoy', enforcing_consecutive_local_origin_failure = @ }", SHARE),
    ("policy.outlier.enforcing_success_rate", "policy.p.outlier", "{ kind = 'envoy', enforcing_success_rate = @ }", SHARE),
    ("policy.outlier.enforcing_failure_percentage", "policy.p.outlier", "{ kind = 'envoy', enforcing_failure_percentage = @ }", SHARE),
    ("policy.outlier.success_rate_minimum_hosts", "policy.p.outlier", "{ kind = 'envoy', success_rate_minimum_hosts = @ }", COUNT),
    ("policy.outlier.success_rate_request_volume", "policy.p.outlier", "{ kind = 'envoy', success_rate_request_volume = @ }", COUNT),
    ("policy.outlier.success_rate_stdev_factor", "policy.p.outlier", "{ kind = 'envoy', success_rate_stdev_factor = @ }", COUNT),
    ("policy.outlier.failure_percentage_threshold", "policy.p.outlier", "{ kind = 'envoy', enforcing_failure_percentage = '100%', failure_percentage_threshold = @ }", SHARE),
    ("policy.outlier.failure_percentage_minimum_hosts", "policy.p.outlier", "{ kind = 'envoy', failure_percentage_minimum_hosts = @ }", COUNT),
    ("policy.outlier.failure_percentage_request_volume", "policy.p.outlier", "{ kind = 'envoy', failure_percentage_request_volume = @ }", COUNT),
    ("policy.outlier.interval", "policy.p.outlier", "{ kind = 'grpc', interval = @ }", DURATION),
    ("policy.outlier.base_ejection_time", "policy.p.outlier", "{ kind = 'grpc', base_ejection_time = @ }", DURATION),
    ("policy.outlier.max_ejection_time", "policy.p.outlier", "{ kind = 'grpc', max_ejection_time = @ }", DURATION),
    ("policy.outlier.max_ejection_percent", "policy.p.outlier", "{ kind = 'grpc', max_ejection_percent = @ }", SHARE),
    ("policy.outlier.consecutive_5xx_errors", "policy.p.outlier", "{ kind = 'istio', consecutive_5xx_errors = @ }", COUNT),
    ("policy.outlier.consecutive_gateway_errors", "policy.p.outlier", "{ kind = 'istio', consecutive_gateway_errors = @ }", COUNT),
    ("policy.outlier.consecutive_local_origin_failures", "policy.p.outlier", "{ kind = 'istio', split_external_local_origin_errors = true, consecutive_local_origin_failures = @ }", COUNT),
    ("policy.outlier.interval", "policy.p.outlier", "{ kind = 'istio', interval = @ }", DURATION),
    ("policy.outlier.base_ejection_time", "policy.p.outlier", "{ kind = 'istio', base_ejection_time = @ }", DURATION),
    ("policy.outlier.max_ejection_percent", "policy.p.outlier", "{ kind = 'istio', max_ejection_percent = @ }", SHARE),
    ("policy.outlier.min_health_percent", "policy.p.outlier", "{ kind = 'istio', min_health_percent = @ }", SHARE),
    ("policy.health.inter", "policy.p.health", "{ kind = 'haproxy', inter = @ }", DURATION),
    ("policy.health.fastinter", "policy.p.health", "{ kind = 'haproxy', fastinter = @ }", DURATION),
    ("policy.health.downinter", "policy.p.health", "{ kind = 'haproxy', downinter = @ }", DURATION),
    ("policy.health.timeout_check", "policy.p.health", "{ kind = 'haproxy', timeout_check = @ }", DURATION),
    ("policy.health.rise", "policy.p.health", "{ kind = 'haproxy', rise = @ }", COUNT),
    ("policy.health.fall", "policy.p.health", "{ kind = 'haproxy', fall = @ }", COUNT),
    ("policy.health.error_limit", "policy.p.health", "{ kind = 'haproxy', observe = 'layer7', error_limit = @ }", COUNT),
    ("policy.health.timeout", "policy.p.health", "{ kind = 'envoy', interval = '5s', healthy_threshold = 2, unhealthy_threshold = 3, timeout = @ }", DURATION),
    ("policy.health.interval", "policy.p.health", "{ kind = 'envoy', timeout = '1s', healthy_threshold = 2, unhealthy_threshold = 3, interval = @ }", DURATION),
    ("policy.health.healthy_threshold", "policy.p.health", "{ kind = 'envoy', timeout = '1s', interval = '5s', unhealthy_threshold = 3, healthy_threshold = @ }", COUNT),
    ("policy.health.unhealthy_threshold", "policy.p.health", "{ kind = 'envoy', timeout = '1s', interval = '5s', healthy_threshold = 2, unhealthy_threshold = @ }", COUNT),
    ("policy.health.no_traffic_interval", "policy.p.health", "{ kind = 'envoy', timeout = '1s', interval = '5s', healthy_threshold = 2, unhealthy_threshold = 3, no_traffic_interval = @ }", DURATION),
    ("policy.health.no_traffic_healthy_interval", "policy.p.health", "{ kind = 'envoy', timeout = '1s', interval = '5s', healthy_threshold = 2, unhealthy_threshold = 3, no_traffic_healthy_interval = @ }", DURATION),
    ("policy.health.unhealthy_interval", "policy.p.health", "{ kind = 'envoy', timeout = '1s', interval = '5s', healthy_threshold = 2, unhealthy_threshold = 3, unhealthy_interval = @ }", DURATION),
    ("policy.health.unhealthy_edge_interval", "policy.p.health", "{ kind = 'envoy', timeout = '1s', interval = '5s', healthy_threshold = 2, unhealthy_threshold = 3, unhealthy_edge_interval = @ }", DURATION),
    ("policy.health.healthy_edge_interval", "policy.p.health", "{ kind = 'envoy', timeout = '1s', interval = '5s', healthy_threshold = 2, unhealthy_threshold = 3, healthy_edge_interval = @ }", DURATION),
    ("policy.health.initial_jitter", "policy.p.health", "{ kind = 'envoy', timeout = '1s', interval = '5s', healthy_threshold = 2, unhealthy_threshold = 3, initial_jitter = @ }", DURATION),
    ("policy.health.interval_jitter", "policy.p.health", "{ kind = 'envoy', timeout = '1s', interval = '5s', healthy_threshold = 2, unhealthy_threshold = 3, interval_jitter = @ }", DURATION),
    ("policy.health.interval_jitter_percent", "policy.p.health", "{ kind = 'envoy', timeout = '1s', interval = '5s', healthy_threshold = 2, unhealthy_threshold = 3, interval_jitter_percent = @ }", SHARE),
    ("policy.subset.subset_size", "policy.p.subset", "{ kind = 'deterministic', subset_size = @ }", COUNT),
    ("policy.subset.subset_size", "policy.p.subset", "{ kind = 'rendezvous', subset_size = @ }", COUNT),
    ("policy.locality.overprovisioning_factor", "policy.p.locality", "{ kind = 'priority', overprovisioning_factor = @ }", COUNT),
    ("policy.locality.routing_enabled", "policy.p.locality", "{ kind = 'zone_aware', routing_enabled = @ }", SHARE),
    ("policy.locality.min_cluster_size", "policy.p.locality", "{ kind = 'zone_aware', min_cluster_size = @ }", COUNT),
    ("policy.locality.overprovisioning_factor", "policy.p.locality", "{ kind = 'weighted', weights = { a = 1 }, overprovisioning_factor = @ }", COUNT),
    ("policy.shard.size", "policy.p.shard", "{ kind = 'shuffle', size = @ }", COUNT),
    ("policy.shard.cells", "policy.p.shard", "{ kind = 'cells', cells = @ }", COUNT),
    ("policy.balance.slow_start.slow_start_window", "policy.p.balance", "{ kind = 'edf', slow_start = { kind = 'envoy', slow_start_window = @ } }", DURATION),
    ("policy.balance.slow_start.aggression", "policy.p.balance", "{ kind = 'edf', slow_start = { kind = 'envoy', slow_start_window = '60s', aggression = @ } }", NUMBER),
    ("policy.balance.slow_start.min_weight_percent", "policy.p.balance", "{ kind = 'edf', slow_start = { kind = 'envoy', slow_start_window = '60s', min_weight_percent = @ } }", SHARE),
    ("policy.balance.slow_start.slowstart", "policy.p.balance", "{ kind = 'edf', slow_start = { kind = 'haproxy', slowstart = @ } }", DURATION),
    ("policy.balance.slow_start.slow_start_window", "policy.p.balance", "{ kind = 'least_request', slow_start = { kind = 'envoy', slow_start_window = @ } }", DURATION),
    ("policy.balance.slow_start.aggression", "policy.p.balance", "{ kind = 'least_request', slow_start = { kind = 'envoy', slow_start_window = '60s', aggression = @ } }", NUMBER),
    ("policy.balance.slow_start.min_weight_percent", "policy.p.balance", "{ kind = 'least_request', slow_start = { kind = 'envoy', slow_start_window = '60s', min_weight_percent = @ } }", SHARE),
    ("policy.balance.slow_start.slowstart", "policy.p.balance", "{ kind = 'least_request', slow_start = { kind = 'haproxy', slowstart = @ } }", DURATION),
    ("policy.outlier.success_rate_ejection.stdev_factor", "policy.p.outlier", "{ kind = 'grpc', success_rate_ejection = { stdev_factor = @ } }", COUNT),
    ("policy.outlier.success_rate_ejection.enforcement_percentage", "policy.p.outlier", "{ kind = 'grpc', success_rate_ejection = { enforcement_percentage = @ } }", SHARE),
    ("policy.outlier.success_rate_ejection.minimum_hosts", "policy.p.outlier", "{ kind = 'grpc', success_rate_ejection = { minimum_hosts = @ } }", COUNT),
    ("policy.outlier.success_rate_ejection.request_volume", "policy.p.outlier", "{ kind = 'grpc', success_rate_ejection = { request_volume = @ } }", COUNT),
    ("policy.outlier.failure_percentage_ejection.threshold", "policy.p.outlier", "{ kind = 'grpc', failure_percentage_ejection = { threshold = @ } }", SHARE),
    ("policy.outlier.failure_percentage_ejection.enforcement_percentage", "policy.p.outlier", "{ kind = 'grpc', failure_percentage_ejection = { enforcement_percentage = @ } }", SHARE),
    ("policy.outlier.failure_percentage_ejection.minimum_hosts", "policy.p.outlier", "{ kind = 'grpc', failure_percentage_ejection = { minimum_hosts = @ } }", COUNT),
    ("policy.outlier.failure_percentage_ejection.request_volume", "policy.p.outlier", "{ kind = 'grpc', failure_percentage_ejection = { request_volume = @ } }", COUNT),
    ("policy.panic_threshold", "policy.p", "{ edge = 'web -> db', outlier = 'envoy', panic_threshold = @ }", SHARE),
    ("policy.locality.weights", "policy.p.locality", "{ kind = 'weighted', weights = { a = @ } }", COUNT),
    ("policy.pool", "policy.p.pool", "@", COUNT),
    ("policy.pool.size", "policy.p.pool", "{ kind = 'hikari', size = @ }", COUNT),
    ("policy.pool.max_pending", "policy.p.pool", "{ kind = 'hikari', max_pending = @ }", COUNT),
    ("policy.pool.acquire_timeout", "policy.p.pool", "{ kind = 'hikari', acquire_timeout = @ }", DURATION),
    ("policy.pool.idle_timeout", "policy.p.pool", "{ kind = 'hikari', idle_timeout = @ }", DURATION),
    ("policy.pool.max_lifetime", "policy.p.pool", "{ kind = 'hikari', max_lifetime = @ }", DURATION),
    ("policy.pool.size", "policy.p.pool", "{ kind = 'envoy', size = @ }", COUNT),
    ("policy.pool.max_pending", "policy.p.pool", "{ kind = 'envoy', max_pending = @ }", COUNT),
    ("policy.pool.acquire_timeout", "policy.p.pool", "{ kind = 'envoy', acquire_timeout = @ }", DURATION),
    ("policy.pool.idle_timeout", "policy.p.pool", "{ kind = 'envoy', idle_timeout = @ }", DURATION),
    ("policy.pool.max_lifetime", "policy.p.pool", "{ kind = 'envoy', max_lifetime = @ }", DURATION),
    ("fault.pick", "fault.f.pick", "@", PICK),
    ("fault.at", "fault.f.at", "@", INSTANT),
    ("fault.every", "fault.g.every", "@", DURATION),
    ("fault.for", "fault.f.for", "@", DURATION),
    ("fault.ramp", "fault.f.ramp", "@", DURATION),
    ("fault.ramp.over", "fault.f.ramp.over", "@", DURATION),
    ("fault.ramp.steps", "fault.f.ramp.steps", "@", COUNT),
    ("fault.effect.work", "fault.f.effect.work", "@", FACTOR),
    ("fault.effect.latency", "fault.h.effect.latency", "@", FACTOR),
    ("fault.effect.errors", "fault.g.effect.errors", "@", SHARE),
    ("fault.effect.errors.ratio", "fault.g.effect.errors", "{ ratio = @ }", SHARE),
    ("fault.effect.loss", "fault.h.effect.loss", "@", SHARE),
    ("fault.effect.replicas", "fault.i.effect.replicas", "@", LOSS),
    ("fault.flap.up", "fault.g.flap.up", "@", DURATION),
    ("fault.flap.down", "fault.g.flap.down", "@", DURATION),
    ("change.at", "change.c.at", "@", INSTANT),
    ("change.ramp", "change.c.ramp", "@", DURATION),
    ("change.ramp.over", "change.c.ramp.over", "@", DURATION),
    ("change.ramp.steps", "change.c.ramp.steps", "@", COUNT),
    ("expect.during", "expect.e.during", "@", ["'0s .. 0s'", "'0s .. 1ns'", "'-1s .. 1m'", "'1m .. 99999999999999999999s'", "'5m .. 1m'"]),
    ("expect.within", "expect.w.within", "@", ["'0s'", "'1ns'", "'-1s'", "'99999999999999999999s'", "'100000d'"]),
    ("expect.share", "expect.w.share", "@", SHARE),
    ("expect.over", "expect.w.over", "@", DURATION),
    ("knob.min", "knob.k.min", "@", NUMBER),
    ("knob.max", "knob.k.max", "@", NUMBER),
];

/// What becomes of the base with this setting: `ok`, with the lints that the base has not; or the first mistake.
fn outcome(path: &str, value: &str) -> String {
    let nothing = |name: &str| Err(format!("there is no file {name}"));
    let load =
        |overrides: &[(String, String)]| Scenario::load("base", "base.toml", BASE.as_bytes(), overrides, &nothing);
    let known: Vec<String> = load(&[])
        .unwrap_or_else(|it| panic!("{}", it.render(false)))
        .lints()
        .iter()
        .map(|it| it.message.to_owned())
        .collect();
    match load(&[(path.to_owned(), value.to_owned())]) {
        Ok(scenario) => {
            // What is accepted runs, for a while, without a panic.
            let model = scenario.compile("base").expect("the base is always there").model;
            let limits = Limits {
                events: 2_000,
                live: 2_000,
            };
            let _ = run(&model, 1, &Record::default(), &limits, &mut ());
            let lints = scenario
                .lints()
                .iter()
                .filter(|it| !known.iter().any(|known| known == it.message));
            let told: String = lints.map(|it| format!("; {} {}", it.code, it.message)).collect();
            format!("ok{told}")
        }
        Err(mistakes) => {
            let first = mistakes.iter().next().expect("there is one");
            let help = first.help.map(|it| format!(" ({it})")).unwrap_or_default();
            let more = match mistakes.len() {
                1 => String::new(),
                all => format!(", and {} more", all - 1),
            };
            format!("{} {}{help}{more}", first.code, first.message)
        }
    }
}

#[test]
fn every_quantity_is_legal_or_told_why_not() {
    let told = CASES.iter().map(|(field, path, template, values)| {
        let line = |value: &&str| format!("  {value:<34} {}\n", outcome(path, &template.replace('@', value)));
        format!(
            "{field}: {path} = {template}\n{}",
            values.iter().map(line).collect::<String>()
        )
    });
    insta::assert_snapshot!(told.collect::<String>());
}

#[test]
fn every_quantity_of_the_reference_is_tried() {
    // What services share with policies is the same table, and is tried there.
    let shared = |it: &str| {
        let twins = [
            ("local_rate_limit", "rate_limit"),
            ("global_rate_limit", "rate_limit"),
            ("concurrency", "concurrency"),
        ];
        twins.iter().any(|(ours, theirs)| {
            let rest = it.strip_prefix(&format!("service.admission.{ours}"));
            rest.is_some_and(|rest| CASES.iter().any(|case| case.0 == format!("policy.{theirs}{rest}")))
        })
    };
    let missing = quantities()
        .into_iter()
        .filter(|it| !shared(it))
        // An override cannot set the format; `tests/bad/format.toml` tries it.
        .filter(|it| it != "format" && !CASES.iter().any(|case| case.0 == it));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<String>::new());
    for case in CASES {
        assert!(crate::explain(case.0).is_some(), "{}", case.0);
    }
}

/// Fields with a default that are no quantities.
#[rustfmt::skip]
const CHOICES: &[(&str, &str, &str)] = &[
    ("load.arrival", "load.users.arrival", "@"),
    ("load.objective.degraded", "load.users.objective", "{ within = '1s', degraded = @ }"),
    ("service.sharing", "service.db.sharing", "@"),
    ("service.style", "service.db.style", "@"),
    ("service.work_per", "service.db.work_per", "@"),
    ("service.cores.sharing", "service.db.cores", "{ limit = 2, sharing = @ }"),
    ("service.queue.order", "service.db.queue", "{ limit = 10, order = @ }"),
    ("service.queue.overflow", "service.db.queue", "{ limit = 10, overflow = @ }"),
    ("service.queue.codel.comparison", "service.db.queue.codel", "{ comparison = @ }"),
    ("service.errors.when", "service.db.errors", "{ ratio = '1%', when = @ }"),
    ("policy.cancel", "policy.p.cancel", "@"),
    ("policy.balance", "policy.p.balance", "@"),
    ("policy.balance.start", "policy.p.balance", "{ kind = 'round_robin', start = @ }"),
    ("policy.balance.replacement", "policy.p.balance", "{ kind = 'two_choices', replacement = @ }"),
    ("policy.balance.start", "policy.p.balance", "{ kind = 'edf', start = @ }"),
    ("policy.balance.start", "policy.p.balance", "{ kind = 'pick_first', start = @ }"),
    ("policy.balance.selection_method", "policy.p.balance", "{ kind = 'least_request', selection_method = @ }"),
    ("policy.balance.prefer_healthy", "policy.p.balance", "{ kind = 'p2c', prefer_healthy = @ }"),
    ("policy.balance.library", "policy.p.balance", "{ kind = 'peak_ewma', library = @ }"),
    ("policy.balance.prefer_healthy", "policy.p.balance", "{ kind = 'peak_ewma', prefer_healthy = @ }"),
    ("policy.balance.overflow", "policy.p.balance", "{ kind = 'ring_hash', overflow = @ }"),
    ("policy.outlier.always_eject_one_host", "policy.p.outlier", "{ kind = 'envoy', always_eject_one_host = @ }"),
    ("policy.outlier.split_external_local_origin_errors", "policy.p.outlier", "{ kind = 'envoy', split_external_local_origin_errors = @ }"),
    ("policy.outlier.successful_active_health_check_uneject_host", "policy.p.outlier", "{ kind = 'envoy', successful_active_health_check_uneject_host = @ }"),
    ("policy.outlier.success_rate_ejection", "policy.p.outlier", "{ kind = 'grpc', success_rate_ejection = @ }"),
    ("policy.outlier.failure_percentage_ejection", "policy.p.outlier", "{ kind = 'grpc', failure_percentage_ejection = @ }"),
    ("policy.outlier.split_external_local_origin_errors", "policy.p.outlier", "{ kind = 'istio', split_external_local_origin_errors = @ }"),
    ("policy.health.init_state", "policy.p.health", "{ kind = 'haproxy', init_state = @ }"),
    ("policy.health.interval_from", "policy.p.health", "{ kind = 'haproxy', interval_from = @ }"),
    ("policy.health.observe", "policy.p.health", "{ kind = 'haproxy', observe = @ }"),
    ("policy.health.on_error", "policy.p.health", "{ kind = 'haproxy', observe = 'layer7', on_error = @ }"),
    ("policy.health.interval_from", "policy.p.health", "{ kind = 'envoy', timeout = '1s', interval = '5s', healthy_threshold = 2, unhealthy_threshold = 3, interval_from = @ }"),
    ("policy.locality.fail_traffic_on_panic", "policy.p.locality", "{ kind = 'zone_aware', fail_traffic_on_panic = @ }"),
    ("policy.shard.mapping", "policy.p.shard", "{ kind = 'cells', cells = 4, mapping = @ }"),
    ("policy.scope", "policy.p.scope", "@"),
    ("policy.deadline.propagate", "policy.p.deadline", "{ after = '1s', propagate = @ }"),
    ("policy.retry.jitter", "policy.p.retry", "{ attempts = 3, backoff = '10ms', jitter = @ }"),
    ("policy.retry.on", "policy.p.retry", "{ attempts = 3, backoff = '10ms', on = @ }"),
    ("policy.retry.respect_retry_after", "policy.p.retry", "{ attempts = 3, respect_retry_after = @ }"),
    ("policy.retry.skip_hopeless", "policy.p.retry", "{ attempts = 3, skip_hopeless = @ }"),
    ("policy.retry.budget.strict", "policy.p.retry.budget", "{ kind = 'bucket', strict = @ }"),
    ("policy.retry.budget.strict", "policy.p.retry.budget", "{ kind = 'success_bucket', strict = @ }"),
    ("policy.retry.budget.mode", "policy.p.retry.budget", "{ kind = 'aws', mode = @ }"),
    ("policy.throttle.on", "policy.p.throttle", "{ kind = 'sre', on = @ }"),
    ("policy.throttle.on", "policy.p.throttle", "{ kind = 'envoy', on = @ }"),
    ("policy.rate_limit.until_ready", "policy.p.rate_limit", "{ kind = 'gcra', rate = '100/s', until_ready = @ }"),
    ("policy.breaker.library", "policy.p.breaker", "{ kind = 'consecutive', library = @ }"),
    ("policy.breaker.enabled", "policy.p.breaker", "{ kind = 'hystrix', enabled = @ }"),
    ("policy.breaker.force_open", "policy.p.breaker", "{ kind = 'hystrix', force_open = @ }"),
    ("policy.breaker.force_closed", "policy.p.breaker", "{ kind = 'hystrix', force_closed = @ }"),
    ("policy.breaker.health", "policy.p.breaker", "{ kind = 'hystrix', health = @ }"),
    ("policy.breaker.half_open_interference", "policy.p.breaker", "{ kind = 'hystrix', half_open_interference = @ }"),
    ("policy.hedge.on", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', on = @ }"),
    ("policy.hedge.on_failure", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', on_failure = @ }"),
    ("policy.hedge.losers", "policy.p.hedge", "{ kind = 'fixed', delay = '10ms', losers = @ }"),
    ("policy.hedge.on", "policy.p.hedge", "{ kind = 'quantile', on = @ }"),
    ("policy.hedge.on_failure", "policy.p.hedge", "{ kind = 'quantile', on_failure = @ }"),
    ("policy.hedge.losers", "policy.p.hedge", "{ kind = 'quantile', losers = @ }"),
    ("policy.hedge.on", "policy.p.hedge", "{ kind = 'average', on = @ }"),
    ("policy.hedge.on_failure", "policy.p.hedge", "{ kind = 'average', on_failure = @ }"),
    ("policy.hedge.losers", "policy.p.hedge", "{ kind = 'average', losers = @ }"),
    ("policy.hedge.measure_errors", "policy.p.hedge", "{ kind = 'average', measure_errors = @ }"),
    ("policy.fallback.on", "policy.p.fallback", "{ kind = 'static', on = @ }"),
    ("policy.fallback.on", "policy.p.fallback", "{ kind = 'stale_cache', max_stale = '1m', on = @ }"),
    ("policy.fallback.on", "policy.p.fallback", "{ kind = 'dependency', call = 'bank.pay', on = @ }"),
    ("policy.fallback.on", "policy.p.fallback", "{ kind = 'fail_silent', on = @ }"),
    ("policy.fallback.on", "policy.p.fallback", "{ kind = 'enqueue', on = @ }"),
    ("policy.breaker.sliding_window_type", "policy.p.breaker", "{ kind = 'resilience4j', sliding_window_type = @ }"),
    ("policy.breaker.transition_to_state_after_wait_duration", "policy.p.breaker", "{ kind = 'resilience4j', max_wait_duration_in_half_open_state = '1s', transition_to_state_after_wait_duration = @ }"),
    ("policy.breaker.automatic_transition_from_open_to_half_open_enabled", "policy.p.breaker", "{ kind = 'resilience4j', automatic_transition_from_open_to_half_open_enabled = @ }"),
    ("policy.breaker.mode", "policy.p.breaker", "{ kind = 'resilience4j', mode = @ }"),
    ("policy.breaker.late_results", "policy.p.breaker", "{ kind = 'resilience4j', late_results = @ }"),
    ("policy.breaker.isolated", "policy.p.breaker", "{ kind = 'polly', isolated = @ }"),
    ("policy.breaker.late_results", "policy.p.breaker", "{ kind = 'polly', late_results = @ }"),
    ("policy.breaker.rule", "policy.p.breaker", "{ kind = 'cockatiel', rule = @ }"),
    ("policy.bulkhead.protocol", "policy.p.bulkhead", "{ kind = 'envoy', protocol = @ }"),
    ("policy.bulkhead.when_out", "policy.p.bulkhead", "{ kind = 'credits', window = 3, when_out = @ }"),
    ("policy.cache.single_flight", "policy.p.cache", "{ kind = 'ttl', single_flight = @ }"),
    ("policy.collapse.request_cache", "policy.p.collapse", "{ request_cache = @ }"),
    ("policy.collapse.scope", "policy.p.collapse", "{ scope = @ }"),
    ("policy.bulkhead.allow_maximum_size_to_diverge_from_core_size", "policy.p.bulkhead", "{ kind = 'thread_pool', allow_maximum_size_to_diverge_from_core_size = @ }"),
    ("policy.concurrency.windowed", "policy.p.concurrency", "{ kind = 'gradient2', windowed = @ }"),
    ("policy.concurrency.windowed", "policy.p.concurrency", "{ kind = 'gradient', windowed = @ }"),
    ("policy.concurrency.windowed", "policy.p.concurrency", "{ kind = 'vegas', windowed = @ }"),
    ("policy.concurrency.windowed", "policy.p.concurrency", "{ kind = 'aimd', windowed = @ }"),
];

#[test]
fn what_the_reference_calls_the_default_is_what_holds_without_it() {
    let model = |variant: &str| {
        let nothing = |name: &str| Err(format!("there is no file {name}"));
        let text = format!("{BASE}[variant.v]\n{variant}\n");
        let scenario = Scenario::load("base", "base.toml", text.as_bytes(), &[], &nothing);
        let compiled = scenario.and_then(|it| it.compile("v"));
        compiled.map(|it| format!("{:?} {} {}", it.model, it.seed, it.replications))
    };
    let quantities = CASES.iter().map(|it| (it.0, it.1, it.2));
    let (mut tried, mut wrong) = (0, Vec::new());
    for (field, kind, default) in documented_defaults() {
        let of_kind =
            |it: &str| kind.is_none_or(|kind| !it.contains("kind = ") || it.contains(&format!("kind = '{kind}'")));
        for (_, path, template) in quantities
            .clone()
            .chain(CHOICES.iter().copied())
            .filter(|it| it.0 == field && of_kind(it.2))
        {
            let key = field.rsplit('.').next().expect("a path has a last key");
            let said = model(&format!("set.{path} = {}", template.replace('@', default)));
            let silent = match template {
                "@" => model(&format!("unset = [\"{path}\"]")).or_else(|_| model("label = \"as it is\"")),
                _ => model(&format!(
                    "set.{path} = {}",
                    template.replace(&format!("{key} = @"), "").replace(", }", " }")
                )),
            };
            let (Ok(said), Ok(silent)) = (said, silent) else {
                continue;
            };
            if said != silent {
                wrong.push(format!("{field} is not {default} by default ({path} = {template})"));
            }
            tried += 1;
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(tried > 50, "{tried}");
}
