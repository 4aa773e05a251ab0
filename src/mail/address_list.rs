//! Address lists (RFC 5322 §3.4). Comes in: a header value whose encoded words are still encoded. Goes out:
//! its mailboxes, and what makes the value ambiguous.
//!
//! The value is split first and only the names are decoded afterwards: a comma or an `@` that hides in an
//! encoded word stays part of a name. Nothing is guessed into an address.

use super::address::{EmailAddress, Mailbox};
use super::words;

/// Most mailboxes that are read from one field.
const MAX_MAILBOXES: usize = 1_000;

/// What an address field says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct AddressList {
    /// Every mailbox in order.
    pub(super) mailboxes: Vec<Mailbox>,
    /// Why readers could differ about the value, kebab-case.
    pub(super) doubt: Option<&'static str>,
}

/// Reads a field value.
pub(super) fn parse(value: &str) -> AddressList {
    let mut list = AddressList::default();
    let mut pending: Option<usize> = None;
    for piece in pieces(value) {
        if piece.in_group {
            list.doubt = Some("group");
        }
        let start = pending.take().unwrap_or(piece.start);
        let text = value.get(start..piece.end).unwrap_or_default();
        // Only the piece itself is looked at: a list of a hundred thousand names must not cost their square.
        let own = value.get(piece.start..piece.end).unwrap_or_default();
        let lone_name = !piece.angle && !own.contains('@');
        if lone_name {
            // `Sato, Taro <sato@…>` without quotation marks: the comma is part of the name.
            pending = (piece.comma && (start < piece.start || !own.trim().is_empty())).then_some(start);
            continue;
        }
        if list.mailboxes.len() < MAX_MAILBOXES {
            read_one(text, &mut list);
        }
    }
    list
}

/// One entry of a list, as offsets into the value.
#[derive(Debug, Clone, Copy)]
struct Piece {
    start: usize,
    end: usize,
    /// It ended at a comma.
    comma: bool,
    in_group: bool,
    angle: bool,
}

/// Splits at commas and semicolons outside quotation marks, comments and angle brackets.
fn pieces(value: &str) -> Vec<Piece> {
    let quotes_pair = value.matches('"').count().is_multiple_of(2);
    // A colon opens a group only where the semicolon that ends it is there too.
    let has_group = value.contains(';');
    let mut pieces = Vec::new();
    let mut state = Nesting::default();
    let (mut start, mut in_group, mut angle) = (0, false, false);
    for (at, c) in value.char_indices() {
        if state.step(c, quotes_pair) {
            continue;
        }
        match c {
            '<' => angle = true,
            ':' if !angle && has_group => {
                in_group = true;
                start = at.saturating_add(1);
            }
            ',' | ';' => {
                pieces.push(Piece {
                    start,
                    end: at,
                    comma: c == ',',
                    in_group,
                    angle,
                });
                start = at.saturating_add(1);
                angle = false;
                in_group &= c == ',';
            }
            _ => {}
        }
    }
    pieces.push(Piece {
        start,
        end: value.len(),
        comma: false,
        in_group,
        angle,
    });
    pieces
}

/// Whether a character stands inside something that hides its meaning.
#[derive(Debug, Default)]
struct Nesting {
    quoted: bool,
    escaped: bool,
    comments: usize,
    in_angle: bool,
}

impl Nesting {
    /// Follows one character; true when it is hidden (or itself a quotation mark or parenthesis).
    fn step(&mut self, c: char, quotes_pair: bool) -> bool {
        if self.escaped {
            self.escaped = false;
            return true;
        }
        match c {
            '\\' if self.quoted || self.comments > 0 => self.escaped = true,
            '"' if quotes_pair && self.comments == 0 => self.quoted = !self.quoted,
            _ if self.quoted => {}
            '(' if !self.in_angle => self.comments = self.comments.saturating_add(1),
            ')' if self.comments > 0 => self.comments = self.comments.saturating_sub(1),
            _ if self.comments > 0 => {}
            '<' => {
                self.in_angle = true;
                return false;
            }
            '>' => self.in_angle = false,
            _ => return self.in_angle,
        }
        true
    }
}

fn read_one(text: &str, list: &mut AddressList) {
    let angles = angle_addresses(text);
    if angles.len() > 1 {
        list.doubt = Some("two-angle-addresses");
    }
    if let Some((before, _)) = angles.first().copied() {
        let name = phrase(text.get(..before).unwrap_or_default());
        for (_, inner) in angles {
            if let Some(address) = address_of(inner) {
                list.mailboxes.push(Mailbox {
                    name: name.clone(),
                    address,
                });
            }
        }
        return;
    }
    let (bare, comment) = without_comments(text);
    let mut words = bare.split_whitespace().rev();
    let Some(address) = words.find(|word| word.contains('@')).and_then(address_of) else {
        return;
    };
    let before: Vec<&str> = words.rev().collect();
    let name = if before.is_empty() {
        phrase(&comment)
    } else {
        phrase(&before.join(" "))
    };
    list.mailboxes.push(Mailbox { name, address });
}

/// Every `<…>` outside quotation marks: where it opens, and what it holds.
fn angle_addresses(text: &str) -> Vec<(usize, &str)> {
    let quotes_pair = text.matches('"').count().is_multiple_of(2);
    let mut found = Vec::new();
    let mut opened: Option<usize> = None;
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if quotes_pair => quoted = !quoted,
            _ if quoted => {}
            '<' => opened = Some(at),
            '>' => {
                if let Some(open) = opened.take() {
                    found.push((open, text.get(open.saturating_add(1)..at).unwrap_or_default()));
                }
            }
            _ => {}
        }
    }
    if let (Some(open), true) = (opened, found.is_empty()) {
        found.push((open, text.get(open.saturating_add(1)..).unwrap_or_default()));
    }
    // `<>` and `<Taro>` name nobody; beside a real address they are part of the name.
    found.retain(|(_, inner)| inner.contains('@'));
    found
}

fn address_of(text: &str) -> Option<EmailAddress> {
    let (bare, _) = without_comments(text);
    let routed = if bare.trim_start().starts_with('@') {
        // A source route (RFC 5322 §4.4) names the way, not the person.
        bare.rsplit(':').next().unwrap_or_default()
    } else {
        bare.trim_start().strip_prefix("mailto:").unwrap_or(&bare)
    };
    let joined: String = routed.chars().filter(|c| !c.is_whitespace()).collect();
    let joined = joined.trim_matches(|c| matches!(c, '\'' | '<' | '>' | ',' | ';'));
    EmailAddress::parse(joined).ok()
}

/// The text outside its comments, and the first comment.
fn without_comments(text: &str) -> (String, String) {
    let (mut outside, mut comment) = (String::new(), String::new());
    let (mut depth, mut quoted) = (0_usize, false);
    for c in text.chars() {
        match c {
            '"' if depth == 0 => {
                quoted = !quoted;
                outside.push(c);
            }
            '(' if !quoted => depth = depth.saturating_add(1),
            ')' if !quoted && depth > 0 => depth = depth.saturating_sub(1),
            _ if depth > 0 => comment.push(c),
            _ => outside.push(c),
        }
    }
    (outside, comment)
}

/// A display name: quotation marks and escapes resolved, then its encoded words decoded.
fn phrase(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut escaped = false;
    for c in text.trim().chars() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => {}
            _ => {
                escaped = false;
                plain.push(c);
            }
        }
    }
    let name = words::decode(plain.trim());
    let name = name.trim_matches(|c| c == '\'' || c == '"').trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> String {
        let list = parse(value);
        let each = list
            .mailboxes
            .iter()
            .map(|m| format!("{}|{}", m.name.as_deref().unwrap_or("-"), m.address));
        let all = each.collect::<Vec<_>>().join(" & ");
        format!(
            "{all}{}",
            list.doubt.map(|why| format!(" ?{why}")).unwrap_or_default()
        )
    }

    #[test]
    fn ordinary_forms_are_read() {
        assert_eq!(
            shown("佐藤 <sato@a.example>, b@b.example"),
            "佐藤|sato@a.example & -|b@b.example"
        );
        assert_eq!(
            shown("\"Sato, \\\"T\\\"\" <s@a.example>"),
            "Sato, \"T|s@a.example"
        );
        assert_eq!(shown("s@a.example (Taro Sato)"), "Taro Sato|s@a.example");
        assert_eq!(shown("Sato, Taro <s@a.example>"), "Sato, Taro|s@a.example");
        assert_eq!(shown("<\"a..b\"@docomo.ne.jp>"), "-|a..b@docomo.ne.jp");
    }

    #[test]
    fn an_address_hidden_in_an_encoded_word_stays_a_name() {
        assert_eq!(
            shown("=?utf-8?q?taro=40desk.example=2C?= <evil@attacker.example>"),
            "taro@desk.example,|evil@attacker.example"
        );
    }

    #[test]
    fn what_two_readers_could_read_differently_is_in_doubt() {
        assert_eq!(
            shown("<a@a.example><b@b.example>"),
            "-|a@a.example & -|b@b.example ?two-angle-addresses"
        );
        assert_eq!(
            shown("営業部: a@a.example, b@b.example;"),
            "-|a@a.example & -|b@b.example ?group"
        );
        assert_eq!(shown("undisclosed-recipients:;"), "?group".replace('?', " ?"));
    }

    #[test]
    fn broken_quotation_marks_do_not_swallow_the_address() {
        assert_eq!(shown("\"Sato <s@a.example>"), "Sato|s@a.example");
        assert_eq!(shown("Sato <s@a.example"), "Sato|s@a.example");
        assert_eq!(shown("Sato <mailto:s@a.example>"), "Sato|s@a.example");
        assert_eq!(shown("Sato"), "");
    }
}
