//! What can keep us from talking to the submission server at all.
//!
//! Comes in: a failed step before the first mail. Goes out: an [`SmtpError`] for the log and for the
//! decision to try again. No mail is lost by any of these; it stays queued.

use crate::oauth::TokenError;
use crate::tls::ConnectError;

/// Why no conversation with the SMTP server came about.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// No line to the server.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A step took longer than it may.
    #[error("{step} took longer than allowed")]
    TimedOut {
        /// The step under way.
        step: &'static str,
    },
    /// The line ended or failed, or what came over it is no SMTP.
    #[error("the line failed during {step}: {reason}")]
    Lost {
        /// The step under way.
        step: &'static str,
        /// What is known of it.
        reason: String,
    },
    /// The server does not want to talk to us now.
    #[error("{step} was answered with {reply}")]
    Refused {
        /// The step under way.
        step: &'static str,
        /// Code and words of the server.
        reply: String,
    },
    /// STARTTLS is configured and the server does not offer it.
    #[error("the server does not offer STARTTLS")]
    NoStartTls,
    /// A user is configured and the server takes neither PLAIN nor LOGIN.
    #[error("the server offers no login that we know (PLAIN, LOGIN)")]
    NoLogin,
    /// Access tokens are configured and the server takes none.
    #[error("the server takes no access tokens: it offers neither XOAUTH2 nor OAUTHBEARER")]
    NoTokenLogin,
    /// There is no access token to log in with.
    #[error("no access token: {0}")]
    Token(#[from] TokenError),
    /// The server refused user name and password.
    #[error("the server refused the login: {reply}")]
    LoginRefused {
        /// Code and words of the server.
        reply: String,
    },
    /// A setting that cannot be used.
    #[error("the SMTP settings cannot be used: {what}")]
    Settings {
        /// What is wrong.
        what: &'static str,
    },
}

impl SmtpError {
    /// Whether the server does not let this desk in, or the settings do not: a person has to change something, and
    /// trying fast again may lock the account.
    pub fn is_forbidden(&self) -> bool {
        match self {
            Self::Refused { reply, .. } => reply.starts_with('5'),
            Self::Connect(_)
            | Self::TimedOut { .. }
            | Self::Lost { .. }
            | Self::NoStartTls
            | Self::NoLogin
            | Self::NoTokenLogin
            | Self::Token(_)
            | Self::LoginRefused { .. }
            | Self::Settings { .. } => !self.is_transient(),
        }
    }

    /// Whether trying again may help without anybody changing something; unknown counts as yes.
    ///
    /// A missing STARTTLS counts as yes: it may be a man in the middle, who goes away.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Connect(error) => error.is_transient(),
            Self::TimedOut { .. } | Self::Lost { .. } | Self::Refused { .. } | Self::NoStartTls => true,
            Self::Token(error) => error.is_transient(),
            Self::NoLogin | Self::NoTokenLogin | Self::LoginRefused { .. } | Self::Settings { .. } => false,
        }
    }
}
