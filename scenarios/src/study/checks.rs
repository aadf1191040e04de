//! What is compiled when a study is read, so that a mistake in any level of any axis is found before anything runs.

use std::collections::BTreeSet;

use super::Study;
use super::plan::{Indices, points, samples};
use crate::diagnostics::{Diagnostics, Severity};

/// Compilations at most; beyond that, the inner levels are looked at in the first variant only.
const CHECKS_MAX: usize = 1_000;
/// With so many mistakes the rest can wait.
const MISTAKES_MAX: usize = 50;

/// Mistakes in a value itself, whatever the others at the point are: they count even where a constraint takes the point away.
const IN_A_VALUE: [&str; 5] = ["S0101", "S0102", "S0103", "S0105", "S0106"];

/// Compiles a point for each level, the first and the last point, in every variant. `everything` are the points before
/// constraints.
pub(super) fn levels(
    study: &Study,
    everything: &Indices,
    indices: &Indices,
    files: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    all: &mut Diagnostics,
) {
    let mut found = Found {
        seen: BTreeSet::new(),
        count: 0,
    };
    let chosen = samples(indices, &study.axes);
    let last = chosen.len().saturating_sub(1);
    let many = chosen.len() * study.variants.len() > CHECKS_MAX;
    for (row, at) in chosen.iter().enumerate() {
        let inner = row > 0 && row < last;
        for variant in study.variants.iter().take(if many && inner { 1 } else { usize::MAX }) {
            if found.count >= MISTAKES_MAX {
                return;
            }
            if let Err(mistakes) = study.compile_with(&study.points[*at], variant, files) {
                found.add(mistakes, |_| true, all);
            }
        }
    }
    if indices.len() == everything.len() {
        return;
    }
    // Levels that no point has any more: their own mistakes are told all the same.
    let chosen: Indices = samples(everything, &study.axes)
        .into_iter()
        .map(|it| everything[it].clone())
        .collect();
    for point in points(&chosen, &study.axes).iter().take(CHECKS_MAX) {
        if found.count >= MISTAKES_MAX {
            return;
        }
        let Some(variant) = study.variants.first() else { return };
        if let Err(mistakes) = study.compile_with(point, variant, files) {
            found.add(mistakes, |code| IN_A_VALUE.contains(&code), all);
        }
    }
}

struct Found {
    /// Place and code of what was told: a range's levels share one place.
    seen: BTreeSet<(u16, u32, u32, &'static str)>,
    count: usize,
}

impl Found {
    fn add(&mut self, mut mistakes: Diagnostics, fits: impl Fn(&str) -> bool, all: &mut Diagnostics) {
        mistakes.retain(|it| {
            let key = (it.at.source, it.at.start, it.at.end, it.code.id);
            it.severity() == Severity::Error && fits(it.code.id) && self.seen.insert(key)
        });
        self.count += mistakes.len();
        all.merge(mistakes);
    }
}
