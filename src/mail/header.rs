//! Stage: header fields. Comes in: the bytes of a header block. Goes out: fields as they stand, and their
//! values as text: unfolded, encoded words (RFC 2047) decoded, raw 8-bit text sniffed, free of control and
//! bidirectional characters. It must not split addresses or parameters: that happens before decoding.
//!
//! mailparse 0.18 is not used here: its `get_value` is cubic on hostile input and damages characters that
//! are split between two encoded words.

use super::charset;
use super::encoding::{decode_base64, decode_quoted};

/// Longest encoded word that is believed, in octets. RFC 2047 says 75; Japanese mailers write whole
/// subjects into one word.
const MAX_WORD_OCTETS: usize = 4000;
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
    clean_line(&decode_words(raw))
}

/// A run of encoded words that belong together.
struct Run {
    label: String,
    payload: Vec<u8>,
    bytes: Vec<u8>,
}

impl Run {
    /// Base64 that was cut between two words not at a multiple of four goes on in the next word.
    fn push(&mut self, word: &Word<'_>) {
        if word.base64 {
            self.payload.extend_from_slice(word.payload);
            if self.payload.len().is_multiple_of(4) || word.payload.ends_with(b"=") {
                self.flush();
            }
        } else {
            self.flush();
            self.bytes.extend(decode_quoted(word.payload, true));
        }
    }

    fn flush(&mut self) {
        let payload = std::mem::take(&mut self.payload);
        self.bytes.extend(decode_base64(&payload).bytes);
    }

    fn finish(mut self) -> String {
        self.flush();
        charset::decode(&self.bytes, Some(&self.label)).text
    }
}

/// Decodes encoded words and sniffs what lies between them. Words of one charset that follow each other
/// are joined as bytes first, since mailers cut inside characters.
fn decode_words(raw: &[u8]) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut run: Option<Run> = None;
    let mut plain_from = 0usize;
    let mut at = 0usize;
    while let Some(found) = find_word_start(raw, at) {
        let Some(word) = raw.get(found..).and_then(read_word) else {
            at = found.saturating_add(2);
            continue;
        };
        let between = raw.get(plain_from..found).unwrap_or_default();
        let adjacent = between.iter().all(u8::is_ascii_whitespace);
        match run.as_mut() {
            Some(open) if adjacent && open.label.eq_ignore_ascii_case(&word.label) => open.push(&word),
            _ => {
                let kept = if adjacent && run.is_some() { &[] } else { between };
                out.extend(run.take().map(Run::finish));
                out.push_str(&plain(kept));
                let mut next = Run {
                    label: word.label.clone(),
                    payload: Vec::new(),
                    bytes: Vec::new(),
                };
                next.push(&word);
                run = Some(next);
            }
        }
        at = found.saturating_add(word.octets);
        plain_from = at;
    }
    out.extend(run.map(Run::finish));
    out.push_str(&plain(raw.get(plain_from..).unwrap_or_default()));
    out
}

fn plain(bytes: &[u8]) -> String {
    charset::decode(bytes, None).text
}

fn find_word_start(raw: &[u8], from: usize) -> Option<usize> {
    let rest = raw.get(from..)?;
    rest.windows(2)
        .position(|pair| pair == b"=?")
        .map(|n| n.saturating_add(from))
}

struct Word<'a> {
    label: String,
    base64: bool,
    payload: &'a [u8],
    octets: usize,
}

/// Reads `=?charset*language?B?payload?=` at the front of `raw`. Each step stops at the next `?`, so that
/// a value full of broken words is still read in linear time.
fn read_word(raw: &[u8]) -> Option<Word<'_>> {
    let raw = raw.get(..raw.len().min(MAX_WORD_OCTETS))?;
    let mut sections = raw.get(2..)?.splitn(3, |b| *b == b'?');
    let (label, kind, rest) = (sections.next()?, sections.next()?, sections.next()?);
    let base64 = match kind {
        b"B" | b"b" => true,
        b"Q" | b"q" => false,
        _ => return None,
    };
    let end = rest.windows(2).position(|pair| pair == b"?=")?;
    let payload = rest.get(..end)?;
    let label = label.split(|b| *b == b'*').next()?;
    if label.is_empty() || !label.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let octets = raw
        .len()
        .saturating_sub(rest.len())
        .saturating_add(end)
        .saturating_add(2);
    Some(Word {
        label: String::from_utf8_lossy(label).into_owned(),
        base64,
        payload,
        octets,
    })
}

/// One line of text that may be shown and stored: line breaks and tabs become a space, control and
/// bidirectional characters go (they forge names and break outgoing headers).
pub(super) fn clean_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = true;
    for c in text.chars() {
        if matches!(c, '\r' | '\n' | '\t' | ' ' | '\u{2028}' | '\u{2029}' | '\u{85}') {
            if !space {
                out.push(' ');
            }
            space = true;
        } else if !is_invisible_control(c) {
            out.push(c);
            space = false;
        }
    }
    let end = out.trim_end().len();
    out.truncate(end);
    out
}

/// Control characters, and those that turn the direction of text around (UAX #9).
pub(super) fn is_invisible_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}
