//! Changes of admission and dimmers during a run, call by call.

use brownout_sim_core::engine::{Limits, run};
use brownout_sim_core::observe::Record;
use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::results::{Outcomes, RunResult};

use super::tests::{compiled, mistakes};

/// Requests at 50, 100 ... 950 ms, each with a second of work at one replica that can have any number in service.
fn outcomes(more: &str) -> Outcomes {
    ran(more).loads[0].total.outcomes
}

fn ran(more: &str) -> RunResult {
    let text = format!(
        "format = 1\n[run]\nduration = \"1s\"\nwindow = \"250ms\"\ndrain = \"1m\"\n[load.users]\ntarget = \"app\"\n\
         arrival = \"deterministic\"\nrate = \"20/s\"\n[service.app]\nflow = [{{ work = \"1ms\", optional = true }}, \"work 1s\"]\n{more}\n"
    );
    let compiled = compiled(&text, "base");
    let result = run(&compiled.model, 1, &Record::ALL, &Limits::default(), &mut ());
    result.expect("it is within the limits")
}

fn of(more: &str, outcome: Outcome) -> u64 {
    outcomes(more).of(outcome)
}

#[test]
fn a_fixed_limit_can_be_raised_and_taken_away() {
    let text = "admission.concurrency = 4\n\
                [change.more]\nat = \"525ms\"\nset.service.app.admission.concurrency = 6\n\
                [change.away]\nat = \"825ms\"\nunset = [\"service.app.admission\"]\n";
    // Four are in by 200 ms; 250 to 500 are refused; 550 and 600 are let in; 650 to 800 are refused.
    assert_eq!(of(text, Outcome::Shed), 6 + 4);
    assert_eq!(of(text, Outcome::Ok), 19 - 10);
}

#[test]
fn a_limit_that_comes_counts_only_newcomers() {
    let text = "[change.limit]\nat = \"525ms\"\nset.service.app.admission.concurrency = 2\n";
    // Ten are there already; of 550 to 950 two are let in.
    assert_eq!(of(text, Outcome::Shed), 7);
}

#[test]
fn a_lowered_limit_sends_nobody_away() {
    let text = "admission.concurrency = 10\n[change.less]\nat = \"525ms\"\nset.service.app.admission.concurrency = 3\n";
    assert_eq!(of(text, Outcome::Ok), 10);
}

#[test]
fn rate_limits_can_come_and_go_over_all_replicas_and_at_each() {
    for which in ["local", "global"] {
        let text = format!(
            "[change.limit]\nat = \"525ms\"\nset.service.app.admission.{which}_rate_limit = {{ rate = \"1/s\", burst = 1 }}\n\
             [change.away]\nat = \"825ms\"\nset.service.app.admission.{which}_rate_limit = \"none\"\n"
        );
        // 550 has the token; 600 to 800 do not.
        assert_eq!(of(&text, Outcome::Quota), 5, "{which}");
    }
}

#[test]
fn partitions_count_those_inside_by_the_new_shares() {
    let text = "admission = { concurrency = 8 }\nworkers = 100\n\
                [change.shares]\nat = \"325ms\"\nset.service.app.admission = { concurrency = 4, partition = { default = \"100%\" } }\n\
                [change.other-shares]\nat = \"625ms\"\nset.service.app.admission = { concurrency = 8, partition = { default = \"50%\" } }\n\
                [change.back]\nat = \"825ms\"\nunset = [\"service.app.admission.partition\"]\n";
    // Six are in by 300 ms, more than four; from 650 on two more fit under eight.
    assert_eq!(of(text, Outcome::Ok), 8);
    assert_eq!(of(text, Outcome::Shed), 11);
}

#[test]
fn an_adaptive_limit_can_take_over_from_a_fixed_one_and_hand_back() {
    let text = "admission.concurrency = 4\n\
                [change.adaptive]\nat = \"325ms\"\nset.service.app.admission.concurrency = { kind = \"aimd\", initial_limit = 6, min_limit = 1, max_limit = 10 }\n\
                [change.fixed]\nat = \"625ms\"\nset.service.app.admission.concurrency = 7\n";
    // 50 to 200; then 350 and 400; then 650.
    assert_eq!(of(text, Outcome::Ok), 7);
}

#[test]
fn criticality_can_come_during_a_run() {
    let text = "workers = 10\n\
                [change.strict]\nat = \"325ms\"\nset.service.app.admission.criticality = { critical_plus = \"70%\", critical = \"70%\", sheddable_plus = \"70%\", sheddable = \"70%\" }\n";
    // Six of ten workers are busy at 300 ms; the seventh is let in at 350 ms.
    assert_eq!(of(text, Outcome::Ok), 7);
}

#[test]
fn a_dimmer_can_be_switched_on_off_and_on_again() {
    let on = "set.service.app.dimmer = { setpoint = \"10s\", initial_theta = \"0%\", control_period = \"10s\" }";
    let text =
        format!("[change.on]\nat = \"525ms\"\n{on}\n[change.off]\nat = \"825ms\"\nunset = [\"service.app.dimmer\"]\n");
    // 550 to 800.
    assert_eq!(of(&text, Outcome::Degraded), 6);
}

#[test]
fn a_dimmer_goes_on_with_its_theta_and_begins_anew_when_it_was_gone() {
    // No answer is back within the run, so theta never moves.
    let dimmer =
        |theta: u32| format!("{{ setpoint = \"10s\", initial_theta = \"{theta}%\", control_period = \"7ms\" }}");
    let text = format!(
        "dimmer = {}\n[change.other]\nat = \"525ms\"\nset.service.app.dimmer = {}\n",
        dimmer(100),
        dimmer(0)
    );
    assert_eq!(of(&text, Outcome::Degraded), 0);
    let text = format!(
        "dimmer = {}\n[change.off]\nat = \"525ms\"\nunset = [\"service.app.dimmer\"]\n\
         [change.on]\nat = \"725ms\"\nset.service.app.dimmer = {}\n",
        dimmer(100),
        dimmer(0)
    );
    // 750 to 950.
    assert_eq!(of(&text, Outcome::Degraded), 5);
}

#[test]
fn limits_and_thetas_are_noted_at_the_end_of_each_window() {
    let text = "admission.concurrency = 4\ndimmer = { setpoint = \"10s\", initial_theta = \"30%\" }\n\
                [change.more]\nat = \"525ms\"\nset.service.app.admission.concurrency = 6\n\
                [change.away]\nat = \"800ms\"\nunset = [\"service.app.admission\", \"service.app.dimmer\"]\n\
                [policy.p]\nedge = \"users -> app\"\nconcurrency = { kind = \"aimd\", initial_limit = 7, min_limit = 7, max_limit = 7 }\n";
    let result = ran(text);
    let app = &result.timeline.services[0];
    let limits: Vec<Option<f32>> = app.iter().map(|it| it.concurrency_limit).collect();
    assert_eq!(limits, [Some(4.0), Some(4.0), Some(6.0), None]);
    let thetas: Vec<Option<f32>> = app.iter().map(|it| it.theta).collect();
    assert_eq!(thetas, [Some(0.3), Some(0.3), Some(0.3), None]);
    assert_eq!(result.timeline.edge_limits, [[Some(7.0); 4]]);
}

#[test]
fn admission_and_dimmers_are_live_and_explained_so() {
    for topic in [
        "service.admission",
        "service.admission.concurrency",
        "service.admission.criticality.critical",
        "service.dimmer.setpoint",
    ] {
        let text = crate::explain(topic).expect("it is a field");
        assert!(
            text.contains("A `[change]` can set it during a run."),
            "{topic}: {text}"
        );
    }
    let text = "format = 1\n[run]\nduration = \"1m\"\n[load.users]\ntarget = \"app\"\nrate = \"1/s\"\n[service.app]\nwork = \"1ms\"\n\
                [change.strict]\nat = \"5s\"\nset.service.app.admission.criticality = {}\n";
    assert!(
        mistakes(text).contains("needs a number of `workers`"),
        "{}",
        mistakes(text)
    );
}
