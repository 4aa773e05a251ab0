//! Logging in to the submission server (RFC 4954).
//!
//! Comes in: user and password or token from the settings. Goes out: an authenticated conversation, or an
//! [`SmtpError`]. The secret must not reach an error, whatever the server repeats of it.

use std::time::Duration;

use data_encoding::BASE64;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use secrecy::{ExposeSecret, SecretString};

use super::conversation::SmtpSettings;
use super::error::SmtpError;
use super::outcome::{Trouble, step};
use super::token_login::TokenLogin;
use crate::oauth::{AccessToken, Credential, SaslMechanism};

/// The mechanisms we know, the better one first.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// What the server is shown, where it wants a login.
pub(super) enum Login<'a> {
    Password(PasswordLogin<'a>),
    Token(TokenLogin<'a>, AccessToken),
}

impl<'a> Login<'a> {
    /// The configured login; one half of it alone is an error. A token is got before the server is spoken to,
    /// so that no server is kept waiting while another one is asked.
    pub(super) async fn from_settings(settings: &'a SmtpSettings) -> Result<Option<Self>, SmtpError> {
        let (user, credential) = match (&settings.user, &settings.password) {
            (Some(user), Some(credential)) => (user, credential),
            (None, None) => return Ok(None),
            (Some(_), None) => {
                let what = "there is a user and no password";
                return Err(SmtpError::Settings { what });
            }
            (None, Some(_)) => {
                let what = "there is a password and no user";
                return Err(SmtpError::Settings { what });
            }
        };
        Ok(Some(match credential {
            Credential::Password(password) => Self::Password(PasswordLogin { user, password }),
            Credential::Token(source) => {
                let login = TokenLogin {
                    user,
                    server: (&settings.host, settings.port),
                    source,
                };
                Self::Token(login, source.token().await?)
            }
        }))
    }

    /// Logs in; each conversation begins with it. `bearer`: whether the server offers OAUTHBEARER.
    pub(super) async fn perform(
        self,
        line: &mut AsyncSmtpConnection,
        bearer: bool,
        limit: Duration,
    ) -> Result<(), SmtpError> {
        match self {
            Self::Password(login) => login.perform(line, limit).await,
            Self::Token(login, token) => {
                let mechanism = if line.server_info().supports_auth_mechanism(Mechanism::Xoauth2) {
                    SaslMechanism::Xoauth2
                } else if bearer {
                    SaslMechanism::OauthBearer
                } else {
                    return Err(SmtpError::NoTokenLogin);
                };
                login.perform(line, mechanism, token, limit).await
            }
        }
    }
}

/// User and password.
pub(super) struct PasswordLogin<'a> {
    user: &'a str,
    password: &'a SecretString,
}

impl PasswordLogin<'_> {
    async fn perform(&self, line: &mut AsyncSmtpConnection, limit: Duration) -> Result<(), SmtpError> {
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
        let login = PasswordLogin {
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
        let login = PasswordLogin {
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
