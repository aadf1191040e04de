//! Colours, for light and dark, that colour-blind eyes tell apart; colour is never the only sign.
//!
//! Categories have the hues of P. Tol's "vibrant" scheme (*Colour Schemes*, SRON/EPS/TN/09-002, issue 3.2, 2021); the
//! scale of heat maps is viridis (N. Smith and S. van der Walt, 2015, for matplotlib), through eleven of its colours.
//! What is good is blue.

use brownout_sim_core::outcome::Outcome;

use crate::figure::{Activity, Level, Role};

/// A colour: red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// Strokes over a surface, beside its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hatch {
    /// None.
    Plain,
    /// Diagonals, from lower left to upper right.
    Rising,
    /// Diagonals, from upper left to lower right.
    Falling,
    /// Both diagonals.
    Cross,
    /// Level lines.
    Level,
    /// Upright lines.
    Upright,
    /// Dots.
    Dots,
}

/// The colours of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// `light` or `dark`, for class names.
    pub name: &'static str,
    /// Behind everything.
    pub background: Rgb,
    /// Text, and what is drawn like it.
    pub text: Rgb,
    /// Text and lines of less weight; still legible.
    pub muted: Rgb,
    /// Axes.
    pub axis: Rgb,
    /// Lines of the grid.
    pub grid: Rgb,
    /// Small lines of the grid.
    pub grid_minor: Rgb,
    /// Behind stretches that are set off.
    pub shade: Rgb,
    /// What is good.
    pub good: Rgb,
    /// Categories, in this order.
    pub series: [Rgb; 7],
    /// What took too long.
    pub late: Rgb,
    /// What was turned away by the callee.
    pub refused: Rgb,
    /// What broke.
    pub broken: Rgb,
    /// What the caller did not even send.
    pub held_back: Rgb,
}

/// Tol's vibrant scheme.
mod vibrant {
    use super::Rgb;

    pub const BLUE: Rgb = Rgb(0x00, 0x77, 0xbb);
    pub const CYAN: Rgb = Rgb(0x33, 0xbb, 0xee);
    pub const TEAL: Rgb = Rgb(0x00, 0x99, 0x88);
    pub const ORANGE: Rgb = Rgb(0xee, 0x77, 0x33);
    pub const RED: Rgb = Rgb(0xcc, 0x33, 0x11);
    pub const MAGENTA: Rgb = Rgb(0xee, 0x33, 0x77);
}

use vibrant::{BLUE, CYAN, MAGENTA, ORANGE, RED, TEAL};

/// Eleven colours of viridis at equal distances, from the least to the greatest value.
const VIRIDIS: [Rgb; 11] = [
    Rgb(0x44, 0x01, 0x54),
    Rgb(0x48, 0x24, 0x75),
    Rgb(0x41, 0x44, 0x87),
    Rgb(0x35, 0x5f, 0x8d),
    Rgb(0x2a, 0x78, 0x8e),
    Rgb(0x21, 0x91, 0x8c),
    Rgb(0x22, 0xa8, 0x84),
    Rgb(0x44, 0xbf, 0x70),
    Rgb(0x7a, 0xd1, 0x51),
    Rgb(0xbd, 0xdf, 0x26),
    Rgb(0xfd, 0xe7, 0x25),
];

impl Theme {
    /// Dark on white.
    pub const fn light() -> Theme {
        Theme {
            name: "light",
            background: Rgb(0xff, 0xff, 0xff),
            text: Rgb(0x1c, 0x20, 0x26),
            muted: Rgb(0x5a, 0x62, 0x6e),
            axis: Rgb(0x7a, 0x82, 0x8e),
            grid: Rgb(0xdc, 0xe0, 0xe5),
            grid_minor: Rgb(0xef, 0xf1, 0xf4),
            shade: Rgb(0xf3, 0xe3, 0xc8),
            good: BLUE,
            series: [BLUE, ORANGE, TEAL, MAGENTA, RED, CYAN, Rgb(0x6b, 0x6b, 0x6b)],
            late: RED,
            refused: ORANGE,
            broken: MAGENTA,
            held_back: TEAL,
        }
    }

    /// Light on nearly black.
    pub const fn dark() -> Theme {
        Theme {
            name: "dark",
            background: Rgb(0x14, 0x17, 0x1c),
            text: Rgb(0xec, 0xee, 0xf1),
            muted: Rgb(0xa3, 0xab, 0xb6),
            axis: Rgb(0x7d, 0x86, 0x92),
            grid: Rgb(0x33, 0x39, 0x42),
            grid_minor: Rgb(0x22, 0x27, 0x2e),
            shade: Rgb(0x46, 0x38, 0x20),
            good: CYAN,
            series: [
                CYAN,
                ORANGE,
                Rgb(0x22, 0xbb, 0xa8),
                MAGENTA,
                Rgb(0xe0, 0x55, 0x38),
                BLUE,
                Rgb(0xbb, 0xbb, 0xbb),
            ],
            late: Rgb(0xe0, 0x55, 0x38),
            refused: ORANGE,
            broken: MAGENTA,
            held_back: Rgb(0x22, 0xbb, 0xa8),
        }
    }

    /// The colour of what a series stands for.
    pub fn colour(&self, role: Role) -> Rgb {
        match role {
            Role::Good => self.good,
            Role::Offered => self.text,
            Role::Outcome(outcome) => self.outcome(outcome).0,
            Role::Nth(place) => self.series[place % self.series.len()],
            Role::Muted => self.muted,
        }
    }

    /// The strokes of what a series stands for.
    pub fn hatch(&self, role: Role) -> Hatch {
        match role {
            Role::Outcome(outcome) => self.outcome(outcome).1,
            _ => Hatch::Plain,
        }
    }

    /// Colour and strokes of an outcome, the same in all figures: the colour says of which family it is, the strokes
    /// which one of it.
    pub fn outcome(&self, outcome: Outcome) -> (Rgb, Hatch) {
        match outcome {
            Outcome::Ok => (self.good, Hatch::Plain),
            Outcome::Degraded => (self.good, Hatch::Dots),
            Outcome::Timeout => (self.late, Hatch::Plain),
            Outcome::Deadline => (self.late, Hatch::Rising),
            Outcome::QueueFull => (self.refused, Hatch::Plain),
            Outcome::QueueTimeout => (self.refused, Hatch::Rising),
            Outcome::Shed => (self.refused, Hatch::Falling),
            Outcome::Quota => (self.refused, Hatch::Dots),
            Outcome::Error => (self.broken, Hatch::Plain),
            Outcome::BadRequest => (self.broken, Hatch::Dots),
            Outcome::Refused => (self.broken, Hatch::Rising),
            Outcome::Reset => (self.broken, Hatch::Falling),
            Outcome::Unreachable => (self.broken, Hatch::Cross),
            Outcome::BreakerOpen => (self.held_back, Hatch::Plain),
            Outcome::Throttled => (self.held_back, Hatch::Rising),
            Outcome::RateLimited => (self.held_back, Hatch::Falling),
            Outcome::BulkheadFull => (self.held_back, Hatch::Cross),
            Outcome::OverLimit => (self.held_back, Hatch::Dots),
            Outcome::PoolTimeout => (self.held_back, Hatch::Level),
            Outcome::Cancelled => (self.muted, Hatch::Plain),
        }
    }

    /// Colour and strokes of a state.
    pub fn level(&self, level: Level) -> (Rgb, Hatch) {
        match level {
            Level::Unknown => (self.muted, Hatch::Dots),
            Level::Normal => (self.good, Hatch::Plain),
            Level::Strained => (self.refused, Hatch::Rising),
            Level::Broken => (self.late, Hatch::Cross),
        }
    }

    /// Colour and strokes of what time is spent on.
    pub fn activity(&self, activity: Activity) -> (Rgb, Hatch) {
        match activity {
            Activity::Work => (self.good, Hatch::Plain),
            Activity::Queue => (self.refused, Hatch::Rising),
            Activity::Network => (self.held_back, Hatch::Upright),
            Activity::Waiting => (self.grid, Hatch::Plain),
            Activity::Backoff => (self.muted, Hatch::Dots),
        }
    }

    /// The colour of a place on a scale in `0..=1`: more is further from the background.
    pub fn sequential(&self, place: f64) -> Rgb {
        let place = if place.is_finite() { place.clamp(0.0, 1.0) } else { 0.0 };
        let place = if self.background.lightness() > 0.5 {
            1.0 - place
        } else {
            place
        };
        let at = place * (VIRIDIS.len() - 1) as f64;
        let first = (at.floor() as usize).min(VIRIDIS.len() - 2);
        VIRIDIS[first].mixed(VIRIDIS[first + 1], at - first as f64)
    }
}

impl Rgb {
    /// As CSS writes it: `#0077bb`.
    pub fn css(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// This colour with a share of another in `0..=1`.
    pub fn mixed(self, other: Rgb, share: f64) -> Rgb {
        let mix = |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * share).round() as u8;
        Rgb(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }

    /// Relative luminance in `0..=1` (WCAG 2.2, "relative luminance").
    pub fn luminance(self) -> f64 {
        let part = |it: u8| {
            let it = f64::from(it) / 255.0;
            if it <= 0.04045 {
                it / 12.92
            } else {
                libm::pow((it + 0.055) / 1.055, 2.4)
            }
        };
        0.2126 * part(self.0) + 0.7152 * part(self.1) + 0.0722 * part(self.2)
    }

    /// Contrast with another colour, 1 to 21 (WCAG 2.2, "contrast ratio").
    pub fn contrast(self, other: Rgb) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// How light it looks, in `0..=1`.
    fn lightness(self) -> f64 {
        libm::pow(self.luminance(), 1.0 / 2.2)
    }

    /// Black or white, whichever is easier to read on this colour.
    pub(crate) fn ink(self) -> Rgb {
        let (black, white) = (Rgb(0x10, 0x12, 0x16), Rgb(0xff, 0xff, 0xff));
        if self.contrast(black) >= self.contrast(white) {
            black
        } else {
            white
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_legible_and_marks_stand_out() {
        for theme in [Theme::light(), Theme::dark()] {
            assert!(theme.text.contrast(theme.background) > 12.0);
            // WCAG 2.2 asks 4.5 of text, and 3 of what is drawn; Tol's orange and cyan miss that on white and come with
            // shapes.
            assert!(theme.muted.contrast(theme.background) > 4.5);
            for colour in theme
                .series
                .into_iter()
                .chain([theme.late, theme.refused, theme.broken, theme.held_back])
            {
                assert!(
                    colour.contrast(theme.background) > 2.1,
                    "{} on {}",
                    colour.css(),
                    theme.name
                );
            }
            let dark_enough = theme
                .series
                .iter()
                .filter(|it| it.contrast(theme.background) >= 3.0)
                .count();
            assert!(dark_enough >= 5, "{} of {}", dark_enough, theme.name);
        }
    }

    #[test]
    fn no_two_outcomes_look_the_same() {
        for theme in [Theme::light(), Theme::dark()] {
            for (at, a) in Outcome::ALL.into_iter().enumerate() {
                for b in &Outcome::ALL[..at] {
                    assert_ne!(theme.outcome(a), theme.outcome(*b), "{} and {}", a.name(), b.name());
                }
            }
        }
    }

    #[test]
    fn more_is_further_from_the_background() {
        for theme in [Theme::light(), Theme::dark()] {
            let contrast = |place: f64| theme.sequential(place).contrast(theme.background);
            for step in 0..20 {
                let place = f64::from(step) / 20.0;
                assert!(contrast(place) < contrast(place + 0.05), "{} at {place}", theme.name);
            }
        }
    }

    #[test]
    fn colours_are_written_as_in_style_sheets() {
        assert_eq!(Rgb(0, 0x77, 0xbb).css(), "#0077bb");
        assert_eq!(Rgb(0, 0, 0).mixed(Rgb(255, 100, 50), 0.5), Rgb(128, 50, 25));
    }
}
