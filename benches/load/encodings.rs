//! Text to the bytes that mail clients send: transfer encodings and header words.

use data_encoding::BASE64;

/// A charset that Japanese mail clients write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    /// UTF-8.
    Utf8,
    /// ISO-2022-JP (RFC 1468), as older clients still send.
    Iso2022Jp,
}

impl Charset {
    /// `text` in this charset.
    pub(crate) fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Iso2022Jp => encoding_rs::ISO_2022_JP.encode(text).0.into_owned(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Iso2022Jp => "ISO-2022-JP",
        }
    }
}

/// `text` as RFC 2047 words, one a header line, none longer than 75 characters.
pub(crate) fn encoded_words(charset: Charset, text: &str) -> String {
    let mut words = Vec::new();
    let mut pending = String::new();
    for letter in text.chars() {
        // 36 bytes are 48 in base64; with charset and marks that stays below 75.
        let longer = format!("{pending}{letter}");
        if charset.encode(&longer).len() > 36 {
            words.push(word(charset, &pending));
            pending = letter.to_string();
        } else {
            pending = longer;
        }
    }
    words.push(word(charset, &pending));
    words.join("\r\n ")
}

fn word(charset: Charset, text: &str) -> String {
    format!(
        "=?{}?B?{}?=",
        charset.name(),
        BASE64.encode(&charset.encode(text))
    )
}

/// Base64 in lines of 76 characters, CRLF after each.
pub(crate) fn base64_lines(bytes: &[u8]) -> String {
    bytes
        .chunks(57)
        .fold(String::new(), |done, line| done + &BASE64.encode(line) + "\r\n")
}

/// Quoted-printable (RFC 2045 §6.7) with soft line breaks; `text` has CRLF line ends.
pub(crate) fn quoted_printable(text: &str) -> String {
    let mut encoded = String::new();
    for line in text.split_inclusive("\r\n") {
        let content = line.trim_end_matches("\r\n");
        let mut width = 0;
        let last = content.len().saturating_sub(1);
        for (position, byte) in content.bytes().enumerate() {
            // A space at a line's end would be lost on the way.
            let plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~') || (byte == b' ' && position < last);
            let token = if plain {
                char::from(byte).to_string()
            } else {
                format!("={byte:02X}")
            };
            if width + token.len() > 75 {
                encoded.push_str("=\r\n");
                width = 0;
            }
            width += token.len();
            encoded.push_str(&token);
        }
        if line.len() > content.len() {
            encoded.push_str("\r\n");
        }
    }
    encoded
}
