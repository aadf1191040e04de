//! Loads: how requests come.

use crate::dist::{Dist, Zipf};
use crate::ids::{ClassId, SiteId, ZoneId};
use crate::quantity::{Chance, Factor};
use crate::rng::Key;
use crate::time::{SimTime, Span};

/// A source of requests; also the first caller of each.
#[derive(Clone, Debug)]
pub struct Load {
    /// Names the load in streams and digests.
    pub key: Key,
    /// Where its clients are.
    pub zone: Option<ZoneId>,
    /// Independent callers with a policy state each; at least 1. A closed load has one for each user.
    pub clients: u32,
    /// Class of its requests.
    pub class: ClassId,
    /// Priority of its requests: lower is more important.
    pub priority: u8,
    /// `ok` within this is goodput; `None` takes any `ok`.
    pub objective: Option<Span>,
    /// Whether a degraded answer within the objective is goodput too.
    pub degraded_is_good: bool,
    /// How requests come.
    pub arrival: Arrival,
    /// A factor on the rate of open arrivals, at the start of the run.
    pub scale: Factor,
    /// What a request asks for; chances grow to [`Chance::ALWAYS`].
    pub mix: Vec<MixItem>,
    /// The item a request is about, for caches and shards.
    pub items: Option<Zipf>,
    /// If each arrival is a user who sends several requests.
    pub session: Option<Session>,
}

/// One entry of a load's mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MixItem {
    /// Chosen if the draw falls below this and below no earlier item's; the last one is [`Chance::ALWAYS`].
    pub until: Chance,
    /// The call it makes.
    pub site: SiteId,
}

/// An arrival process.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// Independent exponential gaps.
    Poisson(Rate),
    /// Even gaps; the first request at 1/rate.
    Deterministic(Rate),
    /// Poisson, with a rate that jumps between states.
    Mmpp {
        /// The rate that the states multiply.
        rate: Rate,
        /// States in a cycle; at least 2.
        states: Vec<MmppState>,
    },
    /// Users who wait for the answer, think, and ask again.
    Closed {
        /// How many.
        users: u32,
        /// Time between an answer and the next request, and before the first.
        think: Dist,
    },
    /// Recorded instants, in order.
    Trace(Vec<TraceRow>),
}

/// One state of a Markov-modulated Poisson process.
#[derive(Clone, Debug)]
pub struct MmppState {
    /// What the rate is multiplied with.
    pub factor: Factor,
    /// How long the state lasts.
    pub dwell: Dist,
}

/// A rate over time: linear between points, a jump where two points share an instant, constant before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// At least one, in order of time.
    pub points: Vec<RatePoint>,
}

/// One point of a [`Rate`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatePoint {
    /// From this instant.
    pub at: SimTime,
    /// Requests per second; finite, not negative.
    pub per_second: f64,
}

/// One recorded request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceRow {
    /// When it is sent.
    pub at: SimTime,
    /// Which entry of the mix it is; `None` draws one.
    pub item: Option<u16>,
}

/// What a user does who comes once and sends several requests.
#[derive(Clone, Debug)]
pub struct Session {
    /// The requests in order, each with its chance; empty: `requests` draws from the mix.
    pub path: Vec<SessionStep>,
    /// How many requests if there is no path: the mean of a geometric number, at least 1.
    pub requests_mean: f64,
    /// Time between an answer and the next request.
    pub think: Dist,
}

/// One request of a session's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionStep {
    /// Which entry of the mix it is.
    pub item: u16,
    /// How likely it is sent.
    pub chance: Chance,
}
