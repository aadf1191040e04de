//! A figure as PNG, painted from the same shapes that the SVG has, with a font that is compiled in: no system font is
//! asked.
//!
//! The font (Ubuntu Light, under the Ubuntu font licence) knows Latin, Greek and Cyrillic letters; others become empty
//! boxes. Browsers that show the SVG have more.

use tiny_skia::{
    Color, FillRule, FilterQuality, LineCap, LineJoin, Paint, Path, PathBuilder, Pattern, Pixmap, Rect, SpreadMode,
    StrokeDash, Transform,
};
use ttf_parser::{Face, OutlineBuilder};

use crate::draw::{Anchor, Fill, Form, Item, Look, Picture, Shape, Size, Stroke, Text, picture};
use crate::figure::Figure;
use crate::svg::strokes_of;
use crate::theme::{Hatch, Rgb, Theme};

/// Draws a figure; `scale` is how many points each pixel of the SVG becomes in width and height (1 to 4).
///
/// Sizes that cannot be drawn are brought within limits ([`Size::usable`]).
pub fn render(figure: &Figure, theme: &Theme, size: Size, scale: f32) -> Vec<u8> {
    let scale = if scale.is_finite() { scale.clamp(1.0, 4.0) } else { 1.0 };
    let picture = picture(figure, theme, size);
    paint(&picture, scale)
        .encode_png()
        .expect("a picture with points can be encoded")
}

/// The outlines of letters.
struct Font {
    face: Face<'static>,
    units: f32,
}

impl Font {
    fn embedded() -> Font {
        let face = Face::parse(epaint_default_fonts::UBUNTU_LIGHT, 0).expect("the embedded font is whole");
        let units = f32::from(face.units_per_em());
        Font { face, units }
    }

    /// The glyph of a letter; the empty box for what the font lacks.
    fn glyph(&self, letter: char) -> ttf_parser::GlyphId {
        self.face.glyph_index(letter).unwrap_or(ttf_parser::GlyphId(0))
    }

    fn width(&self, text: &str, size: f32) -> f32 {
        let advances = text
            .chars()
            .map(|it| self.face.glyph_hor_advance(self.glyph(it)).unwrap_or(0));
        advances.map(f32::from).sum::<f32>() * size / self.units
    }

    /// The outlines of a line of text; `None` if there is nothing to see.
    fn outline(&self, text: &Text) -> Option<Path> {
        let size = text.size as f32;
        let shift = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -0.5,
            Anchor::End => -1.0,
        };
        let mut outline = Outline {
            path: PathBuilder::new(),
            x: text.at.0 as f32 + shift * self.width(&text.text, size),
            y: text.at.1 as f32,
            scale: size / self.units,
        };
        for letter in text.text.chars() {
            let glyph = self.glyph(letter);
            self.face.outline_glyph(glyph, &mut outline);
            outline.x += f32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0)) * outline.scale;
        }
        outline.path.finish()
    }
}

/// Puts a glyph's outline where its letter stands.
struct Outline {
    path: PathBuilder,
    x: f32,
    y: f32,
    scale: f32,
}

impl Outline {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

struct Canvas {
    pixmap: Pixmap,
    font: Font,
    transform: Transform,
}

fn paint(picture: &Picture, scale: f32) -> Pixmap {
    let points = |it: u32| (it as f32 * scale).round() as u32;
    let (width, height) = (points(picture.shown.width), points(picture.shown.height));
    let scale = scale * picture.shown.width as f32 / picture.size.width as f32;
    let mut canvas = Canvas {
        pixmap: Pixmap::new(width, height).expect("sizes are positive and limited"),
        font: Font::embedded(),
        transform: Transform::from_scale(scale, scale),
    };
    canvas.pixmap.fill(colour(picture.background, 1.0));
    for item in &picture.items {
        if let Item::Shape(shape) = item {
            canvas.shape(shape);
        }
    }
    canvas.pixmap
}

impl Canvas {
    fn shape(&mut self, shape: &Shape) {
        let Some(path) = self.path(&shape.form) else { return };
        let Look { fill, stroke } = shape.look;
        if let Form::Text(text) = &shape.form {
            if let Some(halo) = text.halo {
                self.stroke(&path, &solid(halo, 4.0));
            }
            let Some(fill) = fill else { return };
            self.fill(&path, &fill);
            // The font has one weight only, and a light one: its edge makes it legible from afar.
            self.stroke(&path, &solid(fill.colour, if text.bold { 0.75 } else { 0.3 }));
            return;
        }
        if let Some(fill) = fill {
            self.fill(&path, &fill);
        }
        if let Some(stroke) = stroke {
            self.stroke(&path, &stroke);
        }
    }

    fn path(&self, form: &Form) -> Option<Path> {
        let mut path = PathBuilder::new();
        match form {
            Form::Rect { from, to, round } => {
                let (left, right) = (from.0.min(to.0) as f32, from.0.max(to.0) as f32);
                let (top, bottom) = (from.1.min(to.1) as f32, from.1.max(to.1) as f32);
                let round = (*round as f32).min((right - left) / 2.0).min((bottom - top) / 2.0);
                if round <= 0.0 {
                    // Rectangles without any width are lines, and have no surface.
                    path.push_rect(Rect::from_ltrb(left, top, right, bottom)?);
                } else {
                    path.move_to(left + round, top);
                    path.line_to(right - round, top);
                    path.quad_to(right, top, right, top + round);
                    path.line_to(right, bottom - round);
                    path.quad_to(right, bottom, right - round, bottom);
                    path.line_to(left + round, bottom);
                    path.quad_to(left, bottom, left, bottom - round);
                    path.line_to(left, top + round);
                    path.quad_to(left, top, left + round, top);
                    path.close();
                }
            }
            Form::Circle { centre, radius } => path.push_circle(centre.0 as f32, centre.1 as f32, *radius as f32),
            Form::Path { points, closed } => {
                let mut points = points.iter().map(|it| (it.0 as f32, it.1 as f32));
                let first = points.next()?;
                path.move_to(first.0, first.1);
                points.for_each(|it| path.line_to(it.0, it.1));
                if *closed {
                    path.close();
                }
            }
            Form::Curve(points) => {
                let [a, b, c, d] = points.map(|it| (it.0 as f32, it.1 as f32));
                path.move_to(a.0, a.1);
                path.cubic_to(b.0, b.1, c.0, c.1, d.0, d.1);
            }
            Form::Text(text) => return self.font.outline(text),
        }
        path.finish()
    }

    fn fill(&mut self, path: &Path, fill: &Fill) {
        if fill.hatch == Hatch::Plain {
            let paint = solid_paint(fill.colour, fill.opacity);
            self.pixmap
                .fill_path(path, &paint, FillRule::Winding, self.transform, None);
            return;
        }
        let Some(tile) = tile(fill) else { return };
        let shader = Pattern::new(
            tile.as_ref(),
            SpreadMode::Repeat,
            FilterQuality::Bilinear,
            fill.opacity as f32,
            Transform::from_scale(1.0 / TILE_SCALE, 1.0 / TILE_SCALE),
        );
        let paint = Paint {
            shader,
            anti_alias: true,
            ..Paint::default()
        };
        self.pixmap
            .fill_path(path, &paint, FillRule::Winding, self.transform, None);
    }

    fn stroke(&mut self, path: &Path, stroke: &Stroke) {
        let dash: Vec<f32> = stroke.dash.iter().map(|it| *it as f32).collect();
        let dash = match dash[..] {
            [] => None,
            // Pairs of dash and gap.
            _ if dash.len().is_multiple_of(2) => StrokeDash::new(dash, 0.0),
            _ => StrokeDash::new([&dash[..], &dash[..]].concat(), 0.0),
        };
        let style = tiny_skia::Stroke {
            width: stroke.width as f32,
            line_cap: LineCap::Butt,
            line_join: LineJoin::Round,
            dash,
            ..tiny_skia::Stroke::default()
        };
        let paint = solid_paint(stroke.colour, stroke.opacity);
        self.pixmap.stroke_path(path, &paint, &style, self.transform, None);
    }
}

fn colour(colour: Rgb, opacity: f64) -> Color {
    let mut out = Color::from_rgba8(colour.0, colour.1, colour.2, 255);
    out.set_alpha(opacity.clamp(0.0, 1.0) as f32);
    out
}

fn solid_paint(of: Rgb, opacity: f64) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(colour(of, opacity));
    paint.anti_alias = true;
    paint
}

fn solid(colour: Rgb, width: f64) -> Stroke {
    Stroke {
        colour,
        width,
        opacity: 1.0,
        dash: &[],
    }
}

/// Points of a tile for each pixel.
const TILE_SCALE: f32 = 4.0;

/// Eight by eight pixels of a hatch.
fn tile(fill: &Fill) -> Option<Pixmap> {
    let side = (8.0 * TILE_SCALE) as u32;
    let mut tile = Pixmap::new(side, side)?;
    tile.fill(colour(fill.colour, 1.0));
    let paint = solid_paint(fill.strokes, 1.0);
    let transform = Transform::from_scale(TILE_SCALE, TILE_SCALE);
    let mut path = PathBuilder::new();
    if fill.hatch == Hatch::Dots {
        path.push_circle(2.0, 2.0, 1.3);
        path.push_circle(6.0, 6.0, 1.3);
        tile.fill_path(&path.finish()?, &paint, FillRule::Winding, transform, None);
        return Some(tile);
    }
    for (x1, y1, x2, y2) in strokes_of(fill.hatch) {
        path.move_to(f32::from(*x1), f32::from(*y1));
        path.line_to(f32::from(*x2), f32::from(*y2));
    }
    let style = tiny_skia::Stroke {
        width: 1.4,
        ..tiny_skia::Stroke::default()
    };
    tile.stroke_path(&path.finish()?, &paint, &style, transform, None);
    Some(tile)
}
