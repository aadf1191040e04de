//! Gates as written become the machines of `policy`, and what services say of their queues those of `server`, each on top of the defaults that its machine has.
//!
//! One file a mechanism. What a table does not say is what the machine's own constructor says, so that there is one list of
//! defaults.

pub(crate) mod admission;
mod breaker;
mod bulkhead;
mod cache;
mod collapse;
mod concurrency;
#[cfg(test)]
mod covers_tests;
pub(crate) mod discipline;
mod fallback;
mod hedge;
mod pool;
mod rate_limit;
#[cfg(test)]
mod tests;
mod throttle;

use brownout_sim_core::component::pool::Pool;
use brownout_sim_core::model::{Gate, Stage};
use brownout_sim_core::outcome::{Outcome, OutcomeSet};
use brownout_sim_core::policy::Invalid;
use brownout_sim_core::policy::backoff::{Backoff, Jitter};
use brownout_sim_core::policy::budget::Budget;
use brownout_sim_core::quantity::Factor;

use super::services::factor;
use super::{Cx, backoff, budgets};
use crate::document::{At, Place};
use crate::spec::policy::Policy;
use crate::spec::policy::budget as written_budget;
use crate::spec::{Limit, Opt, Switch};
use crate::syntax::backoff as written;
use crate::syntax::number::Decimal;
use crate::syntax::units::{self, Ratio, Zero};

/// A mistake was found and reported.
pub(crate) struct Mistaken;

/// The gate, if there is one and it is not switched off.
type Found = Result<Option<Gate>, Mistaken>;

/// The same of a cover.
type FoundCover = Result<Option<Stage>, Mistaken>;

/// Reads a gate that is set.
pub(in crate::lower) fn set<T, G>(
    written: &Opt<Switch<T>>,
    cx: &mut Cx<'_>,
    lower: impl FnOnce(&T, &mut Settings<'_, '_>) -> Result<G, Mistaken>,
) -> Result<Option<G>, Mistaken> {
    let Some(At {
        value: Switch::Set(it),
        at,
    }) = written
    else {
        return Ok(None);
    };
    lower(it, &mut Settings::new(cx, *at)).map(Some)
}

/// The throttle that a policy sets.
pub(crate) fn throttle(policy: &Policy, cx: &mut Cx<'_>) -> Found {
    set(&policy.throttle, cx, throttle::lower)
}

/// The rate limiter that a policy sets.
pub(crate) fn rate_limit(policy: &Policy, cx: &mut Cx<'_>) -> Found {
    set(&policy.rate_limit, cx, rate_limit::lower)
}

/// The breaker that a policy sets.
pub(crate) fn breaker(policy: &Policy, cx: &mut Cx<'_>) -> Found {
    set(&policy.breaker, cx, breaker::lower)
}

/// The bulkhead that a policy sets.
pub(crate) fn bulkhead(policy: &Policy, cx: &mut Cx<'_>) -> Found {
    set(&policy.bulkhead, cx, bulkhead::lower)
}

/// The concurrency limit that a policy sets.
pub(crate) fn concurrency(policy: &Policy, cx: &mut Cx<'_>) -> Found {
    set(&policy.concurrency, cx, concurrency::lower)
}

/// The hedge that a policy sets.
pub(crate) fn hedge(policy: &Policy, cx: &mut Cx<'_>) -> FoundCover {
    set(&policy.hedge, cx, hedge::lower)
}

/// The fallback that a policy sets.
pub(crate) fn fallback(policy: &Policy, cx: &mut Cx<'_>) -> FoundCover {
    set(&policy.fallback, cx, fallback::lower)
}

/// The cache that a policy sets.
pub(crate) fn cache(policy: &Policy, cx: &mut Cx<'_>) -> FoundCover {
    set(&policy.cache, cx, cache::lower)
}

/// The collapser that a policy sets.
pub(crate) fn collapse(policy: &Policy, cx: &mut Cx<'_>) -> FoundCover {
    set(&policy.collapse, cx, collapse::lower)
}

/// The pool of connections that a policy sets.
pub(crate) fn pool(policy: &Policy, cx: &mut Cx<'_>) -> Result<Option<Pool>, Mistaken> {
    set(&policy.pool, cx, pool::lower)
}

/// Puts written settings over defaults, field by field: `how field`, with a method of [`Settings`].
macro_rules! overlay {
    ($settings:ident: $from:expr => $into:expr; $($how:ident $field:ident),+ $(,)?) => {
        $($settings.$how(stringify!($field), &$from.$field, &mut $into.$field);)+
    };
}
pub(in crate::lower) use overlay;

/// The settings of one table as they are read.
pub(in crate::lower) struct Settings<'a, 'b> {
    pub cx: &'a mut Cx<'b>,
    /// The table.
    at: Place,
    /// What was written, and where.
    seen: Vec<(&'static str, Place)>,
    sound: bool,
}

impl<'a, 'b> Settings<'a, 'b> {
    /// Nothing of the table at this place is read yet.
    pub fn new(cx: &'a mut Cx<'b>, at: Place) -> Settings<'a, 'b> {
        Settings {
            cx,
            at,
            seen: Vec::new(),
            sound: true,
        }
    }
}

impl Settings<'_, '_> {
    pub fn with<T>(&mut self, name: &'static str, it: &Opt<T>) {
        self.seen.extend(it.as_ref().map(|it| (name, it.at)));
    }

    /// A value that is the machine's own.
    pub fn value<T: Copy>(&mut self, name: &'static str, it: &Opt<T>, into: &mut T) {
        self.with(name, it);
        *into = it.as_ref().map_or(*into, |it| it.value);
    }

    /// A percentage.
    pub fn share(&mut self, name: &'static str, it: &Opt<Ratio>, into: &mut Factor) {
        self.with(name, it);
        *into = it.as_ref().map_or(*into, |it| factor(it.value));
    }

    /// A whole percentage.
    pub fn percent(&mut self, name: &'static str, it: &Opt<Ratio>, into: &mut u32) {
        self.with(name, it);
        let Some(it) = it else { return };
        let percent = Ratio::ONE.0 / 100;
        if it.value.0 % percent == 0 {
            *into = (it.value.0 / percent) as u32;
        } else {
            let message = format!("`{name}` is a whole percentage");
            self.cx.out.inconsistent(it.at, message);
            self.sound = false;
        }
    }

    /// A length of time, or what holds otherwise.
    pub fn maybe<T: Copy>(&mut self, name: &'static str, it: &Opt<T>, into: &mut Option<T>) {
        self.with(name, it);
        *into = it.as_ref().map_or(*into, |it| Some(it.value));
    }

    /// A plain number, to six digits after the point.
    pub fn number(&mut self, name: &'static str, it: &Opt<Decimal>, into: &mut Factor) {
        self.with(name, it);
        let Some(it) = it else { return };
        match units::factor(&format!("x{}", it.value), Zero::Allowed) {
            Ok(number) => *into = number,
            Err(error) => {
                self.cx.in_text(Place { inset: 0, ..it.at }, error);
                self.sound = false;
            }
        }
    }

    /// A count, or none.
    fn switch(&mut self, name: &'static str, it: &Opt<Switch<u32>>, into: &mut Option<u32>) {
        self.with(name, it);
        *into = it.as_ref().map_or(*into, |it| it.value.set().copied());
    }

    /// A count, or any number.
    fn limit(&mut self, name: &'static str, it: &Opt<Limit>, into: &mut Option<u32>) {
        self.with(name, it);
        *into = it.as_ref().map_or(*into, |it| it.value.count());
    }

    /// A wait, by how often it has been waited.
    fn wait(&mut self, name: &'static str, it: &Opt<written::Backoff>, into: &mut Backoff) {
        self.with(name, it);
        let Some(it) = it else { return };
        match backoff::backoff(&it.value, 0..usize::MAX, Jitter::None) {
            Ok(wait) => *into = wait,
            Err(error) => {
                self.cx.in_text(it.at, error);
                self.sound = false;
            }
        }
    }

    /// How many calls all together may send again.
    fn budget(&mut self, it: &Opt<Switch<written_budget::Budget>>, into: &mut Option<Budget>) {
        self.with("budget", it);
        let Some(At {
            value: Switch::Set(budget),
            at,
        }) = it
        else {
            return;
        };
        *into = budgets::budget(budget, *at, self.cx);
        self.sound &= into.is_some();
    }

    /// A set of outcomes.
    fn outcomes(&mut self, name: &'static str, it: &Opt<Vec<At<Outcome>>>, into: &mut OutcomeSet) {
        self.with(name, it);
        if let Some(it) = it {
            *into = it.value.iter().fold(OutcomeSet::EMPTY, |set, it| set.with(it.value));
        }
    }

    /// Reports a mistake, with its cure.
    pub fn mistake(&mut self, at: Place, what: &str, cure: &str) {
        self.cx.out.inconsistent(at, what).help(cure);
        self.sound = false;
    }

    /// Reports what the machine says against its settings, at the setting that it most probably means.
    pub fn done(&mut self, checked: Result<(), Invalid>) -> Result<(), Mistaken> {
        let Err(Invalid(message)) = checked else {
            return if self.sound { Ok(()) } else { Err(Mistaken) };
        };
        if self.sound {
            let at = culprit(&self.seen, message).unwrap_or(self.at);
            self.cx.out.inconsistent(at, message);
        }
        Err(Mistaken)
    }
}

/// The setting whose name has most words in common with `message`, and of those the one that it names first.
fn culprit(seen: &[(&'static str, Place)], message: &str) -> Option<Place> {
    let message = message.to_lowercase();
    let rank = |name: &str| {
        let found: Vec<usize> = name
            .split('_')
            .filter(|it| it.len() > 2)
            .filter_map(|it| message.find(it))
            .collect();
        let first = found.iter().min().copied()?;
        Some((found.len(), core::cmp::Reverse(first)))
    };
    seen.iter()
        .filter_map(|(name, at)| Some((rank(name)?, *at)))
        .max_by_key(|it| it.0)
        .map(|it| it.1)
}
