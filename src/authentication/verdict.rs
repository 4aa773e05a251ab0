//! The verdict on who wrote a mail: an argument of the decision, never the decision itself (SPEC §6).

use super::results::{MethodResult, find_border_results};
use super::token::{Token, TokenKeys};
use crate::mail::{EmailAddress, InboundMessage};

crate::slug_enum! {
    /// How far a customer's From can be believed.
    pub enum SenderVerdict {
        /// The pinned border saw DMARC pass for the From domain, or the writer signed in as that address.
        Verified = "verified",
        /// No policy, no signature, or rewritten on the way: normal for many companies.
        Unproven = "unproven",
        /// A reject or quarantine policy failed as the border saw it.
        Failed = "failed",
    }
}

/// Which evidence counts as a staff member's own hand (SPEC §6); there is no default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// The desk's own border, by its authserv-id.
    Authserv(String),
}

impl Anchor {
    /// Reads the setting, such as `authserv:mx.desk.example`.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.trim().split_once(':') {
            Some(("authserv", id)) if !id.trim().is_empty() => Ok(Self::Authserv(id.trim().to_owned())),
            _ => Err(format!(
                "`{text}` is no anchor; write authserv:<the id your border puts into Authentication-Results>"
            )),
        }
    }

    /// The authserv-id of the pinned border.
    pub fn authserv_id(&self) -> &str {
        match self {
            Self::Authserv(id) => id,
        }
    }
}

/// Everything that is known about who wrote a mail, apart from what the registry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    /// How far From can be believed for a customer.
    pub sender: SenderVerdict,
    /// Whether the configured anchor passes for exactly the From address.
    pub anchor_passes: bool,
    /// The reply token of the first recipient address that carries a right one.
    pub token: Option<Token>,
    /// Whether a recipient has the form of a token address, right or not.
    pub token_attempted: bool,
    /// Whether the mail's Message-ID was made by this desk.
    pub own_message_id: bool,
}

/// Looks at the mail with the desk's keys and its pinned border.
pub fn authenticate(
    mail: &InboundMessage,
    contact: &EmailAddress,
    keys: &TokenKeys,
    anchor: &Anchor,
) -> Authentication {
    let border = find_border_results(mail, anchor.authserv_id()).unwrap_or_default();
    let from = mail.single_author().map(|mailbox| &mailbox.address);
    let tokens = || {
        mail.recipients()
            .filter(|address| TokenKeys::looks_like_token(contact, address))
    };
    Authentication {
        sender: sender_verdict(&border, from),
        anchor_passes: from.is_some_and(|from| anchor_passes(&border, from)),
        token: tokens().find_map(|address| keys.find_token(contact, address)),
        token_attempted: tokens().next().is_some(),
        own_message_id: mail
            .message_id
            .as_ref()
            .is_some_and(|id| keys.is_own_message_id(id)),
    }
}

fn sender_verdict(border: &[MethodResult], from: Option<&EmailAddress>) -> SenderVerdict {
    let Some(from) = from else {
        return SenderVerdict::Unproven;
    };
    if anchor_passes(border, from) {
        return SenderVerdict::Verified;
    }
    // Only a failed policy that asks for consequences counts against a sender; `p=none` does not.
    let failed = dmarc_of(border, from)
        .any(|result| result.result == "fail" && !matches!(result.property("policy.dmarc"), Some("none")));
    if failed {
        SenderVerdict::Failed
    } else {
        SenderVerdict::Unproven
    }
}

/// `dmarc=pass` with header.from of the From domain, or `auth=pass` for exactly the From address.
fn anchor_passes(border: &[MethodResult], from: &EmailAddress) -> bool {
    let signed_in = border.iter().any(|result| {
        result.method == "auth"
            && result.result == "pass"
            && result
                .property("smtp.auth")
                .and_then(|login| EmailAddress::parse(login).ok())
                .as_ref()
                == Some(from)
    });
    signed_in || dmarc_of(border, from).any(|result| result.result == "pass")
}

fn dmarc_of<'a>(
    border: &'a [MethodResult],
    from: &'a EmailAddress,
) -> impl Iterator<Item = &'a MethodResult> {
    border.iter().filter(|result| {
        result.method == "dmarc"
            && result
                .property("header.from")
                .is_some_and(|domain| domain.eq_ignore_ascii_case(from.domain()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn border(result: &str, method: &str, property: &str, value: &str) -> Vec<MethodResult> {
        let properties = vec![(property.to_owned(), value.to_owned())];
        vec![MethodResult {
            method: method.to_owned(),
            result: result.to_owned(),
            properties,
        }]
    }

    fn tanaka() -> EmailAddress {
        EmailAddress::parse("tanaka@desk.example").unwrap()
    }

    #[test]
    fn a_login_counts_only_for_exactly_its_own_address() {
        assert!(anchor_passes(
            &border("pass", "auth", "smtp.auth", "tanaka@desk.example"),
            &tanaka()
        ));
        assert!(!anchor_passes(
            &border("pass", "auth", "smtp.auth", "suzuki@desk.example"),
            &tanaka()
        ));
        assert!(!anchor_passes(
            &border("fail", "auth", "smtp.auth", "tanaka@desk.example"),
            &tanaka()
        ));
    }

    #[test]
    fn dmarc_of_another_domain_proves_nothing() {
        assert!(anchor_passes(
            &border("pass", "dmarc", "header.from", "desk.example"),
            &tanaka()
        ));
        assert!(!anchor_passes(
            &border("pass", "dmarc", "header.from", "evil.example"),
            &tanaka()
        ));
    }

    #[test]
    fn a_sender_fails_only_by_a_policy_that_asks_for_it() {
        let mut results = border("fail", "dmarc", "header.from", "desk.example");
        assert_eq!(sender_verdict(&results, Some(&tanaka())), SenderVerdict::Failed);
        results[0]
            .properties
            .push(("policy.dmarc".to_owned(), "none".to_owned()));
        assert_eq!(sender_verdict(&results, Some(&tanaka())), SenderVerdict::Unproven);
    }
}
