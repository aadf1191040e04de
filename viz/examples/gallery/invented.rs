//! Invented data for the gallery.

mod awkward;
mod one_request;
mod sweeps;
mod systems;
mod time;

use brownout_viz::figure::Figure;

/// A name and a figure each.
pub fn figures() -> Vec<(&'static str, Figure)> {
    let mut all = time::figures();
    all.extend(sweeps::figures());
    all.extend(systems::figures());
    all.extend(one_request::figures());
    all.extend(awkward::figures());
    all
}

/// Numbers that look random: the fractional part of multiples of the golden ratio, from -1 to 1.
pub fn wobble(at: usize) -> f64 {
    let share = (at as f64 * 0.618_033_988_75 + (at / 7) as f64 * 0.324_717_957) % 1.0;
    share * 2.0 - 1.0
}
