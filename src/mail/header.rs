//! Stage: header fields. Comes in: the bytes of a header block. Goes out: fields as they stand, and their
//! values as clean text on one line. It must not split addresses or parameters: that happens before
//! decoding.

use super::encoded_word::decode_words;

/// Fields kept from one block; the gate refuses a mail with more, parts lose the rest.
const MAX_KEPT_FIELDS: usize = 1001;

/// One field as it stands in the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RawField<'a> {
    /// The name, without the white space some mailers put before the colon.
    pub(super) name: &'a str,
    /// Everything after the colon, folding included.
    pub(super) value: &'a [u8],
    /// The first line of the block began with white space: readers differ on whether it is a field.
    pub(super) indented: bool,
}

/// A header block, and what follows it.
#[derive(Debug)]
pub(super) struct HeaderBlock<'a> {
    /// The fields in order.
    pub(super) fields: Vec<RawField<'a>>,
    /// The octets after the blank line.
    pub(super) body: &'a [u8],
    /// Length of the block.
    pub(super) octets: usize,
    /// The block ended at a line that is no field, not at a blank line.
    pub(super) unfinished: bool,
}

impl<'a> HeaderBlock<'a> {
    /// The raw values of every field of that name; case is ignored.
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value)
    }

    /// The raw value of the topmost field of that name.
    pub(super) fn first(&self, name: &'static str) -> Option<&'a [u8]> {
        self.all(name).next()
    }
}

/// Cuts a header block off the front of a mail or part, in one pass.
pub(super) fn split_header(bytes: &[u8]) -> HeaderBlock<'_> {
    let mut fields: Vec<RawField<'_>> = Vec::new();
    let mut open: Option<(&str, usize, bool)> = None;
    let mut at = 0usize;
    let mut unfinished = false;
    let mut body_at = bytes.len();
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let content = trim_line_end(line);
        let start = at;
        at = at.saturating_add(line.len());
        if content.is_empty() {
            body_at = at;
            at = start;
            break;
        }
        let folded = content.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
        if folded && open.is_some() {
            continue;
        }
        let Some((name, skip)) = field_name(content) else {
            unfinished = !folded;
            body_at = start;
            at = start;
            break;
        };
        close(&mut fields, open.take(), bytes, start);
        if fields.len() >= MAX_KEPT_FIELDS {
            body_at = start;
            at = start;
            break;
        }
        open = Some((name, start.saturating_add(skip), folded));
    }
    close(&mut fields, open, bytes, at);
    HeaderBlock {
        fields,
        body: bytes.get(body_at..).unwrap_or_default(),
        octets: at,
        unfinished,
    }
}

fn close<'a>(
    fields: &mut Vec<RawField<'a>>,
    open: Option<(&'a str, usize, bool)>,
    bytes: &'a [u8],
    end: usize,
) {
    if let Some((name, start, indented)) = open {
        fields.push(RawField {
            name,
            value: bytes.get(start..end).unwrap_or_default(),
            indented,
        });
    }
}

/// The field name a line starts with, and where its value starts.
fn field_name(line: &[u8]) -> Option<(&str, usize)> {
    let colon = line.iter().position(|b| *b == b':')?;
    let name = line.get(..colon)?.trim_ascii();
    let sound = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    let name = std::str::from_utf8(name).ok().filter(|_| sound)?;
    Some((name, colon.saturating_add(1)))
}

/// A line without its LF or CRLF.
pub(super) fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Decodes a raw value to one line of clean text.
pub(super) fn decode_value(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(text) if raw.is_ascii() && !raw.contains(&b'?') && !raw.contains(&0x1B) => clean_line(text),
        _ => clean_line(&decode_words(raw)),
    }
}

/// One line of text that may be shown and stored: line breaks and tabs become a space, control and
/// bidirectional characters go (they forge names and break outgoing headers).
pub(super) fn clean_line(text: &str) -> String {
    let text = text.trim_matches(is_break);
    if is_clean(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for word in text.split(is_break).filter(|word| !word.is_empty()) {
        let before = out.len();
        if before > 0 {
            out.push(' ');
        }
        let start = out.len();
        if word.bytes().all(|b| b.is_ascii_graphic()) {
            out.push_str(word);
        } else {
            out.extend(word.chars().filter(|c| !is_invisible_control(*c)));
        }
        if out.len() == start {
            out.truncate(before);
        }
    }
    let end = out.trim_end().len();
    out.truncate(end);
    out
}

/// Printable ASCII with single spaces: what most values are, and stay.
fn is_clean(text: &str) -> bool {
    let mut after_space = false;
    text.bytes().all(|b| {
        let doubled = after_space && b == b' ';
        after_space = b == b' ';
        matches!(b, b' '..=b'~') && !doubled
    })
}

/// White space of every kind that mailers fold with, and characters that start a new line when shown.
fn is_break(c: char) -> bool {
    matches!(c, ' ' | '\r' | '\n' | '\t' | '\u{2028}' | '\u{2029}' | '\u{85}')
}

/// Control characters, and those that turn the direction of text around (UAX #9).
pub(super) fn is_invisible_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{FEFF}')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(raw: &[u8]) -> String {
        decode_value(raw)
    }

    #[test]
    fn raw_japanese_headers_are_recognised() {
        assert_eq!(decoded(b"\x93\xFA\x96\x7B\x8C\xEA"), "日本語");
        assert_eq!(decoded(b"\xC6\xFC\xCB\xDC\xB8\xEC\xA4\xC7"), "日本語で");
        assert_eq!(decoded(b"\x1B$BF|K\\\x1B(B ok"), "日本 ok");
    }

    #[test]
    fn nothing_in_a_value_can_break_a_header() {
        assert_eq!(decoded(b"=?UTF-8?Q?x=0D=0ABcc:_a=00b=1B?="), "x Bcc: ab");
        assert_eq!(decoded("a\u{202E}b\rc".as_bytes()), "ab c");
    }

    #[test]
    fn a_block_ends_at_a_blank_line_or_at_text() {
        let block = split_header(b"A : 1\r\n 2\r\nB:3\r\n\r\nbody");
        let fields: Vec<_> = block.fields.iter().map(|f| (f.name, f.value)).collect();
        assert_eq!(
            fields,
            [("A", b" 1\r\n 2\r\n".as_slice()), ("B", b"3\r\n".as_slice())]
        );
        assert_eq!(
            (block.body, block.octets, block.unfinished),
            (b"body".as_slice(), 16, false)
        );
        let block = split_header(b"A: 1\nno field\nB: 2\n");
        assert_eq!(
            (block.fields.len(), block.body, block.unfinished),
            (1, b"no field\nB: 2\n".as_slice(), true)
        );
    }
}
