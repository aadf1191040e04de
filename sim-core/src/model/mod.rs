//! The compiled system: dense tables of ids and numbers, immutable during a run.
//!
//! Text and names end here. What scenarios build is [`Tables`]; [`Model::new`] checks that every index points where it
//! should and adds the derived [`Layout`]. Rows of each table are in the order of their names, never in the order of the
//! file, so that reordering a file changes nothing. All changing state belongs to the engine.

mod admission;
mod discipline;
mod fault;
mod flow;
mod layout;
mod load;
mod network;
mod plan;
mod routing;
mod service;

pub use admission::{Admission, ConcurrencyLimit, Partition};
pub use discipline::{Discipline, Expiry, Shedding};
pub use fault::{Change, Edit, Effect, Fault, Flap, Instant, NetworkScope, Pick, Ramp, Schedule};
pub use flow::{Action, Block, ChooseOption, Repeat, Site, Step};
pub use layout::Layout;
pub use load::{Arrival, Load, MixItem, MmppState, Rate, RatePoint, Session, SessionStep, TraceRow};
pub use network::{Caller, Edge, Link, LinkScope, Zone};
pub use plan::{Cover, Gate, Plan, Stage};
pub use routing::{Checks, Routing, Spread};
pub use service::{
    Cores, Endpoint, ErrorRule, ErrorWhen, Queue, QueueOrder, Service, ServiceKind, Sharing, Style, WorkPer,
};

use crate::time::{SimTime, Span};

/// The instants of a run that every model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Requests that arrive before this are in no statistic.
    pub warmup: SimTime,
    /// Arrivals stop here.
    pub duration: SimTime,
    /// How long to wait, after `duration`, for requests still in flight.
    pub drain: Span,
    /// Width of a point in the timelines; not zero.
    pub window: Span,
}

/// The rows of a model, as built from a scenario.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Warm-up, duration, drain and window.
    pub clock: Clock,
    /// Places to fail.
    pub zones: Vec<Zone>,
    /// Sources of requests.
    pub loads: Vec<Load>,
    /// Services and external dependencies.
    pub services: Vec<Service>,
    /// Endpoints, those of one service next to each other.
    pub endpoints: Vec<Endpoint>,
    /// Runs of steps that happen one after another.
    pub blocks: Vec<Block>,
    /// Steps, those of one block next to each other.
    pub steps: Vec<Step>,
    /// Options of `choose` steps, those of one step next to each other.
    pub options: Vec<ChooseOption>,
    /// Places that call an endpoint.
    pub sites: Vec<Site>,
    /// Pairs of caller and callee.
    pub edges: Vec<Edge>,
    /// Policy stacks in force.
    pub plans: Vec<Plan>,
    /// Networks between callers and callees.
    pub links: Vec<Link>,
    /// Faults.
    pub faults: Vec<Fault>,
    /// Operators' actions.
    pub changes: Vec<Change>,
    /// How many request classes there are; every load names one.
    pub classes: u32,
    /// How many calls deep a request may go before the run stops with an error.
    pub depth_max: u32,
}

impl Tables {
    /// Tables without rows, of one class and with calls up to 64 deep: to be filled in.
    pub const fn empty(clock: Clock) -> Tables {
        Tables {
            clock,
            zones: Vec::new(),
            loads: Vec::new(),
            services: Vec::new(),
            endpoints: Vec::new(),
            blocks: Vec::new(),
            steps: Vec::new(),
            options: Vec::new(),
            sites: Vec::new(),
            edges: Vec::new(),
            plans: Vec::new(),
            links: Vec::new(),
            faults: Vec::new(),
            changes: Vec::new(),
            classes: 1,
            depth_max: 64,
        }
    }
}

/// A compiled system, ready to run any number of times.
#[derive(Clone, Debug)]
pub struct Model {
    tables: Tables,
    layout: Layout,
}

impl Model {
    /// Seals the tables. Panics if an index points nowhere: that is a mistake of the program that built them, not of a
    /// scenario's author.
    pub fn new(tables: Tables) -> Model {
        let layout = Layout::new(&tables);
        Model { tables, layout }
    }

    /// What was derived from the tables.
    #[inline]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
}

impl core::ops::Deref for Model {
    type Target = Tables;
    #[inline]
    fn deref(&self) -> &Tables {
        &self.tables
    }
}
