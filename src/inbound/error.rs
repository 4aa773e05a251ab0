//! What can go wrong between us and a mailbox.
//!
//! Comes in: a failed step. Goes out: an [`ImapError`] for the log and for the decision to try again. It
//! never holds mail text or the password: async-imap's own parse errors quote the received bytes, so
//! their text is dropped.

use std::io;

use crate::oauth::{SaslExchange, TokenError};
use crate::tls::ConnectError;

/// Longest part of a server's own words that is kept, in characters.
const MAX_REPLY_CHARS: usize = 200;

/// Why a step with the IMAP server failed.
#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    /// No line to the server.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// There is no access token to log in with.
    #[error("no access token: {0}")]
    Token(#[from] TokenError),
    /// Access tokens are configured and the server takes none.
    #[error("the server takes no access tokens: it offers neither XOAUTH2 nor OAUTHBEARER")]
    NoTokenLogin,
    /// The server refused user name and password, for good as far as it says.
    #[error("the server refused the login: {reply}")]
    LoginRefused {
        /// The server's words.
        reply: String,
    },
    /// The server cannot take the login now (RFC 5530 §3: unavailable, in use, limit).
    #[error("the server cannot take the login now: {reply}")]
    LoginUnavailable {
        /// The server's words.
        reply: String,
    },
    /// A command was answered with NO or BAD; the session goes on.
    #[error("{step} was answered with {status}: {reply}")]
    Refused {
        /// The command.
        step: &'static str,
        /// `NO` or `BAD`.
        status: &'static str,
        /// The server's words.
        reply: String,
    },
    /// The server ended the session with BYE.
    #[error("the server said goodbye during {step}: {reply}")]
    Bye {
        /// The command under way.
        step: &'static str,
        /// The server's words.
        reply: String,
    },
    /// The line ended in the middle of a command.
    #[error("the line ended during {step}")]
    Closed {
        /// The command under way.
        step: &'static str,
    },
    /// The line failed, or what came over it is no IMAP.
    #[error("the line failed during {step}: {kind}")]
    Broken {
        /// The command under way.
        step: &'static str,
        /// The kind of failure; `other` when the bytes could not be read as IMAP.
        kind: io::ErrorKind,
    },
    /// A step took longer than it may.
    #[error("{step} took longer than allowed")]
    TimedOut {
        /// The command under way.
        step: &'static str,
    },
    /// The server answered, but not as the protocol says.
    #[error("{step}: {what}")]
    Protocol {
        /// The command under way.
        step: &'static str,
        /// What was missing or out of place.
        what: &'static str,
    },
    /// An argument that cannot be sent.
    #[error("{what} cannot be sent to an IMAP server: it holds a control character")]
    Argument {
        /// Which argument.
        what: &'static str,
    },
    /// An earlier step failed; the session is over and a new one has to be made.
    #[error("the session is over since an earlier step failed")]
    Dead,
}

impl ImapError {
    /// Whether trying again may help without anybody changing something; unknown counts as yes.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Connect(error) => error.is_transient(),
            Self::Token(error) => error.is_transient(),
            Self::NoTokenLogin | Self::LoginRefused { .. } | Self::Argument { .. } => false,
            Self::LoginUnavailable { .. }
            | Self::Refused { .. }
            | Self::Bye { .. }
            | Self::Closed { .. }
            | Self::Broken { .. }
            | Self::TimedOut { .. }
            | Self::Protocol { .. }
            | Self::Dead => true,
        }
    }

    /// Whether the server refused the password: repeating that quickly locks the account.
    pub const fn is_login_refused(&self) -> bool {
        matches!(self, Self::LoginRefused { .. })
    }

    /// The error for a failed login, from the server's words.
    ///
    /// Some servers repeat the command they did not like; such words are withheld.
    /// async-imap hands them over through `Debug`, so they are taken out of that form, and the password is
    /// looked for in that form too.
    pub(super) fn login(words: &str, password: &str) -> Self {
        let escaped = password.escape_debug().to_string();
        let repeats =
            |words: &str| !password.is_empty() && (words.contains(password) || words.contains(&escaped));
        Self::refused_login(words, "", repeats)
    }

    /// The same for a login with a token; `status` is what the server's error message told before.
    pub(super) fn token_login(words: &str, exchange: &SaslExchange, status: Option<&str>) -> Self {
        let told = status.map(|status| format!(" (status {status})"));
        Self::refused_login(words, &told.unwrap_or_default(), |words| {
            exchange.is_repeated_in(words)
        })
    }

    fn refused_login(words: &str, told: &str, repeats_secret: impl Fn(&str) -> bool) -> Self {
        let words = words
            .split_once("info: Some(\"")
            .map_or(words, |(_, rest)| rest.trim_end_matches("\")"));
        let mut reply = if repeats_secret(words) {
            "(its words are withheld)".to_owned()
        } else {
            reply_text(Some(words))
        };
        reply.push_str(told);
        let upper = words.to_ascii_uppercase();
        let unavailable = ["[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]"];
        if unavailable.iter().any(|code| upper.contains(code)) {
            Self::LoginUnavailable { reply }
        } else {
            Self::LoginRefused { reply }
        }
    }
}

/// A server's words, short and without control characters.
pub(super) fn reply_text(words: Option<&str>) -> String {
    let text: String = words
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_REPLY_CHARS)
        .collect();
    if text.is_empty() {
        "(no words)".to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_server_is_no_wrong_password() {
        let busy = ImapError::login("[UNAVAILABLE] try later", "s3cret");
        assert!(busy.is_transient() && !busy.is_login_refused());
        let wrong = ImapError::login("[AUTHENTICATIONFAILED] no", "s3cret");
        assert!(!wrong.is_transient() && wrong.is_login_refused());
    }

    #[test]
    fn the_servers_words_are_taken_out_of_their_wrapping() {
        let error = ImapError::login("code: None, info: Some(\"[AUTHENTICATIONFAILED] no\")", "s3cret");
        assert_eq!(
            error.to_string(),
            "the server refused the login: [AUTHENTICATIONFAILED] no"
        );
    }

    #[test]
    fn a_server_that_repeats_the_password_is_not_quoted() {
        let error = ImapError::login("unknown user with s3cret", "s3cret").to_string();
        assert!(!error.contains("s3cret"), "{error}");
    }
}
