//! The clock's own instants, and the end of a run: what must balance, and what is left behind.

use super::Simulation;
use super::arena::{LEAN, Parent, Phase};
use super::pending::Pending;
use super::replica::{Replica, ReplicaAreas, TIME_SHARE_MAX, TIME_SHARES, UpAreas};
use super::slab::NONE;
use crate::ids::{LoadId, ServiceId};
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

/// A service's areas since the run began, all replicas together.
#[derive(Clone, Debug, Default)]
pub(super) struct Areas {
    inside: ReplicaAreas,
    up: UpAreas,
    time_share: Vec<u128>,
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
        inside: ReplicaAreas {
            queue: after.inside.queue - before.inside.queue,
            busy: after.inside.busy - before.inside.busy,
            inside: after.inside.inside - before.inside.inside,
            computing: after.inside.computing - before.inside.computing,
        },
        up: UpAreas {
            available: after.up.available - before.up.available,
            up: after.up.up - before.up.up,
            active: after.up.active - before.up.active,
            workers: after.up.workers - before.up.workers,
        },
        time_share: after
            .time_share
            .iter()
            .zip(&before.time_share)
            .map(|(after, before)| after - before)
            .collect(),
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
            self.replicas.iter_mut().for_each(|it| it.forget_maxima());
            self.phase = ClockPhase::Measuring(self.all_areas());
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
        self.recorder.measuring = matches!(self.phase, ClockPhase::Measuring(_));
        self.next_tick = phase_ends.min(self.next_window).min(self.next_checkpoint);
    }

    /// The areas of a service, all replicas together; up to date.
    fn areas_of(&self, service: ServiceId) -> Areas {
        let mut areas = Areas {
            inside: ReplicaAreas::default(),
            up: self.services[service.index()].up_areas,
            time_share: self.time_shares[service.index() * TIME_SHARES..][..TIME_SHARES].to_vec(),
        };
        for place in &self.replicas[self.layout.replicas_of(service)] {
            areas.inside.queue += place.areas().queue;
            areas.inside.busy += place.areas().busy;
            areas.inside.inside += place.areas().inside;
            areas.inside.computing += place.areas().computing;
        }
        areas
    }

    fn all_areas(&self) -> Vec<Areas> {
        let ids = (0..self.services.len()).map(ServiceId::from_index);
        ids.map(|it| self.areas_of(it)).collect()
    }

    fn end_measuring(&mut self) {
        let ClockPhase::Measuring(before) = &self.phase else {
            return;
        };
        let of = |(row, before): (usize, &Areas)| {
            let service = ServiceId::from_index(row);
            let places = &self.replicas[self.layout.replicas_of(service)];
            let most = |of: fn(&Replica) -> u32| places.iter().map(of).max().unwrap_or(0);
            Measured {
                areas: less(&self.areas_of(service), before),
                queue_max: most(|it| it.queue_max),
                busy_max: most(|it| it.busy_max),
                inside_max: most(|it| it.inside_max),
                replicas: self.services[row].active,
            }
        };
        self.phase = ClockPhase::Done(before.iter().enumerate().map(of).collect());
    }

    /// Writes the gauges of the window that ends now.
    fn note_window(&mut self) {
        let window = self.model.clock.window.nanos().max(1);
        let at = ((self.now.nanos() - 1) / window) as usize;
        let span = (self.now.nanos() - at as u64 * window) as f64;
        for row in 0..self.services.len() {
            let (mut queue, mut busy, up) = (0, 0, self.services[row].up_areas.up);
            for place in &self.replicas[self.layout.replicas_of(ServiceId::from_index(row))] {
                queue += place.areas().queue;
                busy += place.areas().busy;
            }
            let previous = &mut self.window_areas[row];
            let point = &mut self.recorder.timeline.services[row][at];
            point.queue_length = ((queue - previous.0) as f64 / span) as f32;
            point.in_service = ((busy - previous.1) as f64 / span) as f32;
            point.replicas_up = ((up - previous.2) as f64 / span) as f32;
            *previous = (queue, busy, up);
            self.note_service_gauges(row, at);
        }
        self.note_edge_gauges(at);
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
        self.recorder.add_direct(self.model);
        self.assert_balance();
        let measured_to = if interrupted {
            self.now.min(clock.duration)
        } else {
            clock.duration
        };
        if matches!(self.phase, ClockPhase::WarmingUp) {
            // Interrupted before anything was measured.
            self.phase = ClockPhase::Measuring(self.all_areas());
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
                availability: areas.up.available as f64 / span,
                replica_availability: if areas.up.active > 0 {
                    areas.up.up as f64 / areas.up.active as f64
                } else {
                    0.0
                },
                queue_length: Gauge {
                    mean: areas.inside.queue as f64 / span,
                    max: u64::from(measured.queue_max),
                },
                in_service: Gauge {
                    mean: areas.inside.busy as f64 / span,
                    max: u64::from(measured.busy_max),
                },
                in_system: Gauge {
                    mean: areas.inside.inside as f64 / span,
                    max: u64::from(measured.inside_max),
                },
                time_share: shares(areas.time_share.as_slice()),
                ..ServiceResult::default()
            };
            let busy = match (service.cores, service.workers) {
                (Some(cores), _) => Some((areas.inside.computing, areas.up.active * u128::from(cores.limit))),
                (None, Some(_)) => Some((areas.inside.busy, areas.up.workers)),
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
            u128::from(service.price_per_hour.0) * measured.areas.up.active / 3_600_000_000_000
        };
        self.model.services.iter().zip(areas).map(of).sum()
    }

    /// The loads of the requests that have not ended, one by one.
    fn open_requests(&self) -> Vec<LoadId> {
        let rows = self.calls.taken().into_iter().map(|it| &self.calls[it]);
        let rows = rows.map(|it| (it.site, it.parent));
        let lean = self.attempts.taken().into_iter().map(|it| &self.attempts[it]);
        let lean = lean.filter(|it| it.call == LEAN).map(|it| (it.site, it.parent));
        rows.chain(lean)
            .filter(|it| matches!(it.1, Parent::Load(_)))
            .map(|it| LoadId(self.sites[it.0.index()].load))
            .collect()
    }

    /// Conservation: whatever began has ended or is still there, and the areas are the sums of their parts. Exact, and in
    /// release builds, too: a run that breaks a law of nature must not report numbers.
    fn assert_balance(&self) {
        let mut requests = vec![0u64; self.model.loads.len()];
        let mut calls = vec![0u64; self.layout.lanes.len()];
        let rows = self.calls.taken().into_iter().map(|it| self.calls[it].site);
        let lean = self.attempts.taken().into_iter().map(|it| &self.attempts[it]);
        let lean = lean.filter(|it| it.call == LEAN).map(|it| it.site);
        let sites = rows.chain(lean).map(|it| &self.sites[it.index()]);
        for site in sites.filter(|it| !it.is_part) {
            calls[site.lane as usize] += 1;
        }
        for request in self.open_requests() {
            requests[request.index()] += 1;
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

        self.assert_permits();
        self.assert_governed();
        self.assert_parts();
        self.assert_connections();

        // Little's law and the utilization law, as identities of integer areas: sums of times at each replica, modulo 2^64.
        let mut inside = vec![0u64; self.model.endpoints.len()];
        let mut sojourn: Vec<u64> = self.replicas.iter().map(|it| it.sojourn).collect();
        let mut workers = vec![0u64; self.replicas.len()];
        for attempt in self.attempts.taken() {
            let row = &self.attempts[attempt];
            workers[row.replica as usize] += u64::from(row.has_worker);
            if matches!(row.phase, Phase::Queued | Phase::Inside | Phase::Resuming) {
                inside[self.endpoint_of(row.site).index()] += 1;
                let so_far = self.now.since(row.arrived).nanos();
                sojourn[row.replica as usize] = sojourn[row.replica as usize].wrapping_add(so_far);
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
        for (replica, place) in self.replicas.iter().enumerate() {
            let (busy, held) = (u64::from(place.busy), workers[replica]);
            assert_eq!(busy, held, "replica {replica}: workers taken less workers freed = held");
            assert_eq!(
                place.areas().inside as u64,
                sojourn[replica],
                "replica {replica}: area inside = sum of sojourns"
            );
            let held_for = place.held_for.wrapping_add(busy.wrapping_mul(self.now.nanos()));
            assert_eq!(
                place.areas().busy as u64,
                held_for,
                "replica {replica}: area busy = sum of holding times"
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
