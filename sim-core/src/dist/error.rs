//! Why a distribution cannot be made from what was given.

/// A parameter that no distribution of that family has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DistError {
    /// The value lies outside the range in which the family exists (or can be sampled faithfully).
    #[error("`{parameter}` must be {allowed}")]
    OutOfRange {
        /// The parameter's name as a scenario writes it.
        parameter: &'static str,
        /// The allowed range, to be read after "must be".
        allowed: &'static str,
    },
    /// A mix or an empirical distribution of nothing.
    #[error("{family} needs at least one {item}")]
    Empty {
        /// Which family, with its article.
        family: &'static str,
        /// What it needs.
        item: &'static str,
    },
    /// There must be one weight for each value.
    #[error("{values} values need as many weights, not {weights}")]
    WeightCount {
        /// How many values were given.
        values: usize,
        /// How many weights were given.
        weights: usize,
    },
}

/// `Ok` where `holds`; the error names the parameter and its range.
pub(super) fn require(holds: bool, parameter: &'static str, allowed: &'static str) -> Result<(), DistError> {
    if holds {
        Ok(())
    } else {
        Err(DistError::OutOfRange { parameter, allowed })
    }
}
