//! One question to the token server.
//!
//! Comes in: a form. Goes out: the answer, whatever it is, or why there was none. Redirections are not
//! followed: the form holds secrets. Nothing is kept between two questions, which are an hour apart.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::answer::Answer;
use super::error::TokenError;
use super::settings::TokenServer;

/// From the first octet of the connection to the last of the answer.
const LIMIT: Duration = Duration::from_secs(30);
/// Tokens with many claims take some thousand octets.
const MAX_BODY_OCTETS: usize = 256 * 1024;

/// Fields of a form.
pub(super) type Form<'a> = Vec<(&'a str, &'a str)>;

/// Asks once.
pub(super) async fn post(
    server: &TokenServer,
    authorization: Option<&str>,
    form: &Form<'_>,
) -> Result<Answer, TokenError> {
    let asked = timeout(LIMIT, ask(server, request(server, authorization, form)?));
    asked.await.unwrap_or(Err(TokenError::TimedOut { limit: LIMIT }))
}

fn request(
    server: &TokenServer,
    authorization: Option<&str>,
    form: &Form<'_>,
) -> Result<Request<Full<Bytes>>, TokenError> {
    let (host, port) = (&server.endpoint.host, server.endpoint.port);
    let authority = if server.is_protected() && port == 443 {
        host.clone()
    } else {
        format!("{host}:{port}")
    };
    let mut request = Request::post(&server.path)
        .header(HOST, authority)
        .header(USER_AGENT, "madoguchi")
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    request
        .body(Full::from(write_form(form)))
        .map_err(|_words| TokenError::Unusable {
            what: "the question itself cannot be written",
        })
}

async fn ask(server: &TokenServer, request: Request<Full<Bytes>>) -> Result<Answer, TokenError> {
    let wire = server.endpoint.open().await?;
    let (mut sender, line) = http1::handshake(TokioIo::new(wire)).await.map_err(|e| lost(&e))?;
    // Dropped with this function, and with it the line.
    let mut driver = JoinSet::new();
    driver.spawn(line);
    let response = sender.send_request(request).await.map_err(|e| lost(&e))?;
    read(response).await
}

async fn read(response: Response<Incoming>) -> Result<Answer, TokenError> {
    let status = response.status().as_u16();
    let header = response.headers().get(RETRY_AFTER);
    let retry_after = header.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = Limited::new(response.into_body(), MAX_BODY_OCTETS)
        .collect()
        .await;
    let body = body.map_err(|error| TokenError::Lost {
        reason: error.to_string(),
    })?;
    Ok(Answer {
        status,
        retry_after,
        body: body.to_bytes().to_vec(),
    })
}

fn lost(error: &hyper::Error) -> TokenError {
    TokenError::Lost {
        reason: error.to_string(),
    }
}

fn write_form(form: &Form<'_>) -> String {
    let fields = form.iter();
    let fields: Vec<String> = fields
        .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
        .collect();
    fields.join("&")
}

/// Percent-encoding of everything but RFC 3986's unreserved characters, which forms read alike.
pub(super) fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    let mut written = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            written.push(char::from(octet));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(written, "%{octet:02X}");
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_carries_any_secret_unharmed() {
        let form = vec![
            ("client_secret", "a+b&c=d %é"),
            ("scope", "https://mail.example/"),
        ];
        assert_eq!(
            write_form(&form),
            "client_secret=a%2Bb%26c%3Dd%20%25%C3%A9&scope=https%3A%2F%2Fmail.example%2F"
        );
    }
}
