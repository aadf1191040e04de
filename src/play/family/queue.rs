//! Queues and who is taken from them, dropped from them, or not let in.

use std::collections::VecDeque;

use brownout_sim_core::policy::Invalid;
use brownout_sim_core::server::adaptive_lifo::{AdaptiveLifo, End};
use brownout_sim_core::server::codel::{Codel, CodelState, Comparison, Verdict};
use brownout_sim_core::server::folly_codel::{FollyCodel, FollyCodelState};
use brownout_sim_core::server::overflow::{Admission, OnFull, Overflow};
use brownout_sim_core::server::priority;
use brownout_sim_core::server::queue_timeout::{LastEmpty, QueueTimeout};
use brownout_sim_core::server::red::{Red, RedState};
use brownout_sim_core::time::{SimTime, Span};

use crate::play::EventKind;
use crate::play::mistake::Mistake;
use crate::play::player::{Event, Player, Said, State, length, ms, short};
use crate::play::setup::{Luck, Setup, settings};
use crate::play::value::words;

const ARRIVE: EventKind = EventKind::asks("arrive", "", "a call comes into the queue");
const TAKE: EventKind = EventKind::answers(
    "take",
    "",
    "a worker is free and takes the next one that is worth serving",
);

/// What can happen to a queue.
pub const EVENTS: &[EventKind] = &[ARRIVE, TAKE];

/// The same for those that look at how long a call has waited.
pub const DELAY_EVENTS: &[EventKind] = &[
    ARRIVE,
    TAKE,
    EventKind::answers(
        "dequeue",
        "(WAITED)",
        "a call that waited so long comes out; more wait behind it",
    ),
];

/// The same with classes.
pub const CLASS_EVENTS: &[EventKind] = &[
    EventKind::asks(
        "arrive",
        "(CLASS)",
        "a call of that class comes, 0 being the most important",
    ),
    TAKE,
];

/// RED's, which may also be told the queue length.
pub const RED_EVENTS: &[EventKind] = &[
    EventKind::asks(
        "arrive",
        "(WAITING)",
        "a call comes; without a number, as many wait as have come and not been taken",
    ),
    TAKE,
];

words!(Comparison: "linux" => Comparison::Linux => Comparison::Linux, "rfc" => Comparison::Rfc => Comparison::Rfc);
words!(OnFull: "newcomer" => OnFull::Newcomer => OnFull::Newcomer, "oldest" => OnFull::Oldest => OnFull::Oldest,
    "lowest" => OnFull::Lowest => OnFull::Lowest);

/// A queue of numbered calls.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<(u32, SimTime)>,
    came: u32,
    dropped: u32,
}

impl Queue {
    fn arrive(&mut self, now: SimTime) -> u32 {
        self.came += 1;
        self.waiting.push_back((self.came, now));
        self.came
    }

    fn len(&self) -> u32 {
        self.waiting.len() as u32
    }

    fn text(&self) -> String {
        format!("{} waiting, {} dropped", self.waiting.len(), self.dropped)
    }
}

fn nobody() -> Said {
    Said::note("nobody waits")
}

/// A rule that judges each call as it comes out.
trait AtTheEnd {
    fn out(&mut self, now: SimTime, waited: Span, small: bool) -> Verdict;
    fn empty(&mut self) {}
    fn stands(&self) -> (&'static str, String);
}

struct Judged<R> {
    rule: R,
    queue: Queue,
}

impl<R: AtTheEnd> Player for Judged<R> {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "arrive" => Ok(Said::nothing().and(&format!("#{} waits", self.queue.arrive(now)))),
            "dequeue" => {
                let waited = event.need_span("waited")?;
                Ok(match self.rule.out(now, waited, false) {
                    Verdict::Keep => Said::pass("kept"),
                    Verdict::Drop => {
                        self.queue.dropped += 1;
                        Said::refuse("dropped")
                    }
                })
            }
            _ => {
                let mut told = Vec::new();
                while let Some((number, came)) = self.queue.waiting.pop_front() {
                    let waited = now.since(came);
                    let small = self.queue.waiting.is_empty();
                    if self.rule.out(now, waited, small) == Verdict::Keep {
                        let served = format!("#{number} served after {}", length(waited));
                        if told.is_empty() {
                            return Ok(Said::pass(served));
                        }
                        return Ok(Said::refuse(told.join("; ")).and(&served));
                    }
                    self.queue.dropped += 1;
                    told.push(format!("#{number} dropped after {}", length(waited)));
                }
                self.rule.empty();
                Ok(if told.is_empty() {
                    nobody()
                } else {
                    Said::refuse(told.join("; "))
                })
            }
        }
    }

    fn state(&self, _: SimTime) -> State {
        let (name, detail) = self.rule.stands();
        let queue = self.queue.text();
        State::named(
            name,
            if detail.is_empty() {
                queue
            } else {
                format!("{detail}; {queue}")
            },
        )
    }
}

struct OfCodel(Codel, CodelState);

impl AtTheEnd for OfCodel {
    fn out(&mut self, now: SimTime, waited: Span, small: bool) -> Verdict {
        self.0.on_dequeue(&mut self.1, now, waited, small)
    }

    fn empty(&mut self) {
        self.0.on_empty(&mut self.1);
    }

    fn stands(&self) -> (&'static str, String) {
        if !self.1.is_dropping() {
            return ("delivering", String::new());
        }
        let next = ms(rounded(self.1.drop_next()));
        (
            "dropping",
            format!("drop {} made, the next is due at {next}", self.1.count()),
        )
    }
}

/// To the microsecond: the control law has a root in it.
fn rounded(at: SimTime) -> SimTime {
    SimTime::from_nanos((at.nanos() + 500) / 1_000 * 1_000)
}

pub fn codel(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Codel::DEFAULT;
    settings!(setup, it; value target, value interval, value comparison);
    setup.ready(it.check())?;
    Ok(Box::new(Judged {
        rule: OfCodel(it, it.start()),
        queue: Queue::default(),
    }))
}

struct OfFolly(FollyCodel, FollyCodelState);

impl AtTheEnd for OfFolly {
    fn out(&mut self, now: SimTime, waited: Span, _: bool) -> Verdict {
        self.0.on_dequeue(&mut self.1, now, waited)
    }

    fn stands(&self) -> (&'static str, String) {
        let name = if self.1.is_overloaded() { "overloaded" } else { "calm" };
        (name, format!("load {} %", self.0.load(&self.1).0 / 10_000))
    }
}

pub fn folly_codel(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = FollyCodel::DEFAULT;
    settings!(setup, it; value target, value interval);
    setup.ready(it.check())?;
    Ok(Box::new(Judged {
        rule: OfFolly(it, it.start(SimTime::ZERO)),
        queue: Queue::default(),
    }))
}

struct Lifo(AdaptiveLifo, Queue);

pub fn adaptive_lifo(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = AdaptiveLifo { threshold: 2 };
    settings!(setup, it; value threshold);
    setup.ready(Ok(()))?;
    Ok(Box::new(Lifo(it, Queue::default())))
}

impl Player for Lifo {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() == "arrive" {
            return Ok(Said::note(format!("#{} waits", self.1.arrive(now))));
        }
        let (taken, who) = match self.0.next(self.1.len()) {
            End::Oldest => (self.1.waiting.pop_front(), "the oldest"),
            End::Newest => (self.1.waiting.pop_back(), "the newest"),
        };
        Ok(taken.map_or_else(nobody, |(number, came)| {
            Said::pass(format!("#{number}, {who}, served after {}", length(now.since(came))))
        }))
    }

    fn state(&self, _: SimTime) -> State {
        let name = match self.0.next(self.1.len()) {
            End::Oldest => "fifo",
            End::Newest => "lifo",
        };
        State::named(name, format!("{} waiting", self.1.len()))
    }
}

struct Patience {
    rule: QueueTimeout,
    last_empty: LastEmpty,
    /// Number, when it came, until when it waits.
    waiting: Vec<(u32, SimTime, SimTime)>,
    came: u32,
}

pub fn queue_timeout(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = QueueTimeout::DEFAULT;
    settings!(setup, it; value short, value long);
    setup.ready(it.check())?;
    Ok(Box::new(Patience {
        last_empty: it.start(SimTime::ZERO),
        rule: it,
        waiting: Vec::new(),
        came: 0,
    }))
}

impl Player for Patience {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() == "arrive" {
            let patience = self.rule.on_enqueue(&mut self.last_empty, now, self.waiting.is_empty());
            self.came += 1;
            self.waiting.push((self.came, now, now + patience));
            return Ok(Said::note(format!("#{} waits at most {}", self.came, length(patience))));
        }
        if self.waiting.is_empty() {
            return Ok(nobody());
        }
        let (number, came, _) = self.waiting.remove(0);
        Ok(Said::pass(format!(
            "#{number} served after {}",
            length(now.since(came))
        )))
    }

    fn state(&self, _: SimTime) -> State {
        State::words(format!("{} waiting", self.waiting.len()))
    }

    fn next_at(&self) -> Option<SimTime> {
        self.waiting.iter().map(|it| it.2).min()
    }

    fn tick(&mut self, now: SimTime) -> Said {
        let at = self
            .waiting
            .iter()
            .position(|it| it.2 <= now)
            .expect("its instant has come");
        let (number, ..) = self.waiting.remove(at);
        Said::refuse(format!("#{number} has waited long enough"))
    }
}

/// A queue for each class.
struct Classes {
    waiting: Vec<VecDeque<u32>>,
    came: u32,
    /// None for plain priority, where everybody is let in.
    overflow: Option<Overflow>,
}

fn classes(count: u32, overflow: Option<Overflow>) -> Box<dyn Player> {
    Box::new(Classes {
        waiting: vec![VecDeque::new(); count as usize],
        came: 0,
        overflow,
    })
}

/// More classes than anybody can follow.
const CLASSES_MAX: u32 = 100;

fn some(count: u32) -> Result<(), Invalid> {
    if (1..=CLASSES_MAX).contains(&count) {
        Ok(())
    } else {
        Err(Invalid("there are 1 to 100 classes"))
    }
}

pub fn priority(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut count = 3;
    setup.set("classes", &mut count);
    setup.ready(some(count))?;
    Ok(classes(count, None))
}

pub fn overflow(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Overflow {
        limit: 3,
        on_full: OnFull::Newcomer,
    };
    let mut count = 3;
    settings!(setup, it; value limit, value on_full);
    setup.set("classes", &mut count);
    setup.ready(some(count))?;
    Ok(classes(count, Some(it)))
}

impl Classes {
    fn counts(&self) -> Vec<u32> {
        self.waiting.iter().map(|it| it.len() as u32).collect()
    }
}

impl Player for Classes {
    fn on(&mut self, _: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() == "take" {
            let Some(class) = priority::next(&self.counts()) else {
                return Ok(nobody());
            };
            let number = self.waiting[class].pop_front().expect("somebody of this class waits");
            return Ok(Said::pass(format!("#{number} of class {class} served")));
        }
        let class = event.value::<u32>("class")?.unwrap_or(0) as usize;
        if class >= self.waiting.len() {
            let message = format!("there is no class {class}");
            return Err(Mistake::new(message).help(format!("classes are 0 to {}", self.waiting.len() - 1)));
        }
        self.came += 1;
        let number = self.came;
        let admission = self
            .overflow
            .map_or(Admission::Enqueue, |it| it.admit(&self.counts(), class));
        let dropped = match admission {
            Admission::Refuse => return Ok(Said::refuse(format!("#{number} refused"))),
            Admission::Enqueue => None,
            Admission::DropOldest(of) => self.waiting[of].pop_front(),
            Admission::DropNewest(of) => self.waiting[of].pop_back(),
        };
        self.waiting[class].push_back(number);
        let said = format!("#{number} waits");
        Ok(match dropped {
            None => Said::note(said),
            Some(other) => Said::refuse(format!("#{other} dropped")).and(&said),
        })
    }

    fn state(&self, _: SimTime) -> State {
        let counts: Vec<String> = self.counts().iter().map(u32::to_string).collect();
        State::words(format!("waiting by class: {}", counts.join(", ")))
    }
}

struct Early {
    rule: Red,
    state: RedState,
    queue: Queue,
    luck: Luck,
}

pub fn red(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Red::DEFAULT;
    settings!(setup, it; value min, value max, share max_probability, value weight);
    let luck = setup.luck();
    setup.ready(it.check())?;
    Ok(Box::new(Early {
        rule: it,
        state: RedState::default(),
        queue: Queue::default(),
        luck,
    }))
}

impl Player for Early {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() == "take" {
            let taken = self.queue.waiting.pop_front();
            return Ok(taken.map_or_else(nobody, |it| Said::pass(format!("#{} served", it.0))));
        }
        let told: Option<u32> = event.value("waiting")?;
        let waiting = told.unwrap_or(self.queue.len());
        let admitted = self.rule.admit(&mut self.state, waiting, &mut self.luck);
        let number = self.queue.arrive(now);
        if !admitted || told.is_some() {
            self.queue.waiting.pop_back();
        }
        Ok(Said::either(
            admitted,
            format!("#{number} {}", if admitted { "let in" } else { "refused" }),
        ))
    }

    fn state(&self, _: SimTime) -> State {
        let (average, chance) = (self.state.average(), self.rule.probability(self.state.average()));
        let words = format!("average queue {}, chance to refuse {}", short(average), short(chance));
        State::level(chance, 1.0, words)
    }
}
