//! Logging in with an access token: AUTH XOAUTH2, or OAUTHBEARER (RFC 7628).
//!
//! Comes in: user and where tokens come from. Goes out: the server's 235, or an [`SmtpError`]. A server that
//! refuses says why in a challenge (334) first, which must be answered before it ends the exchange. A token
//! that was refused though it should be good is replaced once. It must reach no error, whatever the server
//! repeats of it.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use lettre::transport::smtp::client::AsyncSmtpConnection;

use super::error::SmtpError;
use super::outcome::{Trouble, step};
use crate::oauth::{AccessToken, SaslExchange, SaslMechanism, TokenSource, told_status};

const STEP: &str = "AUTH";
/// A longer command must not carry the token with it (RFC 4954 §4); replies to challenges may be long.
const MAX_COMMAND_OCTETS: usize = 512;

/// Who signs in where.
pub(super) struct TokenLogin<'a> {
    pub(super) user: &'a str,
    pub(super) server: (&'a str, u16),
    pub(super) source: &'a Arc<TokenSource>,
}

impl TokenLogin<'_> {
    /// Logs in with `token`, and where it is refused, with the next one.
    pub(super) async fn perform(
        &self,
        line: &mut AsyncSmtpConnection,
        mechanism: SaslMechanism,
        token: AccessToken,
        limit: Duration,
    ) -> Result<(), SmtpError> {
        let refused = match self.show(line, mechanism, &token, limit).await {
            Err(error @ SmtpError::LoginRefused { .. }) => error,
            other => return other,
        };
        if !self.source.distrust(&token) {
            return Err(refused);
        }
        let token = self.source.token().await?;
        self.show(line, mechanism, &token, limit).await
    }

    async fn show(
        &self,
        line: &mut AsyncSmtpConnection,
        mechanism: SaslMechanism,
        token: &AccessToken,
        limit: Duration,
    ) -> Result<(), SmtpError> {
        let what = "the user name cannot be sent";
        let exchange = SaslExchange::new(mechanism, self.user, self.server, token.secret())
            .ok_or(SmtpError::Settings { what })?;
        let shown = exchange_with(line, &exchange, limit).await;
        shown.map_err(|(trouble, status)| refusal(trouble, &exchange, status.as_deref()))
    }
}

/// The trouble, and the status that the server's error message told before.
type Failed = (Trouble, Option<String>);

async fn exchange_with(
    line: &mut AsyncSmtpConnection,
    exchange: &SaslExchange,
    limit: Duration,
) -> Result<(), Failed> {
    let mechanism = exchange.mechanism();
    let encoded = exchange.encoded();
    let mut command = format!("AUTH {} {encoded}\r\n", mechanism.name());
    let mut is_shown = command.len() <= MAX_COMMAND_OCTETS;
    if !is_shown {
        command = format!("AUTH {}\r\n", mechanism.name());
    }
    let mut status = None;
    // The token, and the answer to the error message.
    for _answer in 0..=2 {
        let reply = step(STEP, limit, &[235, 334], line.command(&command)).await;
        let reply = reply.map_err(|trouble| (trouble, status.clone()))?;
        let Some(challenge) = reply.strip_prefix("334") else {
            return Ok(());
        };
        command = if is_shown {
            status = BASE64
                .decode(challenge.trim().as_bytes())
                .ok()
                .and_then(|message| told_status(&message));
            format!("{}\r\n", BASE64.encode(mechanism.give_up().as_bytes()))
        } else {
            is_shown = true;
            format!("{encoded}\r\n")
        };
    }
    let why = "the server's challenges have no end".to_owned();
    Err((Trouble::Lost { why }, status))
}

fn refusal(trouble: Trouble, exchange: &SaslExchange, status: Option<&str>) -> SmtpError {
    let told = status
        .map(|status| format!(" (status {status})"))
        .unwrap_or_default();
    let quoted = |words: String| {
        if exchange.is_repeated_in(&words) {
            format!("(its words are withheld){told}")
        } else {
            format!("{words}{told}")
        }
    };
    match trouble {
        Trouble::Permanent { reply } | Trouble::Unwelcome { reply } => {
            SmtpError::LoginRefused { reply: quoted(reply) }
        }
        Trouble::Transient { reply } => SmtpError::Refused {
            step: STEP,
            reply: quoted(reply),
        },
        Trouble::Lost { why } => SmtpError::Lost {
            step: STEP,
            reason: quoted(why),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_repeats_the_token_is_not_quoted() {
        let token = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGE".into();
        let exchange = SaslExchange::new(SaslMechanism::Xoauth2, "desk", ("h", 465), &token).unwrap();
        for repeated in [
            "ya29.vF9dft4qmTc2".to_owned(),
            exchange.encoded().chars().take(30).collect(),
        ] {
            let reply = format!("535 5.7.8 what is {repeated}?");
            let error = refusal(Trouble::Permanent { reply }, &exchange, Some("401")).to_string();
            assert!(
                !error.contains(&repeated) && error.ends_with("(status 401)"),
                "{error}"
            );
        }
        let reply = "535 5.7.3 Authentication unsuccessful".to_owned();
        let error = refusal(Trouble::Unwelcome { reply }, &exchange, None).to_string();
        assert!(error.ends_with("Authentication unsuccessful"), "{error}");
    }
}
