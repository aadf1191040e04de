//! `[change.x]`, an operator's action during the run, and `[variant.x]`, another version of the file.

use super::fault::Ramp;
use super::{At, Opt, Place};
use crate::document::Node;
use crate::fields::*;
use crate::syntax::instant::Instant;

table! {
    /// An operator's action during the run: scale out, switch retries off, shift traffic.
    pub struct Change "change" {
        /// When it is made.
        at: Opt<Instant> = instant(), required(), "\"fault.db-slow.end + 30s\"";
        /// What is different from then on: settings by their path.
        set: Opt<Patch> = patch(), optional(), "{ load.shoppers.scale = \"x0.5\" }";
        /// Settings that are gone from then on, by their path.
        unset: Opt<Vec<At<String>>> = many(path()), optional(), "[\"policy.app-to-db.retry\"]";
        /// How long it takes, for rates and replicas; at once if absent.
        ramp: Opt<Ramp> = short::<Ramp>("over"), optional(), "\"2m\"";
        /// What charts call it.
        label: Opt<String> = text(), optional(), "\"retries off\"";
        /// Whether it may stand unused.
        unused: Opt<bool> = boolean(), default("false"), "true";
    }
}

/// The settings of a change: the tree as written, and each path with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    /// The tree.
    pub tree: Node,
    /// Every value in it that is no table: its path, as in `load.shoppers.scale`, and its place.
    pub paths: Vec<(Vec<String>, Place)>,
}

table! {
    /// Another version of the file: a named merge patch.
    pub struct Variant "variant" {
        /// What is different: settings by their path.
        set: Opt<Patch> = patch(), optional(), "{ policy.app-to-db.retry = { attempts = 3 } }";
        /// Settings that are gone, by their path.
        unset: Opt<Vec<At<String>>> = many(path()), optional(), "[\"policy.app-to-db.retry\"]";
        /// The variant it starts from.
        from: Opt<String> = name_of("a variant"), default("\"base\""), "\"naive\"";
        /// What tables and charts call it.
        label: Opt<String> = text(), optional(), "\"Backoff, jitter, 10% budget\"";
        /// Whether it may stand unused.
        unused: Opt<bool> = boolean(), default("false"), "true";
    }
}
