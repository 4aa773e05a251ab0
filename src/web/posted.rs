//! A form that was sent. Comes in: a post. Goes out: its fields, once they are known to come from a page of the
//! visit that sends them. There is no other way for a handler to read a form.

use axum::Form;
use axum::extract::{FromRequest, Request};
use axum::response::IntoResponse;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::cookies;
use super::error::PageError;
use super::visit::Visit;

/// The fields of a form of this visit.
#[derive(Debug)]
pub(super) struct Posted<T>(pub(super) T);

/// A form without fields of its own.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Nothing {}

#[derive(Debug, Deserialize)]
struct Sealed<T> {
    #[serde(default)]
    form_token: String,
    #[serde(flatten)]
    fields: T,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Posted<T> {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        let visit = request.extensions().get::<Visit>().cloned();
        let visit = visit.ok_or(PageError::Foreign)?;
        let Form(sealed) = Form::<Sealed<T>>::from_request(request, state)
            .await
            .map_err(|refused| {
                PageError::of_status(refused.into_response().status()).unwrap_or(PageError::Unreadable)
            })?;
        match visit.token() {
            Some(token) if cookies::is_form_token(token, &sealed.form_token) => Ok(Self(sealed.fields)),
            _ => Err(PageError::Foreign),
        }
    }
}
