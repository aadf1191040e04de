//! The numbers in which variants are compared: those that always matter, and the file's own measures.

use brownout_scenarios::Compiled;
use brownout_scenarios::syntax::units::{Quantity, quantity};
use brownout_sim_core::ids::LoadId;
use brownout_sim_core::measure::{Better, Metric, Named, Target, Value, Worth};
use brownout_viz::number::Unit;

use crate::exit::Failure;
use crate::input::nearest;
use crate::report::describe::unit_of;

/// A number in which variants are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Its name, as `--margin` and `[measure]` write it.
    pub name: String,
    /// Its key in the JSON: the name with its unit.
    pub key: String,
    /// What tables call it.
    pub heading: String,
    /// How to show it.
    pub unit: Unit,
    /// Whether it is a yes or no for each run.
    pub yes_or_no: bool,
    /// Which way it is better.
    pub better: Better,
    /// What is too little to matter.
    pub margin: Option<f64>,
    /// Whether `--replications auto` goes on for its sake.
    pub headline: bool,
}

/// All figures of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// In the order of the tables.
    pub rows: Vec<Figure>,
    /// By variant, then figure: what it is there; `None` where the variant has no such measure.
    pub values: Vec<Vec<Option<Value>>>,
}

/// The figures that are there without being asked for: a metric or a named expression of all requests.
const USUAL: [(&str, &str, bool); 10] = [
    ("goodput_ratio", "goodput ratio", true),
    ("success_ratio", "success ratio", false),
    ("p99", "p99 ok", false),
    ("amplification", "attempts per call", false),
    ("recovery_time", "recovery time", true),
    ("metastable", "metastable", true),
    ("collapsed", "collapsed", true),
    ("time_below_objective", "time below objective", false),
    ("cost", "cost", false),
    ("money_lost", "money lost", true),
];

impl Figures {
    /// What these variants are compared in. A measure of the file takes the place of the usual figure of its name.
    pub fn of(variants: &[Compiled]) -> Figures {
        let mut figures = Figures {
            rows: Vec::new(),
            values: vec![Vec::new(); variants.len()],
        };
        let own: Vec<&str> = names_of_measures(variants);
        for (name, heading, headline) in USUAL.into_iter().filter(|it| !own.contains(&it.0)) {
            let values: Vec<Option<Value>> = variants.iter().map(|it| usual(name, it)).collect();
            let currency = variants.iter().find_map(|it| it.currency.as_deref());
            let heading = match (name, currency) {
                ("cost" | "money_lost", Some(currency)) => format!("{heading}, {currency}"),
                _ => heading.to_owned(),
            };
            figures.add(name, heading, headline, values);
        }
        for name in own {
            let measure = |it: &Compiled| it.measures.iter().find(|it| it.name == name).map(|it| it.value.clone());
            figures.add(
                name,
                name.replace('_', " "),
                true,
                variants.iter().map(measure).collect(),
            );
        }
        figures
    }

    /// Adds a figure if any variant has it.
    fn add(&mut self, name: &str, heading: String, headline: bool, values: Vec<Option<Value>>) {
        let Some(value) = values.iter().flatten().next() else {
            return;
        };
        let unit = unit_of(value).unwrap_or(Unit::Plain);
        let in_seconds = unit == Unit::Seconds && !name.ends_with("_s");
        self.rows.push(Figure {
            name: name.to_owned(),
            key: format!("{name}{}", if in_seconds { "_s" } else { "" }),
            heading,
            unit,
            yes_or_no: value.is_yes_or_no(),
            better: value.better(),
            margin: None,
            headline,
        });
        for (of, value) in self.values.iter_mut().zip(values) {
            of.push(value);
        }
    }

    /// Keeps only those with these names, in this order; all if there are no names.
    pub fn choose(&mut self, names: &[String]) -> Result<(), Failure> {
        if names.is_empty() {
            return Ok(());
        }
        let mut chosen = Vec::new();
        for name in names {
            let at = self.find(name.trim())?;
            if chosen.contains(&at) {
                return Err(Failure::usage(format!("the figure `{}` is named twice", name.trim())));
            }
            chosen.push(at);
        }
        self.rows = chosen.iter().map(|at| self.rows[*at].clone()).collect();
        for values in &mut self.values {
            *values = chosen.iter().map(|at| values[*at].clone()).collect();
        }
        Ok(())
    }

    /// The row of the figure with this name or key.
    fn find(&self, name: &str) -> Result<usize, Failure> {
        if let Some(at) = self.rows.iter().position(|it| it.name == name || it.key == name) {
            return Ok(at);
        }
        let names: Vec<&str> = self.rows.iter().map(|it| it.name.as_str()).collect();
        let failure = Failure::usage(format!("the variants are not compared in `{name}`"));
        Err(match nearest(name, names.iter().copied()) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help(format!("they are in {}", names.join(", "))),
        })
    }

    /// Takes a margin: `goodput_ratio=1%`.
    pub fn set_margin(&mut self, name: &str, text: &str) -> Result<(), Failure> {
        let at = self.find(name)?;
        let figure = &mut self.rows[at];
        let wrong = |message: String| Failure::usage(format!("the margin of `{name}` is {message}"));
        let read = quantity(text).map_err(|why| wrong(format!("wrong: {}", why.message)))?;
        let (margin, example) = match (&read, figure.unit) {
            (Quantity::Span(it), Unit::Seconds) => (Some(it.as_secs_f64()), ""),
            (Quantity::Rate(it), Unit::PerSecond) => (Some(it.per_second()), ""),
            (Quantity::Ratio(it), Unit::Ratio | Unit::Plain) => (Some(it.as_f64()), ""),
            (Quantity::Number(it), Unit::Ratio | Unit::Count | Unit::Plain) => (Some(it.as_f64()), ""),
            (Quantity::Money(it), Unit::Plain) => (Some(it.nano as f64 / 1e9), ""),
            (_, Unit::Seconds) => (None, "30s"),
            (_, Unit::PerSecond) => (None, "10/s"),
            (_, Unit::Ratio) => (None, "1%"),
            (_, Unit::Count | Unit::Plain) => (None, "0.1"),
        };
        let Some(margin) = margin else {
            return Err(wrong(format!("{}, which it does not count", read.noun()))
                .help(format!("write it like `--margin {name}={example}`")));
        };
        if margin <= 0.0 {
            return Err(wrong("not above zero".to_owned()).help("a margin is what is too little to matter"));
        }
        figure.margin = Some(margin);
        Ok(())
    }
}

/// The names of all measures, those of the first variant first.
fn names_of_measures(variants: &[Compiled]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for measure in variants.iter().flat_map(|it| &it.measures) {
        if !names.contains(&measure.name.as_str()) {
            names.push(&measure.name);
        }
    }
    names
}

/// A usual figure of all requests, if it makes sense in this variant.
/// The value of a figure in one variant: its own measure of that name, else the usual one; `None` if it has neither.
pub fn value_of(name: &str, compiled: &Compiled) -> Option<Value> {
    match compiled.measures.iter().find(|it| it.name == name) {
        Some(measure) => Some(measure.value.clone()),
        None if USUAL.iter().any(|it| it.0 == name) => usual(name, compiled),
        None => None,
    }
}

fn usual(name: &str, compiled: &Compiled) -> Option<Value> {
    let model = &compiled.model;
    if name == "cost" && compiled.currency.is_none() {
        return None;
    }
    let Some(named) = Named::find(name) else {
        let metric = Metric::parse(name).expect("the usual figures are metrics or named expressions");
        return Some(Value::Metric(metric, Target::Everything));
    };
    let worth = worth(compiled);
    let possible = (!named.needs_fault || !model.faults.is_empty()) && (name != "money_lost" || !worth.is_empty());
    possible.then(|| named.value(&Target::Everything, &worth))
}

fn worth(compiled: &Compiled) -> Vec<Worth> {
    let loads = compiled.model.loads.iter().zip(&compiled.worth).enumerate();
    let of = |(row, (load, each)): (usize, (&brownout_sim_core::model::Load, &Option<f64>))| {
        let entries = (0..load.mix.len()).map(|item| (LoadId::from_index(row), item as u16));
        each.map(|each| Worth {
            entries: entries.collect(),
            each,
        })
    };
    loads.filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::compiled;

    #[test]
    fn the_files_own_measures_come_after_the_usual_ones() {
        let figures = Figures::of(&[compiled(), compiled()]);
        let names: Vec<&str> = figures.rows.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names[..4], ["goodput_ratio", "success_ratio", "p99", "amplification"]);
        let own: Vec<String> = compiled().measures.iter().map(|it| it.name.clone()).collect();
        assert!(
            !own.is_empty() && names.ends_with(&own.iter().map(String::as_str).collect::<Vec<_>>()),
            "{names:?}"
        );
        assert!(
            !names.contains(&"cost") && !names.contains(&"money_lost"),
            "nothing has a price"
        );
        assert!(figures.values.iter().all(|it| it.len() == names.len()));
    }

    #[test]
    fn what_nothing_is_worth_or_no_fault_asks_for_is_left_out() {
        let mut calm = compiled();
        calm.worth = vec![Some(0.5)];
        let with_worth = Figures::of(&[calm]);
        assert!(with_worth.rows.iter().any(|it| it.name == "money_lost"));
    }

    #[test]
    fn figures_are_chosen_by_name_and_stand_in_that_order() {
        let mut figures = Figures::of(&[compiled()]);
        figures
            .choose(&["p99_s".to_owned(), " goodput_ratio".to_owned()])
            .expect("there are such figures");
        let names: Vec<&str> = figures.rows.iter().map(|it| it.name.as_str()).collect();
        assert_eq!((names, figures.values[0].len()), (vec!["p99", "goodput_ratio"], 2));
        let refused = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
            Figures::of(&[compiled()]).choose(&names).unwrap_err().to_string()
        };
        assert!(refused(&["p99", "p99"]).contains("named twice"));
        assert!(refused(&["goodput_ration"]).contains("not compared in `goodput_ration`"));
    }

    #[test]
    fn a_margin_has_the_unit_of_its_figure() {
        let mut figures = Figures::of(&[compiled()]);
        figures.set_margin("goodput_ratio", "1%").unwrap();
        figures.set_margin("p99_s", "30ms").unwrap();
        assert_eq!(
            (figures.rows[0].margin, figures.rows[2].margin),
            (Some(0.01), Some(0.03))
        );
        let refused = |name: &str, text: &str| figures.clone().set_margin(name, text).unwrap_err().to_string();
        insta::assert_snapshot!(
            [
                refused("goodput_ration", "1%"),
                refused("p99", "1%"),
                refused("p99", "soon"),
                refused("goodput_ratio", "0%"),
            ]
            .join("\n")
        );
    }
}
