//! Content-Transfer-Encoding (RFC 2045 §6). Comes in: an encoded body. Goes out: its octets, and what was
//! damaged. `mailparse` decodes what is well formed; where it gives up on the whole body (a mailing list's
//! footer under base64, a cut end), the lenient readers here keep all that can be kept.

use std::borrow::Cow;

use mailparse::body::Body;

use super::message::Problem;
use super::uuencode;

/// How a body was encoded for its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransferEncoding {
    Identity,
    Base64,
    QuotedPrintable,
    Uuencode,
}

impl TransferEncoding {
    /// Reads a field value; comments, quotation marks and stray semicolons are ignored.
    pub(super) fn parse(value: &str) -> Self {
        for (name, encoding) in [
            ("", Self::Identity),
            ("7bit", Self::Identity),
            ("8bit", Self::Identity),
            ("base64", Self::Base64),
            ("quoted-printable", Self::QuotedPrintable),
        ] {
            if value.eq_ignore_ascii_case(name) {
                return encoding;
            }
        }
        let outside = value.split('(').next().unwrap_or(value);
        let name: String = outside.chars().filter(char::is_ascii_alphanumeric).collect();
        match name.to_ascii_lowercase().as_str() {
            "base64" | "b64" => Self::Base64,
            "quotedprintable" | "qp" => Self::QuotedPrintable,
            "xuuencode" | "uuencode" | "xuue" | "uue" => Self::Uuencode,
            _ => Self::Identity,
        }
    }
}

/// Decodes a body.
pub(super) fn decode(body: &[u8], encoding: TransferEncoding) -> (Cow<'_, [u8]>, Option<Problem>) {
    match encoding {
        TransferEncoding::Identity => (body.into(), None),
        TransferEncoding::QuotedPrintable => quoted_printable(body),
        TransferEncoding::Base64 => base64(body),
        TransferEncoding::Uuencode => match uuencode::find(&String::from_utf8_lossy(body)).into_iter().next()
        {
            Some(file) => (file.bytes.into(), None),
            None => (
                body.into(),
                Some(Problem::new("uuencode-damaged", "no begin line")),
            ),
        },
    }
}

/// The decoded size in octets, without decoding where it can be counted.
pub(super) fn decoded_size(body: &[u8], encoding: TransferEncoding) -> usize {
    match encoding {
        TransferEncoding::Identity => body.len(),
        TransferEncoding::Base64 => counted(body).unwrap_or_else(|| decode(body, encoding).0.len()),
        TransferEncoding::QuotedPrintable | TransferEncoding::Uuencode => decode(body, encoding).0.len(),
    }
}

/// The size of clean base64: it is counted in one pass, since attachments are most of what mail carries.
fn counted(body: &[u8]) -> Option<usize> {
    let (mut digits, mut filling) = (0_usize, 0_usize);
    // Sums of so few octets fit into one octet each, and many octets are counted in one step.
    for piece in body.chunks(255) {
        let count = |sum: u8, octet: &u8| sum.wrapping_add(u8::from(is_base64(*octet)));
        digits = digits.saturating_add(usize::from(piece.iter().fold(0, count)));
        let count = |sum: u8, octet: &u8| sum.wrapping_add(u8::from(is_filling(*octet)));
        filling = filling.saturating_add(usize::from(piece.iter().fold(0, count)));
    }
    // Digits behind padding are a second run, which is decoded to be counted.
    let behind = memchr::memchr(b'=', body).and_then(|at| body.get(at..));
    let ends = behind.is_none_or(|behind| behind.iter().all(|octet| is_filling(*octet)));
    (digits.saturating_add(filling) == body.len() && ends).then(|| digits.saturating_mul(3) / 4)
}

fn is_filling(octet: u8) -> bool {
    matches!(octet, b'=' | b'\n' | b'\r' | b' ' | b'\t')
}

fn is_base64(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/')
}

fn base64(body: &[u8]) -> (Cow<'_, [u8]>, Option<Problem>) {
    let plain = mailparse::parse_content_type("text/plain");
    let name = Some("base64".to_owned());
    if let Body::Base64(encoded) = Body::new(body, &plain, &name)
        && let Ok(decoded) = encoded.get_decoded()
    {
        return (decoded.into(), None);
    }
    let damage = base64_lines(body);
    if !damage.is_base64() {
        return (
            body.into(),
            Some(Problem::new("not-base64", "the body is not encoded as it says")),
        );
    }
    let slug = if damage.foreign_octets > 0 {
        "base64-garbage"
    } else {
        "base64-truncated"
    };
    let detail = format!("{} octets were passed over", damage.foreign_octets);
    (
        base64_leniently(&damage.digits).into(),
        Some(Problem::new(slug, detail)),
    )
}

#[derive(Debug, Default)]
struct Base64Lines {
    digits: Vec<u8>,
    foreign_octets: usize,
}

impl Base64Lines {
    /// A plain text that claims to be base64 has some words that could be; a footer may be longer than a
    /// short mail, whose base64 then at least ends properly.
    fn is_base64(&self) -> bool {
        let whole = self.digits.len() >= 16 && self.digits.len().is_multiple_of(4);
        whole || (!self.digits.is_empty() && self.foreign_octets <= self.digits.len())
    }
}

/// Sorts the lines of a damaged body into base64 and what a gateway or list added.
fn base64_lines(body: &[u8]) -> Base64Lines {
    let mut sorted = Base64Lines::default();
    let (mut usual, mut last_was_short, mut ended) = (0_usize, false, false);
    for line in body.split(|b| *b == b'\n').map(<[u8]>::trim_ascii) {
        let foreign = line.iter().filter(|b| !is_base64(**b) && **b != b'=').count();
        let digits = line.len().saturating_sub(foreign);
        let looks_encoded =
            !line.is_empty() && foreign.saturating_mul(10) <= line.len() && !line.contains(&b' ');
        // A padded or short line and then something else: the encoded part is over. What follows is a footer,
        // even where its words would pass for base64.
        ended |= last_was_short && !looks_encoded;
        if looks_encoded && !ended {
            let kept = line.iter().filter(|b| is_base64(**b) || **b == b'=');
            sorted.digits.extend(kept);
            sorted.foreign_octets = sorted.foreign_octets.saturating_add(foreign);
        } else {
            sorted.foreign_octets = sorted.foreign_octets.saturating_add(line.len());
        }
        last_was_short = line.ends_with(b"=") || digits < usual;
        usual = usual.max(digits);
    }
    sorted
}

/// Decodes as many groups as there are; foreign octets are skipped, a cut group gives what it holds.
pub(super) fn base64_leniently(encoded: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(encoded.len());
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in encoded {
        let value = match byte {
            b'A'..=b'Z' => byte.wrapping_sub(b'A'),
            b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                (bits, count) = (0, 0);
                continue;
            }
            _ => continue,
        };
        bits = (bits << 6) | u32::from(value);
        count = count.saturating_add(6);
        if count >= 8 {
            count = count.saturating_sub(8);
            octets.push(u8::try_from((bits >> count) & 0xFF).unwrap_or_default());
            bits &= (1 << count) - 1;
        }
    }
    octets
}

/// Quoted-printable; a broken escape stays as it is written, since it is text more often than not.
fn quoted_printable(body: &[u8]) -> (Cow<'_, [u8]>, Option<Problem>) {
    let mut octets = Vec::with_capacity(body.len());
    let mut broken = 0_usize;
    for line in body.split_inclusive(|b| *b == b'\n') {
        let content = line.trim_ascii_end();
        let end = line.get(content.len()..).unwrap_or_default();
        let soft = content.strip_suffix(b"=");
        // White space before the line end was added on the way (RFC 2045 §6.7 rule 3).
        broken = broken.saturating_add(unescape(soft.unwrap_or(content), &mut octets));
        if soft.is_none() && end.contains(&b'\n') {
            octets.extend_from_slice(if end.ends_with(b"\r\n") { b"\r\n" } else { b"\n" });
        }
    }
    let problem = (broken > 0).then(|| Problem::new("quoted-printable-damaged", format!("{broken} escapes")));
    (octets.into(), problem)
}

/// The Q coding of an encoded word (RFC 2047 §4.2).
pub(super) fn quoted_word(payload: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = payload
        .iter()
        .map(|b| if *b == b'_' { b' ' } else { *b })
        .collect();
    let mut octets = Vec::with_capacity(spaced.len());
    unescape(&spaced, &mut octets);
    octets
}

/// Copies with `=XX` resolved; answers how many escapes were broken.
fn unescape(content: &[u8], octets: &mut Vec<u8>) -> usize {
    let mut broken = 0_usize;
    let mut pieces = content.split(|b| *b == b'=');
    octets.extend_from_slice(pieces.next().unwrap_or_default());
    for piece in pieces {
        let escaped = piece
            .first()
            .zip(piece.get(1))
            .and_then(|(high, low)| hex_pair(*high, *low));
        if let Some(octet) = escaped {
            octets.push(octet);
            octets.extend_from_slice(piece.get(2..).unwrap_or_default());
        } else {
            broken = broken.saturating_add(1);
            octets.push(b'=');
            octets.extend_from_slice(piece);
        }
    }
    broken
}

/// The octet that two hexadecimal digits of either case stand for.
pub(super) fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some(digit(high)?.wrapping_mul(16).wrapping_add(digit(low)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(body: &[u8], name: &str) -> (String, Option<&'static str>) {
        let (octets, problem) = decode(body, TransferEncoding::parse(name));
        (
            String::from_utf8_lossy(&octets).into_owned(),
            problem.map(|problem| problem.slug),
        )
    }

    #[test]
    fn names_with_comments_are_read() {
        assert_eq!(decoded(b"YWJj", "base64 (comment)"), ("abc".to_owned(), None));
        assert_eq!(decoded(b"=61", "\"Quoted-Printable\";"), ("a".to_owned(), None));
    }

    #[test]
    fn damaged_base64_gives_all_that_is_there() {
        let footer = b"YWJjZGVmZ2hp\r\namtsbQ==\r\n\r\n_____\r\nlist footer\r\nunsubscribe\r\n";
        assert_eq!(
            decoded(footer, "base64"),
            ("abcdefghijklm".to_owned(), Some("base64-garbage"))
        );
        assert_eq!(
            decoded(b"YWJjZGVm!Z2hp", "base64"),
            ("abcdefghi".to_owned(), Some("base64-garbage"))
        );
        assert_eq!(
            decoded(b"YWJjZGVmZ", "base64"),
            ("abcdef".to_owned(), Some("base64-truncated"))
        );
        let uneven = b"YWJjZGVmZ2hp\nYWJj\nYWJjZGVmZ2hp\n!\n";
        assert_eq!(
            decoded(uneven, "base64"),
            ("abcdefghiabcabcdefghi".to_owned(), Some("base64-garbage"))
        );
        let plain = "お世話になります。".as_bytes();
        assert_eq!(
            decoded(plain, "base64"),
            ("お世話になります。".to_owned(), Some("not-base64"))
        );
    }

    #[test]
    fn damaged_quoted_printable_keeps_what_it_cannot_read() {
        let body = b"a=3db=E3=81=82  \r\nsoft=\r\n line= \nx=ZZ=";
        let (text, problem) = decoded(body, "quoted-printable");
        assert_eq!(text, "a=bあ\r\nsoft linex=ZZ");
        assert_eq!(problem, Some("quoted-printable-damaged"));
    }

    #[test]
    fn sizes_are_counted_without_decoding() {
        assert_eq!(decoded_size(b"YWJj\r\nZA==\r\n", TransferEncoding::Base64), 4);
        assert_eq!(decoded_size(b"YQ==YWI=", TransferEncoding::Base64), 3);
    }
}
