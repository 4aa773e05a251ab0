//! The two SASL mechanisms that carry an access token. Pure.
//!
//! Comes in: user, server and token. Goes out: the initial response, and the answer to the server's error
//! message, which both mechanisms ask for before the server may refuse.

use data_encoding::BASE64;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

/// Shortest part of a secret that counts as the secret repeated, in octets.
const TELLING_OCTETS: usize = 12;

/// How an access token is shown, the better-known one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslMechanism {
    /// Google's and Microsoft's.
    Xoauth2,
    /// RFC 7628.
    OauthBearer,
}

impl SaslMechanism {
    /// The name servers offer it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Xoauth2 => "XOAUTH2",
            Self::OauthBearer => "OAUTHBEARER",
        }
    }

    /// What a client says to a server's error message, so that the server can end the exchange: nothing, or a
    /// lone control-A (RFC 7628 §3.2.3).
    pub const fn give_up(self) -> &'static str {
        match self {
            Self::Xoauth2 => "",
            Self::OauthBearer => "\x01",
        }
    }
}

/// One sign-in with a token.
#[derive(Debug)]
pub struct SaslExchange {
    mechanism: SaslMechanism,
    token: SecretString,
    initial: SecretString,
}

impl SaslExchange {
    /// `server` is the name and port that the client connected to. `None` where the user name cannot be sent.
    pub fn new(
        mechanism: SaslMechanism,
        user: &str,
        (host, port): (&str, u16),
        token: &SecretString,
    ) -> Option<Self> {
        if user.is_empty() || user.chars().any(char::is_control) {
            return None;
        }
        let bearer = token.expose_secret();
        let initial = match mechanism {
            SaslMechanism::Xoauth2 => format!("user={user}\x01auth=Bearer {bearer}\x01\x01"),
            SaslMechanism::OauthBearer => {
                // RFC 5801 §4: these two would end the name.
                let user = user.replace('=', "=3D").replace(',', "=2C");
                format!("n,a={user},\x01host={host}\x01port={port}\x01auth=Bearer {bearer}\x01\x01")
            }
        };
        Some(Self {
            mechanism,
            token: token.clone(),
            initial: initial.into(),
        })
    }

    /// The mechanism.
    pub const fn mechanism(&self) -> SaslMechanism {
        self.mechanism
    }

    /// The initial response.
    pub fn initial(&self) -> &str {
        self.initial.expose_secret()
    }

    /// The initial response in base64, as it goes over the line.
    pub fn encoded(&self) -> String {
        BASE64.encode(self.initial().as_bytes())
    }

    /// Whether words hold a telling part of the token, plain or as it went over the line.
    pub fn is_repeated_in(&self, words: &str) -> bool {
        let encoded = self.encoded();
        [self.token.expose_secret(), &encoded].into_iter().any(|secret| {
            let length = secret.len().min(TELLING_OCTETS);
            secret
                .as_bytes()
                .windows(length.max(1))
                .any(|part| memchr::memmem::find(words.as_bytes(), part).is_some())
        })
    }
}

/// The status in a server's error message: a word such as `invalid_token`, or a number.
pub(crate) fn told_status(message: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Message {
        status: String,
    }
    let message: Message = serde_json::from_slice(message).ok()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let status = message.status;
    (!status.is_empty() && status.len() <= 40 && status.chars().all(fits)).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(mechanism: SaslMechanism) -> SaslExchange {
        let token = SecretString::from("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGE");
        SaslExchange::new(
            mechanism,
            "d=e,sk@desk.example",
            ("imap.desk.example", 993),
            &token,
        )
        .unwrap()
    }

    #[test]
    fn both_mechanisms_say_what_their_papers_ask_for() {
        assert_eq!(
            exchange(SaslMechanism::Xoauth2).initial(),
            "user=d=e,sk@desk.example\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGE\x01\x01"
        );
        assert_eq!(
            exchange(SaslMechanism::OauthBearer).initial(),
            "n,a=d=3De=2Csk@desk.example,\x01host=imap.desk.example\x01port=993\x01auth=Bearer \
             ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGE\x01\x01"
        );
    }

    #[test]
    fn a_user_name_cannot_carry_a_field_of_its_own() {
        let user = "desk\x01auth=Bearer x";
        assert!(SaslExchange::new(SaslMechanism::Xoauth2, user, ("h", 1), &"t".into()).is_none());
    }

    #[test]
    fn parts_of_the_token_are_known_again() {
        let exchange = exchange(SaslMechanism::Xoauth2);
        assert!(exchange.is_repeated_in("bad token ya29.vF9dft4qm…"));
        let part: String = exchange.encoded().chars().skip(10).take(30).collect();
        assert!(exchange.is_repeated_in(&format!("unknown: {part}")));
        assert!(!exchange.is_repeated_in("[AUTHENTICATIONFAILED] Authentication failed."));
        assert!(!format!("{exchange:?}").contains("ya29"));
    }

    #[test]
    fn the_status_of_an_error_message_is_read_and_nothing_else_of_it() {
        let message = br#"{"status":"401","schemes":"bearer mac","scope":"https://mail.example/"}"#;
        assert_eq!(told_status(message).as_deref(), Some("401"));
        assert_eq!(told_status(br#"{"status":"ya29 is wrong"}"#), None);
        assert_eq!(told_status(b"no JSON"), None);
    }
}
