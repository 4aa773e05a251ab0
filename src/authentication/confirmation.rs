//! What answers a confirmation request: single use, bound to the content of the held mail.
//!
//! Comes in: a recipient address, later the content hash of the mail it claims to confirm. Goes out: the
//! claim, and whether it is right. The MAC covers the content hash, so an address made for one mail is worth
//! nothing for another one. It must not look anything up.

use super::carrier::AnswerPath;
use super::token::{Token, TokenKeys, TokenPurpose};
use crate::mail::EmailAddress;
use crate::ticket::TicketNumber;

/// What an address claims to confirm; nothing is proved before [`TokenKeys::confirms`] says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmationClaim {
    /// Number of the request.
    pub number: i64,
    /// Serial of the staff member it was sent to.
    pub staff: u32,
    payload: Vec<u8>,
    mac: Vec<u8>,
}

impl TokenKeys {
    /// How an answer confirms one held mail.
    pub fn confirmation_path(
        &self,
        contact: &EmailAddress,
        (number, staff): (i64, u32),
        content_hash: &str,
    ) -> Option<AnswerPath> {
        let payload = super::token::encode(&Token {
            purpose: TokenPurpose::Confirm,
            ticket: TicketNumber(number),
            staff,
            last_day: 0,
        })?;
        self.signed_path(
            contact,
            ("confirmation", &bound(&payload, content_hash)),
            &payload,
        )
    }

    /// What an address claims to confirm.
    pub fn find_confirmation(
        &self,
        contact: &EmailAddress,
        address: &EmailAddress,
    ) -> Option<ConfirmationClaim> {
        Self::claim_in(self.mark_of(contact, address)?)
    }

    pub(super) fn claim_in(mark: &str) -> Option<ConfirmationClaim> {
        let (payload, mac) = super::token::split(mark)?;
        let token = super::token::decode(&payload).filter(|token| token.purpose == TokenPurpose::Confirm)?;
        Some(ConfirmationClaim {
            number: token.ticket.0,
            staff: token.staff,
            payload,
            mac,
        })
    }

    /// Whether a claim was made by this desk for a mail of exactly that content.
    pub fn confirms(&self, claim: &ConfirmationClaim, content_hash: &str) -> bool {
        claim.mac.len() == super::token::MAC_OCTETS
            && self.verifies("confirmation", &bound(&claim.payload, content_hash), &claim.mac)
    }
}

fn bound(payload: &[u8], content_hash: &str) -> Vec<u8> {
    [payload, content_hash.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    #[test]
    fn an_address_confirms_one_content_and_no_other() {
        let contact = EmailAddress::parse("aws_tec@desk.example").unwrap();
        let keys = TokenKeys::new(vec![SecretString::from("k")], &contact);
        let address = keys
            .confirmation_path(&contact, (7, 3), "aa")
            .and_then(|path| path.address().cloned())
            .unwrap();
        assert!(address.local_part().len() <= 64, "{address}");
        let claim = keys.find_confirmation(&contact, &address).unwrap();
        assert_eq!((claim.number, claim.staff), (7, 3));
        assert!(keys.confirms(&claim, "aa") && !keys.confirms(&claim, "ab"));
        assert_eq!(keys.find_token(&contact, &address), None);
        assert!(keys.looks_like_token(&contact, &address));
    }

    #[test]
    fn a_reply_token_confirms_nothing() {
        let contact = EmailAddress::parse("aws_tec@desk.example").unwrap();
        let keys = TokenKeys::new(vec![SecretString::from("k")], &contact);
        let token = Token {
            purpose: TokenPurpose::Reply,
            ticket: TicketNumber(7),
            staff: 3,
            last_day: 9,
        };
        let address = keys.address(&contact, &token).unwrap();
        assert_eq!(keys.find_confirmation(&contact, &address), None);
    }
}
