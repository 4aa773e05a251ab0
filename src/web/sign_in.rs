//! Signing in by a link and out again. Comes in: an address, or a link's token. Goes out: always the same page for
//! an address; for a token a session. Opening a link uses nothing up: mail scanners open links.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use super::cookies;
use super::error::PageError;
use super::page::Page;
use super::posted::{Nothing, Posted};
use super::visit::{Visit, Visitor};
use crate::mail::EmailAddress;
use crate::pipeline::{Pipeline, SignInRequest};
use crate::store::sessions::{self, Session};

/// Longest path of the page that is returned to.
const LONGEST_PATH: usize = 200;

/// Where to go after signing in.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    returns_to: String,
}

/// The form's fields.
#[derive(Debug, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    address: String,
    #[serde(default)]
    returns_to: String,
}

/// The form with what was typed.
#[derive(Debug, Serialize)]
struct FormPage<'a> {
    address: &'a str,
    returns_to: String,
    /// Whether what was typed is no address.
    wrong: bool,
}

/// The page of a link.
#[derive(Debug, Serialize)]
struct LinkPage {
    token: String,
}

/// `GET /sign-in`: the form.
pub(super) async fn show_form(
    State(page): State<Page>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, PageError> {
    if !matches!(visit.visitor(), Visitor::Nobody) {
        return Ok(Redirect::to(own_path(&wanted.returns_to)).into_response());
    }
    let form = FormPage {
        address: "",
        returns_to: own_path(&wanted.returns_to).to_owned(),
        wrong: false,
    };
    Ok(page.views().render("sign_in.html", &visit.frame(&page), &form)?)
}

/// `POST /sign-in`: asks for a link. Nothing of the answer depends on whether the address is registered.
pub(super) async fn ask_for_link(
    State(page): State<Page>,
    visit: Visit,
    Posted(typed): Posted<Typed>,
) -> Result<Response, PageError> {
    let returns_to = own_path(&typed.returns_to).to_owned();
    let Ok(address) = EmailAddress::parse(&typed.address) else {
        let form = FormPage {
            address: &typed.address,
            returns_to,
            wrong: true,
        };
        let mut response = page.views().render("sign_in.html", &visit.frame(&page), &form)?;
        *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(response);
    };
    page.ask_for_link(SignInRequest { address, returns_to });
    Ok(Redirect::to("/sign-in/sent").into_response())
}

/// `GET /sign-in/sent`: the same for every address.
pub(super) async fn show_sent(State(page): State<Page>, visit: Visit) -> Result<Response, PageError> {
    Ok(page
        .views()
        .render("sent.html", &visit.frame(&page), &Nothing::default())?)
}

/// `GET /sign-in/{token}`: a button. The link is as good afterwards as before.
pub(super) async fn show_link(
    State(page): State<Page>,
    visit: Visit,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    let pipeline = page.pipeline();
    let mut tx = pipeline.database.read().await?;
    let hash = Pipeline::token_hash(&token);
    let live = sessions::is_link_live(&mut tx, &hash, pipeline.clock.now()).await?;
    tx.commit().await?;
    if !live {
        return Err(PageError::LinkEnded);
    }
    let link = LinkPage { token };
    Ok(page.views().render("link.html", &visit.frame(&page), &link)?)
}

/// `POST /sign-in/{token}`: uses the link up and begins a session under a token that nobody had before.
pub(super) async fn use_link(
    State(page): State<Page>,
    visit: Visit,
    Path(token): Path<String>,
    _: Posted<Nothing>,
) -> Result<Response, PageError> {
    let pipeline = page.pipeline();
    let (now, fresh) = (pipeline.clock.now(), pipeline.fresh_token());
    let mut tx = pipeline.database.begin().await?;
    let let_in = sessions::take_link(&mut tx, &Pipeline::token_hash(&token), now).await?;
    let Some((address, returns_to)) = let_in else {
        return Err(PageError::LinkEnded);
    };
    if let Some(before) = visit.token() {
        sessions::delete_session(&mut tx, &Pipeline::token_hash(before)).await?;
    }
    let session = Session {
        address,
        customer_id: None,
        created_at: now,
        seen_at: now,
    };
    sessions::insert_session(&mut tx, &Pipeline::token_hash(&fresh), &session).await?;
    tx.commit().await?;
    let mut response = Redirect::to(own_path(&returns_to)).into_response();
    if let Some(cookie) = cookies::give_token(&fresh) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// `POST /sign-out`: ends the session, here and for whoever else holds its token.
pub(super) async fn sign_out(
    State(page): State<Page>,
    visit: Visit,
    _: Posted<Nothing>,
) -> Result<Response, PageError> {
    if let Some(token) = visit.token() {
        let mut tx = page.pipeline().database.begin().await?;
        sessions::delete_session(&mut tx, &Pipeline::token_hash(token)).await?;
        tx.commit().await?;
    }
    let mut response = Redirect::to("/sign-in").into_response();
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, cookies::take_token());
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}

/// A path of this page, or its first one: a link must not lead anywhere else after signing in.
pub(super) fn own_path(text: &str) -> &str {
    let fits = text.len() <= LONGEST_PATH && text.starts_with('/') && !text.starts_with("//");
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_');
    if fits && text.chars().all(plain) && !text.starts_with("/sign-") {
        text
    } else {
        "/"
    }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn nobody_is_sent_to_another_page_after_signing_in() {
        assert_eq!(own_path("/tickets/DESK-000123"), "/tickets/DESK-000123");
        for elsewhere in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/%2f",
            "",
            "tickets",
            "/sign-out",
            "/a\r\nb",
        ] {
            assert_eq!(own_path(elsewhere), "/", "{elsewhere}");
        }
    }
}
