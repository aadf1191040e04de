//! Answering several equal calls with one: within a request, while one is out, or gathered into a batch.
//!
//! | machine | which calls are joined | for how long |
//! | --- | --- | --- |
//! | [`RequestCache`] | those with the same key in one request context | until the request ends; failures too |
//! | [`SingleFlight`] | those with the same key of one caller | while the first is out |
//! | [`Collapser`] | those of any key that may be asked together | until the batch is run |
//!
//! All work by key and by the caller's own numbers for calls; who waits for whom is kept by whoever asks.

pub mod collapser;
pub mod request_cache;
pub mod single_flight;

pub use collapser::{Collapser, CollapserState, Offer};
pub use request_cache::RequestCache;
pub use single_flight::SingleFlight;

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
