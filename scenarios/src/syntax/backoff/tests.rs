use super::*;
use crate::syntax::testing::{check_places, table};
use proptest::prelude::*;

#[test]
fn backoffs_are_read() {
    let texts = [
        "none",
        "50ms",
        "linear(50ms, cap=2s)",
        "linear(50ms)",
        "exponential(50ms, factor=2, cap=2s)",
        "exponential(base=50ms, factor=1.5)",
        "exponential(50ms)",
        "grpc",
        "grpc(initial_backoff=100ms, max_backoff=1s, backoff_multiplier=1.6)",
        "envoy(25ms)",
        "polly(2s, backoff_type=exponential, use_jitter=true)",
        "resilience4j(500ms, multiplier=1.5, randomization_factor=0.5)",
        "tower(min=50ms, jitter=0.99)",
        "tenacity(multiplier=1s, min=0s, max=10s)",
        "aws_classic",
        "aws_standard()",
        "haproxy",
        "finagle_equal(start=5ms, max=1s)",
    ];
    insta::assert_snapshot!(table(&texts, parse), @r#"
none => None
50ms => Constant(Span(50000000))
linear(50ms, cap=2s) => Linear { base: Span(50000000), cap: Some(Span(2000000000)) }
linear(50ms) => Linear { base: Span(50000000), cap: None }
exponential(50ms, factor=2, cap=2s) => Exponential { base: Span(50000000), factor: Decimal { mantissa: 2, decimals: 0 }, cap: Some(Span(2000000000)) }
exponential(base=50ms, factor=1.5) => Exponential { base: Span(50000000), factor: Decimal { mantissa: 15, decimals: 1 }, cap: None }
exponential(50ms) => Exponential { base: Span(50000000), factor: Decimal { mantissa: 2, decimals: 0 }, cap: None }
grpc => Library(Library { kind: Placed { it: Grpc, at: 0..4 }, params: Params([]) })
grpc(initial_backoff=100ms, max_backoff=1s, backoff_multiplier=1.6) => Library(Library { kind: Placed { it: Grpc, at: 0..4 }, params: Params([("initial_backoff", Placed { it: Span(Span(100000000)), at: 21..26 }), ("max_backoff", Placed { it: Span(Span(1000000000)), at: 40..42 }), ("backoff_multiplier", Placed { it: Number(Decimal { mantissa: 16, decimals: 1 }), at: 63..66 })]) })
envoy(25ms) => Library(Library { kind: Placed { it: Envoy, at: 0..5 }, params: Params([("base_interval", Placed { it: Span(Span(25000000)), at: 6..10 })]) })
polly(2s, backoff_type=exponential, use_jitter=true) => Library(Library { kind: Placed { it: Polly, at: 0..5 }, params: Params([("delay", Placed { it: Span(Span(2000000000)), at: 6..8 }), ("backoff_type", Placed { it: Word("exponential"), at: 23..34 }), ("use_jitter", Placed { it: Word("true"), at: 47..51 })]) })
resilience4j(500ms, multiplier=1.5, randomization_factor=0.5) => Library(Library { kind: Placed { it: Resilience4j, at: 0..12 }, params: Params([("initial_interval", Placed { it: Span(Span(500000000)), at: 13..18 }), ("multiplier", Placed { it: Number(Decimal { mantissa: 15, decimals: 1 }), at: 31..34 }), ("randomization_factor", Placed { it: Number(Decimal { mantissa: 5, decimals: 1 }), at: 57..60 })]) })
tower(min=50ms, jitter=0.99) => Library(Library { kind: Placed { it: Tower, at: 0..5 }, params: Params([("min", Placed { it: Span(Span(50000000)), at: 10..14 }), ("jitter", Placed { it: Number(Decimal { mantissa: 99, decimals: 2 }), at: 23..27 })]) })
tenacity(multiplier=1s, min=0s, max=10s) => Library(Library { kind: Placed { it: Tenacity, at: 0..8 }, params: Params([("multiplier", Placed { it: Span(Span(1000000000)), at: 20..22 }), ("min", Placed { it: Span(Span(0)), at: 28..30 }), ("max", Placed { it: Span(Span(10000000000)), at: 36..39 })]) })
aws_classic => Library(Library { kind: Placed { it: AwsClassic, at: 0..11 }, params: Params([]) })
aws_standard() => Library(Library { kind: Placed { it: AwsStandard, at: 0..12 }, params: Params([]) })
haproxy => Library(Library { kind: Placed { it: Haproxy, at: 0..7 }, params: Params([]) })
finagle_equal(start=5ms, max=1s) => Library(Library { kind: Placed { it: FinagleEqual, at: 0..13 }, params: Params([("start", Placed { it: Span(Span(5000000)), at: 20..23 }), ("max", Placed { it: Span(Span(1000000000)), at: 29..31 })]) })
"#);
    for name in names() {
        let text = if ["linear", "exponential"].contains(&name) {
            format!("{name}(1ms)")
        } else {
            name.to_owned()
        };
        assert!(parse(&text).is_ok(), "{text}");
    }
}

#[test]
fn mistakes_in_backoffs_name_the_cure() {
    let texts = [
        "",
        "50",
        "0s",
        "-50ms",
        "None",
        "exp(50ms)",
        "exponential",
        "exponential()",
        "exponential(cap=2s)",
        "exponential(50, factor=0.5)",
        "exponential(50ms, 2, 2s)",
        "exponential(50ms, cap=10ms)",
        "exponential(50ms, max=2s)",
        "linear(50ms, factor=2)",
        "none(5ms)",
        "aws",
        "aws_classic(5ms)",
        "polly(backoff_type=expo)",
        "tower(jitter=1.5)",
        "grpc(initial_backof=1ms)",
        "envoy(50ms, max_interval=5ms)",
        "\"none\"",
        "exponential(50ms",
        "fibonacci(1s)",
        "50ms 2s",
    ];
    insta::assert_snapshot!(table(&texts, parse), @r#"
[]: expected a back-off, found nothing (write `none`, a duration, or `exponential(50ms, factor=2, cap=2s)`)
[50]: `50` has no unit (write `50ms` or `50s`)
[0s]: a duration of zero makes no sense here (write `none`)
[-50ms]: a duration cannot be negative
[None]: no back-off is called `None` (did you mean `none`?)
[exp](50ms): no back-off is called `exp` (did you mean `exponential`?)
[exponential]: `exponential` lacks `base`, its first delay (write `exponential(50ms, cap=2s)`)
[exponential](): `exponential` lacks `base`, its first delay (write `exponential(50ms, cap=2s)`)
[exponential](cap=2s): `exponential` lacks `base`, its first delay (write `exponential(50ms, cap=2s)`)
exponential([50], factor=0.5): `50` has no unit (write `50ms` or `50s`)
exponential(50, factor=[0.5]): `factor` is at least 1
exponential(50ms, [2], 2s): `exponential` takes no more parameters without a name
exponential(50ms, 2, [2s]): `exponential` takes no more parameters without a name
exponential(50ms, cap=[10ms]): `cap` must not be below `base`, 50ms
exponential(50ms, [max]=2s): `exponential` has no parameter `max` (it has `base`, `factor` and `cap`)
linear(50ms, [factor]=2): `linear` has no parameter `factor` (it has `base` and `cap`)
none([5ms]): `none` takes no more parameters without a name
[aws]: no back-off is called `aws` (did you mean `aws_standard`?)
aws_classic([5ms]): `aws_classic` takes no more parameters without a name
polly(backoff_type=[expo]): expected `constant`, `linear` or `exponential`, found `expo`
tower(jitter=[1.5]): `jitter` is at most 1
grpc([initial_backof]=1ms): `grpc` has no parameter `initial_backof` (did you mean `initial_backoff`?)
envoy(50ms, max_interval=[5ms]): `max_interval` must not be below `base_interval`, 50ms
["none"]: expected a back-off, found a text in quotes
exponential(50ms[]: expected `,` or `)`, found the end
[fibonacci](1s): no back-off is called `fibonacci` (write a duration, or one of `none`, `linear`, `exponential`, `grpc`, `envoy`, `polly`, `resilience4j`, `finagle_decorrelated`, `finagle_equal`, `finagle_exponential`, `tower`, `tenacity`, `aws_classic`, `aws_standard` or `haproxy`)
50ms [2s]: expected nothing after `50ms`, found `2s`
"#);
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*", words in prop::collection::vec(prop::sample::select(vec![
        "exponential", "linear", "none", "grpc", "polly", "tower", "(", "(", ")", ",", "=", "base", "cap", "factor", "min", "max", "50ms", "0s", "2", "é", " ",
    ]), 0..14)) {
        check_places(&text, parse(&text));
        let text = words.concat();
        check_places(&text, parse(&text));
    }
}
