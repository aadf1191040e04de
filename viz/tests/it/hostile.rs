//! What figures bear: any number, any name, nothing at all.

use brownout_viz::figure::Figure;
use brownout_viz::svg::{self, Size};
use brownout_viz::terminal::{self, Style};
use brownout_viz::theme::Theme;
use proptest::prelude::*;

use crate::arbitrary::any_figure;
use crate::page::complaints;
use crate::samples::all;

/// That a figure can be shown in every way, and what must hold of each.
fn bears(figure: &Figure, size: Size) {
    let text = svg::render(figure, &Theme::dark(), size);
    assert_eq!(complaints(&text), [""; 0], "{figure:?}");
    assert_eq!(text, svg::render(figure, &Theme::dark(), size));
    assert!(!text.contains("NaN") && !text.contains("<script"), "{figure:?}");
    for width in [0, 80] {
        let style = Style {
            width,
            height: 6,
            ascii: true,
            colour: false,
        };
        let text = terminal::render(figure, &style);
        assert!(text.is_ascii() && text.ends_with('\n'), "{text}");
        assert!(!text.contains(|it: char| it.is_control() && it != '\n'), "{text:?}");
        let signs = terminal::render(figure, &Style { ascii: false, ..style });
        for line in text.lines().chain(signs.lines()) {
            // Labels of time axes may stand out by what they need to be read.
            assert!(line.chars().count() <= width.max(40) + 2, "{line}");
        }
    }
    let caption = figure.caption();
    assert!(caption.ends_with('.') && !caption.contains("NaN"), "{caption}");
    let table = figure.to_table();
    assert!(table.rows.iter().all(|it| it.len() == table.columns.len()));
    if figure.is_empty() {
        assert!(
            caption.starts_with("No data") && text.contains("class=\"no-data\""),
            "{caption}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_figure_can_be_shown(figure in any_figure(), width in 0..1_500u32, height in 0..900u32) {
        bears(&figure, Size { width, height });
    }
}

#[test]
fn without_data_each_kind_says_so() {
    for (name, mut figure) in all() {
        match &mut figure {
            Figure::Timeline(it) => {
                it.states.clear();
                it.panels
                    .iter_mut()
                    .flat_map(|it| &mut it.lines)
                    .for_each(|it| it.values = vec![None, Some(f64::NAN)]);
            }
            Figure::Percentiles(it) => it.curves.iter_mut().for_each(|it| it.points.clear()),
            Figure::LoadCurve(it) => {
                it.goodput_series.clear();
                it.latency_series.clear();
            }
            Figure::Comparison(it) => it.rows.clear(),
            Figure::HeatMap(it) => it.facets.clear(),
            Figure::Lines(it) => it.facets.clear(),
            Figure::Topology(it) => it.nodes.clear(),
            Figure::Cascade(it) => it.departures.clear(),
            Figure::Waterfall(it) => it.tracks.clear(),
        }
        assert!(figure.is_empty(), "{name}");
        bears(&figure, Size::SLIDE);
        // A figure that has no data still has its title.
        assert!(
            svg::render(&figure, &Theme::light(), Size::SLIDE).contains(figure.title()),
            "{name}"
        );
    }
}

#[cfg(feature = "png")]
proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_figure_can_be_painted(figure in any_figure()) {
        let size = Size { width: 480, height: 270 };
        let png = brownout_viz::png::render(&figure, &Theme::light(), size, 1.0);
        prop_assert_eq!(&png[1..4], b"PNG");
    }
}
