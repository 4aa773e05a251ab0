//! What proves to a mail server that we are who we say.

use std::sync::Arc;

use secrecy::SecretString;

use super::source::TokenSource;

/// A password, or where access tokens come from.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A password.
    Password(SecretString),
    /// Access tokens of the account.
    Token(Arc<TokenSource>),
}

impl From<SecretString> for Credential {
    fn from(password: SecretString) -> Self {
        Self::Password(password)
    }
}

impl From<&str> for Credential {
    fn from(password: &str) -> Self {
        Self::Password(password.into())
    }
}

impl From<String> for Credential {
    fn from(password: String) -> Self {
        Self::Password(password.into())
    }
}
