//! What a script says, and what it must not.

use super::*;
use proptest::prelude::*;

/// `time:event(args)` of each item, times in nanoseconds.
fn read(script: &str) -> String {
    let shown = |it: &Item| {
        let args: Vec<String> = it
            .args
            .iter()
            .map(|it| match &it.key {
                Some(key) => format!("{key}={}", it.value),
                None => it.value.clone(),
            })
            .collect();
        format!("{}:{}({})", it.at.nanos(), it.name, args.join(" "))
    };
    let items = parse(script).unwrap_or_else(|it| panic!("{}", it.render(script, false)));
    items.iter().map(shown).collect::<Vec<_>>().join(" ")
}

fn wrong(script: &str) -> String {
    match parse(script) {
        Ok(items) => panic!("{script}: {} events", items.len()),
        Err(mistake) => mistake.render(script, false),
    }
}

#[test]
fn times_are_milliseconds_unless_they_have_a_unit() {
    assert_eq!(
        read("0:a 5000:b 5s:c 5500ms:d 5.5s:e 5501000us:f 0.25:g"),
        "0:a() 250000:g() 5000000000:b() 5000000000:c() 5500000000:d() 5500000000:e() 5501000000:f()"
    );
    assert_eq!(read("1m:a 1h:b 7ns:c"), "7:c() 60000000000:a() 3600000000000:b()");
}

#[test]
fn events_of_one_instant_keep_the_order_in_which_they_are_written() {
    assert_eq!(read("3:c 0:a,b 3:d 0:e"), "0:a() 0:b() 0:e() 3000000:c() 3000000:d()");
}

#[test]
fn ranges_and_repetitions_are_written_out() {
    assert_eq!(read("0..2:a"), "0:a() 1000000:a() 2000000:a()");
    assert_eq!(read("0..2s:a"), "0:a() 1000000000:a() 2000000000:a()");
    assert_eq!(read("0..25/10:a"), "0:a() 10000000:a() 20000000:a()");
    assert_eq!(read("0:ax3"), "0:a() 0:a() 0:a()");
    assert_eq!(read("0:a,b x2"), "0:a() 0:b() 0:a() 0:b()");
    assert_eq!(read("0:a,bx2"), "0:a() 0:b() 0:b()");
    assert_eq!(read("0..1:a(b)x2"), "0:a(b) 0:a(b) 1000000:a(b) 1000000:a(b)");
    // A name may hold an x.
    assert_eq!(read("0:max"), "0:max()");
}

#[test]
fn plus_goes_on_from_the_word_before() {
    assert_eq!(read("5:a +3:b +1s:c"), "5000000:a() 8000000:b() 1008000000:c()");
    assert_eq!(read("1:a +2:b x3"), "1000000:a() 3000000:b() 5000000:b() 7000000:b()");
    assert_eq!(
        read("1:a +2:b x2 +1:c"),
        "1000000:a() 3000000:b() 5000000:b() 6000000:c()"
    );
}

#[test]
fn arguments_stand_in_brackets() {
    assert_eq!(read("0:pick(key=7, a)"), "0:pick(key=7 a)");
    assert_eq!(read("0:fail(#2,timeout),ok()"), "0:fail(#2 timeout) 0:ok()");
}

#[test]
fn mistakes_have_a_place_and_a_cure() {
    let scripts = [
        "call",
        "0:call x0",
        "x3 0:call",
        "0:",
        "0:call,,fail",
        "0:fail(timeout",
        "zero:call",
        "5 s:call",
        "1.5.2:call",
        "0.0000001:call",
        "9..1:call",
        "0..9/0:call",
        "0..99999999:call",
        "0:call x99999",
        "99999999999999999999:call",
        "0:pick(key=)",
    ];
    insta::assert_snapshot!(scripts.map(wrong).join("\n"));
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(script in "[0-9.:x(),=+/# a-cäms]{0,40}") {
        if let Err(mistake) = parse(&script) {
            prop_assert!(!mistake.render(&script, true).is_empty());
        }
    }

    #[test]
    fn instants_are_in_order(times in prop::collection::vec(0_u64..1_000, 1..30)) {
        let script: Vec<String> = times.iter().map(|it| format!("{it}:a")).collect();
        let items = parse(&script.join(" ")).unwrap();
        let mut sorted = times.clone();
        sorted.sort_unstable();
        let read: Vec<u64> = items.iter().map(|it| it.at.nanos() / 1_000_000).collect();
        prop_assert_eq!(read, sorted);
    }
}
