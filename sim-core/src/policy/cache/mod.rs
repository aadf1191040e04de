//! Answering several equal calls with one: within a request, while one is out, or gathered into a batch.
//!
//! | machine | which calls are joined | for how long |
//! | --- | --- | --- |
//! | [`RequestCache`] | those with the same key in one request context | until the request ends; failures too |
//! | [`SingleFlight`] | those with the same key of one caller | while the first is out |
//! | [`Collapser`] | those of any key that may be asked together | until the batch is run |
//! | [`Ttl`] | those with the same key of one caller | while the answer is fresh |
//!
//! All work by key and by the caller's own numbers for calls; who waits for whom is kept by whoever asks.

pub mod collapser;
pub mod request_cache;
pub mod single_flight;
pub mod ttl;

pub use collapser::{Collapser, CollapserState, Offer};
pub use request_cache::RequestCache;
pub use single_flight::SingleFlight;
pub use ttl::{Ttl, TtlState};

/// Settings of the cache of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// Good answers are kept for a time.
    Ttl(Ttl),
    /// Within one request the same call is made once, as Hystrix.
    Request,
}

impl Cache {
    /// The name of the kind in files.
    pub const fn kind(&self) -> &'static str {
        match self {
            Cache::Ttl(_) => "ttl",
            Cache::Request => "request",
        }
    }
}

/// What a call with a key finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<T> {
    /// Nothing: it is to be made.
    Make,
    /// The same call is out; this is its number. Its end is the end of both.
    Join(u32),
    /// The answer is there.
    Answer(T),
}
