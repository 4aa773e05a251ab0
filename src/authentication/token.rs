//! Reply tokens: what a staff member's answer brings back (SPEC §6), usually in the address it goes to.
//!
//! A token names the ticket and the staff member it was sent to, and carries a MAC over ticket, desk,
//! purpose, key and expiry. It selects the ticket; it does not prove who writes (it leaks by Cc, forward
//! and quote), so it is one of several conditions, never the only one.

use data_encoding::{BASE32_NOPAD, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::carrier::{AnswerPath, Carrier};
use crate::mail::{EmailAddress, MessageId};
use crate::ticket::TicketNumber;

/// Octets of the MAC that are carried: 128 bits (SPEC §6).
pub(super) const MAC_OCTETS: usize = 16;

/// Octets of the payload: purpose 1, ticket 5, staff 3, expiry day 2.
const PAYLOAD_OCTETS: usize = 11;

crate::slug_enum! {
    /// What a token may be used for; a token of one purpose is worth nothing for another.
    pub enum TokenPurpose {
        /// Answer a customer.
        Reply = "reply",
        /// Confirm a held mail.
        Confirm = "confirm",
        /// Recognise a bounce.
        Bounce = "bounce",
        /// Answer a probe, to show that the anchor passes.
        Probe = "probe",
        /// Show that mail to a token address arrives; it allows nothing.
        Arrival = "arrival",
    }
}

impl TokenPurpose {
    const fn code(self) -> u8 {
        match self {
            Self::Reply => 1,
            Self::Confirm => 2,
            Self::Bounce => 3,
            Self::Probe => 4,
            Self::Arrival => 5,
        }
    }
}

/// What a token says, once its MAC was found right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is for.
    pub purpose: TokenPurpose,
    /// The ticket.
    pub ticket: TicketNumber,
    /// Serial of the staff member it was sent to.
    pub staff: u32,
    /// Last day it counts, in days since 1970-01-01.
    pub last_day: u16,
}

/// The keys of a desk: the first one signs, all of them verify, so that a key can be replaced without
/// breaking the tokens that are under way.
#[derive(Debug, Clone)]
pub struct TokenKeys {
    keys: Vec<SecretString>,
    desk: String,
    carrier: Carrier,
}

impl TokenKeys {
    /// Keys for the desk with that contact address; a token of another desk's never verifies.
    pub fn new(keys: Vec<SecretString>, contact: &EmailAddress) -> Self {
        Self {
            keys,
            desk: contact.folded().to_owned(),
            carrier: Carrier::default(),
        }
    }

    /// The same keys with tokens carried so.
    #[must_use]
    pub fn carried_by(self, carrier: Carrier) -> Self {
        Self { carrier, ..self }
    }

    /// What carries the tokens.
    pub const fn carrier(&self) -> &Carrier {
        &self.carrier
    }

    /// The address that carries the token; `None` where its Message-ID has to.
    pub fn address(&self, contact: &EmailAddress, token: &Token) -> Option<EmailAddress> {
        self.answer_path(contact, token)?.address().cloned()
    }

    /// How an answer to a mail brings the token back.
    pub fn answer_path(&self, contact: &EmailAddress, token: &Token) -> Option<AnswerPath> {
        let payload = encode(token)?;
        self.signed_path(contact, ("token", &payload), &payload)
    }

    /// The path that carries a payload and the MAC over what it stands for.
    pub(super) fn signed_path(
        &self,
        contact: &EmailAddress,
        (use_, covered): (&str, &[u8]),
        payload: &[u8],
    ) -> Option<AnswerPath> {
        let key = self.keys.first()?;
        let mut octets = payload.to_vec();
        octets.extend_from_slice(self.mac(key, use_, covered).get(..MAC_OCTETS)?);
        self.path(contact, base32().encode(&octets))
    }

    /// The token an address carries, if its MAC is right under any live key. Expiry is not looked at here.
    pub fn find_token(&self, contact: &EmailAddress, address: &EmailAddress) -> Option<Token> {
        self.find_marked(self.mark_of(contact, address)?)
    }

    pub(super) fn find_marked(&self, mark: &str) -> Option<Token> {
        let (payload, mac) = split(mark)?;
        // A cut MAC is easier to guess: only the whole one counts.
        (mac.len() == MAC_OCTETS && self.verifies("token", &payload, &mac))
            .then(|| decode(&payload))
            .flatten()
    }

    /// Whether an address has the form of a token address, right or not: such a mail was meant as an answer.
    pub fn looks_like_token(&self, contact: &EmailAddress, address: &EmailAddress) -> bool {
        self.mark_of(contact, address).is_some()
    }

    /// A Message-ID of ours: `unique` with a MAC, so that a mail of ours is known when it comes back.
    ///
    /// `unique` may bear a token behind a dot, for those who answer by naming the mail.
    pub fn message_id(&self, contact: &EmailAddress, unique: &str) -> Option<MessageId> {
        let mac = self.mac(self.keys.first()?, "message-id", unique.as_bytes());
        let short = data_encoding::HEXLOWER.encode(mac.get(..8)?);
        MessageId::parse(&format!("{unique}.{short}@{}", contact.domain()))
    }

    /// Whether a Message-ID was made by this desk.
    pub fn is_own_message_id(&self, id: &MessageId) -> bool {
        let parts = id
            .as_str()
            .rsplit_once('@')
            .and_then(|(left, _)| left.rsplit_once('.'));
        parts.is_some_and(|(unique, short)| {
            data_encoding::HEXLOWER
                .decode(short.as_bytes())
                .is_ok_and(|mac| mac.len() == 8 && self.verifies("message-id", unique.as_bytes(), &mac))
        })
    }

    /// The value of the loop header that all our automatic mail carries.
    pub fn loop_mark(&self) -> String {
        let mac = self
            .keys
            .first()
            .map(|key| self.mac(key, "loop", b""))
            .unwrap_or_default();
        data_encoding::HEXLOWER.encode(mac.get(..MAC_OCTETS).unwrap_or_default())
    }

    pub(super) fn verifies(&self, use_: &str, payload: &[u8], mac: &[u8]) -> bool {
        use subtle::ConstantTimeEq;
        !mac.is_empty()
            && self.keys.iter().any(|key| {
                let expected = self.mac(key, use_, payload);
                expected
                    .get(..mac.len())
                    .is_some_and(|expected| bool::from(expected.ct_eq(mac)))
            })
    }

    fn mac(&self, key: &SecretString, use_: &str, payload: &[u8]) -> Vec<u8> {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()) else {
            return Vec::new(); // HMAC takes keys of any length; this arm cannot be reached
        };
        // Lengths keep the fields apart, so that no two inputs read the same.
        for field in [
            b"madoguchi".as_slice(),
            use_.as_bytes(),
            self.desk.as_bytes(),
            payload,
        ] {
            mac.update(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(field);
        }
        mac.finalize().into_bytes().to_vec()
    }
}

/// Mail systems lower-case local parts, so the alphabet is lower case.
fn base32() -> Encoding {
    let mut specification = BASE32_NOPAD.specification();
    specification.symbols = specification.symbols.to_ascii_lowercase();
    specification.encoding().unwrap_or(BASE32_NOPAD)
}

/// Payload and MAC of what is written so, right or not.
pub(super) fn split(mark: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let octets = base32().decode(mark.to_ascii_lowercase().as_bytes()).ok()?;
    let (payload, mac) = octets.split_at_checked(PAYLOAD_OCTETS)?;
    Some((payload.to_vec(), mac.to_vec()))
}

pub(super) fn encode(token: &Token) -> Option<[u8; PAYLOAD_OCTETS]> {
    let ticket = u64::try_from(token.ticket.0).ok()?.to_be_bytes();
    let staff = token.staff.to_be_bytes();
    let day = token.last_day.to_be_bytes();
    let mut octets = vec![token.purpose.code()];
    octets.extend_from_slice(ticket.get(3..)?);
    octets.extend_from_slice(staff.get(1..)?);
    octets.extend_from_slice(&day);
    octets.try_into().ok()
}

pub(super) fn decode(payload: &[u8]) -> Option<Token> {
    let number = |range: std::ops::Range<usize>| {
        payload.get(range).map(|octets| {
            octets
                .iter()
                .fold(0_i64, |sum, octet| (sum << 8) | i64::from(*octet))
        })
    };
    let code = payload.first()?;
    Some(Token {
        purpose: TokenPurpose::ALL
            .iter()
            .copied()
            .find(|purpose| purpose.code() == *code)?,
        ticket: TicketNumber(number(1..6)?),
        staff: u32::try_from(number(6..9)?).ok()?,
        last_day: u16::try_from(number(9..11)?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact() -> EmailAddress {
        EmailAddress::parse("aws_tec@desk.example").unwrap()
    }

    fn keys(key: &str) -> TokenKeys {
        TokenKeys::new(vec![SecretString::from(key)], &contact())
    }

    fn token() -> Token {
        Token {
            purpose: TokenPurpose::Reply,
            ticket: TicketNumber(123),
            staff: 7,
            last_day: 20_700,
        }
    }

    #[test]
    fn a_token_reads_back_from_its_address_and_fits_a_local_part() {
        let address = keys("k").address(&contact(), &token()).unwrap();
        assert!(address.local_part().len() <= 64, "{address}");
        assert_eq!(keys("k").find_token(&contact(), &address), Some(token()));
        let shouted = EmailAddress::parse(&address.as_str().to_uppercase()).unwrap();
        assert_eq!(keys("k").find_token(&contact(), &shouted), Some(token()));
    }

    #[test]
    fn another_key_another_desk_and_a_changed_letter_are_refused() {
        let address = keys("k").address(&contact(), &token()).unwrap();
        assert_eq!(keys("other").find_token(&contact(), &address), None);
        let elsewhere = EmailAddress::parse("help@desk.example").unwrap();
        let stranger = TokenKeys::new(vec![SecretString::from("k")], &elsewhere);
        assert_eq!(stranger.find_token(&contact(), &address), None);
        let changed = address.as_str().replacen("+a", "+b", 1);
        assert_ne!(changed, address.as_str());
        assert_eq!(
            keys("k").find_token(&contact(), &EmailAddress::parse(&changed).unwrap()),
            None
        );
    }

    #[test]
    fn a_token_with_a_cut_mac_is_refused() {
        let address = keys("k").address(&contact(), &token()).unwrap();
        let (local, domain) = (address.local_part(), address.domain());
        for cut in (1..=25).filter_map(|cut| local.get(..local.len() - cut)) {
            let Ok(shorter) = EmailAddress::parse(&format!("{cut}@{domain}")) else {
                continue;
            };
            assert_eq!(keys("k").find_token(&contact(), &shorter), None, "{shorter}");
        }
    }

    #[test]
    fn tokens_of_the_previous_key_still_count() {
        let address = keys("old").address(&contact(), &token()).unwrap();
        let rotated = TokenKeys::new(
            vec![SecretString::from("new"), SecretString::from("old")],
            &contact(),
        );
        assert_eq!(rotated.find_token(&contact(), &address), Some(token()));
    }

    #[test]
    fn our_own_message_ids_are_known_and_others_are_not() {
        let id = keys("k").message_id(&contact(), "0190").unwrap();
        assert!(keys("k").is_own_message_id(&id));
        assert!(
            !keys("k").is_own_message_id(&MessageId::parse("0190.0011223344556677@desk.example").unwrap())
        );
    }
}
