//! `pool`.

use brownout_sim_core::component::pool::Pool;

use super::{Mistaken, Settings, overlay};
use crate::spec::policy::pool as spec;

pub(super) fn lower(written: &spec::Pool, settings: &mut Settings<'_, '_>) -> Result<Pool, Mistaken> {
    /// What both kinds have in common.
    macro_rules! over {
        ($it:ident, $default:expr) => {{
            let mut into = $default;
            let mut pending = Some(into.max_pending).filter(|it| *it < u32::MAX);
            overlay!(settings: $it => into; value size, value acquire_timeout, value idle_timeout, value max_lifetime);
            settings.limit("max_pending", &$it.max_pending, &mut pending);
            into.max_pending = pending.unwrap_or(u32::MAX);
            into
        }};
    }
    let pool = match written {
        spec::Pool::Hikari(it) => over!(it, Pool::HIKARI),
        spec::Pool::Envoy(it) => over!(it, Pool::ENVOY),
    };
    settings.done(pool.check())?;
    Ok(pool)
}
