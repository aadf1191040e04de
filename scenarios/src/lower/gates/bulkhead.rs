//! `bulkhead`.

use brownout_sim_core::component::credits::{Credits, WhenOut};
use brownout_sim_core::model::Gate;
use brownout_sim_core::policy::bulkhead::{Bulkhead, Envoy, Haproxy, Semaphore, ThreadPool};

use super::{Mistaken, Settings, overlay};
use crate::spec::policy::bulkhead as spec;

pub(super) fn lower(written: &spec::Bulkhead, settings: &mut Settings<'_, '_>) -> Result<Gate, Mistaken> {
    let bulkhead = match written {
        spec::Bulkhead::Semaphore(it) => {
            let mut into = Semaphore::default();
            overlay!(settings: it => into;
                value max_concurrent_calls,
                value max_wait_duration,
                limit queue_limit,
            );
            Bulkhead::Semaphore(into)
        }
        spec::Bulkhead::ThreadPool(it) => {
            let mut into = ThreadPool::default();
            overlay!(settings: it => into;
                value core_size,
                value maximum_size,
                value allow_maximum_size_to_diverge_from_core_size,
                value keep_alive,
                switch max_queue_size,
                switch queue_size_rejection_threshold,
            );
            Bulkhead::ThreadPool(into)
        }
        spec::Bulkhead::Haproxy(it) => {
            let mut into = Haproxy::default();
            overlay!(settings: it => into;
                value maxconn,
                value minconn,
                value fullconn,
                value maxqueue,
                value timeout_queue,
            );
            Bulkhead::Haproxy(into)
        }
        spec::Bulkhead::Envoy(it) => {
            let mut into = Envoy::default();
            overlay!(settings: it => into;
                value max_connections,
                value max_pending_requests,
                value max_requests,
                value max_retries,
                value protocol,
            );
            Bulkhead::Envoy(into)
        }
        spec::Bulkhead::Credits(it) => {
            let mut into = Credits {
                window: 1,
                when_out: WhenOut::default(),
            };
            overlay!(settings: it => into; value window, value when_out);
            Bulkhead::Credits(into)
        }
    };
    settings.done(bulkhead.check())?;
    Ok(Gate::Bulkhead(bulkhead))
}
