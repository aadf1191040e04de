//! Load reports: what replicas say of themselves in their answers, for balancers that weigh them by it.
//!
//! Once a second a replica works out the calls and errors per second that callers with such a balancer had from it, and
//! how busy its cores, or else its workers, were. One with neither limit has nothing to say.

use crate::engine::Simulation;
use crate::engine::pending::Pending;
use crate::outcome::Outcome;
use crate::routing::LoadReport;
use crate::time::{SimTime, Span};

/// The second under way at one replica, and what it said of the last one.
#[derive(Clone, Debug, Default)]
pub(super) struct Gauge {
    since: SimTime,
    served: u32,
    failed: u32,
    /// The area under its busy cores or workers at `since`.
    area: u128,
    last: Option<LoadReport>,
}

/// How often a replica looks at itself.
const EVERY: Span = Span::from_secs(1);

impl<Q: Pending> Simulation<'_, Q> {
    /// A call has ended; if its replica answered, the answer brings a report.
    pub(super) fn report_load(&mut self, at: usize, instance: usize, slot: usize, outcome: Outcome) {
        let failed = match outcome {
            Outcome::Ok | Outcome::Degraded | Outcome::BadRequest => false,
            Outcome::Error | Outcome::QueueFull | Outcome::QueueTimeout | Outcome::Shed | Outcome::Quota => true,
            _ => return,
        };
        let now = self.now;
        let replica = self.callers.routers[at].first_replica + slot as u32;
        let gauge = &mut self.callers.gauges[replica as usize];
        gauge.served += 1;
        gauge.failed += u32::from(failed);
        if now.since(gauge.since) >= EVERY {
            self.look_at_oneself(replica);
        }
        if let Some(report) = self.callers.gauges[replica as usize].last {
            self.callers.routers[at].report(instance, slot, &LoadReport { now, ..report });
        }
    }

    fn look_at_oneself(&mut self, replica: u32) {
        self.touch(replica);
        let place = &self.replicas[replica as usize];
        let service = &self.model.services[place.service.index()];
        let (area, limit) = match (&service.cores, service.workers) {
            (Some(cores), _) => (place.areas().computing, cores.limit),
            (None, Some(workers)) => (place.areas().busy, workers),
            (None, None) => (0, 1),
        };
        let gauge = &mut self.callers.gauges[replica as usize];
        let seconds = self.now.since(gauge.since).as_secs_f64();
        let busy = (area - gauge.area) as f64 / 1e9;
        gauge.last = Some(LoadReport {
            now: self.now,
            qps: f64::from(gauge.served) / seconds,
            utilization: busy / (seconds * f64::from(limit)),
            eps: f64::from(gauge.failed) / seconds,
        });
        (gauge.since, gauge.served, gauge.failed, gauge.area) = (self.now, 0, 0, area);
    }
}
