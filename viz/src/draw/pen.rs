//! What figures are drawn with: shapes go onto a picture, directly or through plotters.
//!
//! Plotters maps values to places and divides series into shapes; its own SVG writer knows neither parts of a pixel nor
//! classes, so [`Backend`] collects the shapes instead. Plotters counts in whole numbers: here, tenths of a pixel.

use std::cell::RefCell;
use std::rc::Rc;

use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};

use super::picture::{Anchor, Form, Item, Look, Picture, Place, Shape, Size, Tags, Text};
use crate::theme::Rgb;

/// Parts of a pixel that plotters counts in.
pub(crate) const TENTHS: f64 = 10.0;

/// Draws onto one picture.
#[derive(Clone)]
pub(crate) struct Pen {
    backend: Rc<RefCell<Backend>>,
}

/// A picture as plotters sees it, and the look of what it draws next.
pub(crate) struct Backend {
    picture: Picture,
    look: Look,
    tags: Tags,
}

impl Pen {
    pub(crate) fn new(picture: Picture) -> Pen {
        Pen {
            backend: Rc::new(RefCell::new(Backend {
                picture,
                look: Look::default(),
                tags: Tags::default(),
            })),
        }
    }

    pub(crate) fn size(&self) -> Size {
        self.backend.borrow().picture.size
    }

    /// The picture; the pen is to be the last one of it.
    pub(crate) fn into_picture(self) -> Picture {
        let Ok(backend) = Rc::try_unwrap(self.backend) else {
            panic!("somebody still draws on the picture");
        };
        backend.into_inner().picture
    }

    /// Plotters' area, all of the picture. What it draws looks as `dip` said last.
    pub(crate) fn area(&self) -> DrawingArea<Backend, Shift> {
        DrawingArea::from(&self.backend)
    }

    /// Sets how shapes that plotters draws look, and what they are.
    pub(crate) fn dip(&self, look: Look, tags: Tags) {
        let mut backend = self.backend.borrow_mut();
        (backend.look, backend.tags) = (look, tags);
    }

    pub(crate) fn open(&self, tags: Tags) {
        self.backend.borrow_mut().picture.items.push(Item::Open(tags));
    }

    pub(crate) fn close(&self) {
        self.backend.borrow_mut().picture.items.push(Item::Close);
    }

    pub(crate) fn shape(&self, form: Form, look: Look, tags: Tags) {
        let shape = Shape { form, look, tags };
        self.backend.borrow_mut().picture.items.push(Item::Shape(shape));
    }

    pub(crate) fn line(&self, from: Place, to: Place, look: Look, class: &'static str) {
        let points = vec![from, to];
        self.shape(Form::Path { points, closed: false }, look, Tags::class(class));
    }

    pub(crate) fn rect(&self, from: Place, to: Place, look: Look, tags: Tags) {
        self.shape(Form::Rect { from, to, round: 0.0 }, look, tags);
    }

    pub(crate) fn polygon(&self, points: Vec<Place>, look: Look, tags: Tags) {
        self.shape(Form::Path { points, closed: true }, look, tags);
    }

    /// A line of text without a class of its own.
    pub(crate) fn text(&self, text: &str, at: Place, anchor: Anchor, size: f64, colour: Rgb) {
        self.label(text, at, anchor, size, colour, false, None);
    }

    pub(crate) fn bold(&self, text: &str, at: Place, anchor: Anchor, size: f64, colour: Rgb) {
        self.label(text, at, anchor, size, colour, true, None);
    }

    /// Text that stays legible over lines.
    pub(crate) fn over(&self, text: &str, at: Place, anchor: Anchor, size: f64, colour: Rgb, halo: Rgb) {
        self.label(text, at, anchor, size, colour, false, Some(halo));
    }

    #[expect(clippy::too_many_arguments, reason = "the three above are what is called")]
    fn label(&self, text: &str, at: Place, anchor: Anchor, size: f64, colour: Rgb, bold: bool, halo: Option<Rgb>) {
        if text.is_empty() {
            return;
        }
        let text = Text {
            text: text.to_owned(),
            at,
            anchor,
            size,
            bold,
            halo,
        };
        self.shape(Form::Text(text), Look::fill(colour), Tags::default());
    }
}

impl Backend {
    fn draw(&mut self, form: Form) -> Result<(), DrawingErrorKind<core::convert::Infallible>> {
        let (look, tags) = (self.look, self.tags.clone());
        self.picture.items.push(Item::Shape(Shape { form, look, tags }));
        Ok(())
    }
}

fn place(at: BackendCoord) -> Place {
    (f64::from(at.0) / TENTHS, f64::from(at.1) / TENTHS)
}

impl DrawingBackend for Backend {
    type ErrorType = core::convert::Infallible;

    fn get_size(&self) -> (u32, u32) {
        let tenths = |it: u32| it * TENTHS as u32;
        (tenths(self.picture.size.width), tenths(self.picture.size.height))
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, _: BackendColor) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        let from = place(point);
        let to = (from.0 + 1.0, from.1 + 1.0);
        self.draw(Form::Rect { from, to, round: 0.0 })
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        _: &S,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        let points = vec![place(from), place(to)];
        self.draw(Form::Path { points, closed: false })
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        _: &S,
        _: bool,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        let (from, to) = (place(from), place(to));
        self.draw(Form::Rect { from, to, round: 0.0 })
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        _: &S,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        let points = path.into_iter().map(place).collect();
        self.draw(Form::Path { points, closed: false })
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        centre: BackendCoord,
        radius: u32,
        _: &S,
        _: bool,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        let (centre, radius) = (place(centre), f64::from(radius) / TENTHS);
        self.draw(Form::Circle { centre, radius })
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vert: I,
        _: &S,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        let points = vert.into_iter().map(place).collect();
        self.draw(Form::Path { points, closed: true })
    }

    /// Text does not come through plotters: its sizes would need a font.
    fn draw_text<TStyle: BackendTextStyle>(
        &mut self,
        _: &str,
        _: &TStyle,
        _: BackendCoord,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        unreachable!("text is drawn with Pen::text");
    }
}
