//! What a mechanism is told before it begins: a profile, settings by name, the seed.
//!
//! A player names each of its settings once, with [`Setup::set`]; that documents it and takes the user's value in. So the
//! list of settings that `brownout play MECHANISM` shows cannot differ from the settings there are.

use brownout_sim_core::policy::Invalid;
use brownout_sim_core::quantity::Factor;
use brownout_sim_core::rng::{Draw, Key, Purpose, Stream, Streams};

use super::mistake::{Mistake, suggestion};
use super::value::{Share, Value};

/// A setting as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name in files, so far as files have it.
    pub name: &'static str,
    /// Its value, written as in files.
    pub value: String,
    /// What it takes: "a length of time".
    pub takes: String,
}

/// What the user said before the script.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    like: Option<String>,
    sets: Vec<(String, String)>,
    used: Vec<bool>,
    seed: u64,
    settings: Vec<Setting>,
    profiles: Vec<&'static str>,
    mistake: Option<Mistake>,
    draws: bool,
}

impl Setup {
    /// `--like`, `--set` and `--seed`.
    pub fn new(like: Option<&str>, sets: &[(String, String)], seed: u64) -> Setup {
        Setup {
            like: like.map(str::to_owned),
            sets: sets.to_vec(),
            used: vec![false; sets.len()],
            seed,
            ..Setup::default()
        }
    }

    /// The settings that have been named, with the values in force.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The profiles there are.
    pub fn profiles(&self) -> &[&'static str] {
        &self.profiles
    }

    /// Whether chance plays a part.
    pub fn draws(&self) -> bool {
        self.draws
    }

    /// The settings to start from: those of the profile that was asked for, or the first.
    pub fn profile<T: Clone>(&mut self, profiles: &[(&'static str, T)]) -> T {
        self.profiles.extend(profiles.iter().map(|it| it.0));
        let Some(asked) = &self.like else {
            return profiles[0].1.clone();
        };
        match profiles.iter().find(|it| it.0 == asked.as_str()) {
            Some(found) => found.1.clone(),
            None => {
                let message = format!("no profile is called `{asked}`");
                let help = suggestion(asked, profiles.iter().map(|it| it.0));
                self.wrong(Mistake::new(message).help(help));
                profiles[0].1.clone()
            }
        }
    }

    /// Names a setting and takes in what the user wants it to be.
    pub fn set<V: Value>(&mut self, name: &'static str, it: &mut V) {
        for at in 0..self.sets.len() {
            if self.sets[at].0 != name {
                continue;
            }
            self.used[at] = true;
            let text = &self.sets[at].1;
            match V::read(text) {
                Ok(value) => *it = value,
                Err(help) => {
                    let message = format!("`--set {name}={text}`: {} is wanted", V::takes());
                    self.wrong(Mistake::new(message).help(help));
                }
            }
        }
        self.settings.push(Setting {
            name,
            value: it.show(),
            takes: V::takes(),
        });
    }

    /// The same for a factor that is a share, and so is written in per cent.
    pub fn share(&mut self, name: &'static str, it: &mut Factor) {
        let mut share = Share(*it);
        self.set(name, &mut share);
        *it = share.0;
    }

    fn wrong(&mut self, mistake: Mistake) {
        self.mistake.get_or_insert(mistake);
    }

    /// All settings have been named: fails if one was wrong, if one is unknown, or if they contradict each other.
    pub fn ready(&mut self, check: Result<(), Invalid>) -> Result<(), Mistake> {
        if let Some(mistake) = self.mistake.take() {
            return Err(mistake);
        }
        if let (Some(like), true) = (&self.like, self.profiles.is_empty()) {
            let message = format!("there is no profile `{like}`: this mechanism has one set of defaults");
            return Err(Mistake::new(message).help("leave `--like` away"));
        }
        if let Some(at) = self.used.iter().position(|it| !it) {
            let name = &self.sets[at].0;
            let message = format!("no setting is called `{name}`");
            let help = suggestion(name, self.settings.iter().map(|it| it.name));
            return Err(Mistake::new(message).help(help));
        }
        check.map_err(|Invalid(message)| Mistake::new(message).help("change it with `--set`"))
    }

    /// The mechanism's own chance, and the setting `draw`: a number from 0 to below 1 that every draw is to be.
    pub fn luck(&mut self) -> Luck {
        self.draws = true;
        let mut draw = Fixed(None);
        self.set("draw", &mut draw);
        Luck {
            fixed: draw.0,
            stream: Streams::new(self.seed).stream(Purpose::Policy, Key::of("play")),
        }
    }
}

/// Where a mechanism's chance comes from.
#[derive(Clone, Debug)]
pub struct Luck {
    fixed: Option<f64>,
    stream: Stream,
}

impl Draw for Luck {
    fn bits(&mut self) -> u64 {
        match self.fixed {
            Some(share) => (share * 18_446_744_073_709_551_616.0) as u64,
            None => self.stream.bits(),
        }
    }

    fn below(&mut self, n: u64) -> u64 {
        match self.fixed {
            Some(share) => (share * n as f64) as u64,
            None => self.stream.below(n),
        }
    }
}

/// What every draw is, if it is not random.
struct Fixed(Option<f64>);

impl Value for Fixed {
    fn takes() -> String {
        "`random` or a number from 0 to below 1".to_owned()
    }

    fn read(text: &str) -> Result<Fixed, String> {
        if text == "random" {
            return Ok(Fixed(None));
        }
        match text.parse::<f64>() {
            Ok(share) if (0.0..1.0).contains(&share) => Ok(Fixed(Some(share))),
            _ => Err("such as `0.5`: every draw falls in the middle".to_owned()),
        }
    }

    fn show(&self) -> String {
        self.0.map_or_else(|| "random".to_owned(), |it| it.to_string())
    }
}

/// Names settings that are called as the fields of a struct.
macro_rules! settings {
    ($setup:expr, $it:expr; $($how:ident $field:ident),* $(,)?) => {
        $( settings!(@ $how $setup, $it, $field); )*
    };
    (@ value $setup:expr, $it:expr, $field:ident) => { $setup.set(stringify!($field), &mut $it.$field) };
    (@ share $setup:expr, $it:expr, $field:ident) => { $setup.share(stringify!($field), &mut $it.$field) };
}
pub(super) use settings;

#[cfg(test)]
mod tests {
    use super::*;
    use brownout_sim_core::time::Span;

    fn setup(like: Option<&str>, sets: &[(&str, &str)]) -> Setup {
        let sets: Vec<_> = sets.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect();
        Setup::new(like, &sets, 1)
    }

    fn wait(setup: &mut Setup) -> Result<Span, Mistake> {
        let mut wait = setup.profile(&[("quick", Span::from_secs(1)), ("patient", Span::from_secs(60))]);
        setup.set("wait", &mut wait);
        setup.ready(Ok(()))?;
        Ok(wait)
    }

    #[test]
    fn a_setting_comes_from_the_user_or_else_from_the_profile() {
        assert_eq!(wait(&mut setup(None, &[])), Ok(Span::from_secs(1)));
        assert_eq!(wait(&mut setup(Some("patient"), &[])), Ok(Span::from_secs(60)));
        let mut both = setup(Some("patient"), &[("wait", "250us")]);
        assert_eq!(wait(&mut both), Ok(Span::from_micros(250)));
        assert_eq!(both.settings()[0].value, "250us");
    }

    #[test]
    fn mistakes_name_the_cure() {
        let of = |mut setup: Setup| wait(&mut setup).unwrap_err().render("", false);
        let all = [
            of(setup(Some("pateint"), &[])),
            of(setup(None, &[("wiat", "1s")])),
            of(setup(None, &[("wait", "soon")])),
        ];
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn a_fixed_draw_is_the_share_it_says() {
        let mut luck = setup(None, &[("draw", "0.5")]).luck();
        assert_eq!((luck.unit(), luck.below(10)), (0.5, 5));
        let (mut one, mut same) = (setup(None, &[]).luck(), setup(None, &[]).luck());
        assert_eq!(one.bits(), same.bits());
        assert_ne!(one.bits(), Setup::new(None, &[], 2).luck().bits());
    }
}
