//! The answer as one JSON object: every key filled, times in seconds, `null` for what was not measured.
//!
//! After Ctrl-C it is the same object over the runs that are finished: `interrupted` is true, and `runs` has fewer entries than
//! the `replications` asked for.
//!
//! Keys come in a fixed order; names in the order of the model's tables, which is the order of the names themselves.

mod comparison;
mod detail;
mod layout;
mod parts;

use brownout_scenarios::Compiled;
use brownout_sim_core::measure::{Judgement, Measured};
use brownout_sim_core::model::ServiceKind;
use brownout_viz::number::Unit;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::experiment::{Experiment, Replication};
use crate::report::describe::unit_of;
use crate::report::verdicts;
pub use comparison::render as render_comparison;
use detail::Detail;
pub(crate) use layout::pretty;
use parts::{Edge, Load, Service};

/// The version of this format.
const FORMAT: u32 = 1;

/// Billionths in a unit of money.
const NANO: f64 = 1e9;

/// A map that keeps its order.
#[derive(Debug)]
struct Map<T>(Vec<(String, T)>);

impl<T: Serialize> Serialize for Map<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// A number that JSON can hold.
fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    format: u32,
    scenario: &'a str,
    engine: &'static str,
    /// Whether runs are missing because somebody pressed Ctrl-C.
    interrupted: bool,
    /// How many runs were asked for.
    replications: u32,
    runs: Vec<Run<'a>>,
    comparison: Option<comparison::Comparison<'a>>,
    expectations: Vec<Expectation<'a>>,
}

#[derive(Debug, Serialize)]
struct Run<'a> {
    variant: &'a str,
    seed: u64,
    digest: String,
    events: u64,
    measures: Map<Option<f64>>,
    faults: Vec<Fault<'a>>,
    loads: Map<Load>,
    services: Map<Service>,
    edges: Map<Edge>,
    components: Map<Component>,
    cost: Cost<'a>,
    #[serde(flatten)]
    detail: Option<Detail>,
}

#[derive(Debug, Serialize)]
struct Fault<'a> {
    name: &'a str,
    start_s: f64,
    end_s: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Component {
    kind: &'static str,
    offered: u64,
    over_quota: u64,
}

#[derive(Debug, Serialize)]
struct Cost<'a> {
    currency: Option<&'a str>,
    total: f64,
    replicas: f64,
    calls: f64,
    traffic: f64,
}

#[derive(Debug, Serialize)]
struct Expectation<'a> {
    name: &'a str,
    variant: &'a str,
    verdict: &'static str,
    value: Option<f64>,
    interval: Option<[f64; 2]>,
    bound: Option<f64>,
    runs: u64,
    held: u64,
    censored: u64,
    more_runs: Option<u64>,
    reason: Option<String>,
}

/// The whole object, indented, with a newline at its end.
pub fn render(compiled: &Compiled, experiment: &Experiment, judgements: &[Judgement], detail: bool) -> String {
    let document = Document {
        format: FORMAT,
        scenario: &compiled.scenario,
        engine: env!("CARGO_PKG_VERSION"),
        interrupted: experiment.interrupted,
        replications: experiment.asked,
        runs: experiment.runs.iter().map(|it| run(compiled, it, detail)).collect(),
        comparison: None,
        expectations: expectations(compiled, judgements),
    };
    pretty(&document)
}

fn run<'a>(compiled: &'a Compiled, replication: &Replication, detail: bool) -> Run<'a> {
    let (result, names, model) = (&replication.result, &compiled.names, &compiled.model);
    let endpoint = |id| names.endpoint_address(model, id);
    let span_s = result.measured.0.until(result.measured.1).as_secs_f64();
    let measures = compiled
        .measures
        .iter()
        .zip(&replication.measures)
        .map(|(measure, measured)| {
            let number = match measured {
                Measured::Number(number) => finite(*number),
                Measured::Censored(_) | Measured::Missing(_) => None,
            };
            let in_seconds = unit_of(&measure.value) == Some(Unit::Seconds) && !measure.name.ends_with("_s");
            (
                format!("{}{}", measure.name, if in_seconds { "_s" } else { "" }),
                number,
            )
        });
    let faults = result.faults.iter().map(|it| Fault {
        name: &names.faults[it.fault.index()],
        start_s: it.start.as_secs_f64(),
        end_s: it.end.map(|it| it.as_secs_f64()),
    });
    let loads = names.loads.iter().zip(&result.loads);
    let services = names.services.iter().zip(&result.services);
    let edges = names.edges.iter().zip(&result.edges);
    let externals = services
        .clone()
        .zip(&model.services)
        .filter(|it| it.1.kind == ServiceKind::External);
    let cost = &result.cost;
    Run {
        variant: &compiled.variant,
        seed: result.seed,
        digest: result.digest.to_string(),
        events: result.events,
        measures: Map(measures.collect()),
        faults: faults.collect(),
        loads: Map(loads
            .map(|(name, it)| (name.clone(), Load::of(it, span_s, &endpoint, &names.classes)))
            .collect()),
        services: Map(services
            .map(|(name, it)| (name.clone(), Service::of(it, span_s, &endpoint)))
            .collect()),
        edges: Map(edges
            .map(|(name, it)| (name.clone(), Edge::of(it, &endpoint)))
            .collect()),
        components: Map(externals
            .map(|((name, it), _)| {
                let over_quota = it.total.outcomes.of(brownout_sim_core::outcome::Outcome::Quota);
                (
                    name.clone(),
                    Component {
                        kind: "external",
                        offered: it.total.offered,
                        over_quota,
                    },
                )
            })
            .collect()),
        cost: Cost {
            currency: compiled.currency.as_deref(),
            total: cost.total() as f64 / NANO,
            replicas: cost.replicas as f64 / NANO,
            calls: cost.calls as f64 / NANO,
            traffic: cost.traffic as f64 / NANO,
        },
        detail: detail.then(|| Detail::of(compiled, result)),
    }
}

fn expectations<'a>(compiled: &'a Compiled, judgements: &[Judgement]) -> Vec<Expectation<'a>> {
    use brownout_sim_core::measure::Verdict;
    let both = compiled.expectations.iter().zip(judgements);
    both.map(|(expectation, judgement)| Expectation {
        name: &expectation.name,
        variant: &compiled.variant,
        verdict: verdicts::word(&judgement.verdict),
        value: judgement.value.and_then(finite),
        interval: judgement.interval.map(|it| [it.low, it.high]),
        bound: judgement.bound.and_then(finite),
        runs: judgement.runs,
        held: judgement.held,
        censored: judgement.censored,
        more_runs: match judgement.verdict {
            Verdict::Inconclusive { more_runs } => more_runs,
            Verdict::Pass | Verdict::Fail | Verdict::NotApplicable(_) => None,
        },
        reason: match judgement.verdict {
            Verdict::NotApplicable(why) => Some(why.to_string()),
            Verdict::Pass | Verdict::Fail | Verdict::Inconclusive { .. } => None,
        },
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Report;
    use crate::testing::{compiled, replication, result};

    fn answer(detail: bool) -> String {
        let compiled = compiled();
        let runs = [20, 30]
            .into_iter()
            .zip(7..)
            .map(|(slow, seed)| replication(&compiled, result(seed, slow), 10));
        let experiment = Experiment {
            runs: runs.collect(),
            asked: 2,
            interrupted: false,
        };
        let report = Report {
            compiled: &compiled,
            others: &[],
            file: "shop.toml",
            experiment: &experiment,
            again: "",
            all_rows: false,
        };
        render(&compiled, &experiment, &report.judgements(), detail)
    }

    #[test]
    fn every_key_of_the_contract_is_there() {
        insta::assert_snapshot!(answer(false));
    }

    #[test]
    fn detail_adds_histograms_series_and_transitions() {
        let value: serde_json::Value = serde_json::from_str(&answer(true)).unwrap();
        let run = &value["runs"][0];
        insta::assert_snapshot!(pretty(&run["transitions"]));
        let load = &run["series"]["loads"]["shoppers"];
        assert_eq!(load["goodput"].as_array().unwrap().len(), 120);
        assert_eq!(
            (load["goodput"][59].as_u64(), load["goodput"][60].as_u64()),
            (Some(100), Some(20))
        );
        let bins = run["histograms"]["services"]["db"]["wait_s"].as_array().unwrap();
        let count: u64 = bins.iter().map(|it| it[2].as_u64().unwrap()).sum();
        assert_eq!(Some(count), run["services"]["db"]["wait_s"]["count"].as_u64());
        assert_eq!(
            run["series"]["edges"]["shop -> db"]["calls"].as_array().unwrap().len(),
            120
        );
    }

    #[test]
    fn what_was_not_measured_is_null_and_nothing_else_is_missing() {
        let compiled = compiled();
        let mut empty = result(7, 20);
        empty.loads[0].total = Default::default();
        empty.services[0].total = Default::default();
        empty.services[0].utilization = None;
        let experiment = Experiment {
            runs: vec![replication(&compiled, empty, 10)],
            asked: 1,
            interrupted: false,
        };
        let value: serde_json::Value = serde_json::from_str(&render(&compiled, &experiment, &[], false)).unwrap();
        let (load, db) = (
            &value["runs"][0]["loads"]["shoppers"],
            &value["runs"][0]["services"]["db"],
        );
        for missing in [
            &load["goodput_ratio"],
            &load["response_ok_s"]["mean"],
            &db["utilization"],
            &db["waited_ratio"],
        ] {
            assert!(missing.is_null());
        }
        assert_eq!(load["response_ok_s"]["count"], 0);
        assert!(load.as_object().unwrap().contains_key("goodput_ratio"));
    }
}
