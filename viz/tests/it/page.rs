//! What holds for every SVG, whatever it shows.

use brownout_viz::figure::Figure;
use brownout_viz::svg::{self, Size, natural_size};
use brownout_viz::theme::Theme;

use crate::samples::all;

const ELEMENTS: [&str; 10] = [
    "svg", "title", "desc", "defs", "pattern", "g", "rect", "circle", "path", "text",
];

/// Complaints about an SVG: it is one tree, of known elements, with numbers, inside its borders.
pub fn complaints(text: &str) -> Vec<String> {
    let document = match roxmltree::Document::parse(text) {
        Ok(document) => document,
        Err(error) => return vec![format!("not well formed: {error}")],
    };
    let mut found = Vec::new();
    let root = document.root_element();
    let number = |node: &roxmltree::Node<'_, '_>, name: &str| node.attribute(name).map(|it| it.parse::<f64>());
    let view: Vec<f64> = root
        .attribute("viewBox")
        .unwrap_or_default()
        .split(' ')
        .filter_map(|it| it.parse().ok())
        .collect();
    let [_, _, width, height] = view[..] else {
        return vec!["no view".to_owned()];
    };
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        if !ELEMENTS.contains(&name) {
            found.push(format!("an element {name}"));
        }
        for (attribute, most) in [("x", width), ("y", height), ("cx", width), ("cy", height)] {
            match number(&node, attribute) {
                Some(Ok(value)) if value >= -12.0 && value <= most + 12.0 => (),
                None => (),
                other => found.push(format!("{name} with {attribute} {other:?}")),
            }
        }
        let path = node.attribute("d").unwrap_or_default();
        let is_number = |it: &str| it.parse::<f64>().is_ok_and(f64::is_finite);
        let mut parts = path.split(['M', 'L', 'l', 'C', 'Z', ' ']).filter(|it| !it.is_empty());
        if !parts.all(is_number) {
            found.push(format!("a path {path}"));
        }
        for attribute in node
            .attributes()
            .filter(|it| it.name().starts_with("on") || it.name() == "href")
        {
            found.push(format!("an attribute {}", attribute.name()));
        }
    }
    if root.attribute("role") != Some("img") {
        found.push("no role".to_owned());
    }
    let labels = root.attribute("aria-labelledby").unwrap_or_default();
    for id in labels.split(' ') {
        if !document
            .descendants()
            .any(|it| it.attribute("id") == Some(id) && it.text().is_some())
        {
            found.push(format!("nothing is said under {id:?}"));
        }
    }
    found
}

#[test]
fn a_broken_page_is_found() {
    assert_eq!(complaints("<svg><g></svg>").len(), 1);
    let page = |inner: &str| {
        format!("<svg role=\"img\" aria-labelledby=\"t\" viewBox=\"0 0 100 50\"><title id=\"t\">a</title>{inner}</svg>")
    };
    assert_eq!(complaints(&page("")), [""; 0]);
    for wrong in [
        "<script/>",
        "<rect x=\"NaN\"/>",
        "<text y=\"80\"/>",
        "<path d=\"M0 inf\"/>",
        "<g onclick=\"a()\"/>",
    ] {
        assert_eq!(complaints(&page(wrong)).len(), 1, "{wrong}");
    }
}

#[test]
fn every_sample_is_well_formed_in_every_size() {
    for (name, figure) in all() {
        for theme in [Theme::light(), Theme::dark()] {
            for (width, height) in [(0, 0), (480, 270), (1280, 720), (3840, 2160)] {
                let text = svg::render(&figure, &theme, Size { width, height });
                assert_eq!(complaints(&text), [""; 0], "{name} of {width} by {height}");
            }
            let text = svg::render(&figure, &theme, natural_size(&figure));
            assert_eq!(text, svg::render(&figure, &theme, natural_size(&figure)), "{name}");
        }
    }
}

#[test]
fn no_text_is_smaller_than_fourteen_pixels() {
    for (name, figure) in all() {
        let text = svg::render(&figure, &Theme::light(), Size::SLIDE);
        let sizes = text.split("font-size=\"").skip(1).filter_map(|it| it.split('"').next());
        let least = sizes.filter_map(|it| it.parse::<f64>().ok()).fold(f64::MAX, f64::min);
        assert!((14.0..100.0).contains(&least), "{name}: {least}");
    }
}

#[test]
fn text_is_set_in_what_the_reader_has() {
    let (_, figure) = all().remove(0);
    let text = svg::render(&figure, &Theme::light(), Size::SLIDE);
    assert_eq!(text.matches("font-family=\"system-ui, sans-serif\"").count(), 1);
    assert_eq!(text.matches("font-family").count(), 1);
}

#[test]
fn marks_carry_their_values() {
    let point = |name: &str, needle: &str| {
        let figure: Figure = all().into_iter().find(|it| it.0 == name).expect("it is there").1;
        let text = svg::render(&figure, &Theme::light(), Size::SLIDE);
        assert!(text.contains(needle), "{name}: {needle}");
    };
    point(
        "lines",
        "class=\"point\" data-series=\"naive\" data-x=\"0.5\" data-y=\"120\" data-low=\"108\" data-high=\"132\"",
    );
    point(
        "timeline",
        "data-series=\"p99\" data-unit=\"seconds\" data-from-s=\"0\" data-step-s=\"20\" data-values=\"0.1 - 0.25\"",
    );
    point("phase_map", "data-x=\"x1\" data-y=\"50 ms\" data-value=\"0.3\"");
    point(
        "comparison",
        "data-series=\"budget\" data-x=\"-120\" data-low=\"-140\" data-high=\"-100\"",
    );
    point("cascade", "data-series=\"db\" data-from-s=\"10\"");
    point(
        "topology",
        "data-from=\"web\" data-to=\"db\" data-per-s=\"300\" data-failed-ratio=\"0.8\"",
    );
    point(
        "waterfall",
        "data-activity=\"queue\" data-from-s=\"0.06\" data-to-s=\"0.3\"",
    );
}
