//! Who is eligible for a caller: found out when somebody came, left, was taken out or let in.

use super::Stale;
use super::router::{Group, Hosts, Router};
use super::seen::{Out, Seen};
use crate::model::Spread;
use crate::routing::Balance;
use crate::routing::outlier::panics;
use crate::routing::priority::{Hosts as Count, Share};
use crate::routing::zone_aware::Routes;
use crate::time::SimTime;

/// Whether a balancer is left to prefer who is well by itself.
fn prefers_healthy(balance: &Balance) -> bool {
    matches!(balance, Balance::P2c(it) if it.prefer_healthy)
}

/// Whether a balancer's table depends on nothing but who is there, so that callers share it.
fn shares_tables(balance: &Balance) -> bool {
    matches!(balance, Balance::RingHash(_) | Balance::Maglev(_))
}

fn holds(slots: &[u32], slot: u32) -> bool {
    slots.binary_search(&slot).is_ok()
}

impl Router {
    /// Whether [`Router::look`] is due.
    #[inline]
    pub fn is_stale(&self, instance: usize) -> bool {
        self.callers[instance].stale != Stale::No
    }

    /// Finds out who is eligible for a caller. `callers` counts the callers of each zone, its own zone first.
    pub fn look(&mut self, instance: usize, now: SimTime, counts: &[u32], weights: &[u32], callers: &[u32]) {
        let before = core::mem::replace(&mut self.callers[instance].stale, Stale::No);
        let (sets, well) = self.sets(instance);
        let (panic, nobody) = self.judge(instance, &sets, &well, callers);
        for (at, (all, well)) in sets.into_iter().zip(well).enumerate() {
            let members = match panic[at] {
                true if nobody => Vec::new(),
                true => all.clone(),
                false => well,
            };
            let group = &mut self.callers[instance].groups[at];
            let former = (
                core::mem::replace(&mut group.all, all),
                core::mem::replace(&mut group.members, members),
            );
            let seen_before = before != Stale::Unseen;
            if shares_tables(&self.balance) {
                if !seen_before || former.1 != group.members {
                    self.renew_table(instance, at, now, counts, weights);
                }
            } else if seen_before {
                self.tell(instance, at, former, now, counts, weights);
            }
        }
    }

    /// The replicas of each group, and those of them that are well.
    fn sets(&self, instance: usize) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
        let hosts = &self.callers[instance];
        let out = Out {
            outlier: hosts.outlier.as_ref(),
            checks: &hosts.checks,
        };
        let keeps_all = prefers_healthy(&self.balance);
        let slots = 0..hosts.member.len() as u32;
        let members: Vec<u32> = slots.filter(|&it| hosts.member[it as usize]).collect();
        let has_whole = !matches!(self.routing.spread, Some(Spread::Cells(_) | Spread::Priority { .. }));
        let of = |group: usize| -> Vec<u32> {
            let part = match (has_whole, group) {
                (true, 0) => return members.clone(),
                (true, group) => group - 1,
                (false, group) => group,
            };
            let there = members.iter().copied();
            there.filter(|&it| hosts.parts[it as usize] == part as u32).collect()
        };
        let sets: Vec<Vec<u32>> = (0..hosts.groups.len()).map(of).collect();
        let well = |all: &Vec<u32>| all.iter().copied().filter(|&it| keeps_all || !out.has(it)).collect();
        let well = sets.iter().map(well).collect();
        (sets, well)
    }

    /// Which groups panic, and whether nobody is to be used then; what each zone or level gets.
    fn judge(&mut self, instance: usize, sets: &[Vec<u32>], well: &[Vec<u32>], callers: &[u32]) -> (Vec<bool>, bool) {
        let hosts = &mut self.callers[instance];
        let count = |group: usize| Count {
            hosts: sets[group].len() as u32,
            healthy: well[group].len() as u32,
        };
        let threshold = self.routing.panic_threshold;
        let in_panic = |group: usize| panics(count(group).healthy, count(group).hosts, threshold);
        let mut panic = vec![false; sets.len()];
        match &self.routing.spread {
            Some(Spread::Cells(_)) => (0..sets.len()).for_each(|it| panic[it] = in_panic(it)),
            Some(Spread::Priority { priority, .. }) => {
                let levels: Vec<Count> = (0..sets.len()).map(count).collect();
                hosts.shares.resize(levels.len(), Share::default());
                priority.share(&levels, &mut hosts.shares);
                (0..sets.len()).for_each(|it| panic[it] = hosts.shares[it].panic);
            }
            _ => panic[0] = in_panic(0),
        }
        hosts.panic = panic[0];
        let mut nobody = false;
        match &self.routing.spread {
            Some(Spread::ZoneAware(it)) => {
                nobody = it.fail_traffic_on_panic;
                let replicas: Vec<u32> = well[1..].iter().map(|it| it.len() as u32).collect();
                hosts.routes = match replicas.is_empty() {
                    true => Routes::Anywhere,
                    false => it.routes(callers, &replicas),
                };
            }
            Some(Spread::Weighted { locality, weights }) => {
                let localities: Vec<(u32, Count)> = (1..sets.len()).map(|it| (weights[it - 1], count(it))).collect();
                locality.build(&mut hosts.turns, &localities);
            }
            _ => {}
        }
        (panic, nobody)
    }

    /// A group has other members: its table is that of another caller with the same ones, or made anew.
    fn renew_table(&mut self, instance: usize, at: usize, now: SimTime, counts: &[u32], weights: &[u32]) {
        let members = &self.callers[instance].groups[at].members;
        let mut others = self.callers.iter().enumerate();
        let twin = others.find(|(other, hosts)| {
            *other != instance && hosts.stale == Stale::No && hosts.groups[at].members == *members
        });
        if let Some((_, twin)) = twin {
            let state = twin.groups[at].state.clone();
            self.callers[instance].groups[at].state = state;
        } else if !members.is_empty() {
            self.tell_one(instance, at, now, counts, weights, |balance, state, view| {
                balance.host_changed(state, view, view.members[0] as usize);
            });
        }
    }

    /// The balancer is told of everybody who came to a group or left it.
    fn tell(
        &mut self,
        instance: usize,
        at: usize,
        (former_all, former): (Vec<u32>, Vec<u32>),
        now: SimTime,
        counts: &[u32],
        weights: &[u32],
    ) {
        let group = &self.callers[instance].groups[at];
        let (came, recovered): (Vec<u32>, Vec<u32>) = (0..self.slots)
            .filter(|&it| holds(&former, it) != holds(&group.members, it))
            .partition(|&it| holds(&former_all, it) != holds(&group.all, it));
        self.tell_one(instance, at, now, counts, weights, |balance, state, view| {
            came.iter()
                .for_each(|it| balance.host_changed(state, view, *it as usize));
            recovered
                .iter()
                .for_each(|it| balance.health_changed(state, view, *it as usize));
        });
    }

    fn tell_one(
        &mut self,
        instance: usize,
        at: usize,
        now: SimTime,
        counts: &[u32],
        weights: &[u32],
        what: impl FnOnce(&Balance, &mut crate::routing::BalanceState, &Seen<'_>),
    ) {
        let Hosts {
            groups,
            since,
            outlier,
            checks,
            ..
        } = &mut self.callers[instance];
        let Group { members, state, .. } = &mut groups[at];
        let view = Seen {
            members,
            counts,
            weights,
            addresses: &self.addresses,
            zones: &self.zones,
            since,
            out: Out {
                outlier: outlier.as_ref(),
                checks,
            },
            now,
            key: 0,
        };
        what(&self.balance, state, &view);
    }
}
