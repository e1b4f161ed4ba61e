//! JSON that can be shown on a terminal: what steers one is written as `\u202e`.
//!
//! Inside a JSON string such an escape *is* the character, so nothing is lost to whoever parses.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use super::escape::is_hostile;

/// Writes `value` over several lines, and a line break.
pub(super) fn write_pretty(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let formatter = Visible(PrettyFormatter::new());
    value.serialize(&mut Serializer::with_formatter(&mut *out, formatter))?;
    out.write_all(b"\n")
}

/// `value` over several lines, and a line break.
pub(crate) fn pretty(value: &impl Serialize) -> String {
    let mut text = Vec::new();
    write_pretty(value, &mut text).expect("memory takes everything");
    String::from_utf8(text).expect("JSON is text")
}

/// Writes `value` on one line, and a line break.
pub(super) fn write_line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(
        &mut *out,
        Visible(CompactFormatter),
    ))?;
    out.write_all(b"\n")
}

/// A formatter that differs from `F` in the characters it escapes.
struct Visible<F>(F);

/// Hands these methods on to the inner formatter.
macro_rules! inner {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {
        $(fn $method<W: ?Sized + Write>(
            &mut self,
            writer: &mut W
            $(, $argument: $type)*
        ) -> io::Result<()> {
            self.0.$method(writer $(, $argument)*)
        })*
    };
}

impl<F: Formatter> Formatter for Visible<F> {
    inner! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_hostile) {
            let (plain, hostile) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let c = hostile.chars().next().expect("something was found");
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &hostile[c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_are_escaped_and_come_back() {
        let text = "a\u{202e}b\u{7f}\u{9b}\u{e0041}\n\"é";
        let mut out = Vec::new();
        write_line(&[text], &mut out).unwrap();
        let written = String::from_utf8(out).unwrap();
        assert_eq!(
            written,
            "[\"a\\u202eb\\u007f\\u009b\\udb40\\udc41\\n\\\"é\"]\n"
        );
        assert_eq!(
            serde_json::from_str::<Vec<String>>(&written).unwrap(),
            [text]
        );
    }

    #[test]
    fn pretty_is_pretty() {
        let mut out = Vec::new();
        write_pretty(&serde_json::json!({"a": [1, "b"], "c": {}}), &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\n  \"a\": [\n    1,\n    \"b\"\n  ],\n  \"c\": {}\n}\n"
        );
    }
}
