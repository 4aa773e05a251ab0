//! What can go wrong with a request. Comes in: causes of the lower stages. Goes out: a status; the words, the page
//! around them and the number to quote are put there by `attending`. It must not show anything of the inside.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::views::ViewError;
use crate::pipeline::PipelineError;
use crate::store::StoreError;

/// Why there is no page.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum PageError {
    /// There is no such page, or it is not for this visitor: both read the same.
    #[error("no such page")]
    NotFound,
    /// It cannot be made out what the request wants.
    #[error("the request cannot be read")]
    Unreadable,
    /// The form was not sent from a page of ours, or from one of another visit.
    #[error("the form is not from a page of this visit")]
    Foreign,
    /// The link was used or has expired.
    #[error("the link has ended")]
    LinkEnded,
    /// What was sent is too large.
    #[error("too large")]
    TooLarge,
    /// Too many requests; how many seconds to wait.
    #[error("too many requests")]
    TooMany(i64),
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
    /// Something failed inside.
    #[error("{0}")]
    Inside(Arc<dyn std::error::Error + Send + Sync>),
}

impl PageError {
    /// The status it is answered with.
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::LinkEnded => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
            Self::Inside(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Its name in the message catalogues.
    pub(super) const fn slug(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Unreadable => "unreadable",
            Self::Foreign => "foreign",
            Self::LinkEnded => "link-ended",
            Self::TooLarge => "too-large",
            Self::TooMany(_) => "too-many",
            Self::TimedOut => "timed-out",
            Self::Inside(_) => "inside",
        }
    }

    /// The error that a bare status of the libraries stands for.
    pub(super) fn of_status(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Some(Self::NotFound),
            StatusCode::PAYLOAD_TOO_LARGE => Some(Self::TooLarge),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT => Some(Self::TimedOut),
            other if other.is_client_error() => Some(Self::Unreadable),
            other if other.is_server_error() => Some(Self::Inside(Arc::new(std::io::Error::other(
                "a handler panicked",
            )))),
            _ => None,
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        Self::Inside(Arc::new(error))
    }
}

impl From<PipelineError> for PageError {
    fn from(error: PipelineError) -> Self {
        Self::Inside(Arc::new(error))
    }
}

impl From<ViewError> for PageError {
    fn from(error: ViewError) -> Self {
        Self::Inside(Arc::new(error))
    }
}
