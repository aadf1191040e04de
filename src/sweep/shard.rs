//! A part of a sweep for one of several machines: which units are whose depends on their numbers alone.

use std::fmt;

use crate::exit::Failure;

/// The most parts; each gets a folder.
const MOST: u32 = 100_000;

/// One of several parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 1.
    pub index: u32,
    /// Of how many.
    pub of: u32,
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

/// The name of the variable that says how many parts there are, where the system itself does not.
pub const COUNT: &str = "BROWNOUT_SHARDS";

/// What systems call a job's place in its array: index, what it counts from, and how many there are.
const SYSTEMS: [(&str, &str, First, Option<&str>); 3] = [
    (
        "Slurm",
        "SLURM_ARRAY_TASK_ID",
        First::Variable("SLURM_ARRAY_TASK_MIN"),
        Some("SLURM_ARRAY_TASK_COUNT"),
    ),
    (
        "AWS Batch",
        "AWS_BATCH_JOB_ARRAY_INDEX",
        First::Number(0),
        Some("AWS_BATCH_JOB_ARRAY_SIZE"),
    ),
    ("Kubernetes", "JOB_COMPLETION_INDEX", First::Number(0), None),
];

/// What an index counts from.
enum First {
    Number(u32),
    Variable(&'static str),
}

impl Shard {
    /// From `3/16`, `auto` or `auto/16`; `variable` looks into the environment.
    pub fn parse(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Shard, Failure> {
        let wrong = || {
            Failure::usage(format!("`{text}` is no shard"))
                .help("write `3/16` for the third of 16 parts, or `auto` in a job of an array")
        };
        let number = |it: &str| it.trim().parse::<u32>().ok();
        let (index, of) = match text.split_once('/') {
            Some((index, of)) => (index, Some(number(of).ok_or_else(wrong)?)),
            None => (text, None),
        };
        let shard = if index.trim() == "auto" {
            automatic(of, variable)?
        } else {
            Shard {
                index: number(index).ok_or_else(wrong)?,
                of: of.ok_or_else(wrong)?,
            }
        };
        if shard.of == 0 || shard.of > MOST {
            return Err(Failure::usage(format!("there cannot be {} shards", shard.of))
                .help(format!("choose a number from 1 to {MOST}")));
        }
        if shard.index == 0 || shard.index > shard.of {
            return Err(
                Failure::usage(format!("there is no shard {} of {}", shard.index, shard.of))
                    .help(format!("shards count from 1: `1/{0}` to `{0}/{0}`", shard.of)),
            );
        }
        Ok(shard)
    }

    /// Whether a unit with this number is in this part. Neighbours go to different parts, so that parts take equally long though
    /// some regions of a study take longer than others.
    pub fn holds(self, number: u64) -> bool {
        number % u64::from(self.of) == u64::from(self.index - 1)
    }

    /// The name of its folder: digits enough for names to sort as numbers.
    pub fn folder(self) -> String {
        let digits = self.of.to_string().len();
        format!("{:0digits$}-of-{}", self.index, self.of)
    }
}

/// The place of this job in its array, as the system that started it says.
fn automatic(of: Option<u32>, variable: &dyn Fn(&str) -> Option<String>) -> Result<Shard, Failure> {
    for (system, index, first, count) in &SYSTEMS {
        let Some(text) = variable(index) else { continue };
        let number = |name: &str, text: &str| {
            text.trim()
                .parse::<u32>()
                .map_err(|_| Failure::usage(format!("`{name}` is `{text}`, which is no number")))
        };
        let place = number(index, &text)?;
        let first = match first {
            First::Number(it) => *it,
            First::Variable(name) => variable(name).map_or(Ok(1), |it| number(name, &it))?,
        };
        let of = match (of, count.and_then(|name| variable(name).map(|it| (name, it)))) {
            (Some(of), _) => of,
            (None, Some((name, it))) => number(name, &it)?,
            (None, None) => match variable(COUNT) {
                Some(it) => number(COUNT, &it)?,
                None => {
                    return Err(
                        Failure::usage(format!("{system} does not say how many jobs the array has"))
                            .help(format!("write `--shard auto/16`, or set `{COUNT}`")),
                    );
                }
            },
        };
        let index = place.checked_sub(first).and_then(|it| it.checked_add(1));
        let index =
            index.ok_or_else(|| Failure::usage(format!("the array index {place} is below the first one, {first}")))?;
        return Ok(Shard { index, of });
    }
    let names: Vec<&str> = SYSTEMS.iter().map(|it| it.1).collect();
    Err(Failure::usage("`--shard auto` works in a job of an array only")
        .help(format!("write `--shard 1/16`; `auto` looks for {}", names.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let variable = |name: &str| variables.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
        Shard::parse(text, &variable)
            .map(|it| it.to_string())
            .map_err(|it| it.message)
    }

    #[test]
    fn a_shard_is_given_or_found_in_the_environment() {
        assert_eq!(parse("3/16", &[]), Ok("3/16".to_owned()));
        let slurm = [
            ("SLURM_ARRAY_TASK_ID", "12"),
            ("SLURM_ARRAY_TASK_MIN", "10"),
            ("SLURM_ARRAY_TASK_COUNT", "4"),
        ];
        assert_eq!(parse("auto", &slurm), Ok("3/4".to_owned()));
        let batch = [("AWS_BATCH_JOB_ARRAY_INDEX", "0"), ("AWS_BATCH_JOB_ARRAY_SIZE", "8")];
        assert_eq!(parse("auto", &batch), Ok("1/8".to_owned()));
        assert_eq!(parse("auto/5", &[("JOB_COMPLETION_INDEX", "4")]), Ok("5/5".to_owned()));
        assert_eq!(
            parse("auto", &[("JOB_COMPLETION_INDEX", "4"), (COUNT, "6")]),
            Ok("5/6".to_owned())
        );
    }

    #[test]
    fn what_is_no_shard_says_so() {
        for wrong in ["", "3", "x/4", "3/x", "3/4/5", "-1/4", "1/"] {
            assert!(parse(wrong, &[]).unwrap_err().contains("is no shard"), "{wrong}");
        }
        for wrong in ["0/4", "5/4"] {
            assert!(parse(wrong, &[]).unwrap_err().contains("there is no shard"), "{wrong}");
        }
        for wrong in ["1/0", "1/100001"] {
            assert!(parse(wrong, &[]).unwrap_err().contains("there cannot be"), "{wrong}");
        }
        assert!(parse("auto", &[]).unwrap_err().contains("array only"));
        assert!(
            parse("auto", &[("JOB_COMPLETION_INDEX", "4")])
                .unwrap_err()
                .contains("how many")
        );
        assert!(
            parse("auto/4", &[("JOB_COMPLETION_INDEX", "4")])
                .unwrap_err()
                .contains("no shard 5")
        );
        assert!(
            parse("auto", &[("SLURM_ARRAY_TASK_ID", "x")])
                .unwrap_err()
                .contains("no number")
        );
    }

    #[test]
    fn every_unit_is_in_one_shard() {
        for of in 1..12 {
            for number in 0..100 {
                let holders = (1..=of)
                    .filter(|index| Shard { index: *index, of }.holds(number))
                    .count();
                assert_eq!(holders, 1);
            }
        }
    }
}
