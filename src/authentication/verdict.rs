//! The verdict on who wrote a mail: an argument of the decision, never the decision itself (SPEC §6).

use chrono::{DateTime, TimeDelta, Utc};

use super::anchor::{Anchor, Border, is_exchange_internal};
use super::carried;
use super::confirmation::ConfirmationClaim;
use super::results::{MethodResult, find_border_results};
use super::signature::{OwnCheck, Verifier};
use super::token::{Token, TokenKeys};
use crate::mail::{EmailAddress, InboundMessage};

/// How far the signed Date may lie from the arrival: a signature proves no freshness (SPEC §6).
const DATE_WITHIN: TimeDelta = TimeDelta::hours(72);

/// Signatures of the author's domain from which on a mail is no honest one: each is remembered.
const MAX_PROOFS: usize = 9;

crate::slug_enum! {
    /// How far a customer's From can be believed.
    pub enum SenderVerdict {
        /// DMARC passes for the From domain, or the writer signed in at the border as that address.
        Verified = "verified",
        /// No policy, no signature, or rewritten on the way: normal for many companies.
        Unproven = "unproven",
        /// A reject or quarantine policy failed as the border saw it.
        Failed = "failed",
    }
}

/// What the anchor says of exactly the From address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnchorVerdict {
    /// It passes.
    Passes,
    /// It does not, for this reason.
    Fails(&'static str),
    /// It could not be asked: DNS trouble. The mail is held and asked again, and never passes by that.
    Undetermined,
}

/// What a desk trusts: its anchor, its border, and the means to verify by itself.
#[derive(Debug)]
pub struct Trust {
    /// What counts as a staff member's own hand.
    pub anchor: Anchor,
    /// The border whose word on customers is believed.
    pub border: Option<Border>,
    /// The mailbox in which Exchange's internal mark counts.
    pub tenant_mailbox: Option<String>,
    /// The desk's own verification, where a resolver is configured.
    pub verifier: Option<Verifier>,
}

/// How a mail reached the desk.
#[derive(Debug, Clone, Copy)]
pub struct Arrived<'a> {
    /// The mailbox it was read from; `None` for mails from files.
    pub mailbox: Option<&'a str>,
    /// When it arrived.
    pub at: DateTime<Utc>,
}

/// Everything that is known about who wrote a mail, apart from what the registry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    /// How far From can be believed for a customer.
    pub sender: SenderVerdict,
    /// What the configured anchor says of exactly the From address.
    pub anchor: AnchorVerdict,
    /// The reply token it brings back; none where it brings right ones of different tickets.
    pub token: Option<Token>,
    /// Whether a recipient has the form of a token address, right or not, or it answers a mail that bears one.
    pub token_attempted: bool,
    /// The held mail that it claims to confirm.
    pub confirmation: Option<ConfirmationClaim>,
    /// What tells this mail's proof from any other: the values of the signatures of the author's domain.
    pub proofs: Vec<String>,
    /// Whether the mail's Message-ID was made by this desk.
    pub own_message_id: bool,
}

impl Trust {
    /// Asks DNS, where the border's word does not answer already. `may_be_staff`: From is a staff address.
    pub async fn check(&self, mail: &InboundMessage, raw: &[u8], may_be_staff: bool) -> OwnCheck {
        let (Some(verifier), Some(author)) = (&self.verifier, mail.single_author()) else {
            return OwnCheck::NotMade;
        };
        let from = &author.address;
        let signed = mail.header("DKIM-Signature").is_some();
        if may_be_staff && self.anchor == Anchor::Dkim {
            return if signed {
                verifier.check_staff(raw, from).await
            } else {
                OwnCheck::Refused("not-signed")
            };
        }
        if !signed || self.border_has_spoken(mail, from) {
            return OwnCheck::NotMade;
        }
        verifier.check_customer(raw, from).await
    }

    /// Whether [`check`](Self::check) would ask anything, for callers that make ready for it.
    pub fn wants_check(&self, mail: &InboundMessage, may_be_staff: bool) -> bool {
        let Some(author) = mail.single_author() else {
            return false;
        };
        self.verifier.is_some()
            && mail.header("DKIM-Signature").is_some()
            && ((may_be_staff && self.anchor == Anchor::Dkim)
                || !self.border_has_spoken(mail, &author.address))
    }

    fn border_has_spoken(&self, mail: &InboundMessage, from: &EmailAddress) -> bool {
        let results = said_by(self.border.as_ref(), mail);
        signed_in(&results, from) || dmarc_of(&results, from).next().is_some()
    }

    /// What the anchor says of the author, with what the desk's own check has found.
    fn anchor_verdict(
        &self,
        mail: &InboundMessage,
        from: &EmailAddress,
        arrived: Arrived<'_>,
        own: &OwnCheck,
    ) -> AnchorVerdict {
        use AnchorVerdict::{Fails, Passes, Undetermined};
        // A signature proves neither freshness nor singleness; both are asked for here.
        let fresh = || match (is_fresh(mail, arrived.at), proofs(mail, from).len()) {
            (_, MAX_PROOFS..) => Fails("too-many-signatures"),
            (true, _) => Passes,
            (false, _) => Fails("date-too-far"),
        };
        match &self.anchor {
            Anchor::TokenOnly => Passes,
            Anchor::Dkim => match own {
                OwnCheck::Signed { .. } => fresh(),
                OwnCheck::Refused(why) => Fails(why),
                OwnCheck::Undetermined => Undetermined,
                OwnCheck::NotMade | OwnCheck::Aligned if mail.header("DKIM-Signature").is_none() => {
                    Fails("not-signed")
                }
                OwnCheck::NotMade | OwnCheck::Aligned => Fails("not-checked"),
            },
            Anchor::Authserv(border) => {
                let border = said_by(Some(border), mail);
                if signed_in(&border, from) {
                    Passes
                } else if dmarc_of(&border, from).any(|result| result.result == "pass") {
                    fresh()
                } else if border.is_empty() {
                    Fails("no-word-of-the-border")
                } else {
                    Fails("border-did-not-pass")
                }
            }
            Anchor::ExchangeInternal => match arrived.mailbox {
                Some(mailbox) if Some(mailbox) == self.tenant_mailbox.as_deref() => {
                    if is_exchange_internal(mail) {
                        Passes
                    } else {
                        Fails("not-internal")
                    }
                }
                Some(_) | None => Fails("not-the-tenants-mailbox"),
            },
        }
    }
}

/// Looks at the mail with the desk's keys, what it trusts, and what its own check has found.
pub fn authenticate(
    mail: &InboundMessage,
    contact: &EmailAddress,
    keys: &TokenKeys,
    (trust, own): (&Trust, &OwnCheck),
    arrived: Arrived<'_>,
) -> Authentication {
    let from = mail.single_author().map(|mailbox| &mailbox.address);
    let carried = carried::read(mail, contact, keys, (&trust.anchor, own));
    Authentication {
        sender: sender_verdict(&said_by(trust.border.as_ref(), mail), from, own),
        anchor: from.map_or(AnchorVerdict::Fails("author-ambiguous"), |from| {
            trust.anchor_verdict(mail, from, arrived, own)
        }),
        token: carried.token,
        token_attempted: carried.attempted,
        confirmation: carried.confirmation,
        proofs: from.map(|from| proofs(mail, from)).unwrap_or_default(),
        own_message_id: mail
            .message_id
            .as_ref()
            .is_some_and(|id| keys.is_own_message_id(id)),
    }
}

fn said_by(border: Option<&Border>, mail: &InboundMessage) -> Vec<MethodResult> {
    border
        .and_then(|border| find_border_results(mail, border))
        .unwrap_or_default()
}

fn is_fresh(mail: &InboundMessage, arrived: DateTime<Utc>) -> bool {
    mail.date
        .is_some_and(|date| (date.to_utc() - arrived).abs() <= DATE_WITHIN)
}

/// The values of all signatures of the author's domain, right or not: whoever repeats a mail can add and
/// take away signatures, but one that proves the author has to stay.
fn proofs(mail: &InboundMessage, from: &EmailAddress) -> Vec<String> {
    let tag = |header: &str, name: &str| {
        header
            .split(';')
            .filter_map(|part| part.split_once('='))
            .find(|(key, _)| key.trim() == name)
            .map(|(_, value)| value.trim().to_owned())
    };
    mail.headers_named("DKIM-Signature")
        .filter(|header| tag(header, "d").is_some_and(|d| d.eq_ignore_ascii_case(from.domain())))
        .filter_map(|header| tag(header, "b"))
        .map(|value| one_spelling(&value))
        .collect()
}

/// Base64 in one spelling: white space, padding and spare bits do not make another signature.
fn one_spelling(value: &str) -> String {
    let mut lenient = data_encoding::BASE64_NOPAD.specification();
    lenient.check_trailing_bits = false;
    let letters: String = value
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/'))
        .collect();
    let decoded = lenient
        .encoding()
        .ok()
        .and_then(|encoding| encoding.decode(letters.as_bytes()).ok());
    decoded.map_or(letters, |octets| data_encoding::BASE64_NOPAD.encode(&octets))
}

fn sender_verdict(border: &[MethodResult], from: Option<&EmailAddress>, own: &OwnCheck) -> SenderVerdict {
    let Some(from) = from else {
        return SenderVerdict::Unproven;
    };
    let aligned = match own {
        OwnCheck::Signed { .. } | OwnCheck::Aligned => true,
        OwnCheck::NotMade | OwnCheck::Refused(_) | OwnCheck::Undetermined => false,
    };
    if aligned || signed_in(border, from) || dmarc_of(border, from).any(|result| result.result == "pass") {
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

/// `auth=pass` for exactly the From address.
fn signed_in(border: &[MethodResult], from: &EmailAddress) -> bool {
    border.iter().any(|result| {
        result.method == "auth"
            && result.result == "pass"
            && result
                .property("smtp.auth")
                .and_then(|login| EmailAddress::parse(login).ok())
                .as_ref()
                == Some(from)
    })
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
        let login = |result, value| border(result, "auth", "smtp.auth", value);
        assert!(signed_in(&login("pass", "tanaka@desk.example"), &tanaka()));
        assert!(!signed_in(&login("pass", "suzuki@desk.example"), &tanaka()));
        assert!(!signed_in(&login("fail", "tanaka@desk.example"), &tanaka()));
    }

    #[test]
    fn dmarc_of_another_domain_proves_nothing() {
        let verdict = |domain| {
            let results = border("pass", "dmarc", "header.from", domain);
            sender_verdict(&results, Some(&tanaka()), &OwnCheck::NotMade)
        };
        assert_eq!(verdict("desk.example"), SenderVerdict::Verified);
        assert_eq!(verdict("evil.example"), SenderVerdict::Unproven);
    }

    #[test]
    fn a_sender_fails_only_by_a_policy_that_asks_for_it() {
        let mut results = border("fail", "dmarc", "header.from", "desk.example");
        let verdict = |results: &[MethodResult]| sender_verdict(results, Some(&tanaka()), &OwnCheck::NotMade);
        assert_eq!(verdict(&results), SenderVerdict::Failed);
        results[0]
            .properties
            .push(("policy.dmarc".to_owned(), "none".to_owned()));
        assert_eq!(verdict(&results), SenderVerdict::Unproven);
    }

    #[test]
    fn a_signature_is_known_again_however_it_is_spelt_and_whatever_stands_beside_it() {
        let read = |head: &str| {
            let raw = format!("{head}\nFrom: tanaka@desk.example\n\nx\n");
            let mail = crate::mail::parse::parse_mail(raw.as_bytes()).unwrap();
            proofs(&mail, &tanaka())
        };
        let signed = "DKIM-Signature: v=1; d=desk.example; bh=x; b=QUJD\n RA==";
        assert_eq!(read(signed), ["QUJDRA"]);
        assert_eq!(read("DKIM-Signature: b = QU JDRB ; d=Desk.Example"), ["QUJDRA"]);
        let bogus = format!(
            "DKIM-Signature: d=desk.example; b=AAAA\n{signed}\nDKIM-Signature: d=evil.example; b=BBBB"
        );
        assert_eq!(read(&bogus), ["AAAA", "QUJDRA"]);
    }

    #[test]
    fn dns_trouble_and_a_broken_signature_count_against_no_customer() {
        for own in [OwnCheck::Undetermined, OwnCheck::Refused("body-changed")] {
            assert_eq!(
                sender_verdict(&[], Some(&tanaka()), &own),
                SenderVerdict::Unproven
            );
        }
        assert_eq!(
            sender_verdict(&[], Some(&tanaka()), &OwnCheck::Aligned),
            SenderVerdict::Verified
        );
    }
}
