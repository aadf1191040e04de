//! Cells: each key has one.

use brownout_sim_core::policy::Invalid;
use brownout_sim_core::rng::Key;
use brownout_sim_core::routing::cells::{Cells, Mapping};
use brownout_sim_core::time::SimTime;

use crate::play::EventKind;
use crate::play::mistake::Mistake;
use crate::play::player::{Event, Player, Said, State};
use crate::play::setup::{Setup, settings};
use crate::play::value::words;

/// What can happen to cells.
pub const EVENTS: &[EventKind] = &[
    EventKind::asks("key", "(N)", "which cell has this key?"),
    EventKind::asks(
        "cells",
        "(N)",
        "there are so many cells from now on; says how many keys of a thousand move",
    ),
];

words!(Mapping: "modulo" => Mapping::Modulo => Mapping::Modulo,
    "rendezvous" => Mapping::Rendezvous => Mapping::Rendezvous, "jump" => Mapping::Jump => Mapping::Jump);

struct Driven {
    cells: Cells,
    keys: u32,
}

/// More cells than anybody runs.
const MOST: u32 = 10_000;

pub fn cells(setup: &mut Setup) -> Result<Box<dyn Player>, Mistake> {
    let mut it = Cells {
        cells: 4,
        mapping: Mapping::Rendezvous,
    };
    settings!(setup, it; value cells, value mapping);
    setup.ready(sound(it))?;
    Ok(Box::new(Driven { cells: it, keys: 0 }))
}

fn sound(cells: Cells) -> Result<(), Invalid> {
    cells.check()?;
    if cells.cells <= MOST {
        Ok(())
    } else {
        Err(Invalid("there are at most 10000 cells"))
    }
}

fn hash(key: u64) -> u64 {
    Key::of("key").child(key).0
}

impl Player for Driven {
    fn on(&mut self, _: SimTime, event: &mut Event<'_>) -> Result<Said, Mistake> {
        if event.name() == "key" {
            let key: u64 = event.need("n", "7")?;
            self.keys += 1;
            return Ok(Said::pass(format!("key {key} is in cell {}", self.cells.of(hash(key)))));
        }
        let after = Cells {
            cells: event.need("n", "5")?,
            ..self.cells
        };
        sound(after).map_err(|Invalid(message)| Mistake::new(message))?;
        let moved = (0..1_000)
            .filter(|key| self.cells.of(hash(*key)) != after.of(hash(*key)))
            .count();
        self.cells = after;
        Ok(Said::change(format!("{moved} of 1000 keys move")))
    }

    fn state(&self, _: SimTime) -> State {
        State::words(format!(
            "{} cells; losing one hurts 1/{} of the keys",
            self.cells.cells, self.cells.cells
        ))
    }
}
