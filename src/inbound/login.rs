//! From nothing to a logged-in session.
//!
//! Comes in: where the server is, user and password or token. Goes out: a [`StrictSession`]. The secret must
//! reach neither an error nor an unprotected line.

use std::time::Duration;

use async_imap::error::Error;
use async_imap::imap_proto::{Response, Status};
use async_imap::{Client, Session};
use secrecy::{ExposeSecret, SecretString};

use super::error::{ImapError, reply_text};
use super::strict::{StrictSession, broken, refuse_bye, within};
use super::token_login::SignIn;
use crate::oauth::Credential;
use crate::tls::{Endpoint, Security, WireStream};

impl StrictSession {
    /// Opens the line, reads the greeting, protects the line where that comes second, and logs in; each
    /// of these within `limit`.
    pub(super) async fn login(
        endpoint: &Endpoint,
        user: &str,
        credential: &Credential,
        limit: Duration,
    ) -> Result<Self, ImapError> {
        let session = match credential {
            Credential::Password(password) => login_with_password(endpoint, user, password, limit).await?,
            Credential::Token(source) => {
                // No server is kept waiting while another one is asked for the token.
                let token = source.token().await?;
                let client = open(endpoint, limit).await?;
                let sign_in = SignIn {
                    endpoint,
                    user,
                    limit,
                };
                sign_in.perform(client, source, token).await?
            }
        };
        let session = Some(session);
        Ok(Self { session })
    }
}

async fn login_with_password(
    endpoint: &Endpoint,
    user: &str,
    password: &SecretString,
    limit: Duration,
) -> Result<Session<WireStream>, ImapError> {
    let password = password.expose_secret();
    if user.chars().chain(password.chars()).any(char::is_control) {
        let what = "the user name or the password";
        return Err(ImapError::Argument { what });
    }
    let client = open(endpoint, limit).await?;
    let login = async {
        let done = client.login(user, password).await;
        done.map_err(|(error, _client)| login_error(&error, password))
    };
    within("LOGIN", limit, login).await
}

/// A line that is greeted and protected.
async fn open(endpoint: &Endpoint, limit: Duration) -> Result<Client<WireStream>, ImapError> {
    let wire = within("connect", limit, async { Ok(endpoint.open().await?) }).await?;
    let mut client = Client::new(wire);
    within("greeting", limit, read_greeting(&mut client)).await?;
    if endpoint.security == Security::StartTls {
        client = within("STARTTLS", limit, protect(client, endpoint)).await?;
    }
    Ok(client)
}

async fn read_greeting(client: &mut Client<WireStream>) -> Result<(), ImapError> {
    let step = "greeting";
    let greeting = client.read_response().await.map_err(|error| ImapError::Broken {
        step,
        kind: error.kind(),
    })?;
    let greeting = greeting.ok_or(ImapError::Closed { step })?;
    refuse_bye(step, greeting.parsed())?;
    let ok = matches!(
        greeting.parsed(),
        Response::Data {
            status: Status::Ok,
            ..
        }
    );
    // PREAUTH is how a man in the middle avoids STARTTLS (RFC 9051 §11.1).
    let what = "the server did not greet with OK";
    if ok {
        Ok(())
    } else {
        Err(ImapError::Protocol { step, what })
    }
}

/// Whatever was sent in plain text behind the answer to STARTTLS is dropped with the client's buffer.
async fn protect(
    mut client: Client<WireStream>,
    endpoint: &Endpoint,
) -> Result<Client<WireStream>, ImapError> {
    let step = "STARTTLS";
    let answered = client.run_command_and_check_ok(step, None).await;
    answered.map_err(|error| starttls_error(&error))?;
    match client.into_inner() {
        WireStream::Plain(tcp) => Ok(Client::new(endpoint.protect(tcp).await?)),
        WireStream::Tls(_) => {
            let what = "the line is protected already";
            Err(ImapError::Protocol { step, what })
        }
    }
}

fn starttls_error(error: &Error) -> ImapError {
    let step = "STARTTLS";
    if let Error::No(words) | Error::Bad(words) = error {
        let (status, reply) = ("NO or BAD", reply_text(Some(words)));
        return ImapError::Refused { step, status, reply };
    }
    broken(step, error)
}

fn login_error(error: &Error, password: &str) -> ImapError {
    if let Error::No(words) | Error::Bad(words) = error {
        return ImapError::login(words, password);
    }
    broken("LOGIN", error)
}
