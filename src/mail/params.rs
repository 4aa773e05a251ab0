//! Stage: structured values. Comes in: a raw Content-Type or Content-Disposition value. Goes out: its
//! leading word and its parameters, decoded in every form mailers use: plain, quoted, raw 8-bit, with
//! encoded words inside (RFC 2047 forbids it, Japanese mailers do it), and RFC 2231 with and without
//! continuation. mailparse reads the plain ones. Work is linear and the number of parameters bounded.

use std::collections::BTreeMap;

use super::charset;
use super::header::{clean_line, decode_value};

/// Longest value that is read, in octets.
const MAX_VALUE_OCTETS: usize = 64 * 1024;
/// Longest value that mailparse is given, in octets: what fits on one header line (RFC 5322 §2.1.1).
const MAX_PLAIN_OCTETS: usize = 998;
/// Most parameters that are read.
const MAX_PARAMETERS: usize = 500;

/// A structured value.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Structured {
    /// The word before the first `;`, in lower case, without white space.
    pub(super) word: String,
    parameters: BTreeMap<String, Pieces>,
}

/// What was said of one parameter.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Pieces {
    plain: Option<String>,
    extended: BTreeMap<u32, Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    text: String,
    percent: bool,
}

impl Structured {
    /// Reads a raw value.
    pub(super) fn parse(raw: &[u8]) -> Self {
        let raw = raw.get(..raw.len().min(MAX_VALUE_OCTETS)).unwrap_or_default();
        // Raw Shift_JIS hides quotes and backslashes inside characters, so characters come first.
        let text = charset::decode(raw, None).text;
        let mut sections = split_sections(&text).into_iter();
        let word = sections.next().unwrap_or_default();
        let mut read = Self {
            word: word
                .chars()
                .filter(|c| !c.is_whitespace() && !c.is_control())
                .collect(),
            parameters: BTreeMap::new(),
        };
        read.word.make_ascii_lowercase();
        if let Some(parameters) = plain_parameters(&text) {
            read.parameters = parameters;
            return read;
        }
        for section in sections.take(MAX_PARAMETERS) {
            if let Some((name, value)) = section.split_once('=') {
                read.insert(name.trim(), value);
            }
        }
        read
    }

    fn insert(&mut self, name: &str, value: &str) {
        let mut parts = name.split('*');
        let base = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let (second, third) = (parts.next(), parts.next());
        let value = unquote(value);
        let pieces = self.parameters.entry(base).or_default();
        match second {
            None => {
                pieces.plain.get_or_insert(value);
            }
            Some("") => {
                pieces.extended.insert(
                    0,
                    Piece {
                        text: value,
                        percent: true,
                    },
                );
            }
            Some(number) => {
                if let Ok(number) = number.trim().parse() {
                    let percent = third.is_some();
                    pieces
                        .extended
                        .entry(number)
                        .or_insert(Piece { text: value, percent });
                }
            }
        }
    }

    /// The value of a parameter, clean and on one line; RFC 2231 forms win over the plain one.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let pieces = self.parameters.get(name)?;
        let text = if pieces.extended.is_empty() {
            decode_value(pieces.plain.as_deref()?.as_bytes())
        } else {
            clean_line(&join_extended(&pieces.extended))
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// A parameter as written, for values that are compared with octets, such as a boundary.
    pub(super) fn verbatim(&self, name: &str) -> Option<String> {
        let pieces = self.parameters.get(name)?;
        pieces
            .plain
            .clone()
            .or_else(|| Some(join_extended(&pieces.extended)))
    }
}

/// Parameters as mailparse reads them, for values in the form that RFC 2045 §5.1 gives; `None` for the
/// encoded forms, where mailparse prefers the wrong one of two names, for the paths that Windows mailers write
/// with bare backslashes, and for values long enough to be
/// meant against it (its work grows with the square of the parameters).
fn plain_parameters(text: &str) -> Option<BTreeMap<String, Pieces>> {
    let plain = text.len() <= MAX_PLAIN_OCTETS && text.is_ascii() && !text.contains(['*', '\\']);
    plain.then(|| {
        let read = mailparse::parse_content_disposition(text).params;
        let pieces = |value| Pieces {
            plain: Some(value),
            extended: BTreeMap::new(),
        };
        read.into_iter()
            .map(|(name, value)| (name, pieces(value)))
            .collect()
    })
}

/// Joins RFC 2231 pieces as octets before decoding: mailers cut inside characters.
fn join_extended(pieces: &BTreeMap<u32, Piece>) -> String {
    let mut label = String::new();
    let mut octets = Vec::new();
    for (position, piece) in pieces.values().enumerate() {
        let mut text = piece.text.as_str();
        if position == 0 && piece.percent {
            let mut sections = text.splitn(3, '\'');
            if let (Some(charset), Some(_), Some(rest)) = (sections.next(), sections.next(), sections.next())
            {
                charset.clone_into(&mut label);
                text = rest;
            }
        }
        if piece.percent {
            octets.extend(unpercent(text));
        } else {
            octets.extend_from_slice(text.as_bytes());
        }
    }
    // Some mailers put encoded words into continuations.
    if label.is_empty() && octets.windows(2).any(|pair| pair == b"=?") {
        return decode_value(&octets);
    }
    charset::decode(&octets, Some(&label)).text
}

fn unpercent(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'%', [high, low, tail @ ..]) => hex_pair(*high, *low).map(|byte| (byte, tail)),
            _ => None,
        };
        let (byte, tail) = escaped.unwrap_or((*first, after));
        out.push(byte);
        rest = tail;
    }
    out
}

fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some((digit(high)? << 4) | digit(low)?)
}

/// Cuts at semicolons outside quotes and comments; comments are dropped.
fn split_sections(text: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let (mut quoted, mut escaped, mut depth) = (false, false, 0usize);
    for c in text.chars() {
        if sections.len() > MAX_PARAMETERS {
            break;
        }
        let taken = match c {
            _ if escaped => {
                escaped = false;
                true
            }
            '\\' if quoted => {
                escaped = true;
                true
            }
            '"' if depth == 0 => {
                quoted = !quoted;
                true
            }
            '(' if !quoted => {
                depth = depth.saturating_add(1);
                false
            }
            ')' if !quoted && depth > 0 => {
                depth = depth.saturating_sub(1);
                false
            }
            ';' if !quoted && depth == 0 => {
                sections.push(String::new());
                false
            }
            _ => depth == 0,
        };
        if let (true, Some(section)) = (taken, sections.last_mut()) {
            section.push(c);
        }
    }
    sections
}

/// A value without its quotes; a backslash is an escape only before a quote or backslash, since Windows
/// mailers write whole paths.
fn unquote(value: &str) -> String {
    let value = value.trim();
    let Some(inner) = value.strip_prefix('"') else {
        return value.to_owned();
    };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    inner.replace("\\\"", "\"").replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filename(raw: &[u8]) -> Option<String> {
        Structured::parse(raw).parameter("filename")
    }

    #[test]
    fn every_way_to_write_a_japanese_file_name_is_read() {
        let expected = Some("請求書.pdf".to_owned());
        for raw in [
            b"attachment; filename*=UTF-8''%E8%AB%8B%E6%B1%82%E6%9B%B8.pdf".as_slice(),
            b"attachment; filename*0*=UTF-8''%E8%AB%8B%E6;\r\n filename*1*=%B1%82%E6%9B%B8;\r\n filename*2=.pdf",
            b"attachment; filename=\"=?UTF-8?B?6KuL5rGC?=\r\n =?UTF-8?B?5pu4LnBkZg==?=\"",
            b"attachment; filename=\"\x90\xBF\x8B\x81\x8F\x91.pdf\"",
            b"attachment; filename=\"\x1B$B@A5a=q\x1B(B.pdf\"",
            "attachment; filename=請求書.pdf".as_bytes(),
            b"attachment; filename*=iso-2022-jp'ja'%1B%24B%40A5a%3Dq%1B%28B.pdf",
        ] {
            assert_eq!(filename(raw), expected, "{}", String::from_utf8_lossy(raw));
        }
    }

    #[test]
    fn the_extended_form_wins_over_the_plain_one() {
        let raw = b"attachment; filename=\"evil.exe\"; filename*=UTF-8''a.pdf";
        assert_eq!(filename(raw), Some("a.pdf".to_owned()));
    }

    #[test]
    fn the_word_is_read_without_comments() {
        let read = Structured::parse(b" Text/Plain (see; below); charset = \"utf-8\"");
        assert_eq!(read.word, "text/plain");
        assert_eq!(read.parameter("charset").as_deref(), Some("utf-8"));
    }
}
