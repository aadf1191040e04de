//! `collapse`.

use brownout_sim_core::model::{Cover, Stage};
use brownout_sim_core::policy::cache::Collapser;

use super::{Mistaken, Settings, overlay};
use crate::spec::policy::collapse as spec;

pub(super) fn lower(written: &spec::Collapse, settings: &mut Settings<'_, '_>) -> Result<Stage, Mistaken> {
    let mut into = Collapser::default();
    overlay!(settings: written => into; value timer_delay, limit max_requests_in_batch, value request_cache, value scope);
    settings.done(into.check())?;
    Ok(Stage::Cover(Cover::Collapse(into)))
}
