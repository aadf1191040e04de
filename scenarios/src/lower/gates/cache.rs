//! `cache`.

use brownout_sim_core::model::{Cover, Stage};
use brownout_sim_core::policy::cache::{Cache, Ttl};

use super::{Mistaken, Settings, overlay};
use crate::spec::policy::cache as spec;

pub(super) fn lower(written: &spec::Cache, settings: &mut Settings<'_, '_>) -> Result<Stage, Mistaken> {
    let cache = match written {
        spec::Cache::Ttl(it) => {
            let mut into = Ttl::default();
            overlay!(settings: it => into; value ttl, limit limit, value single_flight);
            settings.share("ttl_jitter", &it.ttl_jitter, &mut into.jitter);
            settings.done(into.check())?;
            Cache::Ttl(into)
        }
        spec::Cache::Request(_) => Cache::Request,
    };
    Ok(Stage::Cover(Cover::Cache(cache)))
}
