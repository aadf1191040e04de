//! Numbers as people read them: about three significant digits, with their unit.

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds; shown from nanoseconds to hours.
    Seconds,
    /// Per second.
    PerSecond,
    /// A share in `0..=1`; shown in percent.
    Ratio,
    /// How many.
    Count,
    /// A plain number or a factor.
    Plain,
}

impl Unit {
    /// The word for it in tables; empty for plain numbers.
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Seconds => "seconds",
            Unit::PerSecond => "per second",
            Unit::Ratio => "ratio",
            Unit::Count => "count",
            Unit::Plain => "",
        }
    }

    /// How keys of this unit end in tables and files: `_s`, `_per_s` ...; empty for plain numbers and counts.
    pub const fn suffix(self) -> &'static str {
        match self {
            Unit::Seconds => "_s",
            Unit::PerSecond => "_per_s",
            Unit::Ratio => "_ratio",
            Unit::Count | Unit::Plain => "",
        }
    }
}

/// From here on numbers are shown with an exponent.
const HUGE: f64 = 1e18;

/// A number with its unit.
///
/// ```
/// use brownout_viz::number::{Unit, show};
/// assert_eq!(show(Unit::Seconds, 0.0123), "12.3 ms");
/// assert_eq!(show(Unit::PerSecond, 1184.2), "1,184/s");
/// assert_eq!(show(Unit::Ratio, 0.99968), "99.97 %");
/// ```
pub fn show(unit: Unit, value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    match unit {
        _ if value.abs() >= HUGE => show_huge(unit, value),
        Unit::Ratio => show_ratio(value),
        _ => {
            let scaled = scale(unit, value);
            let digits = decimals(value / scaled.size, unit);
            format!("{}{}", grouped(value / scaled.size, digits), scaled.suffix)
        }
    }
}

/// A number that is exact because somebody wrote it, without the zeros that only show precision: `1 s`, `99.9 %`.
pub fn show_exact(unit: Unit, value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    if value.abs() >= HUGE {
        return show_huge(unit, value);
    }
    let scaled = scale(unit, value);
    show_scaled(value, &scaled)
}

/// A number of a scale that reaches to `like`, in the unit that fits there, without superfluous zeros: on a scale to `1
/// s`, a quarter is `0.25 s`.
pub fn show_like(unit: Unit, value: f64, like: f64) -> String {
    if !value.is_finite() || value.abs() >= HUGE || !like.is_finite() {
        return show_exact(unit, value);
    }
    show_scaled(value, &scale(unit, like))
}

/// The size of the unit in which a value of this size reads well, in the plain unit: 0.001 for 20 milliseconds, 60 for
/// 20 minutes.
pub(crate) fn size(unit: Unit, like: f64) -> f64 {
    scale(unit, like).size
}

fn show_scaled(value: f64, scaled: &Scaled) -> String {
    // Nine decimals undo what binary fractions add (0.3 * 100) and keep every digit people write.
    format!("{}{}", trimmed(value / scaled.size, 9), scaled.suffix)
}

fn show_huge(unit: Unit, value: f64) -> String {
    let suffix = match unit {
        Unit::Seconds => " s",
        Unit::PerSecond => "/s",
        Unit::Ratio => return format!("{:.2e} %", value * 100.0),
        Unit::Count | Unit::Plain => "",
    };
    format!("{value:.2e}{suffix}")
}

/// A mean with the half-width of its interval in the same unit: `12.3 ±0.4 ms`; just the number without a half-width or
/// with one that is zero (all runs agree).
pub fn show_interval(unit: Unit, mean: f64, half_width: Option<f64>, ascii: bool) -> String {
    let Some(half_width) = half_width.filter(|it| it.is_finite() && *it > 0.0 && mean.is_finite()) else {
        return show(unit, mean);
    };
    let scaled = scale(unit, mean);
    let (mean, half_width) = (mean / scaled.size, half_width / scaled.size);
    let usual = match unit {
        Unit::Ratio => ratio_decimals(mean).unwrap_or(2),
        _ if mean == 0.0 => decimals(half_width, unit),
        _ => decimals(mean, unit),
    };
    let digits = if rounds_to_zero(half_width, usual) {
        usual + 1
    } else {
        usual
    };
    let sign = if ascii { "+-" } else { "±" };
    if rounds_to_zero(half_width, digits) {
        return show(unit, mean * scaled.size);
    }
    format!(
        "{} {sign}{}{}",
        grouped(mean, digits),
        grouped(half_width, digits),
        scaled.suffix
    )
}

/// A difference and its interval, both in the unit that fits the difference: `("6.0 min", "5.4 to 6.6")`. Those of
/// shares are in points of a percentage.
///
/// ```
/// use brownout_viz::number::{Unit, show_difference};
/// assert_eq!(show_difference(Unit::Seconds, 360.0, 324.0, 396.0), ("360 s".to_owned(), "324 to 396".to_owned()));
/// assert_eq!(show_difference(Unit::Ratio, 0.123, 0.118, 0.128), ("12.3 points".to_owned(), "11.8 to 12.8".to_owned()));
/// ```
pub fn show_difference(unit: Unit, mean: f64, low: f64, high: f64) -> (String, String) {
    let scaled = scale(unit, mean);
    let suffix = if unit == Unit::Ratio { " points" } else { scaled.suffix };
    let [mean, low, high] = [mean, low, high].map(|it| it / scaled.size);
    // As many decimals as tell the ends from the middle, but no more.
    let half = (high - low) / 2.0;
    let usual = decimals(mean, Unit::Plain);
    let digits = if half > 0.0 && rounds_to_zero(half, usual) {
        usual + 1
    } else {
        usual
    };
    let range = format!("{} to {}", grouped(low, digits), grouped(high, digits));
    (format!("{}{suffix}", grouped(mean, digits)), range)
}

/// An instant or a length of simulated time as a scenario writes it: `10m`, `11m30s`, `1h5m`, `12.5s`.
pub fn show_clock(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "-".to_owned();
    }
    if seconds < 0.0 {
        return format!("-{}", show_clock(-seconds));
    }
    if seconds < 60.0 {
        return if seconds > 0.0 && seconds < 1.0 {
            show_exact(Unit::Seconds, (seconds * 1e6).round() / 1e6).replace(' ', "")
        } else {
            format!("{}s", trimmed(seconds, 1))
        };
    }
    if seconds >= HUGE {
        return show_huge(Unit::Seconds, seconds);
    }
    let whole = seconds.round() as u64;
    let parts = [
        (whole / 86_400, "d"),
        (whole / 3_600 % 24, "h"),
        (whole / 60 % 60, "m"),
        (whole % 60, "s"),
    ];
    parts
        .into_iter()
        .filter(|it| it.0 > 0)
        .map(|(count, name)| format!("{count}{name}"))
        .collect()
}

/// A whole number with commas between thousands.
pub fn show_whole(value: u64) -> String {
    group(&value.to_string())
}

struct Scaled {
    size: f64,
    suffix: &'static str,
}

/// The unit in which a value of this size reads well.
fn scale(unit: Unit, value: f64) -> Scaled {
    let size = value.abs();
    let (size, suffix) = match unit {
        // The limits lie where rounding to three digits would give 1,000 of the smaller unit.
        Unit::Seconds if size == 0.0 => (1.0, " s"),
        Unit::Seconds if size < 0.9995e-6 => (1e-9, " ns"),
        Unit::Seconds if size < 0.9995e-3 => (1e-6, " us"),
        Unit::Seconds if size < 0.9995 => (1e-3, " ms"),
        Unit::Seconds if size < 600.0 => (1.0, " s"),
        Unit::Seconds if size < 7_200.0 => (60.0, " min"),
        Unit::Seconds => (3_600.0, " h"),
        Unit::PerSecond if size >= 1e7 => (1e6, "M/s"),
        Unit::PerSecond => (1.0, "/s"),
        Unit::Ratio => (0.01, " %"),
        Unit::Count | Unit::Plain if size >= 1e13 => (1e12, "T"),
        Unit::Count | Unit::Plain if size >= 1e10 => (1e9, "G"),
        Unit::Count | Unit::Plain if size >= 1e7 => (1e6, "M"),
        Unit::Count | Unit::Plain => (1.0, ""),
    };
    Scaled { size, suffix }
}

/// How many decimals give three significant digits.
fn decimals(value: f64, unit: Unit) -> usize {
    match value.abs() {
        0.0 => 0,
        it if unit == Unit::Count && it.fract() == 0.0 => 0,
        it if it >= 99.95 => 0,
        it if it >= 9.995 => 1,
        it if it >= 0.9995 => 2,
        it if it >= 0.0995 => 3,
        _ => 4,
    }
}

/// How many decimals a percentage needs to be told from its nearer end, 0 or 100; `None` at the end itself.
fn ratio_decimals(percent: f64) -> Option<usize> {
    let from_end = percent.abs().min((100.0 - percent).abs());
    match from_end {
        // Shares come from divisions: a difference this small is not a measurement.
        it if it < 1e-10 => None,
        it if it >= 0.95 => Some(1),
        it if it >= 0.0095 => Some(2),
        it if it >= 0.00095 => Some(3),
        _ => Some(4),
    }
}

fn show_ratio(value: f64) -> String {
    let percent = value * 100.0;
    match ratio_decimals(percent) {
        None => format!("{} %", percent.round()),
        Some(digits) => {
            let text = grouped(percent, digits);
            match text.as_str() {
                "100.0000" if percent < 100.0 => ">99.9999 %".to_owned(),
                "0.0000" if percent > 0.0 => "<0.0001 %".to_owned(),
                _ => format!("{text} %"),
            }
        }
    }
}

fn rounds_to_zero(value: f64, digits: usize) -> bool {
    grouped(value, digits)
        .trim_start_matches('-')
        .chars()
        .all(|it| it == '0' || it == '.')
}

fn trimmed(value: f64, digits: usize) -> String {
    let text = grouped(value, digits);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Rounded to some decimals, with commas between thousands.
fn grouped(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let whole = group(whole);
    match fraction {
        Some(fraction) => format!("{whole}.{fraction}"),
        None if whole == "-0" => "0".to_owned(),
        None => whole,
    }
}

fn group(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut text = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
