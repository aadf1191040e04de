//! Priorities, localities and zones: where a call goes before a replica is picked.

use brownout_sim_core::policy::Invalid;
use brownout_sim_core::routing::locality::{Locality, Turns};
use brownout_sim_core::routing::priority::{self, Hosts, Priority, Share};
use brownout_sim_core::routing::zone_aware::{Routes, ZoneAware};
use brownout_sim_core::time::SimTime;

use crate::play::EventKind;
use crate::play::mistake::Mistake;
use crate::play::player::{Event, Player, Said, State, short};
use crate::play::setup::{Luck, Setup, settings};

/// What can happen to priorities.
pub const PRIORITY_EVENTS: &[EventKind] = &[
    EventKind::asks("pick", "", "a call wants a level"),
    EventKind::asks(
        "healthy",
        "(LEVEL,N)",
        "so many hosts of that level, counted from 0, are well",
    ),
];

/// What can happen to localities.
pub const LOCALITY_EVENTS: &[EventKind] = &[
    EventKind::asks("pick", "", "a call wants a locality"),
    EventKind::asks(
        "healthy",
        "(LOCALITY,N)",
        "so many hosts of that locality, counted from 0, are well",
    ),
];

/// What can happen to zones.
pub const ZONE_EVENTS: &[EventKind] = &[
    EventKind::asks("pick", "", "a call of zone 0 wants a zone"),
    EventKind::asks("replicas", "(ZONE,N)", "so many replicas of that zone are well"),
    EventKind::asks("callers", "(ZONE,N)", "so many callers of that zone are well"),
];

/// `hosts` and `healthy`, a number for each.
fn hosts(setup: &mut Setup) -> (Vec<Hosts>, Result<(), Invalid>) {
    let (mut all, mut well) = (vec![100_u32, 100], vec![100_u32, 100]);
    setup.set("hosts", &mut all);
    setup.set("healthy", &mut well);
    let same = all.len() == well.len()
        && all
            .iter()
            .zip(&well)
            .all(|(all, well)| well <= all && *all < u32::MAX / 200);
    let sound = if same {
        Ok(())
    } else {
        Err(Invalid(
            "`hosts` and `healthy` are as many numbers, and no more are well than there are",
        ))
    };
    let of = |(hosts, healthy): (&u32, &u32)| Hosts {
        hosts: *hosts,
        healthy: *healthy,
    };
    (all.iter().zip(&well).map(of).collect(), sound)
}

/// `healthy(0,72)`.
fn healthy(event: &mut Event<'_>, hosts: &mut [Hosts]) -> Result<(), Mistake> {
    let at: u32 = event.need("at", "0,72")?;
    let healthy: u32 = event.need("n", "0,72")?;
    let last = hosts.len() - 1;
    let Some(it) = hosts.get_mut(at as usize) else {
        return Err(Mistake::new(format!("there is no number {at}")).help(format!("they are 0 to {last}")));
    };
    if healthy > it.hosts {
        return Err(Mistake::new(format!("only {} hosts are there", it.hosts)).help("change `--set hosts`"));
    }
    it.healthy = healthy;
    Ok(())
}

struct Levels {
    priority: Priority,
    hosts: Vec<Hosts>,
    luck: Luck,
}

pub fn priority(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Priority::DEFAULT;
    settings!(setup, it; value overprovisioning_factor, value healthy_panic_threshold);
    let (hosts, sound) = hosts(setup);
    let luck = setup.luck();
    setup.ready(it.check().and(sound))?;
    Ok(Box::new(Levels {
        priority: it,
        hosts,
        luck,
    }))
}

impl Levels {
    fn shares(&self) -> Vec<Share> {
        let mut shares = vec![Share::default(); self.hosts.len()];
        self.priority.share(&self.hosts, &mut shares);
        shares
    }
}

impl Player for Levels {
    fn on(&mut self, _: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() == "healthy" {
            healthy(event, &mut self.hosts)?;
            return Ok(Said::nothing());
        }
        let picked = priority::pick(&self.shares(), &mut self.luck);
        Ok(match picked {
            Some(level) => Said::pass(format!("level {level}")),
            None => Said::refuse("no level"),
        })
    }

    fn state(&self, _: SimTime) -> State {
        let shown = |(level, share): (usize, &Share)| {
            let Hosts { hosts, healthy } = self.hosts[level];
            let panic = if share.panic { " in panic" } else { "" };
            format!("level {level} ({healthy}/{hosts} well) {}\u{a0}%{panic}", share.load)
        };
        let all: Vec<String> = self.shares().iter().enumerate().map(shown).collect();
        State::words(all.join(", "))
    }
}

struct Localities {
    locality: Locality,
    weights: Vec<u32>,
    hosts: Vec<Hosts>,
    turns: Turns,
}

pub fn locality(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Locality::DEFAULT;
    let mut weights = vec![1_u32, 2];
    settings!(setup, it; value overprovisioning_factor);
    setup.set("weights", &mut weights);
    let (hosts, sound) = hosts(setup);
    let many = if weights.len() == hosts.len() {
        Ok(())
    } else {
        Err(Invalid("`weights`, `hosts` and `healthy` are as many numbers"))
    };
    setup.ready(it.check().and(sound).and(many))?;
    let mut made = Localities {
        locality: it,
        weights,
        hosts,
        turns: Turns::default(),
    };
    made.build();
    Ok(Box::new(made))
}

impl Localities {
    fn build(&mut self) {
        let rows: Vec<(u32, Hosts)> = self.weights.iter().copied().zip(self.hosts.iter().copied()).collect();
        self.locality.build(&mut self.turns, &rows);
    }
}

impl Player for Localities {
    fn on(&mut self, _: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() == "healthy" {
            healthy(event, &mut self.hosts)?;
            self.build();
            return Ok(Said::nothing());
        }
        Ok(match self.turns.pick() {
            Some(at) => Said::pass(format!("locality {at}")),
            None => Said::refuse("no locality"),
        })
    }

    fn state(&self, _: SimTime) -> State {
        let weight = |at: usize| self.locality.effective_weight(self.weights[at], self.hosts[at]);
        let sum: f64 = (0..self.hosts.len()).map(weight).sum();
        let shown = |at: usize| {
            format!(
                "locality {at} {}\u{a0}%",
                short((weight(at) / sum * 1000.0).round() / 10.0)
            )
        };
        if sum <= 0.0 {
            return State::words("no locality has any weight");
        }
        State::words((0..self.hosts.len()).map(shown).collect::<Vec<_>>().join(", "))
    }
}

struct Zones {
    aware: ZoneAware,
    callers: Vec<u32>,
    replicas: Vec<u32>,
    luck: Luck,
}

pub fn zone_aware(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = ZoneAware::DEFAULT;
    let (mut callers, mut replicas) = (vec![4_u32, 4, 2], vec![5_u32, 10, 5]);
    settings!(setup, it; value routing_enabled, value min_cluster_size, value fail_traffic_on_panic);
    setup.set("callers", &mut callers);
    setup.set("replicas", &mut replicas);
    let luck = setup.luck();
    setup.ready(it.check())?;
    Ok(Box::new(Zones {
        aware: it,
        callers,
        replicas,
        luck,
    }))
}

impl Player for Zones {
    fn on(&mut self, _: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() == "pick" {
            let routes = self.aware.routes(&self.callers, &self.replicas);
            return Ok(Said::pass(match self.aware.pick(&routes, &mut self.luck) {
                Some(zone) => format!("zone {zone}"),
                None => "any zone".to_owned(),
            }));
        }
        let rows = if event.name() == "callers" {
            &mut self.callers
        } else {
            &mut self.replicas
        };
        let zone: u32 = event.need("zone", "0,3")?;
        let count: u32 = event.need("n", "0,3")?;
        let last = rows.len() - 1;
        let Some(row) = rows.get_mut(zone as usize) else {
            return Err(Mistake::new(format!("there is no zone {zone}")).help(format!("they are 0 to {last}")));
        };
        *row = count;
        Ok(Said::nothing())
    }

    fn state(&self, _: SimTime) -> State {
        State::words(match self.aware.routes(&self.callers, &self.replicas) {
            Routes::Anywhere => "zones play no part".to_owned(),
            Routes::Direct => "all stay in zone 0".to_owned(),
            Routes::Residual { stay, .. } => {
                format!(
                    "{}\u{a0}% stay in zone 0, the rest goes where there is room",
                    short(f64::from(stay) / 100.0)
                )
            }
        })
    }
}
