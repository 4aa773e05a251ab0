//! Logging in to the submission server (RFC 4954).
//!
//! Comes in: user and password from the settings. Goes out: an authenticated conversation, or an
//! [`SmtpError`]. The password must not reach an error, whatever the server repeats of it.

use std::time::Duration;

use data_encoding::BASE64;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use secrecy::{ExposeSecret, SecretString};

use super::conversation::SmtpSettings;
use super::error::SmtpError;
use super::outcome::{Trouble, step};

/// The mechanisms we know, the better one first.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// User and password, where the server wants them.
pub(super) struct Login<'a> {
    user: &'a str,
    password: &'a SecretString,
}

impl<'a> Login<'a> {
    /// The configured login; one half of it alone is an error.
    pub(super) fn from_settings(settings: &'a SmtpSettings) -> Result<Option<Self>, SmtpError> {
        match (&settings.user, &settings.password) {
            (Some(user), Some(password)) => Ok(Some(Self { user, password })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(SmtpError::Settings {
                what: "there is a user and no password",
            }),
            (None, Some(_)) => Err(SmtpError::Settings {
                what: "there is a password and no user",
            }),
        }
    }

    /// Logs in; each conversation begins with it.
    pub(super) async fn perform(
        &self,
        line: &mut AsyncSmtpConnection,
        limit: Duration,
    ) -> Result<(), SmtpError> {
        if line.server_info().get_auth_mechanism(&MECHANISMS).is_none() {
            return Err(SmtpError::NoLogin);
        }
        let password = self.password.expose_secret().to_owned();
        let credentials = Credentials::new(self.user.to_owned(), password);
        let answered = step("AUTH", limit, &[235], line.auth(&MECHANISMS, &credentials)).await;
        answered.map(|_reply| ()).map_err(|trouble| self.refusal(trouble))
    }

    fn refusal(&self, trouble: Trouble) -> SmtpError {
        match trouble {
            Trouble::Permanent { reply } | Trouble::Unwelcome { reply } => SmtpError::LoginRefused {
                reply: self.without_password(reply),
            },
            Trouble::Transient { reply } => SmtpError::Refused {
                step: "AUTH",
                reply: self.without_password(reply),
            },
            Trouble::Lost { why } => SmtpError::Lost {
                step: "AUTH",
                reason: self.without_password(why),
            },
        }
    }

    /// Some servers repeat the command they did not like; such words are withheld.
    fn without_password(&self, words: String) -> String {
        let password = self.password.expose_secret();
        let sent = [
            password.to_owned(),
            BASE64.encode(password.as_bytes()),
            BASE64.encode(format!("\0{}\0{password}", self.user).as_bytes()),
        ];
        let repeated = sent
            .iter()
            .any(|secret| !secret.is_empty() && words.contains(secret));
        if repeated {
            "(its words are withheld)".to_owned()
        } else {
            words
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_repeats_the_password_is_not_quoted() {
        let password = SecretString::from("correct horse");
        let login = Login {
            user: "desk",
            password: &password,
        };
        for repeated in [
            "correct horse",
            "Y29ycmVjdCBob3JzZQ==",
            "AGRlc2sAY29ycmVjdCBob3JzZQ==",
        ] {
            let reply = format!("535 5.7.8 what is {repeated}?");
            let error = login.refusal(Trouble::Permanent { reply }).to_string();
            assert!(!error.contains(repeated), "{error}");
        }
    }

    #[test]
    fn other_words_are_kept() {
        let password = SecretString::from("correct horse");
        let login = Login {
            user: "desk",
            password: &password,
        };
        let reply = "454 4.7.0 busy".to_owned();
        let error = login.refusal(Trouble::Transient { reply });
        assert!(
            error.is_transient() && error.to_string().ends_with("454 4.7.0 busy"),
            "{error}"
        );
    }
}
