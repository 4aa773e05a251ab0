//! Mail addresses as values: what a header or a registry row names, in one comparable form.
//!
//! Comes in: text already split out of its header (`mail::parse`) or typed by a person. Goes out: an
//! [`EmailAddress`] whose domain is lower-case, or an error that says what is wrong. Nothing here decodes
//! headers: decoding before splitting lets an encoded comma forge an address.

use std::fmt;

/// Longest address that is accepted, in octets (RFC 5321 §4.5.3.1.3).
const MAX_OCTETS: usize = 254;

/// One mail address, `local@domain`.
///
/// The local part keeps its case for sending; comparing, ordering and hashing ignore case, since no
/// mail system in use tells `Sato@` from `sato@` apart. Carrier addresses with consecutive dots
/// (`a..b@docomo.ne.jp`) are valid here although RFC 5322 forbids them: customers have them.
#[derive(Clone)]
pub struct EmailAddress {
    text: String,
    folded: String,
    at: usize,
}

/// Why a text is no mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// There is no `@`, or nothing before or after it.
    #[error("`{0}` is not a mail address: write it as name@domain")]
    Shape(String),
    /// A space, a control character, an angle bracket or the like.
    #[error("the mail address `{0}` holds the character {1:?}, which no mail address may hold")]
    Character(String, char),
    /// Longer than mail systems carry.
    #[error("a mail address has at most 254 characters, this one has {0}")]
    TooLong(usize),
}

impl EmailAddress {
    /// Reads `local@domain`; white space around it is ignored.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let text = text.trim();
        if text.len() > MAX_OCTETS {
            return Err(InvalidAddress::TooLong(text.len()));
        }
        let shape = || InvalidAddress::Shape(text.to_owned());
        let (local, domain) = text.rsplit_once('@').ok_or_else(shape)?;
        let local = unquote_local(local);
        if local.is_empty() || domain.is_empty() || domain.starts_with('.') || domain.ends_with('.') {
            return Err(shape());
        }
        if let Some(bad) = text.chars().find(|c| is_forbidden(*c)) {
            return Err(InvalidAddress::Character(text.to_owned(), bad));
        }
        if local.contains('@') {
            return Err(InvalidAddress::Character(text.to_owned(), '@'));
        }
        let text = format!("{local}@{}", domain.to_ascii_lowercase());
        let folded = text.to_lowercase();
        Ok(Self {
            at: local.len(),
            text,
            folded,
        })
    }

    /// The address, domain in lower case, local part as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address in lower case: the form to store, look up and compare.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// The part before the `@`.
    pub fn local_part(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// The part after the `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.text.get(self.at.saturating_add(1)..).unwrap_or_default()
    }

    /// Whether the domain is ASCII only; look-alike domains are never staff (SPEC §6).
    pub fn has_ascii_domain(&self) -> bool {
        self.domain().is_ascii()
    }
}

/// Carrier addresses travel quoted (`"a..b"@docomo.ne.jp`); the quotes are no part of the name.
fn unquote_local(local: &str) -> &str {
    local
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(local)
}

fn is_forbidden(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | ':' | '[' | ']' | '\\')
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for EmailAddress {}

impl std::hash::Hash for EmailAddress {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

impl PartialOrd for EmailAddress {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for EmailAddress {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded.cmp(&other.folded)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", self.text)
    }
}

impl std::str::FromStr for EmailAddress {
    type Err = InvalidAddress;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl serde::Serialize for EmailAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> serde::Deserialize<'de> for EmailAddress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// An address with the display name a header gave it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Mailbox {
    /// Decoded and free of control and bidirectional characters; never trusted (SPEC §1: names in texts
    /// come from the registry).
    pub name: Option<String>,
    /// The address between the angle brackets.
    pub address: EmailAddress,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_tell_addresses_apart() {
        assert_eq!(
            EmailAddress::parse("Sato@Customer.Example"),
            EmailAddress::parse("sato@customer.example")
        );
    }

    #[test]
    fn carrier_addresses_with_double_dots_are_accepted() {
        let address = EmailAddress::parse("\"a..b.\"@docomo.ne.jp").unwrap();
        assert_eq!(address.as_str(), "a..b.@docomo.ne.jp");
        assert_eq!(
            (address.local_part(), address.domain()),
            ("a..b.", "docomo.ne.jp")
        );
    }

    #[test]
    fn texts_that_are_no_address_say_why() {
        assert!(matches!(
            EmailAddress::parse("sato"),
            Err(InvalidAddress::Shape(_))
        ));
        assert!(matches!(
            EmailAddress::parse("@a.example"),
            Err(InvalidAddress::Shape(_))
        ));
        assert!(matches!(
            EmailAddress::parse("a b@c.example"),
            Err(InvalidAddress::Character(_, ' '))
        ));
        assert!(matches!(
            EmailAddress::parse("a\r\nBcc: x@c.example"),
            Err(InvalidAddress::Character(..))
        ));
        assert!(matches!(
            EmailAddress::parse("a@b@c.example"),
            Err(InvalidAddress::Character(_, '@'))
        ));
    }
}
