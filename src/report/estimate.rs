//! One estimate as the cell of a table.

use brownout_sim_core::measure::{Estimate, Measured, estimate};
use brownout_sim_core::stats::Proportion;
use brownout_viz::number::{Unit, show, show_interval};

/// What runs came to in one figure: `12.3 ms ± 0.4`, `15 % [5, 36]`, `40 s in 3 of 10`, `never`, or `-` where nothing was measured.
pub fn cell(unit: Unit, yes_or_no: bool, measured: impl IntoIterator<Item = Measured>, ascii: bool) -> String {
    shown(unit, yes_or_no, &estimate(measured), ascii)
}

/// The same of an estimate that has been made.
pub fn shown(unit: Unit, yes_or_no: bool, estimate: &Estimate, ascii: bool) -> String {
    let Estimate { summary, censored, .. } = estimate;
    let Some(summary) = summary else {
        return if *censored > 0 { "never" } else { "-" }.to_owned();
    };
    if yes_or_no && *censored == 0 {
        let held = (summary.mean * summary.count as f64).round() as u64;
        return share(held, summary.count);
    }
    if *censored > 0 {
        // The mean of those that did: the lucky ones.
        let counted = summary.count + censored;
        return format!("{} in {} of {counted}", show(unit, summary.mean), summary.count);
    }
    show_interval(unit, summary.mean, summary.interval.map(|it| it.halfwidth()), ascii)
}

/// `15 % [5, 36]`; of one run a word.
fn share(held: u64, runs: u64) -> String {
    if runs == 1 {
        return if held == 1 { "yes" } else { "no" }.to_owned();
    }
    let proportion = Proportion::of(held, runs).expect("there are runs");
    let percent = |it: f64| format!("{:.0}", it * 100.0);
    format!(
        "{} % [{}, {}]",
        percent(proportion.share),
        percent(proportion.interval.low),
        percent(proportion.interval.high)
    )
}
