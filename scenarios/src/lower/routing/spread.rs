//! `subset`, `locality` and `shard`.

use brownout_sim_core::ids::ZoneId;
use brownout_sim_core::model::Spread;
use brownout_sim_core::routing::cells::{Cells, Mapping};
use brownout_sim_core::routing::locality::Locality;
use brownout_sim_core::routing::priority::Priority;
use brownout_sim_core::routing::shuffle_shard::ShuffleShard;
use brownout_sim_core::routing::subset::Subset;
use brownout_sim_core::routing::zone_aware::ZoneAware;

use crate::lower::gates::{Mistaken, Settings, overlay};
use crate::lower::index::{Index, listed};
use crate::spec::policy::routing as spec;

pub(super) fn subset(written: &spec::Subset) -> Result<Subset, Mistaken> {
    let (spec::Subset::Deterministic(size) | spec::Subset::Rendezvous(size)) = written;
    let subset_size = size.subset_size.as_ref().ok_or(Mistaken)?.value;
    Ok(match written {
        spec::Subset::Deterministic(_) => Subset::Deterministic { subset_size },
        spec::Subset::Rendezvous(_) => Subset::Rendezvous { subset_size },
    })
}

pub(super) fn locality(
    written: &spec::Locality,
    index: &Index<'_>,
    settings: &mut Settings<'_, '_>,
) -> Result<Spread, Mistaken> {
    match written {
        spec::Locality::Priority(it) => {
            let mut priority = Priority::DEFAULT;
            overlay!(settings: it => priority; value overprovisioning_factor);
            settings.done(priority.check())?;
            let mut levels: Vec<Vec<ZoneId>> = Vec::new();
            for level in listed(&it.levels) {
                let zones: Option<Vec<ZoneId>> = level.value.iter().map(|it| index.zone_at(it, settings.cx)).collect();
                levels.push(zones.ok_or(Mistaken)?);
            }
            let mut all: Vec<ZoneId> = levels.concat();
            all.sort_unstable();
            if all.windows(2).any(|it| it[0] == it[1])
                && let Some(written) = &it.levels
            {
                settings.mistake(written.at, "a zone stands in the levels twice", "name each zone once");
                return Err(Mistaken);
            }
            Ok(Spread::Priority { priority, levels })
        }
        spec::Locality::ZoneAware(it) => {
            let mut into = ZoneAware::DEFAULT;
            overlay!(settings: it => into;
                percent routing_enabled,
                value min_cluster_size,
                value fail_traffic_on_panic,
            );
            settings.done(into.check())?;
            Ok(Spread::ZoneAware(into))
        }
        spec::Locality::Weighted(it) => {
            let mut locality = Locality::DEFAULT;
            overlay!(settings: it => locality; value overprovisioning_factor);
            settings.done(locality.check())?;
            let mut weights = vec![0; index.zones.len()];
            for entry in &it.weights {
                let zone = index.zone_at(&entry.name, settings.cx).ok_or(Mistaken)?;
                weights[zone.index()] = entry.it.as_ref().ok_or(Mistaken)?.value;
            }
            Ok(Spread::Weighted { locality, weights })
        }
    }
}

pub(super) fn shard(written: &spec::Shard, settings: &mut Settings<'_, '_>) -> Result<Spread, Mistaken> {
    match written {
        spec::Shard::Shuffle(it) => {
            let mut into = ShuffleShard { size: 1 };
            overlay!(settings: it => into; value size);
            settings.done(into.check())?;
            Ok(Spread::Shuffle(into))
        }
        spec::Shard::Cells(it) => {
            let mut into = Cells {
                cells: 1,
                mapping: Mapping::default(),
            };
            overlay!(settings: it => into; value cells, value mapping);
            settings.done(into.check())?;
            Ok(Spread::Cells(into))
        }
    }
}
