//! Indented objects and arrays of objects, but numbers of an array side by side: a series of a thousand numbers is a line.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

/// Renders a value, with a newline at its end.
pub fn pretty(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(
        &mut bytes,
        Layout {
            objects: PrettyFormatter::new(),
        },
    );
    value
        .serialize(&mut serializer)
        .expect("our own types have string keys and memory does not fail to be written");
    bytes.push(b'\n');
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

struct Layout {
    objects: PrettyFormatter<'static>,
}

impl Formatter for Layout {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.objects.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.objects.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.objects.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.objects.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.objects.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_stay_on_a_line_and_read_back() {
        let value = serde_json::json!({ "a": [1, 2.5, null], "b": [{ "c": {} }, { "d": [] }] });
        let text = pretty(&value);
        insta::assert_snapshot!(text, @r#"
        {
          "a": [1, 2.5, null],
          "b": [{
            "c": {}
          }, {
            "d": []
          }]
        }
        "#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
