//! HAProxy's turn-around: before it tries the same server again it waits `min(timeout connect, 1 s)`; with `redispatch` the
//! last retry goes to another server, at once.
//!
//! Source: HAProxy 3.x configuration manual, "retries" and "option redispatch".

use crate::time::Span;

/// Settings of HAProxy's turn-around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Haproxy {
    /// `timeout connect`.
    pub connect: Span,
    /// The number of the retry that goes to another server (with `option redispatch`: the last); `None` without.
    pub redispatch_at: Option<u32>,
}

impl Haproxy {
    #[inline]
    pub(super) fn delay(&self, n: u32) -> Span {
        if self.redispatch_at == Some(n) {
            Span::ZERO
        } else {
            self.connect.min(Span::from_secs(1))
        }
    }
}
