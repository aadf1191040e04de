//! What each kind says: in a sentence, as rows, on a terminal, and as SVG.

use brownout_viz::svg::{self, Size};
use brownout_viz::terminal::{self, Style};
use brownout_viz::theme::Theme;

use crate::samples::all;

const STYLE: Style = Style {
    width: 80,
    height: 6,
    ascii: false,
    colour: false,
};

#[test]
fn each_kind_in_words_and_rows() {
    for (name, figure) in all() {
        let style = STYLE;
        let ascii = terminal::render(&figure, &Style { ascii: true, ..style });
        assert!(ascii.is_ascii(), "{ascii}");
        let text = format!(
            "{}\n\n{}\n{}\n{ascii}",
            figure.caption(),
            figure.to_table().to_csv(),
            terminal::render(&figure, &style)
        );
        insta::assert_snapshot!(format!("{name}_text"), text);
    }
}

#[test]
fn each_kind_as_svg() {
    let size = Size {
        width: 640,
        height: 360,
    };
    for (name, figure) in all() {
        insta::assert_snapshot!(format!("{name}_svg"), svg::render(&figure, &Theme::light(), size));
    }
}

#[cfg(feature = "png")]
#[test]
fn each_kind_as_png_has_its_size_and_something_on_it() {
    let size = Size {
        width: 640,
        height: 360,
    };
    for (name, figure) in all() {
        for theme in [Theme::light(), Theme::dark()] {
            let png = brownout_viz::png::render(&figure, &theme, size, 1.0);
            assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n", "{name}");
            assert_eq!(png[16..24], [0, 0, 2, 128, 0, 0, 1, 104], "{name}");
            // A picture of one colour needs some hundred bytes.
            assert!(png.len() > 4_000, "{name}: {} bytes", png.len());
        }
        let twice = brownout_viz::png::render(&figure, &Theme::light(), size, 2.0);
        assert_eq!(twice[16..24], [0, 0, 5, 0, 0, 0, 2, 208], "{name}");
    }
}
