//! `subset`, `locality` and `shard`: only some of the replicas, or some before others.

use crate::fields::*;
use crate::spec::{At, Named, Opt};
use brownout_sim_core::routing::cells::Mapping;

kinds! {
    /// Each caller uses only some of the replicas, the same ones all the time.
    pub enum Subset "subset" default "deterministic" {
        "deterministic" => Deterministic(SubsetSize),
        "rendezvous" => Rendezvous(SubsetSize),
    }
}

table! {
    /// Callers share the replicas out evenly by their numbers (`deterministic`, as Google's), or each by a hash of its own (`rendezvous`, as gRPC's random subsetting).
    pub struct SubsetSize "subset" {
        /// Replicas per caller.
        subset_size: Opt<u32> = count(1, 100_000), required(), "5";
    }
}

kinds! {
    /// How calls spread over zones.
    pub enum Locality "locality" default "priority" {
        "priority" => Priority(PriorityLevels),
        "zone_aware" => ZoneAware(ZoneAware),
        "weighted" => Weighted(WeightedZones),
    }
}

table! {
    /// Levels, as Envoy's priorities: the next ones get what the first cannot take.
    pub struct PriorityLevels "locality" {
        /// The zones of each level, the first level first; what is in none of them comes last. If absent, the caller's own zone, then the others of its region, then all others.
        levels: Opt<Vec<At<Vec<At<String>>>>> = many(many(name_of("a zone"))), optional(), "[[\"a\"], [\"b\", \"c\"]]";
        /// How much more than its share a level can take, in per cent: at 140 a level with 72 % of its replicas well still takes everything.
        overprovisioning_factor: Opt<u32> = count(100, 1_000_000), default("140"), "140";
    }
}

table! {
    /// In the caller's zone, as far as its replicas can take the callers of that zone, as Envoy's zone-aware routing.
    pub struct ZoneAware "locality" {
        /// For how many calls it is done at all, in whole percent.
        routing_enabled: Opt<crate::syntax::units::Ratio> = share(), default("\"100%\""), "\"100%\"";
        /// How many replicas that are well it needs.
        min_cluster_size: Opt<u32> = count(0, 1_000_000), default("6"), "6";
        /// Whether calls fail, rather than go to replicas that are out, when too few are available.
        fail_traffic_on_panic: Opt<bool> = boolean(), default("false"), "true";
    }
}

table! {
    /// By a weight for each zone, times how many of its replicas are well, as Envoy's locality weights.
    pub struct WeightedZones "locality" {
        /// The weight of each zone; zones without one get nothing.
        weights: Vec<Named<Opt<u32>>> = named_values(count(0, 1_000_000), "zone"), required(), "{ a = 2, b = 1 }";
        /// How much more than its share a zone can take, in per cent.
        overprovisioning_factor: Opt<u32> = count(100, 1_000_000), default("140"), "140";
    }
}

kinds! {
    /// Each key uses only some of the replicas. A request's key is its load's `key`.
    pub enum Shard "shard" default "shuffle" {
        "shuffle" => Shuffle(Shuffle),
        "cells" => Cells(Cells),
    }
}

table! {
    /// Each key is dealt a few replicas, hardly any two keys the same ones.
    pub struct Shuffle "shard" {
        /// Replicas per key.
        size: Opt<u32> = count(1, 100_000), required(), "2";
    }
}

table! {
    /// The replicas are dealt to cells in turn, and a key belongs to one cell.
    pub struct Cells "shard" {
        /// How many cells there are.
        cells: Opt<u32> = count(1, 10_000), required(), "4";
        /// How a key finds its cell.
        mapping: Opt<Mapping> = words(MAPPINGS), default("\"rendezvous\""), "\"modulo\"";
    }
}

const MAPPINGS: &[(&str, Mapping)] = &[
    ("modulo", Mapping::Modulo),
    ("rendezvous", Mapping::Rendezvous),
    ("jump", Mapping::Jump),
];
