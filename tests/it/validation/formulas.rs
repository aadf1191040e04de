//! The closed forms that rows of `expected.toml` name.

use brownout_sim_core::theory::{
    abandonment, availability, backoff, closed, erlang, fork_join, gim1, md1, mg1, mm1, mmc, mmck, order, retry,
    scalability, sharing, token_bucket,
};

/// The value of a formula by its path in `theory`; `None` if this table does not know it.
pub fn value(formula: &str, args: &[f64]) -> Option<f64> {
    let whole = |at: usize| args[at] as u32;
    let mm1 = || mm1::Mm1::new(args[0], args[1]).expect("stable");
    let mmc = || mmc::Mmc::new(args[0], args[1], whole(2)).expect("stable");
    let mmck = || mmck::Mmck::new(args[0], args[1], whole(2), whole(3));
    let md1 = || md1::Md1::new(args[0], args[1]).expect("stable");
    let gim1 = || gim1::ErlangM1::new(args[0], whole(1), args[2]).expect("stable");
    let closed = || closed::MachineRepair::new(whole(0), args[1], args[2], whole(3));
    let fixed = || abandonment::fixed_timeout(args[0], args[1], whole(2), args[3]);
    let erlang_a = || abandonment::erlang_a(args[0], args[1], whole(2), args[3]);
    let timed = || retry::timed_retry(args[0], args[1], whole(2));
    Some(match formula {
        "mm1::Mm1::response_mean" => mm1().response_mean(),
        "mm1::Mm1::response_quantile" => mm1().response_quantile(args[2]),
        "mm1::Mm1::utilization" => mm1().utilization(),
        "mm1::Mm1::at_least" => mm1().at_least(whole(2)),
        "mmc::Mmc::wait_probability" => mmc().wait_probability(),
        "mmc::Mmc::wait_mean" => mmc().wait_mean(),
        "mmc::Mmc::response_mean" => mmc().response_mean(),
        "mmc::Mmc::in_queue_mean" => mmc().in_queue_mean(),
        "mmck::Mmck::throughput" => mmck().throughput(),
        "mmck::Mmck::response_mean" => mmck().response_mean(),
        "mmck::Mmck::reject_ratio" => mmck().reject_ratio(),
        "mmck::Mmck::in_system_mean" => mmck().in_system_mean(),
        "md1::Md1::wait_mean" => md1().wait_mean(),
        "md1::Md1::response_mean" => md1().response_mean(),
        "mg1::wait_mean" => mg1::wait_mean(args[0], args[1], args[2]).expect("stable"),
        "gim1::ErlangM1::wait_probability" => gim1().wait_probability(),
        "gim1::ErlangM1::response_mean" => gim1().response_mean(),
        "erlang::erlang_b" => erlang::erlang_b(whole(0), args[1]),
        "erlang::loss_in_service_mean" => erlang::loss_in_service_mean(whole(0), args[1]),
        "closed::MachineRepair::throughput" => closed().throughput(),
        "closed::MachineRepair::response_mean" => closed().response_mean(),
        "order::exponential_mean" => order::exponential_mean(whole(0), whole(1), args[2]),
        "order::exponential_quantile" => order::exponential_quantile(whole(0), whole(1), args[2], args[3]),
        "order::any_slow" => order::any_slow(whole(0), args[1]),
        "fork_join::two_servers_response_mean" => {
            fork_join::two_servers_response_mean(args[0], args[1]).expect("stable")
        }
        "sharing::response_mean" => sharing::response_mean(args[0], args[1]).expect("stable"),
        "sharing::at_least" => sharing::at_least(args[0], args[1], whole(2)).expect("stable"),
        "scalability::throughput" => scalability::throughput(args[0], args[1], args[2], args[3]),
        "retry::attempts_mean" => retry::attempts_mean(args[0], whole(1)),
        "retry::success_ratio" => retry::success_ratio(args[0], whole(1)),
        "retry::nested_attempts" => retry::nested_attempts(whole(0), whole(1)) as f64,
        "retry::timed_retry.success_ratio" => timed().success_ratio,
        "retry::timed_retry.elapsed_mean" => timed().elapsed_mean,
        "retry::timed_retry.attempts_mean" => timed().attempts_mean,
        "token_bucket::reject_ratio" => token_bucket::reject_ratio(args[0], args[1], whole(2)),
        "token_bucket::admitted_when_flooded" => token_bucket::admitted_when_flooded(args[0], whole(1), args[2]),
        "backoff::total" => backoff::total(args[0], args[1], whole(2)),
        "backoff::full_jitter_total_mean" => backoff::full_jitter_total_mean(args[0], args[1], whole(2)),
        "backoff::equal_jitter_total_mean" => backoff::equal_jitter_total_mean(args[0], args[1], whole(2)),
        "availability::k_of_n" => availability::k_of_n(whole(0), whole(1), args[2]),
        "abandonment::fixed_timeout.utilization" => fixed().utilization,
        "abandonment::fixed_timeout.goodput" => fixed().goodput,
        "abandonment::erlang_a.wait_probability" => erlang_a().wait_probability,
        "abandonment::erlang_a.queue_time_mean" => erlang_a().queue_time_mean,
        "abandonment::erlang_a.abandon_ratio" => erlang_a().abandon_ratio,
        _ => return None,
    })
}
