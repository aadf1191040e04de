//! `queue`: order, overflow and disciplines.

use brownout_sim_core::model::{Discipline, Expiry, Queue, QueueOrder, Shedding};
use brownout_sim_core::server::adaptive_lifo::AdaptiveLifo;
use brownout_sim_core::server::codel::Codel;
use brownout_sim_core::server::deadline_drop::DeadlineDrop;
use brownout_sim_core::server::folly_codel::FollyCodel;
use brownout_sim_core::server::queue_timeout::QueueTimeout;
use brownout_sim_core::server::red::Red;

use super::{Mistaken, Settings, overlay};
use crate::document::At;
use crate::lower::Cx;
use crate::spec::queue as spec;
use crate::spec::{Opt, Switch};

/// The threshold of an adaptive LIFO queue that names none.
const THRESHOLD: u32 = 10;

/// A queue as written; the default if nothing is. Fails on settings that do not fit together.
pub(crate) fn queue(written: &Opt<spec::Queue>, cx: &mut Cx<'_>) -> Option<Queue> {
    let Some(written) = written else {
        return Some(Queue::default());
    };
    let it = &written.value;
    let (timeout, queue_timeout) = timeout(&it.timeout, cx)?;
    let shedding = match (&it.codel, &it.folly_codel) {
        (Some(it), _) => Some(Shedding::Codel(codel(it, cx).ok()?)),
        (None, Some(it)) => Some(Shedding::FollyCodel(folly_codel(it, cx).ok()?)),
        (None, None) => None,
    };
    let red = match &it.red {
        Some(it) => Some(red(it, cx).ok()?),
        None => None,
    };
    let threshold = it.threshold.as_ref().map_or(THRESHOLD, |it| it.value);
    Some(Queue {
        limit: it.limit.as_ref().and_then(|it| it.value.count()),
        order: match it.order.as_ref().map(|it| it.value) {
            None | Some(spec::QueueOrder::Fifo) => QueueOrder::Fifo,
            Some(spec::QueueOrder::Lifo) => QueueOrder::Lifo,
            Some(spec::QueueOrder::AdaptiveLifo) => QueueOrder::AdaptiveLifo(AdaptiveLifo { threshold }),
            Some(spec::QueueOrder::Priority) => QueueOrder::Priority,
        },
        timeout,
        discipline: Discipline {
            on_full: it.overflow.as_ref().map_or_else(Default::default, |it| it.value),
            shedding,
            red,
            queue_timeout,
            expiry: match it.deadline_drop.as_ref().map(|it| &it.value) {
                None => Expiry::Passed,
                Some(Switch::None) => Expiry::Serve,
                Some(Switch::Set(it)) => {
                    let mut into = DeadlineDrop::DEFAULT;
                    into.needed = it.needed.as_ref().map_or(into.needed, |it| it.value);
                    Expiry::Drop(into)
                }
            },
        },
    })
}

type Patience = (Option<brownout_sim_core::dist::Dist>, Option<QueueTimeout>);

fn timeout(written: &Opt<spec::Timeout>, cx: &mut Cx<'_>) -> Option<Patience> {
    let Some(At { value: it, at }) = written else {
        return Some((None, None));
    };
    if let Some(after) = &it.after {
        return Some((Some(cx.dist(after)?), None));
    }
    let mut into = QueueTimeout::DEFAULT;
    let mut settings = Settings::new(cx, *at);
    overlay!(settings: it => into; value short, value long);
    settings.done(into.check()).ok()?;
    Some((None, Some(into)))
}

fn codel(written: &At<spec::Codel>, cx: &mut Cx<'_>) -> Result<Codel, Mistaken> {
    let (it, mut into) = (&written.value, Codel::DEFAULT);
    let mut settings = Settings::new(cx, written.at);
    overlay!(settings: it => into; value target, value interval, value comparison);
    settings.done(into.check())?;
    Ok(into)
}

fn folly_codel(written: &At<spec::FollyCodel>, cx: &mut Cx<'_>) -> Result<FollyCodel, Mistaken> {
    let (it, mut into) = (&written.value, FollyCodel::DEFAULT);
    let mut settings = Settings::new(cx, written.at);
    overlay!(settings: it => into; value target, value interval);
    settings.done(into.check())?;
    Ok(into)
}

fn red(written: &At<spec::Red>, cx: &mut Cx<'_>) -> Result<Red, Mistaken> {
    let (it, mut into) = (&written.value, Red::DEFAULT);
    let mut settings = Settings::new(cx, written.at);
    overlay!(settings: it => into; value min, value max, share max_probability, number weight);
    settings.done(into.check())?;
    Ok(into)
}
