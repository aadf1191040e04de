//! Faults and changes after the end of the run.

use brownout_sim_core::ids::{ChangeId, FaultId};

use brownout_sim_core::time::Span;

use super::{Code, Input, Lint, Subject};
use crate::capacity::{change_starts, fault_starts};

pub(super) const CODE: Code = Code {
    id: "L0118",
    title: "a fault or change begins after the run",
    why: "Arrivals stop at `duration`; what begins then or later changes nothing that is measured.",
    wrong: "[run]\nduration = \"10m\"\n[fault.db-slow]\nat = \"12m\"",
    right: "[run]\nduration = \"20m\"\n[fault.db-slow]\nat = \"12m\"",
};

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let end = input.model.clock.duration;
    let late = |starts: Vec<Option<f64>>| {
        let rows = starts.into_iter().enumerate();
        rows.filter_map(move |(row, start)| start.filter(|it| *it >= end.as_secs_f64()).map(|start| (row, start)))
    };
    let lint = |subject: Subject, name: String, start: f64| Lint {
        code: CODE.id,
        message: format!(
            "`{name}` begins at {}, but arrivals stop at {end}",
            Span::from_nanos_f64(start * 1e9)
        ),
        help: "let it begin earlier, or the run last longer".to_owned(),
        subject,
        also: Vec::new(),
    };
    let faults = late(fault_starts(input.model)).map(|(row, start)| {
        lint(
            Subject::Fault(FaultId::from_index(row)),
            format!("fault.{}", input.names.faults[row]),
            start,
        )
    });
    let changes = late(change_starts(input.model)).map(|(row, start)| {
        lint(
            Subject::Change(ChangeId::from_index(row)),
            format!("change.{}", input.names.changes[row]),
            start,
        )
    });
    faults.chain(changes).collect()
}
