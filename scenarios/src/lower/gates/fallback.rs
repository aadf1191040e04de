//! `fallback`.

use brownout_sim_core::model::{Cover, Stage};
use brownout_sim_core::policy::fallback::{Fallback, Kind};
use brownout_sim_core::time::Span;

use super::{Mistaken, Settings, overlay};
use crate::spec::policy::fallback as spec;

pub(super) fn lower(written: &spec::Fallback, settings: &mut Settings<'_, '_>) -> Result<Stage, Mistaken> {
    let fallback = match written {
        spec::Fallback::Static(it) | spec::Fallback::FailSilent(it) => {
            let mut into = Fallback::of(match written {
                spec::Fallback::FailSilent(_) => Kind::FailSilent,
                _ => Kind::Static,
            });
            overlay!(settings: it => into; outcomes on, value takes, limit max_concurrent_requests);
            into
        }
        spec::Fallback::StaleCache(it) => {
            let mut max_stale = Span::ZERO;
            settings.value("max_stale", &it.max_stale, &mut max_stale);
            let mut keys = None;
            settings.maybe("keys", &it.keys, &mut keys);
            let mut into = Fallback::of(Kind::StaleCache { max_stale, keys });
            overlay!(settings: it => into; outcomes on, value takes, limit max_concurrent_requests);
            into
        }
        spec::Fallback::Dependency(it) => {
            let mut into = Fallback::of(Kind::Dependency);
            overlay!(settings: it => into; outcomes on, limit max_concurrent_requests);
            into
        }
        spec::Fallback::Enqueue(it) => {
            let (mut limit, mut every) = (None, Span::from_secs(1));
            settings.limit("limit", &it.limit, &mut limit);
            settings.value("every", &it.every, &mut every);
            let mut into = Fallback::of(Kind::Enqueue { limit, every });
            overlay!(settings: it => into; outcomes on, value takes);
            into
        }
    };
    settings.done(fallback.check())?;
    Ok(Stage::Cover(Cover::Fallback(fallback)))
}
