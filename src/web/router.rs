//! Every address of the page, in one list.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use super::attending::{attend, secure, to_sign_in};
use super::error::PageError;
use super::page::Page;
use super::visit::{Visit, Visitor};
use super::{assets, desk, health, sign_in, thread, tickets};

/// How long a page may take: far above any real one, below what proxies wait.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Largest form, in octets: a long letter in UTF-8, percent-encoded.
const LARGEST_FORM: usize = 1024 * 1024;

/// The page's addresses.
pub(super) fn router(page: Page) -> Router {
    let pages = Router::new()
        .route("/", get(show_start))
        .route("/sign-in", get(sign_in::show_form).post(sign_in::ask_for_link))
        .route("/sign-in/sent", get(sign_in::show_sent))
        .route(
            "/sign-in/{token}",
            get(sign_in::show_link).post(sign_in::use_link),
        )
        .route("/tickets", get(tickets::show_list))
        .route("/tickets/{number}", get(thread::show_ticket))
        .route("/tickets/{number}/reply", post(thread::post_reply))
        .route("/tickets/{number}/solved", post(thread::mark_solved))
        .route("/desk", get(desk::show_desk))
        .route("/customer", post(tickets::turn_to))
        .route("/sign-out", post(sign_in::sign_out))
        .fallback(async || PageError::NotFound)
        .method_not_allowed_fallback(async || PageError::NotFound)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            ANSWER_WITHIN,
        ))
        .layer(from_fn_with_state(page.clone(), attend));
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/assets/{file}", get(assets::show))
        .merge(pages)
        .layer(from_fn(secure))
        .with_state(page)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer hands over the panic's value"
)]
fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let said = cause.downcast_ref::<&str>().map_or("no words", |said| *said);
    tracing::error!(said, "a handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// `GET /`: each side to its own first page.
async fn show_start(visit: Visit, uri: Uri) -> Response {
    match visit.visitor() {
        Visitor::Nobody => to_sign_in(&uri),
        Visitor::Customer(_) => Redirect::to("/tickets").into_response(),
        Visitor::Staff(_) => Redirect::to("/desk").into_response(),
    }
}
