//! What an outcome is to Envoy: an error is a 500; a full queue, a shed call or one that waited too long there a 503; a
//! bad request and a used-up quota are 4xx and so successes; a timeout is a 504 and a refused, reset or impossible
//! connection a 503 of local origin. What the caller decided itself is nothing.
//!
//! Source: Envoy, `outlier_detection_impl.cc` and `router.cc`.

use crate::outcome::Outcome;

/// What an outcome is to Envoy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Success,
    /// 500.
    ServerError,
    /// 502, 503 or 504 from the replica.
    Gateway,
    /// 503 or 504 of local origin.
    Local,
}

impl Class {
    pub(super) fn of(outcome: Outcome) -> Option<Class> {
        match outcome {
            Outcome::Ok | Outcome::Degraded | Outcome::BadRequest | Outcome::Quota => Some(Class::Success),
            Outcome::Error => Some(Class::ServerError),
            Outcome::QueueFull | Outcome::QueueTimeout | Outcome::Shed => Some(Class::Gateway),
            Outcome::Refused | Outcome::Reset | Outcome::Unreachable | Outcome::Timeout | Outcome::Deadline => {
                Some(Class::Local)
            }
            Outcome::Cancelled
            | Outcome::Throttled
            | Outcome::RateLimited
            | Outcome::BreakerOpen
            | Outcome::BulkheadFull
            | Outcome::OverLimit
            | Outcome::PoolTimeout => None,
        }
    }
}
