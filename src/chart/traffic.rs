//! What loads asked for, what services got and what edges carried in the measured span, over all runs of a variant: from totals
//! of runs just made, or from stored timelines.

use brownout_scenarios::Compiled;
use brownout_sim_core::results::RunResult;

use super::runs::Scene;
use crate::recorded::Kind;

/// How many there were, and how many of them failed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flow {
    /// Requests, attempts or calls that began in the measured span.
    pub count: f64,
    /// Of those: not goodput (of a load), or failed.
    pub failed: f64,
}

/// All runs together, by the indices of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    /// How many runs.
    pub runs: usize,
    /// Measured seconds of all of them.
    pub seconds: f64,
    /// Requests by load.
    pub loads: Vec<Flow>,
    /// Attempts by service.
    pub services: Vec<Flow>,
    /// Calls by edge.
    pub edges: Vec<Flow>,
}

impl Flow {
    fn add(&mut self, count: f64, failed: f64) {
        self.count += count;
        self.failed += failed;
    }

    /// The share that failed; `None` if there were none.
    pub fn failed_ratio(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.failed / self.count)
    }
}

impl Traffic {
    fn none(compiled: &Compiled) -> Traffic {
        let names = &compiled.names;
        Traffic {
            runs: 0,
            seconds: 0.0,
            loads: vec![Flow::default(); names.loads.len()],
            services: vec![Flow::default(); names.services.len()],
            edges: vec![Flow::default(); names.edges.len()],
        }
    }

    /// Of runs just made, with their totals.
    pub fn of_results<'a>(compiled: &Compiled, results: impl Iterator<Item = &'a RunResult>) -> Traffic {
        let mut traffic = Traffic::none(compiled);
        for result in results {
            traffic.runs += 1;
            traffic.seconds += result.measured.0.until(result.measured.1).as_secs_f64();
            for (flow, it) in traffic.loads.iter_mut().zip(&result.loads) {
                flow.add(it.total.offered as f64, (it.total.offered - it.total.good) as f64);
            }
            for (flow, it) in traffic.services.iter_mut().zip(&result.services) {
                flow.add(it.total.offered as f64, it.total.outcomes.failed() as f64);
            }
            for (flow, it) in traffic.edges.iter_mut().zip(&result.edges) {
                flow.add(it.total.calls as f64, it.total.outcomes.failed() as f64);
            }
        }
        traffic
    }

    /// Of runs with timelines: their windows after the warm-up.
    pub fn of_scenes<'a>(compiled: &Compiled, scenes: impl Iterator<Item = Scene<'a>>) -> Traffic {
        let mut traffic = Traffic::none(compiled);
        let names = &compiled.names;
        for scene in scenes {
            traffic.runs += 1;
            let windows = scene.windows().saturating_sub(scene.first_measured());
            traffic.seconds += windows as f64 * scene.run.window_s();
            for (flow, name) in traffic.loads.iter_mut().zip(&names.loads) {
                let of = |series| scene.total(Kind::Load, name, series);
                flow.add(of("offered"), of("offered") - of("goodput"));
            }
            for (flow, name) in traffic.services.iter_mut().zip(&names.services) {
                let of = |series| scene.total(Kind::Service, name, series);
                flow.add(of("offered"), of("failed"));
            }
            for (flow, name) in traffic.edges.iter_mut().zip(&names.edges) {
                let of = |series| scene.total(Kind::Edge, name, series);
                flow.add(of("calls"), of("failed"));
            }
        }
        traffic
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::runs::Run;
    use crate::testing::{compiled, result};

    #[test]
    fn timelines_and_totals_tell_the_same_of_a_load() {
        let (compiled, result) = (compiled(), result(7, 40));
        let run = Run::of(&compiled, &result);
        let scene = Scene {
            compiled: &compiled,
            run: &run,
            runs: 1,
        };
        let stored = Traffic::of_scenes(&compiled, std::iter::once(scene));
        let made = Traffic::of_results(&compiled, std::iter::once(&result));
        assert_eq!(
            (stored.runs, stored.seconds, stored.loads[0]),
            (
                1,
                110.0,
                Flow {
                    count: 11_000.0,
                    failed: 1_200.0
                }
            )
        );
        assert_eq!((made.seconds, made.loads[0]), (stored.seconds, stored.loads[0]));
        assert_eq!(made.edges[1].count, 11_000.0);
        assert_eq!(Flow::default().failed_ratio(), None);
    }
}
