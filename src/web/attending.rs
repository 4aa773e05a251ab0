//! Attends to every request for a page: looks at who asks and how often, refuses posts from elsewhere, and dresses
//! what comes back: security headers, cookies, and a page around every error.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::cookies;
use super::error::PageError;
use super::limits::Limited;
use super::page::Page;
use super::visit::{self, Visit};

/// SPEC §16: nothing but the page's own files, forms and frames; no other page around it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Headers of every answer. The referrer goes to the page itself alone: browsers that are told to send none say
/// `Origin: null` in forms of our own, which could then not be told from foreign ones.
const SECURITY_HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
];

/// Letters and digits of the number that an error page shows: none that look alike.
const NUMBER_LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// The other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// What an error page says beside its words.
#[derive(Debug, Serialize)]
struct ErrorPage {
    slug: &'static str,
    /// The number to quote; empty where nothing failed inside.
    number: String,
    /// Minutes to wait; 0 where waiting does not help.
    minutes: i64,
}

/// Headers that every answer carries, and no caching where nothing else was said.
pub(super) async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Attends to one request.
pub(super) async fn attend(State(page): State<Page>, mut request: Request, next: Next) -> Response {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let fresh = (cookies::read_token(&headers).is_none() && uri.path().starts_with("/sign-in"))
        .then(|| page.pipeline().fresh_token());
    let admitted = match admit(&page, &request) {
        Ok(()) => Visit::find(&page, &uri, &headers, fresh.as_deref()).await,
        Err(error) => Err(error),
    };
    let (visit, response) = match admitted {
        Ok(visit) => {
            request.extensions_mut().insert(visit.clone());
            (visit, next.run(request).await)
        }
        Err(error) => (Visit::unknown(&uri, &headers), error.into_response()),
    };
    let mut response = dress(&page, &visit, response);
    let chosen = [
        fresh.as_deref().and_then(cookies::give_token),
        visit::asked_language(&uri).and_then(|one| cookies::keep_choice(cookies::LANGUAGE, one.as_str())),
        visit::asked_theme(&uri).and_then(|one| cookies::keep_choice(cookies::THEME, one)),
    ];
    for cookie in chosen.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Whether the request is looked at: not too many of one client, and no post from elsewhere.
fn admit(page: &Page, request: &Request) -> Result<(), PageError> {
    let client = client_of(request);
    let now = page.pipeline().clock.now();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    page.limits()
        .spend(Limited::Request, client, now)
        .map_err(PageError::TooMany)?;
    if reads {
        return Ok(());
    }
    if !is_from_here(page, request.headers()) {
        return Err(PageError::Foreign);
    }
    if request.uri().path().starts_with("/sign-in") {
        page.limits()
            .spend(Limited::SignIn, client, now)
            .map_err(PageError::TooMany)?;
    }
    Ok(())
}

/// Whether a browser says that the form stood on a page of ours; one that says nothing is not believed.
fn is_from_here(page: &Page, headers: &HeaderMap) -> bool {
    match headers.get(header::ORIGIN) {
        Some(origin) => origin.as_bytes() == page.origin().as_bytes(),
        None => headers
            .get("sec-fetch-site")
            .is_some_and(|site| site.as_bytes() == b"same-origin"),
    }
}

/// The client's address. A proxy on this machine says whom it asks for in the last entry of X-Forwarded-For; what
/// stands before that, the client itself may have written.
fn client_of(request: &Request) -> IpAddr {
    let peer = request
        .extensions()
        .get::<Peer>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
    if !peer.is_loopback() {
        return peer;
    }
    request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok())
        .unwrap_or(peer)
}

/// Puts a page around an error; everything else is as it is.
fn dress(page: &Page, visit: &Visit, response: Response) -> Response {
    let status = response.status();
    let has_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let told = response.extensions().get::<PageError>().cloned();
    let Some(error) = told.or_else(|| PageError::of_status(status).filter(|_| !has_page)) else {
        return response;
    };
    let (number, minutes) = match &error {
        PageError::Inside(cause) => {
            let number = error_number(page.pipeline().clock.random());
            tracing::error!(number, error = %cause, "a page could not be shown");
            (number, 0)
        }
        PageError::TooMany(seconds) => (String::new(), seconds.div_euclid(60).saturating_add(1)),
        PageError::NotFound
        | PageError::Unreadable
        | PageError::Foreign
        | PageError::LinkEnded
        | PageError::TooLarge
        | PageError::TimedOut => (String::new(), 0),
    };
    let shown = ErrorPage {
        slug: error.slug(),
        number,
        minutes,
    };
    let mut dressed = match page.views().render("error.html", &visit.frame(page), &shown) {
        Ok(dressed) => dressed,
        Err(fault) => {
            tracing::error!(error = %fault, "the error page itself could not be made");
            "error\n".into_response()
        }
    };
    *dressed.status_mut() = error.status();
    if let PageError::TooMany(seconds) = error {
        dressed.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    dressed
}

/// A short number that a person can read out.
fn error_number(random: u32) -> String {
    let letters = [0, 5, 10, 15].map(|shift| {
        let place = usize::try_from((random >> shift) & 31).unwrap_or_default();
        char::from(NUMBER_LETTERS.get(place).copied().unwrap_or(b'2'))
    });
    format!("E-{}", letters.iter().collect::<String>())
}

/// Where somebody is sent who is not signed in; every page of the inside answers alike.
pub(super) fn to_sign_in(uri: &Uri) -> Response {
    let wanted = super::sign_in::own_path(uri.path());
    axum::response::Redirect::to(&format!("/sign-in?returns_to={wanted}")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_number_has_no_letters_that_look_alike() {
        assert_eq!(error_number(0), "E-2222");
        assert_eq!(error_number(u32::MAX), "E-ZZZZ");
    }
}
