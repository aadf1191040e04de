//! What every metric is called, what it means, in which unit, and whom it can be about: one table.
//!
//! The parser of expressions reads it, `explain METRIC` prints it. A metric has a canonical name (the first of its row) and
//! may have others: the short names (`p99`) and the keys of the JSON output (`response_ok_s.p99`) mean the same.

use core::fmt;

use super::{Metric, Target};
use crate::outcome::Outcome;

/// One row of the table: a metric, or a family of them (`p50`, `p99`, ...).
#[derive(Debug)]
pub struct Figure {
    /// The names, the canonical one first. `{p}` stands for the digits of a quantile (`99`, `999`), `{outcome}` for the
    /// name of a failure, `{n}` for a whole number.
    pub names: &'static [&'static str],
    /// What it is, in one sentence.
    pub about: &'static str,
    /// What its numbers count.
    pub unit: Unit,
    /// Whom it can be about.
    pub of: &'static [Kind],
    /// Whether it can be taken over a part of a run; otherwise only over the whole measured span.
    pub spans: bool,
    make: Make,
}

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Per second.
    PerSecond,
    /// A share in `0..=1`, or a factor.
    Ratio,
    /// A number of things; time averages may be fractional.
    Count,
    /// Money in the scenario's currency.
    Money,
}

/// Whom a metric can be about: the kinds of [`Target`], without the indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The whole run (`*`).
    Everything,
    /// Requests, as their senders saw them.
    Requests,
    /// Whole services.
    Services,
    /// Endpoints of services.
    Endpoints,
    /// Calls over edges.
    Calls,
    /// Faults.
    Fault,
}

/// How a row's metrics are made from what stands in the placeholder.
#[derive(Clone, Copy, Debug)]
enum Make {
    Plain(Metric),
    Quantile(fn(f64) -> Metric),
    Failure(fn(Outcome) -> Metric),
    Number(fn(u16) -> Metric),
}

use Kind::{Calls, Endpoints, Everything, Fault, Requests, Services};

const REQUESTS: &[Kind] = &[Everything, Requests];
const FINISHING: &[Kind] = &[Everything, Requests, Services, Endpoints];
const FLOWS: &[Kind] = &[Everything, Requests, Services, Endpoints, Calls];
const SERVED: &[Kind] = &[Services, Endpoints];
const OWN: &[Kind] = &[Services];
const EDGES: &[Kind] = &[Calls];
const RUN: &[Kind] = &[Everything];
const FAULTS: &[Kind] = &[Fault];

const fn row(
    names: &'static [&'static str],
    make: Make,
    unit: Unit,
    of: &'static [Kind],
    spans: bool,
    about: &'static str,
) -> Figure {
    Figure {
        names,
        about,
        unit,
        of,
        spans,
        make,
    }
}

use Make::{Failure, Number, Plain, Quantile};
use Unit::{Count, Money, PerSecond, Ratio, Seconds};

const SPANS: bool = true;
const WHOLE: bool = false;

/// Every metric, in the order in which `explain` lists them.
#[rustfmt::skip] // A table reads better with a row in two lines.
pub static FIGURES: &[Figure] = &[
    // How many, and how they ended.
    row(&["offered", "offered_per_s"], Plain(Metric::Offered), PerSecond, FLOWS, SPANS,
        "requests, attempts (services) or calls (edges) that arrived, per second of the span"),
    row(&["offered_count", "calls"], Plain(Metric::OfferedCount), Count, FLOWS, SPANS,
        "how many requests, attempts (services) or calls (edges) arrived in the span"),
    row(&["throughput", "throughput_per_s"], Plain(Metric::Throughput), PerSecond, FINISHING, SPANS,
        "how many finished well (ok or degraded) per second, counted when they finished, whenever they arrived"),
    row(&["goodput", "goodput_per_s"], Plain(Metric::Goodput), PerSecond, REQUESTS, SPANS,
        "requests per second that were answered well within the load's objective, counted when they arrived"),
    row(&["goodput_count"], Plain(Metric::GoodputCount), Count, REQUESTS, SPANS,
        "how many requests were answered well within the load's objective, counted when they arrived"),
    row(&["goodput_ratio"], Plain(Metric::GoodputRatio), Ratio, REQUESTS, SPANS,
        "requests answered well within the load's objective, over requests offered"),
    row(&["success_ratio"], Plain(Metric::SuccessRatio), Ratio, FLOWS, SPANS, "those that ended ok, over those offered"),
    row(&["served_ratio"], Plain(Metric::ServedRatio), Ratio, FLOWS, SPANS,
        "those that ended ok or degraded, over those offered"),
    row(&["failure_ratio"], Plain(Metric::FailureRatio), Ratio, FLOWS, SPANS,
        "those that failed, over those offered; what is unfinished has not failed"),
    row(&["ok"], Plain(Metric::Count(Outcome::Ok)), Count, FLOWS, SPANS, "how many ended ok"),
    row(&["degraded"], Plain(Metric::Count(Outcome::Degraded)), Count, FLOWS, SPANS,
        "how many ended degraded: a fallback answered, or an optional part is missing"),
    row(&["failed.{outcome}"], Failure(Metric::Count), Count, FLOWS, WHOLE, "how many failed in this way"),
    row(&["ok_ratio"], Plain(Metric::Ratio(Outcome::Ok)), Ratio, FLOWS, SPANS,
        "those that ended ok, over those offered: the same as success_ratio"),
    row(&["degraded_ratio"], Plain(Metric::Ratio(Outcome::Degraded)), Ratio, FLOWS, SPANS,
        "those that ended degraded, over those offered"),
    row(&["failed_ratio.{outcome}"], Failure(Metric::Ratio), Ratio, FLOWS, WHOLE,
        "those that failed in this way, over those offered"),
    row(&["unfinished"], Plain(Metric::Unfinished), Count, FLOWS, SPANS,
        "how many had not ended when the drain did"),
    // How long it took.
    row(&["mean", "response_ok_s.mean", "response_s.mean"], Plain(Metric::Mean), Seconds, FLOWS, SPANS,
        "mean response time: of requests that ended ok; of all attempts (services) or calls (edges) that ended"),
    row(&["p{p}", "response_ok_s.p{p}", "response_s.p{p}"], Quantile(Metric::Quantile), Seconds, FLOWS, SPANS,
        "quantile of the response time: of requests that ended ok; of all attempts (services) or calls (edges) that ended"),
    row(&["response_ok_s.min", "response_s.min"], Plain(Metric::Min), Seconds, FLOWS, SPANS,
        "shortest response time: of requests that ended ok; of all attempts (services) or calls (edges) that ended"),
    row(&["response_ok_s.max", "response_s.max"], Plain(Metric::Max), Seconds, FLOWS, SPANS,
        "longest response time: of requests that ended ok; of all attempts (services) or calls (edges) that ended"),
    row(&["response_all_s.mean"], Plain(Metric::MeanAll), Seconds, FLOWS, SPANS,
        "mean response time of all that ended, failures included"),
    row(&["response_all_s.p{p}"], Quantile(Metric::QuantileAll), Seconds, FLOWS, SPANS,
        "quantile of the response time of all that ended, failures included"),
    row(&["wait_s.mean", "wait_mean"], Plain(Metric::WaitMean), Seconds, SERVED, SPANS,
        "mean time in the queue, of those that got a worker"),
    row(&["wait_s.p{p}", "wait_p{p}"], Quantile(Metric::WaitQuantile), Seconds, SERVED, SPANS,
        "quantile of the time in the queue, of those that got a worker"),
    row(&["service_s.mean"], Plain(Metric::ServiceMean), Seconds, SERVED, WHOLE, "mean time from worker to answer"),
    row(&["service_s.p{p}"], Quantile(Metric::ServiceQuantile), Seconds, SERVED, WHOLE,
        "quantile of the time from worker to answer"),
    row(&["slowdown_mean"], Plain(Metric::SlowdownMean), Ratio, SERVED, WHOLE,
        "mean of response time over unhindered work"),
    row(&["waited_ratio"], Plain(Metric::WaitedRatio), Ratio, SERVED, WHOLE,
        "of the attempts that got a worker, the share that had to wait for it"),
    // Attempts.
    row(&["attempts"], Plain(Metric::Attempts), Count, FLOWS, SPANS,
        "how many attempts were sent: over the edge; into the service or endpoint; by the load; everywhere"),
    row(&["amplification"], Plain(Metric::Amplification), Ratio, FLOWS, SPANS,
        "attempts over calls, both counted where `attempts` counts"),
    row(&["attempt_s.mean"], Plain(Metric::AttemptMean), Seconds, EDGES, WHOLE,
        "mean time from sending an attempt to its fate, as the caller saw it"),
    row(&["attempt_s.p{p}"], Quantile(Metric::AttemptQuantile), Seconds, EDGES, WHOLE,
        "quantile of the time from sending an attempt to its fate, as the caller saw it"),
    // Covers.
    row(&["hedges"], Plain(Metric::Hedges), Count, EDGES, WHOLE, "copies that hedges sent besides the first"),
    row(&["hedge_wins"], Plain(Metric::HedgeWins), Count, EDGES, WHOLE,
        "calls that a further copy of their hedge answered first"),
    row(&["fallbacks"], Plain(Metric::Fallbacks), Count, EDGES, WHOLE,
        "calls that failed and were answered by their fallback"),
    row(&["fallbacks_failed"], Plain(Metric::FallbacksFailed), Count, EDGES, WHOLE,
        "calls that failed and that their fallback could not help"),
    row(&["cache_hits"], Plain(Metric::CacheHits), Count, EDGES, WHOLE, "calls that the cache answered; nothing was sent"),
    row(&["cache_misses"], Plain(Metric::CacheMisses), Count, EDGES, WHOLE,
        "calls that the cache had nothing for: they were made"),
    row(&["cache_joined"], Plain(Metric::CacheJoined), Count, EDGES, WHOLE,
        "calls that joined an equal one that was out, and ended as it did"),
    row(&["cache_hit_ratio"], Plain(Metric::CacheHitRatio), Ratio, EDGES, WHOLE,
        "calls that the cache answered, over those that came to it"),
    row(&["batches"], Plain(Metric::Batches), Count, EDGES, WHOLE, "calls that were made for batches"),
    row(&["batched"], Plain(Metric::Batched), Count, EDGES, WHOLE, "calls that went into batches"),
    // What services did.
    row(&["wasted"], Plain(Metric::Wasted), Count, SERVED, WHOLE,
        "attempts that ended well although nobody waited for them any more"),
    row(&["wasted_ratio"], Plain(Metric::WastedRatio), Ratio, SERVED, WHOLE,
        "attempts that ended well although nobody waited for them any more, over attempts that arrived"),
    row(&["utilization"], Plain(Metric::Utilization), Ratio, OWN, WHOLE,
        "busy share of all workers (of all cores where they are limited)"),
    row(&["availability"], Plain(Metric::Availability), Ratio, OWN, WHOLE,
        "share of time in which at least one replica was up"),
    row(&["replica_availability"], Plain(Metric::ReplicaAvailability), Ratio, OWN, WHOLE,
        "share of replica-time in which replicas were up"),
    row(&["replicas"], Plain(Metric::Replicas), Count, OWN, WHOLE, "replicas at the end of the measured span"),
    row(&["queue_length.mean", "queue_length"], Plain(Metric::QueueLengthMean), Count, OWN, SPANS,
        "time average of the calls waiting for a worker, all replicas together"),
    row(&["queue_length.max"], Plain(Metric::QueueLengthMax), Count, OWN, WHOLE,
        "most calls that waited for a worker at one replica"),
    row(&["in_service.mean", "in_service"], Plain(Metric::InServiceMean), Count, OWN, SPANS,
        "time average of the calls holding a worker, all replicas together"),
    row(&["in_service.max"], Plain(Metric::InServiceMax), Count, OWN, WHOLE,
        "most calls that held a worker at one replica"),
    row(&["in_system.mean", "in_system"], Plain(Metric::InSystemMean), Count, OWN, WHOLE,
        "time average of the calls inside, all replicas together"),
    row(&["in_system.max"], Plain(Metric::InSystemMax), Count, OWN, WHOLE, "most calls inside one replica"),
    row(&["time_share.{n}", "in_system.time_share.{n}"], Number(Metric::TimeShare), Ratio, OWN, WHOLE,
        "share of time in which a replica had exactly so many calls inside, averaged over replicas"),
    row(&["time_share.{n}+", "in_system.time_share.{n}+"], Number(Metric::TimeShareFrom), Ratio, OWN, WHOLE,
        "share of time in which a replica had so many calls inside or more, averaged over replicas"),
    // The run and its faults.
    row(&["cost", "cost.total"], Plain(Metric::Cost), Money, RUN, WHOLE,
        "money spent in the measured span, in the scenario's currency"),
    row(&["cost.replicas"], Plain(Metric::CostReplicas), Money, RUN, WHOLE,
        "the part of the money spent that is for replicas, by the hour"),
    row(&["cost.calls"], Plain(Metric::CostCalls), Money, RUN, WHOLE, "the part of the money spent that is for calls"),
    row(&["cost.traffic"], Plain(Metric::CostTraffic), Money, RUN, WHOLE, "the part of the money spent that is for traffic"),
    row(&["start", "start_s"], Plain(Metric::FaultStart), Seconds, FAULTS, SPANS,
        "when the fault first began, in seconds since the run began"),
    row(&["end", "end_s"], Plain(Metric::FaultEnd), Seconds, FAULTS, SPANS,
        "when the fault last ended, in seconds since the run began"),
    row(&["count"], Plain(Metric::FaultCount), Count, FAULTS, SPANS, "how many times the fault began in the span"),
    row(&["downtime", "downtime_s"], Plain(Metric::FaultDowntime), Seconds, FAULTS, SPANS,
        "seconds of the span in which the fault lasted"),
];

impl Figure {
    /// The row of a metric.
    pub fn of(metric: Metric) -> &'static Figure {
        FIGURES
            .iter()
            .find(|it| it.makes(metric))
            .expect("every metric has a row")
    }

    /// The row that a name belongs to, whatever stands in its placeholder; also by the pattern itself (`p{p}`).
    pub fn named(text: &str) -> Option<&'static Figure> {
        let by_pattern = FIGURES.iter().find(|it| it.names.contains(&text));
        by_pattern.or_else(|| Metric::parse(text).map(Figure::of))
    }

    fn makes(&self, metric: Metric) -> bool {
        match self.make {
            Plain(it) => it == metric,
            Quantile(make) => quantile_of(metric).is_some_and(|q| make(q) == metric),
            Failure(make) => outcome_of(metric).is_some_and(|it| it.is_failure() && make(it) == metric),
            Number(make) => number_of(metric).is_some_and(|n| make(n) == metric),
        }
    }

    fn parse(&self, pattern: &str, text: &str) -> Option<Metric> {
        let Some((before, rest)) = pattern.split_once('{') else {
            return match self.make {
                Plain(metric) if pattern == text => Some(metric),
                _ => None,
            };
        };
        let (_, after) = rest.split_once('}').expect("a placeholder ends");
        let inside = text.strip_prefix(before)?.strip_suffix(after)?;
        match self.make {
            Plain(_) => None,
            Quantile(make) => parse_quantile(inside).map(make),
            Failure(make) => Outcome::ALL
                .into_iter()
                .find(|it| it.is_failure() && it.name() == inside)
                .map(make),
            Number(make) => digits(inside).then(|| inside.parse().ok())?.map(make),
        }
    }
}

impl Metric {
    /// The metric of this name, canonical or not; `None` if there is none.
    pub fn parse(text: &str) -> Option<Metric> {
        FIGURES
            .iter()
            .find_map(|figure| figure.names.iter().find_map(|pattern| figure.parse(pattern, text)))
    }

    /// The canonical name.
    pub fn name(self) -> String {
        let pattern = Figure::of(self).names[0];
        let Some((before, rest)) = pattern.split_once('{') else {
            return pattern.to_string();
        };
        let (_, after) = rest.split_once('}').expect("a placeholder ends");
        let inside = if let Some(q) = quantile_of(self) {
            quantile_digits(q)
        } else if let Some(outcome) = outcome_of(self) {
            outcome.name().to_string()
        } else {
            number_of(self)
                .expect("a family is of quantiles, outcomes or numbers")
                .to_string()
        };
        format!("{before}{inside}{after}")
    }

    /// What its numbers count.
    pub fn unit(self) -> Unit {
        Figure::of(self).unit
    }

    /// Whether it can be about `target`.
    pub fn applies_to(self, target: &Target) -> bool {
        let of = Figure::of(self).of;
        let has = |kind: Kind| of.contains(&kind);
        match target {
            Target::Everything => has(Everything),
            Target::Requests(_) => has(Requests),
            Target::Services(_) => has(Services),
            Target::Endpoints(_) => has(Endpoints),
            Target::Lanes(_) | Target::Edges(_) => has(Calls),
            Target::Front {
                services, endpoints, ..
            } => has(Requests) || (has(Services) && !services.is_empty()) || (has(Endpoints) && !endpoints.is_empty()),
            Target::Fault(_) => has(Fault),
        }
    }

    /// Whether it can be taken over a part of a run (`during`, `within`, `max(...)`, a baseline), not only over the whole
    /// measured span.
    pub fn spans(self) -> bool {
        Figure::of(self).spans
    }

    /// Every canonical name and every other, for suggestions; families with common members.
    pub fn all_names() -> Vec<String> {
        let mut names = Vec::new();
        for figure in FIGURES {
            for pattern in figure.names {
                match figure.make {
                    Plain(_) => names.push(pattern.to_string()),
                    Quantile(_) => names.extend(["50", "90", "95", "99", "999"].map(|it| pattern.replace("{p}", it))),
                    Failure(_) => {
                        let failures = Outcome::ALL.into_iter().filter(|it| it.is_failure());
                        names.extend(failures.map(|it| pattern.replace("{outcome}", it.name())));
                    }
                    Number(_) => names.push(pattern.replace("{n}", "0")),
                }
            }
        }
        names
    }
}

/// Two digits or more: `50`, `99`, `999` (that is 99.9 %).
fn parse_quantile(text: &str) -> Option<f64> {
    (text.len() >= 2 && text.len() <= 9 && digits(text))
        .then(|| format!("0.{text}").parse().ok())
        .flatten()
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

fn quantile_digits(q: f64) -> String {
    let text = q.to_string();
    let decimals = text.strip_prefix("0.").unwrap_or("0");
    format!("{decimals:0<2}")
}

fn quantile_of(metric: Metric) -> Option<f64> {
    match metric {
        Metric::Quantile(q)
        | Metric::QuantileAll(q)
        | Metric::WaitQuantile(q)
        | Metric::ServiceQuantile(q)
        | Metric::AttemptQuantile(q) => Some(q),
        _ => None,
    }
}

fn outcome_of(metric: Metric) -> Option<Outcome> {
    match metric {
        Metric::Count(outcome) | Metric::Ratio(outcome) => Some(outcome),
        _ => None,
    }
}

fn number_of(metric: Metric) -> Option<u16> {
    match metric {
        Metric::TimeShare(n) | Metric::TimeShareFrom(n) => Some(n),
        _ => None,
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Seconds => "seconds",
            PerSecond => "per second",
            Ratio => "ratio",
            Count => "count",
            Money => "money",
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Everything => "*",
            Requests => "requests",
            Services => "services",
            Endpoints => "endpoints",
            Calls => "edges",
            Fault => "faults",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{EndpointId, FaultId, LoadId, ServiceId};

    #[test]
    fn every_name_gives_a_metric_of_its_own_row_and_canonical_names_come_back() {
        for name in Metric::all_names() {
            let metric = Metric::parse(&name).unwrap_or_else(|| panic!("`{name}` is not read"));
            let canonical = metric.name();
            assert_eq!(Metric::parse(&canonical), Some(metric), "{name}");
            let pattern = Figure::of(metric).names;
            let plain = |it: &str| {
                it.chars()
                    .filter(|it| it.is_ascii_lowercase() || *it == '+')
                    .collect::<String>()
            };
            let outcome = outcome_of(metric)
                .filter(|it| it.is_failure())
                .map_or("", Outcome::name);
            let shapes = pattern
                .iter()
                .map(|it| plain(&it.replace("{p}", "").replace("{n}", "").replace("{outcome}", outcome)));
            assert!(
                shapes.into_iter().any(|it| it == plain(&name)),
                "{name} is in the row {pattern:?}"
            );
        }
    }

    #[test]
    fn no_two_metrics_share_a_name() {
        let mut names = Metric::all_names();
        names.sort();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before);
    }

    #[test]
    fn names_are_those_of_the_format_and_of_the_json() {
        for (name, metric) in [
            ("p50", Metric::Quantile(0.5)),
            ("p999", Metric::Quantile(0.999)),
            ("response_ok_s.p99", Metric::Quantile(0.99)),
            ("response_all_s.mean", Metric::MeanAll),
            ("wait_p99", Metric::WaitQuantile(0.99)),
            ("wait_s.p99", Metric::WaitQuantile(0.99)),
            ("attempt_s.p99", Metric::AttemptQuantile(0.99)),
            ("queue_length.max", Metric::QueueLengthMax),
            ("time_share.3", Metric::TimeShare(3)),
            ("time_share.3+", Metric::TimeShareFrom(3)),
            ("failed.timeout", Metric::Count(Outcome::Timeout)),
            ("cost.total", Metric::Cost),
            ("throughput_per_s", Metric::Throughput),
        ] {
            assert_eq!(Metric::parse(name), Some(metric), "{name}");
        }
        for name in [
            "",
            "p",
            "p9",
            "p9x",
            "p{p}",
            "p99 ",
            "failed.ok",
            "failed.",
            "time_share.-1",
            "time_share.99999",
            "P99",
        ] {
            assert_eq!(Metric::parse(name), None, "{name}");
        }
        assert_eq!(Metric::Quantile(0.5).name(), "p50");
        assert_eq!(Metric::Quantile(0.05).name(), "p05");
        assert_eq!(Metric::Quantile(0.999).name(), "p999");
        assert_eq!(Metric::TimeShareFrom(12).name(), "time_share.12+");
        assert_eq!(
            Figure::named("p{p}").unwrap().names[0],
            Figure::named("p95").unwrap().names[0]
        );
    }

    #[test]
    fn metrics_know_whom_they_can_be_about() {
        let requests = Target::Requests(vec![(LoadId(0), 0)]);
        let service = Target::Services(vec![ServiceId(0)]);
        let edge = Target::Lanes(vec![0]);
        let front = Target::Front {
            requests: vec![],
            services: vec![ServiceId(0)],
            endpoints: vec![],
        };
        let entrance = Target::Front {
            requests: vec![],
            services: vec![],
            endpoints: vec![EndpointId(0)],
        };
        assert!(Metric::GoodputRatio.applies_to(&requests) && !Metric::GoodputRatio.applies_to(&service));
        assert!(Metric::Utilization.applies_to(&service) && !Metric::Utilization.applies_to(&requests));
        assert!(Metric::Utilization.applies_to(&front) && Metric::GoodputRatio.applies_to(&front));
        assert!(!Metric::Utilization.applies_to(&entrance) && Metric::WaitMean.applies_to(&entrance));
        assert!(Metric::AttemptMean.applies_to(&edge) && !Metric::Throughput.applies_to(&edge));
        assert!(Metric::Cost.applies_to(&Target::Everything) && !Metric::Cost.applies_to(&requests));
        assert!(
            Metric::FaultStart.applies_to(&Target::Fault(FaultId(0)))
                && !Metric::Mean.applies_to(&Target::Fault(FaultId(0)))
        );
    }
}
