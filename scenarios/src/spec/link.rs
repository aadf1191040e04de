//! `[link.x]`: the network between callers and callees.

use super::Opt;
use crate::fields::*;
use crate::syntax::address::EdgeAddress;
use crate::syntax::dist::DistSpec;
use crate::syntax::units::{Bandwidth, Price, Ratio};

table! {
    /// The network between callers and callees; the most specific one wins. One without `edge` and `scope` is for all.
    pub struct Link "link" {
        /// Whose calls it carries; either this or `scope`.
        edge: Opt<EdgeAddress> = edge(), optional(), "\"app -> db\"";
        /// How far the messages go that it carries; either this or `edge`.
        scope: Opt<LinkScope> = words(SCOPES), optional(), "\"cross-zone\"";
        /// How long a message takes, one way.
        latency: Opt<DistSpec> = dist(), optional().live(), "\"shifted_exp(min=250us, mean=400us)\"";
        /// How likely a message is lost; its caller then pays a timeout.
        loss: Opt<Ratio> = share(), default("\"0%\"").live(), "\"0.001%\"";
        /// What an edge carries in each direction; messages queue for it. Unlimited if absent.
        bandwidth: Opt<Bandwidth> = bandwidth(), optional().live(), "\"1Gbit/s\"";
        /// Extra delay of an attempt that finds no idle connection and opens one.
        connect: Opt<DistSpec> = dist(), optional().live(), "\"2ms\"";
        /// What data costs.
        price: Opt<Price> = price(), optional().live(), "\"0.01 EUR/GB\"";
        /// Whether it may stand unused.
        unused: Opt<bool> = boolean(), default("false"), "true";
    }
}

/// How far messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkScope {
    /// Within a zone.
    SameZone,
    /// Between two zones of a region.
    CrossZone,
    /// Between regions.
    CrossRegion,
}

const SCOPES: &[(&str, LinkScope)] = &[
    ("same-zone", LinkScope::SameZone),
    ("cross-zone", LinkScope::CrossZone),
    ("cross-region", LinkScope::CrossRegion),
];
