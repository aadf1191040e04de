//! How settings are written: as in scenario files.

use brownout_scenarios::lower::backoff::{backoff, jitter};
use brownout_scenarios::syntax::SyntaxError;
use brownout_scenarios::syntax::units::{Ratio, Zero, duration, factor, percentage, print_factor};
use brownout_sim_core::outcome::Outcome;
use brownout_sim_core::policy::backoff::{Backoff, Curve, Jitter};
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::time::Span;

/// Something that can stand on the right of `--set key=value`.
pub trait Value: Sized {
    /// What it is, with an article.
    fn takes() -> String;

    /// Reads it, or says how to write it.
    fn read(text: &str) -> Result<Self, String>;

    /// As it is written.
    fn show(&self) -> String;
}

/// A factor that is a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share(pub Factor);

fn cure(error: SyntaxError, otherwise: &str) -> String {
    error.help.unwrap_or_else(|| otherwise.to_owned())
}

impl Value for Span {
    fn takes() -> String {
        "a length of time".to_owned()
    }

    fn read(text: &str) -> Result<Span, String> {
        if text == "none" {
            return Ok(Span::MAX);
        }
        duration(text, Zero::Allowed).map_err(|it| cure(it, "such as `250us`, `5s` or `none`"))
    }

    fn show(&self) -> String {
        match *self {
            Span::MAX => "none".to_owned(),
            it => it.to_string(),
        }
    }
}

impl Value for u32 {
    fn takes() -> String {
        "a whole number".to_owned()
    }

    fn read(text: &str) -> Result<u32, String> {
        if text == "none" {
            return Ok(u32::MAX);
        }
        text.parse()
            .map_err(|_| format!("from 0 to {}, or `none`", u32::MAX - 1))
    }

    fn show(&self) -> String {
        match *self {
            u32::MAX => "none".to_owned(),
            it => it.to_string(),
        }
    }
}

impl Value for u64 {
    fn takes() -> String {
        "a whole number".to_owned()
    }

    fn read(text: &str) -> Result<u64, String> {
        text.parse().map_err(|_| "such as `10`".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for bool {
    fn takes() -> String {
        "`true` or `false`".to_owned()
    }

    fn read(text: &str) -> Result<bool, String> {
        text.parse().map_err(|_| "write `true` or `false`".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// `50%`, `x0.5` or `0.5`, whatever it is.
fn millionths(text: &str) -> Result<Factor, String> {
    if text == "none" {
        return Ok(Factor(u64::MAX));
    }
    if text.ends_with('%') {
        let ratio = percentage(text).map_err(|it| cure(it, "such as `50%`"))?;
        return Ok(Factor(ratio.0 / (Ratio::ONE.0 / Factor::ONE.0)));
    }
    let text = text.strip_prefix('x').unwrap_or(text);
    factor(&format!("x{text}"), Zero::Allowed).map_err(|it| cure(it, "such as `50%`, `0.5` or `x2`"))
}

impl Value for Share {
    fn takes() -> String {
        "a percentage".to_owned()
    }

    fn read(text: &str) -> Result<Share, String> {
        millionths(text).map(Share)
    }

    fn show(&self) -> String {
        match self.0 {
            Factor(u64::MAX) => "none".to_owned(),
            Factor(it) => Ratio(it.saturating_mul(Ratio::ONE.0 / Factor::ONE.0)).to_string(),
        }
    }
}

impl Value for Factor {
    fn takes() -> String {
        "a factor".to_owned()
    }

    fn read(text: &str) -> Result<Factor, String> {
        millionths(text)
    }

    fn show(&self) -> String {
        match *self {
            Factor(u64::MAX) => "none".to_owned(),
            it => print_factor(it),
        }
    }
}

impl<V: Value> Value for Option<V> {
    fn takes() -> String {
        format!("{} or `none`", V::takes())
    }

    fn read(text: &str) -> Result<Option<V>, String> {
        if text == "none" {
            return Ok(None);
        }
        V::read(text).map(Some)
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "none".to_owned(), V::show)
    }
}

/// Numbers with commas between.
impl<V: Value> Value for Vec<V> {
    fn takes() -> String {
        format!("{}, or several with commas", V::takes())
    }

    fn read(text: &str) -> Result<Vec<V>, String> {
        text.split(',').map(|it| V::read(it.trim())).collect()
    }

    fn show(&self) -> String {
        self.iter().map(V::show).collect::<Vec<_>>().join(",")
    }
}

impl Value for Outcome {
    fn takes() -> String {
        "an outcome".to_owned()
    }

    fn read(text: &str) -> Result<Outcome, String> {
        let found = Outcome::ALL.into_iter().find(|it| it.name() == text);
        found.ok_or_else(|| super::mistake::suggestion(text, Outcome::ALL.iter().map(|it| it.name())))
    }

    fn show(&self) -> String {
        self.name().to_owned()
    }
}

impl Value for Backoff {
    fn takes() -> String {
        "a back-off".to_owned()
    }

    /// A length of time, or any back-off that a file may have; a textbook curve has its jitter behind a blank.
    fn read(text: &str) -> Result<Backoff, String> {
        let otherwise = "such as `5s`, `exponential(1s, cap=60s)`, `exponential(1s, cap=60s) full` or `polly(500ms)`";
        let (curve, word) = match text.rsplit_once(' ') {
            Some((curve, word)) if word.chars().all(char::is_alphabetic) => (curve, word),
            _ => (text, "none"),
        };
        let jitter = jitter(word).map_err(|it| cure(it, otherwise))?;
        let written = brownout_scenarios::syntax::backoff::parse(curve)
            .map_err(|mut it| it.pop().map_or_else(|| otherwise.to_owned(), |it| cure(it, otherwise)))?;
        backoff(&written, 0..curve.len(), jitter).map_err(|it| {
            format!(
                "{}{}",
                it.message,
                it.help.map_or_else(String::new, |it| format!(": {it}"))
            )
        })
    }

    fn show(&self) -> String {
        let capped = |cap: &Span| match *cap {
            Span::MAX => String::new(),
            it => format!(", cap={it}"),
        };
        let Backoff::Curve { curve, jitter } = self else {
            return match self {
                Backoff::None => "none".to_owned(),
                Backoff::Finagle(it) => {
                    let shape = format!("{:?}", it.shape).to_lowercase();
                    format!("finagle_{shape}(start={}, max={})", it.start, it.max.show())
                }
                Backoff::Tower(it) => {
                    let jitter = it.jitter.as_f64();
                    format!("tower(min={}, max={}, jitter={jitter})", it.min, it.max.show())
                }
                other => format!("{other:?}"),
            };
        };
        let curve = match curve {
            Curve::Fixed(pause) => pause.to_string(),
            Curve::Linear { base, cap } => format!("linear({base}{})", capped(cap)),
            Curve::Exponential { base, factor, cap } => {
                format!("exponential({base}, factor={}{})", factor.as_f64(), capped(cap))
            }
        };
        match jitter {
            Jitter::None => curve,
            it => format!("{curve} {}", it.name()),
        }
    }
}

/// Makes an enum of words a [`Value`].
macro_rules! words {
    ($type:ty: $($word:literal => $value:pat => $make:expr),+ $(,)?) => {
        impl $crate::play::value::Value for $type {
            fn takes() -> String {
                [$(concat!("`", $word, "`")),+].join(" or ")
            }

            fn read(text: &str) -> Result<$type, String> {
                match text {
                    $( $word => Ok($make), )+
                    _ => Err($crate::play::mistake::suggestion(text, [$($word),+].into_iter())),
                }
            }

            fn show(&self) -> String {
                match self {
                    $( $value => $word.to_owned(), )+
                }
            }
        }
    };
}
pub(super) use words;

#[cfg(test)]
mod tests {
    use super::*;

    fn again<V: Value>(text: &str) -> String {
        V::read(text).unwrap_or_else(|it| panic!("{text}: {it}")).show()
    }

    #[test]
    fn values_are_written_as_in_files_and_read_back() {
        assert_eq!(again::<Span>("1500us"), "1500us");
        assert_eq!(again::<Span>("none"), "none");
        assert_eq!(again::<u32>("7"), "7");
        assert_eq!(again::<Option<u32>>("none"), "none");
        assert_eq!(again::<Vec<u32>>("5, 1,1"), "5,1,1");
        assert_eq!(again::<Share>("0.5"), "50%");
        assert_eq!(again::<Share>("12.5%"), "12.5%");
        assert_eq!(again::<Factor>("2"), "x2");
        assert_eq!(again::<Factor>("x1.5"), "x1.5");
        for text in [
            "5s",
            "exponential(1s, factor=2, cap=1m)",
            "exponential(1s, factor=2, cap=1m) full",
            "none",
        ] {
            assert_eq!(again::<Backoff>(text), text);
        }
        assert_eq!(
            again::<Backoff>("finagle_equal(start=5s, max=300s)"),
            "finagle_equal(start=5s, max=5m)"
        );
    }

    #[test]
    fn what_is_no_value_says_how_to_write_one() {
        assert!(Span::read("5").is_err() && u32::read("-1").is_err() && bool::read("yes").is_err());
        assert!(Share::read("half").is_err() && Backoff::read("exponential(").is_err());
        assert_eq!(Outcome::read("time_out").unwrap_err(), "did you mean `timeout`?");
    }
}
