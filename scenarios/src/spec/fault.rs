//! `[fault.x]`: what goes wrong, when, and for whom.

use super::Opt;
use super::service::Errors;
use crate::fields::*;
use crate::syntax::address::Target;
use crate::syntax::dist::DistSpec;
use crate::syntax::instant::Instant;
use crate::syntax::units::Ratio;
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::Span;

table! {
    /// Something goes wrong for a while.
    pub struct Fault "fault" {
        /// Whom it hits: a service, an endpoint, a zone, a tag, or an edge.
        target: Opt<Target> = target(), required(), "\"db\"";
        /// How many of the replicas meant: `"all"`, a count, a share, or `"each"` with a fault process of its own.
        pick: Opt<Pick> = pick(), default("\"all\""), "\"30%\"";
        /// When it starts; either this or `every`.
        at: Opt<Instant> = instant(), optional(), "\"10m\"";
        /// Again and again, so long after the run's beginning and after each end; either this or `at`.
        every: Opt<DistSpec> = dist_above_zero(), optional(), "\"exponential(mean=30d)\"";
        /// How long it lasts; to the end of the run if absent.
        lasts as "for": Opt<DistSpec> = dist_above_zero(), optional(), "\"90s\"";
        /// How long it takes to reach full strength; at once if absent.
        ramp: Opt<Ramp> = short::<Ramp>("over"), optional(), "\"30s\"";
        /// What happens.
        effect: Opt<Effect> = table::<Effect>(), required(), "{ work = \"x8\" }";
        /// While it lasts, it comes and goes, beginning with the effect.
        flap: Opt<Flap> = table::<Flap>(), optional(), "{ up = \"5s\", down = \"10s\" }";
        /// What charts call it.
        label: Opt<String> = text(), optional(), "\"database slow\"";
        /// Whether it may stand unused.
        unused: Opt<bool> = boolean(), default("false"), "true";
    }
}

table! {
    /// What a fault does. Several effects begin and end together.
    pub struct Effect "effect" {
        /// Work takes longer (or shorter), that in progress too.
        work: Opt<Factor> = factor(), optional(), "\"x8\"";
        /// Messages take longer: a factor, a time on top, or both.
        latency: Opt<SlowNetwork> = slow_network(), optional(), "\"x5 +50ms\"";
        /// Calls fail at random.
        errors: Opt<Errors> = short::<Errors>("ratio"), optional(), "\"10%\"";
        /// Messages get lost.
        loss: Opt<Ratio> = share(), optional(), "\"2%\"";
        /// The process dies: calls inside end as `reset`, new ones are refused.
        crash: Opt<bool> = boolean(), default("false"), "true";
        /// The replica freezes with everything in it, as in a garbage collection that stops the world.
        pause: Opt<bool> = boolean(), default("false"), "true";
        /// Workers stop computing; admission goes on.
        stall: Opt<bool> = boolean(), default("false"), "true";
        /// The machine is gone: calls inside and new ones are never answered.
        blackhole: Opt<bool> = boolean(), default("false"), "true";
        /// The target cannot be reached, or, on an edge, the sides cannot reach each other; `"one-way"`: only messages towards the callee are lost.
        partition: Opt<Partition> = partition(), optional(), "\"one-way\"";
        /// How many replicas are lost: `-2`, or a share of them.
        replicas: Opt<ReplicaLoss> = replica_loss(), optional(), "-2";
    }
}

/// How many of the replicas meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// All.
    All,
    /// So many.
    Count(u32),
    /// A share of all meant.
    Share(Ratio),
    /// Each has a fault process of its own.
    Each,
}

/// How much slower messages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlowNetwork {
    /// Times this,
    pub factor: Factor,
    /// and this much more.
    pub add: Span,
}

/// Which messages a partition loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// None: `false`.
    Off,
    /// Both ways.
    BothWays,
    /// Only towards the callee.
    OneWay,
}

/// How many replicas are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaLoss {
    /// So many.
    Count(u32),
    /// A share of all meant.
    Share(Ratio),
}

table! {
    /// A slow onset or change.
    pub struct Ramp "ramp" {
        /// How long it takes.
        over: Opt<Span> = duration(), required(), "\"30s\"";
        /// In how many equal steps.
        steps: Opt<u32> = count(1, 10_000), default("20"), "10";
    }
}

table! {
    /// Coming and going.
    pub struct Flap "flap" {
        /// How long all is well each time.
        up: Opt<DistSpec> = dist_above_zero(), required(), "\"5s\"";
        /// How long the effect lasts each time.
        down: Opt<DistSpec> = dist_above_zero(), required(), "\"10s\"";
    }
}
