//! `balance`.

use brownout_sim_core::quantity::Factor;
use brownout_sim_core::routing::bounded_load::{BoundedLoad, Next};
use brownout_sim_core::routing::p2c::Load;
use brownout_sim_core::routing::peak_ewma::{DefaultRtt, PeakEwma};
use brownout_sim_core::routing::slow_start::SlowStart;
use brownout_sim_core::routing::{
    Balance, ClientSideWrr, Edf, LeastRequest, Maglev, P2c, RandomDraws, RingHash, Start,
};
use brownout_sim_core::time::Span;

use crate::lower::gates::{Mistaken, Settings, overlay};
use crate::spec::policy::balance as spec;
use crate::spec::{Opt, Switch};

pub(super) fn lower(written: &spec::Balance, settings: &mut Settings<'_, '_>) -> Result<Balance, Mistaken> {
    let balance = match written {
        spec::Balance::RoundRobin(it) => Balance::RoundRobin {
            start: it.start.as_ref().map_or(Start::Random, |it| it.value),
        },
        spec::Balance::PickFirst(it) => Balance::PickFirst {
            start: it.start.as_ref().map_or(Start::Random, |it| it.value),
        },
        spec::Balance::Random(_) => Balance::Random,
        spec::Balance::LeastOutstanding(_) => Balance::LeastOutstanding,
        spec::Balance::TwoChoices(it) => Balance::TwoChoices {
            replacement: it.replacement.as_ref().is_some_and(|it| it.value),
        },
        spec::Balance::Weighted(_) => Balance::Weighted,
        spec::Balance::WeightedRandom(_) => Balance::WeightedRandom,
        spec::Balance::Edf(it) => {
            let mut into = Edf::DEFAULT;
            overlay!(settings: it => into; value start);
            into.slow_start = slow_start(&it.slow_start, settings);
            Balance::Edf(into)
        }
        spec::Balance::ClientSideWrr(it) => {
            let mut into = ClientSideWrr::DEFAULT;
            overlay!(settings: it => into;
                value blackout_period,
                value weight_expiration_period,
                value weight_update_period,
                number error_utilization_penalty,
            );
            Balance::ClientSideWrr(into)
        }
        spec::Balance::LeastRequest(it) => {
            let mut into = LeastRequest::DEFAULT;
            overlay!(settings: it => into; value choice_count, value selection_method, number active_request_bias);
            into.slow_start = slow_start(&it.slow_start, settings);
            Balance::LeastRequest(into)
        }
        spec::Balance::P2c(it) => {
            let mut into = P2c::FINAGLE;
            overlay!(settings: it => into; value prefer_healthy);
            Balance::P2c(into)
        }
        spec::Balance::PeakEwma(it) => Balance::P2c(peak_ewma(it, settings)),
        spec::Balance::RandomDraws(it) => {
            let mut into = RandomDraws::DEFAULT;
            overlay!(settings: it => into; value draws);
            Balance::RandomDraws(into)
        }
        spec::Balance::LeastConn(_) => Balance::LeastConn,
        spec::Balance::RingHash(it) => {
            let mut into = RingHash::DEFAULT;
            overlay!(settings: it => into; value minimum_ring_size, value maximum_ring_size);
            let next = it.overflow.as_ref().map_or(Next::RandomJump, |it| it.value);
            into.bounded_load = bounded(&it.hash_balance_factor, next, settings);
            Balance::RingHash(into)
        }
        spec::Balance::Maglev(it) => {
            let mut into = Maglev::DEFAULT;
            overlay!(settings: it => into; value table_size);
            into.bounded_load = bounded(&it.hash_balance_factor, Next::RandomJump, settings);
            Balance::Maglev(into)
        }
    };
    settings.done(balance.check())?;
    Ok(balance)
}

fn peak_ewma(it: &spec::PeakEwma, settings: &mut Settings<'_, '_>) -> P2c {
    let (mut into, mut load) = match it.library.as_ref().map(|it| it.value) {
        None | Some(spec::EwmaLibrary::Linkerd) => (P2c::LINKERD, PeakEwma::LINKERD),
        Some(spec::EwmaLibrary::Finagle) => (P2c::FINAGLE_PEAK_EWMA, PeakEwma::FINAGLE),
    };
    overlay!(settings: it => into; value prefer_healthy);
    overlay!(settings: it => load; value decay);
    settings.with("default_rtt", &it.default_rtt);
    match it.default_rtt.as_ref().map(|it| &it.value) {
        None => {}
        Some(Switch::None) => load.default_rtt = DefaultRtt::Penalty,
        Some(Switch::Set(it)) => load.default_rtt = DefaultRtt::Is(*it),
    }
    into.load = Load::PeakEwma(load);
    into
}

fn slow_start(written: &Opt<spec::SlowStart>, settings: &mut Settings<'_, '_>) -> Option<SlowStart> {
    settings.with("slow_start", written);
    Some(match &written.as_ref()?.value {
        spec::SlowStart::Envoy(it) => {
            let (mut window, mut rise, mut min_weight) = (Span::ZERO, Factor::ONE, Factor(100_000));
            settings.value("slow_start_window", &it.slow_start_window, &mut window);
            settings.number("aggression", &it.aggression, &mut rise);
            settings.share("min_weight_percent", &it.min_weight_percent, &mut min_weight);
            SlowStart::Envoy {
                window,
                aggression: rise,
                min_weight,
            }
        }
        spec::SlowStart::Haproxy(it) => {
            let mut slowstart = Span::ZERO;
            settings.value("slowstart", &it.slowstart, &mut slowstart);
            SlowStart::Haproxy { slowstart }
        }
    })
}

fn bounded(factor: &Opt<u32>, next: Next, settings: &mut Settings<'_, '_>) -> Option<BoundedLoad> {
    settings.with("hash_balance_factor", factor);
    Some(BoundedLoad {
        hash_balance_factor: factor.as_ref()?.value,
        next,
    })
}
