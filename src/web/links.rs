//! Sends the sign-in links that were asked for. Comes in: requests, in their order. Goes out: letters in the
//! outbox. It must not answer whoever asked.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::pipeline::{Pipeline, SignInRequest};

/// Works on the requests for links of one page.
#[derive(Debug)]
pub struct LinkSender {
    pipeline: Arc<Pipeline>,
    requests: mpsc::Receiver<SignInRequest>,
}

impl LinkSender {
    pub(super) const fn new(pipeline: Arc<Pipeline>, requests: mpsc::Receiver<SignInRequest>) -> Self {
        Self { pipeline, requests }
    }

    /// Waits for a request and works on it; whether a letter lies in the outbox now. `None`: the page is gone.
    pub async fn step(&mut self) -> Option<bool> {
        let request = self.requests.recv().await?;
        Some(self.work_on(&request).await)
    }

    /// Works on all requests that wait.
    pub async fn drain(&mut self) {
        while let Ok(request) = self.requests.try_recv() {
            self.work_on(&request).await;
        }
    }

    /// A failure is not tried again: whoever waits for the link asks again.
    async fn work_on(&self, request: &SignInRequest) -> bool {
        match self.pipeline.send_sign_in_link(request).await {
            Ok(sent) => sent,
            Err(error) => {
                tracing::error!(%error, "a sign-in link could not be written");
                false
            }
        }
    }
}
