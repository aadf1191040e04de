//! The whole file.

use super::change::{Change, Variant};
use super::expect::Expect;
use super::external::External;
use super::fault::Fault;
use super::knob::Knob;
use super::link::Link;
use super::load::Load;
use super::policy::Policy;
use super::run::Run;
use super::service::Service;
use super::zone::Zone;
use super::{Named, Opt};
use crate::fields::*;
use crate::syntax::expr::Measure;
use crate::syntax::units::Price;

table! {
    /// A scenario.
    pub struct Spec "scenario" {
        /// The format's version; comes first.
        format: Opt<u32> = count(1, 1), required(), "1";
        /// What it is called.
        title: Opt<String> = text(), optional(), "\"Three-tier retry storm\"";
        /// The question it answers.
        question: Opt<String> = text(), optional(), "\"Which retry strategy lets the shop recover by itself?\"";
        /// Its place in a series of lessons; the shipped scenarios are listed in this order.
        lesson: Opt<u32> = count(1, 10_000), optional(), "7";
        /// How long a run takes and how often it is repeated.
        run: Opt<Run> = table::<Run>(), required(), "{ duration = \"20m\" }";
        /// Sources of requests.
        load: Vec<Named<Load>> = named::<Load>("load"), required(), "{ shoppers = { target = \"web\", rate = \"900/s\" } }";
        /// Services.
        service: Vec<Named<Service>> = named::<Service>("service"), optional(), "{ web = { replicas = 6, work = \"4ms\" } }";
        /// Third parties.
        external: Vec<Named<External>> = named::<External>("external"), optional(), "{ bank = { latency = \"80ms\" } }";
        /// Places to fail.
        zone: Vec<Named<Zone>> = named::<Zone>("zone"), optional(), "{ a = {}, b = {} }";
        /// The network.
        link: Vec<Named<Link>> = named::<Link>("link"), optional(), "{ default = { latency = \"400us\" } }";
        /// What callers do about failures.
        policy: Vec<Named<Policy>> = named::<Policy>("policy"), optional(), "{ app-to-db = { edge = \"app -> db\", timeout = \"500ms\" } }";
        /// What goes wrong.
        fault: Vec<Named<Fault>> = named::<Fault>("fault"), optional(), "{ db-slow = { target = \"db\", at = \"10m\", effect = { work = \"x8\" } } }";
        /// What operators do during the run.
        change: Vec<Named<Change>> = named::<Change>("change"), optional(), "{ shed = { at = \"12m\", set = { load.shoppers.scale = \"x0.5\" } } }";
        /// Other versions of the file, to compare.
        variant: Vec<Named<Variant>> = named::<Variant>("variant"), optional(), "{ naive = { set = { policy.app-to-db.retry = { attempts = 3 } } } }";
        /// What must hold.
        expect: Vec<Named<Expect>> = named::<Expect>("expect"), optional(), "{ steady = { that = \"success_ratio(web) >= 99.9%\" } }";
        /// Numbers to report for each run, by name.
        measure: Vec<Named<Opt<Measure>>> = named_values(measure(), "measure"), optional(), "{ p99 = \"p99(web.home)\" }";
        /// What a request of a load is worth, by the load's name: lost is the worth of those that are no goodput.
        value: Vec<Named<Opt<Price>>> = named_values(price(), "value"), optional(), "{ shoppers = \"0.02 EUR/call\" }";
        /// What a lab may turn.
        knob: Vec<Named<Knob>> = named::<Knob>("knob"), optional(), "{ timeout = { path = \"policy.app-to-db.timeout\", min = \"50ms\", max = \"5s\" } }";
        /// Settings for all tables of a kind, below what each says itself.
        defaults: () = defaults(), optional(), "{ service = { workers = 64 } }";
    }
}
