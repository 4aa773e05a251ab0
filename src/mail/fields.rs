//! Header fields as bytes. Comes in: a block that came through the gate. Goes out: fields in order, names
//! trimmed, values unfolded but not decoded: what splits a value (commas, brackets) must be looked at first.

use super::charset;
use super::message::Header;
use super::words;

/// One header field before decoding.
#[derive(Debug, Clone)]
pub(super) struct RawField {
    /// The name, trimmed, as written.
    pub(super) name: String,
    /// The value on one line. Octets above 127 were read by their own charset; encoded words are untouched.
    pub(super) value: String,
    /// The value as a reader sees it who knows no escape sequences, where it holds some.
    pub(super) with_escapes: Option<String>,
}

/// The fields of a block.
pub(super) fn split(block: &[u8]) -> Vec<RawField> {
    let mut fields = Vec::new();
    let mut rest = block;
    while let Some(colon) = memchr::memchr(b':', rest) {
        let (name, after) = rest.split_at_checked(colon).unwrap_or_default();
        let value = after.get(1..).unwrap_or_default();
        let end = end_of_field(value);
        fields.push(RawField::new(name, value.get(..end).unwrap_or_default()));
        rest = value.get(end..).unwrap_or_default();
    }
    fields
}

/// The field ends with the line that no line starting with white space follows.
fn end_of_field(value: &[u8]) -> usize {
    let mut ends = memchr::memchr_iter(b'\n', value).map(|at| at.saturating_add(1));
    ends.find(|end| !matches!(value.get(*end), Some(b' ' | b'\t')))
        .unwrap_or(value.len())
}

/// RFC 5322 §2.2.3; the white space a fold left is one space.
fn unfold(raw: &[u8]) -> Vec<u8> {
    let raw = raw.trim_ascii();
    let mut line = Vec::with_capacity(raw.len());
    for (index, part) in raw.split(|b| *b == b'\n').enumerate() {
        if index > 0 {
            line.push(b' ');
            line.extend_from_slice(part.trim_ascii());
        } else {
            line.extend_from_slice(part.trim_ascii_end());
        }
    }
    line
}

/// The topmost value of that name.
pub(super) fn first<'a>(fields: &'a [RawField], name: &str) -> Option<&'a str> {
    all(fields, name).next()
}

/// Every value of that name, topmost first.
pub(super) fn all<'a>(fields: &'a [RawField], name: &str) -> impl Iterator<Item = &'a str> {
    fields
        .iter()
        .filter(move |field| field.name.eq_ignore_ascii_case(name))
        .map(|field| field.value.as_str())
}

impl RawField {
    fn new(name: &[u8], value: &[u8]) -> Self {
        let value = unfold(value);
        let escapes = memchr::memchr(0x1B, &value).is_some();
        Self {
            name: String::from_utf8_lossy(name.trim_ascii()).into_owned(),
            with_escapes: escapes.then(|| String::from_utf8_lossy(&value).into_owned()),
            value: charset::decode_header(value),
        }
    }

    /// The field with its encoded words decoded, its value on one line and free of control characters.
    pub(super) fn into_header(self) -> Header {
        let printable = |all, b: u8| all & (b' '..=b'~').contains(&b);
        let plain = self.value.bytes().fold(true, printable) && !self.value.contains("=?");
        Header {
            value: if plain {
                self.value
            } else {
                words::decode(&self.value)
            },
            name: self.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_values_come_out_on_one_line() {
        let fields = split(b"Subject : a\n\t b\nX: \nTo:c\n");
        let seen: Vec<_> = fields.iter().map(|f| format!("{}={}", f.name, f.value)).collect();
        assert_eq!(seen, ["Subject=a b", "X=", "To=c"]);
    }
}
