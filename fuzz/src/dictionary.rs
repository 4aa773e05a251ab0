//! The entries of `mail.dict`, which libFuzzer reads too, by their kind.

use std::sync::LazyLock;

const FILE: &str = include_str!("../mail.dict");

/// The dictionary's entries.
#[derive(Debug, Default)]
pub struct Dictionary {
    /// Header fields, each on one line.
    pub headers: Vec<Vec<u8>>,
    /// Lines of text.
    pub texts: Vec<Vec<u8>>,
    /// Pieces of HTML.
    pub html: Vec<Vec<u8>>,
    /// What may stand anywhere.
    pub tokens: Vec<Vec<u8>>,
}

/// The dictionary.
pub static DICTIONARY: LazyLock<Dictionary> = LazyLock::new(read);

fn read() -> Dictionary {
    let mut dictionary = Dictionary::default();
    for line in FILE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let (name, value) = line.split_once('=').expect("an entry is name=\"value\"");
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let value = unescape(value.expect("a value stands in quotation marks"));
        match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
            "header" => dictionary.headers.push(value),
            "text" => dictionary.texts.push(value),
            "html" => dictionary.html.push(value),
            "token" => dictionary.tokens.push(value),
            other => panic!("{other} is no kind of entry"),
        }
    }
    dictionary
}

/// Undoes `\\`, `\"` and `\xAB`, libFuzzer's only escapes.
fn unescape(value: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (octet, used) = match (first, after.first()) {
            (b'\\', Some(b'x')) => {
                let hex = after.get(1..3).and_then(|hex| std::str::from_utf8(hex).ok());
                let octet = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
                (octet.expect("\\x is followed by two hexadecimal digits"), 3)
            }
            (b'\\', Some(escaped)) => (*escaped, 1),
            (octet, _) => (*octet, 0),
        };
        octets.push(octet);
        rest = &after[used..];
    }
    octets
}
