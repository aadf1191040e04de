//! The mechanisms, one file a family: what can happen to each, what it says to that, and how it stands.

pub mod backoff;
pub mod breaker;
pub mod budget;
pub mod bulkhead;
pub mod cache;
pub mod component;
pub mod concurrency;
pub mod fallback;
pub mod health;
pub mod hedge;
pub mod keys;
pub mod localities;
pub mod outlier;
pub mod picker;
pub mod queue;
pub mod rate_limit;
pub mod retry;
pub mod shedding;
pub mod throttle;
pub mod timeout;
pub mod weights;
