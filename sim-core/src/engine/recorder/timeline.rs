//! Points in time: what happened in each window. Only if it is recorded.

use super::Recorder;
use crate::engine::arena::Attempt;
use crate::ids::{LoadId, ServiceId};
use crate::outcome::Outcome;
use crate::time::SimTime;

impl Recorder {
    #[inline]
    pub(super) fn window_of(&self, at: SimTime) -> Option<usize> {
        (at < self.duration).then(|| (at.nanos() / self.window) as usize)
    }

    #[inline(never)]
    pub(super) fn request_arrived_in_timeline(&mut self, load: LoadId, item: u16, now: SimTime) {
        if let Some(window) = self.window_of(now) {
            self.timeline.loads[load.index()][item as usize][window].offered += 1;
        }
    }

    #[inline(never)]
    pub(super) fn request_ended_in_timeline(
        &mut self,
        load: LoadId,
        item: u16,
        start: SimTime,
        now: SimTime,
        outcome: Outcome,
        good: bool,
    ) {
        let (arrived, ended) = (self.window_of(start), self.window_of(now));
        let latencies = self.record.latencies;
        let points = &mut self.timeline.loads[load.index()][item as usize];
        if let Some(window) = arrived {
            let point = &mut points[window];
            match outcome {
                Outcome::Ok => point.ok += 1,
                Outcome::Degraded => point.degraded += 1,
                _ => point.failed += 1,
            }
            point.good += u32::from(good);
            if latencies {
                if outcome == Outcome::Ok {
                    point.response_ok.record(now.since(start));
                }
                point.response_all.record(now.since(start));
            }
        }
        if let Some(window) = ended.filter(|_| !outcome.is_failure()) {
            points[window].completed += 1;
        }
    }

    #[inline(never)]
    pub(super) fn call_sent_in_timeline(&mut self, lane: u32, now: SimTime) {
        if let Some(window) = self.window_of(now) {
            let point = &mut self.timeline.lanes[lane as usize][window];
            point.calls += 1;
            point.attempts += 1;
        }
    }

    #[inline(never)]
    pub(super) fn call_ended_in_timeline(&mut self, lane: u32, start: SimTime, now: SimTime, outcome: Outcome) {
        let Some(window) = self.window_of(start) else {
            return;
        };
        let point = &mut self.timeline.lanes[lane as usize][window];
        match outcome {
            Outcome::Ok => point.ok += 1,
            Outcome::Degraded => point.degraded += 1,
            _ => point.failed += 1,
        }
        if self.record.latencies {
            point.response.record(now.since(start));
        }
    }

    #[inline(never)]
    pub(super) fn arrived_at_service_in_timeline(&mut self, service: ServiceId, now: SimTime) {
        if let Some(window) = self.window_of(now) {
            self.timeline.services[service.index()][window].offered += 1;
        }
    }

    #[inline(never)]
    pub(super) fn got_worker_in_timeline(&mut self, service: ServiceId, arrived: SimTime, now: SimTime) {
        if let Some(window) = self.window_of(arrived) {
            let point = &mut self.timeline.services[service.index()][window];
            point.wait.record(now.since(arrived));
        }
    }

    #[inline(never)]
    pub(super) fn left_service_in_timeline(
        &mut self,
        service: ServiceId,
        arrived: SimTime,
        now: SimTime,
        outcome: Outcome,
    ) {
        let (from, to) = (self.window_of(arrived), self.window_of(now));
        let latencies = self.record.latencies;
        let points = &mut self.timeline.services[service.index()];
        if let Some(window) = from {
            let point = &mut points[window];
            match outcome {
                Outcome::Ok => point.ok += 1,
                Outcome::Degraded => point.degraded += 1,
                _ => point.failed += 1,
            }
            if latencies {
                point.response.record(now.since(arrived));
            }
        }
        if let Some(window) = to.filter(|_| !outcome.is_failure()) {
            points[window].completed += 1;
        }
    }

    /// A request is sent by the short way.
    #[inline(never)]
    pub fn direct_begun_in_timeline(&mut self, load: LoadId, lane: u32, service: ServiceId, now: SimTime) {
        if self.record.loads {
            self.request_arrived_in_timeline(load, 0, now);
        }
        if self.record.edges {
            self.call_sent_in_timeline(lane, now);
        }
        if self.record.services {
            self.arrived_at_service_in_timeline(service, now);
        }
    }

    /// A request gets its worker on the short way.
    #[inline(always)]
    pub fn direct_got_worker_in_timeline(&mut self, service: ServiceId, row: &Attempt, now: SimTime) {
        if self.record.services && self.record.latencies {
            self.got_worker_in_timeline(service, row.arrived, now);
        }
    }

    /// A request ends by the short way.
    #[inline(never)]
    pub fn direct_ended_in_timeline(
        &mut self,
        load: LoadId,
        lane: u32,
        service: ServiceId,
        row: &Attempt,
        now: SimTime,
    ) {
        let (start, ok) = (row.arrived, Outcome::Ok);
        if self.record.services {
            self.left_service_in_timeline(service, start, now, ok);
        }
        if self.record.edges {
            self.call_ended_in_timeline(lane, start, now, ok);
        }
        if self.record.loads {
            let good = self.direct[load.index()].is_good(row, now);
            self.request_ended_in_timeline(load, 0, start, now, ok, good);
        }
    }
}
