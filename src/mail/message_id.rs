//! Message-IDs (RFC 5322 §3.6.4): the thread that ties a reply to its mail.
//!
//! Comes in: header text. Goes out: identifiers that are safe to write into a header again. A damaged
//! identifier is left out, never repaired: a guess would join the wrong ticket.

use std::fmt;

/// Longest identifier that is kept, in octets: a longer one could not be folded into a header line
/// (RFC 5322 §2.1.1: 998) and only hostile mail has one.
const MAX_OCTETS: usize = 900;

/// One Message-ID, held (and serialised) without its angle brackets.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct MessageId(String);

impl MessageId {
    /// Reads `<left@right>` or `left@right`; `None` when it could not stand in a header.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let inner = text
            .strip_prefix('<')
            .and_then(|rest| rest.strip_suffix('>'))
            .unwrap_or(text);
        let (left, right) = inner.rsplit_once('@')?;
        let clean = inner
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>');
        (clean && !left.is_empty() && !right.is_empty() && inner.len() <= MAX_OCTETS)
            .then(|| Self(inner.to_owned()))
    }

    /// Every identifier in a header value such as References, in order; what lies between is ignored.
    pub fn parse_list(value: &str) -> Vec<Self> {
        value
            .split('<')
            .skip(1)
            .filter_map(|rest| rest.split_once('>'))
            .filter_map(|(inner, _)| {
                // Some gateways fold inside an identifier; the white space is theirs.
                let joined: String = inner.chars().filter(|c| !c.is_ascii_whitespace()).collect();
                Self::parse(&joined)
            })
            .collect()
    }

    /// The identifier without angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    /// Writes the header form, with angle brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_in_order_whatever_lies_between() {
        let ids = MessageId::parse_list("<a@x> (comment)\r\n\t<b@y>,<c\r\n d@z> <broken>");
        assert_eq!(format!("{ids:?}"), "[<a@x>, <b@y>, <cd@z>]");
    }

    #[test]
    fn an_identifier_that_could_break_a_header_is_none() {
        assert_eq!(MessageId::parse("<a\r\nBcc: b@x>"), None);
        assert_eq!(MessageId::parse("<é@x>"), None);
        assert_eq!(MessageId::parse("a"), None);
    }
}
