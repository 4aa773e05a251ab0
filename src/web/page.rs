//! What every handler has at hand. Comes in: the pipeline and the page's public address. Goes out: shared state.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc};

use super::limits::Limits;
use super::links::LinkSender;
use super::views::{ViewError, Views};
use crate::pipeline::{Pipeline, SignInRequest};

/// Requests for links that may wait to be looked at; more than that is no crowd but an attack.
const WAITING_REQUESTS: usize = 256;

/// The support page of a desk; cheap to clone.
#[derive(Debug, Clone)]
pub struct Page(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pipeline: Arc<Pipeline>,
    origin: String,
    views: Views,
    limits: Limits,
    asked: mpsc::Sender<SignInRequest>,
    wake: Arc<Notify>,
}

impl Page {
    /// The page, and what sends the links that are asked for on it. `origin`: scheme, host and port as browsers
    /// show them; `wake` is notified when there is mail to send.
    pub fn new(
        pipeline: Arc<Pipeline>,
        origin: String,
        wake: Arc<Notify>,
    ) -> Result<(Self, LinkSender), ViewError> {
        let (asked, requests) = mpsc::channel(WAITING_REQUESTS);
        let sender = LinkSender::new(Arc::clone(&pipeline), requests);
        let page = Self(Arc::new(Inner {
            pipeline,
            origin,
            views: Views::embedded()?,
            limits: Limits::default(),
            asked,
            wake,
        }));
        Ok((page, sender))
    }

    pub(super) fn pipeline(&self) -> &Pipeline {
        &self.0.pipeline
    }

    pub(super) fn origin(&self) -> &str {
        &self.0.origin
    }

    pub(super) fn views(&self) -> &Views {
        &self.0.views
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Lets a request for a link be looked at later: the answer to whoever asks comes before anybody knows
    /// whether the address is registered, so that its time tells nothing.
    pub(super) fn ask_for_link(&self, request: SignInRequest) {
        if self.0.asked.try_send(request).is_err() {
            tracing::warn!("more sign-in links are asked for than can be sent; one request was dropped");
        }
    }

    /// Somebody has done something that mails are due for.
    pub(super) fn has_mail_to_send(&self) {
        self.0.wake.notify_waiters();
    }
}
