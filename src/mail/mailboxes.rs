//! Stage: address lists. Comes in: raw address fields. Goes out: mailboxes. A list is always split before its names are decoded: an encoded comma or angle bracket must not make an
//! address . It must not decide which mailbox is the author.

use super::address::{EmailAddress, Mailbox};
use super::charset;
use super::encoded_word::word_length;
use super::header::{clean_line, decode_value};

/// Most mailboxes read from one field; the rest of a larger list is left out.
const MAX_MAILBOXES: usize = 1000;
/// Longest address field that is read, in octets.
const MAX_LIST_OCTETS: usize = 128 * 1024;

/// What an address field holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct AddressList {
    /// The mailboxes in order.
    pub(super) mailboxes: Vec<Mailbox>,
    /// Group syntax (`name: a@x, b@y;`) was used.
    pub(super) group: bool,
    /// Why the list reads in two ways, kebab-case.
    pub(super) odd: Option<&'static str>,
    /// Entries that hold no valid address.
    pub(super) broken: Vec<String>,
}

impl AddressList {
    /// Reads a raw value, folding included.
    pub(super) fn parse(raw: &[u8]) -> Self {
        let raw = raw.get(..raw.len().min(MAX_LIST_OCTETS)).unwrap_or_default();
        // Shift_JIS and ISO-2022-JP hide quotes, commas and brackets inside characters, so raw 8-bit text
        // becomes characters before it is split; encoded words stay encoded.
        let text = charset::decode(raw, None).text;
        let mut reader = Reader::default();
        let mut rest = text.as_str();
        while let Some(c) = rest.chars().next() {
            // An encoded word is one atom, whatever separators a sloppy mailer left in it.
            let word = if reader.is_bare() { word_length(rest) } else { None };
            let (token, after) = rest
                .split_at_checked(word.unwrap_or(c.len_utf8()))
                .unwrap_or((rest, ""));
            if word.is_some() {
                reader.put_word(token);
            } else {
                reader.take(c);
            }
            rest = after;
        }
        reader.finish()
    }
}

/// One entry of a list while it is read.
#[derive(Default)]
struct Entry {
    phrase: String,
    quoted: bool,
    comment: String,
    angle: Option<String>,
    angles: usize,
}

#[derive(Default)]
struct Reader {
    list: AddressList,
    entry: Entry,
    /// A name cut off by an unquoted comma (`Sato, Taro <…>`), waiting for its address.
    pending: String,
    in_quotes: bool,
    in_angle: bool,
    escaped: bool,
    depth: usize,
}

impl Reader {
    fn is_bare(&self) -> bool {
        !self.in_quotes && !self.in_angle && self.depth == 0
    }

    /// A word that holds an address reads differently where words are no atoms.
    fn put_word(&mut self, word: &str) {
        if word.contains(['@', '<']) {
            self.list.odd = Some("address-in-an-encoded-word");
        }
        word.chars().for_each(|c| self.put(c));
    }

    fn take(&mut self, c: char) {
        if self.escaped {
            self.escaped = false;
            self.put(c);
        } else if c == '\\' && (self.in_quotes || self.depth > 0) {
            self.escaped = true;
        } else if self.depth > 0 {
            self.take_in_comment(c);
        } else if self.in_quotes {
            match c {
                '"' => self.close_quotes(),
                other => self.put(other),
            }
        } else {
            self.take_bare(c);
        }
    }

    fn take_in_comment(&mut self, c: char) {
        match c {
            '(' => self.depth = self.depth.saturating_add(1),
            ')' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.depth > 0 {
            self.entry.comment.push(c);
        }
    }

    fn take_bare(&mut self, c: char) {
        match c {
            '"' => self.open_quotes(),
            '(' => self.depth = 1,
            '<' => {
                self.in_angle = true;
                self.entry.angles = self.entry.angles.saturating_add(1);
                self.entry.angle = Some(String::new());
            }
            '>' => self.in_angle = false,
            ',' | ';' if !self.in_angle => {
                self.close_entry();
                self.list.group |= c == ';' && !self.pending.is_empty();
            }
            ':' if !self.in_angle && !self.entry.phrase.contains('@') => {
                self.list.group = true;
                self.entry = Entry::default();
            }
            other => self.put(other),
        }
    }

    fn open_quotes(&mut self) {
        self.in_quotes = true;
        if self.in_angle {
            self.put('"');
        } else {
            self.entry.quoted = true;
        }
    }

    fn close_quotes(&mut self) {
        self.in_quotes = false;
        if self.in_angle {
            self.put('"');
        }
    }

    fn put(&mut self, c: char) {
        match self.entry.angle.as_mut() {
            Some(angle) if self.in_angle => angle.push(c),
            _ if self.depth > 0 => self.entry.comment.push(c),
            _ => self.entry.phrase.push(c),
        }
    }

    fn close_entry(&mut self) {
        let entry = std::mem::take(&mut self.entry);
        if self.list.mailboxes.len() >= MAX_MAILBOXES {
            return;
        }
        let phrase = entry.phrase.trim();
        if entry.angle.is_none() && !phrase.contains('@') {
            if !phrase.is_empty() {
                self.pending.push_str(phrase);
                self.pending.push_str(", ");
            }
            return;
        }
        let name = std::mem::take(&mut self.pending);
        self.read_entry(&entry, &name);
    }

    fn read_entry(&mut self, entry: &Entry, pending: &str) {
        let phrase = entry.phrase.trim();
        let (address, name) = match &entry.angle {
            Some(angle) => (bare_address(angle), format!("{pending}{phrase}")),
            None => (phrase.to_owned(), entry.comment.clone()),
        };
        if entry.angles > 1 {
            self.list.odd = Some("several-angle-addresses");
        }
        match EmailAddress::parse(&address) {
            Ok(address) => {
                self.note_second_address(entry, &address);
                let name = clean_line(&decode_value(name.as_bytes()));
                let name = name.trim_matches(['"', '\'']).trim();
                self.list.mailboxes.push(Mailbox {
                    name: (!name.is_empty()).then(|| name.to_owned()),
                    address,
                });
            }
            Err(_) if address.is_empty() => {}
            Err(_) => self.list.broken.push(clean_line(&address)),
        }
    }

    /// An unquoted name that is itself another address reads in two ways.
    fn note_second_address(&mut self, entry: &Entry, address: &EmailAddress) {
        if entry.angle.is_none() || entry.quoted {
            return;
        }
        if EmailAddress::parse(&entry.phrase).is_ok_and(|other| other != *address) {
            self.list.odd = Some("address-as-name");
        }
    }

    fn finish(mut self) -> AddressList {
        self.close_entry();
        if self.in_quotes || self.in_angle || self.depth > 0 {
            self.list.odd = self.list.odd.or(Some("unclosed"));
        }
        if !self.pending.is_empty() {
            self.list
                .broken
                .push(clean_line(self.pending.trim_end_matches(", ")));
        }
        self.list
    }
}

/// The address between angle brackets, without white space and an obsolete route (`@a,@b:` RFC 5322 §4.4).
fn bare_address(angle: &str) -> String {
    let angle = angle.trim();
    let angle = match angle.strip_prefix('@').and_then(|rest| rest.split_once(':')) {
        Some((_, address)) => address,
        None => angle,
    };
    angle
        .chars()
        .filter(|c| !matches!(c, '\r' | '\n' | '\t' | ' '))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &[u8]) -> String {
        let list = AddressList::parse(raw);
        let shown: Vec<String> = list
            .mailboxes
            .iter()
            .map(|m| format!("{}<{}>", m.name.as_deref().unwrap_or_default(), m.address))
            .collect();
        shown.join(" ")
    }

    #[test]
    fn names_are_decoded_after_the_list_is_split() {
        let forged = b"=?utf-8?q?taro=40desk.example=2C?= <evil@attacker.example>";
        assert_eq!(read(forged), "taro@desk.example,<evil@attacker.example>");
    }

    #[test]
    fn names_are_read_in_every_spelling() {
        assert_eq!(
            read(b"=?UTF-8?B?5L2Q6Jek?= <sato@a.example>"),
            "佐藤<sato@a.example>"
        );
        assert_eq!(
            read("\"佐藤, 太郎\" <sato@a.example>, b@b.example".as_bytes()),
            "佐藤, 太郎<sato@a.example> <b@b.example>"
        );
        assert_eq!(read(b"Sato, Taro <sato@a.example>"), "Sato, Taro<sato@a.example>");
        assert_eq!(
            read(b"sato@a.example (Sato (Taro))"),
            "Sato (Taro)<sato@a.example>"
        );
        assert_eq!(
            read(b"\"=?UTF-8?B?5L2Q6Jek?=\" <sato@a.example>"),
            "佐藤<sato@a.example>"
        );
        assert_eq!(
            read(b"\x8D\xB2\x93\xA1\x95\x5C <sato@a.example>"),
            "佐藤表<sato@a.example>"
        );
        assert_eq!(read(b"\"a..b.\"@docomo.ne.jp"), "<a..b.@docomo.ne.jp>");
        assert_eq!(read(b"<@relay.example:sato@a.example>"), "<sato@a.example>");
    }

    #[test]
    fn separators_inside_an_encoded_word_do_not_split_the_list() {
        assert_eq!(
            read(b"=?utf-8?q?Sato,_Taro:?= <sato@a.example>"),
            "Sato, Taro:<sato@a.example>"
        );
    }

    #[test]
    fn a_group_without_members_is_no_mailbox() {
        let list = AddressList::parse(b"undisclosed-recipients:;");
        assert_eq!((list.mailboxes.len(), list.group), (0, true));
    }
}
