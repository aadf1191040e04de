//! A picture as a list of shapes: what `svg` writes and `png` paints.

use crate::theme::{Hatch, Rgb};

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl Size {
    /// A projector's, and a slide's: 1280 by 720.
    pub const SLIDE: Size = Size {
        width: 1280,
        height: 720,
    };

    /// Within what can be drawn: 320 by 180 to 8,192 by 8,192.
    pub fn usable(self) -> Size {
        Size {
            width: self.width.clamp(320, 8_192),
            height: self.height.clamp(180, 8_192),
        }
    }
}

/// A place, in pixels from the upper left corner.
pub(crate) type Place = (f64, f64);

/// What a figure looks like.
pub(crate) struct Picture {
    /// The size at which it is shown.
    pub(crate) shown: Size,
    /// The size in which its shapes are given; of the same shape.
    pub(crate) size: Size,
    pub(crate) background: Rgb,
    /// For class names.
    pub(crate) theme: &'static str,
    pub(crate) kind: &'static str,
    /// The whole title and caption, however much of them is drawn.
    pub(crate) title: String,
    pub(crate) caption: String,
    pub(crate) items: Vec<Item>,
}

/// A shape, or the begin or end of a group.
pub(crate) enum Item {
    Open(Tags),
    Close,
    Shape(Shape),
}

/// Something to draw.
pub(crate) struct Shape {
    pub(crate) form: Form,
    pub(crate) look: Look,
    pub(crate) tags: Tags,
}

/// What a mark is, for those who read the picture with a program.
#[derive(Clone, Default, Debug)]
pub(crate) struct Tags {
    pub(crate) class: &'static str,
    /// Names without `data-`, and their values.
    pub(crate) data: Vec<(&'static str, String)>,
    /// Shown by browsers while the pointer is over it.
    pub(crate) hint: Option<String>,
}

impl Tags {
    pub(crate) fn class(class: &'static str) -> Tags {
        Tags {
            class,
            ..Tags::default()
        }
    }

    pub(crate) fn data(mut self, name: &'static str, value: impl Into<String>) -> Tags {
        self.data.push((name, value.into()));
        self
    }

    pub(crate) fn hint(mut self, text: impl Into<String>) -> Tags {
        self.hint = Some(text.into());
        self
    }
}

/// How it is filled and edged.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Look {
    pub(crate) fill: Option<Fill>,
    pub(crate) stroke: Option<Stroke>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fill {
    pub(crate) colour: Rgb,
    pub(crate) opacity: f64,
    pub(crate) hatch: Hatch,
    /// The colour of the strokes.
    pub(crate) strokes: Rgb,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stroke {
    pub(crate) colour: Rgb,
    pub(crate) width: f64,
    pub(crate) opacity: f64,
    pub(crate) dash: &'static [f64],
}

impl Look {
    pub(crate) fn fill(colour: Rgb) -> Look {
        Look::hatched(colour, Hatch::Plain, colour)
    }

    pub(crate) fn hatched(colour: Rgb, hatch: Hatch, strokes: Rgb) -> Look {
        Look {
            fill: Some(Fill {
                colour,
                opacity: 1.0,
                hatch,
                strokes,
            }),
            stroke: None,
        }
    }

    pub(crate) fn faint(colour: Rgb, opacity: f64) -> Look {
        let mut look = Look::fill(colour);
        if let Some(fill) = &mut look.fill {
            fill.opacity = opacity;
        }
        look
    }

    pub(crate) fn stroke(colour: Rgb, width: f64) -> Look {
        Look {
            fill: None,
            stroke: Some(Stroke {
                colour,
                width,
                opacity: 1.0,
                dash: &[],
            }),
        }
    }

    pub(crate) fn edged(mut self, colour: Rgb, width: f64) -> Look {
        self.stroke = Look::stroke(colour, width).stroke;
        self
    }

    pub(crate) fn dashed(mut self, dash: &'static [f64]) -> Look {
        if let Some(stroke) = &mut self.stroke {
            stroke.dash = dash;
        }
        self
    }

    pub(crate) fn opacity(mut self, opacity: f64) -> Look {
        if let Some(stroke) = &mut self.stroke {
            stroke.opacity = opacity;
        }
        if let Some(fill) = &mut self.fill {
            fill.opacity = opacity;
        }
        self
    }
}

/// A shape's geometry.
pub(crate) enum Form {
    Rect {
        from: Place,
        to: Place,
        round: f64,
    },
    Circle {
        centre: Place,
        radius: f64,
    },
    Path {
        points: Vec<Place>,
        closed: bool,
    },
    /// A cubic Bézier curve: two ends and two handles between.
    Curve([Place; 4]),
    Text(Text),
}

/// A line of text.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// Where the baseline begins, has its middle, or ends.
    pub(crate) at: Place,
    pub(crate) anchor: Anchor,
    pub(crate) size: f64,
    pub(crate) bold: bool,
    /// Drawn behind the letters.
    pub(crate) halo: Option<Rgb>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}
