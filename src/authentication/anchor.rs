//! The anchor: which evidence counts as a staff member's own hand (SPEC §6). There is no default, because
//! each one rests on something that only the people who run the mail server can know.

use crate::mail::InboundMessage;

/// What to write into `[staff] anchor`, for whoever has left it out or misspelt it.
pub const ANCHORS_IN_WORDS: &str = "write one of: `dkim` (your server signs staff mail with DKIM, and this mailbox \
     shows it unchanged); `authserv:ID` (your border writes Authentication-Results under that id and removes \
     outside copies); `exchange-internal` (Exchange Online delivers staff mail inside one tenant; set \
     tenant_mailbox too); `token-only` (nothing proves the author; set accept_spoofing_risk = true too)";

/// Which evidence counts as a staff member's own hand; there is no default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// The desk's own check of a DKIM signature of exactly the From domain.
    Dkim,
    /// The desk's own border.
    Authserv(Border),
    /// Exchange Online delivered it inside the tenant.
    ExchangeInternal,
    /// The reply token alone, at the desk's own risk.
    TokenOnly,
}

/// A border that writes Authentication-Results (RFC 8601).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Border {
    /// Its authserv-id.
    pub id: String,
    /// The host in the `by` of its Received line; where set, its word must stand above that line.
    pub received_by: Option<String>,
}

impl Border {
    /// Reads `ID` or `ID@HOST`.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, host) = match text.trim().split_once('@') {
            Some((id, host)) => (id.trim(), Some(host.trim())),
            None => (text.trim(), None),
        };
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        (plain(id) && host.is_none_or(plain)).then(|| Self {
            id: id.to_owned(),
            received_by: host.map(str::to_owned),
        })
    }
}

impl Anchor {
    /// Reads the setting, such as `authserv:mx.desk.example`.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "dkim" => Ok(Self::Dkim),
            "exchange-internal" => Ok(Self::ExchangeInternal),
            "token-only" => Ok(Self::TokenOnly),
            other => other
                .strip_prefix("authserv:")
                .and_then(Border::parse)
                .map(Self::Authserv)
                .ok_or_else(|| format!("`{text}` is no anchor; {ANCHORS_IN_WORDS}")),
        }
    }

    /// The border that the anchor itself names.
    pub fn border(&self) -> Option<&Border> {
        match self {
            Self::Authserv(border) => Some(border),
            Self::Dkim | Self::ExchangeInternal | Self::TokenOnly => None,
        }
    }
}

impl std::fmt::Display for Anchor {
    /// Writes the setting: what was seen to pass under one anchor says nothing about another.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dkim => f.write_str("dkim"),
            Self::Authserv(border) => write!(f, "authserv:{}", border.id),
            Self::ExchangeInternal => f.write_str("exchange-internal"),
            Self::TokenOnly => f.write_str("token-only"),
        }
    }
}

/// Whether Exchange Online says that a mail was written inside its tenant: exactly one field says so.
/// Only worth asking in a mailbox of that tenant, because Exchange removes outside copies at its border
/// and nobody else does.
pub(super) fn is_exchange_internal(mail: &InboundMessage) -> bool {
    let mut said = mail.headers_named("X-MS-Exchange-Organization-AuthAs");
    let first = said.next().map(str::trim);
    first.is_some_and(|value| value.eq_ignore_ascii_case("Internal")) && said.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_anchor_reads_back_from_its_setting() {
        for text in [
            "dkim",
            "authserv:mx.desk.example",
            "exchange-internal",
            "token-only",
        ] {
            assert_eq!(Anchor::parse(text).unwrap().to_string(), text);
        }
        let border = Border::parse("mx.desk.example@imap.desk.example").unwrap();
        assert_eq!(border.received_by.as_deref(), Some("imap.desk.example"));
    }

    #[test]
    fn a_wrong_anchor_is_answered_with_all_there_are() {
        for text in ["", "authserv:", "spf", "authserv:a b"] {
            let words = Anchor::parse(text).unwrap_err();
            assert!(
                words.contains("exchange-internal") && words.contains("token-only"),
                "{words}"
            );
        }
    }
}
