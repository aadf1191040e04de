//! A figure as SVG: one string, the same bytes on every machine, no script, no font but what the reader has.
//!
//! Marks have classes and `data-*` attributes (which series, where, what value and unit), so that a page around the
//! figure can offer them; `<title>` and `<desc>` say in words what is to be seen.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::draw::{Anchor, Fill, Form, Item, Look, Picture, Shape, Stroke, Tags, Text, picture};
use crate::figure::Figure;
use crate::theme::{Hatch, Theme};

pub use crate::draw::{Size, natural_size};

/// What text is set in: what the system has.
const FONTS: &str = "system-ui, sans-serif";

/// Draws a figure. Sizes that cannot be drawn are brought within limits ([`Size::usable`]); where a figure finds no
/// room in its size, all of it becomes smaller, text included.
pub fn render(figure: &Figure, theme: &Theme, size: Size) -> String {
    write(&picture(figure, theme, size))
}

fn write(picture: &Picture) -> String {
    let mut patterns = Patterns::of(picture);
    let id = &patterns.id;
    let Size { width, height } = picture.size;
    let shown = picture.shown;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{}\" height=\"{}\" \
         class=\"figure {} {}\" role=\"img\" aria-labelledby=\"t{id} d{id}\" font-family=\"{FONTS}\">\n\
         <title id=\"t{id}\">{}</title>\n<desc id=\"d{id}\">{}</desc>\n",
        shown.width,
        shown.height,
        picture.kind,
        picture.theme,
        escaped(&picture.title),
        escaped(&picture.caption)
    );
    text.push_str(&patterns.definitions());
    let _ = writeln!(
        text,
        "<rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>",
        picture.background.css()
    );
    for item in &picture.items {
        match item {
            Item::Open(tags) => {
                let _ = writeln!(text, "<g{}>", attributes(tags));
                text.push_str(&hint(tags));
            }
            Item::Close => text.push_str("</g>\n"),
            Item::Shape(shape) => text.push_str(&patterns.shape(shape)),
        }
    }
    text.push_str("</svg>\n");
    text
}

/// The hatches that a picture needs, under names that no other figure on a page has.
struct Patterns {
    id: String,
    /// Colours and strokes, and the number of the pattern.
    known: BTreeMap<String, (usize, Fill)>,
}

impl Patterns {
    fn of(picture: &Picture) -> Patterns {
        let mut known: BTreeMap<String, (usize, Fill)> = BTreeMap::new();
        for item in &picture.items {
            let Item::Shape(shape) = item else { continue };
            if let Some(fill) = shape.look.fill.filter(|it| it.hatch != Hatch::Plain) {
                let next = known.len();
                known.entry(key(&fill)).or_insert((next, fill));
            }
        }
        // Figures of a page differ in their words, or are the same.
        let words = [picture.kind, picture.theme, &picture.title, &picture.caption];
        let id = format!("{:08x}", fnv(&words.join("\n")));
        Patterns { id, known }
    }

    fn definitions(&mut self) -> String {
        if self.known.is_empty() {
            return String::new();
        }
        let mut text = "<defs>\n".to_owned();
        let mut in_order: Vec<&(usize, Fill)> = self.known.values().collect();
        in_order.sort_by_key(|it| it.0);
        for (number, fill) in in_order {
            let (colour, strokes) = (fill.colour.css(), fill.strokes.css());
            let lines = match fill.hatch {
                Hatch::Dots => format!(
                    "<circle cx=\"2\" cy=\"2\" r=\"1.3\" fill=\"{strokes}\"/><circle cx=\"6\" cy=\"6\" r=\"1.3\" fill=\"{strokes}\"/>"
                ),
                hatch => {
                    let path: Vec<String> = strokes_of(hatch)
                        .iter()
                        .map(|it| format!("M{} {}L{} {}", it.0, it.1, it.2, it.3))
                        .collect();
                    format!(
                        "<path d=\"{}\" fill=\"none\" stroke=\"{strokes}\" stroke-width=\"1.4\"/>",
                        path.concat()
                    )
                }
            };
            let _ = writeln!(
                text,
                "<pattern id=\"h{}-{number}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">\
                 <rect width=\"8\" height=\"8\" fill=\"{colour}\"/>{lines}</pattern>",
                self.id
            );
        }
        text.push_str("</defs>\n");
        text
    }

    fn paint(&self, fill: &Fill) -> String {
        match self.known.get(&key(fill)) {
            Some((number, _)) if fill.hatch != Hatch::Plain => format!("url(#h{}-{number})", self.id),
            _ => fill.colour.css(),
        }
    }

    fn shape(&self, shape: &Shape) -> String {
        let Look { fill, stroke } = shape.look;
        let mut style = match (&fill, &shape.form) {
            (Some(fill), _) => format!(" fill=\"{}\"", self.paint(fill)),
            (None, _) => " fill=\"none\"".to_owned(),
        };
        if let Some(opacity) = fill.map(|it| it.opacity).filter(|it| *it < 1.0) {
            let _ = write!(style, " fill-opacity=\"{}\"", short(opacity));
        }
        if let Some(stroke) = stroke {
            style.push_str(&stroke_attributes(&stroke));
        }
        let (name, geometry) = geometry(&shape.form);
        let attributes = attributes(&shape.tags);
        match &shape.form {
            Form::Text(text) => {
                let content = escaped(&text.text);
                format!(
                    "<text{attributes}{geometry}{style}{}>{content}</text>\n",
                    text_attributes(text)
                )
            }
            _ => match hint(&shape.tags) {
                hint if hint.is_empty() => format!("<{name}{attributes}{geometry}{style}/>\n"),
                hint => format!("<{name}{attributes}{geometry}{style}>{}</{name}>\n", hint.trim_end()),
            },
        }
    }
}

/// The lines of a hatch within a tile of eight by eight, running over its edges where tiles meet.
pub(crate) fn strokes_of(hatch: Hatch) -> &'static [(i8, i8, i8, i8)] {
    const RISING: [(i8, i8, i8, i8); 3] = [(0, 8, 8, 0), (-1, 1, 1, -1), (7, 9, 9, 7)];
    const FALLING: [(i8, i8, i8, i8); 3] = [(0, 0, 8, 8), (7, -1, 9, 1), (-1, 7, 1, 9)];
    const CROSS: [(i8, i8, i8, i8); 6] = [RISING[0], RISING[1], RISING[2], FALLING[0], FALLING[1], FALLING[2]];
    match hatch {
        Hatch::Rising => &RISING,
        Hatch::Falling => &FALLING,
        Hatch::Cross => &CROSS,
        Hatch::Level => &[(0, 4, 8, 4)],
        Hatch::Upright => &[(4, 0, 4, 8)],
        Hatch::Plain | Hatch::Dots => &[],
    }
}

fn key(fill: &Fill) -> String {
    format!("{}{}{}", fill.colour.css(), fill.strokes.css(), fill.hatch as u8)
}

fn stroke_attributes(stroke: &Stroke) -> String {
    let mut text = format!(
        " stroke=\"{}\" stroke-width=\"{}\"",
        stroke.colour.css(),
        short(stroke.width)
    );
    if stroke.opacity < 1.0 {
        let _ = write!(text, " stroke-opacity=\"{}\"", short(stroke.opacity));
    }
    if !stroke.dash.is_empty() {
        let dash: Vec<String> = stroke.dash.iter().map(|it| short(*it)).collect();
        let _ = write!(text, " stroke-dasharray=\"{}\"", dash.join(" "));
    }
    text.push_str(" stroke-linejoin=\"round\"");
    text
}

fn text_attributes(text: &Text) -> String {
    let mut out = format!(" font-size=\"{}\"", short(text.size));
    match text.anchor {
        Anchor::Start => (),
        Anchor::Middle => out.push_str(" text-anchor=\"middle\""),
        Anchor::End => out.push_str(" text-anchor=\"end\""),
    }
    if text.bold {
        out.push_str(" font-weight=\"600\"");
    }
    if let Some(halo) = text.halo {
        let _ = write!(
            out,
            " stroke=\"{}\" stroke-width=\"4\" stroke-linejoin=\"round\" paint-order=\"stroke\"",
            halo.css()
        );
    }
    out
}

/// The element and where it is.
fn geometry(form: &Form) -> (&'static str, String) {
    match form {
        Form::Rect { from, to, round } => {
            let (width, height) = ((to.0 - from.0).abs(), (to.1 - from.1).abs());
            let (x, y) = (from.0.min(to.0), from.1.min(to.1));
            let mut text = format!(
                " x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
                short(x),
                short(y),
                short(width),
                short(height)
            );
            if *round > 0.0 {
                let _ = write!(text, " rx=\"{}\"", short(*round));
            }
            ("rect", text)
        }
        Form::Circle { centre, radius } => {
            let text = format!(
                " cx=\"{}\" cy=\"{}\" r=\"{}\"",
                short(centre.0),
                short(centre.1),
                short(*radius)
            );
            ("circle", text)
        }
        Form::Path { points, closed } => ("path", format!(" d=\"{}\"", path(points, *closed))),
        Form::Curve(points) => {
            let [a, b, c, d] = points.map(|it| format!("{} {}", short(it.0), short(it.1)));
            ("path", format!(" d=\"M{a}C{b} {c} {d}\""))
        }
        Form::Text(text) => (
            "text",
            format!(" x=\"{}\" y=\"{}\"", short(text.at.0), short(text.at.1)),
        ),
    }
}

/// A path: its first point, then steps, which are shorter to write. Hundredths are counted, so that steps do not drift.
fn path(points: &[(f64, f64)], closed: bool) -> String {
    let hundredths = |it: f64| (it * 100.0).round();
    let mut text = String::new();
    let mut last = (0.0, 0.0);
    for (at, point) in points.iter().enumerate() {
        let here = (hundredths(point.0), hundredths(point.1));
        let before = match at {
            0 => 'M',
            1 => 'l',
            _ => ' ',
        };
        let step = (short((here.0 - last.0) / 100.0), short((here.1 - last.1) / 100.0));
        let _ = write!(text, "{before}{} {}", step.0, step.1);
        last = here;
    }
    if closed {
        text.push('Z');
    }
    text
}

fn attributes(tags: &Tags) -> String {
    let mut text = String::new();
    if !tags.class.is_empty() {
        let _ = write!(text, " class=\"{}\"", escaped(tags.class));
    }
    for (name, value) in &tags.data {
        let _ = write!(text, " data-{name}=\"{}\"", escaped(value));
    }
    text
}

fn hint(tags: &Tags) -> String {
    let hint = tags.hint.as_deref().unwrap_or_default();
    if hint.is_empty() {
        String::new()
    } else {
        format!("<title>{}</title>\n", escaped(hint))
    }
}

/// A number with at most one decimal more than pixels need.
fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// For text and for attributes. What XML cannot hold becomes the replacement character.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\x1f' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
    }
    out
}

/// A hash for names (FNV-1a, 32 bits; G. Fowler, L. C. Noll and K.-P. Vo).
fn fnv(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests;
