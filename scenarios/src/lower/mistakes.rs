//! Mistakes that only show once names are looked up: one constructor and one code for each kind.

use brownout_sim_core::dist::Dist;
use brownout_sim_core::ids::EndpointId;

use super::resolve::{Directory, Unresolved};
use super::{Cx, dist};
use crate::diagnostics::codes::codes;
use crate::document::{At, Place};
use crate::spec::Named;
use crate::spec::zone::Zone;
use crate::syntax::address::Address;
use crate::syntax::dist::DistSpec;
use crate::syntax::units::Price;
use crate::syntax::{SyntaxError, nearest};

codes! {
    LOWERING:
    S0201 "nothing is called so",
        "Calls, targets, edges and expressions name what the file declares. A name that nothing has is almost always a typing mistake.",
        "flow = [\"db.qurey\"]" => "flow = [\"db.query\"]";
    S0202 "an endpoint calls itself",
        "Each call would make another one, so no request would ever end.",
        "[service.db.endpoint.query]\nflow = [\"db.query\"]" => "[service.app.endpoint.render]\nflow = [\"db.query\"]";
    S0203 "calls go round in a circle",
        "Every call of the circle is certain, so each request would make calls without end. Give one of them a probability, or take it out.",
        "[service.a]\nflow = [\"b\"]\n[service.b]\nflow = [\"a\"]" => "[service.a]\nflow = [\"b\"]\n[service.b]\nflow = [\"a | 10%\"]";
    S0204 "only calls can be in the background",
        "A step in the background is one that nobody waits for. Work and waiting happen in the call itself, so they cannot be that.",
        "flow = [{ work = \"5ms\", background = true }]" => "flow = [{ call = \"mail.send\", background = true }]";
    S0206 "two equally specific tables set the same key",
        "All tables whose edge fits apply, key by key, and the more specific one wins: the callee's side first, then the caller's; endpoint, name, tag, `*`. Between equals nothing decides.",
        "[policy.a]\nedge = \"app -> db\"\ntimeout = \"1s\"\n[policy.b]\nedge = \"app -> db\"\ntimeout = \"2s\"" => "[policy.a]\nedge = \"app -> db\"\ntimeout = \"1s\"";
    S0207 "not a part of an edge here",
        "Policies are for callers and callees wherever they are, and links and faults of the network for whole components.",
        "[policy.x]\nedge = \"app @ zone-a -> db\"" => "[policy.x]\nedge = \"app -> db\"";
    S0208 "the effect does not fit the target",
        "Work, errors, crashes and pauses happen to replicas; latency, loss and partitions to messages of whole replicas; only work and errors can be those of one endpoint.",
        "target = \"app -> db\"\neffect = { crash = true }" => "target = \"db\"\neffect = { crash = true }";
    S0209 "faults and changes wait for each other",
        "Each of them begins after another one of the circle, so none of them ever comes.",
        "[fault.a]\nat = \"fault.b.end\"\n[fault.b]\nat = \"fault.a.end\"" => "[fault.a]\nat = \"10m\"\n[fault.b]\nat = \"fault.a.end\"";
    S0210 "the price is for something else",
        "Replicas cost by time, calls by the call, links by the gigabyte, and all prices of a file are in one currency.",
        "[link.wan]\nprice = \"0.1 EUR/call\"" => "[link.wan]\nprice = \"0.1 EUR/GB\"";
    S0211 "a file that the scenario names is missing or broken",
        "Recorded requests and measured values come from files beside the scenario. Every line of them has to make sense.",
        "trace = \"firday.csv\"" => "trace = \"friday.csv\"";
    S0212 "nothing uses this",
        "A block that neither the file nor any variant of it uses is usually left over, or named wrongly where it should be used.",
        "[service.old-db]\nwork = \"5ms\"" => "[service.old-db]\nwork = \"5ms\"\nunused = true";
    S0213 "this cannot change during a run",
        "A change replaces rates, replicas, workers, queues, endpoints, policies and links. Some settings of theirs are fixed all the same.",
        "[change.x]\nset.load.users.users = 400" => "[change.x]\nset.load.users.think = \"1s\"";
    S0215 "the expression does not fit the scenario",
        "Metrics are of loads, services, endpoints and edges that the scenario has, and quantities are compared with their own kind.",
        "that = \"p99(web) >= 95%\"" => "that = \"p99(web) <= 250ms\"";
    L0151 "calls can go round in a circle",
        "Not every call of the circle is certain, so requests end; each round adds calls, and a run stops with an error when a request is 64 calls deep.",
        "[service.a]\nflow = [\"b\"]\n[service.b]\nflow = [\"a | 60%\"]" => "[service.a]\nflow = [\"b\"]\n[service.b]\nwork = \"5ms\"";
    L0152 "the change changes nothing",
        "Everything that it sets is so already when it comes.",
        "[change.x]\nset.load.users.scale = \"x1\"" => "[change.x]\nset.load.users.scale = \"x0.5\"";
}

/// All of a string.
pub(crate) const WHOLE: core::ops::Range<usize> = 0..1 << 30;

fn quoted(names: &[String]) -> String {
    names
        .iter()
        .map(|it| format!("`{it}`"))
        .collect::<Vec<_>>()
        .join(" -> ")
}

impl Cx<'_> {
    /// Something is used: its block may stand there.
    pub(crate) fn used(&mut self, kind: &str, name: &str) {
        self.used.insert(format!("{kind}.{name}"));
    }

    /// The distribution that is written there.
    pub(crate) fn dist(&mut self, written: &At<DistSpec>) -> Option<Dist> {
        match dist::dist(&written.value, WHOLE, self.files) {
            Ok(dist) => Some(dist),
            Err(error) => {
                if written.value.files().is_empty() {
                    self.in_text(written.at, error);
                } else {
                    let at = written.at.within(error.at.clone());
                    self.broken_file(at, error.message);
                }
                None
            }
        }
    }

    /// The endpoint that a call goes to.
    pub(crate) fn callee(&mut self, dir: &Directory, target: &At<Address>) -> Option<EndpointId> {
        match dir.callee(&target.value) {
            Ok(endpoint) => Some(endpoint),
            Err(error) => {
                self.calls_missing = true;
                self.unresolved(target.at, error)
            }
        }
    }

    /// A mistake in a string that could only be seen now.
    pub(crate) fn in_text(&mut self, at: Place, error: SyntaxError) {
        self.out.bad_value(at, vec![error]);
    }

    /// A name that nothing has. Always `None`.
    pub(crate) fn unresolved<T>(&mut self, at: Place, error: Unresolved) -> Option<T> {
        self.names_missing = true;
        let error = SyntaxError::from(error);
        let report = self.out.report(&S0201, at.within(error.at), error.message);
        if let Some(help) = error.help {
            report.help(help);
        }
        None
    }

    pub(crate) fn unknown_zone(&mut self, name: &At<String>, zones: &[&Named<Zone>]) {
        self.names_missing = true;
        let near = nearest(name, zones.iter().map(|it| it.name.value.as_str())).map(str::to_owned);
        let report = self
            .out
            .report(&S0201, name.at, format!("no zone is called `{}`", name.value));
        match near {
            Some(near) => report.help(format!("did you mean `{near}`?")),
            None => report.help(format!("declare it: `[zone.{}]`", name.value)),
        };
    }

    pub(crate) fn unknown_service<'n>(&mut self, name: &At<String>, known: impl Iterator<Item = &'n str>) {
        let near = nearest(&name.value, known).map(|it| format!("did you mean `{it}`?"));
        self.names_missing = true;
        let message = format!("no service is called `{}`", name.value);
        self.out.report(&S0201, name.at, message).help = near;
    }

    pub(crate) fn unknown_load<'n>(&mut self, name: &At<String>, known: impl Iterator<Item = &'n str>) {
        let near = nearest(&name.value, known).map(|it| format!("did you mean `{it}`?"));
        self.names_missing = true;
        let message = format!("no load is called `{}`", name.value);
        self.out.report(&S0201, name.at, message).help = near;
    }

    pub(crate) fn only_calls_in_background(&mut self, at: Place) {
        self.out.report(&S0204, at, "only a call can be in the background");
    }

    pub(crate) fn calls_itself(&mut self, at: Place, endpoint: &str) {
        self.out
            .report(&S0202, at, format!("`{endpoint}` calls itself"))
            .help("call another endpoint, or take the step out");
    }

    pub(crate) fn falls_back_on_itself(&mut self, at: Place, endpoint: &str) {
        self.out
            .inconsistent(
                at,
                format!("the fallback of calls to `{endpoint}` is `{endpoint}` itself"),
            )
            .help("ask somebody else, or use `retry`");
    }

    pub(crate) fn endless_circle(&mut self, at: Place, names: &[String]) {
        self.out
            .report(
                &S0203,
                at,
                format!("these calls go round without end: {}", quoted(names)),
            )
            .help("give one of the calls a probability, such as `\"db.query | 10%\"`, or take it out");
    }

    pub(crate) fn circle(&mut self, at: Place, names: &[String]) {
        self.out
            .report(&L0151, at, format!("calls can go round here: {}", quoted(names)))
            .note("a run stops with an error when a request is 64 calls deep");
    }

    pub(crate) fn policies_disagree(&mut self, at: Place, first: Place, key: &str, name: &str, other: &str) {
        self.out
            .report(
                &S0206,
                at,
                format!("policies `{other}` and `{name}` are equally specific and both set `{key}`"),
            )
            .also(first, "also set here")
            .help("say it in one of them, or make the edge of one more specific");
    }

    pub(crate) fn links_disagree(&mut self, at: Place, first: Place, key: &str, name: &str, other: &str) {
        self.out
            .report(
                &S0206,
                at,
                format!("links `{other}` and `{name}` are equally specific and both set `{key}`"),
            )
            .also(first, "also set here")
            .help("say it in one of them, or make the edge of one more specific");
    }

    pub(crate) fn no_zone_here(&mut self, at: Place, what: &str) {
        self.out
            .report(&S0207, at, format!("{what} is the same in every zone"))
            .help("leave the zone out; links tell zones apart by `scope`, faults by their target");
    }

    pub(crate) fn no_endpoint_here(&mut self, at: Place, what: &str) {
        self.out
            .report(&S0207, at, format!("{what} is between whole components"))
            .help("leave the endpoint out");
    }

    pub(crate) fn effect_not_on_edges(&mut self, at: Place, effect: &str) {
        self.out
            .report(
                &S0208,
                at,
                format!("`{effect}` happens to replicas, but the target is an edge"),
            )
            .help("let the target be the callee, or use `latency`, `loss` or `partition`");
    }

    pub(crate) fn effect_needs_replicas(&mut self, at: Place, effect: &str) {
        self.out.report(
            &S0208,
            at,
            format!("`{effect}` happens to replicas, but there are none in the target"),
        );
    }

    pub(crate) fn effect_of_whole_replicas(&mut self, at: Place, effect: &str) {
        self.out
            .report(
                &S0208,
                at,
                format!("`{effect}` happens to whole replicas, but the target is an endpoint"),
            )
            .help("leave the endpoint out; one endpoint alone can have `work` and `errors`");
    }

    pub(crate) fn wait_for_each_other(&mut self, at: Place, names: &[String]) {
        let message = format!(
            "these wait for each other, so none of them ever comes: {}",
            quoted(names)
        );
        self.out.report(&S0209, at, message);
    }

    pub(crate) fn zones_price_differently(&mut self, at: Place) {
        self.out
            .report(&S0210, at, "zones with different prices for data are not modelled")
            .help("give all zones the same price, or give prices to links");
    }

    /// All prices of a file are in one currency.
    pub(crate) fn currency(&mut self, price: &At<Price>) {
        let currency = &price.value.amount.currency;
        match &self.currency {
            None => self.currency = Some(At::new(currency.clone(), price.at)),
            Some(first) if first.value == *currency => {}
            Some(first) => {
                let (first, at) = (first.value.clone(), first.at);
                self.out
                    .report(
                        &S0210,
                        price.at,
                        format!("this price is in {currency}, others are in {first}"),
                    )
                    .also(at, format!("here it is {first}"));
            }
        }
    }

    pub(crate) fn broken_file(&mut self, at: Place, message: String) {
        self.out.report(&S0211, at, message);
    }

    pub(crate) fn not_live_now(&mut self, at: Place, what: &str, cure: &str) {
        self.out
            .report(&S0213, at, format!("{what} cannot change during a run"))
            .help(cure);
    }

    pub(crate) fn changes_nothing(&mut self, at: Place) {
        self.out.report(
            &L0152,
            at,
            "this change changes nothing: all is so already when it comes",
        );
    }
}

impl crate::diagnostics::Diagnostics {
    /// A mistake in an expression.
    pub(crate) fn in_expression(&mut self, at: Place, error: SyntaxError) {
        let report = self.report(&S0215, at.within(error.at), error.message);
        if let Some(help) = error.help {
            report.help(help);
        }
    }

    /// A block that no version of the file uses.
    pub(crate) fn unused(&mut self, at: Place, kind: &str, name: &str, why: &str) {
        self.report(&S0212, at, format!("{kind} `{name}` {why}"))
            .help("take it out, or say `unused = true` in it");
    }
}
