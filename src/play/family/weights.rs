//! Weights and shares of replicas: slow start, static stride, subsets, shuffle shards.

use brownout_sim_core::policy::Invalid;
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::rng::{Key, Purpose, Streams};
use brownout_sim_core::routing::View;
use brownout_sim_core::routing::shuffle_shard::ShuffleShard;
use brownout_sim_core::routing::slow_start::SlowStart;
use brownout_sim_core::routing::static_stride::StaticStride;
use brownout_sim_core::routing::subset::Subset;
use brownout_sim_core::time::{SimTime, Span};

use crate::play::EventKind;
use crate::play::mistake::Mistake;
use crate::play::player::{Event, Player, Said, State, letter, many, short};
use crate::play::setup::Setup;
use crate::play::value::words;

/// What can happen to a replica that starts slowly.
pub const SLOW_START_EVENTS: &[EventKind] = &[
    EventKind::asks("up", "", "the replica is up again, and new; it is so at 0, too"),
    EventKind::asks("weight", "", "what share of its weight has it now?"),
];

/// What can happen to a schedule.
pub const STRIDE_EVENTS: &[EventKind] = &[EventKind::asks("pick", "", "a call wants a replica")];

/// What can happen to a subset.
pub const SUBSET_EVENTS: &[EventKind] = &[EventKind::asks(
    "caller",
    "(N)",
    "which replicas does the caller with this number, or seed, use?",
)];

/// What can happen to a shuffle shard.
pub const SHARD_EVENTS: &[EventKind] = &[EventKind::asks(
    "customer",
    "(N)",
    "which workers does this customer get?",
)];

/// Whose slow start.
#[derive(Clone, Copy)]
enum Whose {
    Envoy,
    Haproxy,
}

struct Starting {
    slow: SlowStart,
    since: SimTime,
}

pub fn slow_start(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let whose = setup.profile(&[("envoy", Whose::Envoy), ("haproxy", Whose::Haproxy)]);
    let mut window = Span::from_secs(60);
    setup.set("window", &mut window);
    let slow = match whose {
        Whose::Haproxy => SlowStart::Haproxy { slowstart: window },
        Whose::Envoy => {
            let (mut aggression, mut min_weight) = (Factor::ONE, Factor(100_000));
            setup.set("aggression", &mut aggression);
            setup.share("min_weight", &mut min_weight);
            SlowStart::Envoy {
                window,
                aggression,
                min_weight,
            }
        }
    };
    setup.ready(slow.check())?;
    Ok(Box::new(Starting {
        slow,
        since: SimTime::ZERO,
    }))
}

impl Player for Starting {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() == "up" {
            self.since = now;
            return Ok(Said::change("it begins again"));
        }
        let share = self.slow.factor(now.since(self.since));
        Ok(Said::note(format!("{} of its weight", short(share))))
    }

    fn state(&self, now: SimTime) -> State {
        let share = self.slow.factor(now.since(self.since));
        State::level(share, 1.0, format!("{} of its weight", short(share)))
    }
}

struct Stride {
    schedule: StaticStride,
    sequence: u32,
    picks: Vec<u32>,
}

pub fn static_stride(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let (mut weights, mut sequence) = (vec![1_u32, 1, 2], 0_u32);
    setup.set("weights", &mut weights);
    setup.set("sequence", &mut sequence);
    setup.ready(Ok(()))?;
    let floats: Vec<f64> = weights.iter().map(|it| f64::from(*it)).collect();
    Ok(Box::new(Stride {
        schedule: StaticStride::new(&floats),
        sequence,
        picks: vec![0; weights.len()],
    }))
}

impl Player for Stride {
    fn on(&mut self, _: SimTime, _: &mut Event<'_>) -> Result<Said, Mistake> {
        let at = self.schedule.next(&mut self.sequence);
        self.picks[at] += 1;
        Ok(Said::pass(letter(at)))
    }

    fn state(&self, _: SimTime) -> State {
        let shown = |(at, picks): (usize, &u32)| format!("{}\u{a0}{picks}", letter(at));
        let all: Vec<String> = self.picks.iter().enumerate().map(shown).collect();
        State::words(format!("{}; sequence {}", all.join(", "), self.sequence))
    }
}

/// So many replicas, all alike.
struct Alike(usize);

impl View for Alike {
    fn len(&self) -> usize {
        self.0
    }

    fn slot(&self, at: usize) -> usize {
        at
    }

    fn outstanding(&self, _: usize) -> u32 {
        0
    }

    fn weight(&self, _: usize) -> u32 {
        1
    }
}

/// Which subsetting.
#[derive(Clone, Copy)]
enum Method {
    Deterministic,
    Rendezvous,
}

words!(Method: "deterministic" => Method::Deterministic => Method::Deterministic,
    "rendezvous" => Method::Rendezvous => Method::Rendezvous);

struct Chosen {
    subset: Subset,
    /// How many callers use each replica.
    used: Vec<u32>,
}

/// The most replicas that are listed.
const MOST: u32 = 1_000;

fn some(count: u32) -> Result<(), Invalid> {
    if (1..=MOST).contains(&count) {
        Ok(())
    } else {
        Err(Invalid("there are 1 to 1000 of them"))
    }
}

pub fn subset(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let (mut method, mut subset_size, mut replicas) = (Method::Deterministic, 3, 12);
    setup.set("method", &mut method);
    setup.set("subset_size", &mut subset_size);
    setup.set("replicas", &mut replicas);
    let subset = match method {
        Method::Deterministic => Subset::Deterministic { subset_size },
        Method::Rendezvous => Subset::Rendezvous { subset_size },
    };
    setup.ready(subset.check().and(some(replicas)))?;
    Ok(Box::new(Chosen {
        subset,
        used: vec![0; replicas as usize],
    }))
}

impl Player for Chosen {
    fn on(&mut self, _: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        let caller: u64 = event.need("n", "0")?;
        let mut members = Vec::new();
        self.subset.choose(caller, &Alike(self.used.len()), &mut members);
        members.iter().for_each(|it| self.used[*it as usize] += 1);
        members.sort_unstable();
        let names: Vec<String> = members.iter().map(|it| letter(*it as usize)).collect();
        Ok(Said::pass(names.join(" ")))
    }

    fn state(&self, _: SimTime) -> State {
        let (least, most) = (
            self.used.iter().min().unwrap_or(&0),
            self.used.iter().max().unwrap_or(&0),
        );
        State::words(format!("each replica is used by {least} to {most} callers"))
    }
}

struct Dealt {
    shard: ShuffleShard,
    workers: u32,
    seed: u64,
    seen: Vec<(u64, Vec<u32>)>,
}

pub fn shuffle_shard(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = ShuffleShard { size: 2 };
    let (mut workers, mut seed) = (8, 1_u64);
    setup.set("size", &mut it.size);
    setup.set("workers", &mut workers);
    setup.set("deal", &mut seed);
    setup.ready(it.check().and(some(workers)))?;
    Ok(Box::new(Dealt {
        shard: it,
        workers,
        seed,
        seen: Vec::new(),
    }))
}

impl Player for Dealt {
    fn on(&mut self, _: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        let customer: u64 = event.need("n", "7")?;
        let mut draw = Streams::new(self.seed).stream(Purpose::Policy, Key::of("customer").child(customer));
        let mut shard = Vec::new();
        self.shard.deal(self.workers, &mut draw, &mut shard);
        let names: Vec<String> = shard.iter().map(|it| letter(*it as usize)).collect();
        let shared = self.seen.iter().filter(|it| it.0 != customer);
        let shared = shared
            .map(|it| it.1.iter().filter(|at| shard.contains(at)).count())
            .max();
        self.seen.push((customer, shard));
        let more = shared.map_or_else(String::new, |it| format!("shares at most {it} with a customer before"));
        Ok(Said::pass(names.join(" ")).and(&more))
    }

    fn state(&self, _: SimTime) -> State {
        State::words(format!(
            "{}, {} workers of {} each",
            many(self.seen.len(), "customer"),
            self.shard.size,
            self.workers
        ))
    }
}
