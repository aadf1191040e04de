//! What else a server does about load: classes it refuses, parts it leaves out, partitions, and slowing down.

use brownout_sim_core::policy::Invalid;
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::server::criticality::{Criticality, Thresholds};
use brownout_sim_core::server::dimmer::{Dimmer, DimmerState};
use brownout_sim_core::server::partition::{Busy, Partitions};
use brownout_sim_core::server::slowdown::Slowdown;
use brownout_sim_core::time::{SimTime, Span};

use crate::play::EventKind;
use crate::play::mistake::{Mistake, suggestion};
use crate::play::player::{Calls, Event, Player, Said, State, length, short};
use crate::play::setup::{Luck, Setup, settings};
use crate::play::value::{Share, Value, words};

/// What can happen where classes are refused.
pub const CRITICALITY_EVENTS: &[EventKind] = &[
    EventKind::asks(
        "call",
        "(CLASS)",
        "a request of that class: critical_plus, critical, sheddable_plus or sheddable",
    ),
    EventKind::asks("load", "(UTILIZATION)", "the server is so busy, such as 80%"),
];

/// What can happen to a dimmer.
pub const DIMMER_EVENTS: &[EventKind] = &[
    EventKind::asks("call", "", "a request comes: does it get the optional part?"),
    EventKind::answers("took", "(TIME)", "a request was answered after this long"),
    EventKind::asks("t95", "(TIME)", "a period has ended whose 95th percentile was this"),
];

/// What can happen to a partitioned limit.
pub const PARTITION_EVENTS: &[EventKind] = &[
    EventKind::asks(
        "call",
        "(PARTITION)",
        "a call of that partition, counted from 0, or of none",
    ),
    EventKind::answers("done", "(#CALL)", "that call, or the oldest one in flight, has ended"),
];

/// What can happen to a replica that slows down.
pub const SLOWDOWN_EVENTS: &[EventKind] = &[
    EventKind::asks(
        "call",
        "(WORK)",
        "a call of so much work begins; 100 ms if it is not said",
    ),
    EventKind::answers("done", "(#CALL)", "that call, or the oldest one in service, is over"),
];

struct Classes {
    thresholds: Thresholds,
    utilization: Factor,
}

pub fn criticality(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Thresholds::DEFAULT;
    settings!(setup, it; share critical_plus, share critical, share sheddable_plus, share sheddable);
    setup.ready(it.check())?;
    Ok(Box::new(Classes {
        thresholds: it,
        utilization: Factor(0),
    }))
}

impl Value for Criticality {
    fn takes() -> String {
        "a class".to_owned()
    }

    fn read(text: &str) -> Result<Criticality, String> {
        Criticality::named(text).ok_or_else(|| suggestion(text, Criticality::ALL.iter().map(|it| it.name())))
    }

    fn show(&self) -> String {
        self.name().to_owned()
    }
}

impl Player for Classes {
    fn on(&mut self, _: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() == "load" {
            self.utilization = event.need::<Share>("utilization", "80%")?.0;
            return Ok(Said::nothing());
        }
        let class = event.value::<Criticality>("class")?.unwrap_or_default();
        let admitted = self.thresholds.admits(class, self.utilization);
        Ok(Said::either(
            admitted,
            format!("{} {}", class.name(), if admitted { "served" } else { "refused" }),
        ))
    }

    fn state(&self, _: SimTime) -> State {
        let busy = Share(self.utilization).show();
        State::level(self.utilization.as_f64(), 1.0, format!("{busy} busy"))
    }
}

struct Dimmed {
    dimmer: Dimmer,
    state: DimmerState,
    next: SimTime,
    /// Whether something was answered in this period.
    answered: bool,
    luck: Luck,
}

pub fn dimmer(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Dimmer::DEFAULT;
    settings!(setup, it; value setpoint, value pole, value control_period, value initial_theta, value gain,
        value forgetting);
    let luck = setup.luck();
    setup.ready(it.check())?;
    Ok(Box::new(Dimmed {
        state: it.start(),
        next: SimTime::ZERO + it.control_period,
        dimmer: it,
        answered: false,
        luck,
    }))
}

impl Player for Dimmed {
    fn on(&mut self, _: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        match event.name() {
            "call" => {
                let all = self.dimmer.serves_optional(&self.state, &mut self.luck);
                Ok(Said::either(
                    all,
                    if all {
                        "with the optional part"
                    } else {
                        "without the optional part"
                    },
                ))
            }
            "took" => {
                let took = event.need_span("took")?;
                self.dimmer.on_response(&mut self.state, took);
                self.answered = true;
                Ok(Said::nothing())
            }
            _ => {
                let t95 = event.need_span("t95")?;
                let before = self.state.theta();
                self.dimmer.control(&mut self.state, t95);
                Ok(moved(before, self.state.theta()))
            }
        }
    }

    fn state(&self, _: SimTime) -> State {
        let theta = self.state.theta();
        let words = format!("theta {}, gain {} s", short(theta), short(self.state.gain_s()));
        State::level(theta, 1.0, words)
    }

    fn next_at(&self) -> Option<SimTime> {
        Some(self.next)
    }

    fn tick(&mut self, now: SimTime) -> Said {
        self.next = now + self.dimmer.control_period;
        let before = self.state.theta();
        self.dimmer.on_period(&mut self.state);
        if std::mem::take(&mut self.answered) {
            moved(before, self.state.theta())
        } else {
            Said::nothing()
        }
    }
}

fn moved(before: f64, after: f64) -> Said {
    Said::change(format!("theta {} to {}", short(before), short(after)))
}

struct Parts {
    partitions: Partitions,
    busy: Busy,
    limit: u32,
    count: usize,
    calls: Calls<Option<usize>>,
}

pub fn partition(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut shares = vec![Share(Factor(800_000)), Share(Factor(200_000))];
    let mut limit = 10;
    setup.set("shares", &mut shares);
    setup.set("limit", &mut limit);
    let made = Partitions::new(shares.iter().map(|it| it.0).collect());
    setup.ready(made.as_ref().map(|_| ()).map_err(|it| *it))?;
    let partitions = made.expect("checked just now");
    Ok(Box::new(Parts {
        busy: partitions.start(),
        count: shares.len(),
        partitions,
        limit,
        calls: Calls::default(),
    }))
}

impl Player for Parts {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() == "done" {
            let (number, _, partition) = self.calls.end(event)?;
            self.partitions.release(&mut self.busy, partition);
            return Ok(Said::note(format!("#{number} is over")));
        }
        let partition = event.value::<u32>("partition")?.map(|it| it as usize);
        if let Some(it) = partition.filter(|it| *it >= self.count) {
            let help = format!("partitions are 0 to {}; a call of none has no argument", self.count - 1);
            return Err(Mistake::new(format!("there is no partition {it}")).help(help));
        }
        let number = self.calls.number();
        let admitted = self.partitions.admit(&mut self.busy, self.limit, partition);
        if admitted {
            self.calls.begin(number, now, partition);
        }
        Ok(Said::either(
            admitted,
            format!("#{number} {}", if admitted { "admitted" } else { "refused" }),
        ))
    }

    fn state(&self, _: SimTime) -> State {
        let of = |at: usize| {
            let inside = self.calls.iter().filter(|it| *it.1 == Some(at)).count();
            format!("{inside}/{}", self.partitions.share(at, self.limit))
        };
        let each: Vec<String> = (0..self.count).map(of).collect();
        let all = self.busy.all();
        let words = format!(
            "{all} in flight, limit {}; of their own {}",
            self.limit,
            each.join(", ")
        );
        State::level(f64::from(all), f64::from(self.limit.max(1)), words)
    }
}

/// Which law.
#[derive(Clone, Copy)]
enum Law {
    Linear,
    Usl,
}

words!(Law: "linear" => Law::Linear => Law::Linear, "usl" => Law::Usl => Law::Usl);

struct Slow {
    slowdown: Slowdown,
    calls: Calls<()>,
}

pub fn slowdown(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut law = Law::Linear;
    let (mut per_call, mut sigma, mut kappa) = (Factor(100_000), Factor(50_000), Factor(1_000));
    setup.set("law", &mut law);
    setup.set("per_call", &mut per_call);
    setup.set("sigma", &mut sigma);
    setup.set("kappa", &mut kappa);
    setup.ready(Ok::<(), Invalid>(()))?;
    let slowdown = match law {
        Law::Linear => Slowdown::Linear { per_call },
        Law::Usl => Slowdown::Usl { sigma, kappa },
    };
    Ok(Box::new(Slow {
        slowdown,
        calls: Calls::default(),
    }))
}

impl Player for Slow {
    fn on(&mut self, now: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() == "done" {
            let (number, ..) = self.calls.end(event)?;
            return Ok(Said::note(format!("#{number} is over")));
        }
        let work = event.span("work")?.unwrap_or(Span::from_millis(100));
        let number = self.calls.number();
        self.calls.begin(number, now, ());
        let takes = self.slowdown.stretch(work, self.calls.len() as u32);
        Ok(Said::pass(format!(
            "#{number}: {} of work take {}",
            length(work),
            length(takes)
        )))
    }

    fn state(&self, _: SimTime) -> State {
        let factor = self.slowdown.factor(self.calls.len() as u32).as_f64();
        State::words(format!(
            "{} in service, work takes {} times as long",
            self.calls.len(),
            short(factor)
        ))
    }
}
