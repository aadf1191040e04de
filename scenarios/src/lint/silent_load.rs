//! A load that a factor of zero switches off for the whole run.

use brownout_sim_core::ids::LoadId;
use brownout_sim_core::model::Edit;
use brownout_sim_core::quantity::Factor;

use super::{Code, Input, Lint, Subject};

pub(super) const CODE: Code = Code {
    id: "L0121",
    title: "the load sends nothing",
    why: "A load with `scale = \"x0\"` sends no request, so everything that is measured of it is empty: an expectation about it \
          has nothing to measure, and one about the whole system says nothing of it.",
    wrong: "[load.robots]\nrate = \"50/s\"\nscale = \"x0\"",
    right: "[load.robots]\nrate = \"50/s\"\nscale = \"x0.5\"",
};

pub(super) fn check(input: Input<'_>) -> Vec<Lint> {
    let changes = input.model.changes.iter().flat_map(|it| &it.edits);
    let raised = |load: LoadId| {
        changes
            .clone()
            .any(|it| matches!(it, Edit::LoadScale { load: of, scale, .. } if *of == load && scale.0 > 0))
    };
    let loads = input.model.loads.iter().enumerate();
    let silent = loads
        .map(|(row, it)| (LoadId::from_index(row), it))
        .filter(|(load, it)| it.scale == Factor(0) && !raised(*load));
    silent
        .map(|(load, _)| Lint {
            code: CODE.id,
            message: format!(
                "the load `{}` sends nothing in the whole run: its `scale` is x0",
                input.names.loads[load.index()]
            ),
            help: "give it a factor above zero, or a `[change]` that switches it on".to_owned(),
            subject: Subject::Load(load),
            also: Vec::new(),
        })
        .collect()
}
