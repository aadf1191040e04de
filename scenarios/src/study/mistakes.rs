//! One constructor for each kind of mistake that only a study can have.

use crate::diagnostics::codes::codes;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::document::Place;
use crate::spec::study::Method;
use crate::syntax::{SyntaxError, either, nearest};

codes! {
    STUDY:
    S0301 "the study's scenario is missing",
        "A study runs one scenario at many points. `scenario` names its file, relative to the study's own, or a shipped scenario.",
        "scenario = \"retry-strom.toml\"" => "scenario = \"retry-storm.toml\"";
    S0302 "no such setting",
        "An axis changes a setting of the scenario by its dotted path: the kind of table, its name, the field. Named tables have to be there; fields may be new.",
        "path = \"policy.app-to-db.timeuot\"" => "path = \"policy.app-to-db.timeout\"";
    S0303 "the values do not fit the method",
        "A grid and `zip` go through values one by one, so they need a list or a range with the number of levels. `random`, `lhs` and `sobol` draw from ranges, so they need ranges without one, and `points` in `[plan]`.",
        "[plan]\nmethod = \"lhs\"\npoints = 64\n[axis.load]\nvalues = \"linear(x0.5 .. x2, 9)\"" => "[plan]\nmethod = \"lhs\"\npoints = 64\n[axis.load]\nvalues = \"linear(x0.5 .. x2)\"";
    S0304 "axes of different lengths",
        "`zip` takes the first value of each axis, then the second of each, and so on, so all axes have the same number of values.",
        "[plan]\nmethod = \"zip\"\n[axis.a]\nvalues = [1, 2]\n[axis.b]\nvalues = [1, 2, 3]" => "[plan]\nmethod = \"zip\"\n[axis.a]\nvalues = [1, 2, 3]\n[axis.b]\nvalues = [1, 2, 3]";
    S0305 "no point is left",
        "Every point of the plan violates one of the constraints, so there is nothing to run.",
        "values = [\"3s\", \"5s\"]\nthat = \"axis.timeout <= 2s\"" => "values = [\"1s\", \"2s\", \"3s\"]\nthat = \"axis.timeout <= 2s\"";
    S0306 "something sets the same path",
        "Two axes, or an axis and `--set`, set the same path. Only one of them could hold, and the other would vary nothing.",
        "[axis.a]\npath = \"load.users.scale\"\n[axis.b]\npath = \"load.users.scale\"" => "[axis.a]\npath = \"load.users.scale\"\n[axis.b]\npath = \"policy.p.timeout\"";
    S0307 "the constraint does not fit the axes",
        "A constraint compares axes with quantities of their own kind, or with texts in single quotes where values are no quantities.",
        "that = \"axis.timeout <= 2\"" => "that = \"axis.timeout <= 2s\"";
    S0308 "the study has nothing of that name",
        "Constraints and charts speak of axes as `axis.NAME`, charts and goals of measures by their names.",
        "x = \"axis.laod\"" => "x = \"axis.load\"";
    S0309 "too many points",
        "Each point is run several times for each variant. So many would never end; a grid grows with the product of its axes.",
        "method = \"grid\"   # of six axes with 20 values each" => "method = \"lhs\"\npoints = 500";
    S0310 "the chart cannot be drawn",
        "A heatmap has an axis in each direction and a measure as its colour; lines have an axis to the right and a measure upwards, and a line for each value of `color`, an axis or `variant`.",
        "kind = \"heatmap\"\nx = \"axis.load\"\ny = \"p99\"" => "kind = \"heatmap\"\nx = \"axis.load\"\ny = \"axis.timeout\"\ncolor = \"p99\"";
    S0311 "the goal does not fit the measure",
        "A half-width is a percentage of the mean, or a quantity of the measure's own unit; of a measure that is yes or no it is in percentage points.",
        "until = \"halfwidth(p99) < 5/s\"" => "until = \"halfwidth(p99) < 5ms\"";
    S0312 "a study, not a scenario",
        "The file names a scenario, so it is a study: one scenario at many points. It is planned and run by `brownout sweep`.",
        "brownout run cliff.toml" => "brownout sweep run cliff.toml";
    L0171 "levels fall together",
        "Rounded to what the setting can be, some levels of the range are the same, so each is taken once.",
        "path = \"service.db.replicas\"\nvalues = \"linear(1 .. 3, 9)\"" => "path = \"service.db.replicas\"\nvalues = \"linear(1 .. 3, 3)\"";
    L0172 "the constraint leaves nothing out",
        "Every point of the plan fulfils it, so it may say something else than what is meant.",
        "values = [\"1s\", \"2s\"]\nthat = \"axis.timeout <= 20s\"" => "values = [\"1s\", \"2s\", \"30s\"]\nthat = \"axis.timeout <= 20s\"";
}

/// What there is instead.
fn there_are(names: &[&str]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!(
        "there {verb} {}",
        either(names.iter().copied()).replace(" or ", " and ")
    )
}

impl Diagnostics {
    /// The scenario that a study names is not there.
    pub(crate) fn scenario_missing(&mut self, at: Place, why: &str) {
        let mut why = why.to_owned();
        if let Some(first) = why.get(..1).map(str::to_lowercase) {
            why.replace_range(..1, &first);
        }
        self.report(&S0301, at, why.trim_end_matches('.').to_owned())
            .help("name a file, relative to the study's, or a shipped scenario (`brownout list`)");
    }

    /// A study where a scenario is wanted.
    pub(crate) fn is_a_study(&mut self, at: Place) {
        self.report(&S0312, at, "this file is a study, and no scenario")
            .help("`brownout sweep plan` shows its points, `brownout sweep run` runs them");
    }

    /// A path leads nowhere, from the part at `at` on.
    pub(crate) fn no_such_setting<'a>(
        &mut self,
        at: Place,
        message: String,
        word: &str,
        known: impl IntoIterator<Item = &'a str> + Clone,
    ) {
        let near = nearest(word, known.clone()).map(str::to_owned);
        let it = self.report(&S0302, at, message);
        let all: Vec<&str> = known.into_iter().collect();
        it.help = match near {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None if all.is_empty() || all.len() > 24 => None,
            None => Some(there_are(&all)),
        };
    }

    /// Values of a kind that the method cannot use.
    pub(crate) fn unfit_values(&mut self, at: Place, method: Method, what: &str, cure: &str) {
        let name = method.name();
        let needs = if method.draws() {
            format!("`{name}` draws its points from ranges, and this is {what}")
        } else {
            format!("`{name}` takes levels one by one, and this is {what}")
        };
        self.report(&S0303, at, needs).help(cure);
    }

    /// `points` where it is missing, or where nothing is drawn.
    pub(crate) fn unfit_points(&mut self, at: Place, message: String, cure: &str) {
        self.report(&S0303, at, message).help(cure);
    }

    /// Axes of `zip` that are not equally long.
    pub(crate) fn unequal_axes(&mut self, at: Place, (name, count): (&str, usize), first: (Place, &str, usize)) {
        let (place, other, wanted) = first;
        self.report(
            &S0304,
            at,
            format!("`{name}` has {count} values, but `{other}` has {wanted}"),
        )
        .also(place, format!("{wanted} values"))
        .help("give all axes the same number of values, or use `method = \"grid\"`");
    }

    /// All points are excluded; with the constraints that did it.
    pub(crate) fn no_point_left(&mut self, points: usize, by: &[(Place, String, usize)]) {
        let Some((at, ..)) = by.first() else { return };
        let parts: Vec<String> = by.iter().map(|it| format!("`{}` removes {}", it.1, it.2)).collect();
        let message = format!("no point of {points} is left: {}", parts.join(", "));
        let it = self.report(&S0305, *at, message);
        for (place, name, count) in &by[1..] {
            it.also(*place, format!("`{name}` removes {count}"));
        }
        it.help("widen the axes, or loosen a constraint");
    }

    /// Two that set one path.
    pub(crate) fn path_twice(&mut self, at: Place, path: &str, other: Option<(Place, &str)>) {
        match other {
            Some((first, name)) => self
                .report(&S0306, at, format!("`{path}` is what `axis.{name}` varies already"))
                .also(first, "here")
                .help("take it out of one of them, or put both paths into one axis"),
            None => self
                .report(
                    &S0306,
                    at,
                    format!("`--set {path}` wins over this axis, which varies nothing then"),
                )
                .help("leave out the `--set`, or the axis"),
        };
    }

    /// A mistake in a constraint.
    pub(crate) fn unfit_constraint(&mut self, at: Place, error: SyntaxError) {
        let it = self.report(&S0307, at.within(error.at), error.message);
        it.help = error.help;
    }

    /// An axis or a measure that is not there; `what` with its article.
    pub(crate) fn nothing_called<'a>(
        &mut self,
        at: Place,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str> + Clone,
    ) {
        let near = nearest(name, known.clone()).map(|it| format!("did you mean `{it}`?"));
        let all: Vec<&str> = known.into_iter().collect();
        let it = self.report(&S0308, at, format!("no {what} is called `{name}`"));
        it.help = near.or_else(|| (!all.is_empty()).then(|| there_are(&all)));
    }

    /// More points than anybody can run.
    pub(crate) fn too_many_points(&mut self, at: Place, message: String, cure: &str) {
        self.report(&S0309, at, message).help(cure);
    }

    /// A chart that makes no sense.
    pub(crate) fn unfit_chart(&mut self, at: Place, message: String, cure: &str) -> &mut Diagnostic {
        self.report(&S0310, at, message).help(cure)
    }

    /// A goal in the wrong unit.
    pub(crate) fn unfit_goal(&mut self, at: Place, message: String, cure: &str) {
        self.report(&S0311, at, message).help(cure);
    }

    /// A lint: levels that are the same.
    pub(crate) fn levels_together(&mut self, at: Place, asked: usize, left: usize) {
        self.report(&L0171, at, format!("of {asked} levels only {left} are different"))
            .help(format!("ask for {left}, or widen the range"));
    }

    /// A lint: a constraint without effect.
    pub(crate) fn leaves_nothing_out(&mut self, at: Place) {
        self.report(&L0172, at, "the constraint leaves no point out");
    }
}
