//! Balancers: which replica an attempt goes to.

use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::Invalid;
use brownout_sim_core::rng::Key;
use brownout_sim_core::routing::bounded_load::BoundedLoad;
use brownout_sim_core::routing::least_request::SelectionMethod;
use brownout_sim_core::routing::p2c::Load;
use brownout_sim_core::routing::peak_ewma::{DefaultRtt, Estimate, PeakEwma};
use brownout_sim_core::routing::slow_start::SlowStart;
use brownout_sim_core::routing::{
    Balance, BalanceState, ClientSideWrr, Edf, LeastRequest, LoadReport, Maglev, Observed, P2c, RandomDraws, RingHash,
    Start, View,
};
use brownout_sim_core::time::{SimTime, Span};

use crate::play::EventKind;
use crate::play::mistake::Mistake;
use crate::play::player::{Event, Player, Said, State, length, letter, short};
use crate::play::setup::{Luck, Setup, settings};
use crate::play::value::words;

/// What can happen to a balancer. Replicas are `a`, `b`, `c` ...
pub const EVENTS: &[EventKind] = &[
    EventKind::asks(
        "pick",
        "(key=N)",
        "a call wants a replica; for those that look at it, with a key",
    ),
    EventKind::answers(
        "done",
        "(REPLICA,OUTCOME)",
        "its oldest call has ended, ok unless it is said",
    ),
    EventKind::asks("leave", "(REPLICA)", "it is no longer to be picked"),
    EventKind::asks("join", "(REPLICA)", "it is again, as new"),
    EventKind::asks("sick", "(REPLICA)", "it is thought to be unwell"),
    EventKind::asks("well", "(REPLICA)", "it is thought to be well again"),
    EventKind::asks("weight", "(REPLICA,N)", "its weight changes"),
];

/// The same with load reports.
pub const REPORT_EVENTS: &[EventKind] = &[
    EventKind::asks("pick", "", "a call wants a replica"),
    EventKind::answers(
        "done",
        "(REPLICA,OUTCOME)",
        "its oldest call has ended, ok unless it is said",
    ),
    EventKind::answers(
        "report",
        "(REPLICA,qps=N,utilization=N,eps=N)",
        "it says how loaded it is",
    ),
    EventKind::asks("leave", "(REPLICA)", "it is no longer to be picked"),
    EventKind::asks("join", "(REPLICA)", "it is again, as new"),
];

/// What can happen to one estimate.
pub const ESTIMATE_EVENTS: &[EventKind] = &[
    EventKind::answers("took", "(TIME)", "a call took this long"),
    EventKind::asks(
        "load",
        "(OUTSTANDING)",
        "how loaded is a replica with so many calls outstanding? 0 if it is not said",
    ),
];

words!(Start: "random" => Start::Random => Start::Random, "first" => Start::First => Start::First);
words!(SelectionMethod: "n_choices" => SelectionMethod::NChoices => SelectionMethod::NChoices,
    "full_scan" => SelectionMethod::FullScan => SelectionMethod::FullScan);

struct Replica {
    here: bool,
    well: bool,
    weight: u32,
    since: Option<SimTime>,
    /// When each of its calls was sent, the oldest first.
    out: Vec<SimTime>,
    picks: u32,
}

struct Driven {
    balance: Balance,
    state: BalanceState,
    replicas: Vec<Replica>,
    luck: Luck,
}

/// What the balancer may see at one instant.
struct Seen<'a> {
    replicas: &'a [Replica],
    here: Vec<usize>,
    now: SimTime,
    key: u64,
}

impl Seen<'_> {
    fn of(replicas: &[Replica], now: SimTime, key: u64) -> Seen<'_> {
        let here = (0..replicas.len()).filter(|it| replicas[*it].here).collect();
        Seen {
            replicas,
            here,
            now,
            key: Key::of("key").child(key).0,
        }
    }

    fn at(&self, at: usize) -> &Replica {
        &self.replicas[self.here[at]]
    }
}

impl View for Seen<'_> {
    fn len(&self) -> usize {
        self.here.len()
    }

    fn slot(&self, at: usize) -> usize {
        self.here[at]
    }

    fn outstanding(&self, at: usize) -> u32 {
        self.at(at).out.len() as u32
    }

    fn weight(&self, at: usize) -> u32 {
        self.at(at).weight
    }

    fn now(&self) -> SimTime {
        self.now
    }

    fn key(&self) -> u64 {
        self.key
    }

    fn healthy(&self, at: usize) -> bool {
        self.at(at).well
    }

    fn age(&self, at: usize) -> Span {
        self.at(at).since.map_or(Span::MAX, |it| self.now.since(it))
    }
}

/// More replicas than anybody can follow.
const REPLICAS_MAX: usize = 100;

/// The setting `weights`, one for each replica.
fn weights(setup: &mut Setup) -> Vec<u32> {
    let mut weights = vec![1, 1, 1];
    setup.set("weights", &mut weights);
    weights
}

fn driven(setup: &mut Setup, balance: Balance, weights: &[u32]) -> Result<Box<dyn Player>, Mistake> {
    let mut luck = setup.luck();
    let few = weights.len() <= REPLICAS_MAX;
    setup.ready(balance.check().and(if few {
        Ok(())
    } else {
        Err(Invalid("there are 1 to 100 replicas, one for each weight"))
    }))?;
    let replica = |weight: &u32| Replica {
        here: true,
        well: true,
        weight: *weight,
        since: None,
        out: Vec::new(),
        picks: 0,
    };
    let replicas: Vec<Replica> = weights.iter().map(replica).collect();
    let mut state = balance.start(replicas.len(), &mut luck);
    // Rings and tables are made of the replicas there are; everything else is told of each as well.
    let seen = Seen::of(&replicas, SimTime::ZERO, 0);
    if matches!(balance, Balance::RingHash(_) | Balance::Maglev(_)) {
        balance.host_changed(&mut state, &seen, 0);
    }
    Ok(Box::new(Driven {
        balance,
        state,
        replicas,
        luck,
    }))
}

impl Driven {
    fn changed(&mut self, now: SimTime, slot: usize) {
        let seen = Seen::of(&self.replicas, now, 0);
        self.balance.host_changed(&mut self.state, &seen, slot);
    }
}

impl Player for Driven {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        let count = self.replicas.len();
        match event.name() {
            "pick" => {
                let key: u64 = event.value("key")?.unwrap_or(0);
                let seen = Seen::of(&self.replicas, now, key);
                let picked = self.balance.pick(&mut self.state, &seen, &mut self.luck);
                Ok(match picked.map(|at| seen.slot(at)) {
                    Some(slot) => {
                        self.replicas[slot].out.push(now);
                        self.replicas[slot].picks += 1;
                        Said::pass(letter(slot))
                    }
                    None => Said::refuse("nobody"),
                })
            }
            "done" => {
                let slot = event.need_replica(count)?;
                let outcome = event.outcome_arg()?.unwrap_or(Outcome::Ok);
                if self.replicas[slot].out.is_empty() {
                    let message = format!("no call is out to `{}`", letter(slot));
                    return Err(Mistake::new(message).help("put a `pick` before it, and see who is picked"));
                }
                let sent = self.replicas[slot].out.remove(0);
                let observed = Observed {
                    now,
                    slot,
                    rtt: now.since(sent),
                    outcome,
                };
                self.balance.observe(&mut self.state, &observed);
                Ok(Said::note(format!("{} took {}", letter(slot), length(observed.rtt))))
            }
            "report" => {
                let slot = event.need_replica(count)?;
                let report = LoadReport {
                    now,
                    qps: event.number("qps")?.unwrap_or(1.0),
                    utilization: event.number("utilization")?.unwrap_or(0.0),
                    eps: event.number("eps")?.unwrap_or(0.0),
                };
                self.balance.report(&mut self.state, slot, &report);
                let Balance::ClientSideWrr(it) = &self.balance else {
                    return Ok(Said::nothing());
                };
                let weight = it
                    .weight(&report)
                    .map_or_else(|| "says too little".to_owned(), |it| format!("weight {}", short(it)));
                Ok(Said::note(format!("{}: {weight}", letter(slot))))
            }
            name => {
                let slot = event.need_replica(count)?;
                let replica = &mut self.replicas[slot];
                match name {
                    "leave" => replica.here = false,
                    "join" => (replica.here, replica.since) = (true, Some(now)),
                    "sick" => replica.well = false,
                    "well" => replica.well = true,
                    _ => replica.weight = event.need("n", "a,3")?,
                }
                self.changed(now, slot);
                Ok(Said::nothing())
            }
        }
    }

    fn state(&self, _: SimTime) -> State {
        let shown = |(slot, it): (usize, &Replica)| {
            let out = if it.out.is_empty() {
                String::new()
            } else {
                format!(" ({} out)", it.out.len())
            };
            let how = match (it.here, it.well) {
                (false, _) => " gone",
                (true, false) => " sick",
                (true, true) => "",
            };
            format!("{}{how} {}{out}", letter(slot), it.picks).replace(' ', "\u{a0}")
        };
        let all: Vec<String> = self.replicas.iter().enumerate().map(shown).collect();
        State::words(all.join(", "))
    }
}

pub fn round_robin(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut start = Start::First;
    setup.set("start", &mut start);
    let weights = weights(setup);
    driven(setup, Balance::RoundRobin { start }, &weights)
}

pub fn pick_first(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut start = Start::First;
    setup.set("start", &mut start);
    let weights = weights(setup);
    driven(setup, Balance::PickFirst { start }, &weights)
}

pub fn random(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let weights = weights(setup);
    driven(setup, Balance::Random, &weights)
}

pub fn least_outstanding(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let weights = weights(setup);
    driven(setup, Balance::LeastOutstanding, &weights)
}

pub fn two_choices(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut replacement = false;
    setup.set("replacement", &mut replacement);
    let weights = weights(setup);
    driven(setup, Balance::TwoChoices { replacement }, &weights)
}

pub fn weighted(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut random = false;
    setup.set("random", &mut random);
    let weights = weights(setup);
    let balance = if random {
        Balance::WeightedRandom
    } else {
        Balance::Weighted
    };
    driven(setup, balance, &weights)
}

/// The setting `slow_start`: Envoy's window, or none.
fn slow_start(setup: &mut Setup, it: &mut Option<SlowStart>) {
    let mut window: Option<Span> = None;
    setup.set("slow_start", &mut window);
    *it = window.map(SlowStart::envoy);
}

pub fn edf(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Edf {
        start: Start::First,
        ..Edf::DEFAULT
    };
    settings!(setup, it; value start);
    slow_start(setup, &mut it.slow_start);
    let weights = weights(setup);
    driven(setup, Balance::Edf(it), &weights)
}

pub fn load_report(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = ClientSideWrr::DEFAULT;
    settings!(setup, it; value blackout_period, value weight_expiration_period, value weight_update_period,
        value error_utilization_penalty);
    let weights = weights(setup);
    driven(setup, Balance::ClientSideWrr(it), &weights)
}

pub fn least_request(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = LeastRequest::DEFAULT;
    settings!(setup, it; value choice_count, value selection_method, value active_request_bias);
    slow_start(setup, &mut it.slow_start);
    let weights = weights(setup);
    driven(setup, Balance::LeastRequest(it), &weights)
}

pub fn p2c(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = setup.profile(&[
        ("finagle", P2c::FINAGLE),
        ("finagle_peak_ewma", P2c::FINAGLE_PEAK_EWMA),
        ("linkerd", P2c::LINKERD),
    ]);
    if let Load::PeakEwma(ewma) = &mut it.load {
        setup.set("decay", &mut ewma.decay);
    }
    settings!(setup, it; value prefer_healthy);
    let weights = weights(setup);
    driven(setup, Balance::P2c(it), &weights)
}

pub fn random_draws(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = RandomDraws::DEFAULT;
    settings!(setup, it; value draws);
    let weights = weights(setup);
    driven(setup, Balance::RandomDraws(it), &weights)
}

pub fn least_conn(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let weights = weights(setup);
    driven(setup, Balance::LeastConn, &weights)
}

/// The setting `hash_balance_factor`, in per cent, or none.
fn bounded(setup: &mut Setup, start: Option<u32>) -> Option<BoundedLoad> {
    let mut factor = start;
    setup.set("hash_balance_factor", &mut factor);
    factor.map(BoundedLoad::envoy)
}

pub fn ring_hash(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = setup.profile(&[("envoy", RingHash::DEFAULT), ("grpc", RingHash::GRPC)]);
    settings!(setup, it; value minimum_ring_size, value maximum_ring_size);
    it.bounded_load = bounded(setup, None);
    let weights = weights(setup);
    driven(setup, Balance::RingHash(it), &weights)
}

pub fn maglev(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Maglev::DEFAULT;
    settings!(setup, it; value table_size);
    it.bounded_load = bounded(setup, None);
    let weights = weights(setup);
    driven(setup, Balance::Maglev(it), &weights)
}

/// Bounded loads on a ring: Envoy's way, or HAProxy's along the ring.
pub fn bounded_load(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let make: fn(u32) -> BoundedLoad = setup.profile(&[
        ("envoy", BoundedLoad::envoy as fn(u32) -> BoundedLoad),
        ("haproxy", BoundedLoad::haproxy as fn(u32) -> BoundedLoad),
    ]);
    let mut factor = 150;
    setup.set("hash_balance_factor", &mut factor);
    let it = RingHash {
        bounded_load: Some(make(factor)),
        ..RingHash::DEFAULT
    };
    let weights = weights(setup);
    driven(setup, Balance::RingHash(it), &weights)
}

struct Estimated {
    ewma: PeakEwma,
    estimate: Estimate,
}

pub fn peak_ewma(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = setup.profile(&[("linkerd", PeakEwma::LINKERD), ("finagle", PeakEwma::FINAGLE)]);
    settings!(setup, it; value decay);
    if let DefaultRtt::Is(rtt) = &mut it.default_rtt {
        setup.set("default_rtt", rtt);
    }
    setup.ready(if it.decay > Span::ZERO {
        Ok(())
    } else {
        Err(Invalid("the decay is longer than 0 (default 10s)"))
    })?;
    Ok(Box::new(Estimated {
        ewma: it,
        estimate: it.first(SimTime::ZERO),
    }))
}

impl Player for Estimated {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() == "took" {
            let rtt = event.need_span("took")?;
            self.ewma.sample(&mut self.estimate, now, rtt);
            return Ok(Said::nothing());
        }
        let outstanding = event.value::<u32>("outstanding")?.unwrap_or(0);
        let load = self.ewma.load(&mut self.estimate, now, outstanding);
        Ok(Said::note(format!("load {} ms", short(load / 1e6))))
    }

    fn state(&self, _: SimTime) -> State {
        State::words(format!("estimate {} ms", short(self.estimate.rtt_ns() / 1e6)))
    }
}
