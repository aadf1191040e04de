use super::*;

#[test]
fn nothing_that_a_name_holds_gets_out_of_its_place() {
    assert_eq!(
        escaped("<script>\"a\" & 'b'</script>"),
        "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;"
    );
    assert_eq!(escaped("a\u{0}b\u{1b}[31m\u{fffe}"), "a\u{fffd}b\u{fffd}[31m\u{fffd}");
    assert_eq!(escaped("naïve – 服务\n2"), "naïve – 服务 2");
}

#[test]
fn numbers_are_short_and_never_minus_zero() {
    let shown: Vec<_> = [0.0, -0.001, 12.5, 100.0, 1.005, 0.25].map(short).into();
    assert_eq!(shown, ["0", "0", "12.5", "100", "1", "0.25"]);
}

#[test]
fn steps_of_a_path_end_where_they_should() {
    let points = [(10.0, 20.0), (10.333, 20.0), (10.666, 19.5), (11.0, 19.5)];
    assert_eq!(path(&points, false), "M10 20l0.33 0 0.34 -0.5 0.33 0");
    assert_eq!(path(&points[..1], true), "M10 20Z");
}
