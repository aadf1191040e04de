//! Less capacity than load, without any fault.

use brownout_sim_core::ids::ServiceId;

use super::{Code, Input, Lint, Subject};
use crate::capacity::calm;
use crate::compiled::CapacityRow;

pub(super) const CODE: Code = Code {
    id: "L0113",
    title: "capacity is below the load",
    why: "A service that is offered more work than its workers can do never catches up: its queue grows as long as the phase \
          lasts, or it refuses the rest. Utilization is rate times mean held time over workers (Little's law); above 70 or \
          80 % queues are long already. Faults are left out of this, and closed loads, which adapt; callers' caches are taken to \
          be empty, as they are after a restart.",
    wrong: "[load.users]\nrate = \"1000/s\"\n[service.db]\nworkers = 10\nwork = \"20ms\"     # needs 20",
    right: "[load.users]\nrate = \"1000/s\"\n[service.db]\nworkers = 30\nwork = \"20ms\"",
};

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let rows = calm(input.model, input.names);
    let services = input.model.services.len();
    let worst = |service: usize| {
        let own = rows.iter().skip(service).step_by(services);
        let over = own.filter_map(|it| it.0.utilization.filter(|it| *it >= 1.0).map(|busy| (busy, it)));
        over.reduce(|a, b| if b.0 > a.0 { b } else { a })
    };
    let lint = |service: usize, busy: f64, (row, cores): &(CapacityRow, bool)| Lint {
        code: CODE.id,
        message: format!(
            "`{}` has less capacity than load from {} on: {:.1} busy {} wanted, {} there, utilization {:.0}%",
            row.service,
            row.phase,
            row.erlangs,
            if *cores { "cores" } else { "workers" },
            row.capacity.unwrap_or(f64::INFINITY),
            busy * 100.0
        ),
        help: match cores {
            true => "more `cores` or `replicas`, less `work`, or less load".to_owned(),
            false => "more `workers` or `replicas`, less time held, or less load".to_owned(),
        },
        subject: Subject::Service(ServiceId::from_index(service)),
        also: Vec::new(),
    };
    (0..services)
        .filter_map(|it| worst(it).map(|(busy, row)| lint(it, busy, row)))
        .collect()
}
