//! The families, with the parameters that each takes.

/// A distribution's name, the parameters that need no name, and the ways to write it.
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) positional: &'static [&'static str],
    pub(super) keys: &'static [&'static str],
    pub(super) forms: &'static [&'static str],
}

pub(super) const FAMILIES: [Family; 13] = [
    Family {
        name: "constant",
        positional: &["value"],
        keys: &["value"],
        forms: &["constant(5ms)", "5ms"],
    },
    Family {
        name: "exponential",
        positional: &["mean"],
        keys: &["mean"],
        forms: &["exponential(mean=10ms)"],
    },
    Family {
        name: "uniform",
        positional: &["min", "max"],
        keys: &["min", "max"],
        forms: &["uniform(1ms, 5ms)"],
    },
    Family {
        name: "lognormal",
        positional: &[],
        keys: &["median", "mean", "cv", "sigma", "p99"],
        forms: &[
            "lognormal(median=4ms, p99=25ms)",
            "lognormal(mean=5ms, p99=25ms)",
            "lognormal(mean=5ms, cv=1.2)",
            "lognormal(median=4ms, cv=1.2)",
            "lognormal(median=4ms, sigma=0.8)",
            "lognormal(p50=4ms, p95=12ms)",
        ],
    },
    Family {
        name: "gamma",
        positional: &["mean", "cv"],
        keys: &["mean", "cv"],
        forms: &["gamma(mean=10ms, cv=0.5)"],
    },
    Family {
        name: "erlang",
        positional: &["mean", "k"],
        keys: &["mean", "k"],
        forms: &["erlang(mean=10ms, k=4)"],
    },
    Family {
        name: "hyperexponential",
        positional: &["mean", "cv"],
        keys: &["mean", "cv"],
        forms: &["hyperexponential(mean=10ms, cv=2)"],
    },
    Family {
        name: "pareto",
        positional: &["min", "alpha", "max"],
        keys: &["min", "alpha", "max"],
        forms: &["pareto(min=1ms, alpha=2.5)", "pareto(min=1ms, alpha=1.5, max=10s)"],
    },
    Family {
        name: "weibull",
        positional: &[],
        keys: &["shape", "scale", "mean", "cv"],
        forms: &["weibull(shape=0.7, scale=10ms)", "weibull(mean=10ms, cv=1.5)"],
    },
    Family {
        name: "shifted_exp",
        positional: &["min", "mean"],
        keys: &["min", "mean"],
        forms: &["shifted_exp(min=250us, mean=400us)"],
    },
    Family {
        name: "normal",
        positional: &["mean", "sd"],
        keys: &["mean", "sd"],
        forms: &["normal(mean=10ms, sd=2ms)"],
    },
    Family {
        name: "empirical",
        positional: &["file"],
        keys: &["file"],
        forms: &["empirical(\"file.csv\")"],
    },
    Family {
        name: "mix",
        positional: &[],
        keys: &[],
        forms: &["mix(90% 5ms, 10% lognormal(median=4ms, p99=25ms))"],
    },
];

pub(super) const KEY_FAMILIES: [Family; 2] = [
    Family {
        name: "zipf",
        positional: &["n", "s"],
        keys: &["n", "s"],
        forms: &["zipf(10000, 0.9)"],
    },
    Family {
        name: "uniform",
        positional: &["n"],
        keys: &["n"],
        forms: &["uniform(10000)"],
    },
];
