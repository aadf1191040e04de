//! Queue disciplines: what keeps a queue short, or full of those who matter.

use crate::server::codel::Codel;
use crate::server::deadline_drop::DeadlineDrop;
use crate::server::folly_codel::FollyCodel;
use crate::server::overflow::OnFull;
use crate::server::queue_timeout::QueueTimeout;
use crate::server::red::Red;

/// What keeps a queue short, besides its limit. The default does nothing but drop calls whose deadline has passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Discipline {
    /// Who goes when the queue is full.
    pub on_full: OnFull,
    /// Who goes that has come to the head of the queue.
    pub shedding: Option<Shedding>,
    /// Refuses newcomers at random before the queue is full.
    pub red: Option<Red>,
    /// How long a newcomer may wait; not beside the queue's own `timeout`.
    pub queue_timeout: Option<QueueTimeout>,
    /// What becomes of calls that cannot be in time any more.
    pub expiry: Expiry,
}

/// A rule for the head of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shedding {
    /// CoDel of the RFC, or of Linux.
    Codel(Codel),
    /// folly's CoDel.
    FollyCodel(FollyCodel),
}

/// What becomes of a call that comes out of the queue too late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expiry {
    /// It is dropped from the very instant of its deadline on.
    #[default]
    Passed,
    /// It is dropped if it has not time enough left.
    Drop(DeadlineDrop),
    /// It is served all the same.
    Serve,
}

impl Discipline {
    /// Whether it does anything beyond the default.
    pub fn is_any(&self) -> bool {
        *self != Discipline::default()
    }

    /// Whether it has to see calls that need not wait, too.
    pub const fn sees_all(&self) -> bool {
        self.shedding.is_some() || self.red.is_some()
    }
}
