use super::*;
use crate::syntax::testing::{check_places, table};
use proptest::prelude::*;

#[test]
fn every_family_is_read_in_every_way_people_know_it() {
    let all: Vec<&str> = forms().collect();
    insta::assert_snapshot!(table(&all, parse), @r#"
constant(5ms) => Constant(Span(5000000))
5ms => Constant(Span(5000000))
exponential(mean=10ms) => Exponential { mean: Span(10000000) }
uniform(1ms, 5ms) => Uniform { min: Span(1000000), max: Span(5000000) }
lognormal(median=4ms, p99=25ms) => Lognormal { location: Median(Span(4000000)), spread: Quantile(Level(990000), Span(25000000)) }
lognormal(mean=5ms, p99=25ms) => Lognormal { location: Mean(Span(5000000)), spread: Quantile(Level(990000), Span(25000000)) }
lognormal(mean=5ms, cv=1.2) => Lognormal { location: Mean(Span(5000000)), spread: Cv(Decimal { mantissa: 12, decimals: 1 }) }
lognormal(median=4ms, cv=1.2) => Lognormal { location: Median(Span(4000000)), spread: Cv(Decimal { mantissa: 12, decimals: 1 }) }
lognormal(median=4ms, sigma=0.8) => Lognormal { location: Median(Span(4000000)), spread: Sigma(Decimal { mantissa: 8, decimals: 1 }) }
lognormal(p50=4ms, p95=12ms) => Lognormal { location: Median(Span(4000000)), spread: Quantile(Level(950000), Span(12000000)) }
gamma(mean=10ms, cv=0.5) => Gamma { mean: Span(10000000), cv: Decimal { mantissa: 5, decimals: 1 } }
erlang(mean=10ms, k=4) => Erlang { mean: Span(10000000), k: 4 }
hyperexponential(mean=10ms, cv=2) => Hyperexponential { mean: Span(10000000), cv: Decimal { mantissa: 2, decimals: 0 } }
pareto(min=1ms, alpha=2.5) => Pareto { min: Span(1000000), alpha: Decimal { mantissa: 25, decimals: 1 }, max: None }
pareto(min=1ms, alpha=1.5, max=10s) => Pareto { min: Span(1000000), alpha: Decimal { mantissa: 15, decimals: 1 }, max: Some(Span(10000000000)) }
weibull(shape=0.7, scale=10ms) => Weibull { shape: Decimal { mantissa: 7, decimals: 1 }, scale: Span(10000000) }
weibull(mean=10ms, cv=1.5) => WeibullMeanCv { mean: Span(10000000), cv: Decimal { mantissa: 15, decimals: 1 } }
shifted_exp(min=250us, mean=400us) => ShiftedExp { min: Span(250000), mean: Span(400000) }
normal(mean=10ms, sd=2ms) => Normal { mean: Span(10000000), sd: Span(2000000) }
empirical("file.csv") => Empirical { file: Placed { it: "file.csv", at: 10..20 } }
mix(90% 5ms, 10% lognormal(median=4ms, p99=25ms)) => Mix([(Ratio(900000000000), Constant(Span(5000000))), (Ratio(100000000000), Lognormal { location: Median(Span(4000000)), spread: Quantile(Level(990000), Span(25000000)) })])
"#);
    let more = [
        "0s",
        "exponential(10ms)",
        "uniform( min = 1ms , max = 5ms )",
        "lognormal(p99=25ms, median=4ms)",
        "lognormal(p95=12ms, cv=0.5)",
        "lognormal(median=4ms, p05=1ms)",
        "lognormal(p99=25ms, p50=4ms)",
        "gamma(10ms, 0.5)",
        "pareto(1ms, 2.5)",
        "empirical('a b.csv')",
        "mix(50% mix(100% 1ms), 25% exponential(2ms), 25% empirical(\"x\"))",
        "mix(33.3333333333% 1ms, 66.6666666667% 2ms,)",
    ];
    insta::assert_snapshot!(table(&more, parse), @r#"
0s => Constant(Span(0))
exponential(10ms) => Exponential { mean: Span(10000000) }
uniform( min = 1ms , max = 5ms ) => Uniform { min: Span(1000000), max: Span(5000000) }
lognormal(p99=25ms, median=4ms) => Lognormal { location: Median(Span(4000000)), spread: Quantile(Level(990000), Span(25000000)) }
lognormal(p95=12ms, cv=0.5) => Lognormal { location: Quantile(Level(950000), Span(12000000)), spread: Cv(Decimal { mantissa: 5, decimals: 1 }) }
lognormal(median=4ms, p05=1ms) => Lognormal { location: Median(Span(4000000)), spread: Quantile(Level(50000), Span(1000000)) }
lognormal(p99=25ms, p50=4ms) => Lognormal { location: Median(Span(4000000)), spread: Quantile(Level(990000), Span(25000000)) }
gamma(10ms, 0.5) => Gamma { mean: Span(10000000), cv: Decimal { mantissa: 5, decimals: 1 } }
pareto(1ms, 2.5) => Pareto { min: Span(1000000), alpha: Decimal { mantissa: 25, decimals: 1 }, max: None }
empirical('a b.csv') => Empirical { file: Placed { it: "a b.csv", at: 10..19 } }
mix(50% mix(100% 1ms), 25% exponential(2ms), 25% empirical("x")) => Mix([(Ratio(500000000000), Mix([(Ratio(1000000000000), Constant(Span(1000000)))])), (Ratio(250000000000), Exponential { mean: Span(2000000) }), (Ratio(250000000000), Empirical { file: Placed { it: "x", at: 59..62 } })])
mix(33.3333333333% 1ms, 66.6666666667% 2ms,) => Mix([(Ratio(333333333333), Constant(Span(1000000))), (Ratio(666666666667), Constant(Span(2000000)))])
"#);
    insta::assert_snapshot!(table(&["zipf(10000, 0.9)", "zipf(n=5, s=1)", "zipf(5, 0)", "uniform(7)", "zipf(5)", "zipf(0, 1)", "zipf(5.5, x)", "zip(1, 1)", "100", "exponential(1ms)"], keys), @r#"
zipf(10000, 0.9) => Zipf { n: 10000, s: Decimal { mantissa: 9, decimals: 1 } }
zipf(n=5, s=1) => Zipf { n: 5, s: Decimal { mantissa: 1, decimals: 0 } }
zipf(5, 0) => Zipf { n: 5, s: Decimal { mantissa: 0, decimals: 0 } }
uniform(7) => Uniform { n: 7 }
[zipf(5)]: `zipf` lacks `s` (write `zipf(10000, 0.9)`)
zipf([0], 1): there must be at least 1 key
zipf([5.5], x): expected a whole number, found `5.5`
zipf(5.5, [x]): expected a number, found `x` (write it like `1.5`)
[zip](1, 1): no distribution of keys is called `zip` (did you mean `zipf`?)
[100]: expected a distribution of keys, found `100` (write `zipf(10000, 0.9)` or `uniform(10000)`)
[exponential](1ms): no distribution of keys is called `exponential` (there are `zipf` and `uniform`)
"#);
}

#[test]
fn mistakes_name_the_accepted_combinations() {
    let texts = [
        "",
        "200",
        "5",
        "exponential",
        "exponential()",
        "exponential(10)",
        "exponential(mean=0s)",
        "exponential(mean=1ms, mean=2ms)",
        "exponential(rate=5/s)",
        "exponetial(5ms)",
        "Exponential(5ms)",
        "exp(5ms)",
        "gauss(mean=1ms, sd=1ms)",
        "frobnicate(1)",
        "loremipsum",
        "lognormal(4ms, 25ms)",
        "lognormal(median=4ms)",
        "lognormal(median=4ms, mean=5ms)",
        "lognormal(median=4ms, p99=3ms)",
        "lognormal(median=4ms, p50=4ms)",
        "lognormal(median=4ms, p99=25ms, cv=1)",
        "lognormal(p95=10ms, p99=10ms)",
        "lognormal(median=4, p99=25)",
        "lognormal(median=4ms, p9=25ms)",
        "lognormal(median=4ms, cv=0)",
        "uniform(5ms, 1ms)",
        "uniform(1ms)",
        "uniform(1ms, 2ms, 3ms)",
        "uniform(min=1ms, 3ms)",
        "gamma(mean=10ms)",
        "hyperexponential(mean=10ms, cv=0.5)",
        "erlang(mean=10ms, k=0)",
        "erlang(mean=10ms, k=1.5)",
        "erlang(mean=10ms, k=99999999999)",
        "pareto(min=1ms)",
        "pareto(min=5ms, alpha=2, max=1ms)",
        "weibull(shape=1, mean=1ms)",
        "weibull(shape=1, scale=5)",
        "shifted_exp(min=4ms, mean=4ms)",
        "normal(mean=nan, sd=-1ms)",
        "empirical(file.csv)",
        "empirical(\"\")",
        "empirical(\"x",
        "mix()",
        "mix(90% 5ms, 20% 1ms)",
        "mix(5ms, 10% 1ms)",
        "mix(0% 5ms, 100% 1ms)",
        "mix(0.9 5ms, 10% 1)",
        "mix(a=90% 5ms)",
        "mix(60% exp(1ms), 40% gamma(1ms))",
        "uniform(1ms 5ms)",
        "exponential(10ms",
        "exponential(10ms))",
        "exponential(,)",
        "exponential(mean=)",
        "exponential(uniform(1ms, 2ms))",
        "\"5ms\"",
        "5ms 6ms",
        "(5ms)",
        "mix(mix(mix(mix(mix(mix(mix(mix(mix(mix(mix(mix(mix(mix(mix(mix(mix(mix(",
    ];
    insta::assert_snapshot!(table(&texts, parse), @r#"
[]: expected a distribution, found nothing (write a duration, such as `5ms`, or a distribution, such as `exponential(mean=10ms)`)
[200]: `200` has no unit (write `200ms` or `200s`)
[5]: `5` has no unit (write `5ms` or `5s`)
[exponential]: `exponential` has no parameters here (write `exponential(mean=10ms)`)
[exponential()]: `exponential` lacks `mean` (write `exponential(mean=10ms)`)
exponential([10]): `10` has no unit (write `10ms` or `10s`)
exponential(mean=[0s]): a duration of zero makes no sense here
exponential(mean=1ms, [mean=2ms]): `mean` is given twice
exponential([rate]=5/s): `exponential` has no parameter `rate` (it has `mean`)
[exponetial](5ms): no distribution is called `exponetial` (did you mean `exponential`?)
[Exponential](5ms): no distribution is called `Exponential` (did you mean `exponential`?)
[exp](5ms): no distribution is called `exp` (did you mean `exponential`?)
[gauss](mean=1ms, sd=1ms): no distribution is called `gauss` (did you mean `normal`?)
[frobnicate](1): no distribution is called `frobnicate` (there are `constant`, `exponential`, `uniform`, `lognormal`, `gamma`, `erlang`, `hyperexponential`, `pareto`, `weibull`, `shifted_exp`, `normal`, `empirical` and `mix`)
[loremipsum]: expected a distribution, found `loremipsum` (write a duration, such as `5ms`, or a distribution, such as `exponential(mean=10ms)`)
lognormal([4ms], 25ms): the parameters of `lognormal` have names (write `median=4ms`)
lognormal(4ms, [25ms]): the parameters of `lognormal` have names (write `median=25ms`)
[lognormal(median=4ms)]: `lognormal` cannot be made from `median` (write `lognormal(median=4ms, p99=25ms)`, `lognormal(mean=5ms, p99=25ms)`, `lognormal(mean=5ms, cv=1.2)`, `lognormal(median=4ms, cv=1.2)`, `lognormal(median=4ms, sigma=0.8)` or `lognormal(p50=4ms, p95=12ms)`)
[lognormal(median=4ms, mean=5ms)]: `lognormal` cannot be made from `median` and `mean` (write `lognormal(median=4ms, p99=25ms)`, `lognormal(mean=5ms, p99=25ms)`, `lognormal(mean=5ms, cv=1.2)`, `lognormal(median=4ms, cv=1.2)`, `lognormal(median=4ms, sigma=0.8)` or `lognormal(p50=4ms, p95=12ms)`)
lognormal(median=4ms, p99=[3ms]): `p99` must be above the median, 4ms
lognormal(median=4ms, p50=[4ms]): `p50` is the median: it says nothing about the width
[lognormal(median=4ms, p99=25ms, cv=1)]: `lognormal` cannot be made from `median`, `p99` and `cv` (write `lognormal(median=4ms, p99=25ms)`, `lognormal(mean=5ms, p99=25ms)`, `lognormal(mean=5ms, cv=1.2)`, `lognormal(median=4ms, cv=1.2)`, `lognormal(median=4ms, sigma=0.8)` or `lognormal(p50=4ms, p95=12ms)`)
lognormal(p95=10ms, p99=[10ms]): `p99` must be above p95, 10ms
lognormal(median=4, p99=[25]): `25` has no unit (write `25ms` or `25s`)
lognormal(median=[4], p99=25): `4` has no unit (write `4ms` or `4s`)
lognormal(median=4ms, [p9]=25ms): `lognormal` has no parameter `p9` (did you mean `p99`?)
lognormal(median=4ms, cv=[0]): `cv` must be above zero
uniform(5ms, [1ms]): `max` must be above `min`, 5ms
[uniform(1ms)]: `uniform` lacks `max` (write `uniform(1ms, 5ms)`)
uniform(1ms, 2ms, [3ms]): `uniform` takes no more parameters without a name
uniform(min=1ms, [3ms]): a parameter without a name follows one with a name (name it, or put it first)
[gamma(mean=10ms)]: `gamma` lacks `cv` (write `gamma(mean=10ms, cv=0.5)`)
hyperexponential(mean=10ms, cv=[0.5]): `cv` of a hyperexponential is at least 1 (for less variation use `gamma` or `erlang`)
erlang(mean=10ms, k=[0]): `k` is between 1 and 4294967295
erlang(mean=10ms, k=[1.5]): expected a whole number, found `1.5`
erlang(mean=10ms, k=[99999999999]): `k` is between 1 and 4294967295
[pareto(min=1ms)]: `pareto` cannot be made from `min` (write `pareto(min=1ms, alpha=2.5)` or `pareto(min=1ms, alpha=1.5, max=10s)`)
pareto(min=5ms, alpha=2, max=[1ms]): `max` must be above `min`, 5ms
[weibull(shape=1, mean=1ms)]: `weibull` cannot be made from `shape` and `mean` (write `weibull(shape=0.7, scale=10ms)` or `weibull(mean=10ms, cv=1.5)`)
weibull(shape=1, scale=[5]): `5` has no unit (write `5ms` or `5s`)
shifted_exp(min=4ms, mean=[4ms]): `mean` must be above `min`, 4ms
normal(mean=[nan], sd=-1ms): a duration is a finite number, not `nan`
normal(mean=nan, sd=[-1ms]): a duration cannot be negative
empirical([file.csv]): the name of a file stands in quotes (write `empirical('file.csv')`)
empirical([""]): the name of a file stands in quotes (write `empirical('file.csv')`)
empirical(["x]: this quote has no end
[mix()]: the weights of this `mix` sum to 0%, not to 100% (write `mix(90% 5ms, 10% 50ms)`)
[mix(90% 5ms, 20% 1ms)]: the weights of this `mix` sum to 110%, not to 100%
mix([5ms], 10% 1ms): this part of `mix` has no weight (write `10% 5ms`)
mix([0%] 5ms, 100% 1ms): a weight of zero makes no sense here
mix([0.9] 5ms, 10% 1): `0.9` has no unit (write `90%`, or `0.9%` if that is meant)
mix(0.9 5ms, 10% [1]): `1` has no unit (write `1ms` or `1s`)
mix([a]=90% 5ms): the parts of `mix` have no names (write `90% 5ms`)
mix(60% [exp](1ms), 40% gamma(1ms)): no distribution is called `exp` (did you mean `exponential`?)
mix(60% exp(1ms), 40% [gamma(1ms)]): `gamma` lacks `cv` (write `gamma(mean=10ms, cv=0.5)`)
uniform([1ms 5ms]): expected `,` after `1ms`
exponential(10ms[]: expected `,` or `)`, found the end
exponential(10ms)[)]: expected nothing after `exponential(...)`, found `)`
exponential([,]): expected a value, found `,`
exponential(mean=[)]: expected a value, found `)`
exponential([uniform(1ms, 2ms)]): `mean` is a plain value, not `uniform(...)`
["5ms"]: expected a distribution, found a text in quotes (write a duration, such as `5ms`, or a distribution, such as `exponential(mean=10ms)`)
5ms [6ms]: expected nothing after `5ms`, found `6ms`
[(]5ms): expected a value, found `(`
mix(mix(mix(mix(mix(mix(mix(mix(mix(mix(mix(mix(mix(mix(mix(mix([mix](mix(: more than 16 levels of parentheses
"#);
}

#[test]
fn the_level_of_a_quantile_is_its_digits() {
    let levels = [
        "p50", "p99", "p999", "p05", "p99999", "p5", "p00", "p", "p1234567", "q50", "p-5",
    ]
    .map(Level::parse);
    insta::assert_snapshot!(format!("{levels:?}"), @r#"
[Some(Level(500000)), Some(Level(990000)), Some(Level(999000)), Some(Level(50000)), Some(Level(999990)), None, None, None, None, None, None]
"#);
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*") {
        check_places(&text, parse(&text));
        check_places(&text, keys(&text));
    }

    #[test]
    fn no_text_of_the_right_words_panics(words in prop::collection::vec(prop::sample::select(vec![
        "exponential", "lognormal", "mix", "uniform", "pareto", "weibull", "erlang", "empirical", "zipf", "constant", "(", "(", ")", ")", ",", "=", " ",
        "mean", "median", "p99", "p50", "cv", "min", "max", "alpha", "k", "5ms", "9ms", "0s", "1.5", "0", "50%", "\"", "'", "é", "n",
    ]), 0..24)) {
        let text = words.concat();
        check_places(&text, parse(&text));
        check_places(&text, keys(&text));
    }
}
