//! The clock's own instants, and the end of a run: what must balance, and what is left behind.

use super::Simulation;
use super::arena::Phase;
use super::pending::Pending;
use super::server::{Areas, TIME_SHARE_MAX};
use super::slab::NONE;
use crate::ids::ServiceId;
use crate::model::Caller;
use crate::results::{Cost, Gauge, RunResult, ServiceResult};
use crate::time::SimTime;

/// Where the run is.
#[derive(Debug)]
pub(super) enum ClockPhase {
    /// Before the statistics begin.
    WarmingUp,
    /// With the areas at the end of the warm-up.
    Measuring(Vec<Areas>),
    /// With the measured areas, and the maxima.
    Done(Vec<Measured>),
}

/// A service's areas over the measured span.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    areas: Areas,
    queue_max: u32,
    busy_max: u32,
    inside_max: u32,
    replicas: u32,
}

fn less(after: &Areas, before: &Areas) -> Areas {
    Areas {
        queue: after.queue - before.queue,
        busy: after.busy - before.busy,
        inside: after.inside - before.inside,
        computing: after.computing - before.computing,
        available: after.available - before.available,
        up: after.up - before.up,
        active: after.active - before.active,
        workers: after.workers - before.workers,
        time_share: Box::new(core::array::from_fn(|at| after.time_share[at] - before.time_share[at])),
    }
}

impl<Q: Pending> Simulation<'_, Q> {
    /// Attends to the clock at `next_tick`: no event, and nothing in the system changes.
    #[cold]
    pub(super) fn tick(&mut self) {
        let clock = self.model.clock;
        self.now = self.next_tick;
        self.touch_all();
        if matches!(self.phase, ClockPhase::WarmingUp) && self.now >= clock.warmup {
            for state in &mut self.services {
                (state.queue_max, state.busy_max, state.inside_max) = (0, 0, 0);
            }
            for replica in &self.replicas {
                let state = &mut self.services[replica.service.index()];
                state.queue_max = state.queue_max.max(replica.queue.len);
                state.busy_max = state.busy_max.max(replica.busy);
                state.inside_max = state.inside_max.max(replica.inside);
            }
            self.phase = ClockPhase::Measuring(self.services.iter().map(|it| it.areas.clone()).collect());
        }
        if self.now >= self.next_window {
            self.note_window();
            self.next_window = if self.now < clock.duration {
                (self.next_window + clock.window).min(clock.duration)
            } else {
                SimTime::MAX
            };
        }
        if self.now >= clock.duration {
            self.end_measuring();
        }
        if self.now >= self.next_checkpoint {
            self.checkpoints.push((self.now, self.digest));
            self.next_checkpoint = self.next_checkpoint + self.record.checkpoints.expect("there are checkpoints");
        }
        let phase_ends = match self.phase {
            ClockPhase::WarmingUp => clock.warmup,
            ClockPhase::Measuring(_) => clock.duration,
            ClockPhase::Done(_) => SimTime::MAX,
        };
        self.next_tick = phase_ends.min(self.next_window).min(self.next_checkpoint);
    }

    fn end_measuring(&mut self) {
        let ClockPhase::Measuring(before) = &self.phase else {
            return;
        };
        let measured = self.services.iter().zip(before).map(|(state, before)| Measured {
            areas: less(&state.areas, before),
            queue_max: state.queue_max,
            busy_max: state.busy_max,
            inside_max: state.inside_max,
            replicas: state.active,
        });
        self.phase = ClockPhase::Done(measured.collect());
    }

    /// Writes the gauges of the window that ends now.
    fn note_window(&mut self) {
        let window = self.model.clock.window.nanos().max(1);
        let at = ((self.now.nanos() - 1) / window) as usize;
        let span = (self.now.nanos() - at as u64 * window) as f64;
        for (row, state) in self.services.iter().enumerate() {
            let previous = &mut self.window_areas[row];
            let point = &mut self.recorder.timeline.services[row][at];
            point.queue_length = ((state.areas.queue - previous.0) as f64 / span) as f32;
            point.in_service = ((state.areas.busy - previous.1) as f64 / span) as f32;
            point.replicas_up = ((state.areas.up - previous.2) as f64 / span) as f32;
            *previous = (state.areas.queue, state.areas.busy, state.areas.up);
        }
    }

    /// The end of a run: everything is counted, and must balance.
    pub(super) fn finish(mut self, seed: u64, interrupted: bool) -> RunResult {
        let clock = self.model.clock;
        let last = self.now;
        if !interrupted {
            while self.next_tick <= clock.duration.max(last) {
                self.tick();
            }
        }
        self.now = self.now.max(last);
        self.touch_all();
        self.assert_balance();
        let measured_to = if interrupted {
            self.now.min(clock.duration)
        } else {
            clock.duration
        };
        if matches!(self.phase, ClockPhase::WarmingUp) {
            // Interrupted before anything was measured.
            self.phase = ClockPhase::Measuring(self.services.iter().map(|it| it.areas.clone()).collect());
        }
        self.end_measuring();
        let measured = (clock.warmup.min(measured_to), measured_to);
        let services = self.service_results(measured);
        let replicas = self.replica_cost();
        RunResult {
            seed,
            digest: self.digest,
            events: self.events,
            measured,
            end: self.now,
            interrupted,
            loads: self.recorder.loads(self.model),
            services,
            edges: self.recorder.edges(self.model),
            cost: Cost {
                replicas,
                calls: self.cost_calls,
                // Bytes times the price of 10^9 of them.
                traffic: self.cost_traffic / 1_000_000_000,
            },
            faults: self.faults_seen,
            changes: self.changes_seen,
            timeline: self.recorder.timeline,
            transitions: self.transitions,
            checkpoints: self.checkpoints,
        }
    }

    fn service_results(&mut self, measured: (SimTime, SimTime)) -> Vec<ServiceResult> {
        let span = measured.1.since(measured.0).nanos().max(1) as f64;
        let mut parts = self.recorder.endpoints().into_iter();
        let ClockPhase::Done(areas) = &self.phase else {
            unreachable!("measuring has ended");
        };
        let of = |(row, measured): (usize, &Measured)| {
            let service = &self.model.services[row];
            let areas = &measured.areas;
            let mut result = ServiceResult {
                replicas: measured.replicas,
                availability: areas.available as f64 / span,
                replica_availability: if areas.active > 0 {
                    areas.up as f64 / areas.active as f64
                } else {
                    0.0
                },
                queue_length: Gauge {
                    mean: areas.queue as f64 / span,
                    max: u64::from(measured.queue_max),
                },
                in_service: Gauge {
                    mean: areas.busy as f64 / span,
                    max: u64::from(measured.busy_max),
                },
                in_system: Gauge {
                    mean: areas.inside as f64 / span,
                    max: u64::from(measured.inside_max),
                },
                time_share: shares(areas.time_share.as_slice()),
                ..ServiceResult::default()
            };
            let busy = match (service.cores, service.workers) {
                (Some(cores), _) => Some((areas.computing, areas.active * u128::from(cores.limit))),
                (None, Some(_)) => Some((areas.busy, areas.workers)),
                (None, None) => None,
            };
            result.utilization = busy.filter(|it| it.1 > 0).map(|(busy, most)| busy as f64 / most as f64);
            for endpoint in service.endpoints.clone() {
                let part = parts.next().expect("the endpoints of a service are next to each other");
                result.total.merge(&part);
                result.endpoints.push((crate::ids::EndpointId(endpoint), part));
            }
            result
        };
        areas.iter().enumerate().map(of).collect()
    }

    fn replica_cost(&self) -> u128 {
        let ClockPhase::Done(areas) = &self.phase else {
            unreachable!("measuring has ended");
        };
        let of = |(service, measured): (&crate::model::Service, &Measured)| {
            u128::from(service.price_per_hour.0) * measured.areas.active / 3_600_000_000_000
        };
        self.model.services.iter().zip(areas).map(of).sum()
    }

    /// Conservation: whatever began has ended or is still there, and the areas are the sums of their parts. Exact, and in
    /// release builds, too: a run that breaks a law of nature must not report numbers.
    fn assert_balance(&self) {
        let mut requests = vec![0u64; self.model.loads.len()];
        let mut calls = vec![0u64; self.layout.lanes.len()];
        for call in self.calls.taken() {
            let row = &self.calls[call];
            calls[self.layout.lane(row.site) as usize] += 1;
            if let Caller::Load(load) = self.model.edges[self.model.sites[row.site.index()].edge.index()].caller {
                requests[load.index()] += 1;
            }
        }
        for (lane, open) in calls.into_iter().enumerate() {
            assert_eq!(
                self.recorder.lanes[lane].calls.open(),
                open,
                "calls of lane {lane}: begun = ended + open"
            );
        }
        let mut item = 0;
        for (row, load) in self.model.loads.iter().enumerate() {
            let open: u64 = (item..item + load.mix.len())
                .map(|it| self.recorder.items[it].requests.open())
                .sum();
            assert_eq!(open, requests[row], "requests of load {row}: arrived = ended + open");
            item += load.mix.len();
        }

        let mut inside = vec![0u64; self.model.endpoints.len()];
        let mut partial = vec![0u128; self.model.services.len()];
        let mut workers = vec![0u64; self.replicas.len()];
        for attempt in self.attempts.taken() {
            let row = &self.attempts[attempt];
            workers[row.replica as usize] += u64::from(row.has_worker);
            if matches!(row.phase, Phase::Queued | Phase::Inside | Phase::Resuming) {
                inside[self.endpoint_of(row.site).index()] += 1;
                let service = self.replicas[row.replica as usize].service;
                partial[service.index()] += u128::from(self.now.since(row.arrived).nanos());
            }
            assert!(
                row.call != NONE || row.phase != Phase::Lost,
                "nobody waits for a lost attempt: its row is freed"
            );
        }
        for (endpoint, open) in inside.into_iter().enumerate() {
            let begun = self.recorder.endpoints[endpoint].arrivals.open();
            assert_eq!(begun, open, "attempts at endpoint {endpoint}: arrived = ended + inside");
        }
        for (replica, &held) in workers.iter().enumerate() {
            assert_eq!(
                u64::from(self.replicas[replica].busy),
                held,
                "replica {replica}: busy = workers held"
            );
        }
        for (row, state) in self.services.iter().enumerate() {
            let replicas = self.layout.first_replica[row] as usize..self.layout.first_replica[row + 1] as usize;
            let busy: u64 = workers[replicas].iter().sum();
            assert_eq!(state.workers_out(), busy, "service {row}: workers taken = freed + held");
            // Little's law and the utilization law, as identities of integer areas.
            let service = ServiceId::from_index(row);
            assert_eq!(
                state.areas.inside,
                state.sojourn + partial[row],
                "service {service:?}: area inside = sum of sojourns"
            );
            let held = state.held.wrapping_add(u128::from(busy) * u128::from(self.now.nanos()));
            assert_eq!(
                state.areas.busy, held,
                "service {service:?}: area busy = sum of holding times"
            );
        }
    }
}

/// Shares of time, without the empty end.
fn shares(time: &[u128]) -> Vec<f64> {
    let total: u128 = time.iter().sum();
    let used = time.iter().rposition(|&it| it > 0).map_or(0, |last| last + 1);
    debug_assert!(time.len() == TIME_SHARE_MAX + 1);
    time[..used].iter().map(|&it| it as f64 / total.max(1) as f64).collect()
}
