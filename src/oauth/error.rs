//! Why there is no access token.
//!
//! Comes in: what went wrong. Goes out: a [`TokenError`] in words that say who can do something about it. Of
//! what the token server said only its error code is kept: its descriptions may repeat what we sent.

use std::path::PathBuf;
use std::time::Duration;

use crate::tls::ConnectError;

/// Why there is no access token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No line to the token server.
    #[error("the token server cannot be reached: {reason}")]
    Unreachable {
        /// What stood in the way.
        reason: String,
        /// Whether it may go away by itself.
        passing: bool,
    },
    /// It did not answer in time.
    #[error("the token server did not answer within {} seconds", limit.as_secs())]
    TimedOut {
        /// How long was waited.
        limit: Duration,
    },
    /// The line failed in the middle, or what came over it is no HTTP.
    #[error("the line to the token server failed: {reason}")]
    Lost {
        /// What is known of it.
        reason: String,
    },
    /// It cannot answer now.
    #[error("the token server cannot answer now ({status} {code})")]
    Unavailable {
        /// HTTP status.
        status: u16,
        /// Its error code.
        code: String,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// It refuses, and a person must do something.
    #[error("the token server refuses ({status} {code}): {}", advice(code))]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its error code.
        code: String,
    },
    /// It answered with success, but not with a token that can be used.
    #[error("the token server's answer holds no usable token: {what}")]
    Unusable {
        /// What is missing or out of place.
        what: &'static str,
    },
    /// The refresh token's file cannot be used.
    #[error("the refresh token in {}: {reason}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process has been renewing the token for too long.
    #[error("another process holds {} and does not let go", file.display())]
    Busy {
        /// The refresh token's file.
        file: PathBuf,
    },
    /// The renewal broke off inside this program.
    #[error("the renewal of the token broke off")]
    Interrupted,
}

impl TokenError {
    /// Whether trying again may help without anybody changing something; unknown counts as yes.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { passing, .. } => *passing,
            Self::TimedOut { .. }
            | Self::Lost { .. }
            | Self::Unavailable { .. }
            | Self::Busy { .. }
            | Self::Interrupted => true,
            Self::Refused { .. } | Self::Unusable { .. } | Self::File { .. } => false,
        }
    }
}

impl From<ConnectError> for TokenError {
    fn from(error: ConnectError) -> Self {
        Self::Unreachable {
            reason: error.to_string(),
            passing: error.is_transient(),
        }
    }
}

/// What a person can do about an error code (RFC 6749 §5.2).
fn advice(code: &str) -> &'static str {
    match code.split(' ').next().unwrap_or_default() {
        "invalid_grant" => {
            "the refresh token has expired, was revoked or belongs to another client; let a person sign in again \
             and put the new one into [oauth] refresh_token_file"
        }
        "invalid_client" => {
            "[oauth] client_id or the client secret is wrong, or the secret has expired; make a new secret at the \
             provider, put it where the configuration says, and start the desk again"
        }
        "unauthorized_client" => {
            "the provider does not let this client have such tokens; an administrator must allow it there"
        }
        "invalid_scope" => "[oauth] scope names something that the provider does not know or not allow",
        "consent_required" | "interaction_required" | "login_required" => {
            "the provider wants a person to sign in or an administrator to consent"
        }
        _ => "compare [oauth] token_url, client_id and scope with what the provider shows for this client",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_a_person_can_do() {
        let error = TokenError::Refused {
            status: 400,
            code: "invalid_grant AADSTS700082".to_owned(),
        };
        let words = error.to_string();
        assert!(
            words.contains("AADSTS700082") && words.contains("sign in again"),
            "{words}"
        );
        assert!(!error.is_transient());
    }
}
