//! Header fields as bytes. Comes in: a block that came through the gate. Goes out: fields in order, names
//! trimmed, values unfolded but not decoded: what splits a value (commas, brackets) must be looked at first.

use super::charset;
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

/// The fields of a block, as `mailparse` finds them.
pub(super) fn split(block: &[u8]) -> Vec<RawField> {
    let Ok((headers, _)) = mailparse::parse_headers(block) else {
        return Vec::new();
    };
    headers
        .iter()
        .map(|header| {
            let value = unfold(header.get_value_raw());
            let escapes = value.contains(&0x1B);
            RawField {
                name: String::from_utf8_lossy(header.get_key_raw().trim_ascii()).into_owned(),
                with_escapes: escapes.then(|| String::from_utf8_lossy(&value).into_owned()),
                value: charset::decode_header(value),
            }
        })
        .collect()
}

/// RFC 5322 §2.2.3; the white space a fold left is one space.
fn unfold(raw: &[u8]) -> Vec<u8> {
    let mut line = Vec::with_capacity(raw.len());
    for (index, part) in raw.split(|b| *b == b'\n').enumerate() {
        if index > 0 {
            line.push(b' ');
            line.extend_from_slice(part.trim_ascii());
        } else {
            line.extend_from_slice(part.trim_ascii_end());
        }
    }
    line.truncate(line.trim_ascii_end().len());
    let start = line.len().saturating_sub(line.trim_ascii_start().len());
    line.drain(..start);
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
    /// The value with its encoded words decoded, on one line, free of control characters.
    pub(super) fn decoded(&self) -> String {
        let printable = self.value.bytes().all(|b| (b' '..=b'~').contains(&b));
        if printable && !self.value.contains("=?") {
            self.value.clone()
        } else {
            words::decode(&self.value)
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
