//! Logging in with an access token: AUTHENTICATE XOAUTH2, or OAUTHBEARER (RFC 7628).
//!
//! Comes in: an open line and where tokens come from. Goes out: a logged-in session. A server that refuses
//! says why in a challenge first, which must be answered before it ends the exchange. A token that was refused
//! though it should be good is replaced once. It must reach no error, whatever the server repeats of it.

use std::sync::Arc;
use std::time::Duration;

use async_imap::error::Error;
use async_imap::imap_proto::{Capability, RequestId, Response};
use async_imap::{Authenticator, Client, Session};
use tokio::io::AsyncWriteExt as _;

use super::error::ImapError;
use super::strict::{broken, next_response, tagged, within};
use super::told::has;
use crate::oauth::{AccessToken, SaslExchange, SaslMechanism, TokenSource, told_status};
use crate::tls::{Endpoint, WireStream};

const STEP: &str = "AUTHENTICATE";

/// Who signs in where.
#[derive(Clone, Copy)]
pub(super) struct SignIn<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) user: &'a str,
    pub(super) limit: Duration,
}

/// What the server offers of that before the login.
#[derive(Clone, Copy)]
struct Offer {
    mechanism: SaslMechanism,
    /// RFC 4959: the token goes in the command itself.
    initial_response: bool,
}

/// A refusal that leaves the line in step.
struct Refusal {
    error: ImapError,
    client: Client<WireStream>,
}

impl SignIn<'_> {
    /// Logs in with `token`, and where it is refused, with the next one.
    pub(super) async fn perform(
        self,
        mut client: Client<WireStream>,
        source: &Arc<TokenSource>,
        token: AccessToken,
    ) -> Result<Session<WireStream>, ImapError> {
        let offer = within("CAPABILITY", self.limit, ask_offer(&mut client)).await?;
        let refusal = match self.show(client, offer, &token).await? {
            Ok(session) => return Ok(session),
            Err(refusal) => refusal,
        };
        if !refusal.error.is_login_refused() || !source.distrust(&token) {
            return Err(refusal.error);
        }
        let token = source.token().await?;
        let shown = self.show(refusal.client, offer, &token).await?;
        shown.map_err(|refusal| refusal.error)
    }

    async fn show(
        self,
        client: Client<WireStream>,
        offer: Offer,
        token: &AccessToken,
    ) -> Result<Result<Session<WireStream>, Refusal>, ImapError> {
        let server = (self.endpoint.host.as_str(), self.endpoint.port);
        let exchange = SaslExchange::new(offer.mechanism, self.user, server, token.secret());
        let what = "the user name";
        let exchange = exchange.ok_or(ImapError::Argument { what })?;
        within(STEP, self.limit, authenticate(client, offer, exchange)).await
    }
}

async fn authenticate(
    client: Client<WireStream>,
    offer: Offer,
    exchange: SaslExchange,
) -> Result<Result<Session<WireStream>, Refusal>, ImapError> {
    let name = exchange.mechanism().name();
    let command = if offer.initial_response {
        format!("{name} {}", exchange.encoded())
    } else {
        name.to_owned()
    };
    let mut answers = Answers {
        is_shown: offer.initial_response,
        exchange,
        status: None,
    };
    match client.authenticate(command, &mut answers).await {
        Ok(session) => Ok(Ok(session)),
        Err((Error::No(words) | Error::Bad(words), client)) => {
            let error = ImapError::token_login(&words, &answers.exchange, answers.status.as_deref());
            Ok(Err(Refusal { error, client }))
        }
        Err((error, _client)) => Err(broken(STEP, &error)),
    }
}

/// Our side of the exchange.
struct Answers {
    exchange: SaslExchange,
    /// Whether the token was shown: every challenge after that is an error message.
    is_shown: bool,
    status: Option<String>,
}

impl Authenticator for &mut Answers {
    type Response = String;

    fn process(&mut self, challenge: &[u8]) -> String {
        if !self.is_shown {
            self.is_shown = true;
            return self.exchange.initial().to_owned();
        }
        self.status = told_status(challenge);
        self.exchange.mechanism().give_up().to_owned()
    }
}

/// Asks what the server offers. async-imap runs no command with an answer before the login, so it is written
/// past it, with a tag that it does not use.
async fn ask_offer(client: &mut Client<WireStream>) -> Result<Offer, ImapError> {
    let (step, tag) = ("CAPABILITY", RequestId("C1".to_owned()));
    let wire = client.get_mut();
    let sent = async {
        wire.write_all(b"C1 CAPABILITY\r\n").await?;
        wire.flush().await
    };
    sent.await.map_err(|error| ImapError::Broken {
        step,
        kind: error.kind(),
    })?;
    let mut offer = None;
    loop {
        let end = next_response(client, step, |response| {
            if let Response::Capabilities(capabilities) = response {
                offer = read_offer(capabilities);
            }
            tagged(step, response, &tag)
        });
        match end.await? {
            None => (),
            Some(Ok(None)) => return offer.ok_or(ImapError::NoTokenLogin),
            Some(Ok(Some(refusal)) | Err(refusal)) => return Err(refusal),
        }
    }
}

fn read_offer(capabilities: &[Capability<'_>]) -> Option<Offer> {
    let offers = |mechanism: &SaslMechanism| {
        let name = mechanism.name();
        capabilities
            .iter()
            .any(|one| matches!(one, Capability::Auth(offered) if offered.eq_ignore_ascii_case(name)))
    };
    let known = [SaslMechanism::Xoauth2, SaslMechanism::OauthBearer];
    Some(Offer {
        mechanism: known.into_iter().find(offers)?,
        initial_response: has(capabilities, "SASL-IR"),
    })
}
