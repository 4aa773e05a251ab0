//! What carries a reply token to a staff member and back (SPEC §6). Comes in: the setting. Goes out: which of
//! an outgoing mail's Reply-To and Message-ID has to bear it. It must not say what a token is worth: that is
//! the same whatever carries it.

use super::token::TokenKeys;
use crate::mail::{EmailAddress, MessageId};

/// What to write into `[tokens] carrier`, for whoever has misspelt it.
const CARRIERS_IN_WORDS: &str = "write one of: `plus-address` (the server delivers LOCAL+anything@DOMAIN to \
     the contact mailbox); `catch-all:DOMAIN` (it delivers every address of DOMAIN there, and DOMAIN has no \
     other use); `message-id` (it does neither, but leaves the Message-ID of mails it sends as it is)";

/// What carries a reply token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Carrier {
    /// `local+token@domain` of the contact address, in Reply-To.
    #[default]
    PlusAddress,
    /// `token@` this domain, in Reply-To.
    CatchAll(String),
    /// The Message-ID of the mail that is answered; the answer goes to the contact address.
    MessageId,
}

impl Carrier {
    /// Reads the setting for a desk with these addresses.
    pub fn parse(text: &str, addresses: &[&EmailAddress]) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no carrier; {CARRIERS_IN_WORDS}");
        match text.trim() {
            "plus-address" => Ok(Self::PlusAddress),
            "message-id" => Ok(Self::MessageId),
            other => {
                let domain = other.strip_prefix("catch-all:").ok_or_else(wrong)?.trim();
                let probe = EmailAddress::parse(&format!("x@{domain}")).map_err(|_| wrong())?;
                if !probe.has_ascii_domain() || !domain.contains('.') {
                    return Err(wrong());
                }
                // There every address would look like a token, those of colleagues too.
                if addresses.iter().any(|one| one.domain() == probe.domain()) {
                    return Err(format!(
                        "`{text}`: {domain} is the desk's own domain; a catch-all domain must have no other use, \
                         such as reply.{domain}"
                    ));
                }
                Ok(Self::CatchAll(probe.domain().to_owned()))
            }
        }
    }
}

impl std::fmt::Display for Carrier {
    /// Writes the setting.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PlusAddress => f.write_str("plus-address"),
            Self::CatchAll(domain) => write!(f, "catch-all:{domain}"),
            Self::MessageId => f.write_str("message-id"),
        }
    }
}

/// Where an answer to an outgoing mail bears its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerPath {
    /// The address it goes to.
    Address(EmailAddress),
    /// The Message-ID it names, with this in it; it goes to the contact address.
    MessageId(String),
}

impl AnswerPath {
    /// The address for Reply-To, where there is one.
    pub const fn address(&self) -> Option<&EmailAddress> {
        match self {
            Self::Address(address) => Some(address),
            Self::MessageId(_) => None,
        }
    }
}

impl TokenKeys {
    /// The path of a token that is written so.
    pub(super) fn path(&self, contact: &EmailAddress, written: String) -> Option<AnswerPath> {
        let address = match self.carrier() {
            Carrier::PlusAddress => format!("{}+{written}@{}", contact.local_part(), contact.domain()),
            Carrier::CatchAll(domain) => format!("{written}@{domain}"),
            Carrier::MessageId => return Some(AnswerPath::MessageId(written)),
        };
        EmailAddress::parse(&address).ok().map(AnswerPath::Address)
    }

    /// What stands in an address where a token would, right or not. Plus-addresses are read whatever the
    /// carrier is: those that are under way outlive a change of it.
    pub(super) fn mark_of<'a>(&self, contact: &EmailAddress, address: &'a EmailAddress) -> Option<&'a str> {
        if let Carrier::CatchAll(domain) = self.carrier()
            && address.domain() == domain
        {
            return Some(address.local_part());
        }
        let (base, written) = address.local_part().rsplit_once('+')?;
        let own = address.domain() == contact.domain() && base.eq_ignore_ascii_case(contact.local_part());
        (own && written.len() >= super::token::MAC_OCTETS).then_some(written)
    }

    /// What a Message-ID of this desk bears; nobody else's bears anything.
    pub(super) fn mark_in<'a>(&self, id: &'a MessageId) -> Option<&'a str> {
        let (local, _) = id.as_str().rsplit_once('@')?;
        let (unique, _) = local.rsplit_once('.')?;
        let (_, mark) = unique.split_once('.')?;
        self.is_own_message_id(id).then_some(mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact() -> EmailAddress {
        EmailAddress::parse("aws_tec@desk.example").unwrap()
    }

    fn read(text: &str) -> Result<Carrier, String> {
        Carrier::parse(text, &[&contact()])
    }

    #[test]
    fn each_carrier_reads_back_from_its_setting() {
        for text in ["plus-address", "catch-all:reply.desk.example", "message-id"] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        assert_eq!(
            read("catch-all:Reply.Desk.Example").unwrap(),
            Carrier::CatchAll("reply.desk.example".to_owned())
        );
    }

    #[test]
    fn a_wrong_carrier_is_answered_with_all_there_are() {
        for text in [
            "",
            "plus",
            "catch-all:",
            "catch-all:a b",
            "catch-all:窓口.example",
            "catch-all:x@y.example",
        ] {
            let words = read(text).unwrap_err();
            assert!(
                words.contains("catch-all:DOMAIN") && words.contains("message-id"),
                "{words}"
            );
        }
    }

    #[test]
    fn the_desks_own_domain_cannot_be_the_catch_all() {
        let words = read("catch-all:DESK.example").unwrap_err();
        assert!(words.contains("such as reply."), "{words}");
    }
}
