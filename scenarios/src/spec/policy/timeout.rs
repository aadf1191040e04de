//! `timeout`, a plain duration, and `cancel`: what becomes of the callee when the caller has given up.

use brownout_sim_core::policy::timeout::Cancel;

/// The words for `cancel`.
pub(super) const CANCELS: &[(&str, Cancel)] = &[("none", Cancel::None), ("propagate", Cancel::Propagate)];
