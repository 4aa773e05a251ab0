//! Stage: transfer encodings (RFC 2045 §6). Comes in: encoded octets. Goes out: the octets meant, and what
//! had to be forgiven. It never fails: damaged mail is read as far as it goes.
//!
//! mailparse's decoder is not used: one stray line makes it refuse the whole body, and mailing lists put
//! their footers under base64.

use std::borrow::Cow;

use super::header::trim_line_end;

/// Decoded octets.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Decoded {
    /// The octets meant.
    pub(super) bytes: Vec<u8>,
    /// Readable text that stood under the encoded part, as a mailing list's footer does.
    pub(super) footer: Vec<u8>,
    /// Something had to be skipped or was missing.
    pub(super) damaged: bool,
}

/// How a body is encoded for transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransferEncoding {
    /// 7bit, 8bit, binary or not given.
    Identity,
    /// base64.
    Base64,
    /// quoted-printable.
    QuotedPrintable,
    /// A name nobody knows: the body is taken as it stands.
    Unknown,
}

impl TransferEncoding {
    /// Reads a Content-Transfer-Encoding value; comments and parameters are ignored.
    pub(super) fn parse(value: &str) -> Self {
        let name = value
            .split(['(', ';'])
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        match name.trim_matches('"') {
            "base64" | "b" | "base-64" => Self::Base64,
            "quoted-printable" | "quotedprintable" | "q" => Self::QuotedPrintable,
            "" | "7bit" | "8bit" | "binary" | "7-bit" | "8-bit" => Self::Identity,
            _ => Self::Unknown,
        }
    }

    /// Decodes a body.
    pub(super) fn decode(self, body: &[u8]) -> (Cow<'_, [u8]>, Decoded) {
        match self {
            Self::Identity | Self::Unknown => (Cow::Borrowed(body), Decoded::default()),
            Self::QuotedPrintable => (Cow::Owned(decode_quoted(body, false)), Decoded::default()),
            Self::Base64 => {
                let mut decoded = decode_base64(body);
                (Cow::Owned(std::mem::take(&mut decoded.bytes)), decoded)
            }
        }
    }
}

/// Decodes base64, forgiving stray characters, missing padding, several padded runs and a footer.
pub(super) fn decode_base64(body: &[u8]) -> Decoded {
    if let Ok(bytes) = data_encoding::BASE64_MIME_PERMISSIVE.decode(body) {
        return Decoded {
            bytes,
            ..Decoded::default()
        };
    }
    let mut out = Decoded::default();
    let mut sextets = Sextets::default();
    let mut lines = body.split_inclusive(|b| *b == b'\n');
    for line in lines.by_ref() {
        let content = trim_line_end(line).trim_ascii();
        if is_prose(content) || (sextets.padded && !content.is_empty() && !content.len().is_multiple_of(4)) {
            out.footer.extend_from_slice(line);
            break;
        }
        for byte in content {
            out.damaged |= !sextets.push(*byte, &mut out.bytes);
        }
    }
    sextets.end_run(&mut out.bytes);
    lines.for_each(|line| out.footer.extend_from_slice(line));
    out.damaged |= !out.footer.is_empty() || sextets.cut;
    out
}

/// Whether a line is written text and no base64: it has words, or a quarter of it is foreign to base64.
fn is_prose(line: &[u8]) -> bool {
    let foreign = line
        .iter()
        .filter(|b| **b != b'=' && sextet(**b).is_none())
        .count();
    foreign.saturating_mul(4) > line.len() || line.contains(&b' ')
}

#[derive(Default)]
struct Sextets {
    bits: u32,
    count: u8,
    padded: bool,
    cut: bool,
}

impl Sextets {
    /// Takes one character; `false` when it is foreign.
    fn push(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        if byte == b'=' {
            self.end_run(out);
            self.padded = true;
            return true;
        }
        let Some(value) = sextet(byte) else { return false };
        self.padded = false;
        self.bits = (self.bits << 6) | u32::from(value);
        self.count = self.count.saturating_add(1);
        if self.count == 4 {
            let [_, a, b, c] = self.bits.to_be_bytes();
            out.extend_from_slice(&[a, b, c]);
            (self.bits, self.count) = (0, 0);
        }
        true
    }

    /// Writes what an unfinished group of four still holds.
    fn end_run(&mut self, out: &mut Vec<u8>) {
        let [_, a, b, _] = match self.count {
            2 => (self.bits << 12).to_be_bytes(),
            3 => (self.bits << 6).to_be_bytes(),
            _ => [0; 4],
        };
        match self.count {
            2 => out.push(a),
            3 => out.extend_from_slice(&[a, b]),
            _ => {}
        }
        self.cut |= self.count == 1;
        (self.bits, self.count) = (0, 0);
    }
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte.wrapping_sub(b'A')),
        b'a'..=b'z' => Some(byte.wrapping_sub(b'a').wrapping_add(26)),
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0').wrapping_add(52)),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Decodes quoted-printable, or its header form Q (RFC 2047 §4.2) where `_` is a space; an `=` that starts
/// nothing stands for itself.
pub(super) fn decode_quoted(body: &[u8], header: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'=' => rest = decode_escape(after, &mut out),
            b'_' if header => out.push(b' '),
            other => out.push(*other),
        }
    }
    out
}

/// Reads what follows an `=`: two hexadecimal digits, or white space and a line end (a soft break).
fn decode_escape<'a>(after: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    if let [high, low, rest @ ..] = after
        && let (Some(high), Some(low)) = (hex(*high), hex(*low))
    {
        out.push((high << 4) | low);
        return rest;
    }
    let blanks = after
        .iter()
        .take(80)
        .take_while(|b| matches!(b, b' ' | b'\t' | b'\r'))
        .count();
    match after.get(blanks..) {
        Some([b'\n', rest @ ..]) => rest,
        Some([]) => &[],
        _ => {
            out.push(b'=');
            after
        }
    }
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base64(body: &[u8]) -> (String, String, bool) {
        let decoded = decode_base64(body);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (text(decoded.bytes), text(decoded.footer), decoded.damaged)
    }

    #[test]
    fn base64_is_read_whatever_stands_in_or_under_it() {
        let text = |s: &str| s.to_owned();
        assert_eq!(base64(b"YWJj\r\nZGVm\r\n"), (text("abcdef"), text(""), false));
        assert_eq!(base64(b"YWJj!\r\nZGVmYWJjZGVm\r\n").0, "abcdefabcdef");
        assert_eq!(base64(b"YWI=\nYWJj\n").0, "ababc");
        assert_eq!(base64(b"YWJjZA"), (text("abcd"), text(""), false));
        assert_eq!(base64(b"YWJjZ"), (text("abc"), text(""), true));
        let footer = "____________\nSend to list at desk.example\n";
        assert_eq!(
            base64(format!("YWJjZGU=\n{footer}").as_bytes()),
            (text("abcde"), text(footer), true)
        );
        assert_eq!(
            base64("平文です\n".as_bytes()),
            (text(""), text("平文です\n"), true)
        );
    }

    #[test]
    fn quoted_printable_is_read_with_its_mistakes() {
        assert_eq!(
            decode_quoted(b"a=3Db=\r\nc=  \nd=ZZ =e3=", false),
            b"a=bcd=ZZ \xE3"
        );
        assert_eq!(decode_quoted(b"a_b=5F", true), b"a b_");
    }

    #[test]
    fn the_name_of_an_encoding_is_read_around_comments() {
        assert_eq!(
            TransferEncoding::parse("BASE64 (comment)"),
            TransferEncoding::Base64
        );
        assert_eq!(
            TransferEncoding::parse("Quoted-Printable;"),
            TransferEncoding::QuotedPrintable
        );
        assert_eq!(TransferEncoding::parse("x-new"), TransferEncoding::Unknown);
    }
}
